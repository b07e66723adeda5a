"""The submissions of a class, with filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.db.models import Q

from classes import help_needed
from classes.pages.access import READ, class_page, page
from classes.pages.forms import sections_of
from classes.rights import Access, Right
from exercises.models import State

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from exercises.models import Submission

A_PAGE = 50
STATES = ("passed", "failed", "waiting", "review", "error")


@class_page(Right.SEE, READ)
def submissions(request: HttpRequest, access: Access) -> HttpResponse:
    """List submissions, the latest first."""
    klass = access.klass
    found = help_needed.of_class(klass)
    part, state = request.GET.get("part", ""), request.GET.get("state", "")
    section, search = request.GET.get("section", ""), request.GET.get("q", "").strip()[:100]
    if part:
        found = found.filter(exercise__slug=part)
    if state in STATES:
        found = _in_state(found, state)
    members = Q()
    if section:
        members = Q(user__memberships__section=section, user__memberships__klass=klass)
    if search:
        members &= Q(user__name__icontains=search) | Q(user__email__icontains=search)
    found = found.filter(members).distinct() if members else found
    rows = found.select_related("exercise", "user").defer("report").order_by("-created_at")
    query = request.GET.copy()
    query.pop("page", None)
    names = {
        member.user_id: member for member in klass.members.present().filter(user__isnull=False)
    }
    shown = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    facts = {
        "page": shown,
        "lines": [(one, names.get(one.user_id)) for one in shown],
        "query": query.urlencode(),
        "parts": [part for part in klass.parts.scheduled() if part.is_exercise],
        "part": part,
        "state": state,
        "section": section,
        "search": search,
        "sections": sections_of(klass),
    }
    return page(request, access, "classes/submissions.html", facts)


def _in_state(found: QuerySet[Submission], state: str) -> QuerySet[Submission]:
    if state == "passed":
        return found.filter(passed=True)
    if state == "failed":
        return found.filter(state=State.GRADED, passed=False)
    if state == "waiting":
        return found.filter(state__in=[State.QUEUED, State.RUNNING])
    if state == "review":
        return found.filter(review_due=True)
    return found.filter(state=State.FAILED)
