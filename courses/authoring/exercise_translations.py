"""A translated exercise.yaml: checked against its original, and rendered into fields of its row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from django.utils.html import strip_tags

from courses.markup.rendering import Source, render_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from courses.authoring.files import Document, Keys
    from courses.markup.problems import Problem

_CODE: Final = re.compile(r"^```.*?^```|`[^`\n]+`", re.DOTALL | re.MULTILINE)
"""Code blocks and code spans: a translation leaves them as they are."""
_PLAIN: Final = (
    *("title", "summary", "blind_spots", "outputs", "units", "criteria", "misconceptions"),
    "figure",
)
"""Entries that are shown as they are written."""


def exercise_differences(document: Document, original: Document) -> list[Problem]:
    """Return where a translation does not fit its original, so that no page mixes the two."""
    return [document.problem(keys, reason) for keys, reason in _differences(document, original)]


def exercise_fields(document: Document, language: str) -> dict[str, Any]:
    """Return what a translation replaces in an exercise; Markdown is rendered."""
    facts = document.value
    fields = {key: facts[key] for key in _PLAIN if key in facts}
    if "statement" in facts:
        fields["statement_html"] = _html(document, ("statement",), facts["statement"], language)
        fields["text"] = strip_tags(fields["statement_html"])
    if "hints" in facts:
        fields["hints_html"] = [
            _html(document, ("hints", index), hint, language)
            for index, hint in enumerate(facts["hints"])
        ]
    return fields


def _html(document: Document, keys: Keys, text: str, language: str) -> str:
    return render_page(text, Source(document.file, document.line(keys) - 1, language)).html


def _differences(document: Document, original: Document) -> Iterator[tuple[Keys, str]]:
    facts, source = document.value, original.value
    for key in ("hints", "blind_spots"):
        if key in facts and len(facts[key]) != len(source.get(key, [])):
            yield (key,), f"The original has {len(source.get(key, []))} of them."
    for key, wanted in _ids(source).items():
        if key in facts and set(facts[key]) != wanted:
            yield (key,), f"Translate all of these and no others: {', '.join(sorted(wanted))}."
    yield from _criteria_differences(facts, source)
    if "figure" in facts and "title" not in source.get("figure", {}):
        yield ("figure",), "The original's figure has no title."
    if _code(facts.get("statement")) - _code(source.get("statement")):
        yield ("statement",), _other_code(facts["statement"], source.get("statement"))
    pairs = zip(facts.get("hints", ()), source.get("hints", ()), strict=False)
    for index, (hint, before) in enumerate(pairs):
        if _code(hint) - _code(before):
            yield ("hints", index), _other_code(hint, before)


def _ids(source: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return what has words of the author's own, by key; ready-made misconceptions have none."""
    named = [one for one in source.get("misconceptions", ()) if isinstance(one, dict)]
    return {
        "outputs": set(source.get("outputs", {})),
        "units": {one["unit"] for one in source.get("outputs", {}).values() if "unit" in one},
        "criteria": {one["id"] for one in source.get("rubric", ())},
        "misconceptions": {one["id"] for one in named if "id" in one and "title" in one},
    }


def _criteria_differences(
    facts: Mapping[str, Any], source: Mapping[str, Any]
) -> Iterator[tuple[Keys, str]]:
    failed = {one["id"]: one.get("failed", "") for one in source.get("rubric", ())}
    for key, words in facts.get("criteria", {}).items():
        before = failed.get(key, "")
        if "failed" in words and not before:
            yield ("criteria", key, "failed"), "The original has no message of its own."
        if "failed" in words and "{" in before:
            reason = "The original's message has places to fill in, so it stays in its language."
            yield ("criteria", key, "failed"), reason
        if "failed" not in words and before and "{" not in before:
            yield ("criteria", key), "The original has a message of its own (failed): translate it."


def _code(text: str | None) -> set[str]:
    return set(_CODE.findall(text or ""))


def _other_code(text: str, original: str | None) -> str:
    other = sorted(_code(text) - _code(original))
    return f"The original has no such code: {other[0].splitlines()[0]}"
