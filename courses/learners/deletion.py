"""Deleting an account with its data; certificates stay or are revoked, as the learner chooses."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from courses.certificates.issuing import forget_holder, revoke
from courses.certificates.models import Certificate
from courses.learners.ratings import update_mean_rating

if TYPE_CHECKING:
    from courses.accounts.models import User


class Certificates(StrEnum):
    """What becomes of the certificates of an account that is erased."""

    FORGET = "forget"
    KEEP = "keep"


@transaction.atomic
def erase(*, user: User, certificates: Certificates) -> None:
    """Erase an account with everything that the learner did.

    Args:
        user: whose account.
        certificates: ``forget`` revokes them; ``keep`` lets them stay valid. Either way the name
            is deleted from them; what somebody wrote in discussions stays without a name.
    """
    for certificate in Certificate.objects.filter(user=user):
        if certificates is Certificates.FORGET:
            revoke(certificate=certificate, reason=_("The holder has deleted the account."))
    forget_holder(user=user)
    rated = [rating.course for rating in user.ratings.select_related("course")]
    user.delete()
    for course in rated:
        update_mean_rating(course)
