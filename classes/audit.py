"""What every change of a class goes through: one transaction, a lock, an entry in the audit."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classes.models import AuditEntry, Class
from courses.models import SiteChange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classes.models import Member, ScheduledPart
    from courses.models import User

ACTIONS = {
    "class.made": gettext_lazy("Class created"),
    "class.changed": gettext_lazy("Settings or policy changed"),
    "class.archived": gettext_lazy("Class archived"),
    "class.reopened": gettext_lazy("Class reopened"),
    "class.copied": gettext_lazy("Class copied"),
    "code.replaced": gettext_lazy("Join code replaced"),
    "member.added": gettext_lazy("Member added"),
    "member.changed": gettext_lazy("Member changed"),
    "member.joined": gettext_lazy("Member joined"),
    "member.left": gettext_lazy("Member left"),
    "member.returned": gettext_lazy("Member returned"),
    "roster.imported": gettext_lazy("Roster imported"),
    "schedule.added": gettext_lazy("Part added to the schedule"),
    "schedule.changed": gettext_lazy("Part of the schedule changed"),
    "schedule.removed": gettext_lazy("Part removed from the schedule"),
    "extension.granted": gettext_lazy("Extension granted"),
    "extension.revoked": gettext_lazy("Extension revoked"),
    "override.made": gettext_lazy("Mark overridden"),
    "override.withdrawn": gettext_lazy("Override withdrawn"),
    "submissions.regraded": gettext_lazy("Submissions regraded"),
    "reviews.distributed": gettext_lazy("Projects distributed to reviewers"),
    "review.assigned": gettext_lazy("Reviewer of a project changed"),
    "lms.connected": gettext_lazy("LMS course connected"),
    "lms.released": gettext_lazy("LMS course released"),
    "announcement.written": gettext_lazy("Announcement written"),
    **SiteChange.ACTIONS,
}
"""Every action and its words."""


class ChangeRefused(Exception):  # noqa: N818  # named after what happened, as in grader.errors
    """The change is not possible now; the text is for whoever tried.

    Attributes:
        reason: ``archived``, ``conflict`` or ``invalid``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def locked(klass: Class, *, version: int | None = None) -> Class:
    """Return the class as it is now, locked until the end of the transaction.

    Args:
        klass: the class.
        version: what the editor saw; another one now means that somebody else was faster.

    Raises:
        ChangeRefused: it is archived, or its version is another one.
    """
    current = Class.objects.select_for_update().get(pk=klass.pk)
    if current.archived:
        raise ChangeRefused("archived", _("This class is archived. It can be read, not changed."))
    if version is not None and version != current.version:
        raise ChangeRefused(
            "conflict",
            _(
                "Somebody else has changed this class since you opened the page. Nothing of yours "
                "was saved. Reload the page to see the present state, then change it again."
            ),
        )
    return current


def record(
    klass: Class,
    actor: User | None,
    action: str,
    *,
    member: Member | None = None,
    part: ScheduledPart | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write an entry of the audit, in the caller's transaction."""
    AuditEntry.objects.create(
        klass=klass,
        actor=actor,
        action=action,
        member=member,
        part=part,
        facts={name: plain(value) for name, value in (facts or {}).items()},
    )


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what changed: field -> [old, new]."""
    return {
        name: [plain(before.get(name)), plain(value)]
        for name, value in after.items()
        if before.get(name) != value
    }


def plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
