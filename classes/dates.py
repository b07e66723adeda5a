"""The dates of one part for one learner, and days in the class's zone.

Every date is an instant in UTC, and being late is a comparison of two instants. Days are calendar
days of the class's zone: one day after 20:00 is 20:00 of the next day, also when that night has 23
or 25 hours.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)


class Dates(NamedTuple):
    """The timeline of one part for one learner; None where there is no such date.

    Attributes:
        opens: attempts before it are graded and do not count.
        early_until: until then an attempt earns the early credit.
        due: until then an attempt is on time.
        late_until: until then a late attempt counts; extensions and grace days move it.
        closes: nothing counts after it, grace days or not; only an extension moves it.
        extended: whether an extension moved any of these.
    """

    opens: datetime | None = None
    early_until: datetime | None = None
    due: datetime | None = None
    late_until: datetime | None = None
    closes: datetime | None = None
    extended: bool = False

    @property
    def opens_later(self) -> bool:
        """Say whether the opening is still to come."""
        return self.opens is not None and self.opens > datetime.now(tz=UTC)

    @property
    def last(self) -> datetime | None:
        """Return the last instant at which an attempt counts without grace days."""
        ends = [end for end in (self.late_until, self.closes) if end is not None]
        return min(ends) if ends else None


@lru_cache(maxsize=16_384)  # a class asks for the days after few due dates, for many learners
def add_days(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the instant with the same time of day in `zone`, so many calendar days on.

    Where the clock shows that time twice, or never, the later of the two possible instants is
    taken: in the learner's favour.
    """
    if not days:
        return moment
    wall = moment.astimezone(zone).replace(tzinfo=None, fold=0) + timedelta(days=days)
    return later_instant(wall, zone)


def later_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the (later) instant at which clocks in `zone` show the naive time `wall`."""
    return max(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def days_late(submitted: datetime, due: datetime, zone: ZoneInfo) -> int:
    """Return how many calendar days `due` would have to move for `submitted` to be on time."""
    submitted = submitted.astimezone(UTC)
    if submitted <= due:
        return 0
    days = max(0, (submitted - due) // DAY - 1)
    while submitted > add_days(due, days, zone):
        days += 1
    return days


def hours_late(submitted: datetime, due: datetime) -> int:
    """Return the started hours between `due` and a later `submitted`; 0 when on time."""
    # Python subtracts two times of one zone by their clocks; in UTC by the time that passed.
    return max(0, math.ceil((submitted.astimezone(UTC) - due.astimezone(UTC)) / HOUR))


def with_grace(dates: Dates, days: int, zone: ZoneInfo) -> Dates:
    """Return the dates after so many grace days: due and late-until move, the close does not."""
    if not days or dates.due is None:
        return dates
    late = dates.late_until and add_days(dates.late_until, days, zone)
    return dates._replace(due=add_days(dates.due, days, zone), late_until=late)


def with_extension(dates: Dates, due: datetime) -> Dates:
    """Return the dates with a later due date: late-until moves by as much, the close if it must.

    A `due` that is not later than the present one changes nothing: an extension never takes away.
    """
    if dates.due is None or due <= dates.due:
        return dates
    more = due.astimezone(UTC) - dates.due.astimezone(UTC)
    late = dates.late_until and dates.late_until.astimezone(UTC) + more
    closes = dates.closes and max(dates.closes, late or due)
    return dates._replace(due=due, late_until=late, closes=closes, extended=True)
