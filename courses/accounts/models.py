"""The user: an e-mail address is the name."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **facts: Any) -> User:
        """Make a learner; `password` None means that signing in by password is off."""
        user = self.model(email=self.normalize_email(email), **facts)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **facts: Any) -> User:
        """Make a member of staff who may do everything."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **facts)


class User(AbstractUser):
    """A learner, an instructor or a member of staff."""

    username = None  # type: ignore[assignment]  # the e-mail address is the name
    first_name = None  # type: ignore[assignment]  # names do not come in two halves everywhere
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(
        _("name"), max_length=120, blank=True, help_text=_("As it shall stand on a certificate.")
    )

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

    def get_full_name(self) -> str:
        """Return the name as it stands on a certificate."""
        return self.name

    def get_short_name(self) -> str:
        """Return what a greeting says: the name, or the address up to the @."""
        return self.name or self.email.split("@", 1)[0]
