"""The API's tokens: kept as digests, refused where the password would be, gone with the password.

django-rest-knox stores and compares them. Whoever reads the database, or the admin pages, finds no
token that could be used.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from allauth.account import app_settings
from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.db import transaction
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.models import get_token_model
from rest_framework.exceptions import AuthenticationFailed

if TYPE_CHECKING:
    from courses.accounts.models import User

MOST_TOKENS: Final = 10
"""Tokens of an account; one more ends the oldest, so a script may ask for one at each run."""

_TOKEN: Final = re.compile(rb"[0-9a-f]{40,64}")
UNVERIFIED: Final = "Confirm the email address of this account first."


@transaction.atomic
def new_token(user: User) -> str:
    """Make a token and return it; afterwards only its digest is known."""
    tokens = get_token_model()
    _row, token = tokens.objects.create(user=user)
    kept = tokens.objects.filter(user=user).order_by("-created").values("pk")[:MOST_TOKENS]
    tokens.objects.filter(user=user).exclude(pk__in=[row["pk"] for row in kept]).delete()
    return str(token)


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
