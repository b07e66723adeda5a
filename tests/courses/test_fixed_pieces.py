"""Pieces of pages that are the same for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.template import Context, Template
from django.utils.translation import override

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

MENU = '{% fixed "exercises/_workbench_menu.html" kind="text" %}'
OTHER = '{% fixed "exercises/_workbench_menu.html" kind="code" %}'


def shown(text: str, language: str) -> str:
    """Render a template for a visitor who reads a language."""
    with override(language):
        return Template(text).render(Context({"kind": "of the page", "user": "Ada"}))


def test_a_piece_is_kept_by_its_facts_and_the_language(settings: Settings) -> None:
    """Asked for again it is the same; another language or fact has a piece of its own."""
    settings.DEBUG = False

    english, french, code = shown(MENU, "en"), shown(MENU, "fr"), shown(OTHER, "en")

    assert "Cell menu" in english
    assert "edit-text" in english
    assert "edit-text" not in code
    assert "Cell menu" not in french
    assert [shown(MENU, "en"), shown(MENU, "fr"), shown(OTHER, "en")] == [english, french, code]


def test_a_piece_is_put_in_as_it_was_rendered() -> None:
    """It is markup, escaped where its own template says so and nowhere else."""
    assert "<details" in shown(MENU, "en")
