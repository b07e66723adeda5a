"""The rules by which a class turns attempts into marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


class LateUnit(models.TextChoices):
    """For what a late attempt loses points."""

    NONE = "none", _("late work loses nothing")
    DAY = "day", _("for each day that has begun")
    HOUR = "hour", _("for each hour that has begun")


class AttemptRule(models.TextChoices):
    """Which of several attempts makes the mark."""

    BEST = "best", _("the best attempt")
    LAST = "last", _("the last attempt")
    AVERAGE = "average", _("the average of all attempts")


class Counting(models.TextChoices):
    """How a part counts towards the total."""

    REQUIRED = "required", _("required")
    OPTIONAL = "optional", _("optional: marked, not counted")
    EXTRA = "extra", _("extra credit: can only add")


@dataclass(frozen=True)
class Policy:
    """The rules of one class.

    Attributes:
        late_percent: per cent of the part's points that each late unit costs.
        late_floor: lateness takes a mark no lower than this per cent of the part's points.
        grace_days: calendar days of lateness that each learner may use up without loss.
        early_percent: per cent of what was earned that an early attempt earns on top.
        drop_lowest: how many of a learner's lowest required parts do not count.
        zone: the class's zone, whose calendar days are counted.
    """

    zone: ZoneInfo
    late_unit: str = LateUnit.NONE
    late_percent: float = 0.0
    late_floor: float = 0.0
    grace_days: int = 0
    early_percent: float = 0.0
    attempts: str = AttemptRule.BEST
    drop_lowest: int = 0
