"""Spelling of what content says, by Hunspell, with a word list of our own: `content/words.txt`.

Hunspell comes with the tools for checks (requirements/dev.in), not with the site.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hunspell import Hunspell

from courses.authoring.passages import passages
from courses.markup.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from courses.authoring.content_files import Tree
    from courses.authoring.passages import Passage

FILE: Final = "words.txt"
LANGUAGE: Final = "en"
DICTIONARY: Final = "en_US"
"""The one that comes with the package; words in British spelling stand in our own list."""
_APOSTROPHE: Final = "\N{RIGHT SINGLE QUOTATION MARK}"
_WORD: Final = re.compile(rf"[^\W\d_]+(?:['{_APOSTROPHE}][^\W\d_]+)*")
_NOT_PROSE: Final = re.compile(r"https?://\S+|\{\w+\}|[²³]")


def spelling_problems(root: Path, tree: Tree) -> list[Problem]:
    """Return unknown words with file and line, and words of the list that nothing uses."""
    own = _own_words(root)
    speller = Hunspell(DICTIONARY)
    found: list[Problem] = []
    used: set[str] = set()
    for passage in passages(tree):
        if passage.language != LANGUAGE:
            continue
        for line, word in _spoken(passage):
            forms = _forms(word)
            if known := forms & own.keys():
                used |= known
            elif not any(form.isascii() and speller.spell(form) for form in forms):
                reason = f"{word!r} is misspelt, or belongs in {FILE}."
                found.append(Problem(passage.file, line, reason))
    found.extend(
        Problem(f"{root.name}/{FILE}", line, f"{word!r} is not used anywhere: remove it.")
        for word, line in own.items()
        if word not in used
    )
    return sorted(set(found))


def _spoken(passage: Passage) -> Iterator[tuple[int, str]]:
    for line, words in passage.spoken():
        for match in _WORD.finditer(_NOT_PROSE.sub(" ", words)):
            yield line, match.group().replace(_APOSTROPHE, "'")


def _forms(word: str) -> set[str]:
    """Return a word as it stands, without its genitive, and without its capital."""
    plain = word.removesuffix("'s")
    return {word, plain, plain[:1].lower() + plain[1:]}


def _own_words(root: Path) -> dict[str, int]:
    """Return the words of our own list with their lines; lines that begin with # are remarks."""
    path = root / FILE
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {
        word: number
        for number, word in enumerate(lines, start=1)
        if word.strip() and not word.startswith("#")
    }
