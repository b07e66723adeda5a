"""The typeface of a certificate's page: ``python -m courses.certificates.page_font`` cuts it.

The PDF is set in Libertinus Serif, which typst brings along inside its extension module. A visitor
has it rarely, so the page loads the letters that names and courses are written with, from a file
that this module cuts and that is committed. Cutting needs fontTools, serving does not.
"""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typst
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

if TYPE_CHECKING:
    from collections.abc import Iterator

FAMILY: Final = "Libertinus Serif"
FILE: Final = Path(__file__).resolve().parents[2] / "config/static/fonts/certificate.woff"
CHARACTERS: Final = (
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),  # Latin-1 and Latin Extended-A: most names of Europe
    *(0x2013, 0x2014, 0x2018, 0x2019, 0x201A, 0x201C, 0x201D, 0x201E),
    *(0x2022, 0x2026, 0x202F, 0x2039, 0x203A, 0x2212),
)
"""Others are the visitor's own serif's, as in the PDF they are another font's."""
FEATURES: Final = ["ccmp", "kern", "liga", "locl", "mark"]

_OPENTYPE: Final = re.compile(rb"OTTO")
_TABLE: Final = struct.Struct(">4sLLL")
_HEADER_BYTES: Final = 12
_MOST_TABLES: Final = 64


def bundled_font(family: str = FAMILY, style: str = "Regular") -> TTFont:
    """Return a font that typst brings along.

    Raises:
        LookupError: it has no such font.
    """
    for module in sorted(Path(typst.__file__).parent.glob("_typst*")):
        for font in _fonts_within(module.read_bytes()):
            names = font["name"]
            if (names.getBestFamilyName(), names.getBestSubFamilyName()) == (family, style):
                return font
    message = f"typst brings no {family} {style}."
    raise LookupError(message)


def _fonts_within(library: bytes) -> Iterator[TTFont]:
    """Yield the OpenType fonts of a library, which holds each as it would lie on a disk."""
    for found in _OPENTYPE.finditer(library):
        at = found.start()
        (count,) = struct.unpack_from(">H", library, at + 4)
        if not 0 < count <= _MOST_TABLES:
            continue
        rows = [
            _TABLE.unpack_from(library, at + _HEADER_BYTES + row * _TABLE.size)
            for row in range(count)
        ]
        tags = [tag for tag, _sum, _offset, _length in rows]
        length = max(offset + length for _tag, _sum, offset, length in rows)
        if b"CFF " in tags and b"name" in tags and at + length <= len(library):
            yield TTFont(io.BytesIO(library[at : at + length]), recalcTimestamp=False)


def cut() -> TTFont:
    """Return the certificate's font with `CHARACTERS` alone."""
    font = bundled_font()
    options = Options(layout_features=FEATURES, hinting=False, name_IDs=[0, 1, 2, 4, 13, 14])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=CHARACTERS)
    subsetter.subset(font)
    font.flavor = "woff"
    return font


if __name__ == "__main__":
    cut().save(FILE)
