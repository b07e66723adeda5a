"""Figures that answer to the reader: moved by keyboard, told in words, readable as a table."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any, Final

import pytest
from playwright.sync_api import expect

from courses.authoring.programs import PROGRAMS, workbench_python
from tests.journeys.live_site import CONTENT

if TYPE_CHECKING:
    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser
LESSON = "/courses/foundations/shap-in-ten-minutes/"
ROUNDING = 0.03
"""Six numbers of two decimals that were rounded one by one."""
KEYS: Final = {
    "range": ("Home", "End"),
    "select-one": ("ArrowDown",),
    "radio": ("ArrowDown",),
}
"""What moves a control; the others are pressed by the space bar."""
WHY: Final = "/courses/foundations/why-explain/"
PLACES: Final = (0.618, 0.414, 0.732, 0.236)
"""Steps that scatter forty places over the ranges of four sliders."""
QUESTIONED: Final = """
import json, sys
sys.path[:0] = sys.argv[1:3]
import figures
rows = [
    [f["low"] + round((f["high"] - f["low"]) / f["step"] * u) * f["step"]
     for f, u in zip(figures.FEATURES, row)]
    for row in json.load(sys.stdin)
]
base, values = figures.shares(rows)
json.dump({"rows": rows, "base": base, "values": values.tolist()}, sys.stdout)
"""
"""Asks shap for the values of rows that are given as places between each slider's ends."""
EXPLAINED: Final = """async ([model, rows]) => {
  const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
  const module = await import(loaded.find((name) => /figures\\/trees/.test(name)));
  const explain = module.explainer(model);
  return rows.map(explain);
}"""

CROSSED: Final = """picture => {
  const words = [...picture.querySelectorAll("text")].map((it) => [it.textContent, it.getBBox()]);
  const lines = [...picture.querySelectorAll(":scope > line")].map((line) => line.getBBox());
  return words.filter(([, word]) => lines.some(({ x, y, height }) =>
    word.x < x && x < word.x + word.width
    && y < word.y + word.height - 0.5 && word.y + 0.5 < y + height))
    .map(([text]) => text);
}"""
"""Returns the words that a line of the picture runs through."""


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

    slider.press("End")

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
    visitor.keep("what-if-explorer", part="figure[data-renderer=waterfall]")

    figure.get_by_text("Show as table").click()

    rows = figure.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(1 + buttons.count())
    visitor.look("what-if-explorer", shot=False)


@pytest.mark.parametrize("address", [WHY, LESSON])
def test_no_line_of_a_waterfall_runs_through_a_word(visitor: Visitor, address: str) -> None:
    """From each example on, a hairline stops above the words that it meets and goes on below."""
    visitor.go(address)
    figure = visitor.page.locator("figure[data-renderer=waterfall]")
    picture = figure.get_by_role("img")
    buttons = figure.get_by_role("group").get_by_role("button")
    expect(buttons.first).to_be_visible()

    for button in buttons.all():
        button.click()
        assert picture.evaluate(CROSSED) == []
        figure.get_by_role("slider").first.press("End")
        assert picture.evaluate(CROSSED) == []
    expect(picture.locator("> line").nth(3)).to_be_attached()


@pytest.mark.parametrize("address", [WHY, LESSON])
def test_the_browser_computes_what_shap_computes(visitor: Visitor, address: str) -> None:
    """Each example's sentence holds the numbers of the table, which come from shap."""
    visitor.go(address)
    figure = visitor.page.locator("figure[data-renderer=waterfall]")
    figure.get_by_text("Show as table").click()
    rows = figure.get_by_role("table").get_by_role("row").all()[1:]
    buttons = figure.get_by_role("group").get_by_role("button").all()

    for button, row in zip(buttons, rows, strict=False):
        button.click()

        cells = [cell.inner_text() for cell in row.get_by_role("cell").all()]
        shares = [told_numbers(cell.partition("(")[2])[0] for cell in cells[1:5]]
        base, total = (told_numbers(cell)[0] for cell in cells[5:7])
        told = told_numbers(figure.get_by_role("status").inner_text())
        assert told[:6] == pytest.approx([base, *shares, total], abs=0.011)


def test_the_first_figure_is_exact_between_its_examples(visitor: Visitor) -> None:
    """At forty places of the sliders, scattered, the browser's values are shap's."""
    folder = CONTENT / "courses" / "foundations" / "01-why-explain"
    model = json.loads((folder / "figures" / "patient.json").read_text())["model"]
    asked = subprocess.run(
        [str(workbench_python()), "-c", QUESTIONED, str(folder), str(PROGRAMS)],
        input=json.dumps([[k * step % 1 for step in PLACES] for k in range(40)]),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    expected: dict[str, Any] = json.loads(asked.stdout)
    visitor.go(WHY)
    expect(visitor.page.locator("figure[data-renderer=waterfall] [role=status]")).to_be_visible()

    computed = visitor.page.evaluate(EXPLAINED, [model, expected["rows"]])

    for got, values in zip(computed, expected["values"], strict=True):
        assert got["base"] == pytest.approx(expected["base"], abs=1e-6)
        assert got["shares"] == pytest.approx(values, abs=1e-6)


def test_the_first_figure_fits_a_phone_and_comes_before_the_text(visitor: Visitor) -> None:
    """Sliders and waterfall share one screen of 390 pixels' width, above the first heading."""
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.go(WHY)
    figure = visitor.page.locator("figure[data-renderer=waterfall]")
    expect(figure.get_by_role("status")).to_be_visible()
    stage = figure.locator(".stage").bounding_box()
    heading = visitor.page.locator("main h2").first.bounding_box()

    assert stage is not None
    assert heading is not None
    assert stage["height"] < 600
    assert stage["x"] + stage["width"] <= 390
    assert stage["y"] + stage["height"] < heading["y"]


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
        for key in KEYS.get(str(control.evaluate("control => control.type")), ("Space",)):
            control.press(key)
            told.add(sentence.inner_text())

    assert len(told) > 1
    expect(figure.get_by_role("img")).to_have_attribute("aria-label", re.compile(r"\w+ .*\d"))
    figure.get_by_text("Show as table").press("Enter")
    assert figure.get_by_role("row").count() > 2


@pytest.mark.parametrize(("address", "renderer"), explorers())
def test_controls_and_picture_share_one_screen(
    visitor: Visitor, address: str, renderer: str
) -> None:
    """At 1280 by 800 one sees what one moves and reads what it says; no line crosses a label."""
    visitor.page.set_viewport_size({"width": 1280, "height": 800})
    visitor.go(address)
    figure = visitor.page.locator(f"figure[data-renderer={renderer}]")
    expect(figure.get_by_role("status")).not_to_be_empty()
    stage, question = (
        figure.locator(".stage"),
        figure.locator(".interactive-question, figcaption").first,
    )

    box = stage.bounding_box()
    assert box is not None
    assert box["height"] < 700
    controls = stage.locator("input, select").evaluate_all(
        "controls => Math.max(...controls.map((one) => one.getBoundingClientRect().right))"
    )
    told = stage.get_by_role("status").bounding_box()
    assert told is not None
    assert told["y"] + told["height"] <= box["y"] + box["height"] + 1
    picture = stage.get_by_role("img")
    assert controls < picture.evaluate("one => one.getBoundingClientRect().left")
    assert picture.evaluate(
        "one => [...one.children].map((child) => child.localName).join(' ')"
        ".search(/text (?!text)/) === -1"
    )
    assert question.evaluate(
        "one => one.getBoundingClientRect().bottom"
        " <= one.parentElement.querySelector('.stage').getBoundingClientRect().top"
    )
