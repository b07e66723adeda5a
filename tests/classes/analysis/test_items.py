"""Item analysis of a quiz."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from classes.analysis.items import analyse_quiz, figures_of
from courses.models import Quiz, QuizAttempt
from tests.classes.material import DUE, make_class, make_course, make_member


def question(name: str, right: str = "a", kind: str = "single") -> dict[str, Any]:
    """Return a stored question of three choices."""
    choices = [
        {"id": one, "html": f"<p>{one}</p>", "correct": one == right, "explanation": ""}
        for one in "abc"
    ]
    return {"id": name, "kind": kind, "prompt": f"<p>What is {name}?</p>", "choices": choices}


def given(**answers: str) -> tuple[dict[str, Any], dict[str, bool]]:
    """Return answers with their marking; ``a`` is right everywhere."""
    return {k: [v] for k, v in answers.items()}, {k: v == "a" for k, v in answers.items()}


QUESTIONS = [question("one"), question("two"), question("three")]


def test_choices_are_counted_by_third_of_the_class() -> None:
    """Six learners in order of their scores: the lowest third takes the wrong choice."""
    attempts = [
        *[given(one="b", two="b", three="b")] * 2,
        *[given(one="a", two="b", three="b")] * 2,
        *[given(one="a", two="a", three="a")] * 2,
    ]
    figures = figures_of(QUESTIONS, attempts)
    one = figures.items[0]

    assert (figures.learners, figures.suppressed, figures.uncertain) == (6, False, True)
    assert one.facility.value == pytest.approx(4 / 6)
    assert one.guess == pytest.approx(1 / 3)
    assert one.prompt == "What is one?"
    right, wrong, unused = one.choices
    assert (right.by_third, right.percent, right.correct) == ((0, 2, 2), 67, True)
    assert (wrong.by_third, unused.count) == ((2, 0, 0), 0)
    assert figures.mean == pytest.approx((0 + 1 / 3 + 1) / 3)


def test_groups_under_five_show_nothing() -> None:
    """Four learners' answers could be told apart by whoever knows three of them."""
    figures = figures_of(QUESTIONS, [given(one="a", two="a", three="b")] * 4)

    assert (figures.suppressed, figures.items, figures.mean) == (True, (), None)


def test_flags_say_what_to_do() -> None:
    """Too hard, too easy, keyed against those who know, and weak: each has its sentence."""
    attempts = [
        *[given(one="a", two="a", three="b")] * 5,
        *[given(one="a", two="a", three="b")] * 5,
        *[given(one="a", two="b", three="a")] * 2,
    ]
    easy, _two, hard = figures_of(QUESTIONS, attempts).items

    assert "Almost all" in easy.flags[0]
    assert "Few get it right" in hard.flags[0]
    assert any("check the key and the wording" in flag for flag in hard.flags)


def test_explanations_and_answers_without_the_question_do_not_count() -> None:
    """A question that learners mark themselves is no item; old attempts lack new questions."""
    attempts = [given(one="a", two="b", three="a")] * 5 + [given(one="a", two="b")] * 3
    figures = figures_of([*QUESTIONS, question("why", kind="explain")], attempts)

    assert figures.learners == 5
    assert [item.id for item in figures.items] == ["one", "two", "three"]


@pytest.mark.django_db
def test_first_attempts_count_unless_the_latest_are_wished() -> None:
    """Learners pass in the end; what the question tells shows at the first attempt."""
    course = make_course()
    quiz = Quiz.objects.get()
    quiz.questions = QUESTIONS
    quiz.save()
    klass = make_class(course)
    users = []
    for number in range(5):
        user = make_member(klass, f"learner{number}@example.org").user
        assert user is not None
        users.append(user.pk)
        for attempt, answer in enumerate("ba", start=1):
            answers, results = given(one=answer, two="a", three="a")
            QuizAttempt.objects.create(
                user=user,
                quiz=quiz,
                number=attempt,
                seed=1,
                answers=answers,
                results=results,
                correct=3 if answer == "a" else 2,
                total=3,
                passed=answer == "a",
                quiz_digest="0" * 64,
                created_at=DUE + timedelta(hours=attempt),
            )

    assert analyse_quiz(quiz, users).items[0].facility.value == 0
    assert analyse_quiz(quiz, users, first_only=False).items[0].facility.value == 1
    assert analyse_quiz(quiz, users[:4]).suppressed
