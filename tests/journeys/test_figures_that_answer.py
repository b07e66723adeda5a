"""Figures that answer to the reader: moved by keyboard, told in words, readable as a table."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from tests.journeys.live_site import CONTENT

if TYPE_CHECKING:
    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser
LESSON = "/courses/foundations/shap-in-ten-minutes/"
ROUNDING = 0.03
"""Six numbers of two decimals that were rounded one by one."""
KEYS: Final = {"range": "ArrowRight", "select-one": "ArrowDown", "radio": "ArrowDown"}
"""What moves a control; the others are pressed by the space bar."""


def explorers() -> list[tuple[str, str]]:
    """Return the address of each lesson with an interactive figure, and the figure's renderer."""
    return [
        (
            f"/courses/{path.parts[-4]}/{path.parts[-3].partition('-')[2]}/",
            json.loads(path.read_text())["renderer"],
        )
        for path in sorted(CONTENT.glob("courses/*/*/figures/*.json"))
    ]


def told_numbers(sentence: str) -> list[float]:
    """Return the numbers of a sentence that writes a true minus sign."""
    plain = sentence.replace("\N{MINUS SIGN}", "-")
    return [float(number) for number in re.findall(r"[-+]?\d+\.\d+", plain)]


def test_the_what_if_explorer_is_moved_by_keyboard(visitor: Visitor) -> None:
    """An arrow key changes a measurement; base value and contributions add up to the output."""
    visitor.go(LESSON)
    figure = visitor.page.locator("figure[data-renderer=waterfall]")
    sentence = figure.get_by_role("status")
    slider = figure.get_by_role("slider").first
    expect(sentence).to_contain_text("=")
    before = sentence.inner_text()

    slider.press("ArrowRight")

    expect(sentence).not_to_have_text(before)
    for told in (before, sentence.inner_text()):
        *parts, output, probability = told_numbers(told)
        assert sum(parts) == pytest.approx(output, abs=ROUNDING)
        assert 0 < probability < 1
    picture = figure.get_by_role("img")
    expect(picture).to_have_attribute("aria-label", re.compile("worst area"))
    value = slider.get_attribute("aria-valuetext")
    expect(figure.locator(".controls strong").first).to_have_text(str(value))


def test_the_what_if_explorer_can_be_read_as_a_table(visitor: Visitor) -> None:
    """Whoever does not see the picture opens a table of the same examples."""
    visitor.go(LESSON)
    figure = visitor.page.locator("figure[data-renderer=waterfall]")
    buttons = figure.get_by_role("group").get_by_role("button")
    expect(buttons.first).to_be_visible()

    figure.get_by_text("Show as table").click()

    rows = figure.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(1 + buttons.count())
    visitor.look("what-if-explorer", shot=False)


@pytest.mark.parametrize(("address", "renderer"), explorers())
def test_each_explorer_answers_to_the_keyboard(
    visitor: Visitor, address: str, renderer: str
) -> None:
    """Each control has a label and a key that moves it; words and a table tell the answer."""
    visitor.go(address)
    figure = visitor.page.locator(f"figure[data-renderer={renderer}]")
    sentence = figure.get_by_role("status")
    expect(sentence).not_to_be_empty()
    told = {sentence.inner_text()}

    for control in figure.locator("input, select").all():
        assert control.evaluate("control => control.labels.length") == 1
        control.press(KEYS.get(str(control.evaluate("control => control.type")), "Space"))
        told.add(sentence.inner_text())

    assert len(told) > 1
    expect(figure.get_by_role("img")).to_have_attribute("aria-label", re.compile(r"\w+ .*\d"))
    figure.get_by_text("Show as table").press("Enter")
    assert figure.get_by_role("row").count() > 2
