"""Areas that scroll sideways can be reached by keyboard and have a name."""

from __future__ import annotations

import re

from config.environment import BASE_DIR

AREA = re.compile(r'<[a-z]+ class="scroll-x[^>]*>(?=\s*<(?:table|pre|svg))')


def test_every_area_that_scrolls_sideways_has_the_focus_and_a_name() -> None:
    """Each is in the tab order, has a role that takes a name, and the name."""
    found = {
        f"{path.name}: {area}": area
        for path in sorted(BASE_DIR.joinpath("templates").rglob("*.html"))
        for area in AREA.findall(path.read_text())
    }
    nameless = [
        place
        for place, area in found.items()
        if not (
            'tabindex="0"' in area
            and re.search('role="(group|region)"', area)
            and re.search('aria-label(ledby)?="', area)
        )
    ]

    assert len(found) > 20
    assert nameless == []
