"""Quizzes: asked with drawn numbers, marked by the server, bounded in what they accept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.models import Completion, Course, Enrolment, Quiz, QuizAttempt, User
from courses.quizzes.attempts import AnsweredElsewhereError, ask, attempt, regrade
from courses.quizzes.formulas import FormulaError, evaluate
from courses.quizzes.grading import AnswerError, grade
from courses.quizzes.questions import Choice, Item, Question, WrongNumber
from tests.courses.material import right_answers

SINGLE = Question(
    "one", "single", "?", choices=(Choice("a", "A", True, "yes"), Choice("b", "B", False, "no"))
)
MULTIPLE = Question(
    "many",
    "multiple",
    "?",
    choices=(
        Choice("a", "A", True, ""),
        Choice("b", "B", True, ""),
        Choice("c", "C", False, ""),
    ),
)
ORDER = Question("order", "order", "?", items=(Item("x", "X"), Item("y", "Y"), Item("z", "Z")))
NUMERIC = Question(
    "number",
    "numeric",
    "?",
    explanation="It is two.",
    answer=2,
    tolerance=0.01,
    wrong=(WrongNumber(4, 0.01, "Squared once too often."),),
)


def right(question: Question, answer: Any) -> bool:
    """Say whether an answer is marked as right."""
    return grade([question.drawn(1)], {question.id: answer})[0].right


@pytest.fixture
def quiz(course: Course) -> Quiz:
    """The quiz of the first page."""
    return Quiz.objects.select_related("lesson__course").get(lesson__slug="page-1")


def answers(user: User, quiz: Quiz) -> dict[str, Any]:
    """Return right answers, the drawn number worked out from the question's own text."""
    question = next(one for one in ask(user=user, quiz=quiz).questions if one.id == "sum")
    return {**right_answers(), "sum": question.answer}


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        (SINGLE, "a", True),
        (SINGLE, ["a"], True),
        (SINGLE, "b", False),
        (SINGLE, None, False),
        (MULTIPLE, ["b", "a"], True),
        (MULTIPLE, ["a"], False),
        (MULTIPLE, ["a", "b", "c"], False),
        (MULTIPLE, [], False),
        (ORDER, ["x", "y", "z"], True),
        (ORDER, ["y", "x", "z"], False),
        (ORDER, ["x", "y"], False),
        (NUMERIC, 2, True),
        (NUMERIC, "2,005", True),
        (NUMERIC, " 2.0 ", True),
        (NUMERIC, 2.02, False),
        (NUMERIC, "", False),
    ],
)
def test_each_kind_is_marked(question: Question, answer: Any, expected: bool) -> None:  # noqa: FBT001  # a table of cases
    """Choices count all together, an order as a whole, a number within its tolerance."""
    assert right(question, answer) is expected


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (SINGLE, "nosuch"),
        (SINGLE, ["a", "b"]),
        (MULTIPLE, ["a", "a"]),
        (MULTIPLE, [["a"]]),
        (ORDER, ["x", "y", "z", "x"]),
        (NUMERIC, "nan"),
        (NUMERIC, "inf"),
        (NUMERIC, float("nan")),
        (NUMERIC, float("-inf")),
        (NUMERIC, "two"),
        (NUMERIC, "1" * 41),
        (NUMERIC, True),
        (NUMERIC, ["2"]),
    ],
)
def test_what_is_no_answer_is_refused(question: Question, answer: Any) -> None:
    """Unknown choices, doubles, NaN, infinity and words instead of numbers earn an error."""
    with pytest.raises(AnswerError) as refused:
        right(question, answer)

    assert list(refused.value.reasons) == [question.id]


def test_every_answer_that_is_refused_is_named() -> None:
    """Two answers of a wrong form and an unknown question id are all reported at once."""
    with pytest.raises(AnswerError) as refused:
        grade([SINGLE, NUMERIC], {"nosuch": "a", SINGLE.id: ["a", "b"], NUMERIC.id: "two"})
    assert set(refused.value.reasons) == {"nosuch", SINGLE.id, NUMERIC.id}


def test_an_answer_to_no_question_is_refused() -> None:
    """A question that the quiz does not have cannot be answered."""
    with pytest.raises(AnswerError):
        grade([SINGLE.drawn(1)], {"two": "a"})


def test_a_known_mistake_is_told_by_its_number() -> None:
    """The explanation is that of the mistake, not the general one."""
    wrong = grade([NUMERIC.drawn(1)], {"number": "4"})[0]

    assert (wrong.right, wrong.explanation) == (False, "Squared once too often.")
    assert grade([NUMERIC.drawn(1)], {"number": "7"})[0].explanation == "It is two."


@given(st.integers(0, 2**56))
def test_what_is_shown_first_is_never_the_order_asked_for(seed: int) -> None:
    """An order question is never shown solved."""
    assert tuple(item.id for item in ORDER.drawn(seed).items) != ("x", "y", "z")


@settings(max_examples=200)
@given(st.text(alphabet="abq0123456789.+-*/() e_[]'", max_size=30))
def test_a_formula_is_finite_or_refused(text: str) -> None:
    """Whatever the text, there is a finite value or a FormulaError: no other way out."""
    try:
        value = evaluate(text, {"a": 2.0, "b": 3.0})
    except FormulaError:
        return
    assert abs(value) < float("inf")


@pytest.mark.parametrize(
    "formula",
    ["__import__('os')", "a.real", "a if b else a", "9 ** 9 ** 9", "1/0", "[1][0]", "True"],
)
def test_a_formula_is_arithmetic_and_nothing_else(formula: str) -> None:
    """Calls, attributes, conditions and huge powers are refused."""
    with pytest.raises(FormulaError):
        evaluate(formula, {"a": 2.0, "b": 3.0})


def test_numbers_are_drawn_anew_and_the_same_for_the_same_attempt(
    quiz: Quiz, learner: User
) -> None:
    """A reload asks the same; each attempt may ask other numbers, and some do."""
    assert ask(user=learner, quiz=quiz) == ask(user=learner, quiz=quiz)

    prompts = set()
    for _attempt in range(8):
        asked = ask(user=learner, quiz=quiz)
        prompts.add(next(one.prompt for one in asked.questions if one.id == "sum"))
        attempt(user=learner, quiz=quiz, answers={"one": "left"})
    assert len(prompts) > 1
    assert not any("{a}" in prompt or "\ue000" in prompt for prompt in prompts)


def test_a_passed_quiz_completes_the_lesson(quiz: Quiz, learner: User) -> None:
    """All right: the lesson counts as read, its quiz as passed, and the course as taken."""
    made = attempt(user=learner, quiz=quiz, answers=answers(learner, quiz))

    assert (made.correct, made.total, made.percent, made.passed) == (4, 4, 100, True)
    assert sorted(Completion.objects.values_list("kind", flat=True)) == ["lesson", "quiz"]
    assert Enrolment.objects.filter(user=learner, course=quiz.lesson.course).exists()


@pytest.mark.parametrize(("missed", "passed"), [(1, True), (2, False)])
def test_the_pass_percentage_decides(
    quiz: Quiz,
    learner: User,
    missed: int,
    passed: bool,  # noqa: FBT001  # a table of cases
) -> None:
    """75 % of four questions: one may be missed, two may not."""
    given = answers(learner, quiz)
    for name in list(given)[:missed]:
        del given[name]

    made = attempt(user=learner, quiz=quiz, answers=given)

    assert made.passed is passed
    assert Completion.objects.exists() is passed


def test_a_failed_attempt_takes_nothing_away(quiz: Quiz, learner: User) -> None:
    """Who has passed and tries again for fun stays passed."""
    attempt(user=learner, quiz=quiz, answers=answers(learner, quiz))

    attempt(user=learner, quiz=quiz, answers={"one": "left"})

    assert Completion.objects.filter(kind="quiz").count() == 1
    assert [made.number for made in QuizAttempt.objects.order_by("number")] == [1, 2]


def test_a_page_with_old_numbers_is_not_marked(quiz: Quiz, learner: User) -> None:
    """After an attempt in another window the numbers on this page are not those of the next."""
    attempt(user=learner, quiz=quiz, answers={"one": "left"}, number=1)

    with pytest.raises(AnsweredElsewhereError):
        attempt(user=learner, quiz=quiz, answers={"one": "right"}, number=1)

    assert QuizAttempt.objects.count() == 1


def test_an_attempt_can_be_shown_again_until_the_quiz_changes(quiz: Quiz, learner: User) -> None:
    """What was marked is shown with the same verdicts; a changed quiz shows only the score."""
    given = {**answers(learner, quiz), "many": ["a"]}
    made = attempt(user=learner, quiz=quiz, answers=given)

    marked = regrade(made)

    assert marked is not None
    assert {one.question.id: one.right for one in marked} == made.results
    made.quiz.digest = "another"
    assert regrade(made) is None
