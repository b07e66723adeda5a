"""Erasing an account with its data, at once; the learner chooses about certificates and posts.

There is no waiting period: whoever erases has just confirmed the password or second factor, and
data that still exists is data that can still be asked for. What stays is said by `table`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from auditlog.context import disable_auditlog
from auditlog.models import LogEntry as AuditLogEntry
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.certificates.issuing import forget_holder, revoke
from courses.certificates.models import Certificate
from courses.discussion.models import Post
from courses.learners.ratings import update_mean_rating
from courses.mail.models import OutgoingMail
from courses.privacy.rows import Erasure
from courses.privacy.table import SUBJECTS

if TYPE_CHECKING:
    from courses.accounts.models import User


class Certificates(StrEnum):
    """What becomes of the certificates of an account that is erased."""

    FORGET = "forget"
    KEEP = "keep"


class Posts(StrEnum):
    """What becomes of what somebody wrote in discussions."""

    FORGET = "forget"
    KEEP = "keep"


@transaction.atomic
def erase(*, user: User, certificates: Certificates, posts: Posts = Posts.KEEP) -> None:
    """Erase an account with everything that the learner did.

    Args:
        user: whose account.
        certificates: ``forget`` revokes them; ``keep`` lets them stay valid. Either way the name
            is deleted from them.
        posts: ``forget`` deletes their text; ``keep`` lets it stay, without a name.
    """
    if certificates is Certificates.FORGET:
        for certificate in Certificate.objects.filter(user=user):
            revoke(certificate=certificate, reason=_("The holder has deleted the account."))
    forget_holder(user=user)
    if posts is Posts.FORGET:
        _forget_posts(user)
    rated = [rating.course for rating in user.ratings.select_related("course")]
    for subject in SUBJECTS:
        for rows in subject.rows:
            if rows.erasure is Erasure.DELETED:
                rows.of(user).delete()
    _forget_mentions(user)
    _end_sessions(user)
    with disable_auditlog():  # no line is written about whoever goes
        user.delete()
    for course in rated:
        update_mean_rating(course)


def _forget_posts(user: User) -> None:
    """Delete the text of posts; the rows stay, so that answers keep their question."""
    mine = Post.objects.filter(author=user)
    mine.filter(question=None).update(title=_("Deleted"))
    mine.update(body="", html="")
    mine.filter(deleted_at=None).update(deleted_at=timezone.now())


def _forget_mentions(user: User) -> None:
    """Delete or blank what names the person without a key to the account."""
    others = EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    addresses = {user.email, *others}
    wanted = {address.lower() for address in addresses}
    letters = Q()
    for address in addresses:
        letters |= Q(message__icontains=address)
    for mail in OutgoingMail.objects.filter(letters):
        sent_to = [*mail.message["to"], *mail.message["cc"], *mail.message["bcc"]]
        if wanted & {one.lower() for one in sent_to}:
            mail.delete()
    named = Q(content_type__app_label="courses", content_type__model="user", object_id=user.pk)
    for text in (*addresses, user.name):
        if text:
            named |= Q(object_repr__icontains=text) | Q(change_message__icontains=text)
    LogEntry.objects.filter(named).update(object_repr="", change_message="")
    AuditLogEntry.objects.filter(actor=user).update(actor_email=None)


def _end_sessions(user: User) -> None:
    """End every session of the person: a row in the database names who is signed in."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator(500):
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()
