"""Projects distributed among those who review: evenly, by section, by hand."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone

from classes import reviewers
from classes.models import AuditEntry, ReviewAssignment, Role
from tests.classes.material import DUE, make_class, make_course, make_exercise, make_member, submit
from tests.classes.material import schedule as schedule_part

if TYPE_CHECKING:
    from django.test import Client

    from classes.models import Member

pytestmark = pytest.mark.django_db


class Site:
    """A class with a project, two who review besides the instructor, and learners who wait."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.klass = make_class(make_course(exercises=()))
        make_exercise("project", reviewed=True)
        self.part = schedule_part(self.klass, "exercise:project")
        self.ines = make_member(self.klass, "ines@example.org", Role.INSTRUCTOR, name="Ines")
        self.tim = make_member(
            self.klass, "tim@example.org", Role.ASSISTANT, name="Tim", section="A"
        )
        self.uma = make_member(
            self.klass, "uma@example.org", Role.ASSISTANT, name="Uma", section="B"
        )
        make_member(self.klass, "obi@example.org", Role.OBSERVER)
        self.address = reverse("classes:reviews", args=[self.klass.pk])
        self.enter(self.ines)

    def enter(self, member: Member) -> None:
        """Sign somebody in."""
        assert member.user is not None
        self.client.force_login(member.user)

    def learners(self, number: int, section: str = "") -> list[Member]:
        """Learners whose projects wait, the first longest."""
        found = []
        for at in range(number):
            name = f"{section or 'x'}{at}".lower()
            member = make_member(self.klass, f"{name}@example.org", section=section, name=name)
            submit(member.user, "project", 100, DUE + timedelta(hours=at), review_due=True)
            found.append(member)
        return found

    def held(self) -> dict[str, int]:
        """How many projects each reviewer has."""
        lines = reviewers.waiting(self.klass)
        return dict(Counter(one.reviewer.name if one.reviewer else "" for one in lines))

    def page(self) -> str:
        """The page of reviews."""
        return self.client.get(self.address).content.decode()

    def post(self, **facts: str) -> int:
        """Send the page's form; return the answer's status."""
        return self.client.post(self.address, facts).status_code


@pytest.fixture
def site(client: Client) -> Site:
    """The class, its instructor signed in."""
    return Site(client)


def test_evenly_among_all_who_review(site: Site) -> None:
    """Seven projects among three are three, two and two; observers get none."""
    site.learners(7)
    assert site.post(action="even") == 302
    assert sorted(site.held().values()) == [2, 2, 3]
    assert set(site.held()) == {"Ines", "Tim", "Uma"}
    assert AuditEntry.objects.get(action="reviews.distributed").facts["projects"] == 7


def test_by_section_where_somebody_has_it(site: Site) -> None:
    """Sections A and B go to their assistants, who has no section goes to whoever has fewest."""
    site.learners(3, "A")
    site.learners(2, "B")
    site.learners(1)
    assert site.post(action="section") == 302
    assert site.held() == {"Tim": 3, "Uma": 2, "Ines": 1}


def test_what_is_given_stays_and_new_ones_level_the_load(site: Site) -> None:
    """A second distribution moves nothing; a further attempt keeps its reviewer."""
    learner, *_others = site.learners(3)
    site.post(action="even")
    before = dict(ReviewAssignment.objects.values_list("member", "reviewer"))
    rows = learner.user.submissions if learner.user else None
    assert rows is not None
    rows.update(review_due=False)
    submit(learner.user, "project", 90, DUE + timedelta(days=1), review_due=True)
    site.learners(2, "A")
    assert site.post(action="even") == 302
    after = dict(ReviewAssignment.objects.values_list("member", "reviewer"))
    assert before.items() <= after.items()
    assert sorted(site.held().values()) == [1, 2, 2]


def test_by_hand_and_two_at_once(site: Site) -> None:
    """A project changes hands; who saw an older state is told, and nothing of theirs is saved."""
    learner = site.learners(1)[0]
    key = f"{learner.pk}-{site.part.pk}"
    give = {f"was-{key}": "", f"reviewer-{key}": str(site.tim.pk)}
    assert site.post(**give) == 302
    assert site.held() == {"Tim": 1}
    late = {f"was-{key}": "", f"reviewer-{key}": str(site.uma.pk)}
    assert site.post(**late) == 409
    assert site.held() == {"Tim": 1}
    assert site.post(**{f"was-{key}": str(site.tim.pk), f"reviewer-{key}": ""}) == 302
    assert site.held() == {"": 1}
    assert AuditEntry.objects.filter(action="review.assigned", member=learner).count() == 2


def test_only_who_may_review_is_given_any(site: Site) -> None:
    """Not a learner, an observer, somebody of another class, or text that is no member."""
    learner = site.learners(1)[0]
    key = f"{learner.pk}-{site.part.pk}"
    stranger = make_member(make_class(title="x"), "eve@example.org", Role.INSTRUCTOR)
    observer = site.klass.members.get(role=Role.OBSERVER)
    for wanted in (learner.pk, stranger.pk, observer.pk, "nonsense"):
        assert site.post(**{f"was-{key}": "", f"reviewer-{key}": str(wanted)}) == 409
    assert site.held() == {"": 1}


def test_a_reviewer_who_leaves_holds_nothing(site: Site) -> None:
    """Their projects are nobody's and are distributed anew."""
    site.learners(3)
    site.post(action="even")
    site.tim.left_at = timezone.now()
    site.tim.save()
    assert site.held()[""] == 1
    site.post(action="even")
    assert sorted(site.held().values()) == [1, 2]


def test_reviewers_find_theirs_on_the_class_home(site: Site) -> None:
    """The home says how many are one's own; the page leads to the next one."""
    site.learners(3)
    site.post(action="even")
    site.enter(site.tim)
    home = site.client.get(reverse("classes:home", args=[site.klass.pk])).content.decode()
    assert "1 is yours" in home
    assert site.address in home
    mine = next(one for one in reviewers.waiting(site.klass) if one.reviewer == site.tim)
    page = site.page()
    assert reverse("exercises:review", args=[mine.submission.pk]) in page.split("All of the")[0]
    assert "Distribute evenly" not in page
    assert site.post(action="even") == 403


def test_a_class_of_nobody_who_reviews_is_told(site: Site) -> None:
    """Distribution without reviewers changes nothing."""
    site.klass.members.exclude(pk=site.ines.pk).delete()
    site.learners(1)
    root = site.ines.user
    assert root is not None
    root.is_superuser = root.is_staff = True
    root.save()
    site.ines.delete()
    assert site.post(action="even") == 409
