"""Roles of the site: given by superusers or on the server, written down, and never by oneself."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from courses.accounts.role_giving import set_roles
from courses.accounts.roles import SITE_RIGHTS, SiteRight, SiteRole, rights_of
from courses.models import SiteChange, User

pytestmark = pytest.mark.django_db


def test_a_role_has_the_rights_of_the_table_and_no_role_gives_roles() -> None:
    """Several roles add up; an unknown name in the database allows nothing."""
    assert rights_of(["moderator", "author"]) == (
        SITE_RIGHTS[SiteRole.MODERATOR] | SITE_RIGHTS[SiteRole.AUTHOR]
    )
    assert rights_of(["king"]) == frozenset()
    assert SiteRight.GIVE_ROLES not in rights_of(SiteRole.values, is_staff=True)
    assert SiteRight.GIVE_ROLES in rights_of([], is_superuser=True)


def test_the_command_gives_and_takes(learner: User, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever runs commands on the server controls it; the audit has no actor then."""
    call_command("set_roles", "LENA@example.org", "moderator", "instructor")
    assert capsys.readouterr().out.strip() == "lena@example.org: instructor, moderator"
    call_command("set_roles", "lena@example.org")

    learner.refresh_from_db()
    assert learner.roles == []
    assert [entry.facts for entry in SiteChange.objects.order_by("pk")] == [
        {"before": [], "after": ["instructor", "moderator"]},
        {"before": ["instructor", "moderator"], "after": []},
    ]
    for wrong in (["lena@example.org", "king"], ["nobody@example.org"]):
        with pytest.raises(CommandError):
            call_command("set_roles", *wrong)


def test_the_page_gives_roles_for_superusers_only(learner: User) -> None:
    """Staff and every role get 403; a wrong address is told."""
    root = User.objects.create_superuser("root@example.org", "x")
    client = Client()
    client.force_login(root)

    client.post("/roles/", {"email": "lena@example.org", "roles": ["moderator"]})
    learner.refresh_from_db()
    assert learner.roles == ["moderator"]
    assert "lena@example.org" in client.get("/roles/").content.decode()
    assert client.post("/roles/", {"email": "no@example.org"}).status_code == 422
    assert (
        client.post("/roles/", {"email": "lena@example.org", "roles": ["king"]}).status_code == 422
    )
    staff = User.objects.create_user("s@example.org", is_staff=True, roles=list(SiteRole.values))
    client.force_login(staff)
    assert client.get("/roles/").status_code == 403
    with pytest.raises(PermissionDenied):
        set_roles(actor=staff, person=staff, roles=["author"])
    with pytest.raises(ValidationError):
        set_roles(actor=root, person=learner, roles=["king"])


def test_nobody_gives_themselves_a_role_by_their_profile(learner: User) -> None:
    """The settings form has no such field."""
    client = Client()
    client.force_login(learner)
    client.post("/profile/", {"name": "Lena", "roles": '["moderator"]', "is_staff": "on"})

    learner.refresh_from_db()
    assert (learner.name, learner.roles, learner.is_staff) == ("Lena", [], False)
