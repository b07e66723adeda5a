"""Who is told of the answers to a question: whoever asked, and whoever follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from courses.accounts.models import User
from courses.discussion.models import Subscription

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from courses.discussion.models import Post


def follow(*, user: User, question: Post, following: bool) -> None:
    """Note whether somebody wants emails about the answers to a question."""
    Subscription.objects.update_or_create(
        question=question, user=user, defaults={"following": following}
    )


def follows(user: User, question: Post) -> bool:
    """Say whether somebody follows a question; whoever asked does, unless they have stopped."""
    wish = Subscription.objects.filter(question=question, user=user).values_list("following")
    found = wish.first()
    return question.author_id == user.pk if found is None else found[0]


def followers(question: Post, *, answered_by: User) -> QuerySet[User]:
    """Return whom an answer is mailed to, by their own wishes."""
    rows = Subscription.objects.filter(question=question)
    following = Q(pk__in=rows.filter(following=True).values("user"))
    if question.author_id is not None:
        silent = rows.filter(user=question.author_id, following=False)
        following |= Q(pk=question.author_id) & ~Q(pk__in=silent.values("user"))
    return User.objects.filter(following, mail_answers=True, is_active=True).exclude(
        pk=answered_by.pk
    )
