"""Requests to platforms: bounded in time and size, and only to addresses that may be asked.

The addresses come from staff, from a platform's registration or from its launches. In production
only https is asked, and no address of a private network unless a setting allows it
(`WHYBOX_LTI_PRIVATE_PLATFORMS`). What a name resolves to is checked on the open connection, before
anything is sent, so that a name cannot resolve to something else in between. No redirect is
followed, and neither proxies nor passwords of the environment are used.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
import threading
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONNECT_SECONDS: Final = 3.05
READ_SECONDS: Final = 8.0
TOTAL_SECONDS: Final = 12.0
"""After this the connection is cut, however slowly the platform drips."""

MOST_BYTES: Final = 1_048_576
"""Of an answer; a page of 1,000 members has about 400 kB."""

PIECE_BYTES: Final = 65_536

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

_twins: ContextVar[list[socket.socket] | None] = ContextVar("lti_sockets", default=None)


class OutboundError(Exception):
    """A platform could not be asked; the text is for staff.

    Attributes:
        status: of the platform's answer; None when there was none.
        retry_seconds: how long the platform asks to wait.
    """

    def __init__(self, text: str, *, status: int | None = None, retry_seconds: int = 0) -> None:
        super().__init__(text)
        self.status = status
        self.retry_seconds = retry_seconds


class AddressError(OutboundError):
    """An address that this site does not ask."""


@dataclass(frozen=True)
class Answer:
    """A platform's answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            OutboundError: it is none.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise OutboundError("The platform's answer isn't JSON.", status=self.status) from error


def check_address(address: str) -> None:
    """Refuse an address that this site would not ask; its name is resolved.

    Raises:
        AddressError: with the reason.
    """
    host, port = _host_and_port(address)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressError(f"{host} cannot be resolved.") from error
    for entry in found:
        _check_peer(str(entry[4][0]))


def call(
    method: str,
    address: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    most: int = MOST_BYTES,
) -> Answer:
    """Send a request and return the answer, whatever its status.

    Raises:
        OutboundError: the address is refused, or there was no complete answer within the bounds.
    """
    _host_and_port(address)
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", _Adapter())
    session.mount("https://", _Adapter())
    asked = {"User-Agent": "whybox", "Accept-Encoding": "identity", **(headers or {})}
    with session, _cut_after(TOTAL_SECONDS):
        try:
            with session.request(
                method,
                address,
                headers=asked,
                data=body,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response:
                return Answer(response.status_code, response.headers, _read(response, most))
        except AddressError:
            raise
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            host = urlsplit(address).hostname
            raise OutboundError(f"{host}: {_plain(error)}") from error


def checked(answer: Answer) -> Answer:
    """Return an answer of success.

    Raises:
        OutboundError: it has another status; redirects are refused like errors.
    """
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return answer
    wait = answer.headers.get("Retry-After", "")
    raise OutboundError(
        f"The platform answered {answer.status}.",
        status=answer.status,
        retry_seconds=min(int(wait), 14_400) if wait.isascii() and wait.isdigit() else 0,
    )


def _host_and_port(address: str) -> tuple[str, int]:
    """Return where an address leads, if its scheme and shape are allowed."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressError("This isn't an address.") from error
    if parts.scheme not in {"http", "https"} or not host or not address.isprintable():
        raise AddressError("This isn't an http or https address.")
    if any(mark in address for mark in "\\ @#"):
        raise AddressError("An address has no user name, fragment, space or backslash.")
    if parts.scheme == "http" and settings.LTI_REQUIRE_HTTPS:
        raise AddressError("Only https addresses are allowed.")
    return host, port or (443 if parts.scheme == "https" else 80)


def _check_peer(text: str) -> None:
    """Refuse an IP address that is not on the public internet, unless the setting allows it."""
    if settings.LTI_PRIVATE_PLATFORMS:
        return
    peer = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(peer, ipaddress.IPv6Address):
        inner = peer.ipv4_mapped or peer.sixtofour
        if peer in _NAT64:
            inner = ipaddress.IPv4Address(int(peer) & 0xFFFFFFFF)
        peer = inner or peer
    if not peer.is_global or peer.is_multicast:
        raise AddressError("Addresses of private networks are not allowed.")


def _register(sock: socket.socket) -> socket.socket:
    try:
        _check_peer(str(sock.getpeername()[0]))
    except AddressError:
        sock.close()
        raise
    twins = _twins.get()
    if twins is not None:
        twins.append(sock.dup())  # TLS takes the socket itself over
    return sock


class _PlainConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _register(super()._new_conn())


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _register(super()._new_conn())


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    """Opens connections that are checked, once: retrying is the outbox's business."""

    def init_poolmanager(self, *arguments: Any, **facts: Any) -> None:
        super().init_poolmanager(*arguments, **facts)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}


@contextlib.contextmanager
def _cut_after(seconds: float) -> Iterator[None]:
    """Shut down the connections that are opened within, when the time is over."""
    opened: list[socket.socket] = []
    token = _twins.set(opened)

    def cut() -> None:
        for sock in opened:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _twins.reset(token)
        for sock in opened:
            sock.close()


def _read(response: requests.Response, most: int) -> bytes:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise OutboundError("The platform's answer is encoded, which was not asked for.")
    body = bytearray()
    while piece := response.raw.read(PIECE_BYTES, decode_content=False):
        body += piece
        if len(body) > most:
            raise OutboundError(f"The platform's answer has more than {most:,} bytes.")
    return bytes(body)


def _plain(error: Exception) -> str:
    """Return what went wrong without addresses, which may carry secrets in their queries."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "the certificate is not valid"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return type(error).__name__
