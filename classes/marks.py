"""The mark: derived from attempts, dates, policy and overrides whenever it is asked for.

Nothing here reads or writes a database. `derive` is the only function that makes marks: the
gradebook, a learner's page, every export, the API and an LMS get what it returns. A mark has two
layers, the platform's score and a person's override; neither erases the other.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

from classes.dates import Dates, days_late, hours_late, with_grace
from classes.policy import AttemptRule, Counting, LateUnit, Policy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class Attempt(NamedTuple):
    """One attempt at a part; `fraction` of the points is None while it is not graded."""

    at: datetime
    fraction: float | None


class Overriding(NamedTuple):
    """What a person decided; None excuses the learner from the part."""

    points: float | None


class PartFacts(NamedTuple):
    """Everything that the mark of one learner in one part depends on.

    Attributes:
        points: what the part is worth in the class.
        attempts: in any order; those that the platform failed are not among them.
    """

    points: float
    counting: str
    dates: Dates
    attempts: Sequence[Attempt] = ()
    override: Overriding | None = None


class Mark(NamedTuple):
    """The mark of one learner in one part.

    Attributes:
        points: what counts, None without a mark; the override's where there is one.
        score: what the platform derived, whatever an override says.
        raw: the same before early credit and lateness.
        late: late units (days or hours) of the attempt that counts, grace days taken off.
        grace_days: how many it used up.
        pending: attempts that are not graded or reviewed yet.
        uncounted: attempts before the opening or after the end, graded as practice.
        missing: due, and no attempt counts.
        dropped: among the lowest, which do not count.
    """

    points: float | None = None
    score: float | None = None
    raw: float | None = None
    late: int = 0
    early: bool = False
    grace_days: int = 0
    attempts: int = 0
    pending: int = 0
    uncounted: int = 0
    missing: bool = False
    overridden: bool = False
    excused: bool = False
    extended: bool = False
    dropped: bool = False


class Record(NamedTuple):
    """One learner's marks, in the order of the parts, and the total so far.

    Attributes:
        earned, possible: points over what counts so far: marked, or missing.
        percent: None while nothing counts; above 100 only by extra or early credit.
    """

    marks: tuple[Mark, ...]
    earned: float
    possible: float
    grace_days: int

    @property
    def percent(self) -> float | None:
        """Return the total so far in per cent."""
        return 100 * self.earned / self.possible if self.possible else None


class _Value(NamedTuple):
    value: float
    raw: float
    late: int
    early: bool
    grace: int


NO_MARK = Mark()
"""Nothing was done, and nothing is due yet."""

_MISSING = Mark(points=0.0, score=0.0, missing=True)


def derive(parts: Sequence[PartFacts], policy: Policy, *, now: datetime) -> Record:
    """Return all marks of one learner.

    Grace days are used up in the order of the schedule, where they help, and as few of them as help
    most; an extension of one part never takes them from an earlier one.

    Args:
        parts: in the order of the schedule.
        policy: the class's.
        now: decides what is missing, and nothing else.
    """
    grace_left = policy.grace_days
    marks: list[Mark] = [NO_MARK] * len(parts)
    for at, part in enumerate(parts):
        marks[at] = mark = _mark(part, policy, grace_left=grace_left, now=now)
        grace_left -= mark.grace_days
    _drop(marks, parts, policy.drop_lowest)
    earned = possible = 0.0
    for mark, part in zip(marks, parts, strict=True):
        if mark.points is None or mark.dropped or part.counting == Counting.OPTIONAL:
            continue
        earned += mark.points
        if part.counting == Counting.REQUIRED:
            possible += part.points
    return Record(tuple(marks), earned, possible, policy.grace_days - grace_left)


def _mark(part: PartFacts, policy: Policy, *, grace_left: int, now: datetime) -> Mark:
    dates, override = part.dates, part.override
    if not part.attempts and override is None:
        if dates.due is None or now <= dates.due:
            return NO_MARK if not dates.extended else Mark(extended=True)
        return _MISSING if not dates.extended else _MISSING._replace(extended=True)
    values: list[_Value] = []
    last: datetime | None = None
    pending = uncounted = 0
    for attempt in part.attempts:
        if attempt.fraction is None:
            pending += 1
        elif (value := _value(attempt.at, attempt.fraction, dates, policy, grace_left)) is None:
            uncounted += 1
        elif policy.attempts == AttemptRule.LAST:
            if last is None or attempt.at >= last:
                last, values = attempt.at, [value]
        else:
            values.append(value)
    found = _chosen(values, policy)
    missing = not values and not pending and dates.due is not None and now > dates.due
    score = found.value * part.points if found else 0.0 if missing else None
    points = score if override is None else override.points
    return Mark(
        points=points,
        score=score,
        raw=found.raw * part.points if found else None,
        late=found.late if found else 0,
        early=bool(found and found.early),
        grace_days=found.grace if found and override is None else 0,
        attempts=len(part.attempts),
        pending=pending,
        uncounted=uncounted,
        missing=missing and override is None,
        overridden=override is not None,
        excused=override is not None and override.points is None,
        extended=dates.extended,
    )


def _chosen(values: Sequence[_Value], policy: Policy) -> _Value | None:
    if not values:
        return None
    if policy.attempts != AttemptRule.AVERAGE:
        # Of several that are worth the same, the one that used fewest grace days, then least late.
        return max(values, key=lambda one: (one.value, -one.grace, -one.late))
    number = len(values)
    return _Value(
        value=sum(one.value for one in values) / number,
        raw=sum(one.raw for one in values) / number,
        late=max(one.late for one in values),
        early=all(one.early for one in values),
        grace=max(one.grace for one in values),
    )


def _value(
    at: datetime, fraction: float, dates: Dates, policy: Policy, grace_left: int
) -> _Value | None:
    """Return what an attempt is worth; None when it does not count."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)  # two times of one zone would be compared by their clocks
    if dates.opens is not None and at < dates.opens:
        return None
    if dates.closes is not None and at > dates.closes:
        return None
    if dates.due is None or at <= dates.due:
        early = dates.early_until is not None and at <= dates.early_until
        credit = 1 + policy.early_percent / 100 if early else 1.0
        return _Value(fraction * credit, fraction, 0, early and policy.early_percent > 0, 0)
    best: _Value | None = None
    needed = min(grace_left, days_late(at, dates.due, policy.zone)) if grace_left else 0
    for days in range(needed + 1):
        value = _late_value(at, fraction, with_grace(dates, days, policy.zone), policy, days)
        if value is not None and (best is None or value.value > best.value):
            best = value
    return best


def _late_value(
    at: datetime, fraction: float, dates: Dates, policy: Policy, grace: int
) -> _Value | None:
    if dates.late_until is not None and at > dates.late_until:
        return None
    due = dates.due
    if due is None or at <= due:
        return _Value(fraction, fraction, 0, early=False, grace=grace)
    hourly = policy.late_unit == LateUnit.HOUR
    late = hours_late(at, due) if hourly else days_late(at, due, policy.zone)
    loss = 0.0 if policy.late_unit == LateUnit.NONE else late * policy.late_percent / 100
    value = max(fraction - loss, min(fraction, policy.late_floor / 100))
    return _Value(value, fraction, late, early=False, grace=grace)


def _drop(marks: list[Mark], parts: Sequence[PartFacts], number: int) -> None:
    """Mark the lowest required parts as dropped; at least one of them always counts.

    Lowest is what has the smallest share of its points; that can never lower the total.
    """
    counted = [
        (mark.points / part.points, -part.points, at)
        for at, (mark, part) in enumerate(zip(marks, parts, strict=True))
        if number and part.counting == Counting.REQUIRED and mark.points is not None and part.points
    ]
    for _share, _points, at in sorted(counted)[: max(0, min(number, len(counted) - 1))]:
        marks[at] = marks[at]._replace(dropped=True)
