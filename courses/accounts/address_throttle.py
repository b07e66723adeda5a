"""How often one network address may ask for something that anyone may ask for."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Final

from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.views import APIView

IPV6: Final = 6


class AddressThrottle(SimpleRateThrottle):
    """Counts by network address; subclasses set `scope` and `rate`.

    Pages, whose requests are Django's own, ask `allows`.
    """

    def allows(self, request: HttpRequest) -> bool:
        """Count a request for a page; return whether it is one of those that may be answered."""
        return self.allow_request(request, None)  # type: ignore[arg-type]  # reads its address only

    def get_cache_key(self, request: Any, view: APIView | None) -> str:  # noqa: ARG002  # the framework's
        """Count by network address; of IPv6 by the network that one customer gets."""
        return f"throttle-{self.scope}-{_network(self.get_ident(request) or '')}"


def _network(address: str) -> str:
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{address}/{64 if version == IPV6 else 32}", strict=False))
