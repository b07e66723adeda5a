"""What a mark is derived from, stated as properties and by example."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classes.dates import Dates, add_days, days_late, with_extension
from classes.marks import Attempt, Mark, Overriding, PartFacts, Record, derive
from classes.policy import AttemptRule, Counting, LateUnit, Policy

NEW_YORK = ZoneInfo("America/New_York")
DUE = datetime(2026, 10, 31, 20, tzinfo=NEW_YORK)
LATER = datetime(2027, 6, 1, tzinfo=UTC)
"""When everything is over."""

ZONES = st.sampled_from(
    ["UTC", "America/New_York", "Europe/Paris", "Asia/Kathmandu", "Australia/Lord_Howe"]
).map(ZoneInfo)
FRACTIONS = st.floats(0, 1)
ATTEMPTS = st.lists(
    st.builds(
        Attempt,
        at=st.datetimes(datetime(2026, 10, 20), datetime(2026, 11, 12), timezones=st.just(UTC)),  # noqa: DTZ001
        fraction=st.none() | FRACTIONS,
    ),
    max_size=4,
)
POLICIES = st.builds(
    Policy,
    zone=ZONES,
    late_unit=st.sampled_from(LateUnit.values),
    late_percent=st.floats(0, 100),
    late_floor=st.floats(0, 100),
    grace_days=st.integers(0, 5),
    early_percent=st.floats(0, 100),
    attempts=st.sampled_from(AttemptRule.values),
    drop_lowest=st.integers(0, 3),
)


@st.composite
def timelines(draw: st.DrawFn) -> Dates:
    """Draw the dates of a part, in their order, some of them absent."""
    gaps = st.timedeltas(timedelta(0), timedelta(days=3))
    due = draw(st.none() | st.just(DUE.astimezone(UTC)))
    if due is None:
        return Dates(opens=draw(st.none() | st.just(DUE - timedelta(days=5))))
    early = due - draw(gaps)
    late = due + draw(gaps)
    return Dates(
        opens=draw(st.none() | st.just(early - timedelta(days=3))),
        early_until=draw(st.none() | st.just(early)),
        due=due,
        late_until=draw(st.none() | st.just(late)),
        closes=draw(st.none() | st.just(late + timedelta(days=1))),
    )


PARTS = st.builds(
    PartFacts,
    points=st.floats(1, 200),
    counting=st.sampled_from(Counting.values),
    dates=timelines(),
    attempts=ATTEMPTS,
    override=st.none() | st.builds(Overriding, points=st.none() | st.floats(0, 200)),
)


def one(
    *attempts: Attempt,
    dates: Dates | None = None,
    now: datetime = LATER,
    override: Overriding | None = None,
    **rules: Any,
) -> Mark:
    """Derive the mark of one part of 100 points in a class in New York."""
    facts = PartFacts(100.0, Counting.REQUIRED, dates or Dates(due=DUE), attempts, override)
    policy = Policy(zone=NEW_YORK, **rules)
    return derive([facts], policy, now=now).marks[0]


def at(moment: str, fraction: float | None = 1.0) -> Attempt:
    """Make an attempt at a local time of New York."""
    return Attempt(datetime.fromisoformat(moment).replace(tzinfo=NEW_YORK), fraction)


def test_a_grace_day_over_the_end_of_summer_time_is_a_calendar_day() -> None:
    """Due Sat 31 Oct 2026 20:00 New York + 1 day, submitted Sun 1 Nov 19:30: on time."""
    mark = one(at("2026-11-01 19:30"), late_unit="day", late_percent=10, grace_days=1)

    assert (mark.points, mark.late, mark.grace_days) == (100.0, 0, 1)


def test_without_the_grace_day_the_same_attempt_is_one_day_late() -> None:
    """23.5 hours by the clock, 24.5 by the sun: still one calendar day."""
    mark = one(at("2026-11-01 19:30"), late_unit="day", late_percent=10)

    assert (mark.points, mark.late, mark.raw) == (90.0, 1, 100.0)


@pytest.mark.parametrize(
    ("submitted", "rules", "points", "late"),
    [
        ("2026-10-31 20:00", {"late_unit": "hour", "late_percent": 5}, 100, 0),
        ("2026-10-31 20:01", {"late_unit": "hour", "late_percent": 5}, 95, 1),
        ("2026-10-31 23:00", {"late_unit": "hour", "late_percent": 5}, 85, 3),
        ("2026-11-05 20:00", {"late_unit": "hour", "late_percent": 5, "late_floor": 40}, 40, 121),
        ("2026-11-05 20:00", {"late_unit": "day", "late_percent": 30}, 0, 5),
        ("2026-11-05 20:00", {"late_unit": "none"}, 100, 5),
        ("2026-11-05 20:00", {"late_unit": "day", "late_percent": 10, "grace_days": 3}, 80, 2),
    ],
)
def test_late_work_loses_by_the_policy(
    submitted: str, rules: dict[str, Any], points: float, late: int
) -> None:
    """Started hours or days cost their per cent of the points, down to the floor."""
    mark = one(at(submitted), **rules)

    assert mark.points == pytest.approx(points)
    assert mark.late == late


def test_the_floor_lifts_nobody() -> None:
    """Work below the floor keeps what it earned; lateness costs it nothing more."""
    mark = one(at("2026-11-08 10:00", 0.3), late_unit="day", late_percent=10, late_floor=50)

    assert mark.points == pytest.approx(30)


def test_after_late_until_an_attempt_is_practice() -> None:
    """It is graded, told as not counted, and leaves the mark that was earned before."""
    dates = Dates(due=DUE, late_until=add_days(DUE, 2, NEW_YORK))

    mark = one(at("2026-10-30 10:00", 0.4), at("2026-11-03 10:00"), dates=dates)

    assert (mark.points, mark.uncounted) == (40.0, 1)


def test_a_hard_close_holds_for_grace_days_and_not_for_an_extension() -> None:
    """Grace days end at the close; an extension moves it."""
    closed = Dates(due=DUE, late_until=DUE, closes=DUE)
    late = at("2026-11-01 10:00")

    assert one(late, dates=closed, grace_days=3).points == 0
    extended = with_extension(closed, add_days(DUE, 1, NEW_YORK))
    assert one(late, dates=extended).points == 100


def test_an_attempt_before_the_opening_does_not_count() -> None:
    """Work of an earlier term does not fill a new one."""
    mark = one(at("2026-10-01 10:00"), dates=Dates(opens=DUE - timedelta(days=7), due=DUE))

    assert (mark.points, mark.missing, mark.uncounted) == (0.0, True, 1)


def test_early_work_earns_the_early_credit() -> None:
    """On top of what was earned, by the policy's per cent of it."""
    dates = Dates(early_until=DUE - timedelta(days=2), due=DUE)

    mark = one(at("2026-10-20 10:00", 0.5), dates=dates, early_percent=10)

    assert mark.points == pytest.approx(55)
    assert mark.early


@pytest.mark.parametrize(("rule", "points"), [("best", 90), ("last", 60), ("average", 75)])
def test_the_policy_says_which_attempt_counts(rule: str, points: float) -> None:
    """The best, the last or the average of what counts."""
    attempts = [at("2026-10-02 10:00", 0.9), at("2026-10-03 10:00", 0.6)]

    assert one(*attempts, attempts=rule).points == pytest.approx(points)


def test_nothing_submitted_is_missing_only_once_it_is_due() -> None:
    """Before the due date there is no mark; after it, none of the points."""
    assert one(now=DUE) == Mark()
    assert one(now=DUE + timedelta(seconds=1)) == Mark(points=0.0, score=0.0, missing=True)


def test_what_waits_for_a_grade_is_neither_missing_nor_zero() -> None:
    """A submission in the queue, or a project that waits for a reader, has no mark yet."""
    mark = one(at("2026-10-30 10:00", None))

    assert (mark.points, mark.missing, mark.pending) == (None, False, 1)


def test_an_excuse_takes_the_part_out_of_the_total() -> None:
    """An override without points means that the part does not count."""
    parts = [
        PartFacts(100.0, Counting.REQUIRED, Dates(due=DUE), (), Overriding(None)),
        PartFacts(50.0, Counting.REQUIRED, Dates(due=DUE), (at("2026-10-30 10:00", 0.5),)),
    ]

    record = derive(parts, Policy(zone=NEW_YORK), now=LATER)

    assert record.marks[0].excused
    assert (record.earned, record.possible, record.percent) == (25.0, 50.0, 50.0)


def test_extra_credit_only_adds_and_optional_parts_do_not_count() -> None:
    """Extra credit adds points to what was earned, never to what is possible."""
    done = (at("2026-10-30 10:00", 0.5),)
    parts = [
        PartFacts(100.0, Counting.REQUIRED, Dates(), done),
        PartFacts(10.0, Counting.EXTRA, Dates(), done),
        PartFacts(10.0, Counting.EXTRA, Dates(due=DUE)),
        PartFacts(100.0, Counting.OPTIONAL, Dates(), done),
    ]

    record = derive(parts, Policy(zone=NEW_YORK), now=LATER)

    assert (record.earned, record.possible) == (55.0, 100.0)


def _record(parts: list[PartFacts], policy: Policy, now: datetime = LATER) -> Record:
    return derive(parts, policy, now=now)


@given(parts=st.lists(PARTS, max_size=5), policy=POLICIES)
def test_a_mark_lies_between_nothing_and_its_points_with_early_credit(
    parts: list[PartFacts], policy: Policy
) -> None:
    """The platform's score is never negative, and above the points only by early credit."""
    for part, mark in zip(parts, _record(parts, policy).marks, strict=True):
        if mark.score is not None:
            most = part.points * (1 + policy.early_percent / 100)
            assert 0 <= mark.score <= most * (1 + 1e-9)


@given(part=PARTS, policy=POLICIES, days=st.integers(0, 10))
def test_an_extension_never_lowers_the_mark_of_its_part(
    part: PartFacts, policy: Policy, days: int
) -> None:
    """More time is never worse, whatever the zone, the policy and the attempts."""
    if policy.attempts != AttemptRule.BEST or part.dates.due is None:
        return
    longer = with_extension(part.dates, add_days(part.dates.due, days, policy.zone))
    before = _record([part], policy).marks[0]
    after = _record([part._replace(dates=longer)], policy).marks[0]

    assert (after.score or 0) >= (before.score or 0) - 1e-9


@given(parts=st.lists(PARTS, max_size=5), policy=POLICIES)
def test_the_grace_budget_is_never_overspent(parts: list[PartFacts], policy: Policy) -> None:
    """All parts together use at most the class's grace days."""
    record = _record(parts, policy)

    assert record.grace_days == sum(mark.grace_days for mark in record.marks)
    assert record.grace_days <= policy.grace_days


@given(part=PARTS, policy=POLICIES)
def test_a_grace_day_is_used_only_where_it_helps(part: PartFacts, policy: Policy) -> None:
    """Where days were used, one day less would have made a lower mark."""
    mark = _record([part], policy).marks[0]
    if policy.attempts != AttemptRule.BEST or not mark.grace_days:
        return
    less = Policy(**{**policy.__dict__, "grace_days": mark.grace_days - 1})

    assert (_record([part], less).marks[0].score or 0) < (mark.score or 0)


@given(part=PARTS, policy=POLICIES)
def test_an_attempt_on_time_loses_nothing(part: PartFacts, policy: Policy) -> None:
    """The best attempt that was on time is a lower bound of the mark."""
    if policy.attempts != AttemptRule.BEST:
        return
    dates = part.dates
    on_time = [
        attempt.fraction
        for attempt in part.attempts
        if attempt.fraction is not None
        and (dates.opens is None or attempt.at >= dates.opens)
        and (dates.due is None or attempt.at <= dates.due)
    ]
    score = _record([part], policy).marks[0].score

    assert not on_time or (score or 0) >= max(on_time) * part.points - 1e-9


@given(attempt=ATTEMPTS.filter(bool).map(lambda many: many[0]), policy=POLICIES)
def test_lateness_is_two_stored_instants(attempt: Attempt, policy: Policy) -> None:
    """The mark depends on the instants, not on the zones that they are written in or on `now`."""
    dates = Dates(due=DUE)
    moved = attempt._replace(at=attempt.at.astimezone(ZoneInfo("Asia/Tokyo")))

    marks = {
        _record([PartFacts(100.0, Counting.REQUIRED, dates, (one,))], policy, now).marks[0]
        for one in (attempt, moved)
        for now in (LATER, LATER + timedelta(days=300))
    }

    assert len(marks) == 1


@given(part=PARTS, policy=POLICIES, better=FRACTIONS)
def test_a_regrade_never_erases_an_override_nor_an_override_a_score(
    part: PartFacts, policy: Policy, better: float
) -> None:
    """Both layers stand side by side: either changes alone."""
    without = part._replace(override=None)
    overridden = part._replace(override=Overriding(33.0))
    regraded = overridden._replace(
        attempts=[Attempt(one.at, better) for one in overridden.attempts]
    )

    assert _record([overridden], policy).marks[0].points == 33.0
    assert _record([regraded], policy).marks[0].points == 33.0
    assert _record([overridden], policy).marks[0].score == _record([without], policy).marks[0].score


@given(parts=st.lists(PARTS, max_size=6), policy=POLICIES)
def test_dropping_the_lowest_never_lowers_the_total(parts: list[PartFacts], policy: Policy) -> None:
    """At most n required parts are dropped, one always counts, and the total does not fall."""
    none = Policy(**{**policy.__dict__, "drop_lowest": 0})
    kept, all_ = _record(parts, policy), _record(parts, none)
    dropped = [at for at, mark in enumerate(kept.marks) if mark.dropped]

    assert len(dropped) <= policy.drop_lowest
    assert all(parts[at].counting == Counting.REQUIRED for at in dropped)
    assert (kept.percent is None) == (all_.percent is None)
    if kept.percent is not None and all_.percent is not None:
        assert kept.percent >= all_.percent - 1e-9


@given(parts=st.lists(PARTS, max_size=6), policy=POLICIES)
def test_extra_credit_never_lowers_the_total(parts: list[PartFacts], policy: Policy) -> None:
    """Without its extra credit a learner has at most as much."""
    if policy.grace_days:
        return
    without = [part for part in parts if part.counting != Counting.EXTRA]
    more, less = _record(parts, policy), _record(without, policy)

    assert more.possible == pytest.approx(less.possible)
    assert more.earned >= less.earned - 1e-9


@given(part=PARTS, policy=POLICIES, order=st.randoms(use_true_random=False))
def test_the_order_in_which_attempts_are_read_changes_nothing(
    part: PartFacts, policy: Policy, order: object
) -> None:
    """Attempts carry their instants; how the database returns them does not matter."""
    distinct = {attempt.at: attempt for attempt in part.attempts}
    attempts = list(distinct.values())
    shuffled = list(attempts)
    order.shuffle(shuffled)  # type: ignore[attr-defined]

    first = _record([part._replace(attempts=attempts)], policy).marks[0]
    second = _record([part._replace(attempts=shuffled)], policy).marks[0]

    assert first.score == pytest.approx(second.score)
    assert first._replace(score=0, raw=0, points=0) == second._replace(score=0, raw=0, points=0)


@given(attempt=ATTEMPTS.filter(bool).map(lambda many: many[0]), zone=ZONES)
def test_enough_grace_days_make_any_attempt_on_time(attempt: Attempt, zone: ZoneInfo) -> None:
    """With a budget of the days that it is late, an attempt loses nothing."""
    days = days_late(attempt.at, DUE, zone)
    policy = Policy(
        zone=zone, late_unit=LateUnit.HOUR, late_percent=1, late_floor=0, grace_days=days
    )
    facts = PartFacts(100.0, Counting.REQUIRED, Dates(due=DUE), (attempt,))

    mark = _record([facts], policy).marks[0]

    assert mark.score == pytest.approx((attempt.fraction or 0) * 100) or attempt.fraction is None
