"""Regrades of a class: ask for one, look at the difference, decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from classes.audit import ChangeRefused
from classes.pages.access import DO, EDIT, READ, class_page, done, page
from classes.regrading import asking
from classes.rights import Access, Right

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

    from classes.models import Regrading, ScheduledPart
    from exercises.models import Submission

A_PAGE = 100
MOST_LISTED = 50


@class_page(Right.CHANGE, EDIT)
def regrades(request: HttpRequest, access: Access) -> HttpResponse:
    """List the regrades of the class; ask for the difference of another one."""
    if request.method == "POST":
        return _asked(request, access)
    found = access.klass.regradings.select_related("part", "asked_by", "submission__user")
    facts = {
        "found": [(one, asking.counts(one)) for one in found[:MOST_LISTED]],
        "parts": [part for part in access.klass.parts.scheduled() if part.is_exercise],
        "chosen": request.GET.get("part", ""),
    }
    return page(request, access, "classes/regrades.html", facts)


@class_page(Right.CHANGE, READ)
def regrading(request: HttpRequest, access: Access, regrading_key: uuid.UUID) -> HttpResponse:
    """Show a regrade's difference, or what was written of it."""
    found = _of(access, regrading_key)
    lines = Paginator(asking.shown(found), A_PAGE).get_page(request.GET.get("page"))
    facts = {"regrading": found, "page": lines, "counts": asking.counts(found), "query": ""}
    return page(request, access, "classes/regrading.html", facts)


@class_page(Right.CHANGE, DO)
def decide(request: HttpRequest, access: Access, regrading_key: uuid.UUID) -> HttpResponse:
    """Have a difference written, or discard it."""
    write = request.POST.get("decision") == "write"
    found = asking.decide(regrading=_of(access, regrading_key), actor=access.user, write=write)
    message = _("The new grades are being written.") if write else _("Discarded. No grade changed.")
    return done(request, access, "regrading", message, found.pk)


def _asked(request: HttpRequest, access: Access) -> HttpResponse:
    number = request.POST.get("part", "")
    part = access.klass.parts.filter(pk=number if number.isdecimal() else 0).first()
    if part is None:
        raise ChangeRefused("invalid", _("Choose an exercise of the schedule."))
    key = request.POST.get("submission", "")
    submission = None
    if key:
        submission = _submission(access, part, key)
    found = asking.ask(klass=access.klass, part=part, actor=access.user, submission=submission)
    message = _("The difference is being computed. Nothing is changed before you decide.")
    return done(request, access, "regrading", message, found.pk)


def _submission(access: Access, part: ScheduledPart, key: str) -> Submission:
    try:
        return get_object_or_404(asking.submissions_of(access.klass, part), pk=key)
    except ValidationError as error:  # no key at all
        raise Http404 from error


def _of(access: Access, key: uuid.UUID) -> Regrading:
    of_class = access.klass.regradings.select_related(
        "klass", "part", "asked_by", "decided_by", "submission__user"
    )
    return get_object_or_404(of_class, pk=key)
