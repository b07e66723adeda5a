"""What stands around a lesson: outline, contents, search, copies, the notebook to take along."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.answers import LESSON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser
CODE = "/courses/foundations/shap-in-ten-minutes/"


def test_outline_text_and_contents_stand_side_by_side(welcome: Callable[..., Visitor]) -> None:
    """From 1440 pixels the course is at the left, the contents with the quiz at the right."""
    visitor = welcome(viewport={"width": 1500, "height": 900}, service_workers="block")
    page = visitor.page
    visitor.go(CODE)
    outline, contents = page.locator(".rail"), page.locator(".page > aside .toc")

    left, right = outline.bounding_box(), contents.bounding_box()
    text = page.locator("main").bounding_box()
    assert left is not None
    assert text is not None
    assert right is not None
    assert left["x"] + left["width"] <= text["x"]
    assert text["x"] + text["width"] <= right["x"]
    expect(outline.locator("[aria-current=page]")).to_contain_text("SHAP in ten minutes")
    visitor.look("lesson-three-columns", shot=False)
    contents.get_by_role("link", name="Quiz").click()
    expect(page.locator("#quiz-title")).to_be_in_viewport()


def test_code_and_output_share_a_line_where_there_is_room(welcome: Callable[..., Visitor]) -> None:
    """At 1920 pixels a short block has its output beside it, on a phone below it."""
    for width, beside in ((1920, True), (390, False)):
        visitor = welcome(viewport={"width": width, "height": 900}, service_workers="block")
        visitor.go(CODE)
        pair = visitor.page.locator(".code-pair").nth(1)
        code = pair.locator(".code").bounding_box()
        output = pair.locator(".code-output").bounding_box()
        assert code is not None
        assert output is not None
        assert (output["x"] >= code["x"] + code["width"]) is beside
        assert visitor.sideways() <= 0


def test_code_is_copied_by_keyboard(visitor: Visitor) -> None:
    """The button of a block shows on focus and says that it has copied."""
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitor.page
    visitor.go(CODE)
    block = page.locator(".code-run").first
    button = block.get_by_role("button", name="Copy", exact=True)
    button.press("Enter")

    expect(block.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == block.locator("pre code").text_content()


def test_the_lesson_is_taken_along(visitor: Visitor) -> None:
    """The link on the page saves a notebook with the page's code."""
    page = visitor.page
    visitor.go(CODE)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download as a notebook").click()

    assert saved.value.suggested_filename == "shap-in-ten-minutes.ipynb"
    notebook = json.loads(Path(saved.value.path()).read_text())
    kinds = [cell["cell_type"] for cell in notebook["cells"]]
    assert kinds.count("code") == page.locator(".code-run").count()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("shaply", "SHAP in ten minutes"),
        ("TreeSHAP on gradient boosting", "TreeSHAP on gradient boosting"),
        ("local accuracy", "local accuracy"),
    ],
)
def test_the_header_finds_lessons_exercises_and_terms(
    visitor: Visitor, words: str, found: str
) -> None:
    """The slash leads into the field; a typo, an exact title and a term find their pages."""
    page = visitor.page
    visitor.go(LESSON)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(words)
    with page.expect_navigation():
        page.keyboard.press("Enter")

    results = page.get_by_role("region", name="Lessons, exercises and terms")
    expect(results.get_by_role("link", name=found, exact=True).first).to_be_visible()
    visitor.look("found", shot=False)
