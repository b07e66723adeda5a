"""The parts of a lesson: named, ordered and merged by the author."""

import pytest

from courses.authoring.lesson_page import LessonPage, render_lesson
from courses.markup.problems import InvalidContentError
from courses.markup.rendering import Source

OLD = "".join(
    f"## {title}\n\nText.\n\n"
    for title in (
        *("Why it matters", "Intuition", "Method", "Code", "How one is misled"),
        "Check yourself",
    )
)
NEW = """The puzzle comes first.

## A bill of `12` items {how-one-is-misled}

Text.

## Twice counted {why-it-matters}

Text.

## Between

Text.

## By hand and in code {method code}

Text.

## Your turn {check-yourself}

> Why?

Because.
"""


def read(text: str, language: str = "en") -> LessonPage:
    """Return a lesson."""
    return render_lesson(text, Source("lesson.md", language=language))


def anchors(page: LessonPage) -> list[str]:
    """Return the ids of the parts."""
    return [entry.id for entry in page.contents]


def test_parts_may_be_named_ordered_and_merged() -> None:
    """The mark is not shown; the first role is the anchor, without one the title."""
    page = read(NEW)

    assert anchors(page) == [
        *("how-one-is-misled", "why-it-matters", "between", "method", "check-yourself"),
    ]
    assert page.contents[0].title == "A bill of 12 items"
    assert "{" not in page.html
    assert '<details class="self-check"><summary>\nWhy?' in page.html


def test_the_six_old_headings_need_no_mark() -> None:
    """Their titles say what they are for; a translation without marks takes them in order."""
    french = OLD
    for number, title in enumerate(anchors(read(OLD))):
        french = french.replace(title.replace("-", " ").capitalize(), f"Partie {number}")

    assert anchors(read(french, "fr")) == anchors(read(OLD))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (" {how-one-is-misled}", "", "No part has the role {how-one-is-misled}"),
        ("{method code}", "{method why-it-matters}", "Two parts have the role {why-it-matters}"),
        ("{method code}", "{methods}", "There is no role methods"),
    ],
)
def test_a_lesson_owes_its_reader_some_parts(old: str, new: str, reason: str) -> None:
    """Missing, doubled and unknown roles are refused."""
    with pytest.raises(InvalidContentError) as refused:
        read(NEW.replace(old, new))

    assert reason in str(refused.value)


def test_a_lesson_has_at_least_three_parts() -> None:
    """One long page cannot be navigated."""
    roles = "why-it-matters method how-one-is-misled check-yourself"

    with pytest.raises(InvalidContentError) as refused:
        read(f"## All {{{roles}}}\n\nText.\n")

    assert "at least 3 parts" in str(refused.value)
