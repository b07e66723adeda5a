"""What there is to do in each lesson, and how soon: a table for authors, and who has nothing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from courses.authoring.lesson_tasks import is_task
from courses.authoring.task_schema import TASK_KINDS
from courses.markup.markdown import is_run, markdown_parser
from courses.markup.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from courses.authoring.content_files import CourseFile, LessonFile, Tree
    from courses.authoring.lesson_page import LessonPage

NOTHING: Final = "\N{EN DASH}"
INTRODUCTION: Final = """\
# What there is to do in each lesson

<!-- Made by `python manage.py check_content --write` from the lessons. -->

Micro-tasks by kind ([how to write one](lesson-tasks.md)), blocks that can be run and edited in
place, interactive figures, and the minutes until the first micro-task: reading time of the text,
code, formulas and figures before it, computed as the lesson's own reading time is. `make check`
fails when this page is stale.
"""


@dataclass(frozen=True)
class Doing:
    """What one lesson lets its reader do.

    Attributes:
        kinds: the number of micro-tasks of each kind, in the order of `TASK_KINDS`.
        minutes_to_first: of reading before the first micro-task; None without one.
    """

    course: CourseFile
    lesson: LessonFile
    kinds: tuple[int, ...]
    runnable: int
    interactive: int
    minutes: int
    minutes_to_first: float | None

    @property
    def tasks(self) -> int:
        """Return the number of micro-tasks."""
        return sum(self.kinds)


def all_doing(tree: Tree) -> list[Doing]:
    """Return what each lesson lets its reader do; renders every lesson once.

    Raises:
        InvalidContentError: a lesson cannot be rendered.
    """
    return [_doing(course, lesson) for course in tree.courses for lesson in course.lessons.values()]


def _doing(course: CourseFile, lesson: LessonFile) -> Doing:
    page: LessonPage = lesson.page()
    tokens = markdown_parser().parse(lesson.body)
    seconds = page.seconds_to_first_task
    return Doing(
        course=course,
        lesson=lesson,
        kinds=tuple(sum(task.kind == kind for task in page.tasks) for kind in TASK_KINDS),
        runnable=sum(is_run(token) and not is_task(token) for token in tokens),
        interactive=page.html.count('class="interactive"'),
        minutes=page.minutes,
        minutes_to_first=None if seconds is None else seconds / 60,
    )


def idle_lessons(every: Iterable[Doing]) -> list[Problem]:
    """Return the lessons that have no micro-task."""
    return [
        Problem(one.lesson.front.file, one.lesson.skipped_lines + 1, "It has no micro-task.")
        for one in every
        if not one.tasks
    ]


def doing_page(every: Sequence[Doing]) -> str:
    """Return the table in Markdown, course by course."""
    lines = [INTRODUCTION]
    for slug, group in groupby(every, key=lambda one: one.course.slug):
        lessons = list(group)
        title = lessons[0].course.document.value["title"]
        lines += [f"## {title}", "", _HEAD, _RULE, *(_row(slug, one) for one in lessons), ""]
    firsts = [one.minutes_to_first for one in every if one.minutes_to_first is not None]
    total = sum(one.tasks for one in every)
    lines.append(
        f"In all {total} micro-tasks in {len(firsts)} of {len(every)} lessons"
        + (f"; the first comes after {max(firsts):.1f} minutes at the latest." if firsts else ".")
    )
    return "\n".join(lines) + "\n"


_HEAD: Final = (
    "| lesson | minutes | micro-tasks | predict | find the fault | complete the line | defend "
    "| code to run | interactive | minutes to the first |"
)
_RULE: Final = "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"


def _row(course: str, doing: Doing) -> str:
    address = f"../../content/courses/{course}/{doing.lesson.folder}/lesson.md"
    first = doing.minutes_to_first
    cells = [
        f"[{doing.lesson.front.value['title']}]({address})",
        *map(str, (doing.minutes, doing.tasks, *doing.kinds, doing.runnable, doing.interactive)),
        NOTHING if first is None else f"{first:.1f}",
    ]
    return f"| {' | '.join(cells)} |"
