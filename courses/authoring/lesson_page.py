"""A lesson's Markdown as a page: its six sections, and the answers of "Check yourself" folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from courses.markup.problems import Problem
from courses.markup.rendering import Page, Rendering, Source, html_token

if TYPE_CHECKING:
    from markdown_it.token import Token

SECTIONS: Final = (
    "why-it-matters",
    "intuition",
    "method",
    "code",
    "how-one-is-misled",
    "check-yourself",
)
"""Anchors of the six sections of a lesson, the same in every language."""
SECTION_TITLES: Final = tuple(anchor.replace("-", " ").capitalize() for anchor in SECTIONS)
SECTION_LEVEL: Final = 2


def render_lesson(text: str, source: Source) -> Page:
    """Return a lesson's Markdown as a page.

    Raises:
        InvalidContentError: a section is missing, or as `render_page`.
    """
    return _LessonRendering(text, source).page()


class _LessonRendering(Rendering):
    """A rendering that expects the sections of a lesson."""

    def anchor(self, token: Token, title: str) -> str:
        order = sum(entry.level == SECTION_LEVEL for entry in self.contents)
        if token.tag == "h2" and order < len(SECTIONS):
            return SECTIONS[order]
        return super().anchor(token, title)

    def check(self) -> None:
        titles = [entry.title for entry in self.contents if entry.level == SECTION_LEVEL]
        if self.source.language == "en":
            right = titles == list(SECTION_TITLES)
        else:
            right = len(titles) == len(SECTIONS)
        if not right:
            wanted = " / ".join(f"## {title}" for title in SECTION_TITLES)
            reason = (
                f"A lesson has exactly these level-2 headings, in this order: {wanted}. "
                f"Found: {' / '.join(titles) or 'none'}."
            )
            self.problems.append(Problem(self.source.file, self.source.skipped_lines + 1, reason))

    def arrange(self, tokens: list[Token]) -> list[Token]:
        return _with_folded_answers(tokens)


def _with_folded_answers(tokens: list[Token]) -> list[Token]:
    """Return the tokens, each question of the last section folded over its answer."""
    folded: list[Token] = []
    in_section = is_open = False
    for token in tokens:
        at_top = token.level == 0
        if at_top and token.type == "heading_open" and token.tag == "h2":
            in_section = token.attrGet("id") == SECTIONS[-1]
        ends = at_top and token.type in {"heading_open", "blockquote_open"}
        if is_open and ends:
            folded.append(html_token("</div></details>"))
            is_open = False
        if in_section and at_top and token.type == "blockquote_open":
            folded.append(html_token('<details class="self-check"><summary>'))
        elif in_section and at_top and token.type == "blockquote_close":
            folded.append(html_token('</summary><div class="self-check-answer">'))
            is_open = True
        elif in_section and not is_open and token.type.startswith("paragraph_") and not at_top:
            continue  # a summary holds words, no paragraph
        else:
            folded.append(token)
    if is_open:
        folded.append(html_token("</div></details>"))
    return folded
