"""What a link of a platform can open: a course, a lesson or an exercise, at its usual address."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve, reverse

from courses.catalogue.models import PartKind
from courses.models import Course, Lesson, Part
from exercises.models import Exercise

if TYPE_CHECKING:
    from collections.abc import Iterable


class Kind(StrEnum):
    """What a target is."""

    COURSE = "course"
    LESSON = "lesson"
    EXERCISE = "exercise"


_VIEWS: Final = {
    "courses:course": Kind.COURSE,
    "courses:lesson": Kind.LESSON,
    "exercises:exercise": Kind.EXERCISE,
}

LAUNCH_VIEWS: Final = frozenset({"lti:launch", "lti:content_launch"})
"""Addresses of this tool that name no content: a link that is still to be told what it opens."""


@dataclass(frozen=True)
class Target:
    """A course, a lesson (``course/slug``) or an exercise, by slug."""

    kind: Kind
    slug: str

    @property
    def key(self) -> str:
        """Return it as tables and gradebooks keep it, e.g. ``exercise:lime-tabular``."""
        return f"{self.kind}:{self.slug}"

    @property
    def path(self) -> str:
        """Return the path of its page."""
        if self.kind is Kind.LESSON:
            return reverse("courses:lesson", args=self.slug.split("/", 1))
        view = "courses:course" if self.kind is Kind.COURSE else "exercises:exercise"
        return reverse(view, args=[self.slug])

    @property
    def address(self) -> str:
        """Return the address under which a platform links it."""
        return settings.SITE_URL + self.path


@dataclass(frozen=True)
class Content:
    """A target that exists, with its title; `indented` in a list below its course."""

    target: Target
    title: str
    indented: bool = False


def content_address() -> str:
    """Return the address under which a platform asks for content."""
    return settings.SITE_URL + reverse("lti:content_launch")


def is_ours(address: str) -> bool:
    """Say whether an address is one of this site that a launch may lead to."""
    return _view(address) in LAUNCH_VIEWS or of_address(address) is not None


def of_address(address: str) -> Target | None:
    """Return what an address of this site shows; None for all others, also of this site."""
    view = _view(address)
    if view not in _VIEWS:
        return None
    kind = _VIEWS[view]
    found = resolve(urlsplit(address).path).kwargs
    if kind is Kind.LESSON:
        return Target(kind, f"{found['course']}/{found['lesson']}")
    return Target(kind, found["slug"])


def of_key(key: str) -> Target | None:
    """Return a target from a table's or a form's key; None when it is none."""
    kind, _, slug = key.partition(":")
    if kind not in set(Kind) or not slug or (kind == Kind.LESSON) != ("/" in slug):
        return None
    return Target(Kind(kind), slug)


def find(target: Target) -> Content | None:
    """Return the target's title, if the site has and shows it."""
    title: str | None
    if target.kind is Kind.COURSE:
        rows = Course.objects.filter(slug=target.slug, withdrawn=False)
        title = rows.values_list("title", flat=True).first()
    elif target.kind is Kind.EXERCISE:
        active = Exercise.objects.active().filter(slug=target.slug)
        title = active.values_list("title", flat=True).first()
    else:
        course, _, slug = target.slug.partition("/")
        lessons = Lesson.objects.filter(course__slug=course, slug=slug, part__isnull=False)
        title = lessons.values_list("title", flat=True).first()
    return None if title is None else Content(target, title)


def choices() -> list[Content]:
    """Return all that can be linked: each course, its parts below it."""
    courses = Course.objects.listed()
    parts: dict[int, list[Content]] = {}
    for part in Part.objects.for_outlines().filter(course__withdrawn=False):
        parts.setdefault(part.course_id, []).append(Content(_of_part(part), part.title, True))
    slugs = {course.pk: course.slug for course in courses}
    return [
        entry
        for course in courses
        for entry in (
            Content(Target(Kind.COURSE, course.slug), course.title),
            *_within(slugs[course.pk], parts.get(course.pk, ())),
        )
    ]


def _of_part(part: Part) -> Target:
    if part.kind == PartKind.EXERCISE or part.lesson is None:
        return Target(Kind.EXERCISE, part.exercise_slug)
    return Target(Kind.LESSON, part.lesson.slug)


def _within(course: str, parts: Iterable[Content]) -> Iterable[Content]:
    for content in parts:
        if content.target.kind is Kind.LESSON:
            target = Target(Kind.LESSON, f"{course}/{content.target.slug}")
            yield Content(target, content.title, True)
        else:
            yield content


def _view(address: str) -> str:
    """Return the name of the view that an address of this site leads to; empty for others."""
    own = urlsplit(settings.SITE_URL)
    if not address.isprintable() or any(mark in address for mark in "\\ @"):
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if (parts.scheme, parts.netloc.lower()) != (own.scheme, own.netloc.lower()):
        return ""
    try:
        return resolve(parts.path).view_name
    except Resolver404:
        return ""
