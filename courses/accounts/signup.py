"""Who may sign up: everyone, addresses of some domains, people with an invitation, or nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

INVITED: Final = "invited_email"
"""Where the session holds the address that an invitation has proved."""
VALID_SECONDS: Final = 14 * 86_400
_SALT: Final = "courses.accounts.invitation"


def is_open(request: HttpRequest) -> bool:
    """Say whether the sign-up page may be shown: fail closed on a value that is unknown."""
    return settings.SIGNUP in {"open", "domain"} or (
        settings.SIGNUP == "invitation" and bool(invited(request))
    )


def may_sign_up(request: HttpRequest, email: str) -> bool:
    """Say whether somebody with this address may sign up."""
    if settings.SIGNUP == "open":
        return True
    if settings.SIGNUP not in {"domain", "invitation"}:
        return False
    if email.lower() == invited(request).lower() != "":
        return True
    domain = email.lower().rpartition("@")[2]
    return settings.SIGNUP == "domain" and domain in settings.SIGNUP_DOMAINS


def invited(request: HttpRequest) -> str:
    """Return the address that was invited in this browser; empty if there is none."""
    return str(request.session.get(INVITED, ""))


def welcome(request: HttpRequest, email: str) -> None:
    """Let this browser sign up with an address that an invitation has proved."""
    request.session[INVITED] = email
    request.session["account_verified_email"] = email  # django-allauth asks for no confirmation


def invite(addresses: Sequence[str]) -> int:
    """Write an invitation to each address; return how many."""
    mails = [
        EmailMessage(
            subject=_("Your invitation to %(site)s") % {"site": settings.ISSUER_NAME},
            body=render_to_string(
                "account/mail_invitation.txt",
                {"site": settings.ISSUER_NAME, "address": invitation_address(address)},
            ),
            to=[address],
        )
        for address in addresses
    ]
    get_connection().send_messages(mails)
    return len(mails)


def invitation_address(email: str) -> str:
    """Return the address of an invitation; whoever opens it reads the mail of `email`."""
    key = signing.dumps(email, salt=_SALT)
    return settings.SITE_URL + reverse("courses:invited", args=[key])


def invited_address(key: str) -> str | None:
    """Return whom an invitation was written to; None when it is forged or too old."""
    try:
        return str(signing.loads(key, salt=_SALT, max_age=VALID_SECONDS))
    except signing.BadSignature:
        return None
