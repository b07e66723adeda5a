"""Single sign-on by OpenID Connect: which accounts it makes, and with which name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter

from courses.accounts.names import plain_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from courses.accounts.models import User


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # its base is untyped
    """Accounts of the provider that the operator has chosen."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002  # allauth's
        """Let everybody in whom the provider knows: it decides who that is."""
        return True

    def populate_user(
        self, request: HttpRequest, sociallogin: Any, data: Mapping[str, Any]
    ) -> User:
        """Take the name that the provider gives."""
        user: User = super().populate_user(request, sociallogin, data)
        user.name = plain_name(str(data.get("name") or ""))[:200]
        return user
