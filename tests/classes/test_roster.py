"""Importing a roster: the difference, and writing exactly what was shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from classes.models import AuditEntry, Class, Member, PendingImport, Role
from classes.roster import writing
from courses.models import Enrolment
from tests.classes.material import make_class, make_course, make_member, make_user

if TYPE_CHECKING:
    from django.core.mail import EmailMessage
    from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def klass() -> Class:
    """A class of one course with an instructor."""
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


def upload(ines: Client, klass: Class, text: str, **options: str) -> str:
    """Upload a file and return the address of the difference."""
    file = SimpleUploadedFile("roster.csv", text.encode())
    answer = ines.post(reverse("classes:roster_import", args=[klass.pk]), {"file": file, **options})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def test_a_difference_is_shown_and_nothing_written(ines: Client, klass: Class) -> None:
    """Added, changed, unchanged and refused lines with their reasons; the roster stays."""
    make_member(klass, "same@example.org", name="Same", section="A")
    make_member(klass, "other@example.org", name="Other", section="A")
    text = (
        "Email address,Name,Student number,Group\n"
        "same@example.org,Same,,A\n"
        "OTHER@example.org,Other,,B\n"
        "new@example.org,Zoë,0042,B\n"
        "NEW@EXAMPLE.ORG,Twin,,\n"
        "not-an-address,Nobody,,\n"
        "sum@example.org,=1+1,,\n"
    )

    page = ines.get(upload(ines, klass, text))
    plan = page.context["plan"]

    assert [line.email for line in plan.added] == ["new@example.org"]
    assert [one.fields for one in plan.changed] == [{"section": ["A", "B"]}]
    assert plan.unchanged == 1
    assert [(one.line, one.reason) for one in plan.refused] == [
        (5, "The same address as in line 4."),
        (6, "This is no email address."),
        (7, "The column “name” holds a formula. Save the values instead."),
    ]
    assert klass.members.count() == 3


def test_what_was_shown_is_written(
    ines: Client, klass: Class, mailoutbox: list[EmailMessage]
) -> None:
    """Members, invitations to those without an account, enrolment of those with one, one entry."""
    known = make_user("known@example.org", "Kim Known")
    address = upload(
        ines,
        klass,
        "email,number,section\nknown@example.org,7,A\nnew@example.org,8,B\n",
        invite="on",
    )
    digest = ines.get(address).context["plan"].digest

    assert ines.post(address, {"digest": digest}).status_code == 302

    linked = Member.objects.get(email="known@example.org")
    assert (linked.user, linked.number, linked.section) == (known, "7", "A")
    assert Enrolment.objects.filter(user=known).count() == 1
    invited = Member.objects.get(email="new@example.org")
    assert invited.user is None
    (mail,) = mailoutbox
    assert mail.to == ["new@example.org"]
    assert invited.invitation_key in mail.body
    entry = AuditEntry.objects.get(action="roster.imported")
    assert entry.facts["added"] == 2
    assert not PendingImport.objects.exists()


def test_a_second_import_of_the_same_file_changes_nothing(ines: Client, klass: Class) -> None:
    """Everybody is unchanged, and there is nothing to write."""
    text = "email,name,number\nnew@example.org,Zoë,8\n"
    address = upload(ines, klass, text)
    ines.post(address, {"digest": ines.get(address).context["plan"].digest})

    plan = ines.get(upload(ines, klass, text)).context["plan"]

    assert (plan.writes, plan.unchanged) == (0, 1)


def test_a_roster_that_changed_meanwhile_is_shown_anew(ines: Client, klass: Class) -> None:
    """Two instructors import at once: the second sees the new difference, nothing is written."""
    address = upload(ines, klass, "email,name\nnew@example.org,Zoë\n")
    digest = ines.get(address).context["plan"].digest
    make_member(klass, "new@example.org", name="Somebody faster")

    answer = ines.post(address, {"digest": digest})

    assert answer.status_code == 409
    assert answer.context["plan"].added == []
    assert Member.objects.get(email="new@example.org").name == "Somebody faster"


def test_an_import_is_written_as_a_whole_or_not_at_all(
    ines: Client, klass: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error in the middle leaves the roster as it was."""

    def fail(*_arguments: object, **_facts: object) -> None:
        raise RuntimeError("the disk is full")

    address = upload(ines, klass, "email\nfirst@example.org\nsecond@example.org\n")
    digest = ines.get(address).context["plan"].digest
    monkeypatch.setattr(writing, "record", fail)

    with pytest.raises(RuntimeError):
        ines.post(address, {"digest": digest})

    assert klass.members.count() == 1
    assert PendingImport.objects.exists()


def test_who_is_absent_leaves_only_when_asked_and_never_by_a_refused_line(
    ines: Client, klass: Class
) -> None:
    """Staff stay, a learner in a line that is refused stays, the others leave and can come back."""
    make_member(klass, "gone@example.org")
    make_member(klass, "unclear@example.org")
    text = "email,name\nunclear@example.org,=1\nnew@example.org,Zoë\n"
    assert ines.get(upload(ines, klass, text)).context["plan"].leaving == []

    address = upload(ines, klass, text, drop_absent="on")
    plan = ines.get(address).context["plan"]
    assert [member.email for member in plan.leaving] == ["gone@example.org"]
    ines.post(address, {"digest": plan.digest})
    assert Member.objects.get(email="gone@example.org").left_at is not None

    address = upload(ines, klass, "email\ngone@example.org\n")
    plan = ines.get(address).context["plan"]
    assert [one.returning for one in plan.changed] == [True]
    ines.post(address, {"digest": plan.digest})
    assert Member.objects.get(email="gone@example.org").left_at is None


def test_an_unconfirmed_address_gets_no_place_of_another(ines: Client, klass: Class) -> None:
    """Somebody who signed up with an address that is not theirs is not linked to its row."""
    make_user("victim@example.org", confirmed=False)

    address = upload(ines, klass, "email\nvictim@example.org\n")
    ines.post(address, {"digest": ines.get(address).context["plan"].digest})

    assert Member.objects.get(email="victim@example.org").user is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("uid,name\n1,Zoë\n", "No column of email addresses was found"),
        ("email,e-mail\na@example.org,b@example.org\n", "Two columns could be the email"),
        ("", "empty"),
    ],
)
def test_a_file_without_a_usable_header_is_refused(
    ines: Client, klass: Class, text: str, reason: str
) -> None:
    """The form says what the first line should hold and what it holds."""
    file = SimpleUploadedFile("roster.csv", text.encode() or b" ")

    answer = ines.post(reverse("classes:roster_import", args=[klass.pk]), {"file": file})

    assert answer.status_code == 422
    assert reason in answer.content.decode()


def test_a_file_makes_nobody_an_instructor(ines: Client, klass: Class) -> None:
    """Nor does it take the role from one."""
    text = "email,role\nnew@example.org,instructor\nines@example.org,learner\nta@example.org,TA\n"

    plan = ines.get(upload(ines, klass, text)).context["plan"]

    assert [one.line for one in plan.refused] == [2, 3]
    assert plan.added[0].facts == {"role": "assistant"}


def test_a_large_roster_is_compared_in_few_queries(
    ines: Client, klass: Class, django_assert_max_num_queries: object
) -> None:
    """5,000 lines are read, compared and written by a bounded number of statements."""
    lines = "\n".join(f"learner{at}@example.org,Learner {at}" for at in range(5_000))
    address = upload(ines, klass, f"email,name\n{lines}\n")
    digest = ines.get(address).context["plan"].digest

    with django_assert_max_num_queries(120):  # type: ignore[operator]
        assert ines.post(address, {"digest": digest}).status_code == 302

    assert klass.members.count() == 5_001


def test_a_refused_line_of_the_form_keeps_what_was_typed(ines: Client, klass: Class) -> None:
    """The field that is wrong says so, and nothing else has to be typed again."""
    address = reverse("classes:add_member", args=[klass.pk])

    answer = ines.post(address, {"email": "zoe@", "name": "Zoë", "role": Role.LEARNER})

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"email"}
    assert 'value="Zoë"' in answer.content.decode()
    assert "Nothing was saved yet" in answer.content.decode()

    answer = ines.post(address, {"email": "INES@example.org", "role": Role.LEARNER})
    assert answer.status_code == 422
    assert "is on the roster already" in answer.content.decode()
    assert klass.members.count() == 1


def test_nobody_is_invited_again_who_never_was(
    ines: Client, klass: Class, mailoutbox: list[EmailMessage]
) -> None:
    """The button says “again” only if everybody who has not joined has had an invitation.

    The invitation says whose class it is, since its reader may never have heard of the site.
    """
    Member.objects.create(klass=klass, email="first@example.org", pseudonym="Learner 1")
    roster = reverse("classes:roster", args=[klass.pk])
    assert "Invite 1 person</button>" in ines.get(roster).content.decode()

    ines.post(reverse("classes:invite", args=[klass.pk]))

    assert "the class “Explainable models” of ines." in mailoutbox[0].body
    assert "Invite 1 person again</button>" in ines.get(roster).content.decode()
