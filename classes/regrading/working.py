"""What a worker does with regrades: compute differences, write those that were decided.

Both may be done twice: a worker that dies leaves a claim that ends, and who takes over finds what
is written already. Only workers import this module.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from classes.audit import record
from classes.models import Regrading, RegradingState
from classes.regrading.asking import submissions_of
from classes.regrading.lines import Line, Outcome
from courses.database import CONNECTION_FAULTS
from exercises.models import Exercise, Submission
from exercises.submissions import regrading as grades
from grader.grading import regrade

if TYPE_CHECKING:
    from django.db.models import QuerySet

CLAIM: Final = timedelta(minutes=5)
RENEW_EVERY: Final = 25
"""Submissions; each takes some milliseconds, the first may wait for a reference."""

logger = logging.getLogger(__name__)


def regrade_asked(grade: grades.Regrader = regrade) -> int:
    """Do what is asked for or decided and claimed by no worker; return how many.

    Args:
        grade: `GradingProcesses.regrade` keeps the learners' answers out of this process.
    """
    waiting = Regrading.objects.filter(state__in=[RegradingState.ASKED, RegradingState.DECIDED])
    served = 0
    for key in list(waiting.order_by("asked_at").values_list("pk", flat=True)):
        if not _claim(waiting.filter(pk=key)):
            continue
        regrading = Regrading.objects.select_related("klass", "part", "decided_by").get(pk=key)
        try:
            _serve(regrading, grade)
        except CONNECTION_FAULTS:
            raise
        except Exception:
            logger.exception("regrade %s failed", key)
            _finish(regrading, RegradingState.FAILED)
        served += 1
    return served


def _claim(one: QuerySet[Regrading]) -> bool:
    now = timezone.now()
    free = one.filter(Q(claimed_until=None) | Q(claimed_until__lt=now))
    return bool(free.update(claimed_until=now + CLAIM))


def _serve(regrading: Regrading, grade: grades.Regrader) -> None:
    exercise = Exercise.objects.get(slug=regrading.part.slug)
    if regrading.state == RegradingState.ASKED:
        _compute(regrading, exercise, grade)
    else:
        _write(regrading, exercise, grade)


def _compute(regrading: Regrading, exercise: Exercise, grade: grades.Regrader) -> None:
    """Store which submissions change, and how; no grade is written."""
    chosen = submissions_of(regrading.klass, regrading.part)
    if regrading.submission_id is not None:
        chosen = chosen.filter(pk=regrading.submission_id)
    lines: list[Line] = []
    same = 0
    for number, found in enumerate(grades.regrades(exercise, among=chosen, grade=grade)):
        _renew(regrading, number)
        before = _standing(found.submission)
        if found.marks is None:
            lines.append(Line(str(found.submission.pk), before, None, Outcome.UNREADABLE))
        elif found.changes:
            after = (found.marks.score, found.marks.passed)
            lines.append(Line(str(found.submission.pk), before, after))
        else:
            same += 1
    regrading.lines, regrading.same = [one.as_json() for one in lines], same
    regrading.shown_at = timezone.now()
    _finish(regrading, RegradingState.SHOWN)


def _write(regrading: Regrading, exercise: Exercise, grade: grades.Regrader) -> None:
    """Write exactly what was shown; what has changed since stays as it is."""
    lines = {one.submission: one for one in map(Line.of, regrading.lines)}
    wanted = [key for key, line in lines.items() if line.after is not None]
    among = Submission.objects.filter(pk__in=wanted)
    for key in wanted:
        lines[key] = replace(lines[key], outcome=Outcome.MOVED)
    for number, found in enumerate(grades.regrades(exercise, among=among, grade=grade)):
        _renew(regrading, number)
        key = str(found.submission.pk)
        line = lines[key]
        marks = found.marks
        agreed = marks is not None and (marks.score, marks.passed) == line.after
        standing = _standing(found.submission)
        if agreed and (
            standing == line.after  # by a worker that died before it could say so
            or (standing == line.before and grades.commit(found, exercise=exercise))
        ):
            lines[key] = replace(line, outcome=Outcome.WRITTEN)
    regrading.lines = [one.as_json() for one in lines.values()]
    regrading.finished_at = timezone.now()
    with transaction.atomic():
        _finish(regrading, RegradingState.DONE)
        record(
            regrading.klass,
            regrading.decided_by,
            "submissions.regraded",
            part=regrading.part,
            facts={
                "written": sum(one.outcome == Outcome.WRITTEN for one in lines.values()),
                "not written": sum(one.outcome == Outcome.MOVED for one in lines.values()),
                "regrade": regrading.pk,
            },
        )


def _standing(submission: Submission) -> tuple[float, bool]:
    return submission.score or 0.0, submission.passed


def _renew(regrading: Regrading, number: int) -> None:
    if number % RENEW_EVERY == 0:
        Regrading.objects.filter(pk=regrading.pk).update(claimed_until=timezone.now() + CLAIM)


def _finish(regrading: Regrading, state: RegradingState) -> None:
    regrading.state, regrading.claimed_until = state, None
    if state == RegradingState.FAILED:
        regrading.finished_at = timezone.now()
    regrading.save(
        update_fields=["state", "lines", "same", "shown_at", "finished_at", "claimed_until"]
    )
