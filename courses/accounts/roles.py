"""Roles of the whole site, below the superuser, and what each of them may do.

This is the one place in code; docs/features/roles.md has the same table for people, and a test
compares the two. Roles inside a class are in `classes.rights`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterable


class SiteRight(StrEnum):
    """What a role allows everywhere on the site.

    `ANSWER` opens the inbox of questions and marks answers; `MODERATE` hides posts, closes threads,
    warns people and resolves reports; `OPERATE` is for queues, workers and maintenance, of staff
    only; `GIVE_ROLES` belongs to superusers alone.
    """

    MAKE_CLASSES = "make classes"
    SEE_SUBMISSIONS = "see submissions"
    REVIEW = "review projects"
    SEE_SOLUTIONS = "see solutions"
    ANSWER = "answer questions"
    MODERATE = "moderate"
    SEE_CONTENT = "see content records"
    SEE_LEARNING = "see learning records"
    OPERATE = "operate the site"
    GIVE_ROLES = "give roles"


class SiteRole(models.TextChoices):
    """A role that a superuser gives to somebody, for the whole site."""

    INSTRUCTOR = "instructor", _("instructor")
    ASSISTANT = "assistant", _("assistant")
    MODERATOR = "moderator", _("moderator")
    AUTHOR = "author", _("author")


SITE_RIGHTS: Final[dict[str, frozenset[SiteRight]]] = {
    SiteRole.INSTRUCTOR: frozenset(
        {
            SiteRight.MAKE_CLASSES,
            SiteRight.SEE_SUBMISSIONS,
            SiteRight.REVIEW,
            SiteRight.SEE_SOLUTIONS,
            SiteRight.ANSWER,
            SiteRight.SEE_CONTENT,
            SiteRight.SEE_LEARNING,
        }
    ),
    SiteRole.ASSISTANT: frozenset(
        {
            SiteRight.SEE_SUBMISSIONS,
            SiteRight.REVIEW,
            SiteRight.SEE_SOLUTIONS,
            SiteRight.ANSWER,
        }
    ),
    SiteRole.MODERATOR: frozenset(
        {SiteRight.SEE_SOLUTIONS, SiteRight.ANSWER, SiteRight.MODERATE},
    ),
    SiteRole.AUTHOR: frozenset(
        {SiteRight.SEE_SOLUTIONS, SiteRight.ANSWER, SiteRight.SEE_CONTENT},
    ),
}

STAFF_RIGHTS: Final = frozenset(SiteRight) - {
    SiteRight.GIVE_ROLES,
    SiteRight.SEE_CONTENT,
    SiteRight.SEE_LEARNING,
}
"""Of an account with Django's staff flag; in the admin site its own permissions decide."""


def rights_of(
    roles: Iterable[str], *, is_staff: bool = False, is_superuser: bool = False
) -> frozenset[SiteRight]:
    """Return what an account with these roles and flags may do; an unknown role allows nothing."""
    if is_superuser:
        return frozenset(SiteRight)
    found = STAFF_RIGHTS if is_staff else frozenset()
    return found.union(*(SITE_RIGHTS.get(role, frozenset()) for role in roles))
