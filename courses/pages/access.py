"""Who is asking, and what they may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.decorators import reauthentication_required
from django.http import Http404
from django.shortcuts import get_object_or_404

from courses.models import Course, Enrolment, Lesson, User

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    View = Callable[..., HttpResponseBase]


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


def confirmed_identity(*, allow_get: bool = False) -> Callable[[View], View]:
    """Return a decorator that asks for the password or second factor again, unless just given.

    Args:
        allow_get: whether the page itself is shown without, and only its form asks.
    """
    required: Callable[[View], View] = reauthentication_required(allow_get=allow_get)
    return required
