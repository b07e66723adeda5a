"""The sign-up form, which refuses addresses that may not sign up."""

from __future__ import annotations

from allauth.account.forms import SignupForm
from allauth.core import context
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from courses.accounts.signup import may_sign_up


class InvitedSignupForm(SignupForm):  # type: ignore[misc]  # its base is untyped
    """django-allauth's form with the site's rule about addresses."""

    def clean_email(self) -> str:
        """Refuse an address that may not sign up.

        Raises:
            ValidationError: neither its domain nor an invitation allows it.
        """
        email = str(super().clean_email())
        if not may_sign_up(context.request, email):
            raise ValidationError(
                _(
                    "This address can't sign up here. Use the one that you were invited with, or "
                    "that of your organisation."
                )
            )
        return email
