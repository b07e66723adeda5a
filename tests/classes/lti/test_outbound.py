"""Calls to platforms: where they may go, how long they may take, how much they may bring."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from classes.lti import outbound
from classes.lti.outbound import AddressError, OutboundError
from tests.config.test_hardening import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django.fixtures import Settings


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Listen, and let `answer` speak on each connection; yield the address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _peer = listening.accept()
                except OSError:
                    return
                with connection:
                    received.append(b"")
                    try:
                        answer(connection)
                    except OSError:
                        return

        received: list[bytes] = []
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        listening.shutdown(socket.SHUT_RDWR)


def saying(*pieces: bytes, pause: float = 0.0) -> Callable[[socket.socket], None]:
    """Return an answer in pieces."""

    def answer(connection: socket.socket) -> None:
        connection.recv(65_536)
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)

    return answer


@pytest.mark.parametrize(
    "address",
    [
        "ftp://lms.example.org/",
        "file:///etc/passwd",
        "//lms.example.org/",
        "https://",
        "https://user:secret@lms.example.org/",
        "https://lms.example.org\\@other.example/",
        "https://lms.example.org/a b",
        "https://lms.example.org/\r\nHost: x",
        "https://lms.example.org:99999/",
        "https://[::1",
        "",
    ],
)
def test_what_is_no_plain_address_is_refused(address: str) -> None:
    """On every site, before anything is resolved."""
    with pytest.raises(AddressError):
        outbound.check_address(address)
    with pytest.raises(AddressError):
        outbound.call("GET", address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.8",
        "172.16.5.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  # to be refused
        "224.0.0.1",
        "[::1]",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "2130706433",
        "0x7f.1",
    ],
)
def test_a_public_site_asks_no_private_network(settings: Settings, host: str) -> None:
    """In every spelling that the system resolves."""
    settings.LTI_PRIVATE_PLATFORMS = False

    with pytest.raises(AddressError):
        outbound.check_address(f"https://{host}/jwks")


def test_a_public_site_asks_by_https_only(settings: Settings) -> None:
    """Whatever else the address is."""
    settings.LTI_REQUIRE_HTTPS = True

    with pytest.raises(AddressError, match="Only https"):
        outbound.call("GET", "http://lms.example.org/")


@pytest.mark.parametrize(("value", "allowed"), [("", False), ("true", True)])
def test_production_is_strict_unless_a_variable_says_otherwise(
    value: str, *, allowed: bool
) -> None:
    """Https in any case; private networks by the operator's decision."""
    variables = {"WHYBOX_LTI_PRIVATE_PLATFORMS": value} if value else {}

    found = settings_of("production", ["LTI_REQUIRE_HTTPS", "LTI_PRIVATE_PLATFORMS"], **variables)

    assert found == {"LTI_REQUIRE_HTTPS": True, "LTI_PRIVATE_PLATFORMS": allowed}


def test_a_name_is_checked_where_it_led_and_nothing_is_sent(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that resolves to a private address only when it is called gets no byte."""
    settings.LTI_PRIVATE_PLATFORMS = False
    got: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        connection.settimeout(2)
        got.append(connection.recv(65_536))

    with server(answer) as address:
        port = address.rsplit(":", 1)[1].strip("/")
        rebinding = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", int(port)))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_facts: rebinding)
        with pytest.raises(AddressError, match="private networks"):
            outbound.call("POST", f"http://lms.example.org:{port}/", body=b"secret")
        time.sleep(0.2)

    assert got in ([], [b""])


def test_redirects_are_not_followed() -> None:
    """They are an answer like any other, and none of success."""
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with server(saying(moved)) as address:
        answer = outbound.call("GET", address)

    assert answer.status == 302
    with pytest.raises(OutboundError, match="302"):
        outbound.checked(answer)


def test_an_answer_is_bounded() -> None:
    """With and without an announced length."""
    for head in (b"Content-Length: 3000000\r\n", b"Connection: close\r\n"):
        said = saying(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n", *[b"x" * 100_000] * 30)
        with server(said) as address, pytest.raises(OutboundError, match="1,048,576 bytes"):
            outbound.call("GET", address)


def test_an_encoded_answer_is_refused() -> None:
    """A small one may unfold into a large one; it was not asked for."""
    said = saying(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx")
    with server(said) as address, pytest.raises(OutboundError, match="encoded"):
        outbound.call("GET", address)


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"])
def test_a_dripping_answer_is_cut(monkeypatch: pytest.MonkeyPatch, head: bytes) -> None:
    """A byte now and then renews each time-out, not the whole: within the headers and the body."""
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 1.0)
    started = time.monotonic()

    with server(saying(head, *[b"H"] * 100, pause=0.1)) as address, pytest.raises(OutboundError):
        outbound.call("GET", address)

    assert time.monotonic() - started < 5


def test_environment_s_proxies_and_passwords_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would get the platform's tokens."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    with server(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")) as address:
        assert outbound.call("GET", address).json() == {}


def test_what_is_no_json_is_an_error() -> None:
    """Also when it is nested without an end."""
    for body in (b"", b"<html>", b"[" * 100_000, b"\xff"):
        with pytest.raises(OutboundError, match="isn't JSON"):
            outbound.Answer(200, {}, body).json()
