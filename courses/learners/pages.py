"""The pages of one learner: dashboard, enrolment, profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses.catalogue.languages import lay_over, lay_over_parts
from courses.enrolment import enrol as enrol_in
from courses.enrolment import leave as leave_course
from courses.learners.forms import ProfileForm
from courses.learners.keeping import keep, rate, write_note
from courses.models import (
    Bookmark,
    Certificate,
    Course,
    Enrolment,
    Lesson,
    Note,
    Part,
    Path,
    PathStep,
    User,
)
from courses.progress import CourseProgress, done_by, progress_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest, HttpResponse

MOST_LISTED = 5
"""Bookmarks and notes on the dashboard, the latest; all stand on a page of their own."""
NOTES_A_PAGE = 20


@dataclass(frozen=True)
class Taken:
    """A course that the learner takes.

    Attributes:
        resume: where to go on; None when everything is done.
    """

    enrolment: Enrolment
    progress: CourseProgress
    resume: Part | None
    certificate: Certificate | None

    @property
    def course(self) -> Course:
        """Return the course."""
        return self.enrolment.course


def signed_in(user: User | AnonymousUser) -> User:
    """Return the user of a page that stands behind `login_required`."""
    if not isinstance(user, User):
        raise TypeError("this page is for people who are signed in")
    return user


def courses_taken(user: User) -> list[Taken]:
    """Return the courses that a learner takes, the latest first: six queries at most."""
    enrolments = list(
        Enrolment.objects.filter(user=user)
        .select_related("course")
        .prefetch_related(Prefetch("course__parts", Part.objects.for_outlines()))
    )
    done = done_by(user)
    certificates = {one.course_id: one for one in Certificate.objects.filter(user=user)}
    lay_over([enrolment.course for enrolment in enrolments])
    taken = []
    for enrolment in enrolments:
        progress = progress_in(enrolment.course.parts.all(), done)
        taken.append(
            Taken(
                enrolment,
                progress,
                _resume(enrolment, progress),
                certificates.get(enrolment.course_id),
            )
        )
    lay_over_parts([one.resume for one in taken if one.resume])
    return taken


def _suggested(taken: Sequence[Taken]) -> Course | None:
    """Return the first course on the first path that the learner does not take."""
    steps = PathStep.objects.filter(path=Path.objects.first(), course__withdrawn=False)
    known = {one.course.pk for one in taken}
    found = next(
        (step.course for step in steps.select_related("course") if step.course_id not in known),
        None,
    )
    if found is not None:
        lay_over([found])
    return found


def _resume(enrolment: Enrolment, progress: CourseProgress) -> Part | None:
    """Return the part where the learner was, or, if that is done, the first that is not."""
    for state in progress.states:
        if state.part.pk == enrolment.last_part_id and not state.done:
            return state.part
    return progress.next_part


@require_safe
@login_required
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show what the learner takes, where to go on, and what was earned."""
    user = signed_in(request.user)
    taken = courses_taken(user)
    current = next((one for one in taken if one.resume), None)
    return render(
        request,
        "courses/dashboard.html",
        {
            "current": current,
            "suggested": None if current else _suggested(taken),
            "taken": taken,
            "certificates": Certificate.objects.filter(user=user),
            "bookmarks": _named(Bookmark.objects.filter(user=user).with_parts()[:MOST_LISTED]),
            "notes": _named(Note.objects.filter(user=user).with_parts()[:MOST_LISTED]),
        },
    )


@require_safe
@login_required
def kept(request: HttpRequest) -> HttpResponse:
    """Show all that the learner has bookmarked and noted."""
    user = signed_in(request.user)
    bookmarks = Bookmark.objects.filter(user=user).with_parts()
    notes = Note.objects.filter(user=user).with_parts()
    page = Paginator(notes, NOTES_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "courses/kept.html",
        {
            "bookmarks": _named(
                bookmarks.order_by("lesson__course__position", "lesson__part__position")
            ),
            "notes": _named(page),
            "page": page,
            "crumbs": [(_("My learning"), reverse("courses:dashboard")), (_("Kept"), "")],
        },
    )


def _named(rows: Iterable[Bookmark | Note]) -> list[Bookmark | Note]:
    """Return bookmarks or notes from `with_parts()`, their lessons' titles as the visitor reads."""
    listed = list(rows)
    lay_over_parts(row.lesson.part for row in listed)
    return listed


@require_POST
@login_required
def enrol(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a course and go to its first part."""
    course = get_object_or_404(Course, slug=slug, withdrawn=False)
    enrol_in(user=signed_in(request.user), course=course)
    first = course.parts.for_outlines().select_related("course").first()
    return redirect(first.get_absolute_url() if first else course.get_absolute_url())


@require_POST
@login_required
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Stop taking a course."""
    course = get_object_or_404(Course, slug=slug)
    leave_course(user=signed_in(request.user), course=course)
    messages.success(
        request, _("You have left this course. What you did is kept, should you return.")
    )
    return redirect(course.get_absolute_url())


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change one's own settings."""
    user = signed_in(request.user)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "courses/profile.html", {"form": form}, status=status)
    form.save()
    response = redirect("courses:profile")
    if user.locale:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, user.locale, max_age=31_536_000, samesite="Lax"
        )
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    with override(user.locale or None):
        messages.success(request, _("Saved."))
    return response


@require_POST
@login_required
def bookmark(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Put a bookmark on a lesson, or take it away."""
    found = _find_lesson(course, lesson)
    keep(user=signed_in(request.user), lesson=found, kept=request.POST.get("kept", "yes") == "yes")
    return redirect(found.get_absolute_url())


@require_POST
@login_required
def note(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Write a private note on a lesson."""
    found = _find_lesson(course, lesson)
    try:
        write_note(user=signed_in(request.user), lesson=found, text=request.POST.get("text", ""))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("Your note is saved."))
    return redirect(f"{found.get_absolute_url()}#note")


@require_POST
@login_required
def rating(request: HttpRequest, slug: str) -> HttpResponse:
    """Rate a course."""
    course = get_object_or_404(Course, slug=slug)
    stars = request.POST.get("stars", "")
    try:
        rate(
            user=signed_in(request.user),
            course=course,
            stars=int(stars) if stars.isascii() and stars.isdigit() else 0,
        )
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("Thank you for your rating."))
    return redirect(course.get_absolute_url())


def _find_lesson(course: str, lesson: str) -> Lesson:
    return get_object_or_404(
        Lesson.objects.select_related("course"),
        course__slug=course,
        slug=lesson,
        part__isnull=False,
    )
