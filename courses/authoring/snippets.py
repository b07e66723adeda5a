"""Run the code that lessons show, and compare what it prints with what the text says.

    python -m courses.authoring.snippets content/courses/foundations           # say what is wrong
    python -m courses.authoring.snippets content/courses/foundations --write   # fill in outputs

In lesson.md a fence "```python run" is executed; a fence "```text output" right after it holds
exactly what it prints; a prediction, "```yaml task", may stand between the two. A decimal number
that stands alone in backticks, such as `0.947`, must occur in one of the lesson's outputs. What
micro-tasks claim is run after the last block. A translation must hold the same blocks and tasks as
the original.
Imports nothing heavy: the code is run by the sandbox environment's Python.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from courses.authoring.lesson_data import data_folder
from courses.authoring.lesson_parts import take_marks
from courses.authoring.lesson_tasks import (
    TaskFence,
    is_output,
    is_task,
    same_in_every_language,
    task_fences,
)
from courses.authoring.programs import WorkbenchError, run_program
from courses.authoring.task_checks import Trial, prediction_problems, trial_problems, trials

CPU_SECONDS: Final = 20.0  # a reader who runs a page's code should not wait longer
WALL_SECONDS: Final = 600.0  # for one course on a busy machine
_FRONT_MATTER: Final = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_NUMBER: Final = re.compile(r"[-+\N{MINUS SIGN}]?\d+\.\d+")
_MARKDOWN: Final = MarkdownIt("commonmark")


@dataclass(frozen=True)
class Block:
    """A code block that is run, and the output block after it, if there is one."""

    line: int  # of the opening fence in lesson.md, from 1
    code: str
    output: str | None
    output_lines: (
        tuple[int, int] | None
    )  # first line after the opening fence, closing fence; from 0


@dataclass(frozen=True)
class Lesson:
    """What of a lesson's text can be run and compared."""

    path: Path
    blocks: tuple[Block, ...]
    numbers: tuple[tuple[int, str], ...]  # (line, number) for each bare number in backticks
    tasks: tuple[TaskFence, ...] = ()
    roles: tuple[tuple[str, ...], ...] = ()  # of each part
    task_problems: tuple[str, ...] = ()

    @property
    def trials(self) -> list[Trial]:
        """Return the code that is run for what the tasks claim."""
        return [trial for task in self.tasks for trial in trials(task)]


def read_lesson(path: Path) -> Lesson:
    """Return the runnable blocks and the claimed numbers of a lesson.md."""
    text = path.read_text(encoding="utf-8")
    front = _FRONT_MATTER.match(text)
    skipped_lines = front.group().count("\n") if front else 0
    tokens = _MARKDOWN.parse(text[front.end() :] if front else text)
    blocks: list[Block] = []
    numbers: list[tuple[int, str]] = []
    for position, token in enumerate(tokens):
        line = (token.map[0] if token.map else 0) + skipped_lines + 1
        if token.type == "fence" and token.info.split() == ["python", "run"]:
            following = _following(tokens, position)
            shown = is_output(following)
            output = following.content if following is not None and shown else None
            lines = None
            if following is not None and following.map and shown:
                lines = (following.map[0] + skipped_lines + 1, following.map[1] + skipped_lines - 1)
            blocks.append(Block(line=line, code=token.content, output=output, output_lines=lines))
        numbers.extend(
            (line, child.content)
            for child in token.children or []
            if child.type == "code_inline" and _NUMBER.fullmatch(child.content)
        )
    tasks, problems = task_fences(tokens, str(path), skipped_lines)
    language = "xx" if "l10n" in path.parts else "en"
    return Lesson(
        path=path,
        blocks=tuple(blocks),
        numbers=tuple(numbers),
        tasks=tuple(tasks),
        roles=tuple(tuple(roles) for _, roles in take_marks(tokens, language)),
        task_problems=tuple(map(str, problems)),
    )


def _following(tokens: Sequence[Token], position: int) -> Token | None:
    """Return the token after a block; a task between the block and its output is passed over."""
    rest = tokens[position + 1 : position + 3]
    if len(rest) > 1 and is_task(rest[0]):
        return rest[1]
    return rest[0] if rest else None


@dataclass(frozen=True)
class Ran:
    """How one lesson's code ran."""

    lesson: Lesson
    outputs: tuple[str, ...]
    error: str | None
    warnings: tuple[str, ...]
    cpu_seconds: float
    trials: tuple[tuple[str, str], ...] = ()  # what each trial printed, and its error

    def problems(self) -> list[str]:
        """Return what is wrong with the lesson, each naming the place and the fix."""
        path = self.lesson.path
        found = list(self.lesson.task_problems)
        for block, printed in zip(self.lesson.blocks, self.outputs, strict=False):
            if block.output is not None and _trimmed(block.output) != _trimmed(printed):
                found.append(
                    f"{path}:{block.line}: prints something else than the text shows.\n"
                    f"--- shown\n{block.output}--- printed\n{printed}---"
                )
        if self.error is not None:
            line = self.lesson.blocks[len(self.outputs) - 1].line
            found.append(f"{path}:{line}: the code fails.\n{self.error.rstrip()}")
        found.extend(f"{path}: the code warns: {warning}" for warning in self.warnings)
        if not self.cpu_seconds <= CPU_SECONDS:
            found.append(f"{path}: takes {self.cpu_seconds:.0f} s, allowed are {CPU_SECONDS:.0f}.")
        printed_numbers = {
            _plain(number) for text in self.outputs for number in _NUMBER.findall(text)
        }
        found.extend(
            f"{path}:{line}: `{number}` is printed by no code block of this lesson."
            for line, number in self.lesson.numbers
            if _plain(number) not in printed_numbers
        )
        if self.error is None:
            for task in self.lesson.tasks:
                printed = self.outputs[task.block - 1] if task.block else ""
                found.extend(prediction_problems(task, printed))
            found.extend(trial_problems(self.lesson.trials, self.trials))
        return found


def _trimmed(text: str) -> str:
    """Return the text without blanks at the ends of lines and of the whole."""
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines())


def _plain(number: str) -> str:
    """Return a printed number with an ASCII minus sign and no plus sign."""
    return number.replace("\N{MINUS SIGN}", "-").removeprefix("+")


def lesson_files(folder: Path) -> list[Path]:
    """Return each lesson.md at or below the folder, in order."""
    return sorted(folder.rglob("lesson.md"))


def run_lessons(paths: Iterable[Path]) -> list[Ran]:
    """Run the code of each lesson and return how it went, in the same order.

    Raises:
        WorkbenchError: the sandbox environment is missing, or the run did not end in time.
    """
    lessons = [read_lesson(path) for path in paths]
    request = {
        "lessons": [
            {
                "id": str(lesson.path),
                "data": str(data_folder(lesson.path) or ""),
                "blocks": [block.code for block in lesson.blocks],
                "trials": [trial.code for trial in lesson.trials],
            }
            for lesson in lessons
        ]
    }
    answer = run_program("run_snippets.py", request, wall_seconds=WALL_SECONDS)
    return [
        Ran(
            lesson=lesson,
            outputs=tuple(ran["outputs"]),
            error=ran["error"],
            warnings=tuple(ran["warnings"]),
            cpu_seconds=ran["cpu_seconds"],
            trials=tuple((one["printed"], one["error"]) for one in ran["trials"]),
        )
        for lesson, ran in zip(lessons, answer["lessons"], strict=True)
    ]


def write_outputs(ran: Ran) -> None:
    """Put what the code printed into the output blocks that stand in the lesson."""
    lines = ran.lesson.path.read_text(encoding="utf-8").splitlines()
    pairs = list(zip(ran.lesson.blocks, ran.outputs, strict=False))
    for block, printed in reversed(pairs):
        if block.output_lines is not None:
            first, end = block.output_lines
            lines[first:end] = _trimmed(printed).splitlines()
    ran.lesson.path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def translation_problems(original: Path, translation: Path) -> list[str]:
    """Return where a translated lesson.md shows other code or other numbers than the original."""
    theirs, ours = read_lesson(translation), read_lesson(original)
    found = []
    if [(b.code, b.output) for b in theirs.blocks] != [(b.code, b.output) for b in ours.blocks]:
        found.append(f"{translation}: its code or output blocks differ from {original}.")
    if missing := {n for _, n in theirs.numbers} ^ {n for _, n in ours.numbers}:
        found.append(f"{translation}: {', '.join(sorted(missing))} stand in one language only.")
    if [*map(same_in_every_language, theirs.tasks)] != [*map(same_in_every_language, ours.tasks)]:
        found.append(f"{translation}: its micro-tasks differ from {original}.")
    if theirs.roles != ours.roles:
        found.append(f"{translation}: its parts have other roles than those of {original}.")
    return found


def all_translation_problems(content: Path) -> list[str]:
    """Return what `translation_problems` finds in each translated lesson of a content folder."""
    found = []
    for translation in lesson_files(content / "l10n"):
        original = content.joinpath(*translation.relative_to(content / "l10n").parts[1:])
        if original.exists():
            found.extend(translation_problems(original, translation))
        else:
            found.append(f"{translation}: translates no lesson; {original} is missing.")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="snippets", description="Run the lessons' code.")
    parser.add_argument("folders", nargs="*", type=Path, default=[Path("content/courses")])
    parser.add_argument("--write", action="store_true", help="fill in the output blocks")
    options = parser.parse_args(arguments)
    for folder in options.folders:
        if not folder.is_dir():
            parser.error(f"{folder}: no such folder.")
    found: list[str] = []
    try:
        for ran in run_lessons(path for f in options.folders for path in lesson_files(f)):
            if options.write and ran.error is None:
                write_outputs(ran)
            else:
                found.extend(ran.problems())
            sys.stdout.write(
                f"{ran.lesson.path}: {len(ran.lesson.blocks)} blocks, {ran.cpu_seconds:.1f} s\n"
            )
    except WorkbenchError as error:
        found.append(str(error))
    sys.stderr.writelines(f"{problem}\n" for problem in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
