"""Searching courses and lessons, their text included: one function over SQLite and PostgreSQL.

The index is a table outside the models, since each database has its own kind: FTS5 in SQLite, a
generated `tsvector` in PostgreSQL. `create` and `drop` are called by a migration;
`courses.authoring.search_index` fills the table.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from django.db import connection
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

MOST_HITS: Final = 30
SHORTEST_CORRECTED: Final = 4
"""Letters; a shorter word is as near to too many others."""
MOST_CORRECTED: Final = 4
"""Words of a query for which the index's words are looked through."""
LIKENESS: Final = 0.75
"""`difflib`'s ratio: one wrong, missing, added or swapped letter in a word of four or more."""
MOST_WORDS: Final = 12
LONGEST_QUERY: Final = 200  # characters
KINDS: Final = ("course", "lesson", "exercise", "term")
"""What can be found."""
BEGIN, END = "\x02", "\x03"
"""Around a found word; neither can stand in content."""

_CREATE: Final = {
    "sqlite": [
        (
            "CREATE VIRTUAL TABLE courses_search USING fts5(subject UNINDEXED, language UNINDEXED,"
            " title, body, tokenize = 'porter unicode61 remove_diacritics 2')"
        ),
    ],
    "postgresql": [
        """CREATE TABLE courses_search (
            subject text NOT NULL, language text NOT NULL, title text NOT NULL, body text NOT NULL,
            vector tsvector GENERATED ALWAYS AS (
                setweight(to_tsvector(CASE language WHEN 'fr' THEN 'french'::regconfig
                                      ELSE 'english'::regconfig END, title), 'A') ||
                setweight(to_tsvector(CASE language WHEN 'fr' THEN 'french'::regconfig
                                      ELSE 'english'::regconfig END, body), 'C')) STORED,
            PRIMARY KEY (subject, language))""",
        "CREATE INDEX courses_search_vector ON courses_search USING gin (vector)",
    ],
}
_FIND: Final = {
    "sqlite": """
        SELECT subject, language, title,
            snippet(courses_search, 3, %(begin)s, %(end)s, ' … ', 28)
        FROM courses_search
        WHERE courses_search MATCH %(query)s AND language IN (%(language)s, 'en')
            AND subject LIKE %(subjects)s
        ORDER BY bm25(courses_search, 0, 0, 8, 1) LIMIT %(most)s""",
    # Each language has its own word stems, so a query is made for the language of the row.
    "postgresql": """
        SELECT subject, language, title, ts_headline(config, body, query,
            'StartSel=' || %(begin)s || ', StopSel=' || %(end)s ||
            ', MaxWords=28, MinWords=14, MaxFragments=1, FragmentDelimiter=" … "')
        FROM courses_search, (VALUES
            ('fr', 'french'::regconfig, to_tsquery('french', %(query)s)),
            ('en', 'english'::regconfig, to_tsquery('english', %(query)s))
        ) AS asked (asked_language, config, query)
        WHERE language = asked_language AND vector @@ query
            AND language IN (%(language)s, 'en') AND subject LIKE %(subjects)s
        ORDER BY ts_rank(vector, query) DESC, subject LIMIT %(most)s""",
}


@dataclass(frozen=True)
class Hit:
    """Something that was found.

    Attributes:
        subject: ``course:<slug>``, ``lesson:<course>/<slug>``, ``exercise:<slug>`` or
            ``term:<course>/<slug>/<number>/<anchor>``, a term that a lesson explains.
        snippet: a piece of the text as safe HTML, found words in <mark>.
    """

    subject: str
    language: str
    title: str
    snippet: SafeString

    @property
    def kind(self) -> str:
        """Return one of `KINDS`."""
        return self.subject.partition(":")[0]

    @property
    def course(self) -> str:
        """Return the slug of the course, or nothing for an exercise, which names none."""
        return "" if self.kind == "exercise" else self._keys[0]

    @property
    def exercise(self) -> str:
        """Return the slug of the exercise, or nothing for anything else."""
        return self._keys[0] if self.kind == "exercise" else ""

    @property
    def lesson(self) -> str:
        """Return the slug of the lesson, or of that which explains the term, or nothing."""
        return self._keys[1] if self.kind in {"lesson", "term"} else ""

    @property
    def anchor(self) -> str:
        """Return the part of the lesson that explains a term, or nothing."""
        return self._keys[3] if self.kind == "term" else ""

    @property
    def _keys(self) -> list[str]:
        return self.subject.partition(":")[2].split("/")


def find(text: str, language: str, kind: str = "") -> list[Hit]:
    """Return what holds all words of a text, this language before the original, the best first.

    The last word may be the beginning of one. A text without words finds nothing.

    Args:
        text: the words.
        language: of the visitor.
        kind: of what is wanted, as `Hit.kind`; without one, everything is.
    """
    words = re.findall(r"\w+", text[:LONGEST_QUERY])[:MOST_WORDS]
    if not words:
        return []
    if connection.vendor == "sqlite":
        query = " ".join(f'"{word}"' for word in words) + "*"
    else:
        query = " & ".join(f"'{word}'" for word in words) + ":*"
    with connection.cursor() as cursor:
        cursor.execute(
            _FIND[connection.vendor],
            {
                "begin": BEGIN,
                "end": END,
                "query": query,
                "subjects": f"{kind}:%" if kind in KINDS else "%",
                "language": language,
                "most": 2 * MOST_HITS,
            },
        )
        rows = cursor.fetchall()
    translated = {_page_of(subject) for subject, shown, *_rest in rows if shown == language}
    hits = [
        Hit(subject, shown, title, _marked(snippet))
        for subject, shown, title, snippet in rows
        if shown == language or _page_of(subject) not in translated
    ]
    hits.sort(key=lambda hit: hit.language != language)
    return hits[:MOST_HITS]


def _page_of(subject: str) -> str:
    """Return the key of a page; of a term, without the anchor, which may be translated."""
    return subject.rpartition("/")[0] if subject.startswith("term:") else subject


def corrected(text: str) -> str | None:
    """Return a text with its unknown words replaced by the most similar known ones.

    None where nothing is to be replaced. A word is known when an indexed word begins with it.
    """
    found = text[:LONGEST_QUERY]
    wrong = 0
    for word in re.findall(r"[^\W\d_]+", found)[:MOST_WORDS]:
        if len(word) < SHORTEST_CORRECTED or wrong == MOST_CORRECTED:
            continue
        better = _nearest(word.lower())
        if better is not None:
            found = re.sub(rf"\b{word}\b", better, found)
            wrong += 1
    return found if wrong else None


def _nearest(word: str) -> str | None:
    """Return the known word that is most like another one; None for a known or a strange one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, uses FROM courses_search_words WHERE length(word) BETWEEN %s AND %s",
            [len(word) - 1, len(word) + 1],
        )
        known: dict[str, int] = dict(cursor.fetchall())
    if any(one.startswith(word) for one in known):
        return None
    letters = set(word)
    near = [one for one in known if len(letters ^ set(one)) <= 2]  # noqa: PLR2004  # one letter is another
    best = difflib.get_close_matches(word, near, n=20, cutoff=LIKENESS)
    if not best:
        return None
    ratio = difflib.SequenceMatcher(None, word, best[0]).ratio()
    ties = [one for one in best if difflib.SequenceMatcher(None, word, one).ratio() == ratio]
    # Swapped letters are the likeliest slip; then what is written most.
    return max(ties, key=lambda one: (sorted(one) == sorted(word), known[one]))


def _marked(snippet: str) -> SafeString:
    text = escape(snippet).replace(BEGIN, "<mark>").replace(END, "</mark>")
    return mark_safe(text)  # noqa: S308  # escaped just above; only <mark> was put in


def create(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Create the index."""
    for statement in _CREATE[editor.connection.vendor]:
        editor.execute(statement)


def create_words(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Create the table of the words by which a typo is corrected."""
    editor.execute(
        "CREATE TABLE courses_search_words"
        " (word varchar(40) NOT NULL PRIMARY KEY, uses integer NOT NULL)"
    )


def drop_words(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop it."""
    editor.execute("DROP TABLE courses_search_words")


def drop(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the index."""
    editor.execute("DROP TABLE courses_search")
