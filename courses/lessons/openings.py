"""The figure that a lesson opens with, which other pages show too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from django.db.models import OuterRef

from courses.catalogue.translations import apply_translation, translation_of_lesson
from courses.lessons.models import Lesson

_OPENING: Final = re.compile(r"\s*<figure\b.*?</figure>", re.DOTALL)
"""A figure before the first word of a lesson; figures do not nest."""

_STILL: Final = re.compile(r'<div class="still">.*?</div>', re.DOTALL)

_ALT: Final = re.compile(r'\balt="[^"]*"')
"""What says how to use the figure; the sentence below the still picture says what it shows."""


@dataclass(frozen=True)
class Still:
    """What stands for a lesson's figure where no script runs.

    Attributes:
        html: the drawing in both themes, and its sentence.
        language: of the sentence, where it is not the page's.
    """

    html: str
    language: str


def opening_figure(lesson: Lesson) -> str:
    """Return the figure that a lesson opens with, for its own page or another; empty without."""
    opening = _OPENING.match(lesson.html)
    return opening.group() if opening else ""


def opening_still() -> Still | None:
    """Return the still picture that the very first lesson opens with: one query.

    The first course in the catalogue's order is the first of the first path.
    """
    lesson = (
        Lesson.objects.filter(course__withdrawn=False, part__isnull=False)
        .select_related("course")
        .annotate(translated=translation_of_lesson(OuterRef("course__slug"), OuterRef("slug")))
        .order_by("course__position", "course__slug", "part__position")
        .first()
    )
    if lesson is None:
        return None
    apply_translation(lesson, lesson.translated)
    found = _STILL.search(opening_figure(lesson))
    if found is None:
        return None
    return Still(_ALT.sub('alt=""', found.group()), lesson.shown_language)
