"""The user: an e-mail address is the name."""

from __future__ import annotations

import zoneinfo
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from courses.accounts.roles import SiteRight, rights_of


def validate_time_zone(name: str) -> None:
    """Refuse a name that is no time zone of the IANA database.

    Raises:
        ValidationError: there is no such zone.
    """
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Examples: Europe/Paris, Asia/Tokyo, UTC."),
            params={"name": name},
        )


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **facts: Any) -> User:
        """Make a learner; `password` None means that signing in by password is off."""
        user = self.model(email=self.normalize_email(email), **facts)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **facts: Any) -> User:
        """Make a member of staff who may do everything; the address counts as confirmed.

        Whoever can run the command that asks for this controls the site, and the first account must
        be able to sign in before any mail is sent.
        """
        from allauth.account.models import EmailAddress  # noqa: PLC0415  # its models need this one

        user = self.create_user(email, password, is_staff=True, is_superuser=True, **facts)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user with this e-mail address, whatever its case."""
        return self.get(email__iexact=username)


class User(AbstractUser):
    """A learner, an instructor or a member of staff.

    Attributes:
        name_public: the learner's consent that certificates show the name to whoever has their
            address; without it the public page and the PDF withhold it.
        roles: names of `SiteRole`; only `courses.accounts.role_giving` writes them.
    """

    username = None  # type: ignore[assignment]  # the e-mail address is the name
    first_name = None  # type: ignore[assignment]  # names do not come in two halves everywhere
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(
        _("name"),
        max_length=200,
        blank=True,
        help_text=_("Shown on your certificates and beside your posts."),
    )
    name_public = models.BooleanField(
        _("show my name on my certificates"),
        default=False,
        help_text=_("Anyone with the link can see it. You can change this any time."),
    )
    locale = models.CharField(
        _("language"),
        max_length=10,
        blank=True,
        help_text=_("Leave blank to use your browser's setting."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_time_zone],
        help_text=_("Leave blank to use your browser's setting."),
    )
    mail_certificate = models.BooleanField(_("email me when I earn a certificate"), default=True)
    review = models.BooleanField(
        _("bring back questions that I answered"),
        default=True,
        help_text=_("A short review on your dashboard and up to three old questions in a quiz."),
    )
    mail_grading = models.BooleanField(_("email me when a submission is graded"), default=False)
    mail_answers = models.BooleanField(
        _("email me when a question that I asked or follow is answered"), default=True
    )
    roles = models.JSONField(_("roles"), default=list, blank=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]  # no user names here

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(Lower("email"), name="user_email_whatever_its_case"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def rights(self) -> frozenset[SiteRight]:
        """Return what this account may do on the whole site."""
        return rights_of(self.roles, is_staff=self.is_staff, is_superuser=self.is_superuser)

    def may(self, right: SiteRight) -> bool:
        """Say whether this account has a right on the whole site."""
        return right in self.rights

    @property
    def privileged(self) -> bool:
        """Say whether this account may do more than a learner's."""
        return self.is_staff or self.is_superuser or bool(self.rights)

    @property
    def opens_admin(self) -> bool:
        """Say whether the admin site opens: to staff, and to roles that read records there."""
        reads = {SiteRight.SEE_CONTENT, SiteRight.SEE_LEARNING, SiteRight.MODERATE}
        return self.is_active and (self.is_staff or bool(self.rights & reads))

    def get_additional_data(self) -> dict[str, int]:
        """Return whom a line of the audit log about this account is about."""
        return {"about": self.pk}

    def get_full_name(self) -> str:
        """Return the name as it stands on a certificate."""
        return self.name

    def get_short_name(self) -> str:
        """Return what a greeting says: the name, or the address up to the @."""
        return self.name or self.email.split("@", 1)[0]
