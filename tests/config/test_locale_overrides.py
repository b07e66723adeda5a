"""The overridden texts of Django and django-allauth: current, compiled, in the site's words."""

from __future__ import annotations

import gettext
import json
import re
from pathlib import Path
from typing import Final

import allauth
import django
import pytest
from django.utils.translation import gettext as translate
from django.utils.translation import override

from tests.config.test_translations import CATALOGUE, FIX, read_catalogue

OVERRIDES: Final = sorted((CATALOGUE.parents[3] / "locale_overrides").glob("*/*/django.po"))


@pytest.mark.parametrize("path", OVERRIDES, ids=lambda path: path.parts[-3])
def test_the_compiled_overrides_are_up_to_date(path: Path) -> None:
    """The .mo file, which the site reads, was compiled from the current .po file."""
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    singular = {text: words[0] for text, words in read_catalogue(path).items() if len(words) == 1}
    assert {text: compiled.gettext(text) for text in singular} == singular, FIX


@pytest.mark.parametrize(
    ("language", "message", "shown"),
    [
        ("en", "Security Keys", "Passkeys"),
        ("en", "Two-Factor Authentication", "Passkeys and two-factor authentication"),
        ("fr", "Use a security key", "Utiliser une clé d\N{RIGHT SINGLE QUOTATION MARK}accès"),
        ("fr", "Email", "E-mail"),
        ("fr", "Enter a valid email address.", "Saisissez une adresse e-mail valide."),
    ],
)
def test_texts_of_packages_use_the_words_of_the_site(
    language: str, message: str, shown: str
) -> None:
    """Texts of Django and django-allauth are overridden: one name for passkeys, one for e-mail."""
    with override(language):
        assert translate(message) == shown


def test_overridden_texts_exist_in_the_packages() -> None:
    """An override whose message an upgrade has reworded is found, not left without effect."""
    packages = [Path(str(package.__file__)).parent for package in (django, allauth)]
    sources = "".join(
        path.read_text()
        for package in packages
        for path in package.rglob("fr/LC_MESSAGES/django.po")
    ).replace('"\n"', "")
    for path in OVERRIDES:
        missing = [
            message
            for message in read_catalogue(path)
            if json.dumps(message, ensure_ascii=False) not in sources
        ]
        assert missing == [], path


def test_french_has_one_spelling_of_email() -> None:
    """The French texts say “e-mail”, never “courriel” or “email”."""
    texts = [text for path in (CATALOGUE, *OVERRIDES) for text in _french(path)]
    assert [text for text in texts if re.search(r"(?i)courriel|\bemail|\bmél\b", text)] == []


def _french(path: Path) -> list[str]:
    """Return the translations of a French catalogue, without placeholders and names of columns."""
    if "fr" not in path.parts:
        return []
    texts = [text for words in read_catalogue(path).values() for text in words]
    return [re.sub(r"%\(\w+\)s|\bemail(?=,)", "", text) for text in texts]
