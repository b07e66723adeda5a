"""Posts: asking, answering, accepting, reporting, deleting and restoring."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.accounts.models import User
from courses.discussion.models import Post, Report
from courses.markup.problems import InvalidContentError
from courses.markup.rendering import Source, render_page

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

MOST_POSTS_AN_HOUR: Final = 20
LONGEST_POST: Final = 10_000  # characters
MOST_FORMULAS: Final = 100
"""In one post; each takes the converter up to a few milliseconds."""


def ask(*, author: User, subject: str, title: str, body: str, spoiler: bool = False) -> Post:
    """Ask a question.

    Raises:
        ValidationError: something is missing, too long or cannot be rendered; or too many posts.
    """
    if not title.strip():
        raise ValidationError({"title": _("Add a title.")})
    post = Post(subject=subject, author=author, title=title.strip()[:200], spoiler=spoiler)
    return _posted(post, author, body)


def answer(*, author: User, question: Post, body: str, spoiler: bool = False) -> Post:
    """Answer a question.

    Raises:
        ValidationError: as `ask`; or the question was deleted.
    """
    if question.question_id is not None or question.deleted_at is not None:
        raise ValidationError(_("This question can no longer be answered."))
    post = Post(subject=question.subject, author=author, question=question, spoiler=spoiler)
    return _posted(post, author, body)


def _posted(post: Post, author: User, body: str) -> Post:
    """Render a post and store it.

    Rendering comes before the transaction: SQLite has one writer at a time, and whoever holds the
    lock while a text is rendered makes everybody wait.
    """
    _check_rate(author)
    post.body, post.html = body.strip(), rendered(body)
    with transaction.atomic():
        _check_rate(author)  # again: another request may have posted meanwhile
        post.save(force_insert=True)
    return post


def rendered(body: str) -> str:
    """Return a post's text as HTML.

    Raises:
        ValidationError: it is empty or too long, or a formula, link or picture is wrong.
    """
    if not body.strip():
        raise ValidationError({"body": _("Enter a text.")})
    if len(body) > LONGEST_POST:
        raise ValidationError(
            {"body": _("A post has at most %(most)d characters.") % {"most": LONGEST_POST}}
        )
    if body.count("$") > 2 * MOST_FORMULAS:
        raise ValidationError(
            {"body": _("A post has at most %(most)d formulas.") % {"most": MOST_FORMULAS}}
        )
    try:
        page = render_page(body, Source(""), picture_free=True)
    except InvalidContentError as error:
        raise ValidationError({"body": [problem.reason for problem in error.problems]}) from error
    return page.html


@transaction.atomic
def accept(*, user: User, post: Post) -> None:
    """Mark an answer as the one that helped; a second time takes the mark away.

    Raises:
        PermissionDenied: the user neither asked the question nor is of the staff.
    """
    question = post.question
    if question is None or not (user.is_staff or question.author_id == user.pk):
        raise PermissionDenied
    question.accepted = None if question.accepted_id == post.pk else post
    question.save(update_fields=["accepted"])


def may_delete(user: User | AnonymousUser, post: Post) -> bool:
    """Say whether somebody may delete or restore a post."""
    if not isinstance(user, User):
        return False
    if post.deleted_at is not None and not user.is_staff:
        return post.deleted_by_id == user.pk
    return user.is_staff or post.author_id == user.pk


@transaction.atomic
def delete(*, user: User, post: Post) -> None:
    """Hide a post; it can be restored.

    Raises:
        PermissionDenied: neither its author nor of the staff.
    """
    if not may_delete(user, post):
        raise PermissionDenied
    Post.objects.filter(pk=post.pk, deleted_at=None).update(
        deleted_at=timezone.now(), deleted_by=user
    )


@transaction.atomic
def restore(*, user: User, post: Post) -> None:
    """Show a deleted post again: by whoever deleted it, or the staff.

    Raises:
        PermissionDenied: somebody else deleted it.
    """
    if not may_delete(user, post):
        raise PermissionDenied
    Post.objects.filter(pk=post.pk).update(deleted_at=None, deleted_by=None)


@transaction.atomic
def report(*, reporter: User, post: Post, reason: str) -> None:
    """Report a post to the moderators, once for each user and post.

    Raises:
        ValidationError: no reason is given.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Enter a reason.")})
    Report.objects.get_or_create(
        post=post, reporter=reporter, defaults={"reason": reason.strip()[:500]}
    )


def _check_rate(author: User) -> None:
    hour = timezone.now() - dt.timedelta(hours=1)
    if Post.objects.filter(author=author, created_at__gt=hour).count() >= MOST_POSTS_AN_HOUR:
        raise ValidationError(_("You're posting too fast. Try again in an hour."))
