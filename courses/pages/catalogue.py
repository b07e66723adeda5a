"""The pages that say what is taught: catalogue, course, reading list."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Final

from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from courses.catalogue import search
from courses.catalogue.filters import Filters, options
from courses.catalogue.models import ReadingKind
from courses.catalogue.translations import apply_translations, language_shown
from courses.learners.overview import cards, outline
from courses.learners.ratings import LEAST_PERCENT
from courses.models import Certificate, Course, Enrolment, Part, Rating, Reading, User
from courses.pages.access import find_course
from courses.pages.sharing import of_course

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

KINDS: Final = {
    "": gettext_lazy("All"),
    "lesson": gettext_lazy("Lessons"),
    "exercise": gettext_lazy("Exercises"),
    "term": gettext_lazy("Concepts"),
}
"""What a visitor may ask the search for only."""


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """Show all courses, or those that fit the filters."""
    listed = list(Course.objects.listed().with_parts())
    filters = Filters.read(request.GET)
    fitting = [course for course in listed if filters.let_through(course)]
    words = request.GET.get("q", "").strip()[: search.LONGEST_QUERY]
    kind = request.GET.get("kind", "")
    kind = kind if words and kind in KINDS else ""
    hits, corrected = _searched(words, kind)
    exercises = _taught({hit.exercise for hit in hits if hit.exercise})
    if words:
        courses = [hit.course or exercises.get(hit.exercise, ("", ""))[0] for hit in hits]
        places = {slug: at for at, slug in reversed(list(enumerate(courses)))}
        fitting = [course for course in fitting if course.slug in places]
        fitting.sort(key=lambda course: places[course.slug])
    found = cards(fitting, request.user)
    by_slug = {card.course.slug: card.course for card in found}
    return render(
        request,
        "courses/catalogue.html",
        {
            "cards": found,
            "filters": filters,
            "options": options(listed),
            "total": len(listed),
            "words": words,
            "corrected": corrected,
            "hits": _shown(hits, by_slug, exercises),
            "kind": kind,
            "kinds": [
                (title, urlencode({"q": words} | _asked(filters) | {"kind": key}), key == kind)
                for key, title in KINDS.items()
            ],
        },
    )


def _searched(words: str, kind: str) -> tuple[list[search.Hit], str | None]:
    """Return what is found, and the words that were searched in place of misspelt ones."""
    if not words:
        return [], None
    hits = search.find(words, language_shown(), kind)
    if not hits and (better := search.corrected(words)):
        hits = search.find(better, language_shown(), kind)
        return hits, better if hits else None
    return hits, None


def _asked(filters: Filters) -> dict[str, str]:
    """Return the filters that are set, as they stand in an address."""
    return {name: value for name, value in asdict(filters).items() if value}


def _taught(slugs: set[str]) -> dict[str, tuple[str, str]]:
    """Return the course and the address of each exercise that a course has."""
    parts = Part.objects.filter(exercise_slug__in=slugs, course__withdrawn=False)
    parts = parts.select_related("course").order_by("-course__position")
    return {one.exercise_slug: (one.course.slug, one.get_absolute_url()) for one in parts}


def _shown(
    hits: list[search.Hit], courses: dict[str, Course], exercises: dict[str, tuple[str, str]]
) -> list[tuple[search.Hit, Course, str]]:
    """Return the lessons, exercises and terms that were found, with their courses and addresses."""
    shown = []
    for hit in hits:
        slug, address = exercises.get(hit.exercise, (hit.course, ""))
        if hit.lesson:
            address = reverse("courses:lesson", args=[hit.course, hit.lesson])
        if hit.anchor:
            address += f"#{hit.anchor}"
        if address and slug in courses:
            shown.append((hit, courses[slug], address))
    return shown


@require_safe
def course(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a course: what one learns, its outline, one's progress."""
    found = find_course(request, slug)
    progress = outline(found, request.user)
    apply_translations([found])
    enrolment = certificate = own_rating = None
    if isinstance(request.user, User):
        enrolment = Enrolment.objects.filter(user=request.user, course=found).first()
        certificate = Certificate.objects.current().filter(user=request.user, course=found).first()
        own_rating = Rating.objects.filter(user=request.user, course=found).first()
    return render(
        request,
        "courses/course.html",
        {
            "course": found,
            "progress": progress,
            "lessons": sum(state.part.lesson_id is not None for state in progress.states),
            "exercises": sum(state.part.lesson_id is None for state in progress.states),
            "enrolment": enrolment,
            "certificate": certificate,
            "own_rating": own_rating,
            "sharing": of_course(found),
            "may_rate": request.user.is_authenticated and progress.percent >= LEAST_PERCENT,
            "crumbs": [(_("Courses"), reverse("courses:catalogue")), (found.title, "")],
        },
    )


@require_safe
def reading(request: HttpRequest) -> HttpResponse:
    """Show the reading list, by kind, with the courses that each entry goes with."""
    courses = list(Course.objects.listed())
    apply_translations(courses)
    by_slug = {course.slug: course for course in courses}
    entries = [
        (entry, [by_slug[slug] for slug in _course_slugs(entry) if slug in by_slug])
        for entry in Reading.objects.all()
    ]
    order = list(ReadingKind.values)
    entries.sort(key=lambda pair: (order.index(pair[0].kind), pair[0].position))
    groups = [
        (ReadingKind(kind), list(pairs))
        for kind, pairs in groupby(entries, key=lambda pair: pair[0].kind)
    ]
    return render(request, "courses/reading.html", {"groups": groups})


def _course_slugs(entry: Reading) -> list[str]:
    return list(dict.fromkeys(str(place).partition("/")[0] for place in entry.fits))
