"""What the site does differently from django-allauth: addresses in its mails, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings

from courses.accounts.signup import is_open

if TYPE_CHECKING:
    from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # its base is untyped
    """Accounts by e-mail address."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail whose links all lead to this site.

        allauth takes host and port from the request, and whoever asks for a stranger's password
        reset chooses these: the stranger's mail would carry a link to a port of the asker's choice.
        """
        own = {
            key: on_this_site(value)
            for key, value in context.items()
            if key.endswith("url") and isinstance(value, str)
        }
        super().send_mail(template_prefix, email, {**context, **own})

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say whether the sign-up page is open to this visitor."""
        return is_open(request)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """Return the link of the mail; it leads back to where one signed up from."""
        link: str = super().get_email_confirmation_url(request, emailconfirmation)
        back = request.POST.get("next") or request.GET.get("next") if request else None
        if not back or not self.is_safe_url(back):
            return link
        return f"{link}?{urlencode({'next': _path(back)})}"


def on_this_site(address: str) -> str:
    """Return an address with the site's own scheme, host and port."""
    return settings.SITE_URL + _path(address)


def _path(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(("", "", parts.path, parts.query, parts.fragment))
