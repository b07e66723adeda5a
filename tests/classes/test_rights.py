"""Who may open what: every address of classes is walked by every role."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from classes.models import (
    Class,
    ImportKind,
    Member,
    Override,
    PendingImport,
    Regrading,
    RegradingState,
    Role,
    Similarity,
)
from classes.rights import RIGHTS, Right
from classes.urls import urlpatterns
from courses.models import User
from tests.classes.material import (
    DUE,
    make_class,
    make_course,
    make_member,
    make_user,
    schedule,
    submit,
)

if TYPE_CHECKING:
    from django.test import Client
    from django.urls import URLPattern

    from classes.pages.access import ClassPage

pytestmark = pytest.mark.django_db

OF_A_CLASS = [pattern for pattern in urlpatterns if "<uuid:key>" in str(pattern.pattern)]
OTHERS = {"classes", "new", "join", "join_link", "invitation", "calendar"}
NO_ROLE = ("stranger", "signed out")

ALLOWED: dict[str, set[str]] = {
    Role.INSTRUCTOR: {str(right) for right in Right},
    Role.ASSISTANT: {"belong", "see", "tell", "review", "moderate"},
    Role.OBSERVER: {"belong", "see"},
    Role.LEARNER: {"belong"},
    Role.TEST: {"belong"},
}
"""The rights as CLASSES.md has them, written down a second time."""

CHANGING = {
    "replace_code",
    "archive",
    "reopen",
    "copy",
    "settings",
    "add_member",
    "member",
    "drop_member",
    "invite",
    "extensions_import",
    "extensions_difference",
    "roster_import",
    "roster_difference",
    "revoke_extension",
    "withdraw",
    "lms",
    "regrades",
    "regrading",
    "decide_regrading",
}
SEEING = {
    "attention",
    "preview",
    "gradebook",
    "gradebook_file",
    "progress",
    "record",
    "cell",
    "submissions",
    "roster",
    "roster_file",
    "schedule",
    "extensions",
    "announcements",
    "audit",
    "insight",
    "quiz_figures",
    "exercise_figures",
}
REVIEWING = {"similar", "compare", "pair", "reviews"}
MODERATING = {"moderation"}
OWN = {"home", "due", "reminders", "new_feed", "leave"}
SENDING_CHANGES = {"cell", "schedule", "extensions", "reviews"}


class Site:
    """A class with one of each role, and something behind every address."""

    def __init__(self) -> None:
        self.klass: Class = make_class(make_course())
        self.people: dict[str, User | None] = {
            str(role): make_member(self.klass, f"{role}@example.org", role).user for role in Role
        }
        make_member(self.klass, "second@example.org", Role.INSTRUCTOR)
        self.people |= {"stranger": make_user("stranger@example.org"), "signed out": None}
        self.learner: Member = self.klass.members.get(role=Role.LEARNER)
        self.part = schedule(self.klass, "exercise:treeshap", due_at=DUE)
        self.quiz = schedule(self.klass, "lesson:shap/games")
        copied = submit(self.people[Role.TEST], "treeshap", 80, DUE)
        self.pair = submit(self.learner.user, "treeshap", 80, DUE).pk, copied.pk
        Similarity.objects.create(
            klass=self.klass,
            subject=self.part.subject,
            pairs=[[str(self.pair[0]), str(self.pair[1]), 0.9, 12]],
        )
        Override.objects.create(member=self.learner, part=self.part, points=9, reason="-")
        self.extension = self.klass.extensions.create(
            part=self.part, member=self.learner, days=1, reason="illness"
        )

    def address(self, pattern: URLPattern, user: User | None) -> str:
        """Return an address of this pattern behind which there is something."""
        known: dict[str, Any] = {
            "key": self.klass.pk,
            "member_key": self.learner.pk,
            "part_pk": self.part.pk,
            "pk": self.extension.pk,
            "shape": "csv",
            "first": self.pair[0],
            "second": self.pair[1],
        }
        if pattern.name == "quiz_figures":
            known["part_pk"] = self.quiz.pk
        if "regrading_key" in pattern.pattern.converters:
            known["regrading_key"] = Regrading.objects.create(
                klass=self.klass, part=self.part, state=RegradingState.SHOWN
            ).pk
        if "pending_key" in pattern.pattern.converters:
            pending = PendingImport.objects.create(
                klass=self.klass,
                made_by=user or User.objects.get(email="stranger@example.org"),
                kind=ImportKind.ROSTER
                if pattern.name == "roster_difference"
                else ImportKind.EXTENSIONS,
                rows=[],
                digest="-",
            )
            known["pending_key"] = pending.pk
        wanted = pattern.pattern.converters
        return reverse(f"classes:{pattern.name}", kwargs={name: known[name] for name in wanted})


@pytest.fixture
def site() -> Site:
    """A class with one of each role."""
    return Site()


def _guarded(pattern: URLPattern) -> ClassPage:
    return pattern.callback  # type: ignore[return-value]  # every view of a class is one


def test_every_address_is_of_a_known_kind() -> None:
    """A new page has to be put into one of the tables above."""
    names = {pattern.name for pattern in urlpatterns}

    assert names == CHANGING | SEEING | REVIEWING | MODERATING | OWN | OTHERS
    assert {str(role): {str(one) for one in rights} for role, rights in RIGHTS.items()} == ALLOWED


@pytest.mark.parametrize("pattern", OF_A_CLASS, ids=lambda pattern: pattern.name)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", [*ALLOWED, *NO_ROLE])
def test_each_role_opens_what_it_may_and_nothing_else(
    client: Client, site: Site, pattern: URLPattern, method: str, who: str
) -> None:
    """404 for strangers, the sign-in page for the signed out, 403 without the right."""
    if method.upper() not in _guarded(pattern).methods:
        return
    user = site.people[who]
    if user is not None:
        client.force_login(user)
    changing = pattern.name in CHANGING or (pattern.name in SENDING_CHANGES and method == "post")
    needed = "change" if changing else "see" if pattern.name in SEEING else "belong"
    if pattern.name in REVIEWING and not changing:
        needed = "review"
    if pattern.name in MODERATING:
        needed = "moderate"
    if pattern.name == "announcements" and method == "post":
        needed = "tell"

    answer = getattr(client, method)(site.address(pattern, user))

    if user is None:
        assert (answer.status_code, "/accounts/login/" in answer["Location"]) == (302, True)
    elif who == "stranger":
        assert answer.status_code == 404
    elif needed not in ALLOWED[who]:
        assert answer.status_code == 403
    else:
        assert answer.status_code in {200, 302, 409, 422}


def test_a_superuser_may_do_what_instructors_may(client: Client, site: Site) -> None:
    """Who runs the site helps an instructor without being a member."""
    client.force_login(make_user("root@example.org", is_superuser=True, is_staff=True))

    for pattern in OF_A_CLASS:
        if "GET" in _guarded(pattern).methods and "pending_key" not in pattern.pattern.converters:
            address = site.address(pattern, None)
            assert client.get(address).status_code in {200, 302}, address


def test_who_has_left_is_a_stranger(client: Client, site: Site) -> None:
    """Off the roster, the class does not exist for its former instructor either."""
    member = site.klass.members.get(email="second@example.org")
    member.left_at = DUE
    member.save()
    assert member.user is not None
    client.force_login(member.user)

    assert client.get(reverse("classes:gradebook", args=[site.klass.pk])).status_code == 404


def test_a_class_of_another_shows_no_member_of_mine(client: Client, site: Site) -> None:
    """Keys of one class do not open anything through another one."""
    other = make_class(title="Another")
    mine = make_member(other, "other@example.org", Role.INSTRUCTOR)
    assert mine.user is not None
    client.force_login(mine.user)

    for name, keys in (
        ("record", [other.pk, site.learner.pk]),
        ("cell", [other.pk, site.learner.pk, site.part.pk]),
        ("member", [other.pk, site.learner.pk]),
    ):
        assert client.get(reverse(f"classes:{name}", args=keys)).status_code == 404
    revoke = reverse("classes:revoke_extension", args=[other.pk, site.extension.pk])
    assert client.post(revoke).status_code == 404


@pytest.mark.parametrize("name", sorted(CHANGING - {"reopen", "copy", "regrading"}))
def test_an_archived_class_is_read_only(client: Client, site: Site, name: str) -> None:
    """Every change is refused with a page that says why; everything can still be read."""
    user = site.people[Role.INSTRUCTOR]
    assert user is not None
    client.force_login(user)
    pattern = next(pattern for pattern in OF_A_CLASS if pattern.name == name)
    address = site.address(pattern, user)
    Class.objects.update(archived_at=DUE)
    before = list(site.klass.members.values()), list(Override.objects.values())
    sent = {
        "email": "new@example.org",
        "role": "learner",
        "digest": PendingImport().digest,
        "title": "x",
        "time_zone": "UTC",
        "starts_on": "2026-01-01",
        "ends_on": "2026-02-01",
        "late_unit": "day",
        "late_percent": 1,
        "late_floor": 1,
        "grace_days": 0,
        "early_percent": 0,
        "attempts": "best",
        "drop_lowest": 0,
        "version": 1,
        "reason": "-",
    }

    answer = client.post(address, sent)

    assert answer.status_code in {409, 422}
    assert (list(site.klass.members.values()), list(Override.objects.values())) == before
    assert client.get(reverse("classes:gradebook", args=[site.klass.pk])).status_code == 200


def test_only_staff_and_those_with_the_permission_make_classes(client: Client) -> None:
    """A learner gets 403."""
    client.force_login(make_user("ada@example.org"))
    assert client.get(reverse("classes:new")).status_code == 403

    client.force_login(make_user("ines@example.org", is_staff=True))
    assert client.get(reverse("classes:new")).status_code == 200


def test_a_calendar_needs_its_secret(client: Client, site: Site) -> None:
    """The address opens without signing in; a wrong key, or one of a former member, does not."""
    address = reverse("classes:calendar", args=[site.learner.feed_key])
    assert client.get(address)["Content-Type"].startswith("text/calendar")
    assert client.get(reverse("classes:calendar", args=[uuid.uuid4().hex])).status_code == 404

    Member.objects.filter(pk=site.learner.pk).update(left_at=DUE)
    assert client.get(address).status_code == 404
