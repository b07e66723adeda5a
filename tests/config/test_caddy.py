"""The site behind a real Caddy with docker/caddy/Caddyfile, as `test_reverse_proxy` has nginx."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

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


@pytest.mark.parametrize(("size", "statuses"), [(2 * MIB, {400, 401, 403}), (40 * MIB, {413})])
def test_bodies_are_limited(proxy: int, size: int, statuses: set[int]) -> None:
    """What the site may accept reaches it; what is larger than any notebook is refused."""
    status, body = call(
        proxy,
        "POST",
        "/api/v1/exercises/none/submissions/",
        body=b"x" * size,
        headers={"Content-Type": "multipart/form-data; boundary=b"},
        timeout=120,
    )
    assert status in statuses
    if status != 413:
        assert json.loads(body)["code"]
