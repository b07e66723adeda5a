"""The inbox of a class: its learners' open questions, and reports about their posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator

from classes.moderation import posts_of
from classes.pages.access import READ, class_page, page
from classes.rights import Access, Right
from courses.discussion import inbox

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

MOST_LISTED = 25


@class_page(Right.MODERATE, READ)
def moderation(request: HttpRequest, access: Access) -> HttpResponse:
    """Show what waits for an answer or a decision."""
    posts = posts_of(access.klass)
    pages = Paginator(inbox.unanswered(posts), MOST_LISTED)
    facts = {
        "moderates": True,
        "page": pages.get_page(request.GET.get("page")),
        "reported": inbox.reported(posts)[:MOST_LISTED],
        "edited": inbox.edited_while_hidden(posts)[:MOST_LISTED],
        "counts": inbox.counts(posts),
    }
    return page(request, access, "classes/moderation.html", facts)
