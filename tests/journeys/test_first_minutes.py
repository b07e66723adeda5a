"""The first minutes: what moves on the home page, and how few clicks lead to an explanation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from courses.pages import home_example
from tests.journeys.answers import sample, solution
from tests.journeys.live_site import GRADE_MILLISECONDS, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser
FIGURE = "figure[data-renderer='prediction'][data-ready]"
MOST_CLICKS_TO_AN_EXPLANATION = 3
MOST_CLICKS_TO_A_PASSED_EXERCISE = 6


def said(page: Page) -> str:
    """Return the sentence of the prediction, with minus sign and space of a keyboard."""
    sentence = page.locator(f"{FIGURE} .prediction__sentence").inner_text()
    return sentence.replace("\u2212", "-").replace("\u00a0", " ")


def numbers(sentence: str) -> tuple[float, list[float], float]:
    """Return base value, contributions and total of a sentence."""
    found = re.search(r"([-+\d.]+) % ((?:[-+][\d.]+ )+)= ([\d.]+) %", sentence)
    assert found, sentence
    return float(found[1]), [float(step) for step in found[2].split()], float(found[3])


def bars(page: Page) -> list[float]:
    """Return where the bars begin, in per cent of their picture's width."""
    places: list[float] = page.locator(f"{FIGURE} rect:is(.positive, .negative)").evaluate_all(
        "bars => bars.map((bar) => parseFloat(bar.getAttribute('x')))"
    )
    return places


def test_the_prediction_moves_at_once_and_adds_up(
    welcome: Callable[..., Visitor],
) -> None:
    """By keyboard alone; what is written adds up to the last digit at every stop."""
    visitor = welcome(reduced_motion="reduce")
    page = visitor.page
    visitor.go("/")
    expect(page.locator(FIGURE)).to_be_visible()
    before, places = said(page), bars(page)
    page.get_by_label("oxygen (%)").focus()
    for _ in range(12):
        page.keyboard.press("ArrowLeft")
        base, steps, total = numbers(said(page))
        assert round(base + sum(steps), 1) == total
    assert said(page) != before
    assert bars(page) != places
    page.get_by_role("radio", name="portable").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="fixed")).to_be_checked()
    base, steps, total = numbers(said(page))
    assert round(base + sum(steps), 1) == total
    assert steps[3] < 0
    visitor.look("home-moved")


def test_the_prediction_says_what_the_lesson_s_table_says(visitor: Visitor) -> None:
    """The page computes exact Shapley values: those of the table, which shap has computed."""
    page = visitor.page
    visitor.go("/")
    expect(page.locator(FIGURE)).to_be_visible()
    row = page.locator(f"{FIGURE} tbody tr").first.locator("td").all_text_contents()
    in_table = [
        float(cell) for cell in re.findall(r"\(([^)]+)\)", " ".join(row).replace("\u2212", "-"))
    ]
    base, steps, total = numbers(said(page))

    assert len(in_table) == len(steps) == 4
    assert max(abs(one - other) for one, other in zip(steps, in_table, strict=True)) <= 0.11
    assert f"{base:.1f}\u00a0%" == row[5]
    assert f"{total:.1f}\u00a0%" == row[6]


def test_the_questions_come_one_at_a_time_and_are_answered_when_reached(
    welcome: Callable[..., Visitor],
) -> None:
    """By keyboard: another value than the one asked for does not answer; the last leads back."""
    page = (visitor := welcome(reduced_motion="reduce")).page
    visitor.go("/")
    quest = page.locator(f"{FIGURE} .quest")
    answer, button = quest.get_by_role("status"), quest.get_by_role("button")
    expect(quest).to_contain_text("1/2")
    page.get_by_label("oxygen (%)").press("End")
    page.get_by_role("radio", name="portable").press("ArrowLeft")
    expect(page.locator(".prediction__total")).to_have_text("1.3 %")
    expect(answer).to_be_empty()  # below 10 %, but two values have been changed

    button.press("Enter")  # Show me
    expect(answer).to_contain_text("The scanner: 1.6 %")
    expect(page.locator(".prediction__total")).to_have_text("1.6 %")
    button.press("Enter")  # Next question
    expect(quest).to_contain_text("2/2")
    expect(answer).to_be_empty()
    visitor.look("home-question", within=".quest")
    page.get_by_label("temperature").press("End")
    expect(answer).to_contain_text("An ill patient")
    button.press("Enter")  # Start again
    expect(quest).to_contain_text("1/2")
    expect(page.locator(".prediction__total")).to_have_text("48.1 %")
    expect(button).to_be_focused()


def test_a_phone_shows_slider_and_bar_together(welcome: Callable[..., Visitor]) -> None:
    """On a phone each bar stands right below its slider, and nothing overflows."""
    visitor = welcome(viewport={"width": 390, "height": 844}, has_touch=True)
    page = visitor.page
    visitor.go("/")
    expect(page.locator(FIGURE)).to_be_visible()
    heights = page.locator(".prediction__line").evaluate_all(
        "lines => lines.map((line) => line.getBoundingClientRect().height)"
    )
    assert max(heights) < 150
    assert page.locator(".prediction").evaluate("it => it.getBoundingClientRect().height") < 700
    assert visitor.sideways() == 0


def test_without_a_script_there_is_a_picture_with_its_sentence(
    welcome: Callable[..., Visitor],
) -> None:
    """The still picture of the same prediction, and the sum in words."""
    visitor = welcome(java_script_enabled=False)
    page = visitor.page
    visitor.go("/")
    figure = page.locator("figure[data-renderer='prediction']")
    expect(figure.locator(".still img:visible")).to_have_count(1)
    expect(figure.locator(".still p")).to_contain_text("= 48.1 %")
    expect(figure.get_by_role("slider")).to_have_count(0)


def test_few_clicks_lead_to_an_explanation_and_to_a_passed_exercise(
    visitor: Visitor, email: str
) -> None:
    """Three clicks at most to the first explanation, six to the first exercise that passes.

    The wrong notebook of the home page gets here what the home page shows of it.
    """
    page = visitor.page
    clicks = 0
    visitor.go("/")
    expect(page.locator(FIGURE)).to_be_visible()  # an explanation without a click
    visitor.follow(page.get_by_role("link", name="Start learning"))
    clicks += 1
    expect(page.locator("figure.interactive").first).to_be_visible()
    assert clicks <= MOST_CLICKS_TO_AN_EXPLANATION

    visitor.go("/")
    clicks = 1
    visitor.follow(page.get_by_role("link", name="Try this exercise"))
    visitor.follow(page.get_by_role("banner").get_by_role("link", name="Sign up"))
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    visitor.follow(page.get_by_role("main").get_by_role("button", name="Sign up"))
    clicks += 2
    expect(page).to_have_url(f"{visitor.site.address}/exercises/{home_example.EXERCISE}/")
    visitor.submit(home_example.EXERCISE, solution(home_example.EXERCISE))
    clicks += 3  # the tab, the file, the button
    expect(page.locator(".verdict--pass")).to_be_visible(timeout=GRADE_MILLISECONDS)
    assert clicks <= MOST_CLICKS_TO_A_PASSED_EXERCISE
    expect(page).to_have_title(re.compile("^Passed · Attempt 1"))

    visitor.submit(home_example.EXERCISE, sample(home_example.EXERCISE, home_example.SAMPLE))
    expect(page.locator(".verdict--fail")).to_be_visible(timeout=GRADE_MILLISECONDS)
    expect(page.locator("#verdict-title")).to_have_text(str(home_example.MESSAGE))
    verdict = page.locator(".verdict")
    expect(verdict).to_contain_text(str(home_example.QUESTION))
    expect(verdict.locator(".score")).to_contain_text(str(home_example.SCORE))
    cells = page.locator("table", has=page.get_by_text("Row 26")).locator("tbody tr")
    shown = {
        line.locator("th").text_content(): line.locator("td").all_text_contents()
        for line in cells.all()
    }
    for name, own, low, high in home_example.VALUES:
        in_page = [float(text.replace("\u2212", "-")) for text in shown[name][:3]]
        assert [round(value, 2) for value in in_page] == [
            pytest.approx(value, abs=0.011) for value in (own, low, high)
        ]
    page.locator("iframe.frame").scroll_into_view_if_needed()
    executed = page.frame_locator("iframe.frame")
    gap = executed.get_by_text("largest gap:").last
    expect(gap).to_be_visible()
    printed = re.search(r"largest gap: (\S+)", gap.inner_text())
    assert printed
    # Nearly zero on every machine; its last digits are the order in which sums are taken.
    assert float(printed[1]) < 1e-5
