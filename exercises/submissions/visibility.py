"""Who may see and review a submission besides its learner and the staff.

Who teaches whom is known in a layer above: it registers its rule here when the site starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from courses.accounts.roles import SiteRight

if TYPE_CHECKING:
    from courses.models import User
    from exercises.models import Submission


class TeachingRule(Protocol):
    """Says whether somebody teaches what was submitted to whoever submitted it."""

    def __call__(self, user: User, submission: Submission, *, reviewing: bool) -> bool:
        """Return whether `user` may see the submission, or review it."""


_rules: list[TeachingRule] = []


def register(rule: TeachingRule) -> None:
    """Add a rule; a second time changes nothing."""
    if rule not in _rules:
        _rules.append(rule)


def may_see(user: User, submission: Submission) -> bool:
    """Say whether somebody may open the submission's page."""
    sees_all = user.may(SiteRight.SEE_SUBMISSIONS)
    return sees_all or submission.user_id == user.pk or _taught(user, submission)


def may_review(user: User, submission: Submission) -> bool:
    """Say whether somebody may review it; nobody but the staff reviews their own."""
    if submission.user_id == user.pk:
        return user.is_staff
    return user.may(SiteRight.REVIEW) or _taught(user, submission, reviewing=True)


def _taught(user: User, submission: Submission, *, reviewing: bool = False) -> bool:
    return any(rule(user, submission, reviewing=reviewing) for rule in _rules)
