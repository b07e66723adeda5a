"""A real web process, and a real nginx in front of it, for tests of what lies between."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from config.environment import BASE_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 60.0
THREADS = 8

NGINX = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream whybox {{ server 127.0.0.1:{site}; keepalive 16; }}
    server {{
        listen 127.0.0.1:{port};
        include {include};
    }}
}}
"""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until something listens."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, "the server ended"
        time.sleep(0.05)
    raise AssertionError("the server did not start")


@contextmanager
def web_process(folder: Path, *, proxies: int) -> Iterator[int]:
    """Run gunicorn as the site does, on an empty database; yield its port.

    Its access log is `folder`/access.log.
    """
    environment = os.environ | {
        "WHYBOX_VAR": str(folder),
        "WHYBOX_TRUSTED_PROXIES": str(proxies),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "TMPDIR": str(folder / "tmp"),
    }
    for name in ("WHYBOX_DATABASE_URL", "WHYBOX_BROKER_URL"):
        environment.pop(name, None)
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    manage = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(manage, cwd=BASE_DIR, env=environment, check=True)
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"),
            *("--threads", str(THREADS), "--log-level", "error"),
            *("--graceful-timeout", "1"),
            *("--access-logfile", str(folder / "access.log")),
        ],
        cwd=BASE_DIR,
        env=environment,
    )
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextmanager
def reverse_proxy(folder: Path, site: int) -> Iterator[int]:
    """Run nginx with docker/nginx/whybox.conf in front of a site; yield its port."""
    folder.mkdir()
    port = free_port()
    (folder / "nginx.conf").write_text(
        NGINX.format(
            user="user root;" if os.geteuid() == 0 else "",
            folder=folder,
            site=site,
            port=port,
            include=BASE_DIR / "docker" / "nginx" / "whybox.conf",
        )
    )
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "nginx is missing: python3 config/machine.py test"
    process = subprocess.Popen([program, "-c", str(folder / "nginx.conf"), "-e", "stderr"])
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)


def call(
    port: int,
    method: str,
    path: str,
    *,
    body: bytes | Iterator[bytes] | None = None,
    headers: dict[str, str] | None = None,
    client: str = "127.0.0.1",
    timeout: float = 30.0,
) -> tuple[int, bytes]:
    """Send a request from one of this machine's loopback addresses; return status and body."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=timeout, source_address=(client, 0)
    )
    try:
        chunked = body is not None and not isinstance(body, bytes)
        connection.request(method, path, body, headers or {}, encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
