"""The class: what is taught to whom, when, and by which rules it is marked."""

from __future__ import annotations

import secrets
import uuid
import zoneinfo
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from classes.policy import AttemptRule, LateUnit, Policy
from courses.accounts.models import validate_time_zone

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Characters of join codes: none that is read as another."""
CODE_LENGTH = 8

MAX_GRACE_DAYS = 60


def new_code() -> str:
    """Return a new join code."""
    return "".join(secrets.choice(CODE_ALPHABET) for _number in range(CODE_LENGTH))


class Class(models.Model):
    """A class.

    Attributes:
        courses: what it takes; a path's courses are copied into it when it is chosen.
        time_zone: an IANA name; calendar days are counted and dates are entered in it.
        join_open: whether the link and the code let anybody in as a learner.
        email_domains: one a line; with any, only addresses of these may join by link or code.
        archived_at: from then on nothing can be changed.
        version: grows with each change to schedule or policy; who edits an old one is told so.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(_("title"), max_length=200)
    term = models.CharField(_("term"), max_length=80, blank=True)
    courses: models.ManyToManyField[models.Model, models.Model] = models.ManyToManyField(
        "courses.Course", verbose_name=_("courses"), related_name="+", blank=True
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    join_code = models.CharField(_("join code"), max_length=12, unique=True, default=new_code)
    join_open = models.BooleanField(_("open for joining by link or code"), default=True)
    email_domains = models.TextField(_("addresses that may join"), blank=True)

    late_unit = models.CharField(
        _("late work loses points"), max_length=5, choices=LateUnit, default=LateUnit.DAY
    )
    late_percent = models.FloatField(
        _("per cent of the points lost each time"),
        default=10.0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    late_floor = models.FloatField(
        _("never below this per cent by lateness"),
        default=50.0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    grace_days = models.PositiveSmallIntegerField(
        _("grace days for each learner"),
        default=0,
        validators=[MaxValueValidator(MAX_GRACE_DAYS)],
    )
    early_percent = models.FloatField(
        _("early credit in per cent"),
        default=0.0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    attempts = models.CharField(
        _("which attempt counts"), max_length=7, choices=AttemptRule, default=AttemptRule.BEST
    )
    drop_lowest = models.PositiveSmallIntegerField(_("lowest parts that are dropped"), default=0)

    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True)
    copied_from = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("class")
        verbose_name_plural = _("classes")
        ordering: ClassVar[list[str]] = ["-starts_on", "title"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="class_ends_after_it_starts"
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__gte": 0, f"{name}__lte": 100}),
                    name=f"class_{name}_is_a_percentage",
                )
                for name in ("late_percent", "late_floor", "early_percent")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.term})" if self.term else self.title

    def get_absolute_url(self) -> str:
        """Return the address of the class's home."""
        return reverse("classes:home", args=[self.pk])

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """Return the class's zone; UTC if its name has left the time zone database."""
        try:
            return zoneinfo.ZoneInfo(self.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return zoneinfo.ZoneInfo("UTC")

    @property
    def policy(self) -> Policy:
        """Return the rules by which the class's marks are derived."""
        return Policy(
            zone=self.zone,
            late_unit=self.late_unit,
            late_percent=self.late_percent,
            late_floor=self.late_floor,
            grace_days=self.grace_days,
            early_percent=self.early_percent,
            attempts=self.attempts,
            drop_lowest=self.drop_lowest,
        )

    @property
    def archived(self) -> bool:
        """Say whether nothing can be changed any more."""
        return self.archived_at is not None
