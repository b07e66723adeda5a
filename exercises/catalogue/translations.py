"""An exercise in the visitor's language, in memory only; each text knows what it is written in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Self

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Concat
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from courses.catalogue.models import ORIGINAL_LANGUAGE, Translation
from courses.catalogue.translations import language_shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from exercises.models import Exercise


CODE: Final = re.compile(r"`([^`]+)`")
"""What an author writes as code within a sentence."""


class Words(str):
    """A text that knows its language.

    Attributes:
        language: empty where it is the page's.
    """

    __slots__ = ("language",)
    language: str

    def __new__(cls, text: str, language: str = "") -> Self:
        """Make the text."""
        made = super().__new__(cls, text)
        made.language = language
        return made

    @property
    def in_language(self) -> SafeString:
        """Return the attribute ``lang`` of the element around it; empty where none is needed."""
        return mark_safe(f' lang="{self.language}"' if self.language else "")  # noqa: S308  # a code

    @property
    def html(self) -> SafeString:
        """Return the text for a page: what stands between backticks is code."""
        return mark_safe(CODE.sub(r"<code>\1</code>", escape(self)))  # noqa: S308  # escaped


class ExerciseTranslation:
    """What `content/l10n/<language>/exercises/<slug>/exercise.yaml` says; it may be nothing."""

    def __init__(self, fields: Mapping[str, Any], *, foreign: bool) -> None:
        """Keep the fields of a row of `Translation`.

        Args:
            fields: empty where there is no translation, or none is needed.
            foreign: whether the page has another language than the original.
        """
        self._fields = fields
        self._original_language = ORIGINAL_LANGUAGE if foreign else ""

    def original(self, text: str) -> Words:
        """Return a text of the original, marked as such."""
        return Words(text, self._original_language)

    def words(self, original: str, *keys: str | int) -> Words:
        """Return the translation at `keys`, or the original where it has none."""
        found: Any = self._fields
        for key in keys:
            try:
                found = found[key]
            except (KeyError, IndexError):
                return self.original(original)
        return Words(found)


ORIGINAL = ExerciseTranslation({}, foreign=False)
"""Where the original is wanted whatever the page's language is, as in the API."""


_BROUGHT: Final = "translated"
"""Names what `with_translation` adds to an exercise."""


def with_translation(rows: QuerySet[Exercise]) -> QuerySet[Exercise]:
    """Return exercises that bring the visitor's translation, so that it costs no other query."""
    subject = Concat(Value("exercise:"), OuterRef("slug"))
    found = Translation.objects.filter(language=language_shown(), subject=subject)
    return rows.annotate(**{_BROUGHT: Subquery(found.values("fields")[:1])})


def translation_of(exercise: Exercise) -> ExerciseTranslation:
    """Return an exercise's translation for the visitor: one query at most."""
    language = language_shown()
    if language == ORIGINAL_LANGUAGE:
        return ORIGINAL
    if _BROUGHT in vars(exercise):
        return ExerciseTranslation(vars(exercise)[_BROUGHT] or {}, foreign=True)
    subject = f"exercise:{exercise.slug}"
    rows = Translation.objects.filter(language=language, subject=subject)
    return ExerciseTranslation(rows.values_list("fields", flat=True).first() or {}, foreign=True)


def apply_exercise_translation(exercise: Exercise) -> ExerciseTranslation:
    """Put the visitor's language into what pages show of an exercise, and return it.

    In memory only: the row must not be saved afterwards.
    """
    found, description = translation_of(exercise), exercise.description
    exercise.title = found.words(exercise.title, "title")
    exercise.summary = found.words(exercise.summary, "summary")
    exercise.description = {
        **description,
        "review": _review(description.get("review"), found),
        "statement_html": found.words(description["statement_html"], "statement_html"),
        "hints_html": [
            found.words(hint, "hints_html", index)
            for index, hint in enumerate(description["hints_html"])
        ],
        "blind_spots": [
            found.words(text, "blind_spots", index)
            for index, text in enumerate(description.get("blind_spots", ()))
        ],
        "outputs": [
            {
                **output,
                "meaning": found.words(output["meaning"], "outputs", output["name"]),
                "unit": found.words(output["unit"], "units", output["unit"]),
            }
            for output in description["outputs"]
        ],
        "criteria": [
            {
                **criterion,
                "title": found.words(criterion["title"], "criteria", criterion["id"], "title"),
            }
            for criterion in description["criteria"]
        ],
    }
    return found


def _review(review: dict[str, Any] | None, found: ExerciseTranslation) -> dict[str, Any] | None:
    """The review's rubric: it has no translation, so every title and level is marked."""
    if review is None:
        return None
    criteria = [
        {
            **criterion,
            "title": found.original(criterion["title"]),
            "description": found.original(criterion["description"]),
            "levels": [
                {**level, "description": found.original(level["description"])}
                for level in criterion["levels"]
            ],
        }
        for criterion in review["criteria"]
    ]
    return {**review, "criteria": criteria}
