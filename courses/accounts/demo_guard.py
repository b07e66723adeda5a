"""The demo accounts sign in from the machine that the site runs on, and from nowhere else."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied

from courses.accounts.demo import DEMO_ACCOUNTS

if TYPE_CHECKING:
    from django.http import HttpRequest

EMAILS = frozenset(account.email for account in DEMO_ACCOUNTS)


class DemoAccountsFromThisMachineOnly:
    """The first backend: it signs nobody in, and ends the attempt where it must not succeed.

    It knows no users and gives no permissions, so Django asks the others for these.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Refuse a published password over the network.

        Raises:
            PermissionDenied: no other backend is asked.
        """
        names = (credentials.get("username"), credentials.get("email"))
        wanted = {str(name).strip().lower() for name in names if name}
        if request is not None and wanted & EMAILS and not _is_local(request):
            raise PermissionDenied


def _is_local(request: HttpRequest) -> bool:
    # A proxy on this machine that the settings do not name hides where the request came from.
    if request.META.get("whybox.forwarded"):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
