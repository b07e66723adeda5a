"""The pages of one learner: dashboard, enrolment, bookmarks, notes, ratings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Prefetch, Subquery
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from courses.catalogue.models import COURSE_TEXTS, below
from courses.catalogue.translations import apply_part_translations, apply_translations
from courses.certificates.badges import themed_motif_of
from courses.learners.enrolment import enrol as enrol_in
from courses.learners.enrolment import leave as leave_course
from courses.learners.notes import keep, latest_kept, write_note
from courses.learners.progress import CourseProgress, done_by, progress_in
from courses.learners.ratings import rate
from courses.learners.transcript import transcript_of
from courses.models import (
    Bookmark,
    Certificate,
    Course,
    Enrolment,
    ModeratorWarning,
    Note,
    Part,
    Path,
    PathStep,
    User,
)
from courses.pages.access import find_lesson, signed_in
from courses.quizzes.reviews import waiting_of, with_reviews

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.http import HttpRequest, HttpResponse

MOST_LISTED = 5
"""Bookmarks and notes on the dashboard, the latest; all stand on a page of their own."""
MOST_AHEAD = 4
"""Parts that the dashboard lists after the one to go on with; the outline lists them all."""
NOTES_A_PAGE = 20
FOREIGN = frozenset({"cross-site", "same-site"})
"""What a browser says of a request that another site's page caused."""


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

    @property
    def ahead(self) -> list[Part]:
        """Return the next parts that are not done: after the one to go on with, then before it."""
        left = [state.part for state in self.progress.states if not state.done]
        resume = self.resume
        here = left.index(resume) if resume is not None and resume in left else -1
        return [*left[here + 1 :], *left[: max(here, 0)]][:MOST_AHEAD]


def courses_taken(user: User, earned: Sequence[Certificate]) -> list[Taken]:
    """Return the courses that a learner takes, the latest first: three queries.

    `earned` are the learner's certificates. The courses and the parts to resume at are in the
    original language yet.
    """
    enrolments = list(
        Enrolment.objects.filter(user=user)
        .select_related("course")
        .defer(*below("course", COURSE_TEXTS))
        .prefetch_related(Prefetch("course__parts", Part.objects.for_outlines()))
    )
    done = done_by(user)
    certificates = {one.course_id: one for one in earned}
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
    return taken


def _suggested(taken: Sequence[Taken]) -> Course | None:
    """Return the first course on the first path that the learner does not take."""
    steps = PathStep.objects.filter(
        path=Subquery(Path.objects.values("pk")[:1]), course__withdrawn=False
    )
    known = {one.course.pk for one in taken}
    found = next(
        (step.course for step in steps.select_related("course") if step.course_id not in known),
        None,
    )
    if found is not None:
        apply_translations([found])
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
    earned = list(Certificate.objects.current().filter(user=user))
    taken = courses_taken(user, earned)
    bookmarks, notes = latest_kept(user, MOST_LISTED)
    unread = ModeratorWarning.objects.filter(person=OuterRef("pk"), read_at=None)
    mine = with_reviews(User.objects.filter(pk=user.pk)).annotate(is_warned=Exists(unread))
    today = mine.only("review").get()
    parts = [
        *(part for one in taken if one.resume for part in (one.resume, *one.ahead)),
        *(bookmark.lesson.part for bookmark in bookmarks),
        *(note.lesson.part for note in notes),
    ]
    apply_translations([one.course for one in taken], parts)
    current = next((one for one in taken if one.resume), None)
    suggested = None if current else _suggested(taken)
    shown = current.course if current else suggested
    return render(
        request,
        "courses/dashboard.html",
        {
            "current": current,
            "suggested": suggested,
            "motif": themed_motif_of(shown.slug) if shown else "",
            "taken": taken,
            "others": [one for one in taken if one is not current],
            "waiting": waiting_of(today),
            "is_warned": today.is_warned,
            "certificates": earned,
            "bookmarks": bookmarks,
            "notes": notes,
        },
    )


@require_safe
@never_cache
@login_required
def transcript(request: HttpRequest) -> HttpResponse:
    """Show everything that the learner has passed."""
    facts = {"courses": transcript_of(signed_in(request.user)), "now": timezone.now()}
    return render(request, "courses/transcript.html", facts)


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
            "crumbs": [(_("My learning"), reverse("courses:dashboard")), (_("Saved"), "")],
        },
    )


def _named(rows: Iterable[Bookmark | Note]) -> list[Bookmark | Note]:
    """Return bookmarks or notes from `with_parts()`, their lessons' titles as the visitor reads."""
    listed = list(rows)
    apply_part_translations(row.lesson.part for row in listed)
    return listed


@require_POST
@login_required
def enrol(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a course and go to its first part."""
    return _enrolled(request, get_object_or_404(Course, slug=slug, withdrawn=False))


@require_safe
@login_required
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Do the same on the way back from signing up or in, or from the confirmation mail's link.

    No page of another site can lead a learner here and enrol them.
    """
    course = get_object_or_404(Course, slug=slug, withdrawn=False)
    foreign = request.headers.get("Sec-Fetch-Site", "") in FOREIGN
    if foreign or request.method == "HEAD":
        return redirect(course.get_absolute_url())
    return _enrolled(request, course)


def _enrolled(request: HttpRequest, course: Course) -> HttpResponse:
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
        request, _("You have left this course. Your progress is saved in case you come back.")
    )
    return redirect(course.get_absolute_url())


@require_POST
@login_required
def bookmark(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Add or remove a bookmark on a lesson."""
    found = find_lesson(course, lesson)
    keep(user=signed_in(request.user), lesson=found, kept=request.POST.get("kept", "yes") == "yes")
    return redirect(found.get_absolute_url())


@require_POST
@login_required
def note(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Write a private note on a lesson."""
    found = find_lesson(course, lesson)
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
