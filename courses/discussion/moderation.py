"""What moderators do: hide and show posts, close and reopen threads, warn people.

Each change is one guarded update, so that of two moderators one is told that the other was faster;
each is written into the audit in the same transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.discussion import mails
from courses.discussion.authority import may_moderate, record_action
from courses.discussion.models import ModeratorWarning, Outcome, Post
from courses.discussion.reports import PostRefused, checked_words, settle_open

if TYPE_CHECKING:
    import uuid

    from courses.accounts.models import User

LONGEST_WARNING: Final = 2000  # characters


def hide(*, actor: User, post: Post, reason: str) -> None:
    """Hide a post with a reason that its author reads; its open reports were justified then.

    Raises:
        PermissionDenied: the actor may not moderate it.
        ValidationError: no reason is given, or it is too long.
        PostRefused: it is hidden already.
    """
    _check(actor, post)
    text = checked_words("reason", reason)
    with transaction.atomic():
        changed = Post.objects.filter(pk=post.pk, hidden_at=None).update(
            hidden_at=timezone.now(), hidden_by=actor, hidden_reason=text
        )
        if not changed:
            raise PostRefused("already_hidden", _("This post is hidden already."))
        post.refresh_from_db()
        record_action(actor, "post.hidden", post, {"reason": text})
        settle_open(actor, post, Outcome.UPHELD)
        mails.mail_hidden(post)


def show(*, actor: User, post: Post) -> None:
    """Show a hidden post again.

    Raises:
        PermissionDenied: the actor may not moderate it.
        PostRefused: it is not hidden.
    """
    _check(actor, post)
    with transaction.atomic():
        changed = Post.objects.filter(pk=post.pk, hidden_at__isnull=False).update(
            hidden_at=None, hidden_by=None, hidden_reason=""
        )
        if not changed:
            raise PostRefused("not_hidden", _("This post isn't hidden."))
        post.refresh_from_db()
        record_action(actor, "post.shown", post)


def close(*, actor: User, question: Post) -> None:
    """Close a thread: no answers, no edits.

    Raises:
        PermissionDenied: the actor may not moderate the question.
        ValidationError: it is no question.
        PostRefused: it is closed already.
    """
    _check(actor, question)
    if question.question_id is not None:
        raise ValidationError(_("Only a question can be closed."))
    with transaction.atomic():
        changed = Post.objects.filter(pk=question.pk, closed_at=None).update(
            closed_at=timezone.now(), closed_by=actor
        )
        if not changed:
            raise PostRefused("already_closed", _("This thread is closed already."))
        question.refresh_from_db()
        record_action(actor, "thread.closed", question)


def reopen(*, actor: User, question: Post) -> None:
    """Open a closed thread again.

    Raises:
        PermissionDenied: the actor may not moderate the question.
        PostRefused: it is open.
    """
    _check(actor, question)
    with transaction.atomic():
        changed = Post.objects.filter(pk=question.pk, closed_at__isnull=False).update(
            closed_at=None, closed_by=None
        )
        if not changed:
            raise PostRefused("not_closed", _("This thread isn't closed."))
        question.refresh_from_db()
        record_action(actor, "thread.reopened", question)


def warn(*, actor: User, post: Post, message: str) -> ModeratorWarning:
    """Send the author of a post a message, which is kept.

    Raises:
        PermissionDenied: the actor may not moderate the post.
        ValidationError: there is no message, it is too long, or the account has been deleted.
    """
    _check(actor, post)
    text = checked_words("message", message, LONGEST_WARNING)
    if post.author is None:
        raise ValidationError(_("The account of this post's author has been deleted."))
    with transaction.atomic():
        given = ModeratorWarning.objects.create(
            person=post.author, post=post, message=text, given_by=actor
        )
        record_action(actor, "person.warned", post, {"message": text})
        mails.mail_warning(given)
    return given


def note_read(*, person: User, key: uuid.UUID) -> bool:
    """Note that somebody has read a warning of their own; return whether there is such a one."""
    unread = ModeratorWarning.objects.filter(pk=key, person=person, read_at=None)
    return bool(unread.update(read_at=timezone.now()))


def _check(actor: User, post: Post) -> None:
    if not may_moderate(actor, post):
        raise PermissionDenied
