"""What waits for those who answer and moderate: open questions, reports, edited hidden posts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Count, Exists, F, Min, OuterRef, Prefetch, Q

from courses.discussion.models import Post, Report

if TYPE_CHECKING:
    from django.db.models import QuerySet

MOST_COUNTED: Final = 100
"""A count says "100+" above this, so that a large site does not count for nothing."""


@dataclass(frozen=True)
class Counts:
    """How much waits, each at most `MOST_COUNTED` + 1."""

    questions: int
    reports: int
    edited: int


def unanswered(posts: QuerySet[Post]) -> QuerySet[Post]:
    """Return the visible, open questions that nobody but whoever asked has answered, oldest first.

    Args:
        posts: among which posts.
    """
    others = Post.objects.visible().filter(question=OuterRef("pk"))
    others = others.filter(~Q(author=OuterRef("author")) | Q(author=None))
    return (
        posts.filter(question=None, accepted=None, deleted_at=None, hidden_at=None, closed_at=None)
        .filter(~Exists(others))
        .select_related("author")
        .order_by("created_at", "pk")
    )


def reported(posts: QuerySet[Post]) -> QuerySet[Post]:
    """Return posts with open reports (`open_reports`), the longest waiting first."""
    waiting = Report.objects.filter(settled_at=None).order_by("created_at")
    return (
        posts.filter(Exists(waiting.filter(post=OuterRef("pk"))))
        .annotate(
            report_count=Count("reports", filter=Q(reports__settled_at=None)),
            reported_at=Min("reports__created_at", filter=Q(reports__settled_at=None)),
        )
        .select_related("author", "question")
        .prefetch_related(Prefetch("reports", queryset=waiting, to_attr="open_reports"))
        .order_by("reported_at", "pk")
    )


def edited_while_hidden(posts: QuerySet[Post]) -> QuerySet[Post]:
    """Return hidden posts that their authors have edited since: they may be shown again."""
    return (
        posts.filter(hidden_at__isnull=False, deleted_at=None, edited_at__gt=F("hidden_at"))
        .select_related("author", "question")
        .order_by("edited_at", "pk")
    )


def counts(posts: QuerySet[Post]) -> Counts:
    """Count what waits among posts: three queries, each with an end."""
    lists = (unanswered(posts), reported(posts), edited_while_hidden(posts))
    return Counts(*(len(one.values_list("pk", flat=True)[: MOST_COUNTED + 1]) for one in lists))
