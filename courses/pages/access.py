"""Who is asking, and what they may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import get_object_or_404

from courses.models import Course, Enrolment, Lesson, User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest


def signed_in(user: User | AnonymousUser) -> User:
    """Return the user of a page that stands behind `login_required`."""
    if not isinstance(user, User):
        raise TypeError("this page is for people who are signed in")
    return user


def find_course(request: HttpRequest, slug: str) -> Course:
    """Return a course that the visitor may see.

    Raises:
        Http404: there is none, or it is not taught any more and the visitor does not take it.
    """
    course = get_object_or_404(Course, slug=slug)
    refuse_withdrawn(request, course)
    return course


def refuse_withdrawn(request: HttpRequest, course: Course) -> None:
    """Let only those who take a course see it when it is not taught any more.

    Raises:
        Http404: for everybody else.
    """
    if course.withdrawn and not (
        isinstance(request.user, User)
        and Enrolment.objects.filter(user=request.user, course=course).exists()
    ):
        raise Http404


def find_lesson(course: str, lesson: str) -> Lesson:
    """Return a lesson that is part of its course.

    Raises:
        Http404: there is none.
    """
    return get_object_or_404(
        Lesson.objects.select_related("course"),
        course__slug=course,
        slug=lesson,
        part__isnull=False,
    )
