"""Sheets: one picture of a page at three widths in two themes, small enough for the documentation.

``WHYBOX_KEEP_SCREENSHOTS=after`` (or ``before``) keeps ``design-<page>-after.png``; without it the
pages are only checked.
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Final, Literal

from PIL import Image

from tests.journeys.live_site import SCREENSHOTS, UNFOLD

if TYPE_CHECKING:
    from tests.journeys.live_site import Visitor

WIDTHS: Final = (1280, 768, 390)
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
TALLEST: Final = 1500
"""CSS pixels of a page that a sheet shows."""
GAP: Final = 16
MOST_BYTES: Final = 85_000
SCALES: Final = (0.4, 0.36, 0.32, 0.28, 0.24, 0.2)
"""Tried in this order until a sheet is small enough."""
PALETTE: Final = (
    "ffffff f4f7f5 e8eeeb d2dbd6 b4beb9 71807a 4b5954 2c3835 15201d 07594a 7fa69d dfeee9 e5a313"
    " fcf1d5 14603a def1e5 7a4700 fdeed2 9d241c fbe6e3 1c4c8c e3ecf9 b84e12 2566ab 0e1513 151e1b"
    " 1d2925 2b3934 7b8b84 a9b7b1 e7edea 74d5bb 16332b f0b93f 392e12 7fd6a3 14321f f2bd6b 38290f"
    " ff9f94 3b1b18 9fc6ff 182b47 f39a63 77b3ef 9aa5a0"
)
"""The site's own colours in both themes, and what lies between ink and ground."""
MOMENTS: Final = ("before", "after")


def moment() -> str:
    """Return the moment that sheets are kept for, or nothing."""
    when = os.environ.get("WHYBOX_KEEP_SCREENSHOTS", "")
    return when if when in MOMENTS else ""


def show(
    visitor: Visitor, name: str, path: str | None, *, axe: bool = False, start: str = "body"
) -> None:
    """Check that a page fits three widths, and keep its sheet where it is asked for.

    Args:
        visitor: who looks at it.
        name: of the sheet.
        path: of the page; None if the visitor is on it, in a state that no address leads to.
        axe: also check it with axe in both themes, where no other journey does.
        start: selector of the element that the sheet begins with.
    """
    page = visitor.page
    if path is not None:
        visitor.go(path)
    rows: list[list[Image.Image]] = []
    for theme in THEMES if moment() else THEMES[:1]:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        row: list[Image.Image] = []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 860})
            assert visitor.sideways() == 0, f"{name} at {width}"
            if moment():
                row.append(picture(visitor, start))
        rows.append(row)
    page.set_viewport_size({"width": 1280, "height": 860})
    if axe:
        visitor.look(name, shot=False)
    keep(name, rows)


def show_forced_colours(visitor: Visitor, name: str, paths: list[str]) -> None:
    """Check pages in forced colours, light and dark; keep them side by side on one sheet."""
    page = visitor.page
    rows: list[list[Image.Image]] = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, forced_colors="active", reduced_motion="reduce")
        row: list[Image.Image] = []
        for path in paths:
            visitor.go(path)
            assert visitor.sideways() == 0, f"{path} in forced colours"
            if moment():
                row.append(picture(visitor))
        rows.append(row)
    page.emulate_media(color_scheme="light", forced_colors="none")
    keep(name, rows)


def picture(visitor: Visitor, start: str = "body") -> Image.Image:
    """Return the upper part of the page, or of what begins with an element, as it is shown now."""
    page = visitor.page
    page.wait_for_load_state("networkidle")
    page.evaluate(UNFOLD)
    width, tall = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    top = page.locator(start).first.evaluate("(found) => found.getBoundingClientRect().top")
    clip = {"x": 0, "y": top, "width": width, "height": min(tall - top, TALLEST)}
    taken = page.screenshot(full_page=True, clip=clip, caret="initial")  # type: ignore[arg-type]
    return Image.open(io.BytesIO(taken))


def keep(name: str, rows: list[list[Image.Image]]) -> None:
    """Write the pictures as a sheet, if sheets are asked for."""
    if moment():
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (SCREENSHOTS / f"design-{name}-{moment()}.png").write_bytes(joined(rows))


def joined(rows: list[list[Image.Image]]) -> bytes:
    """Return the pictures in rows as one PNG, made as small as the bound asks for."""
    palette = Image.new("P", (1, 1))
    palette.putpalette(bytes.fromhex(PALETTE))
    for scale in SCALES:
        packed = io.BytesIO()
        reduced = _sheet(rows, scale).quantize(palette=palette, dither=Image.Dither.NONE)
        reduced.save(packed, "PNG", optimize=True)
        if packed.tell() <= MOST_BYTES:
            break
    return packed.getvalue()


def _sheet(rows: list[list[Image.Image]], scale: float) -> Image.Image:
    small = [
        [
            one.resize((round(one.width * scale), round(one.height * scale)), Image.Resampling.BOX)
            for one in row
        ]
        for row in rows
    ]
    width = max(sum(one.width for one in row) + GAP * (len(row) + 1) for row in small)
    height = sum(max(one.height for one in row) + GAP for row in small) + GAP
    sheet = Image.new("RGB", (width, height), "#9aa5a0")
    top = GAP
    for row in small:
        left = GAP
        for one in row:
            sheet.paste(one, (left, top))
            left += one.width + GAP
        top += max(one.height for one in row) + GAP
    return sheet
