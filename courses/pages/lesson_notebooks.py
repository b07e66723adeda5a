"""A lesson as a notebook, for those who work in their own environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from courses.lessons.notebooks import Lecture, lesson_notebook
from courses.pages.lessons import find_place

if TYPE_CHECKING:
    from django.http import HttpRequest

    from courses.models import Lesson


@require_safe
def notebook(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Answer with the lesson as an .ipynb file, in the language that its page shows."""
    place = find_place(request, course, lesson)
    found = place.lesson
    try:
        source = _file(found).read_text(encoding="utf-8")
    except OSError as error:
        raise Http404 from error
    lecture = Lecture(
        title=found.title,
        summary=found.summary,
        address=settings.SITE_URL + place.address,
        site=settings.SITE_URL,
        figures=_figures(found),
    )
    response = HttpResponse(
        lesson_notebook(source, lecture), content_type="application/x-ipynb+json"
    )
    response["Content-Disposition"] = f'attachment; filename="{found.slug}.ipynb"'
    return response


def _file(lesson: Lesson) -> Path:
    """Return the file that the lesson's text was loaded from, or that of its translation."""
    content = Path(settings.CONTENT_DIR)
    if lesson.shown_language not in {"", lesson.original_language}:
        content = content / "l10n" / lesson.shown_language
    return content / "courses" / lesson.course.slug / lesson.folder / "lesson.md"


def _figures(lesson: Lesson) -> dict[str, str]:
    """Return the address of each drawing by its name; a translated one before the original."""
    translated = f"l10n/{lesson.shown_language}/"
    rows = sorted(lesson.figures.all(), key=lambda row: row.path.startswith(translated))
    found = {}
    for row in rows:
        name = Path(row.path).name
        address = reverse("courses:figure", args=[row.digest, name])
        found[name] = settings.SITE_URL + address
    return found
