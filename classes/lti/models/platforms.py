"""Platforms (learning management systems), their deployments, courses and links."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

ID_LENGTH = 255
"""Most characters of an identifier, as the specification bounds them."""

ADDRESS_LENGTH = 1000


class Platform(models.Model):
    """A registration of this tool with a learning management system.

    Attributes:
        issuer: `iss` of its tokens; one issuer may have several registrations (client ids).
        token_audience: `aud` of our token requests; blank means the token address.
        frame_origins: origins, besides those of the addresses, whose pages may frame a launch.
    """

    name = models.CharField(_("name"), max_length=200)
    issuer = models.CharField(_("issuer (platform ID)"), max_length=ID_LENGTH)
    client_id = models.CharField(_("client ID"), max_length=ID_LENGTH)
    auth_url = models.CharField(_("authentication request URL"), max_length=ADDRESS_LENGTH)
    token_url = models.CharField(_("access token URL"), max_length=ADDRESS_LENGTH)
    jwks_url = models.CharField(_("public keyset URL"), max_length=ADDRESS_LENGTH)
    token_audience = models.CharField(_("token audience"), max_length=ADDRESS_LENGTH, blank=True)
    frame_origins = models.TextField(_("more origins that may frame a launch"), blank=True)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("platform")
        verbose_name_plural = _("platforms")
        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["issuer", "client_id"], name="lti_platform_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def origins(self) -> list[str]:
        """Return the origins whose pages may show a launch in a frame."""
        known = [self.issuer, self.auth_url, *self.frame_origins.split()]
        parts = [urlsplit(address) for address in known]
        found = [f"{part.scheme}://{part.netloc}" for part in parts if part.scheme and part.netloc]
        return list(dict.fromkeys(found))


class Deployment(models.Model):
    """A place of a platform where the tool was deployed; launches of no other are accepted."""

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="deployments")
    deployment_id = models.CharField(_("deployment ID"), max_length=ID_LENGTH)

    class Meta:
        verbose_name = _("deployment")
        verbose_name_plural = _("deployments")
        ordering: ClassVar[list[str]] = ["deployment_id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["platform", "deployment_id"], name="lti_deployment_once"
            ),
        ]

    def __str__(self) -> str:
        return self.deployment_id


class Context(models.Model):
    """A course of the platform, as its launches name it.

    Attributes:
        members_url: of the Names and Role Provisioning Service; blank where it is not offered.
        klass: the class whose marks are sent; without one, the best result is.
    """

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="contexts")
    context_id = models.CharField(_("context ID"), max_length=ID_LENGTH)
    title = models.CharField(_("title"), max_length=300, blank=True)
    members_url = models.CharField(_("membership URL"), max_length=ADDRESS_LENGTH, blank=True)
    klass = models.ForeignKey(
        "classes.Class",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="lms_contexts",
        verbose_name=_("class"),
    )
    last_launch_at = models.DateTimeField(_("last launch at"), db_default=Now())

    class Meta:
        verbose_name = _("LMS course")
        verbose_name_plural = _("LMS courses")
        ordering: ClassVar[list[str]] = ["title", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["deployment", "context_id"], name="lti_context_once"),
        ]

    def __str__(self) -> str:
        return self.title or self.context_id


class ResourceLink(models.Model):
    """A link in a course of the platform, and what it opens here.

    Attributes:
        target: what it opens, as `classes.lti.targets` writes it; blank until it is known.
        line_item_url: its column in the platform's gradebook, once it is known.
        line_items_url: where such a column can be found or created.
        line_item_found: whether we found or created the column, so that we may look for it again.
        scopes: what the platform allows us to do with columns and scores.
    """

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="links")
    context = models.ForeignKey(
        Context, on_delete=models.SET_NULL, null=True, blank=True, related_name="links"
    )
    link_id = models.CharField(_("link ID"), max_length=ID_LENGTH)
    title = models.CharField(_("title"), max_length=300, blank=True)
    target = models.CharField(_("opens"), max_length=200, blank=True)
    line_item_url = models.CharField(_("line item URL"), max_length=ADDRESS_LENGTH, blank=True)
    line_items_url = models.CharField(_("line items URL"), max_length=ADDRESS_LENGTH, blank=True)
    line_item_found = models.BooleanField(default=False)
    scopes = models.JSONField(default=list, blank=True)
    last_launch_at = models.DateTimeField(_("last launch at"), db_default=Now())

    class Meta:
        verbose_name = _("link of an LMS course")
        verbose_name_plural = _("links of LMS courses")
        ordering: ClassVar[list[str]] = ["title", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["deployment", "link_id"], name="lti_link_once"),
        ]

    def __str__(self) -> str:
        return self.title or self.link_id

    @property
    def takes_scores(self) -> bool:
        """Say whether the platform has offered a way to send scores of this link."""
        return bool(self.line_item_url or self.line_items_url)


class Invitation(models.Model):
    """A registration address that staff give to a platform's administrator: one use, one day."""

    digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("registration link")
        verbose_name_plural = _("registration links")

    def __str__(self) -> str:
        return f"{self.created_by_id} {self.expires_at}"
