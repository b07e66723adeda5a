"""The schedule: which parts of the courses the class does, until when, and extensions of that."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from classes.models.klass import Class
from classes.models.member import Member
from classes.policy import Counting

MAX_POINTS = 10_000
MAX_RELATIVE_DAYS = 1_000


class ScheduledPartQuerySet(models.QuerySet["ScheduledPart"]):
    """Parts of schedules."""

    def scheduled(self) -> ScheduledPartQuerySet:
        """Return those that are in the schedule now, in order."""
        return self.filter(removed_at=None).order_by("position", "pk")


class ScheduledPart(models.Model):
    """A part of a course in the schedule of a class.

    Attributes:
        subject: ``exercise:<slug>`` or ``lesson:<course>/<slug>``; content may be loaded anew.
        title: as it was when the part was scheduled, for a part that the content has lost.
        points: what it is worth in the class.
        opens_at, early_until, due_at, late_until, closes_at: instants; see `classes.dates.Dates`.
        relative: the dates are those of `opens_after` to `closes_after` instead: calendar days
            from the day on which a learner joined, opening at its start, the others at its end.
        removed_at: out of the schedule; what hangs on it comes back with it.
    """

    klass = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="parts")
    position = models.PositiveSmallIntegerField()
    subject = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    counting = models.CharField(
        _("counts as"), max_length=8, choices=Counting, default=Counting.REQUIRED
    )
    points = models.FloatField(
        _("points"),
        default=100.0,
        validators=[MinValueValidator(0), MaxValueValidator(MAX_POINTS)],
    )
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    early_until = models.DateTimeField(_("early until"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    late_until = models.DateTimeField(_("late until"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    relative = models.BooleanField(_("dates count from joining"), default=False)
    opens_after = models.PositiveSmallIntegerField(_("opens after days"), null=True, blank=True)
    due_after = models.PositiveSmallIntegerField(_("due after days"), null=True, blank=True)
    late_after = models.PositiveSmallIntegerField(_("late until after days"), null=True, blank=True)
    closes_after = models.PositiveSmallIntegerField(_("closes after days"), null=True, blank=True)
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)

    objects = ScheduledPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("scheduled part")
        verbose_name_plural = _("scheduled parts")
        ordering: ClassVar[list[str]] = ["klass", "position", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["klass", "subject"], name="part_once_a_class"),
            models.CheckConstraint(
                condition=Q(points__gte=0, points__lte=MAX_POINTS), name="part_points_in_range"
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{first}__isnull": True})
                    | Q(**{f"{second}__isnull": True})
                    | Q(**{f"{second}__gte": F(first)}),
                    name=f"part_{second}_not_before_{first}",
                )
                for first, second in (
                    ("opens_at", "early_until"),
                    ("opens_at", "due_at"),
                    ("early_until", "due_at"),
                    ("due_at", "late_until"),
                    ("due_at", "closes_at"),
                    ("late_until", "closes_at"),
                    ("opens_after", "due_after"),
                    ("due_after", "late_after"),
                    ("due_after", "closes_after"),
                    ("late_after", "closes_after"),
                )
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_exercise(self) -> bool:
        """Say whether a notebook is submitted here."""
        return self.subject.startswith("exercise:")

    @property
    def slug(self) -> str:
        """Return the exercise's slug, or the lesson's ``course/slug``."""
        return self.subject.partition(":")[2]


class Extension(models.Model):
    """More time for one part, for one member or one section; the most generous one holds.

    Attributes:
        part: None: for every part of the schedule.
        due_at: the new due date; or else `days`, calendar days more.
        revoked_at: it holds no longer; the row stays as history.
    """

    klass = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="extensions")
    part = models.ForeignKey(
        ScheduledPart, on_delete=models.CASCADE, null=True, blank=True, related_name="extensions"
    )
    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, null=True, blank=True, related_name="extensions"
    )
    section = models.CharField(_("section"), max_length=80, blank=True)
    due_at = models.DateTimeField(_("new due date"), null=True, blank=True)
    days = models.PositiveSmallIntegerField(_("days more"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    granted_at = models.DateTimeField(_("granted at"), auto_now_add=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("extension")
        verbose_name_plural = _("extensions")
        ordering: ClassVar[list[str]] = ["-granted_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(member__isnull=False, section="")
                | (Q(member__isnull=True) & ~Q(section="")),
                name="extension_for_a_member_or_a_section",
            ),
            models.CheckConstraint(
                condition=Q(due_at__isnull=False, days__isnull=True, part__isnull=False)
                | Q(due_at__isnull=True, days__isnull=False),
                name="extension_by_date_or_by_days",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["klass"], condition=Q(revoked_at__isnull=True), name="extension_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.part_id}: {self.due_at or self.days}"
