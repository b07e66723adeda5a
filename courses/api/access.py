"""Who is asking, and the rows that an address names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import AuthenticationFailed, NotFound

from courses.models import Course, Lesson, Quiz, User

if TYPE_CHECKING:
    from rest_framework.request import Request


def signed_in(request: Request) -> User:
    """Return the user who sent a request.

    Raises:
        AuthenticationFailed: nobody is signed in.
    """
    if not isinstance(request.user, User):
        raise AuthenticationFailed
    return request.user


def find_course(slug: str) -> Course:
    """Return a course that is taught.

    Raises:
        NotFound: there is none.
    """
    course = Course.objects.filter(slug=slug, withdrawn=False).first()
    if course is None:
        raise NotFound("Course not found.")
    return course


def find_lesson(course: str, lesson: str) -> Lesson:
    """Return a lesson of a course that is taught.

    Raises:
        NotFound: there is none.
    """
    found = (
        Lesson.objects.select_related("course", "quiz")
        .filter(course__slug=course, course__withdrawn=False, slug=lesson, part__isnull=False)
        .first()
    )
    if found is None:
        raise NotFound("Lesson not found.")
    return found


def find_quiz(course: str, lesson: str) -> Quiz:
    """Return the quiz of a lesson.

    Raises:
        NotFound: there is no such lesson, or it has no quiz.
    """
    found = find_lesson(course, lesson)
    quiz: Quiz | None = getattr(found, "quiz", None)
    if quiz is None:
        raise NotFound("This lesson has no quiz.")
    quiz.lesson = found
    return quiz
