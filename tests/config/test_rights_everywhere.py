"""Every address of the site, walked by every role: what a role opens stands in one table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.exceptions import NoReverseMatch

from config.environment import BASE_DIR
from courses.accounts.roles import SITE_RIGHTS, SiteRight, SiteRole
from courses.discussion import posts
from courses.models import Post, User
from exercises.catalogue import loading
from exercises.models import SubmissionFiles
from exercises.submissions import files
from tests.classes.material import DUE, make_class, make_course, make_user, submit
from tests.exercises.worker_process import CONTENT, SLUG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

THIRD_PARTY = ("account_", "mfa_", "admin:")
"""allauth's pages are tested by allauth, the admin site by `test_admin_site`."""

RESTRICTED: dict[str, SiteRight] = {
    "courses:moderation": SiteRight.ANSWER,
    "courses:moderation_changes": SiteRight.MODERATE,
    "courses:moderate": SiteRight.MODERATE,
    "courses:post_history": SiteRight.MODERATE,
    "courses:roles": SiteRight.GIVE_ROLES,
    "exercises:operations": SiteRight.OPERATE,
    "exercises:reviews": SiteRight.REVIEW,
    "exercises:review": SiteRight.REVIEW,
    "exercises:submitted_notebook": SiteRight.REVIEW,
    "exercises:submission": SiteRight.SEE_SUBMISSIONS,
    "exercises:executed": SiteRight.SEE_SUBMISSIONS,
    "exercises:solution": SiteRight.SEE_SOLUTIONS,
    "classes:new": SiteRight.MAKE_CLASSES,
    "api:moderation": SiteRight.ANSWER,
    "api:moderation-changes": SiteRight.MODERATE,
    "api:closing": SiteRight.MODERATE,
    "api:hiding": SiteRight.MODERATE,
    "api:outcome": SiteRight.MODERATE,
    "api:warn": SiteRight.MODERATE,
    "api:history": SiteRight.MODERATE,
    "api:roles": SiteRight.GIVE_ROLES,
}
FOR_A_METHOD = {("api:post", "delete"): SiteRight.MODERATE}
METHODS = ("get", "post", "put", "delete")


def named(patterns: list[Any], space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Return every named address with its name space."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from named(pattern.url_patterns, inner)
        elif pattern.name:
            yield f"{space}{pattern.name}", pattern


ADDRESSES = {
    name: pattern
    for name, pattern in named(get_resolver("config.urls").url_patterns)
    if not name.startswith(THIRD_PARTY)
}


class Walk:
    """A site with something behind its addresses, and one browser for each role."""

    def __init__(self) -> None:
        loading.load(content=CONTENT)
        make_course(exercises=(SLUG,))
        self.owner = make_user("olga@example.org", "Olga")
        self.klass = make_class()
        question = posts.ask(
            author=self.owner, subject=f"exercise:{SLUG}", title="Why?", body="So?"
        )
        self.submission = submit(self.owner, SLUG, 1, DUE)
        SubmissionFiles.objects.create(
            submission=self.submission, page=files.write(self.submission.pk, "page", b"<p>-</p>")
        )
        self.keys: dict[str, Any] = {
            "slug": SLUG,
            "course": "shap",
            "lesson": "games",
            "task": "none",
            "key": question.pk,
            "pk": self.submission.pk,
        }
        self.people = {
            "learner": make_user("lena@example.org"),
            **{str(role): make_user(f"{role}@example.org", roles=[str(role)]) for role in SiteRole},
            "superuser": make_user("root@example.org", is_staff=True, is_superuser=True),
        }
        self.browsers: dict[str, Client] = {}
        for who, user in self.people.items():
            self.browsers[who] = Client(raise_request_exception=False)
            self.browsers[who].force_login(user)

    def address(self, name: str) -> str | None:
        """Return an address of this name; None where nothing fits its arguments."""
        pattern = ADDRESSES[name]
        facts = {
            argument: self.keys.get(argument, "0f0e0d0c-0000-4000-8000-000000000000")
            for argument in pattern.pattern.converters
        }
        if name.startswith(("classes:", "api:class")):
            facts |= {"key": self.klass.pk} if "key" in facts else {}
        for number in ("part_pk",):
            facts |= {number: 1} if number in facts else {}
        try:
            return reverse(name, kwargs=facts)
        except NoReverseMatch:
            return None


@pytest.fixture
def walk(settings: Settings) -> Walk:
    """A site to walk, with an exercise whose folder exists."""
    settings.CONTENT_DIR = CONTENT
    return Walk()


def statuses(walk: Walk, name: str, address: str, method: str) -> dict[str, int]:
    """Return the status that each role gets."""
    found = {}
    for who, browser in walk.browsers.items():
        if name.startswith("api:"):
            call = getattr(browser, method)
            found[who] = call(address, {}, content_type="application/json").status_code
        else:
            found[who] = getattr(browser, method)(address).status_code
    return found


@pytest.mark.parametrize("space", sorted({name.partition(":")[0] for name in ADDRESSES}))
def test_a_role_opens_what_the_table_says_and_nothing_else(walk: Walk, space: str) -> None:
    """Where the table names no right, a role gets the same answer as a learner."""
    faults = []
    for name in (name for name in sorted(ADDRESSES) if name.partition(":")[0] == space):
        address = walk.address(name)
        reached = 0
        for method in METHODS if address is not None else ():
            if method in {"put", "delete"} and not name.startswith("api:"):
                continue
            with transaction.atomic():
                found = statuses(walk, name, str(address), method)
                transaction.set_rollback(True)
            reached += found["learner"] != 405
            if max(found.values()) >= 500 or not as_the_table_says(name, method, found):
                faults.append((name, method, found))
        if name in RESTRICTED and not reached:
            faults.append((name, "was not reached", {}))

    assert faults == []


def as_the_table_says(name: str, method: str, found: dict[str, int]) -> bool:
    """Say whether each role got through exactly where it has the right."""
    right = FOR_A_METHOD.get((name, method), RESTRICTED.get(name))
    if found["learner"] == 405:
        return True
    if right is None:
        return len({status for who, status in found.items() if who != "superuser"}) == 1
    return found["learner"] in {403, 404} and all(
        (status != found["learner"])
        is (who == "superuser" or right in SITE_RIGHTS.get(who, frozenset()))
        for who, status in found.items()
    )


def test_the_table_names_addresses_that_exist() -> None:
    """A renamed address is renamed in the table."""
    assert set(RESTRICTED) <= set(ADDRESSES)


def test_the_documented_table_is_the_one_in_code() -> None:
    """docs/features/roles.md says of each right which roles have it."""
    page = (BASE_DIR / "docs/features/roles.md").read_text()
    lines = re.findall(r"^\| `([a-z ]+)` \|(.*)\|$", page, re.MULTILINE)
    documented = {
        right: [cell.strip() == "yes" for cell in cells.split("|")[1:5]] for right, cells in lines
    }

    assert documented == {
        str(right): [right in SITE_RIGHTS[role] for role in SiteRole] for right in SiteRight
    }


def test_nobody_but_a_superuser_gives_roles(walk: Walk) -> None:
    """Neither by page nor by API, neither to oneself nor to another."""
    for who, browser in walk.browsers.items():
        own = {"email": walk.people[who].email, "roles": ["moderator"]}
        by_page = browser.post("/roles/", own).status_code
        by_api = browser.put("/api/v1/roles/", own, content_type="application/json").status_code
        assert (by_page, by_api) == ((302, 200) if who == "superuser" else (403, 403))
    for role in ("learner", "instructor", "assistant", "author"):
        assert "moderator" not in User.objects.get(pk=walk.people[role].pk).roles


def test_no_role_moderates_its_own_posts(walk: Walk) -> None:
    """Whose post is hidden cannot show it again, even as a moderator."""
    moderator = walk.people[SiteRole.MODERATOR]
    own = posts.ask(author=moderator, subject=f"exercise:{SLUG}", title="Mine", body="So?")
    Post.objects.filter(pk=own.pk).update(hidden_at=DUE, hidden_reason="-")
    browser = walk.browsers[SiteRole.MODERATOR]

    assert browser.post(f"/posts/{own.pk}/moderation/", {"action": "show"}).status_code == 403
    assert browser.delete(f"/api/v1/posts/{own.pk}/hiding/").status_code == 403
