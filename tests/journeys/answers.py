"""Right and wrong answers for the journeys, read from the content files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from playwright.sync_api import expect

from courses.quizzes.formulas import evaluate
from tests.journeys.live_site import CONTENT, TREESHAP

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator

COURSE = "foundations"


def course_facts(course: str = COURSE) -> dict[str, Any]:
    """Return a course as its author wrote it."""
    facts: dict[str, Any] = yaml.safe_load(
        (CONTENT / "courses" / course / "course.yaml").read_text()
    )
    return facts


def quiz_questions(folder: str, course: str = COURSE) -> list[dict[str, Any]]:
    """Return the questions of a lesson's quiz as their author wrote them."""
    path = CONTENT / "courses" / course / folder / "quiz.yaml"
    questions: list[dict[str, Any]] = yaml.safe_load(path.read_text())["questions"]
    return questions


def solution(exercise: str) -> Path:
    """Return a notebook that solves an exercise."""
    return CONTENT / "exercises" / exercise / "solution.ipynb"


def sample(exercise: str, name: str) -> Path:
    """Return one of the exercise's sample submissions."""
    return CONTENT / "exercises" / exercise / "samples" / name / "submission.ipynb"


def answer_quiz(quiz: Locator, folder: str, *, wrong: bool = False) -> None:
    """Answer a lesson's quiz question by question, with right answers or with wrong ones only.

    Questions of earlier lessons that are due are skipped.
    """
    for question in quiz_questions(folder):
        answer_question(quiz.locator(f"form:has(#q-{question['id']})"), question, wrong=wrong)
        quiz.get_by_role("button", name="Check my answer").click()
        next_step(quiz)
    while quiz.locator("input[name='step'][value^='card.']").count():
        quiz.get_by_role("button", name="Skip").click()
        next_step(quiz)


def next_step(quiz: Locator) -> None:
    """Wait for the grading and go on to the next question, if there is one."""
    graded = quiz.get_by_role("link", name="Next question")
    expect(graded.or_(quiz.locator(".verdict"))).to_be_visible()
    if graded.count():
        graded.click()
        expect(quiz.get_by_role("button", name="Check my answer")).to_be_visible()


def answer_question(form: Locator, question: dict[str, Any], *, wrong: bool = False) -> None:
    """Fill in one question of a quiz."""
    name = f"q-{question['id']}"
    if question["kind"] == "numeric":
        number = _number(form, question) + (1000 if wrong else 0)
        form.locator(f"input[name='{name}']").fill(f"{number:.6g}")
    elif question["kind"] == "explain":
        form.locator(f"textarea[name='{name}']").fill("Because of the sampling.")
    elif question["kind"] == "order":
        items = question["items"][::-1] if wrong else question["items"]
        for place, item in enumerate(items, 1):
            form.locator(f"[name='{name}-{item['id']}']").fill(str(place))
    else:
        for choice in question["choices"]:
            if bool(choice.get("correct")) is not wrong:
                form.locator(f"input[name='{name}'][value='{choice['id']}']").check()


def _number(form: Locator, question: dict[str, Any]) -> float:
    """Return the right number, computed from the numbers that the page shows."""
    drawn: dict[str, float] = {}
    if question.get("draw"):
        pattern = re.escape(" ".join(question["prompt"].split()))
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>-?[0-9.]+)", pattern)
        shown = " ".join(form.inner_text().split())
        found = re.search(pattern, shown)
        assert found, f"the page does not show {question['prompt']!r}"
        drawn = {name: float(value) for name, value in found.groupdict().items()}
    return evaluate(question["answer"], drawn)


def lesson_slug(folder: str) -> str:
    """Return the part of a lesson's address that names it: its folder without the number."""
    return folder.split("-", 1)[1]


FIRST = course_facts()["parts"][0]["lesson"]
LESSON = f"/courses/{COURSE}/{lesson_slug(FIRST)}/"
OPEN_PAGES = {
    "home": "/",
    "catalogue": "/courses/",
    "course": f"/courses/{COURSE}/",
    "lesson": LESSON,
    "exercise": f"/exercises/{TREESHAP}/",
    "reading": "/reading/",
    "status": "/status/",
    "sign-up": "/accounts/signup/",
    "sign-in": "/accounts/login/",
    "password-forgotten": "/accounts/password/reset/",
    "offline": "/offline/",
}
