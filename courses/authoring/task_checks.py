"""What micro-tasks claim of code, compared with what the code prints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from courses.authoring.lesson_tasks import completed, with_fix

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from courses.authoring.lesson_tasks import TaskFence

_ANY_NUMBER: Final = re.compile(r"[-+\N{MINUS SIGN}]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Trial:
    """Code that is run for a task, after the lesson's last block.

    Attributes:
        key: of the task, at whose line a problem is reported.
        what: the code, in words.
        output: what it must print; None: whatever the task's other trials print.
    """

    task: TaskFence
    key: str
    what: str
    code: str
    output: str | None

    def problem(self, reason: str) -> str:
        """Return a problem with this trial, at its line."""
        return str(self.task.document.problem((self.key,), f"{self.what} {reason}"))


def trials(task: TaskFence) -> Iterator[Trial]:
    """Return the code whose output a task states or implies."""
    facts = task.facts
    if facts["kind"] == "find-the-fault" and {"output", "fixed"} & set(facts) and "code" in facts:
        yield Trial(task, "code", "The code", facts["code"], facts.get("output"))
        if "fixed" in facts:
            code = with_fix(facts["code"], facts["fault"], facts["fixed"])
            yield Trial(task, "fixed", "The fixed code", code, facts.get("fixed_output"))
    if facts["kind"] == "complete-the-line" and facts.get("run", True):
        for answer in facts["answers"]:
            code = completed(facts["code"], answer)
            yield Trial(task, "answers", f"With {answer!r} the code", code, facts.get("output"))


def trial_problems(every: Sequence[Trial], ran: Sequence[tuple[str, str]]) -> list[str]:
    """Return where the trials failed, or printed something else than the tasks say."""
    found = []
    printed_first: dict[str, str] = {}
    for trial, (printed, error) in zip(every, ran, strict=True):
        name = trial.task.facts["id"]
        if error:
            found.append(trial.problem(f"fails.\n{error.rstrip()}"))
        elif trial.output is not None and _trimmed(trial.output) != _trimmed(printed):
            found.append(
                trial.problem(
                    f"prints something else than the task says.\n--- shown\n{trial.output}"
                    f"--- printed\n{printed}---"
                )
            )
        elif trial.key == "answers" and printed_first.setdefault(name, printed) != printed:
            found.append(trial.problem(f"prints something else than with the first: {printed!r}."))
    return found


def prediction_problems(task: TaskFence, printed: str) -> list[str]:
    """Return why a prediction cannot be read off what its block prints."""
    facts = task.facts
    if facts["kind"] != "predict":
        return []
    if "choices" in facts:
        if _trimmed(facts["printed"]) in _trimmed(printed):
            return []
        reason = f"The block does not print {facts['printed'].strip()!r}."
        return [str(task.document.problem(("printed",), reason))]
    numbers = [float(one.replace("\N{MINUS SIGN}", "-")) for one in _ANY_NUMBER.findall(printed)]
    if float(facts["answer"]) in numbers:
        return []
    return [str(task.document.problem(("answer",), f"The block does not print {facts['answer']}."))]


def _trimmed(text: str) -> str:
    """Return the text without blanks at the ends of lines and of the whole."""
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines())
