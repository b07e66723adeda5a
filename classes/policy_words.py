"""A class's rules in sentences, as learners and instructors read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classes.policy import AttemptRule, LateUnit

if TYPE_CHECKING:
    from classes.policy import Policy


def sentences(policy: Policy) -> list[str]:
    """Return the rules that hold, one sentence each."""
    found = [_late(policy)]
    if policy.late_unit != LateUnit.NONE and policy.late_floor:
        found.append(
            _("Being late alone never takes your mark below %(floor)s%% of the points.")
            % {"floor": f"{policy.late_floor:g}"}
        )
    if policy.grace_days:
        found.append(
            ngettext(
                "You have %(days)s grace day in all: a late day that costs nothing. It is used "
                "by itself, in the order of the schedule.",
                "You have %(days)s grace days in all: late days that cost nothing. They are used "
                "by themselves, in the order of the schedule.",
                policy.grace_days,
            )
            % {"days": policy.grace_days}
        )
    if policy.early_percent:
        found.append(
            _("Work before the early date earns %(percent)s%% on top of what it earns.")
            % {"percent": f"{policy.early_percent:g}"}
        )
    found.append(
        {
            AttemptRule.BEST: _("Of several attempts, the best one counts."),
            AttemptRule.LAST: _("Of several attempts, the last one counts."),
            AttemptRule.AVERAGE: _("Of several attempts, the average counts."),
        }[AttemptRule(policy.attempts)]
    )
    if policy.drop_lowest:
        found.append(
            ngettext(
                "Your lowest required part does not count.",
                "Your %(number)s lowest required parts do not count.",
                policy.drop_lowest,
            )
            % {"number": policy.drop_lowest}
        )
    found.append(
        _("Days are calendar days in the class's time zone, %(zone)s.") % {"zone": policy.zone.key}
    )
    return found


def _late(policy: Policy) -> str:
    facts = {"percent": f"{policy.late_percent:g}"}
    if policy.late_unit == LateUnit.DAY:
        return _("Late work loses %(percent)s%% of the points for each day that has begun.") % facts
    if policy.late_unit == LateUnit.HOUR:
        return (
            _("Late work loses %(percent)s%% of the points for each hour that has begun.") % facts
        )
    return _("Late work loses no points, as long as it is accepted.")
