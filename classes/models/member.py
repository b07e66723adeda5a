"""Who belongs to a class, and as what."""

from __future__ import annotations

import secrets
import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from classes.models.klass import Class


def new_key() -> str:
    """Return a key that cannot be guessed, for an address that needs no sign-in."""
    return secrets.token_urlsafe(24)


class Role(models.TextChoices):
    """What a member may do; `classes.rights` says it in detail."""

    INSTRUCTOR = "instructor", _("instructor")
    ASSISTANT = "assistant", _("assistant")
    OBSERVER = "observer", _("observer")
    LEARNER = "learner", _("learner")
    TEST = "test", _("test student")


STAFF_ROLES = (Role.INSTRUCTOR, Role.ASSISTANT, Role.OBSERVER)
LEARNING_ROLES = (Role.LEARNER, Role.TEST)


class MemberQuerySet(models.QuerySet["Member"]):
    """Members, in the shapes that pages need."""

    def present(self) -> MemberQuerySet:
        """Return those who have not left."""
        return self.filter(left_at=None)

    def learning(self) -> MemberQuerySet:
        """Return present learners, the test student not among them, by name."""
        return self.present().filter(role=Role.LEARNER).in_order()

    def staff(self) -> MemberQuerySet:
        """Return present instructors, assistants and observers."""
        return self.present().filter(role__in=STAFF_ROLES)

    def in_order(self) -> MemberQuerySet:
        """Return members with their accounts, by name, then address."""
        return self.select_related("user").order_by(Lower("name"), "email")


class Member(models.Model):
    """Somebody on the roster, with an account or invited by email.

    Attributes:
        user: None until the person joins with an account whose address is confirmed.
        email: in lower case; the key of imports and exports.
        name: as the roster has it; empty shows the account's.
        number: the institution's number for the person.
        joined_at: from here relative dates count; None while only invited.
        left_at: who leaves keeps everything, and finds it when coming back.
        pseudonym: shown instead of the name where names must not be seen.
        remind_hours: so long before a due date an email reminds; 0 for never.
        feed_key: the secret in the address of the learner's calendar.
        invitation_key: the secret of the link in the invitation, which proves the address.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    klass = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="memberships",
    )
    email = models.EmailField(_("email address"))
    name = models.CharField(_("name"), max_length=200, blank=True)
    number = models.CharField(_("student number"), max_length=80, blank=True)
    section = models.CharField(_("section"), max_length=80, blank=True)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.LEARNER)
    created_at = models.DateTimeField(_("added at"), auto_now_add=True)
    joined_at = models.DateTimeField(_("joined at"), null=True, blank=True)
    left_at = models.DateTimeField(_("left at"), null=True, blank=True)
    pseudonym = models.CharField(max_length=40)
    remind_hours = models.PositiveSmallIntegerField(_("remind me before a due date"), default=0)
    feed_key = models.CharField(max_length=40, unique=True, default=new_key)
    invitation_key = models.CharField(max_length=40, unique=True, default=new_key)
    invited_at = models.DateTimeField(_("invited at"), null=True, blank=True)

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member of a class")
        verbose_name_plural = _("members of classes")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["klass", "user"],
                condition=Q(user__isnull=False),
                name="member_account_once_a_class",
            ),
            models.UniqueConstraint(
                "klass", Lower("email"), name="member_address_once_a_class_whatever_its_case"
            ),
            models.UniqueConstraint(
                fields=["klass", "pseudonym"], name="member_pseudonym_once_a_class"
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True) | Q(joined_at__isnull=False),
                name="member_with_account_has_joined",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["klass", "role", "left_at"], name="member_by_role"),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """Return the roster's name, else the account's, else the address."""
        return self.name or (self.user.name if self.user is not None else "") or self.email

    @property
    def learns(self) -> bool:
        """Say whether the member has marks: a learner, or the test student."""
        return self.role in LEARNING_ROLES
