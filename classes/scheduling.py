"""Changing the schedule of a class: checked and written as a whole, by one editor at a time."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classes.audit import difference, locked, record
from classes.making import COUNTED, DATED
from classes.models import ScheduledPart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from classes.models import Class
    from courses.models import User

NAMES = {
    "opens_at": gettext_lazy("opens"),
    "early_until": gettext_lazy("early until"),
    "due_at": gettext_lazy("due"),
    "late_until": gettext_lazy("late until"),
    "closes_at": gettext_lazy("closes"),
    "opens_after": gettext_lazy("opens"),
    "due_after": gettext_lazy("due"),
    "late_after": gettext_lazy("late until"),
    "closes_after": gettext_lazy("closes"),
}


@dataclass(frozen=True)
class Line:
    """One part as the editor wants it; `facts` are fields of `ScheduledPart`."""

    subject: str
    title: str
    scheduled: bool
    facts: dict[str, Any]


def problems(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with a part's dates: field -> a sentence."""
    names = COUNTED if facts.get("relative") else DATED
    given = [(name, facts[name]) for name in names if facts.get(name) is not None]
    found: dict[str, str] = {}
    for (first, earlier), (second, later) in itertools.pairwise(given):
        if later < earlier:
            found[second] = _("“%(second)s” must not be before “%(first)s”.") % {
                "second": NAMES[second],
                "first": NAMES[first],
            }
    late = "late_after" if facts.get("relative") else "late_until"
    due = "due_after" if facts.get("relative") else "due_at"
    if facts.get(late) is not None and facts.get(due) is None:
        found[late] = _("Without a due date nothing is late: give one, or leave this empty.")
    return found


@transaction.atomic
def save_schedule(*, klass: Class, actor: User, version: int, lines: Sequence[Line]) -> int:
    """Write the schedule as the editor shows it; return how many parts changed.

    Raises:
        ChangeRefused: the class is archived, or has changed since `version`.
        ValueError: a line's dates are in no order (forms tell of it before).
    """
    current = locked(klass, version=version)
    known = {part.subject: part for part in current.parts.all()}
    changes = 0
    for line in lines:
        if line.scheduled and problems(line.facts):
            raise ValueError(line.subject)
        changes += _save(current, actor, line, known.get(line.subject))
    if changes:
        current.version += 1
        current.save(update_fields=["version"])
    return changes


def _save(klass: Class, actor: User, line: Line, part: ScheduledPart | None) -> bool:
    if part is None or part.removed_at is not None:
        if not line.scheduled:
            return False
        part = part or ScheduledPart(klass=klass, subject=line.subject)
        part.removed_at, part.title = None, line.title
        _put(part, line.facts)
        record(klass, actor, "schedule.added", part=part, facts=line.facts)
        return True
    if not line.scheduled:
        part.removed_at = timezone.now()
        part.save(update_fields=["removed_at"])
        record(klass, actor, "schedule.removed", part=part)
        return True
    changed = difference({name: getattr(part, name) for name in line.facts}, line.facts)
    if changed:
        _put(part, line.facts)
        record(klass, actor, "schedule.changed", part=part, facts=changed)
    return bool(changed)


def _put(part: ScheduledPart, facts: Mapping[str, Any]) -> None:
    for name, value in facts.items():
        setattr(part, name, value)
    part.save()
