"""A path: its topic page, and its courses as a route with the visitor's own place in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from courses.catalogue.translations import apply_translations
from courses.certificates.badges import themed_motif_of
from courses.learners.overview import cards
from courses.models import Course, Path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from courses.learners.overview import CourseCard

MOST_SKILLS = 2
"""Skills that a station of the route names; the course's page has them all."""


@dataclass(frozen=True)
class Station:
    """A course on the route.

    Attributes:
        motif: the course's drawing, in a square of 200 units.
        state: ``done``, ``here`` (the visitor's place) or ``ahead``.
    """

    card: CourseCard
    motif: str
    state: str

    @property
    def skills(self) -> list[str]:
        """Return what one can do afterwards, in short."""
        return list(self.card.course.skills[:MOST_SKILLS])


@require_safe
def path(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a path: its courses as a route, its topic page, and what each course is about."""
    found = get_object_or_404(Path, slug=slug)
    apply_translations([found])
    listed = on_path(request, found)
    stations = route(listed)
    return render(
        request,
        "courses/path.html",
        {
            "path": found,
            "cards": listed,
            "stations": stations,
            "next": _next(stations),
            "facts": _facts(listed),
            "crumbs": [(_("Home"), reverse("courses:home")), (found.title, "")],
        },
    )


def on_path(request: HttpRequest, found: Path | None) -> list[CourseCard]:
    """Return the courses of a path in order; all courses without a path."""
    courses = Course.objects.listed().with_parts()
    if found is None:
        return cards(courses, request.user)
    places = dict(found.steps.values_list("course_id", "position"))
    on_path = courses.filter(pk__in=places)
    return cards(sorted(on_path, key=lambda course: places[course.pk]), request.user)


def route(listed: Sequence[CourseCard]) -> list[Station]:
    """Return the courses as stations; the first that somebody takes and has not done is here."""
    open_ones = [one for one in listed if not one.progress.complete]
    taken = [one for one in open_ones if one.enrolled]
    begun = any(one.enrolled for one in listed)
    here = next(iter(taken or open_ones), None) if begun else None
    return [
        Station(
            one,
            themed_motif_of(one.course.slug),
            "here" if one is here else "done" if one.progress.complete else "ahead",
        )
        for one in listed
    ]


def _next(stations: Sequence[Station]) -> Station | None:
    """Return the station to go to now: one's own place, else the first that is not done."""
    here = [one for one in stations if one.state == "here"]
    ahead = [one for one in stations if one.state == "ahead"]
    return next(iter(here or ahead), None)


def _facts(listed: Sequence[CourseCard]) -> dict[str, int]:
    return {
        "courses": len(listed),
        "lessons": sum(card.lessons for card in listed),
        "exercises": sum(card.exercises for card in listed),
        "minutes": sum(card.course.minutes for card in listed),
    }
