"""Micro-tasks in a lesson's Markdown: fences of YAML, checked and rendered.

docs/features/lesson-tasks.md says in words what authors may write.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from courses.authoring import task_schema
from courses.authoring.files import Document, parse_yaml, schema_problems
from courses.markup.highlighting import highlighted
from courses.markup.markdown import is_run
from courses.markup.problems import InvalidContentError, Problem
from courses.markup.rendering import Source, render_fragment
from courses.microtasks.definitions import BLANK, LONGEST_LINE, Task, WrongText, plain_line
from courses.quizzes.questions import Choice, WrongNumber

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

FENCE: Final = ["yaml", "task"]
OUTPUT: Final = ["text", "output"]
_SAME_IN_EVERY_LANGUAGE: Final = (
    *("id", "kind", "answer", "tolerance", "code", "fault", "answers", "output", "fixed_output"),
    *("printed", "run"),
)


@dataclass(frozen=True)
class TaskFence:
    """A fence that holds a task which fits its schema.

    Attributes:
        position: of the fence among the tokens.
        block: number of the runnable block before it, from 1; 0 before the first.
        output: what the lesson says that this block prints, of a prediction.
    """

    document: Document
    position: int
    block: int
    output: str

    @property
    def facts(self) -> dict[str, Any]:
        """Return what the author wrote."""
        facts: dict[str, Any] = self.document.value
        return facts


def is_task(token: Token) -> bool:
    """Whether a token is a fence that holds a micro-task."""
    return token.type == "fence" and token.info.split() == FENCE


def is_output(token: Token | None) -> bool:
    """Whether a token is a fence that holds what a block prints."""
    return token is not None and token.type == "fence" and token.info.split() == OUTPUT


def task_fences(
    tokens: Sequence[Token], file: str, skipped_lines: int = 0
) -> tuple[list[TaskFence], list[Problem]]:
    """Return the micro-tasks of a lesson's tokens, and what is wrong with them."""
    fences: list[TaskFence] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    block = 0
    for position, token in enumerate(tokens):
        block += is_run(token)
        if not is_task(token):
            continue
        above = (token.map[0] if token.map else 0) + 1 + skipped_lines
        try:
            document = parse_yaml(token.content, file, skipped_lines=above)
        except InvalidContentError as error:
            problems.extend(error.problems)
            continue
        found = schema_problems(document, task_schema.TASK)
        found = found or schema_problems(document, task_schema.task_shape(document.value))
        if found:
            problems.extend(found)
            continue
        following = tokens[position + 1] if position + 1 < len(tokens) else None
        output = following.content if following is not None and is_output(following) else ""
        fence = TaskFence(document, position, block, output)
        if fence.facts["id"] in seen:
            found.append(document.problem(("id",), f"{fence.facts['id']!r} is taken already."))
        seen.add(fence.facts["id"])
        found.extend(document.problem((key,), why) for key, why in _misfits(fence))
        if fence.facts["kind"] == "predict" and not (is_run(tokens[position - 1]) and output):
            reason = "A prediction stands between a block ```python run and its ```text output."
            found.append(document.problem((), reason))
        problems.extend(found)
        fences.append(fence)
    return fences, problems


def same_in_every_language(fence: TaskFence) -> list[Any]:
    """Return what a translation of a task must not change."""
    facts = fence.facts
    choices = [(one["id"], one.get("correct", False)) for one in facts.get("choices", [])]
    wrong = [(one.get("value"), one.get("text")) for one in facts.get("wrong", [])]
    lines = [one["line"] for one in facts.get("lines", [])]
    counts = [len(facts.get(key, [])) for key in ("report", "rubric")]
    fixed = facts.get("fixed") if "code" in facts else None
    same = [facts.get(key) for key in _SAME_IN_EVERY_LANGUAGE]
    return [*same, fixed, choices, wrong, lines, counts, fence.block]


def completed(code: str, answer: str) -> str:
    """Return code with the answer in place of its blank."""
    return code.replace(BLANK, answer)


def with_fix(code: str, fault: int, fixed: str) -> str:
    """Return code with another line in place of the fault; its indentation stays."""
    lines = code.splitlines()
    wrong = lines[fault - 1]
    indentation = wrong[: len(wrong) - len(wrong.lstrip())]
    lines[fault - 1] = indentation + fixed.strip()
    return "\n".join(lines) + "\n"


def _misfits(fence: TaskFence) -> list[tuple[str, str]]:
    facts = fence.facts
    found = []
    if "choices" in facts:
        ids = [one["id"] for one in facts["choices"]]
        if len(set(ids)) != len(ids):
            found.append(("choices", "Two of them have the same id."))
        correct = sum(one.get("correct", False) for one in facts["choices"])
        if correct != 1:
            found.append(("choices", f"Exactly one choice must be correct; {correct} are."))
    if facts["kind"] == "predict":
        found.extend(
            ("wrong", f"The wrong value {one['value']} is within the tolerance.")
            for one in facts.get("wrong", [])
            if not abs(one["value"] - facts["answer"]) > facts["tolerance"]
        )
    if facts["kind"] == "find-the-fault":
        lines = _lines(facts)
        numbers = [facts["fault"], *(one["line"] for one in facts.get("lines", []))]
        found.extend(
            ("fault", f"There is nothing on line {number}.")
            for number in numbers
            if number > len(lines) or not lines[number - 1].strip()
        )
        if "fixed_output" in facts and "fixed" not in facts:
            found.append(("fixed_output", "Only with `fixed`."))
    if facts["kind"] == "complete-the-line":
        found.extend(_completion_misfits(facts))
    return found


def _completion_misfits(facts: dict[str, Any]) -> list[tuple[str, str]]:
    found = []
    if facts["code"].count(BLANK) != 1:
        found.append(("code", f"It needs exactly one blank, {BLANK}."))
    accepted = {plain_line(one) for one in facts["answers"]}
    if any("\n" in one or not plain_line(one) for one in facts["answers"]):
        found.append(("answers", f"Each is one line of at most {LONGEST_LINE} characters."))
    found.extend(
        ("wrong", f"{one['text']!r} is accepted as right.")
        for one in facts.get("wrong", [])
        if plain_line(one["text"]) in accepted
    )
    return found


def _lines(facts: dict[str, Any]) -> list[str]:
    return list(facts["report"]) if "report" in facts else facts["code"].splitlines()


def read_task(fence: TaskFence, source: Source) -> Task:
    """Return a task, rendered.

    Raises:
        InvalidContentError: a formula, figure or link is wrong; with all problems of the task.
    """
    return _TaskRendering(fence, source).task()


class _TaskRendering:
    """One task's texts, each rendered as Markdown."""

    def __init__(self, fence: TaskFence, source: Source) -> None:
        self.fence, self.facts, self.source = fence, fence.facts, source
        self.problems: list[Problem] = []

    def task(self) -> Task:
        facts = self.facts
        is_prediction = facts["kind"] == "predict"
        task = Task(
            id=facts["id"],
            kind=facts["kind"],
            prompt=self.text("prompt"),
            explanation=self.text("explanation"),
            block=f"b{self.fence.block}" if is_prediction else "",
            output=self.fence.output if is_prediction else facts.get("output", ""),
            choices=self.choices(),
            is_code=facts["kind"] == "find-the-fault" and "code" in facts,
            answer=facts.get("answer"),
            tolerance=facts.get("tolerance", 0.0),
            unit=facts.get("unit", ""),
            wrong=tuple(
                WrongNumber(one["value"], one["tolerance"], self.text("wrong", at, "explanation"))
                for at, one in enumerate(facts.get("wrong", []))
                if is_prediction
            ),
            wrong_texts=tuple(
                WrongText(one["text"], self.text("wrong", at, "explanation"))
                for at, one in enumerate(facts.get("wrong", []))
                if not is_prediction
            ),
            accepted=tuple(facts.get("answers", [])),
            fixed=self.fixed(),
            fixed_output=facts.get("fixed_output", ""),
            model=self.text("model"),
            rubric=tuple(self.text("rubric", at) for at, _ in enumerate(facts.get("rubric", []))),
            **self.around_blank(),
        )
        if self.problems:
            raise InvalidContentError(self.problems)
        return task

    def text(self, *keys: str | int) -> str:
        """Return the text at `keys` as HTML; empty when there is none."""
        value: Any = self.facts
        for key in keys:
            if isinstance(key, str) and key not in value:
                return ""
            value = value[key]
        line = self.fence.document.line(keys)
        source = Source(self.source.file, line - 1, self.source.language, self.source.figures)
        try:
            return render_fragment(value, source)
        except InvalidContentError as error:
            self.problems.extend(Problem(one.file, line, one.reason) for one in error.problems)
            return ""

    def choices(self) -> tuple[Choice, ...]:
        facts = self.facts
        if "choices" in facts:
            return tuple(
                Choice(
                    one["id"],
                    self.text("choices", at, "text"),
                    one.get("correct", False),
                    self.text("choices", at, "explanation"),
                )
                for at, one in enumerate(facts["choices"])
            )
        if facts["kind"] != "find-the-fault":
            return ()
        said = {
            one["line"]: self.text("lines", at, "explanation")
            for at, one in enumerate(facts.get("lines", []))
        }
        shown = (
            [self.text("report", at) for at, _ in enumerate(facts["report"])]
            if "report" in facts
            else highlighted(facts["code"], "python").splitlines()
        )
        return tuple(
            Choice(f"line-{number}", line, number == facts["fault"], said.get(number, ""))
            for number, line in enumerate(shown, start=1)
        )

    def fixed(self) -> str:
        if "fixed" not in self.facts:
            return ""
        if "code" in self.facts:
            return highlighted(self.facts["fixed"].strip(), "python").strip()
        return self.text("fixed")

    def around_blank(self) -> dict[str, str]:
        if self.facts["kind"] != "complete-the-line":
            return {}
        # a name of four underscores is coloured as one word
        before, blank, after = highlighted(self.facts["code"], "python").partition(BLANK)
        if not blank:  # pragma: no cover  # refused by task_fences
            return {"before": html.escape(self.facts["code"]), "after": ""}
        return {"before": before, "after": after}
