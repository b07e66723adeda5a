"""The schedule's editor: checked as a whole, in the class's zone, by one editor at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from classes.models import AuditEntry, Class, Override, Role, ScheduledPart
from tests.classes.material import NEW_YORK, make_class, make_course, make_member, schedule

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

TREESHAP = "exercise:treeshap"


@pytest.fixture
def klass() -> Class:
    """A class in New York of one course with an instructor."""
    made = make_class(make_course())
    make_member(made, "ines@example.org", Role.INSTRUCTOR)
    return made


@pytest.fixture
def ines(klass: Class, client: Client) -> Client:
    """The instructor's browser."""
    user = klass.members.get(role=Role.INSTRUCTOR).user
    assert user is not None
    client.force_login(user)
    return client


def address(klass: Class) -> str:
    """Return the address of the editor."""
    return reverse("classes:schedule", args=[klass.pk])


def shown(client: Client, klass: Class, query: str = "") -> dict[str, Any]:
    """Return what a browser would send back of the editor, unchanged."""
    page = client.get(address(klass) + query)
    sent: dict[str, Any] = {
        "version": page.context["klass"].version,
        "relative": "1" if page.context["relative"] else "0",
    }
    formset = page.context["formset"]
    for form in (formset.management_form, *formset):
        for field in form:
            value = field.value()
            if value is not None and value is not False:
                sent[field.html_name] = value
    return sent


def line(sent: dict[str, Any], subject: str) -> str:
    """Return the prefix of a part's fields."""
    name = next(name for name, value in sent.items() if value == subject)
    return name.removesuffix("subject")


def test_dates_are_given_in_the_class_s_zone_and_stored_as_instants(
    ines: Client, klass: Class
) -> None:
    """20:00 in New York on 31 October is midnight UTC; each change has an entry of the audit."""
    sent = shown(ines, klass)
    at = line(sent, TREESHAP)
    sent |= {f"{at}scheduled": "on", f"{at}due_at": "2026-10-31T20:00", f"{at}points": "50"}

    assert ines.post(address(klass), sent).status_code == 302

    part = klass.parts.get(subject=TREESHAP)
    assert part.due_at == datetime(2026, 11, 1, 0, tzinfo=UTC)
    assert (part.points, part.title) == (50, "Exercise treeshap")
    assert AuditEntry.objects.get(action="schedule.added").part == part
    assert shown(ines, klass)[f"{line(shown(ines, klass), TREESHAP)}due_at"] == "2026-10-31T20:00"


def test_the_audit_says_what_a_date_was_and_is_as_the_pages_do(ines: Client, klass: Class) -> None:
    """By the field's name and in the class's zone; numbers and choices as on the form."""
    sent = shown(ines, klass)
    at = line(sent, TREESHAP)
    ines.post(address(klass), sent | {f"{at}scheduled": "on", f"{at}points": "100"})
    sent = shown(ines, klass)
    at = line(sent, TREESHAP)
    changed = {f"{at}due_at": "2026-10-31T20:00", f"{at}points": "50", f"{at}counting": "optional"}

    ines.post(address(klass), sent | changed)

    page = ines.get(reverse("classes:audit", args=[klass.pk])).content.decode()
    assert "Due: – → 31 Oct 2026, 20:00" in page  # noqa: RUF001  # a dash for none
    assert "Points: 100 → 50" in page
    assert "Counts as: required → optional: marked, not counted" in page


@pytest.mark.parametrize(
    ("given", "stored"),
    [("2026-11-01T01:30", "2026-11-01T06:30:00"), ("2027-03-14T02:30", "2027-03-14T07:30:00")],
)
def test_a_time_that_the_clock_shows_twice_or_never_is_the_later_one(
    ines: Client, klass: Class, given: str, stored: str
) -> None:
    """No error in the night when the clocks change, and nothing that takes time away."""
    sent = shown(ines, klass)
    at = line(sent, TREESHAP)

    ines.post(address(klass), sent | {f"{at}scheduled": "on", f"{at}due_at": given})

    due = klass.parts.get(subject=TREESHAP).due_at
    assert due is not None
    assert due.astimezone(UTC).isoformat() == f"{stored}+00:00"


@pytest.mark.parametrize(
    ("dates", "problem"),
    [
        (
            {"opens_at": "2026-11-01T10:00", "due_at": "2026-10-31T10:00"},
            "“due” must not be before “opens”.",
        ),
        (
            {"due_at": "2026-11-01T10:00", "closes_at": "2026-10-31T10:00"},
            "“closes” must not be before “due”.",
        ),
        ({"late_until": "2026-11-01T10:00"}, "Without a due date nothing is late"),
        ({"due_at": "tomorrow"}, "Give a date and a time"),
    ],
)
def test_dates_in_no_order_are_refused_and_nothing_is_written(
    ines: Client, klass: Class, dates: dict[str, str], problem: str
) -> None:
    """The field says what is wrong; other lines of the same form are not written either."""
    sent = shown(ines, klass)
    at, other = line(sent, TREESHAP), line(sent, "exercise:lime")
    sent |= {f"{at}scheduled": "on", f"{other}scheduled": "on"}
    sent |= {at + name: value for name, value in dates.items()}

    answer = ines.post(address(klass), sent)

    assert answer.status_code == 422
    assert problem in answer.content.decode()
    assert not klass.parts.exists()


def test_the_second_of_two_editors_is_told_and_overwrites_nothing(
    ines: Client, klass: Class
) -> None:
    """Both opened the page; the one who saves later is shown that it has changed."""
    first, second = shown(ines, klass), shown(ines, klass)
    at = line(first, TREESHAP)
    ines.post(address(klass), first | {f"{at}scheduled": "on", f"{at}points": "10"})

    answer = ines.post(address(klass), second | {f"{at}scheduled": "on", f"{at}points": "99"})

    assert answer.status_code == 409
    assert "Somebody else has changed this class" in answer.content.decode()
    assert klass.parts.get().points == 10


def test_a_part_that_is_taken_out_comes_back_with_its_overrides(ines: Client, klass: Class) -> None:
    """Taking it out keeps the row."""
    part = schedule(klass, TREESHAP)
    member = make_member(klass, "ada@example.org")
    Override.objects.create(member=member, part=part, points=9, reason="-")
    sent = shown(ines, klass)
    del sent[f"{line(sent, TREESHAP)}scheduled"]
    ines.post(address(klass), sent)
    assert not klass.parts.scheduled().exists()

    sent = shown(ines, klass)
    ines.post(address(klass), sent | {f"{line(sent, TREESHAP)}scheduled": "on"})

    assert klass.parts.scheduled().get() == part
    assert Override.objects.get().part == part


def test_a_rolling_class_counts_days_from_joining(ines: Client, klass: Class) -> None:
    """The same editor with days instead of dates."""
    sent = shown(ines, klass, "?relative=1")
    at = line(sent, TREESHAP)
    refused = sent | {f"{at}scheduled": "on", f"{at}opens_after": "9", f"{at}due_after": "7"}
    assert ines.post(address(klass), refused).status_code == 422

    ines.post(address(klass), refused | {f"{at}opens_after": "0"})

    part = klass.parts.get()
    assert (part.relative, part.opens_after, part.due_after, part.due_at) == (True, 0, 7, None)
    assert shown(ines, klass)["relative"] == "1"


def test_nothing_is_written_when_nothing_changed(ines: Client, klass: Class) -> None:
    """Saving an untouched editor adds no entry and keeps the version."""
    due = datetime(2026, 10, 31, 20, tzinfo=NEW_YORK)
    schedule(klass, TREESHAP, due_at=due, points=10)
    ScheduledPart.objects.update(position=1)

    ines.post(address(klass), shown(ines, klass))

    assert not AuditEntry.objects.exists()
    assert Class.objects.get().version == 1


def test_a_class_without_a_course_says_what_to_do(ines: Client, klass: Class) -> None:
    """There is nothing to schedule: the page leads to the settings."""
    klass.courses.clear()

    page = ines.get(address(klass)).content.decode()

    assert "This class has no course" in page


def test_dates_of_several_parts_are_shifted_before_they_are_saved(
    ines: Client, klass: Class
) -> None:
    """The editor comes back with later dates at the same time of day; nothing is written yet."""
    sent = shown(ines, klass)
    at, other = line(sent, TREESHAP), line(sent, "exercise:lime")
    sent |= {f"{at}scheduled": "on", f"{at}due_at": "2026-10-31T20:00", f"{at}opens_at": "soon"}
    sent |= {f"{other}scheduled": "on", f"{other}due_at": "2026-12-28T09:30"}
    first = min(int(one.split("-")[1]) for one in (at, other))
    last = max(int(one.split("-")[1]) for one in (at, other))
    asked = {"shift": "1", "shift_from": first, "shift_to": last, "shift_days": 7}

    answer = ines.post(address(klass), sent | asked)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "2 dates were shifted. Save the schedule to keep them." in page
    assert f'name="{at}due_at" value="2026-11-07T20:00"' in page
    assert f'name="{other}due_at" value="2027-01-04T09:30"' in page
    assert f'name="{at}opens_at" value="soon"' in page
    assert not klass.parts.exists()


def test_days_after_joining_are_shifted_too(ines: Client, klass: Class) -> None:
    """Of a part in the schedule only, and of those between the two that were named only."""
    sent = shown(ines, klass, "?relative=1")
    at, other = line(sent, TREESHAP), line(sent, "exercise:lime")
    sent |= {f"{at}scheduled": "on", f"{at}due_after": "7", f"{other}due_after": "9"}
    number = at.split("-")[1]
    asked = {"shift": "1", "shift_from": number, "shift_to": number, "shift_days": -2}

    page = ines.post(address(klass), sent | asked).content.decode()

    assert "1 date was shifted. Save the schedule to keep it." in page
    assert f'name="{at}due_after" value="5"' in page
    assert f'name="{other}due_after" value="9"' in page


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"shift_from": 1, "shift_to": 0, "shift_days": 1}, "stands before the first one"),
        ({"shift_from": 0, "shift_to": 0, "shift_days": 4000}, "less than or equal to 366"),
        ({"shift_from": "x", "shift_to": 99, "shift_days": ""}, "Select a valid choice"),
    ],
)
def test_a_shift_that_makes_no_sense_changes_nothing(
    ines: Client, klass: Class, asked: dict[str, Any], problem: str
) -> None:
    """Backwards, too far, or of parts that are not there: the field says so."""
    sent = shown(ines, klass)
    at = line(sent, TREESHAP)
    sent |= {f"{at}scheduled": "on", f"{at}due_at": "2026-10-31T20:00"}

    answer = ines.post(address(klass), sent | asked | {"shift": "1"})

    assert answer.status_code == 422
    assert problem in answer.content.decode()
    assert f'name="{at}due_at" value="2026-10-31T20:00"' in answer.content.decode()


def test_an_editor_that_comes_back_is_still_of_the_class_that_was_opened(
    ines: Client, klass: Class
) -> None:
    """Shifting does not take over what somebody else has saved meanwhile: saving is refused."""
    first, second = shown(ines, klass), shown(ines, klass)
    at = line(first, TREESHAP)
    ines.post(address(klass), first | {f"{at}scheduled": "on", f"{at}points": "10"})
    asked = {"shift": "1", "shift_from": "0", "shift_to": "0", "shift_days": "1"}

    page = ines.post(address(klass), second | asked)

    assert page.context["version"] == str(second["version"])
    assert ines.post(address(klass), second).status_code == 409


@pytest.mark.parametrize(
    ("percent", "early", "columns"), [(0, "", 0), (5, "", 1), (0, "2026-10-24T20:00", 1)]
)
def test_early_dates_have_a_column_where_work_gains_by_them(
    ines: Client, klass: Class, percent: float, early: str, columns: int
) -> None:
    """Or where a part has one; else the field is kept without being shown."""
    Class.objects.update(early_percent=percent)
    sent = shown(ines, klass)
    at = line(sent, TREESHAP)
    sent |= {f"{at}scheduled": "on", f"{at}early_until": early, f"{at}due_at": "2026-10-31T20:00"}
    ines.post(address(klass), sent)

    page = ines.get(address(klass)).content.decode()

    assert page.count('<th scope="col">Early until</th>') == columns
    assert page.count('-early_until"') >= 2
