"""The translations: complete, current and compiled, and the overridden texts of packages."""

from __future__ import annotations

import ast
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
from django.utils.translation.template import templatize

CHECKOUT: Final = Path(__file__).resolve().parents[2]
CATALOGUE: Final = CHECKOUT / "config" / "locale" / "fr" / "LC_MESSAGES" / "django.po"
OVERRIDES: Final = sorted((CHECKOUT / "config" / "locale_overrides").glob("*/*/django.po"))
MARKED: Final = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}
FIX: Final = "Fix: make messages, fill in what is empty in django.po, make messages again"


def read_catalogue(path: Path = CATALOGUE) -> dict[str, tuple[str, ...]]:
    """Return the messages of a .po file with their translations."""
    messages = {}
    for block in path.read_text().split("\n\n"):
        parts: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            found = re.match(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) (".*")$', line)
            if found:
                name = found[1]
                parts[name] = ast.literal_eval(found[2])
            elif line.startswith('"'):
                parts[name] += ast.literal_eval(line)
        said = tuple(text for part, text in parts.items() if part.startswith("msgstr"))
        messages[parts["msgid"]] = said
    del messages[""]
    return messages


def marked_strings(source: str) -> set[str]:
    """Return the strings of a Python source that are marked for translation."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    marked = set()
    for call in calls:
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if name in MARKED and call.args:
            place = 1 if name == "pgettext" else 0
            words = call.args[place]
            if isinstance(words, ast.Constant) and isinstance(words.value, str):
                marked.add(words.value)
    return marked


def template_strings(source: str) -> set[str]:
    """Return the strings of a template that are marked for translation."""
    lines = templatize(source)
    calls = re.findall(
        r"\b(?:gettext|ngettext|_)\((?:u?'(?:[^'\\]|\\.)*'|u?\"(?:[^\"\\]|\\.)*\")", lines
    )
    return {ast.literal_eval(call.split("(", 1)[1]) for call in calls}


@pytest.mark.parametrize("folder", ["courses", "exercises", "config"])
def test_each_word_of_the_code_is_in_the_catalogue(folder: str) -> None:
    """A string marked in Python has a French translation."""
    files = [path for path in (CHECKOUT / folder).rglob("*.py") if "migrations" not in path.parts]
    marked = set().union(*(marked_strings(path.read_text()) for path in files))
    assert sorted(marked - read_catalogue().keys()) == [], FIX


def test_each_word_of_the_templates_is_in_the_catalogue() -> None:
    """A string marked in a template has a French translation."""
    files = [path for path in (CHECKOUT / "templates").rglob("*") if path.is_file()]
    marked = set().union(*(template_strings(path.read_text()) for path in files))
    assert marked
    assert sorted(marked - read_catalogue().keys()) == [], FIX


def test_nothing_in_the_catalogue_is_empty_or_a_guess() -> None:
    """Each message has its words, and none is a guess of the merging tool."""
    assert [said for said, words in read_catalogue().items() if not all(words)] == []
    assert "#, fuzzy" not in CATALOGUE.read_text()


def test_a_translation_holds_the_same_placeholders() -> None:
    """What is filled in in English is filled in in French."""
    names = re.compile(r"%\((\w+)\)")
    wrong = [
        said
        for said, words in read_catalogue().items()
        if len(words) == 1 and set(names.findall(said)) != set(names.findall(words[0]))
    ]
    assert wrong == []


@pytest.mark.parametrize("path", [CATALOGUE, *OVERRIDES], ids=lambda path: path.parts[-4])
def test_a_compiled_catalogue_equals_its_source(path: Path) -> None:
    """The .mo file, which the site reads, was made from the .po file as it is."""
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    stale = [
        message
        for message, words in read_catalogue(path).items()
        if len(words) == 1 and compiled.gettext(message) != words[0]
    ]
    assert stale == [], FIX


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
    words = [text for path in (CATALOGUE, *OVERRIDES) for text in _french(path)]
    assert [text for text in words if re.search(r"(?i)courriel|\bemail|\bmél\b", text)] == []


def _french(path: Path) -> list[str]:
    """Return the translations of a French catalogue, without their placeholders."""
    if "fr" not in path.parts:
        return []
    said = [text for words in read_catalogue(path).values() for text in words]
    return [re.sub(r"%\(\w+\)s", "", text) for text in said]
