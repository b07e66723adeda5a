"""The audit of the site."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SiteChange(models.Model):
    """One change by a moderator or a superuser; nothing edits or deletes an entry.

    Attributes:
        action: what happened, e.g. ``post.hidden``; `ACTIONS` has the words.
        person: whom it is about.
        post_id: the post it is about; no foreign key, so that this stays below the discussion.
        facts: reasons and values by field; no names, so that an account can be deleted.
    """

    ACTIONS: ClassVar[dict[str, Any]] = {
        "post.hidden": _("Post hidden"),
        "post.shown": _("Post shown again"),
        "post.deleted": _("Post deleted by a moderator"),
        "post.restored": _("Post restored by a moderator"),
        "thread.closed": _("Thread closed"),
        "thread.reopened": _("Thread reopened"),
        "person.warned": _("Person warned"),
        "report.resolved": _("Report resolved"),
        "roles.changed": _("Roles changed"),
        "maintenance.started": _("Maintenance started"),
        "maintenance.ended": _("Maintenance ended"),
        "worker.drained": _("Worker drained"),
        "worker.resumed": _("Worker resumed"),
        "submission.retried": _("Submission graded again after a platform error"),
        "submission.put_back": _("Submission put back into the queue"),
        "submission.set_aside": _("Submission set aside"),
    }

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    action = models.CharField(_("action"), max_length=40)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    post_id = models.UUIDField(_("post"), null=True, blank=True)
    facts = models.JSONField(_("facts"), default=dict)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("change on the site")
        verbose_name_plural = _("changes on the site")
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-at"], name="site_change_latest"),
            models.Index(fields=["post_id", "-at"], name="site_change_of_post"),
        ]

    def __str__(self) -> str:
        return self.action_words

    @property
    def action_words(self) -> str:
        """Return what happened, in words."""
        return str(self.ACTIONS.get(self.action, self.action))

    @property
    def lines(self) -> list[str]:
        """Return the facts as lines for people."""
        return [f"{name}: {_plain(value)}" for name, value in self.facts.items() if value != ""]


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) or "-" if isinstance(value, list) else str(value)
