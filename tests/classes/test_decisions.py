"""Extensions and overrides: what is refused, what is shown first, what is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from classes import extensions, overrides
from classes.audit import ChangeRefused
from classes.models import AuditEntry, Class, Extension, Member, Override, Role, ScheduledPart
from classes.records import gradebook
from courses.models import User
from tests.classes.material import DUE, make_class, make_course, make_member, schedule, submit

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def klass() -> Class:
    """A class with an instructor."""
    made = make_class(make_course())
    make_member(made, "ines@example.org", Role.INSTRUCTOR)
    return made


@pytest.fixture
def ines(klass: Class) -> User:
    """The instructor."""
    return User.objects.get(email="ines@example.org")


@pytest.fixture
def part(klass: Class) -> ScheduledPart:
    """An exercise that is due."""
    return schedule(klass, "exercise:treeshap", due_at=DUE)


@pytest.fixture
def ada(klass: Class) -> Member:
    """A learner."""
    return make_member(klass, "ada@example.org", name="Ada", section="A")


def test_an_extension_for_someone_who_left_is_refused(
    klass: Class, ines: User, part: ScheduledPart, ada: Member
) -> None:
    """With a sentence that says what to do; nothing is half-written for the others."""
    bob = make_member(klass, "bob@example.org")
    ada.left_at = DUE
    ada.save()

    with pytest.raises(ChangeRefused, match=r"Ada has left the class\. Bring this person back"):
        extensions.grant(klass=klass, actor=ines, reason="-", part=part, members=[bob, ada], days=2)

    assert not Extension.objects.exists()


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"days": 2, "due_at": DUE + timedelta(days=1)}, "a date or a number of days"),
        ({}, "a date or a number of days"),
        ({"due_at": DUE}, "not later than the present one"),
        ({"days": 0}, "from 1 to 365"),
    ],
)
def test_an_extension_that_is_none_is_refused(
    ines: User, part: ScheduledPart, ada: Member, facts: dict[str, object], problem: str
) -> None:
    """Neither, both, no later date, no days."""
    with pytest.raises(ChangeRefused, match=problem):
        extensions.grant(
            klass=part.klass,
            actor=ines,
            reason="-",
            part=part,
            members=[ada],
            **facts,  # type: ignore[arg-type]
        )


def test_a_part_without_a_due_date_needs_no_extension(
    klass: Class, ines: User, ada: Member
) -> None:
    """The reason says so."""
    undated = schedule(klass, "exercise:lime")

    with pytest.raises(ChangeRefused, match="has no due date"):
        extensions.grant(klass=klass, actor=ines, reason="-", part=undated, members=[ada], days=1)


def test_extensions_are_granted_in_bulk_by_the_page(
    client: Client, klass: Class, ines: User, part: ScheduledPart
) -> None:
    """Several learners at once, each with an entry of the audit; and a whole section."""
    client.force_login(ines)
    members = [make_member(klass, f"l{number}@example.org").pk for number in range(3)]
    address = reverse("classes:extensions", args=[klass.pk])

    client.post(address, {"part": part.pk, "members": members, "days": 3, "reason": "Strike"})
    assert Extension.objects.filter(days=3, granted_by=ines).count() == 3
    assert AuditEntry.objects.filter(action="extension.granted").count() == 3

    Member.objects.filter(pk=members[0]).update(section="A")
    client.post(address, {"section": "A", "days": 1, "reason": "Trip"})
    assert Extension.objects.get(section="A").part is None


def test_other_learners_never_see_an_extension(
    client: Client, klass: Class, ines: User, part: ScheduledPart, ada: Member
) -> None:
    """Neither its reason nor its date is on anybody else's page."""
    extensions.grant(
        klass=klass, actor=ines, reason="Secret illness", part=part, members=[ada], days=30
    )
    bob = make_member(klass, "bob@example.org")
    assert bob.user is not None
    client.force_login(bob.user)

    page = client.get(reverse("classes:home", args=[klass.pk])).content.decode()

    assert "Secret illness" not in page
    assert "30 Nov 2026" not in page


def test_an_override_is_shown_as_a_difference_before_it_is_written(
    client: Client, klass: Class, ines: User, part: ScheduledPart, ada: Member
) -> None:
    """Mark and total, before and after; then it is written with who, when and why."""
    schedule(klass, "exercise:lime", due_at=DUE)
    submit(ada.user, "treeshap", 40, DUE)
    client.force_login(ines)
    address = reverse("classes:cell", args=[klass.pk, ada.pk, part.pk])
    sent = {"points": "90", "reason": "Shown in person"}

    effect = client.post(address, sent).context["effect"]
    assert (effect.before.points, effect.after.points) == (40, 90)
    assert (effect.total_before, effect.total_after) == (20, 45)
    assert not Override.objects.exists()

    client.post(address, sent | {"confirmed": "1"})
    made = Override.objects.get()
    assert (made.points, made.made_by, made.reason) == (90, ines, "Shown in person")
    assert AuditEntry.objects.get(action="override.made").facts["points"] == [None, 90]


def test_a_newer_override_keeps_the_older_as_history_and_withdrawing_shows_the_score(
    ines: User, klass: Class, part: ScheduledPart, ada: Member
) -> None:
    """One is in force; without one the platform's score counts again."""
    submit(ada.user, "treeshap", 40, DUE)
    overrides.override(member=ada, part=part, actor=ines, points=50, reason="first")
    overrides.override(member=ada, part=part, actor=ines, points=None, reason="excused")
    assert gradebook(klass).rows[0].mark(0).excused
    assert [one.withdrawn_at is None for one in Override.objects.order_by("pk")] == [False, True]

    assert overrides.withdraw(member=ada, part=part, actor=ines)

    assert gradebook(klass).rows[0].mark(0).points == 40
    assert Override.objects.filter(withdrawn_at=None).count() == 0


@pytest.mark.parametrize("points", [float("nan"), float("inf"), -1.0, 10_001.0])
def test_points_that_are_none_are_refused(
    ines: User, part: ScheduledPart, ada: Member, points: float
) -> None:
    """Not a number, without end, negative or absurd."""
    with pytest.raises(ChangeRefused):
        overrides.override(member=ada, part=part, actor=ines, points=points, reason="-")


@pytest.mark.parametrize(
    "sent",
    [
        {"points": "", "reason": "why"},
        {"points": "5", "excused": "on", "reason": "why"},
        {"points": "5", "reason": ""},
        {"points": "nan", "reason": "why"},
    ],
)
def test_a_form_that_decides_nothing_is_refused(
    client: Client, ines: User, part: ScheduledPart, ada: Member, sent: dict[str, str]
) -> None:
    """Neither points nor an excuse, both, no reason, no number."""
    client.force_login(ines)
    address = reverse("classes:cell", args=[part.klass_id, ada.pk, part.pk])

    assert client.post(address, sent | {"confirmed": "1"}).status_code == 422
    assert not Override.objects.exists()


def test_extensions_come_as_a_file_that_is_shown_before_it_is_granted(
    client: Client, ines: User, part: ScheduledPart, ada: Member
) -> None:
    """Granted, unchanged and refused lines with reasons; then all of it, or the new difference."""
    klass = part.klass
    make_member(klass, "gone@example.org", name="Gone", left_at=DUE)
    make_member(klass, "bob@example.org", name="Bob")
    extensions.grant(klass=klass, actor=ines, reason="-", part=part, members=[ada], days=2)
    client.force_login(ines)
    text = (
        "Email;Part;Days;Reason\n"
        "ADA@example.org;treeshap;2;\n"
        "ada@example.org;;3;Illness\n"
        "bob@example.org;exercise:treeshap;1;\n"
        "gone@example.org;treeshap;1;\n"
        "nobody@example.org;treeshap;1;\n"
        "bob@example.org;quantum;1;\n"
        "bob@example.org;treeshap;soon;\n"
        "bob@example.org;=1+1;1;\n"
    )
    sent = {"file": SimpleUploadedFile("x.csv", text.encode()), "reason": "Strike"}

    address = client.post(reverse("classes:extensions_import", args=[klass.pk]), sent)["Location"]
    plan = client.get(address).context["plan"]

    assert [(one.line, one.days, one.reason) for one in plan.granted] == [
        (3, 3, "Illness"),
        (4, 1, "Strike"),
    ]
    assert plan.unchanged == 1
    assert [(one.line, one.reason.partition(".")[0]) for one in plan.refused] == [
        (5, "Gone has left the class"),
        (6, "Nobody in this class has this address"),
        (7, "“quantum” is not in the schedule: give its title or its slug"),
        (8, "Extra days: a number from 1 to 365"),
        (9, "The column “part” holds a formula"),
    ]
    assert client.post(address, {"digest": "another"}).status_code == 409
    assert Extension.objects.count() == 1
    assert client.post(address, {"digest": plan.digest}).status_code == 302
    assert Extension.objects.count() == 3
