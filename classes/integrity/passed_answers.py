"""Submissions whose answers are those of another variant, as the worker found them in grading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.db.models import Count

from classes.models import LEARNING_ROLES, Member
from exercises.models import VariantMatch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classes.models import Class
    from exercises.models import Submission

MOST_LISTED: Final = 200


@dataclass
class PassedAnswer:
    """One submission with another variant's values.

    Attributes:
        shared: how many other learners of the class have given the same variant's values.
    """

    submission: Submission
    member: Member
    matches: list[VariantMatch] = field(default_factory=list)
    shared: int = 0


def found_in(klass: Class, slug: str) -> list[PassedAnswer]:
    """Return a class's submissions with another variant's values, latest first: two queries."""
    members = {
        one.user_id: one
        for one in Member.objects.select_related("user").filter(
            klass=klass, role__in=LEARNING_ROLES, user__isnull=False
        )
    }
    rows = (
        VariantMatch.objects.filter(submission__exercise__slug=slug, submission__user__in=members)
        .select_related("submission__user")
        .defer("submission__report")
        .order_by("-submission__created_at", "pk")[:MOST_LISTED]
    )
    found: dict[object, PassedAnswer] = {}
    holders: dict[str, set[int]] = {}
    for row in rows:
        submission = row.submission
        one = found.setdefault(submission.pk, PassedAnswer(submission, members[submission.user_id]))
        one.matches.append(row)
        holders.setdefault(row.variant, set()).add(submission.user_id)
    for one in found.values():
        same = set().union(*(holders[match.variant] for match in one.matches))
        one.shared = len(same - {one.submission.user_id})
    return list(found.values())


def counts(klass: Class, slugs: Iterable[str]) -> dict[str, int]:
    """Return by exercise how many submissions of the class have another variant's values."""
    users = Member.objects.filter(klass=klass, role__in=LEARNING_ROLES, user__isnull=False)
    rows = VariantMatch.objects.filter(
        submission__exercise__slug__in=list(slugs), submission__user__in=users.values("user")
    ).values("submission__exercise__slug")
    return {
        row["submission__exercise__slug"]: row["number"]
        for row in rows.annotate(number=Count("submission", distinct=True))
    }
