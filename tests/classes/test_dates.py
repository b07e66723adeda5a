"""Calendar days of a zone, and what moves a date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classes.dates import (
    Dates,
    add_days,
    days_late,
    hours_late,
    with_extension,
    with_grace,
)

NEW_YORK = ZoneInfo("America/New_York")
ZONES = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LATER = st.timedeltas(timedelta(0), timedelta(days=40))


def test_one_day_in_the_night_when_summer_time_ends_has_25_hours() -> None:
    """Due Sat 31 Oct 2026 20:00 New York and one day more is Sun 1 Nov 20:00, 25 hours later."""
    due = datetime(2026, 10, 31, 20, tzinfo=NEW_YORK)

    moved = add_days(due, 1, NEW_YORK)

    assert moved == datetime(2026, 11, 1, 20, tzinfo=NEW_YORK)
    assert moved.astimezone(UTC) - due.astimezone(UTC) == timedelta(hours=25)


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        (datetime(2027, 3, 13, 2, 30, tzinfo=NEW_YORK), "2027-03-14T07:30:00+00:00"),
        (datetime(2026, 10, 31, 1, 30, tzinfo=NEW_YORK), "2026-11-01T06:30:00+00:00"),
    ],
    ids=["a time that the clock skips", "a time that it shows twice"],
)
def test_a_time_that_is_skipped_or_shown_twice_is_taken_in_the_learners_favour(
    wall: datetime, expected: str
) -> None:
    """Of the two instants that a local time may mean, the later one is taken."""
    assert add_days(wall, 1, NEW_YORK).astimezone(UTC).isoformat() == expected


@given(due=INSTANTS, days=st.integers(1, 60), zone=ZONES)
def test_added_days_keep_the_time_of_day(due: datetime, days: int, zone: ZoneInfo) -> None:
    """In any zone, days later the clock shows the same time, unless it skips that time."""
    moved = add_days(due, days, zone).astimezone(zone)
    wanted = due.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)

    assert abs(moved.replace(tzinfo=None) - wanted) <= timedelta(hours=24)
    shown = {wanted.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    if all(one.astimezone(zone).replace(tzinfo=None) == wanted for one in shown):
        assert moved.replace(tzinfo=None) == wanted


@given(due=INSTANTS, first=st.integers(0, 60), second=st.integers(0, 60), zone=ZONES)
def test_more_days_are_never_earlier(
    due: datetime, first: int, second: int, zone: ZoneInfo
) -> None:
    """The more days are added, the later the date."""
    low, high = sorted((first, second))

    assert add_days(due, low, zone) <= add_days(due, high, zone)


@given(due=INSTANTS, later=LATER, zone=ZONES)
def test_days_late_is_the_least_number_that_makes_it_on_time(
    due: datetime, later: timedelta, zone: ZoneInfo
) -> None:
    """With that many days more it is on time, with one less it is not."""
    submitted = due + later

    days = days_late(submitted, due, zone)

    assert submitted <= add_days(due, days, zone)
    assert days == 0 or submitted > add_days(due, days - 1, zone)


@given(due=INSTANTS, later=LATER)
def test_hours_late_counts_hours_that_have_begun(due: datetime, later: timedelta) -> None:
    """A microsecond late is an hour late; an hour late is one hour, in any zone."""
    hours = hours_late(due + later, due)

    assert timedelta(hours=hours) >= later > timedelta(hours=hours - 1)


@given(due=INSTANTS, more=st.timedeltas(timedelta(days=-9), timedelta(days=9)))
def test_an_extension_never_takes_time_away(due: datetime, more: timedelta) -> None:
    """No date of the timeline moves to an earlier instant by an extension."""
    dates = Dates(due=due, late_until=due + timedelta(days=2), closes=due + timedelta(days=3))

    extended = with_extension(dates, due + more)

    for name in ("due", "late_until", "closes"):
        assert getattr(extended, name) >= getattr(dates, name)
    assert extended.extended == (more > timedelta(0))
    assert extended.late_until is not None
    assert extended.closes is not None
    assert extended.closes >= extended.late_until >= (extended.due or due)


@given(due=INSTANTS, days=st.integers(0, 9), zone=ZONES)
def test_grace_days_do_not_move_the_close(due: datetime, days: int, zone: ZoneInfo) -> None:
    """Due and late-until move by calendar days; the hard close stays."""
    dates = Dates(due=due, late_until=due, closes=due + timedelta(days=1))

    moved = with_grace(dates, days, zone)

    assert moved == dates._replace(
        due=add_days(due, days, zone), late_until=add_days(due, days, zone)
    )
