"""The API's tokens: kept as digests, refused where the password would be, gone with the password.

django-rest-knox stores and compares them. Whoever reads the database, or the admin pages, finds no
token that could be used.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from allauth.account import app_settings
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.models import get_token_model
from rest_framework.exceptions import AuthenticationFailed

from courses.accounts.second_factor import lacks_second_factor
from courses.accounts.token_names import TokenName

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from courses.accounts.models import User

MOST_TOKENS: Final = 10
"""Tokens of an account; one more ends the oldest, so a script may ask for one at each run."""

NAME_LENGTH: Final = 80

_TOKEN: Final = re.compile(rb"[0-9a-f]{40,64}")
SECOND_FACTOR: Final = "Staff need a second factor here. Sign in on the site to set one up."
UNVERIFIED: Final = "Confirm the email address of this account first."


@transaction.atomic
def new_token(user: User, *, name: str = "", days: int | None = None) -> str:
    """Make a token and return it; afterwards only its digest is known.

    Args:
        user: whose token.
        name: what its owner calls it.
        days: how long it is valid; by default as the setting says, 0 without an end.
    """
    tokens = get_token_model()
    valid = settings.TOKEN_DAYS if days is None else days
    row, token = tokens.objects.create(
        user=user, expiry=timedelta(days=valid) if valid > 0 else None
    )
    TokenName.objects.create(token=row, name=name.strip()[:NAME_LENGTH])
    kept = tokens.objects.filter(user=user).order_by("-created").values("pk")[:MOST_TOKENS]
    tokens.objects.filter(user=user).exclude(pk__in=[row["pk"] for row in kept]).delete()
    return str(token)


def tokens_of(user: User) -> QuerySet[TokenName]:
    """Return a user's tokens that are valid, by name, the latest first."""
    valid = Q(token__expiry=None) | Q(token__expiry__gt=timezone.now())
    mine = TokenName.objects.filter(valid, token__user=user).select_related("token")
    return mine.order_by("-token__created")


def revoke(user: User, *, key: int | None = None) -> int:
    """Revoke one of a user's tokens, or all of them; return how many."""
    mine = get_token_model().objects.filter(user=user)
    if key is not None:
        mine = mine.filter(named__pk=key)
    number = int(mine.count())
    mine.delete()
    return number


def is_unverified(user: User) -> bool:
    """Say whether the site asks for a confirmed address and this user has none."""
    mandatory = app_settings.EMAIL_VERIFICATION == app_settings.EmailVerificationMethod.MANDATORY
    return mandatory and not EmailAddress.objects.filter(user=user, verified=True).exists()


class TokenAuthentication(KnoxAuthentication):  # type: ignore[misc]  # its base is untyped
    """``Authorization: Token <key>``."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, Any]:
        """Return whose token it is; what cannot be one is refused before the database is asked.

        Raises:
            AuthenticationFailed: it is nobody's, or of an account that may not sign in.
        """
        if not _TOKEN.fullmatch(token):
            raise AuthenticationFailed("Invalid token.")
        user, row = super().authenticate_credentials(token)
        if is_unverified(user):
            raise AuthenticationFailed(UNVERIFIED, code="email_unverified")
        if lacks_second_factor(user):
            raise AuthenticationFailed(SECOND_FACTOR, code="second_factor_required")
        return user, row


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped
    """The tokens in the API's OpenAPI document."""

    target_class = TokenAuthentication
    name = "tokenAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:  # noqa: ARG002  # the framework's
        """Return the scheme."""
        scheme: dict[str, Any] = build_bearer_security_scheme_object(
            header_name="Authorization",
            token_prefix="Token",  # noqa: S106  # the name of the scheme
        )
        return scheme


class PasswordLength(MinimumLengthValidator):
    """The minimum length, with Django's hook for a changed password.

    Django calls the validators whenever a changed password is saved, on every way there is:
    profile, reset by mail, admin pages, command line.
    """

    def password_changed(self, password: str, user: Any = None) -> None:  # noqa: ARG002  # Django's
        """End the tokens that the old password had given out."""
        if user is not None and user.pk is not None:
            get_token_model().objects.filter(user=user).delete()
