"""Who may do what in a class."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from classes.models import LEARNING_ROLES, Class, Member, Role, ScheduledPart
from courses.accounts.roles import SiteRight

if TYPE_CHECKING:
    import uuid

    from courses.models import User
    from exercises.models import Submission


class Right(StrEnum):
    """What a role allows.

    `BELONG` is any member's; `SEE` opens the pages about others; `TELL` writes announcements;
    `REVIEW` reads and judges projects; `MODERATE` hides posts of the class's learners, closes their
    threads and warns them; `CHANGE` is everything that alters roster, dates, policy or
    marks.
    """

    BELONG = "belong"
    SEE = "see"
    TELL = "tell"
    REVIEW = "review"
    MODERATE = "moderate"
    CHANGE = "change"


RIGHTS: dict[str, frozenset[Right]] = {
    Role.INSTRUCTOR: frozenset(Right),
    Role.ASSISTANT: frozenset({Right.BELONG, Right.SEE, Right.TELL, Right.REVIEW, Right.MODERATE}),
    Role.OBSERVER: frozenset({Right.BELONG, Right.SEE}),
    Role.LEARNER: frozenset({Right.BELONG}),
    Role.TEST: frozenset({Right.BELONG}),
}


@dataclass(frozen=True)
class Access:
    """Somebody in a class.

    Attributes:
        member: None for a superuser who is no member; such a one may do what instructors may.
    """

    klass: Class
    user: User
    member: Member | None

    @property
    def role(self) -> str:
        """Return the role whose rights hold."""
        return Role.INSTRUCTOR if self.member is None else self.member.role

    def may(self, right: Right) -> bool:
        """Say whether the role has this right."""
        return right in RIGHTS[self.role]

    @property
    def rights(self) -> frozenset[Right]:
        """Return the role's rights."""
        return RIGHTS[self.role]

    @property
    def may_change(self) -> bool:
        """Say whether roster, dates, policy and marks can be changed now."""
        return self.may(Right.CHANGE) and not self.klass.archived

    @property
    def may_tell(self) -> bool:
        """Say whether announcements can be written now."""
        return self.may(Right.TELL) and not self.klass.archived

    @property
    def may_see(self) -> bool:
        """Say whether the pages about others are open."""
        return self.may(Right.SEE)


def access_to(user: User, key: uuid.UUID) -> Access | None:
    """Return what somebody is in a class; None for everybody whom it does not exist for."""
    member = (
        Member.objects.present().select_related("klass", "user").filter(klass=key, user=user)
    ).first()
    if member is not None:
        return Access(member.klass, user, member)
    if not user.is_superuser:
        return None
    klass = Class.objects.filter(pk=key).first()
    return Access(klass, user, None) if klass is not None else None


def may_make_classes(user: User) -> bool:
    """Say whether somebody may make a class: by a role of the site, or by the permission."""
    return user.may(SiteRight.MAKE_CLASSES) or user.has_perm("classes.add_class")


def teaches(user: User, submission: Submission, *, reviewing: bool = False) -> bool:
    """Say whether somebody teaches a class of this learner's that schedules this exercise.

    Args:
        user: who asks.
        submission: its exercise and learner count.
        reviewing: whether it is to be reviewed, not only seen.
    """
    needed = Right.REVIEW if reviewing else Right.SEE
    roles = [role for role, rights in RIGHTS.items() if needed in rights]
    mine = Member.objects.present().filter(user=user, role__in=roles).values("klass")
    scheduled = ScheduledPart.objects.scheduled().filter(
        klass__in=mine, subject=f"exercise:{submission.exercise.slug}"
    )
    return Member.objects.filter(
        user=submission.user_id, role__in=LEARNING_ROLES, klass__in=scheduled.values("klass")
    ).exists()
