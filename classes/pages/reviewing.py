"""The projects of a class that wait for a review, and who reads which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classes import reviewers
from classes.pages.access import EDIT, class_page, done, page
from classes.rights import Access, Right

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

ACTIONS = ("even", "section")


@class_page(Right.REVIEW, EDIT, post=Right.CHANGE)
def reviews(request: HttpRequest, access: Access) -> HttpResponse:
    """List the projects that wait, one's own first; distribute them."""
    if request.method == "POST":
        return _changed(request, access)
    lines = reviewers.waiting(access.klass)
    mine = [one for one in lines if one.is_for(access.user)]
    facts = {
        "lines": lines,
        "mine": mine,
        "open": sum(one.reviewer is None for one in lines),
        "reviewers": reviewers.reviewers_of(access.klass),
    }
    return page(request, access, "classes/reviews.html", facts)


def _changed(request: HttpRequest, access: Access) -> HttpResponse:
    action = request.POST.get("action", "")
    if action in ACTIONS:
        number = reviewers.distribute(
            klass=access.klass, actor=access.user, by_section=action == "section"
        )
        told = ngettext("%(n)s project distributed.", "%(n)s projects distributed.", number)
        return done(request, access, "reviews", told % {"n": number})
    prefix = "reviewer-"
    wishes = {
        name.removeprefix(prefix): reviewers.Wish(
            request.POST.get(f"was-{name.removeprefix(prefix)}", ""), str(wanted)
        )
        for name, wanted in request.POST.items()
        if name.startswith(prefix)
    }
    reviewers.assign(klass=access.klass, actor=access.user, wishes=wishes)
    return done(request, access, "reviews", _("Saved."))
