"""What happens to wrong answers: they are told which mistake it is, and can be mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.answers import COURSE, answer_quiz, sample, solution
from tests.journeys.live_site import GRADE_MILLISECONDS, TREESHAP

if TYPE_CHECKING:
    from pathlib import Path

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser


def test_a_wrong_notebook_is_told_its_mistake_and_a_right_one_passes(
    visitor: Visitor, email: str
) -> None:
    """Values of the wrong class are named as such; the next attempt with the right ones passes."""
    page = visitor.page
    visitor.arrive(email)
    visitor.submit(TREESHAP, sample(TREESHAP, "sign-flip"))
    expect(page.locator(".verdict--fail")).to_be_visible(timeout=GRADE_MILLISECONDS)
    expect(page.locator(".verdict--fail")).to_be_focused()
    expect(page.locator("#diagnosis")).to_contain_text("sign")
    expect(page.get_by_role("img", name="attributions")).not_to_have_count(0)
    visitor.look("submission-diagnosed")
    page.get_by_role("button", name="Yes").click()
    expect(page.locator("#diagnosis-answer")).to_contain_text("Thanks")
    visitor.follow(page.get_by_role("link", name="Try again"))
    expect(page.get_by_role("link", name="Attempt 1", exact=True)).to_be_visible()
    visitor.look("exercise-after-an-attempt")
    visitor.submit(TREESHAP, solution(TREESHAP))
    expect(page.locator(".verdict--pass")).to_be_visible(timeout=GRADE_MILLISECONDS)


def test_a_notebook_that_stops_quotes_the_cell(visitor: Visitor, email: str) -> None:
    """An error of the learner's code is shown with its cell, its line and its message."""
    page = visitor.page
    visitor.arrive(email)
    visitor.submit(TREESHAP, sample(TREESHAP, "crash-before-the-answer"))
    expect(page.locator(".verdict--error")).to_be_visible(timeout=GRADE_MILLISECONDS)
    expect(page.get_by_role("heading", name="Stopped in code cell")).to_be_visible()
    executed = page.frame_locator("iframe.frame")
    page.locator("iframe.frame").scroll_into_view_if_needed()
    expect(executed.get_by_text("AttributeError").first).to_be_visible()
    visitor.look("submission-stopped")


def test_a_file_that_is_no_notebook_is_refused_with_words_and_costs_nothing(
    visitor: Visitor, email: str, tmp_path: Path
) -> None:
    """The page says what is wrong with the file, and no attempt is used."""
    page = visitor.page
    visitor.expected_statuses.add(422)
    visitor.arrive(email)
    picture = tmp_path / "picture.ipynb"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    visitor.submit(TREESHAP, picture)
    expect(page.get_by_role("alert")).to_contain_text("This doesn't count as an attempt")
    expect(page.get_by_role("alert")).to_be_focused()
    visitor.look("exercise-refused")


def test_a_wrong_quiz_explains_each_choice_and_can_be_tried_again(
    visitor: Visitor, email: str
) -> None:
    """Wrong answers are marked, explained and followed by another try that passes."""
    page = visitor.page
    visitor.arrive(email)
    visitor.enrol(COURSE)
    quiz = page.locator("#quiz")
    answer_quiz(quiz, "01-why-explain", wrong=True)
    expect(page.get_by_role("heading", name="You missed! Try again.")).to_be_visible()
    expect(page.locator("#quiz .verdict")).to_be_focused()
    expect(page.locator("#quiz .explanation").first).to_be_visible()
    visitor.look("quiz-missed", within="#quiz")
    quiz.get_by_role("link", name="Try again").click()
    expect(quiz.get_by_role("heading", name="Quiz", exact=True)).to_be_focused()
    answer_quiz(quiz, "01-why-explain")
    expect(page.get_by_role("heading", name="You are right! Congratulations")).to_be_visible()
