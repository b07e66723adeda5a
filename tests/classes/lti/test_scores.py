"""Scores go back: when they change, in per cent, until the platform has them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from classes.lti import passbacks
from classes.lti.models import Context, LmsAccount, Passback, Platform, ResourceLink
from classes.models import Override
from config.settings import base
from courses.database import database_now
from courses.learners.progress import record_lesson_read, record_quiz_passed
from courses.models import Course, Lesson, User
from exercises.models import Exercise, Submission
from tests.classes.lti.test_launches import linked
from tests.classes.material import answer_quiz, make_class, make_member, schedule, submit

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from tests.classes.lti.platform_process import Person, PlatformProcess

Score = tuple[Any, ...]


@pytest.fixture
def learner(lms: PlatformProcess, person: Person, course: Course) -> User:
    """A learner who has opened the link, which leads to an exercise."""
    user = linked()
    assert person.launch().status_code == 200
    ResourceLink.objects.update(target="exercise:treeshap")
    return user


def sent(lms: PlatformProcess) -> dict[str, Score]:
    """Return what the platform has got, by person."""
    names = ("scoreGiven", "scoreMaximum", "activityProgress", "gradingProgress")
    return {
        key.partition("/")[2]: tuple(score[name] for name in names)
        for key, score in lms.told()["scores"].items()
    }


def work() -> int:
    """Do what the task does; return how many scores were sent."""
    passbacks.collect()
    return passbacks.send_due()


def let_pass(**time: float) -> None:
    """Let the pauses of the outbox pass."""
    Passback.objects.filter(next_attempt_at__isnull=False).update(
        next_attempt_at=database_now() - timedelta(**time)
    )


def test_a_score_arrives_in_per_cent_and_once(lms: PlatformProcess, learner: User) -> None:
    """60 of 80 points are 75 per cent; nothing is sent before, nor a second time."""
    assert work() == 0
    Exercise.objects.update(max_score=80)
    submit(learner, "treeshap", 60, timezone.now())

    assert (work(), work()) == (1, 0)

    assert sent(lms) == {"u1": (75.0, 100, "Completed", "FullyGraded")}
    assert lms.told()["complaints"] == []
    (column,) = lms.told()["items"]
    assert (column["scoreMaximum"], column["label"]) == (100, "Exercise 1")
    assert (column["resourceLinkId"], column["resourceId"]) == ("rl-1", "exercise:treeshap")


def test_a_better_and_a_regraded_result_follow(lms: PlatformProcess, learner: User) -> None:
    """The best result counts; a regrade that writes no time is noticed too."""
    submit(learner, "treeshap", 40, timezone.now())
    work()
    submit(learner, "treeshap", 90, timezone.now())
    work()
    assert sent(lms)["u1"][0] == 90
    Submission.objects.filter(score=90).update(score=85)

    assert work() == 1

    assert sent(lms)["u1"][0] == 85
    assert len(lms.told()["items"]) == 1


def test_a_platform_that_is_down_gets_the_score_later(lms: PlatformProcess, learner: User) -> None:
    """The score waits in the outbox, with the reason, and is sent when its pause is over."""
    submit(learner, "treeshap", 90, timezone.now())
    lms.set(down=True)

    assert work() == 0

    row = Passback.objects.get()
    assert row.attempts == 1
    assert row.sent_at is None
    assert "503" in row.last_error
    assert row.next_attempt_at is not None
    assert row.next_attempt_at > database_now() + timedelta(seconds=25)
    lms.set(down=False)
    assert work() == 0, "its pause is not over"
    let_pass(seconds=1)
    assert work() == 1
    row.refresh_from_db()
    assert (row.last_error, row.sent_percent) == ("", 90)
    assert row.next_attempt_at is None
    assert sent(lms)["u1"][0] == 90


def test_a_score_is_given_up_after_all_attempts_and_can_be_sent_again(
    lms: PlatformProcess, learner: User
) -> None:
    """24 attempts, later and later; then it is kept for staff."""
    submit(learner, "treeshap", 90, timezone.now())
    lms.set(down=True)
    passbacks.collect()
    for _number in range(passbacks.MAX_ATTEMPTS):
        let_pass(hours=5)
        passbacks.send_due()
    assert Passback.objects.given_up().count() == 1
    assert passbacks.send_due() == 0
    lms.set(down=False)

    passbacks.send_again(Passback.objects.given_up())

    assert passbacks.send_due() == 1
    assert sent(lms)["u1"][0] == 90


def test_one_score_of_a_platform_that_is_down_costs_the_others_no_time(
    lms: PlatformProcess, learner: User
) -> None:
    """Of ten due scores one is tried; mail is sent by the same process."""
    link = ResourceLink.objects.get()
    for number in range(2, 12):
        linked(f"u{number}", f"u{number}@example.org")
    for account in LmsAccount.objects.exclude(subject="u1"):
        Passback.objects.create(link=link, account=account)
        submit(account.user, "treeshap", 70, timezone.now())
    lms.set(down=True)

    work()

    assert Passback.objects.exclude(attempts=0).count() == 1
    lms.set(down=False)
    let_pass(seconds=1)
    assert work() == 10
    assert len(sent(lms)) == 10
    assert lms.told()["hits"].count("POST /token") == 3, "one refused, then one for each scope set"


def test_a_dead_token_is_replaced_once(lms: PlatformProcess, learner: User) -> None:
    """The platform has changed its keys: its 401 drops the kept token, and one retry follows."""
    submit(learner, "treeshap", 40, timezone.now())
    work()
    lms.set(rotate=True)
    submit(learner, "treeshap", 90, timezone.now())
    before = lms.told()

    assert work() == 1

    after = lms.told()
    assert after["hits"].count("POST /token") - before["hits"].count("POST /token") == 1
    assert after["complaints"] == [f"{column(after)}/scores: unknown or dead token"]


def column(told: dict[str, Any]) -> str:
    """Return the path of the only column."""
    path: str = told["items"][0]["id"].partition("/items/")[2].partition("?")[0]
    return f"/items/{path}"


def test_a_column_that_was_deleted_is_created_again(lms: PlatformProcess, learner: User) -> None:
    """A 404 for a column that we had found lets the next attempt look for it."""
    submit(learner, "treeshap", 40, timezone.now())
    work()
    lms.set(forget_items=True)
    submit(learner, "treeshap", 90, timezone.now())
    assert work() == 0
    let_pass(seconds=1)

    assert work() == 1

    assert sent(lms)["u1"][0] == 90


def test_an_existing_column_of_the_link_is_used(lms: PlatformProcess, learner: User) -> None:
    """Found on a later page of the platform's list."""
    submit(learner, "treeshap", 40, timezone.now())
    work()
    ResourceLink.objects.create(
        deployment=ResourceLink.objects.get().deployment, link_id="rl-0", title="First"
    )
    ResourceLink.objects.update(line_item_url="", line_item_found=False)
    submit(learner, "treeshap", 90, timezone.now())

    assert work() == 1

    assert len(lms.told()["items"]) == 1


def test_a_silent_platform_is_left_after_its_time(
    lms: PlatformProcess, learner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer within the time-out puts the score off."""
    monkeypatch.setattr("classes.lti.outbound.READ_SECONDS", 0.5)
    submit(learner, "treeshap", 90, timezone.now())
    lms.set(slow=2)

    assert work() == 0

    assert Passback.objects.get().last_error == "127.0.0.1: no answer in time"


def test_the_class_s_mark_is_what_the_platform_gets(lms: PlatformProcess, learner: User) -> None:
    """With lateness, and then with an override, as the gradebook shows it."""
    course = Course.objects.get()
    klass = make_class(course, late_percent=10)
    member = make_member(klass, learner.email)
    part = schedule(
        klass,
        "exercise:treeshap",
        points=50,
        due_at=timezone.now() - timedelta(hours=2),
        late_until=timezone.now() + timedelta(days=9),
    )
    Context.objects.update(klass=klass)
    submit(learner, "treeshap", 80, timezone.now())

    work()
    late = sent(lms)["u1"][0]
    Override.objects.create(part=part, member=member, points=45, reason="as agreed")
    work()

    assert late == 70
    assert sent(lms)["u1"][0] == 90


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("lesson:shap/games", (70, "Completed")),
        ("lesson:shap/why", (100, "Completed")),
        ("course:shap", (50, "InProgress")),
    ],
)
def test_lessons_and_courses_have_scores_too(
    lms: PlatformProcess, learner: User, target: str, expected: tuple[int, str]
) -> None:
    """The best quiz, a text that was read, the share of a course's required parts."""
    ResourceLink.objects.update(target=target)
    assert work() == 0
    quiz = Lesson.objects.get(slug="games")
    answer_quiz(learner, quiz, 7, timezone.now())
    record_lesson_read(user=learner, lesson=Lesson.objects.get(slug="why"))
    record_lesson_read(user=learner, lesson=quiz)
    record_quiz_passed(user=learner, lesson=quiz)

    work()

    score = sent(lms)["u1"]
    assert (score[0], score[2]) == expected


def test_extra_credit_stays_within_the_column(lms: PlatformProcess, learner: User) -> None:
    """A platform's column takes 100 at most."""
    klass = make_class(Course.objects.get(), early_percent=20)
    make_member(klass, learner.email)
    later = timezone.now() + timedelta(days=2)
    schedule(klass, "exercise:treeshap", due_at=later, early_until=later)
    Context.objects.update(klass=klass)
    submit(learner, "treeshap", 100, timezone.now())

    work()

    assert sent(lms)["u1"][0] == 100
    assert lms.told()["complaints"] == []


def test_a_project_that_waits_for_its_review_says_so(lms: PlatformProcess, learner: User) -> None:
    """The platform shows that a person still has to grade."""
    Exercise.objects.update(reviewed=True)
    submit(learner, "treeshap", 90, timezone.now())

    work()

    assert sent(lms)["u1"] == (90, 100, "Submitted", "PendingManual")


def test_collecting_costs_a_few_queries_whatever_the_number_of_learners(
    lms: PlatformProcess, learner: User, django_assert_max_num_queries: Any
) -> None:
    """One link with two learners or with thirty."""
    link = ResourceLink.objects.get()
    for number in range(2, 32):
        linked(f"u{number}", f"u{number}@example.org")
        account = LmsAccount.objects.get(subject=f"u{number}")
        Passback.objects.create(link=link, account=account)

    with django_assert_max_num_queries(5):
        passbacks.collect()


def test_an_unlinked_account_s_scores_are_sent_no_more(lms: PlatformProcess, learner: User) -> None:
    """The outbox forgets them with the link."""
    submit(learner, "treeshap", 90, timezone.now())
    passbacks.collect()
    LmsAccount.objects.get().delete()

    assert passbacks.send_due() == 0
    assert sent(lms) == {}


def test_the_tasks_run_in_the_mail_process(settings: Settings) -> None:
    """Both are routed to its queue and sent by beat."""
    beaten = {entry["task"] for entry in base.CELERY_BEAT_SCHEDULE.values()}
    for name in ("lti.send_scores", "lti.prune"):
        assert settings.CELERY_TASK_ROUTES[name] == {"queue": "mail"}
        assert name in beaten


def test_an_inactive_platform_gets_nothing_new(lms: PlatformProcess, learner: User) -> None:
    """Its links are not looked at."""
    submit(learner, "treeshap", 90, timezone.now())
    Platform.objects.update(active=False)

    assert work() == 0
