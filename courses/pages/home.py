"""The home page: a prediction to move, a wrong answer with its diagnosis, and the route."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import OuterRef
from django.shortcuts import render
from django.views.decorators.http import require_safe

from courses.catalogue.translations import (
    apply_translation,
    apply_translations,
    translation_of_lesson,
)
from courses.lessons.openings import opening_figure
from courses.models import Lesson, Path
from courses.pages.home_example import example
from courses.pages.paths import on_path, route
from courses.pages.sharing import of_site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from courses.learners.overview import CourseCard


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what the site is for by doing it, and the first path's courses in order."""
    path = Path.objects.first()
    if path is not None:
        apply_translations([path])
    listed = on_path(request, path)
    first = _first_lesson(listed)
    return render(
        request,
        "courses/home.html",
        {
            "path": path,
            "stations": route(listed),
            "first": first,
            "prediction": _prediction(first),
            "example": example(),
            "sharing": of_site(),
        },
    )


def _first_lesson(listed: Sequence[CourseCard]) -> Lesson | None:
    """Return the lesson that the first course begins with, in the visitor's language."""
    parts = listed[0].progress.states if listed else ()
    lessons = (state.part.lesson_id for state in parts)
    found = next((lesson for lesson in lessons if lesson is not None), None)
    if found is None:
        return None
    translated = translation_of_lesson(OuterRef("course__slug"), OuterRef("slug"))
    lessons_now = Lesson.objects.select_related("course").annotate(translated=translated)
    lesson = lessons_now.get(pk=found)
    apply_translation(lesson, lesson.translated)
    return lesson


def _prediction(lesson: Lesson | None) -> str:
    """Return the figure that the first lesson opens with, drawn as the home page does.

    A lesson that opens with anything else gives none; the page has a drawing then.
    """
    figure = opening_figure(lesson) if lesson is not None else ""
    if 'data-renderer="waterfall"' not in figure or 'class="still"' not in figure:
        return ""
    return figure.replace('data-renderer="waterfall"', 'data-renderer="prediction"', 1)
