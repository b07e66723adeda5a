"""A quiz question by question: each graded at once, recorded as one attempt."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from django.utils import timezone

from courses.authoring.loading import load
from courses.models import Course, Lesson, Quiz, QuizAttempt, QuizSitting, ReviewCard, User
from courses.quizzes.attempts import ask, attempt
from courses.quizzes.earlier_answers import make_cards
from courses.quizzes.memory import remember

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpResponse
    from django.test import Client

    from tests.courses.material import Material

PAGE = "/courses/tiny/page-1/"
ORDER = {"q-steps-first": "1", "q-steps-second": "2", "q-steps-third": "3"}


@pytest.fixture
def browser(client: Client, course: Course, learner: User) -> Client:
    """The browser of a learner who is signed in."""
    assert course
    client.force_login(learner)
    return client


def quiz() -> Quiz:
    """Return the quiz of the first page."""
    return Quiz.objects.select_related("lesson__course").get(lesson__slug="page-1")


def step_of(page: str) -> str:
    """Return which question a page asks."""
    found = re.findall(r'name="step" value="([^"]*)"', page)
    assert len(found) == 1
    return str(found[0])


def send(
    browser: Client,
    step: str,
    answer: Mapping[str, Any],
    *,
    script: bool = True,
    number: str = "1",
) -> HttpResponse:
    """Send the form of one question."""
    headers = {"HX-Request": "true"} if script else {}
    data = {"step": step, "number": number, **answer}
    return cast("HttpResponse", browser.post(f"{PAGE}quiz/", data, headers=headers))


def finish(browser: Client, learner: User) -> HttpResponse:
    """Answer all that is left: one right choice, the right order, a number, the rest skipped."""
    send(browser, "one", {"q-one": "right"})
    send(browser, "many", {"q-many": ["a", "b"]})
    numeric = next(one for one in ask(user=learner, quiz=quiz()).questions if one.id == "sum")
    send(browser, "sum", {"q-sum": str(numeric.answer)})
    return send(browser, "steps", ORDER)


def test_the_page_asks_one_question_and_then_the_next(browser: Client) -> None:
    """A reload asks the same; the answered one can be looked at again."""
    page = browser.get(PAGE).content.decode()
    assert step_of(page) == "one"
    assert "Question 1 of 4" in page
    assert "q-many" not in page

    send(browser, "one", {"q-one": "left"})

    assert step_of(browser.get(PAGE).content.decode()) == "many"
    again = browser.get(f"{PAGE}?answered=one").content.decode()
    assert "That is a mirror." in again
    assert "Next question" in again


def test_an_answer_is_told_at_once_and_the_right_choice_is_not(browser: Client) -> None:
    """What was chosen is explained; the other choices are not marked."""
    told = send(browser, "one", {"q-one": "left"}).content.decode()

    assert "✗ Incorrect" in told
    assert "That is a mirror." in told
    assert "Because." not in told
    assert "choice--right" not in told


def test_an_answer_that_was_told_stays(browser: Client) -> None:
    """Sending another one changes nothing."""
    send(browser, "one", {"q-one": "left"})
    send(browser, "one", {"q-one": "right"})

    assert QuizSitting.objects.get().answers == {"one": ["left"]}


def test_the_last_answer_makes_the_attempt(browser: Client, learner: User) -> None:
    """It is recorded like one whose answers came together; the sitting is gone."""
    verdict = finish(browser, learner).content.decode()

    made = QuizAttempt.objects.get()
    assert (made.number, made.correct, made.total, made.passed) == (1, 4, 4, True)
    assert "Congratulations" in verdict
    assert not QuizSitting.objects.exists()
    assert ReviewCard.objects.count() == 4


def test_without_scripts_the_steps_are_pages(browser: Client, learner: User) -> None:
    """Each answer leads to its grading; the last one to the verdict."""
    first = send(browser, "one", {"q-one": "left"}, script=False)
    assert first["Location"] == f"{PAGE}?answered=one#quiz"
    send(browser, "many", {"skip": "1"})
    send(browser, "sum", {"skip": "1"})
    last = send(browser, "steps", ORDER, script=False)

    made = QuizAttempt.objects.get(user=learner)
    assert last["Location"] == f"{PAGE}?attempt={made.pk}#quiz"
    assert made.answers["many"] == []


@pytest.mark.parametrize(
    ("step", "answer", "reason"),
    [
        ("one", {}, "Answer the question first."),
        ("one", {"q-one": "nothing"}, "is not one of the options"),
        ("sum", {"q-sum": "many"}, "Enter a number"),
        ("steps", {"q-steps-first": "1", "q-steps-second": "1"}, "Use each number once."),
        ("steps", {}, "Answer the question first."),
    ],
)
def test_an_answer_that_is_none_is_asked_again(
    browser: Client, step: str, answer: dict[str, str], reason: str
) -> None:
    """The reason stands at the question; nothing is kept."""
    refused = send(browser, step, answer)

    assert reason in refused.content.decode()
    assert step_of(refused.content.decode()) == step
    assert not QuizSitting.objects.exists()


def test_a_page_from_before_another_attempt_is_asked_anew(browser: Client, learner: User) -> None:
    """An attempt in another window or through the API ends what was begun."""
    send(browser, "one", {"q-one": "left"})
    attempt(user=learner, quiz=quiz(), answers={"one": "right"})

    stale = send(browser, "many", {"q-many": ["a"]}, number="1").content.decode()

    assert "in another window" in stale
    assert step_of(stale) == "one"
    assert "q-many" not in stale


def test_a_changed_quiz_is_begun_again(browser: Client, material: Material) -> None:
    """Answers to other questions are not kept."""
    send(browser, "one", {"q-one": "left"})
    material.replace("courses/tiny/01-page-1/quiz.yaml", "Which *one*?", "Which of them?")
    load(material.root)

    assert step_of(browser.get(PAGE).content.decode()) == "one"


def test_after_two_misses_the_right_choice_is_told_at_once(browser: Client, learner: User) -> None:
    """As it is in a whole attempt."""
    for _miss in range(2):
        attempt(user=learner, quiz=quiz(), answers={"one": "left"})

    told = send(browser, "one", {"q-one": "left"}, number="3").content.decode()

    assert "Because." in told


def test_old_questions_come_last_and_count_for_nothing(browser: Client, learner: User) -> None:
    """A due question of another page is the last step; it is remembered, not scored."""
    other = Quiz.objects.select_related("lesson__course").get(lesson__slug="page-2")
    attempt(user=learner, quiz=other, answers={"one": "left"})
    ReviewCard.objects.update(due=timezone.now() - timedelta(days=1))
    card = ReviewCard.objects.get()
    page = browser.get(PAGE).content.decode()
    [old] = re.findall(r'name="old" value="([^"]*)"', page)
    assert "Question 1 of 5" in page

    send(browser, "one", {"old": old, "q-one": "right"})
    finish(browser, learner)
    asked = browser.get(PAGE).content.decode()
    assert step_of(asked) == f"card.{card.pk}"
    assert "From an earlier lesson" in asked
    send(browser, f"card.{card.pk}", {f"q-card.{card.pk}": "right"})

    made = QuizAttempt.objects.get(quiz=quiz())
    assert (made.total, len(made.recalled)) == (4, 1)
    assert ReviewCard.objects.get(pk=card.pk).due > timezone.now()


def test_all_questions_can_be_had_on_one_page(browser: Client) -> None:
    """For those who want to see them together."""
    page = browser.get(f"{PAGE}?all=1").content.decode()

    assert 'name="q-one"' in page
    assert 'name="q-many"' in page
    assert 'name="step"' not in page


def test_answers_from_before_the_review_become_cards(course: Course, learner: User) -> None:
    """The memory follows from all answers at their times; a second run makes none."""
    assert course
    past = timezone.now() - timedelta(days=40)
    for days, answer in ((0, "left"), (5, "right")):
        made = attempt(user=learner, quiz=quiz(), answers={"one": answer})
        QuizAttempt.objects.filter(pk=made.pk).update(created_at=past + timedelta(days=days))
    ReviewCard.objects.all().delete()

    assert (make_cards(), make_cards()) == (1, 0)

    card = ReviewCard.objects.get()
    first = remember(None, right=False, at=past)
    second = remember(first, right=True, at=past + timedelta(days=5))
    assert (card.question, card.due) == ("one", second.due)
    assert card.stability == pytest.approx(second.stability)


def test_who_switched_the_review_off_gets_no_cards(course: Course, learner: User) -> None:
    """Nothing is recorded for them, now or later."""
    assert course
    learner.review = False
    learner.save()
    attempt(user=learner, quiz=quiz(), answers={"one": "left"})

    assert make_cards() == 0
    assert Lesson.objects.exists()
