"""Tables that are wider than a phone: the cut side is hinted, and only while something is cut."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final, Literal

import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.journeys.live_site import Visitor

pytestmark = pytest.mark.browser

EMPTY: Final = """(area) => {
  area.firstElementChild.style.visibility = "hidden";
  return area.scrollWidth - area.clientWidth;
}"""
"""Leaves the ground of an area, which is as wide as before; returns by how much it is cut."""
TO_THE_END: Final = "(area) => { area.scrollLeft = area.scrollWidth; }"
INSIDE: Final = 3
"""Pixels from an area's edge that are within its border."""


def sides(area: Locator) -> tuple[bool, bool]:
    """Say at which of its two sides, left and right, the ground of an area is another one."""
    picture = Image.open(io.BytesIO(area.screenshot(caret="initial"))).convert("RGB")
    middle = picture.height // 2
    ground = picture.getpixel((picture.width // 2, middle))
    edges = (INSIDE, picture.width - 1 - INSIDE)
    left, right = (picture.getpixel((x, middle)) != ground for x in edges)
    return left, right


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("forced", ["none", "active"])
def test_what_is_cut_off_at_a_side_is_hinted_there(
    welcome: Callable[..., Visitor],
    theme: Literal["light", "dark"],
    forced: Literal["none", "active"],
) -> None:
    """At the right before one scrolls, at the left at the end; in forced colours too."""
    guide = welcome(service_workers="block", reduced_motion="reduce")
    guide.page.set_viewport_size({"width": 390, "height": 780})
    guide.page.emulate_media(color_scheme=theme, forced_colors=forced)
    guide.show("styleguide.html")
    area = guide.page.locator(".scroll-x:has(> .table:not(.table--list))").first
    assert area.evaluate(EMPTY) > 0

    assert sides(area) == (False, True)
    area.evaluate(TO_THE_END)
    assert sides(area) == (True, False)
