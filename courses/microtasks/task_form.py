"""Micro-tasks as a lesson's page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from courses.microtasks.answers import explanations, is_open, tells_solution
from courses.quizzes.grading import GradedChoice

if TYPE_CHECKING:
    from courses.microtasks.definitions import Task
    from courses.microtasks.models import TaskAnswer


@dataclass(frozen=True)
class TaskForm:
    """One micro-task with what the learner answered.

    Attributes:
        typed: what was sent and refused, to be corrected.
        error: why it was refused.
        has_news: whether this answers a form that was just sent.
    """

    task: Task
    kept: TaskAnswer | None = None
    typed: str = ""
    error: str = ""
    has_news: bool = False

    @property
    def told(self) -> bool:
        """Say whether the solution is shown."""
        return tells_solution(self.task, self.kept)

    @property
    def is_open(self) -> bool:
        """Say whether another answer counts."""
        return is_open(self.task, self.kept)

    @property
    def takes_answers(self) -> bool:
        """Say whether the form is shown: while an answer counts and the solution is not told."""
        return self.is_open and not (self.told and self.task.kind != "defend")

    @property
    def value(self) -> str:
        """Return what stands in the field."""
        return self.typed or (self.kept.answer if self.kept else "")

    @property
    def explanations(self) -> list[str]:
        """Return what is said about the answer, as HTML."""
        return explanations(self.task, self.kept) if self.kept else []

    @property
    def choices(self) -> list[GradedChoice]:
        """Return the choices or lines; which is right only once that is told."""
        given = self.value
        return [GradedChoice(one, one.id == given, told=self.told) for one in self.task.choices]

    @property
    def solution(self) -> str:
        """Return the right number, or the right choice as HTML."""
        if self.task.form == "number":
            return f"{self.task.answer:g}".replace("-", "\N{MINUS SIGN}")
        return next((one.html for one in self.task.choices if one.correct), "")

    @property
    def given(self) -> str:
        """Return the answer that was kept as HTML of the author's, or as it was typed."""
        answer = self.kept.answer if self.kept else ""
        return next((one.html for one in self.task.choices if one.id == answer), answer)
