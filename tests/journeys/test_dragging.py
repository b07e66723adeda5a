"""Dragging on the pictures of figures, by mouse and by finger: the same as moving the slider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from playwright.sync_api import expect

from tests.journeys.test_figures_that_answer import LESSON, WHY, explorers

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Locator

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser
DRAGGED: Final = {
    "attention": (0, 60),
    "fairness-threshold": (-60, 0),
    "heads": (0, 60),
    "layer-maps": (-90, 0),
    "lime-neighbourhood": (40, -40),
    "pdp-ice": (70, 0),
    "prediction": (50, 0),
    "waterfall": (50, 0),
}
"""Of each renderer with a handle: how far it is dragged, and then as far to the other side."""
FIGURES: Final = [
    ("/", "prediction"),
    *(one for one in explorers() if one[1] in DRAGGED),
]
VALUES: Final = "controls => controls.map((one) => `${one.value} ${one.checked}`).join()"
LIME: Final = "/courses/explaining-any-model/lime-on-tables/"
SENTENCE: Final = "p[role=status]:not(.quest__said)"
HEADS: Final = "/courses/inside-deep-networks/attention/"
FITTED: Final = """async () => {
  const figure = document.querySelector("figure[data-renderer=lime-neighbourhood]");
  const data = await (await fetch(figure.dataset.src)).json();
  const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
  const module = await import(loaded.find((name) => /figures\\/ridge/.test(name)));
  const rows = module.readRows(data);
  return data.table.slice(1).map((line) => {
    const lump = data.cases.find(({ label }) => label === line[0]);
    return [line.slice(2).map(Number), module.fitLocally(rows, lump, Number(line[1]))];
  });
}"""
"""Returns each line of LIME's table, and what the page computes for it."""
PICTURES_ARE_THERE: Final = """Promise.all(Array.from(document.images, (image) => {
  image.loading = "eager";
  return image.decode();
}))"""
"""A picture loaded on the way is a hair taller than its reserved place, and the page follows it."""
TWO_FRAMES = "new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))"


class Mouse:
    """A pointer that hovers, presses and moves."""

    def __init__(self, visitor: Visitor) -> None:
        self.mouse = visitor.page.mouse

    def press(self, x: float, y: float) -> None:
        """Press at a place."""
        self.mouse.move(x, y)
        self.mouse.down()

    def move(self, x: float, y: float) -> None:
        """Move there in some steps."""
        self.mouse.move(x, y, steps=4)

    def release(self) -> None:
        """Let go."""
        self.mouse.up()


class Finger:
    """A finger on the screen of a phone, as the browser's own events."""

    def __init__(self, visitor: Visitor) -> None:
        self.session: CDPSession = visitor.context.new_cdp_session(visitor.page)
        touch = {"enabled": True, "maxTouchPoints": 1}
        self.session.send("Emulation.setTouchEmulationEnabled", touch)
        self.at = (0.0, 0.0)

    def _send(self, kind: str, points: list[dict[str, Any]]) -> None:
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def press(self, x: float, y: float) -> None:
        """Put the finger down."""
        self.at = (x, y)
        self._send("touchStart", [{"x": x, "y": y}])

    def move(self, x: float, y: float) -> None:
        """Slide it there in some steps."""
        for share in (0.25, 0.5, 0.75, 1):
            place = {
                "x": self.at[0] + share * (x - self.at[0]),
                "y": self.at[1] + share * (y - self.at[1]),
            }
            self._send("touchMove", [place])
        self.at = (x, y)

    def release(self) -> None:
        """Lift it."""
        self._send("touchEnd", [])


def shown(visitor: Visitor, address: str, renderer: str) -> Locator:
    """Open a page, and return its figure once it answers."""
    visitor.go(address)
    figure = visitor.page.locator(f"figure[data-renderer={renderer}]")
    expect(figure.locator(SENTENCE)).not_to_be_empty()
    visitor.page.evaluate(PICTURES_ARE_THERE)
    return figure


def middle(part: Locator) -> tuple[float, float]:
    """Return the middle of what can be taken hold of, in the middle of the screen."""
    part.evaluate("one => one.scrollIntoView({ block: 'center', behavior: 'instant' })")
    box = part.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(("address", "renderer"), FIGURES)
def test_dragging_moves_what_the_slider_moves(
    visitor: Visitor, address: str, renderer: str, width: int
) -> None:
    """The sentence and the controls follow the pointer; the page stays; the keyboard goes on."""
    visitor.page.set_viewport_size({"width": width, "height": 844})
    figure = shown(visitor, address, renderer)
    pointer = Mouse(visitor) if width > 1000 else Finger(visitor)
    sentence, controls = figure.locator(SENTENCE), figure.locator("input, select")
    x, y = middle(figure.locator(".handle").first)
    right, down = DRAGGED[renderer]
    scrolled = visitor.page.evaluate("scrollY")
    told, values = [sentence.inner_text()], [controls.evaluate_all(VALUES)]

    pointer.press(x, y)
    for side in (1, -1):
        pointer.move(x + side * right, y + side * down)
        visitor.page.evaluate(TWO_FRAMES)  # the browser hands moves of a finger on with a frame
        told.append(sentence.inner_text())
        values.append(controls.evaluate_all(VALUES))
    pointer.release()

    assert len(set(told)) > 1
    assert len(set(values)) > 1
    assert visitor.page.evaluate("scrollY") == scrolled
    visitor.page.mouse.move(x, y)
    assert sentence.inner_text() == told[-1], "it moves although the pointer has let go"


@pytest.mark.parametrize("address", [WHY, LESSON])
def test_a_bar_goes_where_it_is_dragged(visitor: Visitor, address: str) -> None:
    """Dragged to both ends of the picture, the first bar is shorter at one than at the other."""
    figure = shown(visitor, address, "waterfall")
    pointer = Mouse(visitor)
    picture = figure.get_by_role("img")
    x, y = middle(figure.locator(".handle").first)
    box = picture.bounding_box()
    assert box is not None
    places = []

    pointer.press(x, y)
    for end in (box["x"] + 4, box["x"] + box["width"] - 4):
        pointer.move(end, y)
        places.append(middle(figure.locator(".handle").first)[0])
    pointer.release()

    assert places[0] < places[1]


def test_a_finger_scrolls_the_page_over_a_picture(visitor: Visitor) -> None:
    """A swipe that begins beside the handles scrolls, and changes nothing in the figure."""
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    figure = shown(visitor, LESSON, "waterfall")
    finger = Finger(visitor)
    sentence = figure.get_by_role("status")
    before = sentence.inner_text()
    middle(figure.get_by_role("img"))
    box = figure.get_by_role("img").bounding_box()
    assert box is not None
    x, y = box["x"] + 12, box["y"] + 40  # at the left edge, where no bar ends
    scrolled = visitor.page.evaluate("scrollY")

    finger.press(x, y)
    finger.move(x, y - 240)
    finger.release()

    visitor.page.wait_for_function("before => scrollY > before + 100", arg=scrolled)
    assert sentence.inner_text() == before


def test_a_tap_chooses_a_row_of_a_matrix(visitor: Visitor) -> None:
    """On a phone one need not find the handle: what is tapped is what a drag would reach."""
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    figure = shown(visitor, HEADS, "heads")
    finger = Finger(visitor)
    sentence = figure.get_by_role("status")
    before = sentence.inner_text()
    x, y = middle(figure.locator("svg text", has_text="[SEP]").last)

    finger.press(x, y)
    finger.release()

    expect(sentence).not_to_have_text(before)


def test_the_page_fits_what_lime_fits(visitor: Visitor) -> None:
    """For each lump and width of the table, the browser's local model is scikit-learn's."""
    shown(visitor, LIME, "lime-neighbourhood")

    lines = visitor.page.evaluate(FITTED)

    assert len(lines) > 20
    for (first, second, fit, rows), found in lines:
        assert found["weights"] == pytest.approx([first, second], abs=0.006)
        assert found["fit"] == pytest.approx(fit, abs=0.006)
        assert found["rows"] == pytest.approx(rows, abs=0.6)
