"""Questions that come back: in a review, in other quizzes, until their content changes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.authoring.loading import load
from courses.models import Course, Quiz, QuizAttempt, ReviewCard, User
from courses.privacy.erasure import Certificates, erase
from courses.quizzes.attempts import attempt, regrade
from courses.quizzes.grading import grade
from courses.quizzes.questions import Item, Question
from courses.quizzes.reviews import A_DAY, IN_A_QUIZ, due_questions, waiting

if TYPE_CHECKING:
    from tests.courses.material import Material

REVIEW = "/review/"
EXPLAIN = """\
  - id: why
    kind: explain
    prompt: Why?
    model: The model answer.
    rubric: [First point, Second point]
"""


def quiz_of(page: str) -> Quiz:
    """Return the quiz of a page."""
    return Quiz.objects.select_related("lesson__course").get(lesson__slug=page)


def make_due() -> None:
    """Let every card be due since yesterday."""
    ReviewCard.objects.update(due=timezone.now() - timedelta(days=1))


@pytest.fixture
def answered(course: Course, learner: User) -> Quiz:
    """The quiz of the first page, three of its questions answered, due again."""
    assert course.slug == "tiny"
    quiz = quiz_of("page-1")
    given: dict[str, Any] = {"one": "left", "many": ["a", "b"], "steps": ["first", "third"]}
    attempt(user=learner, quiz=quiz, answers=given)
    make_due()
    return quiz


def test_what_was_answered_becomes_a_card_and_what_was_not_does_not(
    course: Course, learner: User
) -> None:
    """Two answers, two cards, due tomorrow or later; a second attempt makes no second card."""
    assert course
    quiz = quiz_of("page-1")
    for _attempt in range(2):
        attempt(user=learner, quiz=quiz, answers={"one": "left", "many": ["a", "b"]})

    assert sorted(ReviewCard.objects.values_list("question", flat=True)) == ["many", "one"]
    assert waiting(learner) == 0
    assert due_questions(learner, most=9) == []


def test_nothing_is_kept_or_asked_of_who_switched_the_review_off(
    answered: Quiz, learner: User
) -> None:
    """Off: no card is written, none comes back."""
    learner.review = False
    learner.save()
    attempt(user=learner, quiz=quiz_of("page-2"), answers={"one": "left"})

    assert not ReviewCard.objects.exclude(quiz=answered).exists()
    assert (waiting(learner), due_questions(learner, most=9)) == (0, [])


def test_a_removed_question_leaves_and_a_changed_one_starts_anew(
    answered: Quiz, learner: User, material: Material
) -> None:
    """Content changes: no page breaks, no card of a question that is gone, no old memory."""
    assert answered
    file = "courses/tiny/01-page-1/quiz.yaml"
    material.replace(file, "id: steps", "id: other")
    material.replace(file, "{id: none,", "{id: neither,")
    load(material.root)
    make_due()

    assert sorted(ReviewCard.objects.values_list("question", flat=True)) == ["many", "one"]
    before = ReviewCard.objects.get(question="one")
    fresh = quiz_of("page-1")
    attempt(user=learner, quiz=fresh, answers={"one": "right"})
    after = ReviewCard.objects.get(question="one")
    assert after.question_digest != before.question_digest

    attempt(user=learner, quiz=quiz_of("page-2"), answers={"one": "right"})
    first = ReviewCard.objects.get(quiz=quiz_of("page-2"), question="one")
    assert after.stability == first.stability


def test_erasing_the_account_erases_the_cards(answered: Quiz, learner: User) -> None:
    """No card stays behind."""
    assert answered
    erase(user=learner, certificates=Certificates.FORGET)
    assert not ReviewCard.objects.exists()


def test_the_review_asks_one_question_and_explains_it_at_once(
    answered: Quiz, learner: User, client: Client
) -> None:
    """One question a page; the answer is explained; it is not due again; no answer is no answer."""
    assert answered
    client.force_login(learner)
    card = due_questions(learner, most=1)[0]
    page = client.get(REVIEW).content.decode()
    assert page.count("<fieldset") == 1
    assert f'value="{card.card.pk}:{card.stamp}"' in page

    nothing = client.post(REVIEW, {"old": f"{card.card.pk}:{card.stamp}"})
    assert nothing.status_code == 422
    assert waiting(learner) == 3

    name = f"q-{card.question.id}"
    posted = {"old": f"{card.card.pk}:{card.stamp}", name: "right"}
    marked = client.post(REVIEW, posted)
    assert "Because." in marked.content.decode()
    assert waiting(learner) == 2
    assert client.post(REVIEW, posted).status_code == 302  # answered already
    assert waiting(learner) == 2


def test_a_card_of_somebody_else_cannot_be_answered(answered: Quiz, learner: User) -> None:
    """The key of another learner's card finds nothing; neither does nonsense."""
    assert answered
    other = User.objects.create_user("other@example.org", "a good long password")
    card = due_questions(learner, most=1)[0]
    client = Client()
    client.force_login(other)
    for old in (f"{card.card.pk}:{card.stamp}", "x:1", "9" * 40 + ":1", "", "-1:1"):
        answer = client.post(REVIEW, {"old": old, f"q-{card.question.id}": "right"})
        assert answer.status_code == 302
    assert waiting(learner) == 3


def test_a_day_has_an_end(answered: Quiz, learner: User) -> None:
    """After the day's number of questions the rest waits for tomorrow."""
    for number in range(2 * A_DAY):
        ReviewCard.objects.create(
            user=learner, quiz=answered, question=f"x{number}", stability=1, difficulty=5,
            due=timezone.now(), answered_at=timezone.now(),
            reviewed_on=timezone.localdate() if number < A_DAY - 1 else None,
        )  # fmt: skip
    assert waiting(learner) == 1


def test_a_quiz_brings_back_old_questions_that_do_not_count(
    answered: Quiz, learner: User, client: Client
) -> None:
    """Three questions of an earlier quiz stand in the next; the score is that of its own."""
    assert answered
    client.force_login(learner)
    address = "/courses/tiny/page-2/"
    page = client.get(address).content.decode()
    assert page.count('name="old"') == IN_A_QUIZ
    assert 'name="old"' not in client.get("/courses/tiny/page-1/").content.decode()

    due = due_questions(learner, most=IN_A_QUIZ)
    posted: dict[str, Any] = {"old": [f"{one.card.pk}:{one.stamp}" for one in due]}
    one = next(each for each in due if each.card.question == "one")
    posted[f"q-{one.question.id}"] = "right"
    posted["q-one"] = "left"
    answer = client.post(f"{address}quiz/", posted, follow=True)

    made = QuizAttempt.objects.order_by("-created_at").first()
    assert made is not None
    assert (made.correct, made.total, len(made.recalled)) == (0, 4, 1)
    assert "From earlier lessons" in answer.content.decode()
    assert "Because." in answer.content.decode()
    assert len(due_questions(learner, most=9, besides=quiz_of("page-2"))) == 2


def test_an_order_counts_by_its_pairs() -> None:
    """Of three pairs two are right: two thirds; a reversed order and no answer count nothing."""
    order = Question("o", "order", "?", items=tuple(Item(one, one) for one in "xyz")).drawn(1)

    def credit(*given: str) -> float:
        return float(grade([order], {"o": given})[0].credit)

    assert credit("x", "y", "z") == 1
    assert credit("y", "x", "z") == pytest.approx(2 / 3)
    assert credit("z", "y", "x") == credit() == 0
    assert credit("x") == 0


def test_part_of_an_order_decides_with_the_rest(course: Course, learner: User) -> None:
    """2 of 4 right and an order right by two of three pairs: 66 % of the quiz."""
    assert course
    quiz = quiz_of("page-1")
    given = {"one": "right", "many": ["a", "b"], "steps": ["second", "first", "third"]}
    made = attempt(user=learner, quiz=quiz, answers=given)
    assert (made.correct, made.percent, made.passed) == (2, 66, False)
    quiz.pass_percent = 66
    quiz.save()
    assert attempt(user=learner, quiz=quiz, answers=given).passed


def test_right_answers_are_held_back_until_passed_or_twice_missed(
    course: Course, learner: User, client: Client
) -> None:
    """First miss: nothing says which choice is right, on the page or in the API; then it does."""
    assert course
    client.force_login(learner)
    address = "/api/v1/quizzes/tiny/page-1/attempts/"
    given = {"answers": {"one": "left", "many": ["a"], "steps": ["third", "second", "first"]}}
    first = client.post(address, given, content_type="application/json").json()
    told = {one["id"]: one for one in first["questions"]}
    assert {choice["id"]: choice["correct"] for choice in told["one"]["choices"]} == {
        "right": None,
        "left": False,
        "none": None,
    }
    assert [one["explanation"] for one in told["one"]["choices"] if one["given"]] == [
        "That is a mirror."
    ]
    assert told["steps"]["explanation"] == told["sum"]["explanation"] == ""
    made = QuizAttempt.objects.get()
    page = client.get(f"/courses/tiny/page-1/?attempt={made.pk}").content.decode()
    assert "You missed! Try again." in page
    assert page.count("choice--right") == 1  # the right one of those that were chosen
    assert "Because." not in page

    second = client.post(address, given, content_type="application/json").json()
    assert None not in [one["correct"] for one in second["questions"][0]["choices"]]
    assert not any(one.held for one in regrade(QuizAttempt.objects.get(number=2)) or ())


def test_an_explanation_is_marked_by_its_author_and_counts_for_nothing(
    course: Course, learner: User, client: Client, material: Material
) -> None:
    """Typed text is escaped, bounded, shown beside model and rubric; score and cards ignore it."""
    assert course
    file = "courses/tiny/02-page-2/quiz.yaml"
    text = (material.root / file).read_text()
    (material.root / file).write_text(text + EXPLAIN)
    load(material.root)
    client.force_login(learner)
    address = "/courses/tiny/page-2/"
    assert "The model answer" not in client.get(address).content.decode()

    posted = {"q-why": "It is <b>mine</b>.", "q-one": "left"}
    page = client.post(f"{address}quiz/", posted, follow=True).content.decode()

    made = QuizAttempt.objects.get()
    assert (made.total, list(ReviewCard.objects.values_list("question", flat=True))) == (4, ["one"])
    assert "It is &lt;b&gt;mine&lt;/b&gt;." in page
    assert "The model answer" in page
    assert "First point" in page
    unanswered = client.post(
        "/api/v1/quizzes/tiny/page-1/attempts/",
        {"answers": {"one": "x" * 1001}},
        content_type="application/json",
    )
    assert unanswered.status_code == 400
    assert client.post(f"{address}quiz/", {"q-why": "x" * 1001}).status_code == 422


@pytest.mark.parametrize("address", [REVIEW, "/dashboard/", "/courses/tiny/page-2/"])
def test_pages_with_old_questions_stay_within_the_budget(
    answered: Quiz, learner: User, client: Client, address: str
) -> None:
    """Twelve queries and 100 kB at most, with three questions due."""
    assert answered
    client.force_login(learner)
    client.get(address)
    with CaptureQueriesContext(connection) as made:
        page = client.get(address)
    assert len(made) <= 12, [one["sql"][:90] for one in made]
    assert len(page.content) <= 100_000
