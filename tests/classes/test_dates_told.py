"""How a part's dates are told: in two lines, with nothing left out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from classes.dates import Dates
from classes.models import Class
from classes.templatetags.class_zones import city

if TYPE_CHECKING:
    from collections.abc import Iterator

NEW_YORK = ZoneInfo("America/New_York")
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(autouse=True)
def in_paris() -> Iterator[None]:
    """Tell dates in English to somebody in Paris."""
    with timezone.override(PARIS), translation.override("en"):
        yield


def told(dates: Dates, *, two_zones: bool = True) -> str:
    """Return the markup of a part's dates in a class in New York."""
    klass = Class(title="Models", time_zone="America/New_York")
    facts = {"dates": dates, "klass": klass, "two_zones": two_zones}
    return render_to_string("classes/_dates.html", facts)


def on(year: int, month: int, day: int) -> datetime:
    """Return eight in the evening in New York."""
    return datetime(year, month, day, 20, tzinfo=NEW_YORK)


def test_every_date_of_a_part_stands_in_two_lines() -> None:
    """When it is due in both zones; then opening, early credit, the end and the extension."""
    everything = Dates(
        opens=on(2999, 1, 1),
        early_until=on(2999, 1, 5),
        due=on(2999, 1, 10),
        late_until=on(2999, 1, 20),
        extended=True,
    )

    first, _, second = told(everything).partition("</div>")

    assert "11 Jan 2999, 02:00" in first
    assert "(10 Jan, 20:00 New York)" in first
    assert "opens 2 Jan 2999, 02:00" in second
    assert "early until 6 Jan 2999, 02:00" in second
    assert "counts until 21 Jan 2999, 02:00" in second
    assert "extension" in second
    assert "<br" not in first + second
    assert (first.count("<div"), second.count("<ul")) == (1, 1)


def test_one_line_is_enough_where_nothing_else_holds() -> None:
    """A due date, or that there is none; the class's zone only where it is another one."""
    due = told(Dates(due=on(2026, 11, 30)), two_zones=False)

    assert "1 Dec 2026, 02:00" in due
    assert "New York" not in due
    assert "<ul" not in due
    assert "no due date" in told(Dates())


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("UTC", "UTC"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires"),
        ("Europe/Paris", "Paris"),
    ],
)
def test_a_zone_is_called_by_its_place(zone: str, name: str) -> None:
    """The last part of its name, without underscores."""
    assert city(ZoneInfo(zone)) == name
