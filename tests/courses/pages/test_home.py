"""The home page: a figure to move, a real wrong answer, and the route with one's own place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.environment import BASE_DIR
from courses.authoring.loading import load
from courses.learners.enrolment import enrol
from courses.learners.progress import record_completion, record_lesson_read
from courses.models import Course, Lesson, Quiz
from courses.pages import home_example
from courses.quizzes.attempts import ask
from tests.courses.material import right_answers

if TYPE_CHECKING:
    from courses.models import User
    from tests.courses.material import Material

FIGURE = (
    '<figure class="interactive" data-renderer="waterfall" data-src="/a.json">'
    '<p class="interactive-summary">Move it.</p><div class="still"><p>45 % + 3 = 48 %.</p></div>'
    "<details></details></figure>"
)
MOST_QUERIES = 12
EXERCISE = BASE_DIR / "content/exercises" / home_example.EXERCISE


@pytest.fixture
def visitor(learner: User) -> Client:
    """A browser in which the learner is signed in."""
    client = Client()
    client.force_login(learner)
    return client


def test_the_page_opens_with_the_first_lesson_s_figure(course: Course) -> None:
    """It is drawn by the home page's own renderer; its sentence stands there without a script."""
    Lesson.objects.filter(course=course, slug="page-1").update(html=f"{FIGURE}<p>Words.</p>")

    text = Client().get("/").content.decode()

    assert 'data-renderer="prediction"' in text
    assert "45 % + 3 = 48 %." in text
    assert "Words." not in text
    assert 'class="plot drawing"' not in text


def test_a_lesson_that_opens_with_words_leaves_the_drawing(course: Course) -> None:
    """Without a figure that stands still without a script, the page has its drawing."""
    assert 'class="plot drawing"' in Client().get("/").content.decode()
    html = FIGURE.replace('class="still"', 'class="other"')
    Lesson.objects.filter(course=course, slug="page-1").update(html=html)
    assert 'class="plot drawing"' in Client().get("/").content.decode()


def test_one_click_leads_to_the_first_lesson(course: Course) -> None:
    """Start learning opens the lesson itself, which needs no account."""
    text = Client().get("/").content.decode()

    assert '<a class="button" href="/courses/tiny/page-1/">Start learning</a>' in text


def test_the_route_shows_one_s_own_place(
    material: Material, learner: User, visitor: Client
) -> None:
    """A finished course is done, the one that is taken is here, what follows lies ahead."""
    material.course("one", lessons=1, exercises=()).course("two", lessons=1, exercises=())
    material.course("three", lessons=1, exercises=())
    material.path(courses=("one", "two", "three"))
    load(material.root)

    def states() -> list[str]:
        return [station.state for station in visitor.get("/").context["stations"]]

    assert states() == ["ahead", "ahead", "ahead"]
    enrol(user=learner, course=Course.objects.get(slug="one"))
    assert states() == ["here", "ahead", "ahead"]
    record_lesson_read(user=learner, lesson=Lesson.objects.get(course__slug="one"))
    quiz = Quiz.objects.select_related("lesson").get(lesson__course__slug="one")
    asked = ask(user=learner, quiz=quiz)
    answers = right_answers()
    number = next(one.answer for one in asked.questions if one.id == "sum")
    places = {f"q-steps-{item}": str(at) for at, item in enumerate(("first", "second", "third"), 1)}
    facts = {"number": asked.number, "q-one": answers["one"], "q-many": answers["many"]}
    visitor.post("/courses/one/page-1/quiz/", {**facts, "q-sum": str(number), **places})
    assert states() == ["done", "here", "ahead"]


def test_the_page_takes_few_queries(
    course: Course, material: Material, learner: User, visitor: Client
) -> None:
    """Twelve at most, for a stranger, a learner, and a reader of another language."""
    material.path()
    load(material.root)
    enrol(user=learner, course=course)
    record_completion(user=learner, exercise_slug="toy")
    for client in (Client(), visitor):
        for language in ("en", "fr"):
            with CaptureQueriesContext(connection) as captured:
                answer = client.get("/", headers={"Accept-Language": language})
            assert answer.status_code == 200
            assert len(captured) <= MOST_QUERIES


def test_no_inventory_of_numbers(course: Course) -> None:
    """The page says what one will be able to do, not how many lessons there are."""
    text = Client().get("/").content.decode()

    assert "Total time" not in text
    assert Course.objects.get().skills[0] in text


def test_the_wrong_answer_is_a_sample_of_its_exercise() -> None:
    """Code, score, diagnosis and words are those of the content, in both languages."""
    sample = EXERCISE / "samples" / home_example.SAMPLE
    notebook = json.loads((sample / "submission.ipynb").read_text())
    cells = ["".join(cell["source"]) for cell in notebook["cells"]]
    expected = yaml.safe_load((sample / "expected.yaml").read_text())
    words = yaml.safe_load((EXERCISE / "exercise.yaml").read_text())["misconceptions"]
    told = next(one for one in words if one["id"] == home_example.SAMPLE)

    assert any("\n".join(home_example.CODE) in cell for cell in cells)
    assert expected["score"] == home_example.SCORE
    assert expected["misconception"] == [home_example.SAMPLE]
    assert told["message"] == str(home_example.MESSAGE)
    assert told["question"] == str(home_example.QUESTION)


def test_bars_lie_where_their_values_are() -> None:
    """A bar ends at zero and begins at its value; two lie outside their ranges."""
    values = [home_example.Value(*line) for line in home_example.VALUES]

    assert [value.inside for value in values] == [True, False, True, False]
    for value in values:
        start, width = value.bar
        assert start + width == pytest.approx(value.zero, abs=0.02)
        assert 0 <= start < value.zero <= 100
        low, wide = value.band
        assert 0 <= low < low + wide <= 100
