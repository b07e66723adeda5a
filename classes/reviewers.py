"""Projects that wait for a review, distributed among a class's instructors and assistants."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from classes import help_needed
from classes.audit import ChangeRefused, locked, record
from classes.models import Member, ReviewAssignment
from classes.rights import RIGHTS, Right

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Mapping, Sequence

    from classes.models import Class, MemberQuerySet, ScheduledPart
    from courses.models import User
    from exercises.models import Submission


class Waiting(NamedTuple):
    """A project that waits, and whose it is to read; None while nobody's."""

    submission: Submission
    member: Member
    part: ScheduledPart
    reviewer: Member | None

    @property
    def key(self) -> str:
        """Return what names the learner and the part in a form."""
        return f"{self.member.pk}-{self.part.pk}"

    def is_for(self, user: User) -> bool:
        """Say whether it is this person's to read."""
        return self.reviewer is not None and self.reviewer.user_id == user.pk


class Wish(NamedTuple):
    """What a form says about one project: whose it was when the form was made, whose it is to be.

    Both are members' keys as text, empty for nobody.
    """

    was: str
    wanted: str


def reviewers_of(klass: Class) -> list[Member]:
    """Return the present members who may review, by name."""
    return list(_reviewing(klass).in_order())


def _reviewing(klass: Class) -> MemberQuerySet:
    roles = [role for role, rights in RIGHTS.items() if Right.REVIEW in rights]
    return klass.members.present().filter(role__in=roles, user__isnull=False)


def waiting(klass: Class, learners: Iterable[Member] | None = None) -> list[Waiting]:
    """Return the class's projects that wait, oldest first, with their reviewers: four queries.

    Args:
        klass: the class.
        learners: its present learners, where they have been read; it saves a query.
    """
    learning = klass.members.learning() if learners is None else learners
    members = {one.user_id: one for one in learning}
    parts = {part.slug: part for part in klass.parts.scheduled() if part.is_exercise}
    given = ReviewAssignment.objects.filter(part__klass=klass, reviewer__in=_reviewing(klass))
    reviewers = {
        (one.member_id, one.part_id): one.reviewer for one in given.select_related("reviewer__user")
    }
    found = []
    for submission in help_needed.projects_to_review(klass):
        member, part = members.get(submission.user_id), parts.get(submission.exercise.slug)
        if member is not None and part is not None:
            reviewer = reviewers.get((member.pk, part.pk))
            found.append(Waiting(submission, member, part, reviewer))
    return found


@transaction.atomic
def distribute(*, klass: Class, actor: User, by_section: bool = False) -> int:
    """Give each waiting project that is nobody's to whoever has fewest; return how many.

    Args:
        klass: the class.
        actor: who distributes.
        by_section: to reviewers of the learner's section, where there are any.

    Raises:
        ChangeRefused: the class is archived, or has nobody who may review.
    """
    current = locked(klass)
    reviewers = reviewers_of(current)
    if not reviewers:
        raise ChangeRefused("invalid", _("The class has no instructor or assistant to review."))
    lines = waiting(current)
    load = Counter(one.reviewer.pk for one in lines if one.reviewer is not None)
    given = 0
    for line in lines:
        if line.reviewer is None:
            chosen = _least_loaded(_candidates(line, reviewers, by_section=by_section), load)
            load[chosen.pk] += 1
            _set(line, chosen, actor)
            given += 1
    if given:
        record(
            current,
            actor,
            "reviews.distributed",
            facts={"projects": given, "by section": by_section},
        )
    return given


@transaction.atomic
def assign(*, klass: Class, actor: User, wishes: Mapping[str, Wish]) -> int:
    """Give projects by hand, by the keys of `Waiting`; return how many changed.

    Raises:
        ChangeRefused: the class is archived, somebody may not review, or somebody else has given
            one of these projects meanwhile; then nothing is changed.
    """
    current = locked(klass)
    reviewers = {str(one.pk): one for one in reviewers_of(current)}
    changed = 0
    for line in waiting(current):
        wish = wishes.get(line.key)
        if wish is None or wish.wanted == wish.was:
            continue
        if wish.wanted and wish.wanted not in reviewers:
            raise ChangeRefused("invalid", _("Only instructors and assistants review."))
        now = str(line.reviewer.pk) if line.reviewer is not None else ""
        if now == wish.wanted:
            continue
        if now != wish.was:
            raise ChangeRefused(
                "conflict",
                _("Somebody else has given one of these projects meanwhile. Nothing was saved."),
            )
        _set(line, reviewers.get(wish.wanted), actor)
        record(
            current,
            actor,
            "review.assigned",
            member=line.member,
            part=line.part,
            facts={"reviewer": [wish.was or None, wish.wanted or None]},
        )
        changed += 1
    return changed


def _candidates(line: Waiting, reviewers: Sequence[Member], *, by_section: bool) -> list[Member]:
    same = [one for one in reviewers if one.section and one.section == line.member.section]
    return same if by_section and same else list(reviewers)


def _least_loaded(reviewers: Sequence[Member], load: Mapping[uuid.UUID, int]) -> Member:
    return min(reviewers, key=lambda one: load.get(one.pk, 0))


def _set(line: Waiting, reviewer: Member | None, actor: User) -> None:
    if reviewer is None:
        ReviewAssignment.objects.filter(member=line.member, part=line.part).delete()
    else:
        ReviewAssignment.objects.update_or_create(
            member=line.member,
            part=line.part,
            defaults={"reviewer": reviewer, "assigned_by": actor},
        )
