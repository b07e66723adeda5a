"""Discussion posts made to be slow: each is rendered within a bound, outside any transaction."""

from __future__ import annotations

import contextlib
import functools
import time
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from courses.discussion import posts
from courses.markup import highlighting, rendering
from courses.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

CEILING_SECONDS = 1.0
"""CPU seconds for one post; before, the AutoHotkey one took 16 s."""

PIECES = (
    *("> ", "- ", "[", "[a](", "![", "![a](", "[[a]", "*a ", "**a ", "*_", "_a_ ", "a**b", "`"),
    *("``a ", "<", "<a", "<!--", "~~", "&#", "\\", "|", "|a|\n|-|\n", "a\n---\n", "# ", "```\n"),
    *("[a]: b\n", "1. ", "http://", "$", "$$", "$a$ ", "$x^$ ", "${", "$\\frac{", "$\\left("),
)
CODE = (
    '"',
    "\\",
    "{",
    "(",
    'f"{',
    '"""',
    " \n",
    "\n ",
    ">>> ",
    "$(",
    "<<a\n",
    "#",
    "a=b ",
    "@",
    "0",
)


def repeated(piece: str, length: int = posts.LONGEST_POST) -> str:
    """Return `piece` again and again, as long as a post may be."""
    return (piece * (length // len(piece) + 1))[:length]


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds that `work` takes, whether or not it refuses its input."""
    started = time.process_time()
    with contextlib.suppress(ValidationError):
        work()
    return time.process_time() - started


@pytest.mark.parametrize("piece", PIECES)
def test_repeated_markdown_is_rendered_within_the_ceiling(piece: str) -> None:
    """Quotes, lists, links, emphasis, tables and formulas, as many as fit into a post."""
    assert seconds(lambda: posts.rendered(repeated(piece))) < CEILING_SECONDS


@pytest.mark.parametrize("language", ["autohotkey", "ini", "yaml", *highlighting.LEXERS])
def test_code_of_any_language_is_rendered_within_the_ceiling(language: str) -> None:
    """Lexers outside the allow-list are not run at all; those inside it are quick."""
    for piece in CODE:
        body = f"```{language}\n{repeated(piece, 9_900)}\n```"
        assert seconds(functools.partial(posts.rendered, body)) < CEILING_SECONDS, piece


def test_a_long_formula_and_many_of_them_are_refused() -> None:
    """A formula is bounded in length, and a post in the number of its formulas."""
    for body in (f"${'x' * 3000}$", "$x$ " * 101):
        with pytest.raises(ValidationError):
            posts.rendered(body)


@pytest.mark.django_db(transaction=True)
def test_a_post_is_rendered_before_its_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a text is rendered nobody holds the database's write lock."""
    author = User.objects.create_user("ada@example.org")
    inside: list[bool] = []
    render = rendering.render_page

    def observed(*args: object, **options: object) -> object:
        inside.append(connection.in_atomic_block)
        return render(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(posts, "render_page", observed)
    question = posts.ask(author=author, subject="exercise:toy", title="Why?", body="`x`")
    posts.answer(author=author, question=question, body="So.")

    assert inside == [False, False]
