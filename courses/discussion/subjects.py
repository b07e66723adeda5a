"""What a discussion is about: a lesson or an exercise, and who may see solutions there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404
from django.urls import reverse

from courses.accounts.models import User
from courses.accounts.roles import SiteRight
from courses.catalogue.models import Part
from courses.catalogue.translations import apply_part_translations
from courses.learners.models import Completion

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


@dataclass(frozen=True)
class Subject:
    """A lesson or an exercise that people discuss."""

    part: Part

    @property
    def key(self) -> str:
        """Return what posts are stored under."""
        return self.part.subject

    @property
    def address(self) -> str:
        """Return the address of the discussion."""
        return discussion_address(self.part)

    def solution_visible_to(self, user: User | AnonymousUser) -> bool:
        """Say whether somebody has passed what is discussed, or may see solutions."""
        if not isinstance(user, User):
            return False
        if user.may(SiteRight.SEE_SOLUTIONS):
            return True
        mine = Completion.objects.filter(user=user)
        if self.part.lesson_id is None:
            return mine.filter(exercise_slug=self.part.exercise_slug).exists()
        kind = "quiz" if hasattr(self.part.lesson, "quiz") else "lesson"
        return mine.filter(kind=kind, lesson_id=self.part.lesson_id).exists()


def discussion_address(part: Part) -> str:
    """Return the address of the discussion of a part."""
    if part.lesson is not None:
        return reverse("courses:lesson_discussion", args=[part.course.slug, part.lesson.slug])
    return reverse("courses:exercise_discussion", args=[part.exercise_slug])


def find_subject(*, course: str = "", lesson: str = "", exercise: str = "") -> Subject:
    """Return what is discussed.

    Raises:
        Http404: there is no such lesson or exercise in any course.
    """
    parts = Part.objects.for_outlines().select_related("course", "lesson", "lesson__quiz")
    if exercise:
        part = parts.filter(exercise_slug=exercise).first()
    else:
        part = parts.filter(course__slug=course, lesson__slug=lesson).first()
    if part is None:
        raise Http404
    apply_part_translations([part])
    return Subject(part)


def subject_of(key: str) -> Subject:
    """Return what posts with this key are about.

    Raises:
        Http404: it is not taught any more.
    """
    kind, _colon, name = key.partition(":")
    if kind == "exercise":
        return find_subject(exercise=name)
    course, _slash, lesson = name.partition("/")
    return find_subject(course=course, lesson=lesson)
