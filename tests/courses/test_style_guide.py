"""The style guide shows what the site uses: every token, every drawing, the rules."""

from __future__ import annotations

import re

from django.template.loader import render_to_string

from courses.catalogue.illustrations import COURSES, STATES
from courses.templatetags.design_tokens import FILE, design_tokens


def test_every_token_of_the_style_sheet_is_shown() -> None:
    """Read from the file itself, so that none is forgotten and none is invented."""
    text = FILE.read_text()
    names = re.findall(r"^  --([\w-]+):", text[text.index(":root {") :], re.MULTILINE)

    shown = [token for group in design_tokens() for token in group.tokens]
    page = render_to_string("styleguide.html")

    assert [token.name for token in shown] == names
    assert {"colour", "size", "space", "other"} == {token.kind for token in shown}
    for token in shown:
        assert f"<code>--{token.name}</code>" in page


def test_colours_are_pairs_for_both_themes() -> None:
    """What is shown as a colour has a value for each theme."""
    colours = [t for group in design_tokens() for t in group.tokens if t.kind == "colour"]

    assert len(colours) > 20
    assert all(len(colour.pair) == 2 for colour in colours)


def test_the_rules_and_all_drawings_are_there() -> None:
    """Space, type, motion, states and the drawings have their sections; each entry leads to one."""
    page = render_to_string("styleguide.html")

    drawings = page[page.index('id="illustrations"') : page.index('id="boxes"')]
    assert drawings.count('class="illustration"') == len(COURSES) + len(STATES)
    for heading in ("Space", "Type", "Motion"):
        assert f"<dt>{heading}</dt>" in page
    contents = page[page.index('aria-label="On this page"') :]
    for place in re.findall(r'href="#([\w-]+)"', contents[: contents.index("</aside>")]):
        assert f'id="{place}"' in page
