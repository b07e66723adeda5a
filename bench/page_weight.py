"""What a browser fetches to show a page, in bytes as sent: counted from the page's own references.

Figures and pictures are not counted; the renderers of figures are named as they are drawn.
"""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 100_000
"""Of a page with its styles, scripts and fonts."""
NAMED: Final = re.compile(r"""\s(?:href|src)="/static/([^"]+\.(?:css|js|woff2))\"""")
"""What a page names. A script that is loaded on demand stands in a data attribute."""
LATER: Final = re.compile(r"""\sdata-[a-z-]+="/static/([^"]+\.(?:css|js))\"""")
IMPORTED: Final = re.compile(r"""\b(?:import|export)\b(?:[\s\w{},*$]*?\bfrom)?\s*"(\.[^"]+)\"""")
IMPORTED_LATER: Final = re.compile(r"""\bimport\("(\.[^"]+)"\)""")
EMPHASIS: Final = re.compile(r"<(?:em|i|cite|dfn|var)\b")
ITALICS: Final = ("fonts/text-italic.woff2",)
"""What a browser fetches for a page with text in italics; the styles name it."""


def loaded(body: bytes, *, static: Path) -> tuple[int, int]:
    """Return the bytes that a page asks for on opening, and those that its scripts load later.

    Args:
        body: the page, as sent.
        static: the folder of the collected static files.
    """
    html = (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode()
    named = {Path(name) for name in NAMED.findall(html)}
    if EMPHASIS.search(html):
        named |= {Path(name) for name in ITALICS}
    opening = _closure(named, IMPORTED, static=static)
    later = _closure(
        opening | {Path(name) for name in LATER.findall(html)},
        IMPORTED,
        IMPORTED_LATER,
        static=static,
    )
    return _sent(opening, static=static), _sent(later - opening, static=static)


def imports(module: str, *patterns: re.Pattern[str]) -> list[str]:
    """Return the relative names that a module's text imports."""
    return [name for pattern in patterns for name in pattern.findall(module)]


def _closure(files: set[Path], *patterns: re.Pattern[str], static: Path) -> set[Path]:
    """Return files of the site's static ones with all that their modules import."""
    found: set[Path] = set()
    left = list(files)
    while left:
        file = left.pop()
        if file in found:
            continue
        found.add(file)
        if file.suffix == ".js" and file.parts[0] != "vendor":
            names = imports((static / file).read_text(), *patterns)
            left += [Path(os.path.normpath(file.parent / name)) for name in names]
    return found


def _sent(files: set[Path], *, static: Path) -> int:
    """Return the bytes of static files, compressed where they are sent so."""
    total = 0
    for name in files:
        file = static / name
        packed = file.with_name(f"{file.name}.gz")
        total += (packed if packed.exists() else file).stat().st_size
    return total
