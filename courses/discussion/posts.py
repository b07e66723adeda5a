"""Posts: asking, answering, editing, accepting, deleting and restoring."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.accounts.models import User
from courses.accounts.roles import SiteRight
from courses.discussion import mails, subscriptions
from courses.discussion.authority import may_moderate, record_action
from courses.discussion.models import Post, PostVersion
from courses.discussion.reports import PostRefused
from courses.markup.problems import InvalidContentError
from courses.markup.rendering import Source, render_page

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

MOST_POSTS_AN_HOUR: Final = 20
MOST_EDITS_AN_HOUR: Final = 40
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
    """Answer a question; whoever follows it is told by email.

    Raises:
        ValidationError: as `ask`.
        PostRefused: the question was deleted, hidden or closed.
    """
    _check_thread(question)
    post = Post(subject=question.subject, author=author, question=question, spoiler=spoiler)
    return _posted(post, author, body)


def _check_thread(question: Post) -> None:
    """Refuse what comes too late.

    Raises:
        PostRefused: the thread takes neither answers nor edits.
    """
    if question.closed_at is not None:
        raise PostRefused("closed", _("This thread is closed. It takes no answers or edits."))
    if question.question_id is not None or question.taken_away:
        kind = "hidden" if question.hidden_at is not None else "deleted"
        raise PostRefused(kind, _("This question can no longer be answered."))


def _posted(post: Post, author: User, body: str) -> Post:
    """Render a post and store it, with the emails that tell of it.

    Rendering comes before the transaction: SQLite has one writer at a time, and whoever holds the
    lock while a text is rendered makes everybody wait.
    """
    _check_rate(author)
    post.body, post.html = body.strip(), rendered(body)
    with transaction.atomic():
        _check_rate(author)  # again: another request may have posted meanwhile
        if post.question_id is not None:
            question = Post.objects.select_for_update().get(pk=post.question_id)
            _check_thread(question)  # again: a moderator may have closed it meanwhile
        post.save(force_insert=True)
        if post.question_id is not None:
            to = subscriptions.followers(question, answered_by=author)
            mails.mail_answer(post, question, to)
    return post


def edit(
    *, author: User, post: Post, version: int, title: str, body: str, spoiler: bool = False
) -> Post:
    """Change one's own post; what it said before is kept for moderators.

    A hidden post can be edited, and stays hidden until a moderator shows it again.

    Args:
        author: whose post it is.
        post: as it was read.
        version: what the editor saw.
        title: of a question; of no meaning for an answer.
        body: the new text.
        spoiler: whether it contains a solution.

    Raises:
        PermissionDenied: it is somebody else's.
        ValidationError: something is missing, too long or cannot be rendered; or too many edits.
        PostRefused: it was deleted, its thread is closed, or it was edited meanwhile.
    """
    if post.author_id != author.pk:
        raise PermissionDenied
    title = title.strip()[:200] if post.question_id is None else ""
    if post.question_id is None and not title:
        raise ValidationError({"title": _("Add a title.")})
    _check_editable(post, version)
    text = body.strip()
    if (title, text, spoiler) == (post.title, post.body, post.spoiler):
        return post
    _check_edit_rate(author)
    html = rendered(body)
    with transaction.atomic():
        current = (
            Post.objects.select_related("question").select_for_update(of=("self",)).get(pk=post.pk)
        )
        _check_editable(current, version)  # again: much may have happened meanwhile
        PostVersion.objects.create(
            post=current,
            number=version,
            title=current.title,
            body=current.body,
            spoiler=current.spoiler,
        )
        Post.objects.filter(pk=post.pk).update(
            title=title,
            body=text,
            html=html,
            spoiler=spoiler,
            version=F("version") + 1,
            edited_at=timezone.now(),
        )
    post.refresh_from_db()
    return post


def _check_editable(post: Post, version: int) -> None:
    if post.deleted_at is not None:
        raise PostRefused("deleted", _("This post was deleted. Restore it before you edit it."))
    if (post.question or post).closed_at is not None:
        raise PostRefused("closed", _("This thread is closed. It takes no answers or edits."))
    if post.version != version:
        raise PostRefused(
            "conflict",
            _(
                "This post was edited in another window since you opened this one. Nothing was "
                "saved. Compare your text with the present one, then save again."
            ),
        )


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


def may_accept(user: User | AnonymousUser, question: Post) -> bool:
    """Say whether somebody may mark an answer to a question as the one that helped."""
    if not isinstance(user, User) or question.question_id is not None:
        return False
    asked = question.author_id == user.pk
    return asked or user.may(SiteRight.ANSWER) or may_moderate(user, question)


@transaction.atomic
def accept(*, user: User, post: Post) -> None:
    """Mark an answer as the one that helped; a second time takes the mark away.

    Raises:
        PermissionDenied: the user neither asked the question nor has a right to answer for it.
        PostRefused: the answer was deleted or hidden.
    """
    question = post.question
    if question is None or not may_accept(user, question):
        raise PermissionDenied
    if post.taken_away:
        raise PostRefused("deleted", _("This post isn't shown any more."))
    question.accepted = None if question.accepted_id == post.pk else post
    question.save(update_fields=["accepted"])


def may_delete(user: User | AnonymousUser, post: Post, *, moderates: bool | None = None) -> bool:
    """Say whether somebody may delete or restore a post.

    Args:
        user: who asks.
        post: what is to be deleted or restored.
        moderates: whether the user may moderate it, if that is known.
    """
    if not isinstance(user, User):
        return False
    if moderates is None:
        moderates = may_moderate(user, post)
    if post.deleted_at is not None and not moderates:
        return post.deleted_by_id == user.pk
    return moderates or post.author_id == user.pk


@transaction.atomic
def delete(*, user: User, post: Post) -> None:
    """Take a post away; it can be restored.

    Raises:
        PermissionDenied: neither its author nor a moderator.
    """
    if not may_delete(user, post):
        raise PermissionDenied
    changed = Post.objects.filter(pk=post.pk, deleted_at=None).update(
        deleted_at=timezone.now(), deleted_by=user
    )
    if changed and post.author_id != user.pk:
        record_action(user, "post.deleted", post)


@transaction.atomic
def restore(*, user: User, post: Post) -> None:
    """Show a deleted post again: by whoever deleted it, or a moderator.

    Raises:
        PermissionDenied: somebody else deleted it.
    """
    if not may_delete(user, post):
        raise PermissionDenied
    changed = Post.objects.filter(pk=post.pk, deleted_at__isnull=False).update(
        deleted_at=None, deleted_by=None
    )
    if changed and post.author_id != user.pk:
        record_action(user, "post.restored", post)


def _check_rate(author: User) -> None:
    hour = timezone.now() - dt.timedelta(hours=1)
    if Post.objects.filter(author=author, created_at__gt=hour).count() >= MOST_POSTS_AN_HOUR:
        raise ValidationError(_("You're posting too fast. Try again in an hour."))


def _check_edit_rate(author: User) -> None:
    hour = timezone.now() - dt.timedelta(hours=1)
    edits = PostVersion.objects.filter(post__author=author, replaced_at__gt=hour)
    if edits.count() >= MOST_EDITS_AN_HOUR:
        raise ValidationError(_("You're editing too fast. Try again in an hour."))
