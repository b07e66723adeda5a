"""The site behind a real Caddy with docker/caddy/Caddyfile, as `test_reverse_proxy` has nginx."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from config.body_limits import FORM_BYTES
from config.environment import BASE_DIR
from tests.config.site_process import THREADS, call, free_port, wait_for, web_process
from tests.exercises.submissions.faults import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLOW = 4 * THREADS
MIB = 1 << 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the two processes write."""
    return tmp_path_factory.mktemp("behind-caddy")


@pytest.fixture(scope="module")
def proxy(folder: Path) -> Iterator[int]:
    """The port of a Caddy in front of a web process that trusts one proxy."""
    program = shutil.which("caddy")
    assert program, "caddy is missing: python3 config/machine.py test"
    with web_process(folder / "var", proxies=1) as site:
        port = free_port()
        environment = os.environ | {
            "WHYBOX_SITE": f"http://:{port}",
            "WHYBOX_WEB": f"127.0.0.1:{site}",
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
        }
        config = str(BASE_DIR / "docker" / "caddy" / "Caddyfile")
        command = [program, "run", "--config", config, "--adapter", "caddyfile"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        try:
            wait_for(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=60)


def test_slow_bodies_do_not_hold_the_threads(proxy: int) -> None:
    """Unfinished requests, four times the threads: the site answers as before."""
    start = (
        b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nlogin="
    )
    opened = [socket.create_connection(("127.0.0.1", proxy), timeout=30) for _ in range(SLOW)]
    try:
        for one in opened:
            one.sendall(start)
        assert [call(proxy, "GET", "/offline/", timeout=120)[0] for _ in range(3)] == [200] * 3
    finally:
        for one in opened:
            one.close()


def test_the_site_sees_the_client_and_believes_no_header(proxy: int, folder: Path) -> None:
    """The access log names whom Caddy was called by, whatever the request claims."""
    claimed = {"X-Forwarded-For": "203.0.113.9"}
    call(proxy, "GET", "/offline/?marked", headers=claimed, client="127.0.0.7")

    def lines() -> list[str]:
        log = (folder / "var" / "access.log").read_text().splitlines()
        return [line for line in log if "/offline/?marked" in line]

    assert eventually(lines)  # it is written after the answer is sent
    (line,) = lines()
    assert line.startswith("127.0.0.7 ")


def test_visitors_cannot_ask_whether_the_site_is_ready(proxy: int) -> None:
    """Who runs the site asks the process itself."""
    assert call(proxy, "GET", "/readyz")[0] == 404
    assert call(proxy, "GET", "/healthz")[0] == 200


def test_what_the_site_may_accept_reaches_it(proxy: int) -> None:
    """A body of the size of a notebook is passed on whole; the answer is the site's own."""
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    path = "/api/v1/exercises/none/submissions/"
    status, body = call(proxy, "POST", path, body=b"x" * (2 * MIB), headers=kind, timeout=120)
    assert status in {400, 401, 403}
    assert json.loads(body)["code"]


def test_the_largest_notebook_is_not_refused_before_the_site() -> None:
    """To Caddy an MB is a million bytes: limits are written in MiB, as the site's are."""
    text = (BASE_DIR / "docker" / "caddy" / "Caddyfile").read_text()
    largest = settings.UPLOAD_MAX_BYTES + FORM_BYTES
    for name in ("max_size", "max_buffer_size"):
        found = re.search(rf"^\s*{name} (\d+)MiB$", text, re.MULTILINE)
        assert found, name
        assert int(found[1]) * MIB >= largest


def test_what_is_larger_than_any_notebook_is_refused(proxy: int) -> None:
    """By a 413, or by the end of the connection while the client still sends."""
    head = f"POST /x/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {40 * MIB}\r\n\r\n"
    answer = b""
    with socket.create_connection(("127.0.0.1", proxy), timeout=120) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(head.encode())
            for _ in range(40):
                connection.sendall(b"x" * MIB)
        with contextlib.suppress(OSError):
            answer = connection.recv(4096)
    assert answer == b"" or answer.split(b" ")[1] == b"413"
    assert call(proxy, "GET", "/offline/", timeout=120)[0] == 200
