"""The French translation: complete, up to date, and compiled."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path
from typing import Final

import pytest
from django.utils.translation.template import templatize

CHECKOUT: Final = Path(__file__).resolve().parents[2]
CATALOGUE: Final = CHECKOUT / "config" / "locale" / "fr" / "LC_MESSAGES" / "django.po"
MARKED: Final = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}
FIX: Final = "Fix: make messages, fill in what is empty in django.po, make messages again"


def read_catalogue(path: Path = CATALOGUE) -> dict[str, tuple[str, ...]]:
    """Return the messages of a .po file: the English text and its translations."""
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
def test_each_string_of_the_code_is_translated(folder: str) -> None:
    """A string marked in Python has a French translation."""
    files = [path for path in (CHECKOUT / folder).rglob("*.py") if "migrations" not in path.parts]
    marked = set().union(*(marked_strings(path.read_text()) for path in files))
    assert sorted(marked - read_catalogue().keys()) == [], FIX


def test_each_string_of_the_templates_is_translated() -> None:
    """A string marked in a template has a French translation."""
    files = [path for path in (CHECKOUT / "templates").rglob("*") if path.is_file()]
    marked = set().union(*(template_strings(path.read_text()) for path in files))
    assert marked
    assert sorted(marked - read_catalogue().keys()) == [], FIX


def test_no_translation_is_empty_or_fuzzy() -> None:
    """Each message has a translation, and none is a fuzzy match of msgmerge."""
    assert [said for said, words in read_catalogue().items() if not all(words)] == []
    assert "#, fuzzy" not in CATALOGUE.read_text()


def test_a_translation_has_the_same_placeholders() -> None:
    """Placeholders of the English text occur in the French one too."""
    names = re.compile(r"%\((\w+)\)")
    wrong = [
        said
        for said, words in read_catalogue().items()
        if len(words) == 1 and set(names.findall(said)) != set(names.findall(words[0]))
    ]
    assert wrong == []


def test_the_compiled_catalogue_is_up_to_date() -> None:
    """The .mo file, which the site reads, was compiled from the current .po file."""
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    stale = [
        said
        for said, words in read_catalogue().items()
        if len(words) == 1 and compiled.gettext(said) != words[0]
    ]
    assert stale == [], FIX
