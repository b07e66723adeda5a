"""The typeface of a certificate's page is the PDF's, cut to the characters of names."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Final

import pytest
from fontTools.ttLib import TTFont

from config.environment import BASE_DIR
from courses.certificates.page_font import CHARACTERS, FILE, bundled_font, cut

STYLES: Final = BASE_DIR / "config/static/css/certificate.css"
MOST_BYTES: Final = 28_000


def test_the_file_is_what_typst_s_font_gives() -> None:
    """A new typst with another Libertinus asks for the file to be cut anew."""
    kept, anew = TTFont(FILE), cut()

    assert kept.getGlyphOrder() == anew.getGlyphOrder()
    for table in ("CFF ", "hmtx", "GPOS", "cmap"):
        assert kept.getTableData(table) == _packed(anew).getTableData(table)


def _packed(font: TTFont) -> TTFont:
    """Return a font as it is when it has been written and read."""
    written = BytesIO()
    font.save(written)
    written.seek(0)
    return TTFont(written)


def test_the_file_is_small_and_holds_the_characters_it_promises() -> None:
    """Names from Łódź to Reykjavík in one typeface, in the room that the page has."""
    assert FILE.stat().st_size <= MOST_BYTES
    assert set(TTFont(FILE).getBestCmap()) == set(CHARACTERS)
    assert {ord(letter) for letter in "Łódź, Škoda, Ólafsdóttir, Nguyên"} <= set(CHARACTERS)


def test_the_style_sheet_asks_for_the_file_for_these_characters_only() -> None:
    """A letter that the file lacks does not fetch it."""
    declared = re.search(r"unicode-range: ([^;]+);", STYLES.read_text(encoding="utf-8"))
    assert declared
    named: set[int] = set()
    for part in declared[1].split(","):
        low, _dash, high = part.strip().removeprefix("U+").partition("-")
        named |= set(range(int(low, 16), int(high or low, 16) + 1))

    assert named == set(CHARACTERS)


def test_a_font_that_typst_does_not_bring_is_refused() -> None:
    """The module does not write another typeface in its place."""
    with pytest.raises(LookupError, match="brings no Comic Sans Regular"):
        bundled_font("Comic Sans")
