"""Which account of the site a person of a platform uses: linked by consent, never by email alone.

The platform's address proves nothing here: it may be anybody's. An account is linked by somebody
who is signed in to it, or it is a new one. Accounts of staff are never signed in by a platform,
which would get around their second factor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from classes.lti.models import LmsAccount
from classes.lti.refusals import Code, Refused
from courses.models import User

if TYPE_CHECKING:
    from classes.lti.models import Launch


class AddressTaken(Exception):  # noqa: N818  # named after what happened
    """There is an account with this address: its owner signs in and links it."""


class AddressInvalid(Exception):  # noqa: N818  # named after what happened
    """This is no email address."""


def account_of(launch: Launch) -> LmsAccount | None:
    """Return the account that the launching person has linked.

    Raises:
        Refused: it has been deactivated.
    """
    linked = LmsAccount.objects.select_related("user").filter(
        platform=launch.platform_id, subject=launch.subject
    )
    account = linked.first()
    if account is not None and not account.user.is_active:
        raise Refused(Code.ACCOUNT_INACTIVE)
    return account


def needs_own_sign_in(user: User) -> bool:
    """Say whether a platform must not sign this account in: one with a role or two factors."""
    return user.privileged or bool(is_mfa_enabled(user))


@transaction.atomic
def link(*, launch: Launch, user: User) -> LmsAccount:
    """Link the launching person with the account that is signed in, after consent.

    Raises:
        Refused: the person or the account is linked otherwise.
    """
    if launch.platform is None:
        raise Refused(Code.LAUNCH_ENDED)
    try:
        with transaction.atomic():
            account, _ = LmsAccount.objects.get_or_create(
                platform=launch.platform, subject=launch.subject, defaults={"user": user}
            )
    except IntegrityError as error:
        raise Refused(Code.ACCOUNT_TAKEN) from error
    if account.user_id != user.pk:
        raise Refused(Code.ACCOUNT_TAKEN)
    return account


@transaction.atomic
def create(*, launch: Launch, email: str) -> LmsAccount:
    """Create an account for the launching person, after consent, without a password.

    The address stays unconfirmed until its owner follows the link in an email.

    Raises:
        AddressInvalid: it is no address.
        AddressTaken: there is an account with it; nothing is linked.
        Refused: the person has an account meanwhile.
    """
    address = email.strip()
    try:
        validate_email(address)
    except ValidationError as error:
        raise AddressInvalid from error
    known = EmailAddress.objects.filter(email__iexact=address)
    if User.objects.filter(email__iexact=address).exists() or known.exists():
        raise AddressTaken
    try:
        with transaction.atomic():
            user = User.objects.create_user(address, None, name=launch.facts.get("name", ""))
    except IntegrityError as error:
        raise AddressTaken from error
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    return link(launch=launch, user=user)


def unlink(*, account: LmsAccount) -> None:
    """Undo a link: nothing more is sent for it; what was sent stays at the platform."""
    account.delete()
