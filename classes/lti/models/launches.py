"""Launches (the log, and what an accepted one still has to do), used nonces, linked accounts."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from classes.lti.models.platforms import ID_LENGTH, Context, Platform, ResourceLink


class LmsAccount(models.Model):
    """A person of a platform who has agreed to use this account of the site.

    One person of a platform has one account here and the other way round: the work of one account
    must not be graded for two people.
    """

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="accounts")
    subject = models.CharField(_("user ID at the platform"), max_length=ID_LENGTH)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lms_accounts"
    )
    created_at = models.DateTimeField(_("linked at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("linked LMS account")
        verbose_name_plural = _("linked LMS accounts")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["platform", "subject"], name="lti_subject_once"),
            models.UniqueConstraint(fields=["platform", "user"], name="lti_user_once_a_platform"),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.user_id}"


class TaughtContext(models.Model):
    """A platform's course that somebody has entered as its instructor, as of their last launch."""

    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="taught_by")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="taught_contexts"
    )
    seen_at = models.DateTimeField(_("last launch at"), db_default=Now())

    class Meta:
        verbose_name = _("LMS course of an instructor")
        verbose_name_plural = _("LMS courses of instructors")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["context", "user"], name="lti_context_taught_once"),
        ]

    def __str__(self) -> str:
        return f"{self.context_id}: {self.user_id}"


class LaunchKind(models.TextChoices):
    """What a launch asked for."""

    RESOURCE = "resource", _("open a link")
    CONTENT = "content", _("choose content")


class Launch(models.Model):
    """A launch, accepted or refused; an accepted one is carried on with its ticket.

    Attributes:
        refusal: the code of `classes.lti.refusals`; blank when accepted.
        ticket_digest: of the secret in the address to which the browser is sent; null when refused.
        browser_digest: of the secret in the state cookie: nobody else's browser can use the ticket.
        facts: what is needed to carry on, such as the name that the platform gave; emptied after.
    """

    created_at = models.DateTimeField(_("at"), db_default=Now(), editable=False)
    platform = models.ForeignKey(
        Platform, on_delete=models.SET_NULL, null=True, blank=True, related_name="launches"
    )
    deployment_id = models.CharField(_("deployment ID"), max_length=ID_LENGTH, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=LaunchKind, blank=True)
    subject = models.CharField(_("user ID at the platform"), max_length=ID_LENGTH, blank=True)
    context = models.ForeignKey(
        Context, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    link = models.ForeignKey(
        ResourceLink, on_delete=models.SET_NULL, null=True, blank=True, related_name="launches"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    refusal = models.CharField(_("refused"), max_length=30, blank=True)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    ticket_digest = models.CharField(max_length=64, null=True, blank=True, unique=True)
    browser_digest = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(_("entered at"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("launch")
        verbose_name_plural = _("launches")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-created_at"], name="lti_launch_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.platform_id} {self.subject} {self.refusal}".strip()


class UsedNonce(models.Model):
    """A nonce that a launch has used; it is kept until no token with it could be valid."""

    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("used nonce")
        verbose_name_plural = _("used nonces")

    def __str__(self) -> str:
        return self.digest
