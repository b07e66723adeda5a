"""What pages do with regrades: ask for one, read its difference, decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from celery import current_app
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from classes.audit import ChangeRefused, locked
from classes.models import LEARNING_ROLES, Member, Override, Regrading, RegradingState
from classes.models.regrading import UNFINISHED
from classes.regrading.lines import Line, Outcome
from exercises.models import State, Submission

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from classes.models import Class, ScheduledPart
    from courses.models import User

REGRADE: Final = "classes.regrade_asked"


class Shown(NamedTuple):
    """A line with whom it is about.

    Attributes:
        member: None once the learner is no member any more.
        overridden: an override counts for this learner and part, before and after.
    """

    line: Line
    submission: Submission
    member: Member | None
    overridden: bool

    @property
    def verdict_changes(self) -> bool:
        """Say whether the submission passes after and not before, or the other way round."""
        return self.line.after is not None and self.line.after[1] != self.line.before[1]

    @property
    def lower(self) -> bool:
        """Say whether the learner loses points."""
        return self.line.after is not None and self.line.after[0] < self.line.before[0]


def submissions_of(klass: Class, part: ScheduledPart) -> QuerySet[Submission]:
    """Return the graded submissions of a class's present learners for a scheduled exercise."""
    users = Member.objects.present().filter(
        klass=klass, role__in=LEARNING_ROLES, user__isnull=False
    )
    return Submission.objects.filter(
        exercise__slug=part.slug, state=State.GRADED, user__in=users.values("user")
    )


@transaction.atomic
def ask(
    *, klass: Class, part: ScheduledPart, actor: User, submission: Submission | None = None
) -> Regrading:
    """Have the difference computed; one that is not decided yet is shown again.

    Raises:
        ChangeRefused: the class is archived, or the part is no exercise of its schedule.
    """
    current = locked(klass)
    if part.klass_id != current.pk or part.removed_at is not None or not part.is_exercise:
        raise ChangeRefused("invalid", _("Only an exercise of the schedule can be regraded."))
    same = Regrading.objects.filter(
        klass=current, part=part, submission=submission, state__in=UNFINISHED
    )
    found = same.first()
    if found is None:
        found = Regrading.objects.create(
            klass=current, part=part, submission=submission, asked_by=actor
        )
    transaction.on_commit(_notify, robust=True)
    return found


@transaction.atomic
def decide(*, regrading: Regrading, actor: User, write: bool) -> Regrading:
    """Have the difference that was shown written, or discard it.

    Raises:
        ChangeRefused: the class is archived, or somebody has decided already.
    """
    locked(regrading.klass)
    current = Regrading.objects.select_for_update().get(pk=regrading.pk)
    if current.state != RegradingState.SHOWN:
        raise ChangeRefused("conflict", _("Somebody has decided about this regrade already."))
    current.state = RegradingState.DECIDED if write else RegradingState.DISCARDED
    current.decided_by, current.decided_at = actor, timezone.now()
    current.save(update_fields=["state", "decided_by", "decided_at"])
    if write:
        transaction.on_commit(_notify, robust=True)
    return current


def shown(regrading: Regrading) -> list[Shown]:
    """Return the lines with names, in the order of the submissions: three queries."""
    lines = [Line.of(one) for one in regrading.lines]
    rows = {
        str(row.pk): row
        for row in Submission.objects.filter(pk__in=[one.submission for one in lines])
        .select_related("user")
        .defer("report")
    }
    members = {
        one.user_id: one
        for one in Member.objects.select_related("user").filter(
            klass=regrading.klass_id, user__in=[row.user_id for row in rows.values()]
        )
    }
    overridden = set(
        Override.objects.filter(part=regrading.part_id, withdrawn_at=None).values_list(
            "member", flat=True
        )
    )
    found = []
    for line in lines:
        row = rows.get(line.submission)
        if row is not None:
            member = members.get(row.user_id)
            held = member is not None and member.pk in overridden
            found.append(Shown(line, row, member, held))
    return found


def counts(regrading: Regrading) -> dict[str, int]:
    """Return how many lines there are of each outcome, and how many change."""
    lines = [Line.of(one) for one in regrading.lines]
    found = {str(one): sum(line.outcome == one for line in lines) for one in Outcome}
    return found | {"changed": sum(line.after is not None for line in lines)}


def _notify() -> None:
    current_app.send_task(REGRADE, queue="default", expires=60)
