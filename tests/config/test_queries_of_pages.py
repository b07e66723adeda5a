"""Every kind of page, opened by those who see most on it: 12 queries at most, in one table.

The site has a person with a row in every table (`whole_person`), French visitors of English
content, work that waits, and staff whose rights come from a group. Every address of the site is
opened by each of them, so that a new page is counted from its first day.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone

from classes.models import Class, Member, PendingImport, Regrading, Role
from courses.authoring.loading import load
from courses.learners.enrolment import enrol
from courses.learners.progress import record_completion
from courses.microtasks.answers import answer_task, find_task
from courses.models import (
    Bookmark,
    Certificate,
    Course,
    DataExport,
    Enrolment,
    Lesson,
    Note,
    Post,
    QuizSitting,
    ReviewCard,
    User,
)
from courses.quizzes.attempts import attempt
from courses.quizzes.reviews import what_is_asked
from exercises.catalogue import loading
from exercises.models import (
    Draft,
    DraftRun,
    Exercise,
    ModelSolution,
    RunEvents,
    RunState,
    State,
    Submission,
)
from exercises.workbench.documents import pack
from exercises.workbench.workspaces import exercise_workspace, lesson_workspace
from tests.classes.material import make_member, make_user, schedule, submit
from tests.config.test_rights_everywhere import named
from tests.config.whole_person import Whole, whole_person
from tests.courses.material import Material
from tests.courses.microtasks.test_microtasks import TASKS, ZEBRA
from tests.exercises.worker_process import CONTENT, SLUG

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

MOST: Final = 12
FRENCH: Final = {"Accept-Language": "fr"}
LESSON: Final = "/courses/tiny/page-1/"
EXERCISE: Final = f"/exercises/{SLUG}/"
FOLDERS: Final = ("courses/tiny/01-page-1", "l10n/fr/courses/tiny/01-page-1")
ADDRESSES: Final = dict(named(get_resolver("config.urls").url_patterns))
OTHERS: Final = ("admin:", "api:", "sharing_", "lti:", "socialaccount_", "openid_connect_")
"""Counted by tests of their own, or no pages of this site's."""
OPEN: Final = {"score": None, "passed": False, "verdict": "", "finished_at": None}
"""What a submission does not have before it is graded."""
KINDS: Final = frozenset(
    [
        "courses:home",
        "courses:catalogue",
        "courses:course",
        "courses:lesson",
        "courses:path",
        "courses:reading",
        "courses:dashboard",
        "courses:kept",
        "courses:profile",
        "courses:tokens",
        "courses:data",
        "courses:privacy",
        "courses:question",
        "courses:certificate",
        "courses:transcript",
        "exercises:exercise",
        "exercises:submission",
        "exercises:status",
        "exercises:operations",
        "classes:classes",
        "classes:home",
        "classes:attention",
        "classes:gradebook",
        "classes:progress",
        "classes:record",
        "classes:cell",
        "classes:submissions",
        "classes:insight",
        "classes:roster",
        "classes:schedule",
        "classes:extensions",
        "classes:announcements",
        "classes:settings",
        "account_login",
        "account_signup",
        "account_email",
        "mfa_index",
    ]
)
"""Pages that somebody must have opened, or the table has lost its way to them."""


class Site:
    """A site on which nothing is empty, and the browsers of its people."""

    def __init__(self, root: Path) -> None:
        material = Material(root).course("tiny", lessons=3, exercises=(SLUG,))
        material.path()
        shutil.copytree(CONTENT / "exercises", root / "exercises", dirs_exist_ok=True)
        for title, folder in zip(("Page 1", "Première page"), FOLDERS, strict=True):
            material.lesson(folder, title)
            material.replace(f"{folder}/lesson.md", ZEBRA, TASKS)
        material.lesson("l10n/fr/courses/tiny/02-page-2", "Deuxième page")
        load(root)
        loading.load(content=root)
        self.whole: Whole = whole_person()
        self.learner = self.whole.learner
        self.lesson = Lesson.objects.select_related("course", "quiz").get(slug="page-1")
        self.tiny = Course.objects.get(slug="tiny")
        self._in_the_lesson()
        self._in_the_exercise()
        self._in_the_class()
        staff = make_user("sam@example.org", "Sam", is_staff=True, roles=["author"])
        group = Group.objects.create(name="staff")
        group.permissions.set(Permission.objects.all())
        staff.groups.add(group)
        self.people = {"learner": self.learner, "staff": staff, "superuser": self.whole.staff}
        for who in ("staff", "superuser"):
            self._reads_the_lesson(self.people[who])
        self.browsers: dict[str, Client] = {"nobody": Client()}
        for who, user in self.people.items():
            self.browsers[who] = Client()
            self.browsers[who].force_login(user)

    def _in_the_lesson(self) -> None:
        self._reads_the_lesson(self.learner)
        Post.objects.create(
            author=self.whole.staff, subject="lesson:tiny/page-1", title="?", body="-", html="-"
        )

    def _reads_the_lesson(self, user: User) -> None:
        """Leave in a lesson all that one can leave: two attempts, a third one that is begun."""
        now, lesson = timezone.now(), self.lesson
        other = Lesson.objects.select_related("quiz").get(slug="page-2", course=self.tiny)
        enrol(user=user, course=self.tiny)
        Bookmark.objects.create(user=user, lesson=lesson)
        Note.objects.create(user=user, lesson=lesson, text="A note.")
        task = find_task(lesson, "legs")
        assert task is not None
        answer_task(user=user, lesson=lesson, task=task, given="4")
        card = ReviewCard.objects.create(
            user=user,
            quiz=other.quiz,
            question="one",
            question_digest=what_is_asked(other.quiz.questions[0]),
            stability=1,
            difficulty=1,
            due=now,
            answered_at=now,
        )
        made = attempt(user=user, quiz=lesson.quiz, answers={"one": "left"})
        made.recalled = [
            {
                "quiz": other.quiz.pk,
                "question": "one",
                "asked": card.question_digest,
                "seed": 1,
                "given": ["left"],
            }
        ]
        made.save()
        QuizSitting.objects.create(
            user=user,
            quiz=lesson.quiz,
            number=2,
            answers={"one": ["left"]},
            old={str(card.pk): f"{card.answered_at.timestamp():.6f}"},
            quiz_digest=lesson.quiz.digest,
        )
        document = lesson_workspace(lesson).starter
        Draft.objects.create(
            user=user,
            scope=lesson_workspace(lesson).scope,
            version=1,
            last_version=1,
            saved_at=now,
            document=pack(document),
        )

    def _in_the_exercise(self) -> None:
        now = timezone.now()
        exercise = Exercise.objects.get(slug=SLUG)
        ModelSolution.objects.get_or_create(exercise=exercise, defaults={"html": "-"})
        self.submission = submit(self.learner, SLUG, 1, now)
        scope = exercise_workspace(SLUG).scope
        draft = Draft.objects.create(
            user=self.learner,
            scope=scope,
            version=1,
            last_version=1,
            saved_at=now,
            document=pack(exercise_workspace(SLUG).starter),
        )
        self.run = DraftRun.objects.create(
            draft=draft,
            version=1,
            cells=b"",
            state=RunState.DONE,
            created_at=now,
            seen_at=now,
        )
        RunEvents.objects.create(run=self.run, number=1, body='{"cell": "none", "kind": "started"}')

    def _in_the_class(self) -> None:
        self.klass = Class.objects.get()
        self.klass.courses.add(self.tiny)
        self.member = Member.objects.get(klass=self.klass, user=self.learner)
        self.quiz_part = schedule(self.klass, "lesson:tiny/page-1", due_at=timezone.now())
        self.part = schedule(self.klass, f"exercise:{SLUG}", due_at=timezone.now())
        other = make_member(self.klass, "ola@example.org", name="Ola").user
        self.second = submit(other, SLUG, 2, timezone.now())
        make_member(self.klass, "tim@example.org", Role.ASSISTANT)

    def facts(self, name: str) -> dict[str, Any]:
        """Return what stands behind an address, by the names of its arguments."""
        of_class = name.startswith("classes:")
        keys: dict[str, Any] = {
            "slug": {"exercises": SLUG, "courses:path": "path"}.get(
                name if name == "courses:path" else name.partition(":")[0], "tiny"
            ),
            "course": "tiny",
            "lesson": "page-1",
            "task": "legs",
            "pk": self.submission.pk,
            "member_key": self.member.pk,
            "regrading_key": Regrading.objects.get().pk,
            "pending_key": PendingImport.objects.get().pk,
            "part_pk": self.quiz_part.pk if name == "classes:quiz_figures" else self.part.pk,
            "first": self.submission.pk,
            "second": self.second.pk,
            "shape": "csv",
            "code": self.klass.join_code if hasattr(self.klass, "join_code") else "none",
        }
        if of_class:
            keys["key"] = self.klass.pk
        elif "certificate" in name or name == "exercises:evidence":
            keys["key"] = Certificate.objects.get().pk
        elif "data" in name:
            keys["key"] = DataExport.objects.get().pk
        else:
            keys["key"] = Post.objects.get(title="?").pk
        return keys


@pytest.fixture
def site(tmp_path: Path, settings: Settings) -> Site:
    """A site whose content lies in a folder of its own."""
    settings.CONTENT_DIR = tmp_path / "content"
    settings.CONTENT_DIR.mkdir()
    return Site(settings.CONTENT_DIR)


class Opened:
    """What a visitor got at an address: whether it was a page, and the queries that it took."""

    def __init__(self, browser: Client, address: str, headers: dict[str, str]) -> None:
        with CaptureQueriesContext(connection) as captured:
            answer = browser.get(address, headers=FRENCH | headers)
        self.is_page = answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
        self.queries = [one["sql"] for one in captured.captured_queries]


def too_many(
    site: Site, address: str, who: str = "", headers: dict[str, str] | None = None
) -> tuple[bool, dict[str, int]]:
    """Open an address as one or everybody; say whether a page came, and where it took too much.

    What a process keeps for all (content types, the state of the queues) is there from the first
    visit on; what a visit itself writes is written at each of the two.
    """
    found: dict[str, int] = {}
    is_page = False
    for name in [who] if who else site.browsers:
        browser = site.browsers[name]
        for _visit in range(2):
            Enrolment.objects.update(last_part=None)
            opened = Opened(browser, address, headers or {})
        is_page |= opened.is_page
        if opened.is_page and len(opened.queries) > MOST:
            found[f"{name} {address}"] = len(opened.queries)
    return is_page, found


def pages() -> list[str]:
    """Return the names of all addresses that one opens by a browser."""
    return sorted(name for name in ADDRESSES if not name.startswith(OTHERS))


def test_every_kind_of_page_takes_at_most_twelve_queries(site: Site) -> None:
    """For visitors, learners, staff and superusers, in another language than the content's."""
    faults: dict[str, int] = {}
    opened: set[str] = set()
    for name in pages():
        facts = site.facts(name)
        arguments = {one: facts.get(one) for one in ADDRESSES[name].pattern.regex.groupindex}
        try:
            is_page, found = too_many(site, reverse(name, kwargs=arguments))
        except NoReverseMatch:
            is_page, found = False, {}
        faults |= found
        if is_page:
            opened.add(name)

    assert faults == {}
    assert KINDS - opened == set()


@pytest.mark.parametrize(("name", "who"), [("due", "learner"), ("attention", "superuser")])
def test_what_a_page_fetches_of_itself_keeps_the_bound_too(site: Site, name: str, who: str) -> None:
    """What rests on the marks of a class, for the dashboard and for the class's home."""
    address = reverse(f"classes:{name}", args=[site.klass.pk])

    assert too_many(site, address, who, {"HX-Request": "true"}) == (True, {})


def test_a_lesson_with_all_that_it_can_hold(site: Site) -> None:
    """Notes, tasks, edited code, an answered question, old questions: each form of it."""
    faults: dict[str, int] = {}
    for who, user in site.people.items():
        made = user.quiz_attempts.get(quiz=site.lesson.quiz)
        for query in ("", "?answered=one", "?all", f"?attempt={made.pk}"):
            is_page, found = too_many(site, LESSON + query, who=who)
            assert is_page
            faults |= found

    assert faults == {}


def test_an_exercise_with_all_that_can_be_going_on(site: Site) -> None:
    """A notebook with a run and a submission, which wait, run or have ended; passed before."""
    most = Exercise.objects.get(slug=SLUG).max_score
    before = submit(site.learner, SLUG, most, site.submission.created_at)
    record_completion(user=site.learner, exercise_slug=SLUG)
    assert before.passed
    ended = {name: getattr(site.submission, name) for name in OPEN}
    Submission.objects.filter(pk=site.submission.pk).update(created_at=timezone.now())
    faults: dict[str, int] = {}
    for state in (State.GRADED, State.QUEUED):
        facts = ended if state == State.GRADED else OPEN
        Submission.objects.filter(pk=site.submission.pk).update(state=state, **facts)
        for run in (RunState.DONE, RunState.QUEUED, RunState.RUNNING):
            DraftRun.objects.filter(pk=site.run.pk).update(state=run, seen_at=timezone.now())
            for address in (EXERCISE, site.submission.get_absolute_url()):
                is_page, found = too_many(site, address)
                assert is_page
                faults |= {f"{state}, run {run}: {where}": most for where, most in found.items()}

    assert faults == {}
