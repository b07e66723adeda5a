"""A class's home: what needs attention for who teaches, what is due for who learns."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Count, Window
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classes import feed, help_needed, policy_words, reviewers
from classes.announcements import announcements_for
from classes.lti.models import Passback
from classes.models import LEARNING_ROLES, Member, Role
from classes.models.member import new_key
from classes.pages.access import DO, READ, class_page, done, is_fetched, page
from classes.records import Column, Gradebook, Row, gradebook
from classes.reminders import CHOICES
from classes.rights import Access, Right

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from classes.dates import Dates
    from classes.marks import Mark

MOST_LISTED = 8
SOON = timedelta(days=14)
NEW_FOR = timedelta(days=14)
MOST_DUE = 3
MOST_NEW = 2
"""Parts that are due and announcements that a dashboard shows of a class."""


class Line(NamedTuple):
    """A part as its learner sees it."""

    column: Column
    dates: Dates
    mark: Mark

    @property
    def part_key(self) -> int:
        """Return the key of the scheduled part."""
        return self.column.scheduled.pk

    @property
    def open(self) -> bool:
        """Say whether an attempt would count now, as far as the opening goes."""
        return self.dates.opens is None or self.dates.opens <= timezone.now()

    @property
    def over(self) -> bool:
        """Say whether an attempt would be practice now."""
        last = self.dates.last
        return last is not None and last < timezone.now()


def lines_of(book: Gradebook, row: Row) -> list[Line]:
    """Return the parts of one learner with their dates and marks."""
    return [Line(*one) for one in zip(book.columns, row.dates, row.record.marks, strict=True)]


@class_page(Right.BELONG, READ)
def home(request: HttpRequest, access: Access) -> HttpResponse:
    """Show what needs attention today, or one's own class."""
    if access.may_see:
        return _today(request, access)
    if access.member is None:
        return redirect("classes:classes")
    return _my_class(request, access, access.member)


@class_page(Right.SEE, READ)
def attention(request: HttpRequest, access: Access) -> HttpResponse:
    """Show who needs help and what is due soon, which the home page fetches once it is there."""
    book = gradebook(access.klass)
    needs = help_needed.who_needs_help(book)
    facts = {
        "learners": len(book.rows),
        "needs": needs[:MOST_LISTED],
        "needs_count": len(needs),
        "due_soon": _due_soon(book),
    }
    whole = "classes/attention.html"
    return page(request, access, "classes/_attention.html" if is_fetched(request) else whole, facts)


@class_page(Right.BELONG, READ)
def due(request: HttpRequest, access: Access) -> HttpResponse:
    """Give a learner's dashboard what is due and what is new; otherwise it stands in the class."""
    member = access.member
    if member is None or not member.learns or not is_fetched(request):
        return redirect("classes:home", access.klass.pk)
    now = timezone.now()
    book = gradebook(access.klass, unsaved=[member])
    waiting = [
        (line.dates.due, line.column)
        for line in lines_of(book, book.rows[0])
        if line.dates.due is not None and line.dates.due >= now and line.mark.points is None
    ]
    facts = {
        "due": sorted(waiting, key=lambda one: one[0])[:MOST_DUE],
        "announcements": list(
            announcements_for(member).filter(created_at__gte=now - NEW_FOR)[:MOST_NEW]
        ),
    }
    return render(request, "classes/_due.html", facts)


@class_page(Right.SEE, READ)
def preview(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the class as a learner without any work sees it."""
    learner = Member(
        klass=access.klass, email=access.user.email, role=Role.TEST, joined_at=timezone.now()
    )
    return _my_class(request, access, learner, previewed=True)


@class_page(Right.BELONG, DO)
def reminders(request: HttpRequest, access: Access) -> HttpResponse:
    """Store how long before a due date one wants an email."""
    hours = request.POST.get("hours", "")
    if access.member is not None and hours.isdecimal() and int(hours) in CHOICES:
        Member.objects.filter(pk=access.member.pk).update(remind_hours=int(hours))
        return done(request, access, "home", _("Saved."))
    return redirect("classes:home", access.klass.pk)


@class_page(Right.BELONG, DO)
def new_feed(request: HttpRequest, access: Access) -> HttpResponse:
    """Give one's calendar a new secret address."""
    if access.member is not None:
        Member.objects.filter(pk=access.member.pk).update(feed_key=new_key())
    return done(request, access, "home", _("The calendar has a new address; the old one is gone."))


@require_safe
@never_cache
def calendar(request: HttpRequest, feed_key: str) -> HttpResponse:  # noqa: ARG001  # a view's first
    """Return a learner's due dates as a calendar; the address is the secret."""
    present = Member.objects.present().select_related("klass", "user")
    member = get_object_or_404(present, feed_key=feed_key, role__in=LEARNING_ROLES)
    return HttpResponse(feed.calendar_of(member), content_type=feed.CONTENT_TYPE)


def _my_class(
    request: HttpRequest, access: Access, member: Member, *, previewed: bool = False
) -> HttpResponse:
    book = gradebook(access.klass, unsaved=[member])
    lines = lines_of(book, book.rows[0])
    now = timezone.now()
    own_zone = timezone.get_current_timezone()
    facts = {
        "member": member,
        "lines": lines,
        "record": book.rows[0].record,
        "next": [
            line
            for line in lines
            if line.dates.due is not None
            and line.dates.due >= now
            and line.mark.points is None
            and line.open
        ][:MOST_LISTED],
        "policy": policy_words.sentences(access.klass.policy),
        "grace_left": access.klass.grace_days - book.rows[0].record.grace_days,
        "announcements": [] if previewed else announcements_for(member)[:MOST_LISTED],
        "previewed": previewed,
        "reminder_choices": CHOICES,
        "feed_address": request.build_absolute_uri(
            reverse("classes:calendar", args=[member.feed_key])
        ),
        "two_zones": str(own_zone) != access.klass.zone.key,
        "own_zone": str(own_zone),
        "now": now,
    }
    return page(request, access, "classes/my_class.html", facts)


def _today(request: HttpRequest, access: Access) -> HttpResponse:
    klass = access.klass
    learners = list(klass.members.learning())
    projects = reviewers.waiting(klass, learners)
    mine = [one for one in projects if one.is_for(access.user)]
    questions, questions_count = _first(help_needed.open_questions(klass))
    reported = help_needed.open_reports(klass).prefetch_related(None)
    reports = list(reported) if access.may(Right.MODERATE) else []
    waiting, waiting_count = _first(help_needed.ungraded(klass))
    facts = {
        "learners": len(learners),
        "invited": sum(one.user_id is None for one in learners),
        "projects": sorted(projects, key=lambda one: not one.is_for(access.user))[:MOST_LISTED],
        "projects_count": len(projects),
        "projects_mine": len(mine),
        "may_review": access.may(Right.REVIEW),
        "questions": questions,
        "questions_count": questions_count,
        "reports": reports[:MOST_LISTED],
        "reports_count": len(reports),
        "ungraded": waiting,
        "ungraded_count": waiting_count,
        "unsent": list(Passback.objects.failing_in(klass)[: MOST_LISTED + 1]),
    }
    return page(request, access, "classes/home.html", facts)


def _first(rows: QuerySet[Any]) -> tuple[list[Any], int]:
    """Return the first rows of a list, and how many it has: one query."""
    found = list(rows.annotate(listed=Window(Count("pk")))[:MOST_LISTED])
    return found, found[0].listed if found else 0


def _due_soon(book: Gradebook) -> list[tuple[Column, int]]:
    """Return the parts that are due soon, with how many learners have done them."""
    now = timezone.now()
    found = []
    for at, column in enumerate(book.columns):
        due = column.scheduled.due_at
        if due is not None and now <= due <= now + SOON:
            number = sum(row.record.marks[at].attempts > 0 for row in book.rows)
            found.append((column, number))
    return sorted(found, key=lambda one: one[0].scheduled.due_at or now)[:MOST_LISTED]
