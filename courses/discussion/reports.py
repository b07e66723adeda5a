"""Reports about posts: made once by a person, resolved by a moderator with an outcome."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.discussion.authority import may_moderate, record_action
from courses.discussion.models import Outcome, Report

if TYPE_CHECKING:
    from courses.accounts.models import User
    from courses.discussion.models import Post

MOST_REPORTS_AN_HOUR: Final = 20
LONGEST_REASON: Final = 500  # characters


class PostRefused(ValidationError):  # noqa: N818  # named after what happened
    """The state of a post does not allow this now.

    Attributes:
        reason: ``closed``, ``conflict``, ``hidden``, ``deleted``, ``own``, ``already_reported``,
            ``already_hidden``, ``not_hidden``, ``already_closed``, ``not_closed`` or ``resolved``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, code=reason)
        self.reason = reason


def checked_words(name: str, words: str, most: int = LONGEST_REASON) -> str:
    """Return a moderator's or reporter's words without white space around them.

    Raises:
        ValidationError: there are none, or too many.
    """
    text = words.strip().replace("\x00", "")
    if not text:
        missing = _("Enter a message.") if name == "message" else _("Enter a reason.")
        raise ValidationError({name: [missing]})
    if len(text) > most:
        raise ValidationError({name: [_("At most %(most)d characters.") % {"most": most}]})
    return text


@transaction.atomic
def report(*, reporter: User, post: Post, reason: str) -> Report:
    """Report a post to the moderators: once, and again if it was edited since it was resolved.

    Raises:
        ValidationError: no reason is given, or too many reports.
        PostRefused: it is one's own, was taken away, or has been reported by the same person.
    """
    text = checked_words("reason", reason)
    if post.author_id == reporter.pk:
        raise PostRefused("own", _("You can't report your own post. You can edit or delete it."))
    if post.taken_away:
        kind = "deleted" if post.deleted_at is not None else "hidden"
        raise PostRefused(kind, _("This post isn't shown any more."))
    hour = timezone.now() - dt.timedelta(hours=1)
    if reporter_total(reporter, since=hour) >= MOST_REPORTS_AN_HOUR:
        raise ValidationError(_("You've reported many posts. Try again in an hour."))
    made, new = Report.objects.get_or_create(
        post=post, reporter=reporter, defaults={"reason": text}
    )
    if new:
        return made
    stale = Report.objects.filter(pk=made.pk, post__edited_at__gt=F("settled_at"))
    again = Report.objects.filter(pk__in=list(stale.values_list("pk", flat=True)))
    if not again.update(
        reason=text,
        created_at=timezone.now(),
        settled_at=None,
        settled_by=None,
        outcome="",
        note="",
    ):
        raise PostRefused("already_reported", _("You have already reported this post."))
    made.refresh_from_db()
    return made


def reporter_total(reporter: User, *, since: dt.datetime) -> int:
    """Count the reports of a person since a moment."""
    return Report.objects.filter(reporter=reporter, created_at__gt=since).count()


def resolve(*, actor: User, post: Post, outcome: str, note: str = "") -> int:
    """Resolve all open reports about a post; return how many.

    Raises:
        PermissionDenied: the actor may not moderate the post.
        ValidationError: the outcome is none, or the note is too long.
        PostRefused: there is no open report (any more).
    """
    if not may_moderate(actor, post):
        raise PermissionDenied
    if outcome not in Outcome.values:
        raise ValidationError({"outcome": [_("Choose an outcome.")]})
    if len(note) > LONGEST_REASON:
        raise ValidationError(
            {"note": [_("At most %(most)d characters.") % {"most": LONGEST_REASON}]}
        )
    with transaction.atomic():
        count = settle_open(actor, post, outcome, note.strip())
    if not count:
        raise PostRefused("resolved", _("No report about this post is open."))
    return count


def settle_open(actor: User, post: Post, outcome: str, note: str = "") -> int:
    """Resolve what is open about a post, in the caller's transaction; return how many reports.

    A report by the actor is resolved as well: somebody else may see in the audit who decided.
    """
    count = Report.objects.filter(post=post, settled_at=None).update(
        settled_at=timezone.now(), settled_by=actor, outcome=outcome, note=note
    )
    if count:
        facts = {"outcome": outcome, "note": note, "reports": count}
        record_action(actor, "report.resolved", post, facts)
    return count
