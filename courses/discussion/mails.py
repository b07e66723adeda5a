"""Emails of the discussion, written in the transaction that records what they tell.

An answer is mailed to those who wish it; what a moderator did is always mailed to whom it concerns.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from courses.accounts.models import User
    from courses.discussion.models import ModeratorWarning, Post


def mail_answer(answer: Post, question: Post, to: Iterable[User]) -> None:
    """Tell people of an answer; the text of a spoiler is not in the email."""
    facts = {"answer": answer, "question": question, "address": _address(answer)}
    _send(
        to,
        lambda: _("New answer: %(title)s") % {"title": question.title},
        "courses/mail_answer.txt",
        facts,
    )


def mail_hidden(post: Post) -> None:
    """Tell the author that a post is hidden, and why."""
    if post.author is not None:
        facts = {"post": post, "address": _address(post)}
        _send([post.author], lambda: _("Your post was hidden"), "courses/mail_hidden.txt", facts)


def mail_warning(warning: ModeratorWarning) -> None:
    """Send a person a moderator's message."""
    facts = {
        "warning": warning,
        "post": warning.post,
        "address": settings.SITE_URL + reverse("courses:notices"),
    }
    _send(
        [warning.person],
        lambda: _("A message from the moderators"),
        "courses/mail_warning.txt",
        facts,
    )


def _address(post: Post) -> str:
    return settings.SITE_URL + post.get_absolute_url()


def _send(
    people: Iterable[User], subject: Callable[[], str], template: str, facts: dict[str, Any]
) -> None:
    """Write one email a person, its text rendered once for each language."""
    mails = []
    active = sorted((one for one in people if one.is_active), key=lambda one: one.locale)
    for locale, group in groupby(active, key=lambda one: one.locale):
        with override(locale or settings.LANGUAGE_CODE):
            title, text = " ".join(subject().split()), render_to_string(template, facts)
        mails += [EmailMessage(subject=title, body=text, to=[one.email]) for one in group]
    get_connection().send_messages(mails)
