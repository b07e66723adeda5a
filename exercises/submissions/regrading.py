"""Regrade stored outputs with the current rubric and references, without running anything.

What would change is shown before it is written. A completion once earned stays: whoever passed by
an earlier rubric has passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.db import transaction

from courses.learners.progress import record_completion
from exercises.catalogue import folders
from exercises.models import State, Submission
from exercises.submissions import files, lifecycle
from exercises.submissions.pipeline import references
from grader.errors import GraderError
from grader.grading import GradeResult, regrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from exercises.models import Exercise
    from grader.exercise import ExerciseDefinition
    from grader.reference import ReferenceStore


class Regrader(Protocol):
    """Grades stored answers again: in this process, or in a grading process."""

    def __call__(
        self,
        exercise: ExerciseDefinition,
        answers: bytes,
        /,
        *,
        references: ReferenceStore,
        attempt: int = 1,
    ) -> GradeResult:
        """Return today's marks of the answers."""


@dataclass(frozen=True)
class Regrade:
    """One submission, graded again.

    Attributes:
        marks: None when it could not be graded again, for `reason`.
    """

    submission: Submission
    marks: GradeResult | None
    reason: str = ""

    @property
    def changes(self) -> bool:
        """Whether score or verdict would change."""
        before = (self.submission.score, self.submission.passed)
        return self.marks is not None and (self.marks.score, self.marks.passed) != before


def regrades(
    exercise: Exercise,
    *,
    among: QuerySet[Submission] | None = None,
    grade: Regrader = regrade,
) -> Iterator[Regrade]:
    """Grade graded submissions of `exercise` again, oldest first; nothing is written.

    Args:
        exercise: today's rubric and references.
        among: these of its submissions only.
        grade: `GradingProcesses.regrade` keeps the learners' answers out of this process.

    Raises:
        ExerciseContentError: the exercise's folder cannot be read.
    """
    folder = folders.read(exercise.slug)
    chosen = Submission.objects.all() if among is None else among
    graded = chosen.filter(exercise=exercise, state=State.GRADED)
    for submission in graded.select_related("user").order_by("created_at", "pk").iterator(100):
        try:
            marks = grade(
                folder,
                files.answers(submission.pk),
                references=references(),
                attempt=submission.attempt,
            )
        except GraderError as error:
            yield Regrade(submission, None, str(error))
        else:
            yield Regrade(submission, marks)


@transaction.atomic
def commit(found: Regrade, *, exercise: Exercise) -> bool:
    """Write a changed grade and what follows from it; False when it has changed meanwhile."""
    if found.marks is None:
        return False
    written = lifecycle.record_regrade(submission=found.submission, marks=found.marks)
    if written and exercise.reviewed:
        lifecycle.update_review_due(user=found.submission.user, exercise=exercise)
    elif written and found.marks.passed:
        record_completion(user=found.submission.user, exercise_slug=exercise.slug)
    return written
