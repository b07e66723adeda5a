"""The audit log: what staff change is written with their name; what people change is not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from classes.lti.models import Platform
from courses.models import User
from courses.privacy import retention
from exercises.models import Review, Submission
from exercises.submissions.lifecycle import record_regrade
from grader.grading import GradeResult
from grader.report import CriterionResult
from tests.classes import material

if TYPE_CHECKING:
    from pytest_django.fixtures import DjangoAssertNumQueries, Settings

ADDRESS = "/staff/changes/"


@pytest.fixture
def boss(db: None) -> User:
    """An administrator."""
    return User.objects.create_superuser("boss@example.org", "a good long password", name="Bo")


@pytest.fixture
def browser(boss: User) -> Client:
    """The administrator's browser."""
    client = Client()
    client.force_login(boss)
    return client


def lines() -> list[tuple[str, object, object]]:
    """Return kind, actor and changes of each line, the oldest first."""
    entries = LogEntry.objects.select_related("content_type").order_by("pk")
    return [(one.content_type.model, one.actor, one.changes) for one in entries]


def submission() -> Submission:
    """Return a graded submission."""
    material.make_course()
    learner = material.make_user("lena@example.org", "Lena")
    return material.submit(learner, "treeshap", 50.0, timezone.now())


def test_permissions_given_on_the_administration_pages_are_logged(
    browser: Client, boss: User, learner: User
) -> None:
    """Who made whom a member of staff, and when: also by groups."""
    LogEntry.objects.all().delete()
    group = Group.objects.create(name="reviewers")
    form = {"email": learner.email, "name": learner.name, "is_active": "on", "is_staff": "on"}
    dates = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    answer = browser.post(
        f"/admin/courses/user/{learner.pk}/change/", form | dates | {"groups": str(group.pk)}
    )
    assert answer.status_code == 302

    found = lines()
    assert ("user", boss, {"is_staff": ["False", "True"]}) in found
    assert [actor for kind, actor, changes in found if "groups" in dict(changes or {})] == [boss]  # type: ignore[call-overload]
    page = browser.get(ADDRESS).content.decode()
    assert "is_staff: False → True" in page
    assert "Lena Lind" in page


def test_what_people_change_about_themselves_is_not_logged(learner: User) -> None:
    """Sign-up, settings and one's own profile are nobody's business here."""
    client = Client()
    form = {"email": "new@example.org", "password1": "a good long password"}
    assert client.post("/accounts/signup/", form).status_code == 302
    client.post("/profile/", {"name": "Somebody", "locale": "", "time_zone": ""})

    assert lines() == []


def test_no_line_takes_the_name_of_an_earlier_request(browser: Client, learner: User) -> None:
    """After a request, what the same thread writes has no actor."""
    browser.post("/profile/", {"name": "Bo", "locale": "", "time_zone": ""})
    learner.is_active = False
    learner.save()

    assert lines()[-1] == ("user", None, {"is_active": ["True", "False"]})


def test_reviews_and_their_changes_are_logged(boss: User) -> None:
    """A changed review shows the points before and after."""
    one = submission()
    facts = {"reviewer": boss, "max_score": 2.0, "created_at": timezone.now()}
    for points, passed in ((1.0, False), (2.0, True)):
        Review.objects.update_or_create(
            submission=one,
            defaults={**facts, "points": {"a": points}, "score": points, "passed": passed},
        )

    changes = [line[2] for line in lines() if line[0] == "review"]
    assert changes[-1] == {
        "points": ['{"a": 1.0}', '{"a": 2.0}'],
        "score": ["1.0", "2.0"],
        "passed": ["False", "True"],
    }


def test_a_regraded_score_is_logged(db: None) -> None:
    """An UPDATE that no signal sees writes its line in the same transaction."""
    one = submission()
    criterion = CriterionResult("a", "A", 80.0, 100.0, passed=True, message_id="met")
    marks = GradeResult((criterion,), 80.0, passed=True, misconception=None, plot=None)

    assert record_regrade(submission=one, marks=marks)
    assert not record_regrade(submission=one, marks=marks), "its score is another one now"

    changes = {"score": ["50.0", "80.0"], "passed": ["False", "True"]}
    assert lines()[-1] == ("submission", None, changes)
    assert len([line for line in lines() if line[0] == "submission"]) == 1


def test_platforms_are_logged(browser: Client, boss: User) -> None:
    """Who let a platform in, or changed its addresses."""
    platform = Platform.objects.create(name="Moodle", issuer="https://lms.example.org")
    platform.active = False
    platform.save()

    assert [line[2] for line in lines() if line[0] == "platform"][-1] == {
        "active": ["True", "False"]
    }


@pytest.mark.parametrize("granted", [False, True])
def test_only_who_may_see_the_log_sees_it(learner: User, *, granted: bool) -> None:
    """Being signed in, even as staff, is not enough; the permission is."""
    learner.is_staff = True
    learner.save()
    client = Client()
    assert client.get(ADDRESS).status_code == 302
    if granted:
        learner.user_permissions.add(
            Permission.objects.get(codename="view_logentry", content_type__app_label="auditlog")
        )
    client.force_login(learner)

    assert client.get(ADDRESS).status_code == (200 if granted else 403)


def test_nobody_changes_a_line(browser: Client, learner: User) -> None:
    """The administration pages have no form for the log."""
    assert browser.get("/admin/auditlog/logentry/").status_code == 404


def test_the_page_costs_the_same_for_many_lines(
    browser: Client, learner: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """People, kinds and actors are read together; the page filters by kind."""
    for number in range(60):
        learner.is_active = bool(number % 2)
        learner.save()
    Group.objects.create(name="reviewers")
    browser.get(ADDRESS)

    with django_assert_max_num_queries(9):
        page = browser.get(f"{ADDRESS}?kind=user").content.decode()

    assert page.count("<time ") == 50
    assert "kind=user&amp;page=2" in page
    assert "reviewers" not in page


def test_old_lines_are_deleted(db: None, learner: User, settings: Settings) -> None:
    """After the days of the setting; 0 keeps them."""
    learner.is_active = False
    learner.save()
    later = timezone.now() + timedelta(days=11)
    settings.AUDIT_DAYS = 0
    retention.apply(now=later)
    assert len(lines()) == 1
    settings.AUDIT_DAYS = 10
    retention.apply(now=later)
    assert lines() == []
