"""A submission beside the notebook that it came from: the verdict, and a note at each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exercises.catalogue.translations import translation_of
from exercises.feedback.messages import CriterionFeedback, Feedback, feedback_for
from exercises.feedback.plot import plot_of
from exercises.submissions import attempts
from exercises.submissions.waiting import watched

if TYPE_CHECKING:
    from exercises.feedback.plot import Plot
    from exercises.models import Submission
    from exercises.submissions.attempts import Standing

DIAGNOSIS = "/diagnosis"
PLOT = "/plot"


@dataclass(frozen=True)
class CellPlace:
    """A code cell of the submitted notebook; `number` counts from 1."""

    id: str
    number: int


@dataclass(frozen=True)
class PlacedCriterion:
    """A criterion's result, and the cell that it is about."""

    feedback: CriterionFeedback
    cell: CellPlace | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.feedback, name)


def submission_facts(
    shown: Submission, *, seen: str = "", place: dict[str, Any], standing: Standing | None = None
) -> dict[str, Any]:
    """Return what the page is told of a submission; empty when it has seen that already.

    Args:
        shown: the submission, for its own learner.
        seen: what the page was told last.
        place: where the exercise stands in a course, for the way on.
        standing: the learner's in the exercise; None: it is looked up.
    """
    now = watched(shown)
    if now.seen == seen:
        return {}
    if standing is None:
        standing = attempts.standing(user=shown.user, exercise=shown.exercise)
    translation = translation_of(shown.exercise)
    feedback = feedback_for(shown, translation)
    cells = _cells(shown)
    criteria = tuple(
        PlacedCriterion(criterion, cells.get(criterion.id)) for criterion in feedback.criteria
    )
    context = {
        "submission": shown,
        "exercise": shown.exercise,
        "waiting": now.waiting,
        "seen": now.seen,
        "standing": standing,
        "hints_open": hints_open(shown, standing),
        "feedback": {
            "headline": feedback.headline,
            "explanation": feedback.explanation,
            "error": feedback.error,
            "misconception": feedback.misconception,
            "criteria": criteria,
        },
        "error_cell": cells.get("/error"),
        "in_workbench": True,
        **place,
    }
    return {
        "id": str(shown.pk),
        "finished": shown.finished,
        "seen": now.seen,
        "poll_ms": now.poll_ms,
        "announcement": _announcement(shown, feedback),
        "attempts": attempts_left(standing),
        "can_submit": shown.finished and standing.attempts_left != 0,
        "html": render_to_string("exercises/_workbench_verdict.html", context),
        "notes": _notes(shown, feedback, plot_of(shown.report, translation), criteria, cells),
    }


def attempts_left(standing: Standing) -> str:
    """Return the sentence on a learner's attempts; empty when they are unlimited."""
    left = standing.attempts_left
    if left is None:
        return ""
    return ngettext("%(left)s attempt left", "%(left)s attempts left", left) % {"left": left}


def hints_open(shown: Submission, standing: Standing) -> int:
    """Return how many hints are open: one more after each attempt that did not pass."""
    hints = len(shown.exercise.description["hints_html"])
    return hints if standing.passed else min(standing.graded, hints)


def _announcement(shown: Submission, feedback: Feedback) -> str:
    if not shown.finished:
        return ""
    if shown.score is None:
        return feedback.headline
    score = _("%(score)s of %(max_score)s points") % {
        "score": f"{shown.score:g}",
        "max_score": f"{shown.max_score:g}",
    }
    return f"{feedback.headline}: {score}"


def _cells(shown: Submission) -> dict[str, CellPlace]:
    """Return the cells that the parts of a report are about."""
    named = (shown.report or {}).get("cells") or {}
    return {part: CellPlace(**place) for part, place in named.items()}


def _notes(
    shown: Submission,
    feedback: Feedback,
    plot: Plot | None,
    criteria: tuple[PlacedCriterion, ...],
    cells: dict[str, CellPlace],
) -> dict[str, str]:
    """Return the note of each cell as HTML, by the cell's id."""
    notes: dict[str, dict[str, Any]] = {}

    def note(part: str) -> dict[str, Any] | None:
        cell = cells.get(part)
        return notes.setdefault(cell.id, {"criteria": [], "failed": False}) if cell else None

    for criterion in criteria:
        if (place := note(criterion.id)) is not None:
            place["criteria"].append(criterion)
            place["failed"] |= not criterion.passed
    if feedback.error is not None and (place := note("/error")) is not None:
        place["error"] = feedback.error
    diagnosis = feedback.misconception
    if diagnosis and diagnosis.certainty != "unknown" and (place := note(DIAGNOSIS)) is not None:
        place["diagnosis"] = diagnosis
    if plot is not None and (place := note(PLOT)) is not None:
        place["plot"] = plot
    return {
        cell: render_to_string("exercises/_workbench_note.html", {"note": one, "submission": shown})
        for cell, one in notes.items()
    }
