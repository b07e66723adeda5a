"""Rosters of platforms: all pages, compared with the class, nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from allauth.account.models import EmailAddress

from classes.lti import members
from classes.lti.members import LmsMember
from classes.lti.models import Context
from classes.lti.outbound import OutboundError
from classes.models import Member, PendingImport
from tests.classes.lti.platform_process import Person
from tests.classes.lti.test_launches import linked
from tests.classes.material import make_class, make_member

if TYPE_CHECKING:
    from django.test import Client

    from courses.models import Course
    from tests.classes.lti.platform_process import PlatformProcess


@pytest.fixture
def context(lms: PlatformProcess, person: Person, course: Course) -> Context:
    """A platform's course from which somebody has launched."""
    person.launch()
    return Context.objects.select_related("deployment__platform").get()


def someone(number: int, **facts: str | bool) -> LmsMember:
    """Return a member of the platform's course."""
    email = f"u{number}@lms.example.org"
    usual = {"subject": f"u{number}", "name": f"Name {number}", "email": email}
    return LmsMember(**{**usual, "teaches": False, "active": True, **facts})  # type: ignore[arg-type]  # of both types


def test_all_pages_are_read_and_addresses_keep_their_case(
    lms: PlatformProcess, context: Context
) -> None:
    """Three pages whose addresses differ by case, in a header with unusual spelling."""
    found = members.fetch(context)

    assert [one.subject for one in found] == [f"u{number}" for number in range(230)]
    assert lms.told()["complaints"] == []


def test_a_next_page_at_another_host_does_not_get_the_token(
    lms: PlatformProcess, context: Context
) -> None:
    """The token belongs to the platform."""
    lms.set(next="http://localhost:9")

    with pytest.raises(OutboundError, match="continues at another address"):
        members.fetch(context)


def test_a_list_without_an_end_is_left(
    lms: PlatformProcess, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many members at most."""
    monkeypatch.setattr(members, "MOST_MEMBERS", 150)

    with pytest.raises(OutboundError, match="more than 150 members"):
        members.fetch(context)


def test_a_platform_that_shares_no_members_says_so(context: Context) -> None:
    """The launch had no such claim."""
    context.members_url = ""

    with pytest.raises(OutboundError, match="doesn't share"):
        members.fetch(context)


def test_the_difference_names_everybody_and_writes_nothing(context: Context) -> None:
    """New, present by account or address, absent, teaching, refused with the reason."""
    klass = make_class()
    lena = linked("u1")
    make_member(klass, lena.email)
    make_member(klass, "U2@lms.example.org")
    make_member(klass, "gone@example.org")
    make_member(klass, "ines@example.org", "instructor")
    context.klass = klass
    people = [
        someone(1),
        someone(2),
        someone(3),
        someone(4, teaches=True),
        someone(5, email=""),
        someone(6, email="no address"),
        someone(7, active=False),
        someone(8, email="U3@lms.example.org"),
    ]

    found = members.difference(context, people)

    assert (found.total, found.linked) == (8, 1)
    assert [line.name for line in found.present] == ["Name 1", "Name 2"]
    assert [line.name for line in found.added] == ["Name 3"]
    assert [line.name for line in found.teaching] == ["Name 4"]
    assert [line.email for line in found.absent] == ["gone@example.org"]
    assert [(line.name, line.reason) for line in found.refused] == [
        ("Name 5", "the platform shares no email address"),
        ("Name 6", "not an email address"),
        ("Name 7", "not active in the platform's course"),
        ("Name 8", "the same address as another member"),
    ]
    assert Member.objects.count() == 4


def test_the_roster_is_imported_by_way_of_the_class_s_difference(
    context: Context, admin_client: Client
) -> None:
    """Those who can be added are in the difference; committing it puts them on the roster."""
    klass = make_class()
    Context.objects.update(klass=klass)

    shown = admin_client.post(f"/lti/contexts/{context.pk}/", {"action": "import"}, follow=True)

    address, _status = shown.redirect_chain[-1]
    assert f"/classes/{klass.pk}/" in address
    assert not klass.members.exists()
    pending = PendingImport.objects.get()
    admin_client.post(address, {"digest": pending.digest})
    assert klass.members.present().count() == 230


def test_who_comes_from_the_course_joins_its_class(
    lms: PlatformProcess, person: Person, context: Context
) -> None:
    """Also where joining by code is closed; an instructor of the platform does not."""
    klass = make_class(join_open=False)
    Context.objects.update(klass=klass)
    linked("u1")
    linked("t1", "ines@example.org")

    person.launch()
    person.launch()
    Person(lms).launch("t1")

    member = klass.members.get()
    assert (member.email, member.role) == ("lena@example.org", "learner")


def test_a_place_on_the_roster_is_for_a_confirmed_address_only(
    lms: PlatformProcess, person: Person, context: Context
) -> None:
    """A platform's word does not take somebody's place; confirmed, it is theirs."""
    klass = make_class()
    Context.objects.update(klass=klass)
    make_member(klass, "other@example.org")
    klass.members.update(user=None, joined_at=None, email="lena@example.org")
    linked("u1", confirmed=False)

    page = person.launch()

    assert "Confirm it with the link that we sent" in page.text
    assert klass.members.get().user is None
    EmailAddress.objects.update(verified=True)
    person.launch()
    assert klass.members.get().user is not None
