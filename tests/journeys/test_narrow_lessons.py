"""Every lesson on a phone: wide formulas, code and tables are scrolled by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
import yaml
from playwright.sync_api import expect

from tests.journeys.live_site import AXE_RULES, CONTENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser

PHONE: Final = {"viewport": {"width": 390, "height": 844}, "service_workers": "block"}
FORMULAS: Final = "/courses/foundations/shap-in-ten-minutes/"
WIDE: Final = """() => [...document.querySelectorAll("main *")].filter((box) =>
  ["auto", "scroll"].includes(getComputedStyle(box).overflowX) && box.checkVisibility()
  && box.scrollWidth > box.clientWidth + 1 && !box.matches("textarea, input, select")
).filter((box) => box.tabIndex < 0
  && !box.querySelector("a[href], button, input, select, textarea, [tabindex='0']")
).map((box) => box.outerHTML.slice(0, 120))"""
"""What can be scrolled sideways and not be reached by keyboard."""
IDLE: Final = """() => [...document.querySelectorAll(
  ".prose :is(pre, .scroll-x, .math-block, .choices--code)[tabindex]")
].filter((box) => box.checkVisibility() && box.scrollWidth <= box.clientWidth
  && box.scrollHeight <= box.clientHeight
).map((box) => box.outerHTML.slice(0, 120))"""
"""Tab stops at which there is nothing to scroll."""


def lessons() -> list[str]:
    """Return the address of every lesson."""
    return [
        f"/courses/{file.parent.name}/{part['lesson'][3:]}/"
        for file in sorted(CONTENT.glob("courses/*/course.yaml"))
        for part in yaml.safe_load(file.read_text())["parts"]
        if "lesson" in part
    ]


def course_of(address: str) -> str:
    """Return the course's slug from a lesson's address."""
    return address.split("/")[2]


@pytest.mark.parametrize("course", sorted({course_of(address) for address in lessons()}))
def test_nothing_wide_is_out_of_the_keyboards_reach(
    welcome: Callable[..., Visitor], course: str
) -> None:
    """At 390 pixels each lesson of a course satisfies axe; what scrolls sideways has a tab stop.

    The page itself never scrolls sideways, and a block that hides nothing is no tab stop.
    """
    visitor = welcome(**PHONE)
    page = visitor.page
    for address in [one for one in lessons() if course_of(one) == course]:
        visitor.go(address)
        page.wait_for_load_state("networkidle")
        visitor.check(f"{address} at 390 px", AXE_RULES)

        assert page.evaluate(WIDE) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        assert page.evaluate(IDLE) == [], address


def test_a_wide_formula_moves_by_the_arrow_key(welcome: Callable[..., Visitor]) -> None:
    """A formula that the phone cuts off is focused, named, and scrolled to its end by keyboard."""
    visitor = welcome(**PHONE)
    visitor.go(FORMULAS)
    wide = visitor.page.locator(".math-block[tabindex='0']").first
    wide.focus()

    for _press in range(40):
        visitor.page.keyboard.press("ArrowRight")
    visitor.page.wait_for_function(
        "box => box.scrollLeft > 0", arg=wide.element_handle(), timeout=5_000
    )

    assert wide.get_attribute("role") == "group"
    assert wide.get_attribute("aria-label") == "Formula, can be scrolled"


def test_without_a_script_every_block_is_a_tab_stop(welcome: Callable[..., Visitor]) -> None:
    """As it comes from the server, a formula can be focused whether or not it is too wide."""
    visitor = welcome(**PHONE, java_script_enabled=False)
    visitor.go(FORMULAS)

    assert visitor.page.locator(".math-block").count() > 0
    assert visitor.page.locator(".math-block:not([tabindex='0'])").count() == 0


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("lesson-figure-first", "/courses/foundations/why-explain/"),
        ("lesson-debate", "/courses/foundations/black-boxes/"),
        ("lesson-puzzle", "/courses/transparent-models/linear-regression/"),
        ("lesson-failure", "/courses/explaining-any-model/permutation-importance/"),
        ("lesson-case", "/courses/shapley-values/probability-or-log-odds/"),
    ],
)
def test_a_lesson_of_each_shape_begins_with_something_to_do(
    welcome: Callable[..., Visitor], name: str, address: str
) -> None:
    """Whether it opens with a figure, a debate, a puzzle, a failure or a case: it has no violation.

    What opens it, a figure, a task or code, stands on the first two screens of a small window.
    """
    visitor = welcome(viewport={"width": 760, "height": 700}, service_workers="block")
    visitor.go(address)
    visitor.page.wait_for_load_state("networkidle")
    visitor.look(name)

    first = visitor.page.locator(".prose :is(figure, .task, .code-run)").first
    assert first.evaluate("box => box.getBoundingClientRect().top + scrollY") < 2 * 700


def test_a_figure_that_answers_fits_a_phone(welcome: Callable[..., Visitor]) -> None:
    """The first lesson's figure: a slider moves the picture and the sentence, nothing overflows."""
    visitor = welcome(**PHONE, has_touch=True, is_mobile=True)
    page = visitor.page
    visitor.go("/courses/foundations/why-explain/")
    figure = page.locator("figure[data-renderer=waterfall]")
    sentence = figure.get_by_role("status")
    expect(sentence).to_contain_text("=")
    before = sentence.inner_text()

    figure.get_by_role("slider").first.press("End")

    expect(sentence).not_to_have_text(before)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.keep("figure-phone", part="figure[data-renderer=waterfall]")
