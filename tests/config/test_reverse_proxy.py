"""The site behind a real nginx: slow clients, addresses of clients, sizes of requests."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.environment import BASE_DIR
from tests.config.site_process import (
    THREADS,
    call,
    free_port,
    reverse_proxy,
    wait_for,
    web_process,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NGINX_FOLDER = BASE_DIR / "docker" / "nginx"
SLOW = 50
SECRET = "a" * 32
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={SECRET}"}
MIB = 1 << 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the two processes write."""
    return tmp_path_factory.mktemp("proxied")


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[int]:
    """The port of a web process that trusts one proxy."""
    with web_process(folder / "var", proxies=1) as port:
        yield port


@pytest.fixture(scope="module")
def proxy(folder: Path, site: int) -> Iterator[int]:
    """The port of the nginx in front of it."""
    with reverse_proxy(folder / "nginx", site) as port:
        yield port


def slow_connections(port: int, start: bytes) -> list[socket.socket]:
    """Open connections that begin a request and never end it."""
    opened = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(SLOW)]
    for one in opened:
        one.sendall(start)
    time.sleep(0.5)
    return opened


@pytest.mark.parametrize(
    "start",
    [
        b"GET /courses/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nlogin=",
    ],
    ids=["headers", "body"],
)
def test_slow_clients_do_not_hold_the_threads(proxy: int, start: bytes) -> None:
    """Fifty unfinished requests, six times the threads: the site answers as before."""
    assert SLOW > 6 * THREADS
    opened = slow_connections(proxy, start)
    try:
        started = time.monotonic()
        statuses = [call(proxy, "GET", "/offline/", timeout=10)[0] for _ in range(5)]
        taken = time.monotonic() - started
    finally:
        for one in opened:
            one.close()

    assert statuses == [200] * 5
    assert taken < 5


def test_slow_readers_do_not_hold_the_threads(proxy: int) -> None:
    """Fifty clients that ask for a page and do not read it hold nothing, either."""
    request = b"GET /accounts/signup/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
    opened = slow_connections(proxy, request)
    try:
        assert call(proxy, "GET", "/offline/", timeout=10)[0] == 200
    finally:
        for one in opened:
            one.close()


def ask_for_token(port: int, client: str, **headers: str) -> int:
    """Ask for a token without saying who one is; the throttle counts it."""
    kind = {"Content-Type": "application/json"}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    path, sent = "/api/v1/auth/token/", kind | given
    return call(port, "POST", path, body=b"{}", headers=sent, client=client)[0]


def reset(port: int, client: str, number: int, **headers: str) -> int:
    """Ask for the reset of some password."""
    body = f"csrfmiddlewaretoken={SECRET}&email=nobody{number}@example.org".encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    path = "/accounts/password/reset/"
    return call(port, "POST", path, body=body, headers=FORM | given, client=client)[0]


def test_the_api_throttles_the_client_and_not_the_proxy(proxy: int) -> None:
    """Who asks too often is refused, whatever address the request claims; others are not."""
    statuses = {ask_for_token(proxy, "127.0.0.2") for _ in range(301)}

    assert statuses == {400, 429}
    assert ask_for_token(proxy, "127.0.0.2", X_Forwarded_For="198.51.100.7") == 429
    assert ask_for_token(proxy, "127.0.0.3") == 400
    assert ask_for_token(proxy, "127.0.0.3", X_Forwarded_For="127.0.0.2") == 400


def test_the_sign_in_pages_throttle_the_client_and_not_the_proxy(proxy: int) -> None:
    """The same holds for what django-allauth counts."""
    statuses = [reset(proxy, "127.0.0.4", number) for number in range(101)]

    assert statuses == [302] * 100 + [429]
    assert reset(proxy, "127.0.0.4", 101, X_Forwarded_For="198.51.100.7") == 429
    assert reset(proxy, "127.0.0.5", 102) == 302
    assert reset(proxy, "127.0.0.5", 103, X_Forwarded_For="127.0.0.4") == 302


def test_the_log_names_the_client(proxy: int, folder: Path) -> None:
    """The access log has the address that the proxy saw, not the proxy's own or a claimed one."""
    claimed = {"X-Forwarded-For": "203.0.113.9"}
    call(proxy, "GET", "/offline/?marked", headers=claimed, client="127.0.0.6")

    lines: list[str] = []
    deadline = time.monotonic() + 10
    while not lines and time.monotonic() < deadline:  # it is written after the answer is sent
        time.sleep(0.05)
        log = (folder / "var" / "access.log").read_text().splitlines()
        lines = [one for one in log if "/offline/?marked" in one]
    (line,) = lines
    assert line.startswith("127.0.0.6 ")


def test_an_untrusted_header_changes_nothing(tmp_path: Path) -> None:
    """Without a trusted proxy nobody chooses an address: throttle and log ignore the header."""
    with web_process(tmp_path / "var", proxies=0) as port:
        claims = ({"X_Forwarded_For": f"198.51.100.{number % 250}"} for number in range(301))
        statuses = {ask_for_token(port, "127.0.0.2", **claim) for claim in claims}
        log = (tmp_path / "var" / "access.log").read_text()

    assert statuses == {400, 429}
    assert "198.51.100" not in log


def test_one_throttle_for_all_processes(tmp_path: Path) -> None:
    """Requests that different web processes answer are counted together."""
    with web_process(tmp_path / "var", proxies=0) as first:
        for _ in range(300):
            ask_for_token(first, "127.0.0.2")
    with web_process(tmp_path / "var", proxies=0) as second:
        assert ask_for_token(second, "127.0.0.2") == 429


def written(folder: Path) -> int:
    """Return the bytes of temporary files of the web process."""
    return sum(file.stat().st_size for file in (folder / "var" / "tmp").rglob("*"))


def test_a_large_body_is_refused_before_it_is_sent(site: int, folder: Path) -> None:
    """A length that no address takes is answered at once, before a byte of the body."""
    for path in ("/accounts/login/", "/api/v1/auth/token/", "/nothing/", "/exercises/x/submit/"):
        with socket.create_connection(("127.0.0.1", site), timeout=10) as connection:
            head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {100 * MIB}\r\n\r\n"
            connection.sendall(head.encode())
            status = connection.recv(4096).split(b" ")[1]
        assert status == b"413", path
    assert written(folder) == 0


@pytest.mark.parametrize("path", ["/accounts/login/", "/api/v1/auth/token/"])
def test_a_large_file_is_refused_where_no_file_belongs(site: int, folder: Path, path: str) -> None:
    """A file of 3 MiB in a form that has none is not written to the disk."""
    head = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    body = head + b"a" * (3 * MIB) + b"\r\n--x--\r\n"

    status, _answer = call(site, "POST", path, body=body, headers=kind)

    assert status == 413
    assert written(folder) == 0


def test_a_body_in_chunks_is_counted(site: int) -> None:
    """A body without a length is counted as it comes: accepted small, refused large."""

    def chunks(total: int) -> Iterator[bytes]:
        for _ in range(total // 65536):
            yield b" " * 65536
        yield json.dumps({"username": "a@example.org", "password": "b"}).encode()

    kind = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    path = "/api/v1/auth/token/"

    small, _body = call(site, "POST", path, body=chunks(65536), headers=kind)
    large, answer = call(site, "POST", path, body=chunks(3 * MIB), headers=kind)

    assert small == 401
    assert large == 413
    assert json.loads(answer)["code"] == "request_too_large"


def test_the_proxy_refuses_what_no_address_takes(proxy: int) -> None:
    """Nginx answers itself, so that the site is not bothered."""
    status, _answer = call(
        proxy, "POST", "/exercises/x/submit/", headers={"Content-Length": str(40 * MIB)}
    )

    assert status == 413


def test_visitors_cannot_ask_whether_the_site_is_ready(proxy: int, site: int) -> None:
    """Each question costs a look at the broker; who runs the site asks the process itself."""
    assert call(proxy, "GET", "/readyz")[0] == 404
    assert call(site, "GET", "/readyz")[0] in {200, 503}
    assert call(proxy, "GET", "/healthz")[0] == 200


def certificate(folder: Path) -> None:
    """Make a certificate for localhost, as an operator puts it into docker/nginx/tls."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(tz=UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def example_for_compose(folder: Path, ports: tuple[int, int], site: int) -> str:
    """docker/nginx/nginx.conf with ports and folders of this test."""
    version = subprocess.run([nginx(), "-v"], check=True, capture_output=True, text=True).stderr
    changes = {
        "/etc/nginx/tls": str(folder),
        "/etc/nginx/whybox.conf": str(NGINX_FOLDER / "whybox.conf"),
        "/dev/stdout": str(folder / "access.log"),
        "web:8000": f"127.0.0.1:{site}",
        "listen 80;": f"listen 127.0.0.1:{ports[0]};",
        "listen 443 ssl;": f"listen 127.0.0.1:{ports[1]} ssl;",
        "http {": f"http {{ {temporary_folders(folder)}",
    }
    if tuple(map(int, version.split("/")[1].split(" ")[0].split(".")[:2])) < (1, 25):
        changes["http2 on;"] = ""  # written otherwise before 1.25; the image has 1.28
    return changed((NGINX_FOLDER / "nginx.conf").read_text(), changes)


def example_for_a_host(folder: Path, ports: tuple[int, int], site: int) -> str:
    """docker/nginx/host.conf with ports and folders of this test, in an nginx.conf as Debian's."""
    changes = {
        "/etc/nginx/tls": str(folder),
        "/srv/whybox/docker/nginx": str(NGINX_FOLDER),
        "127.0.0.1:8000": f"127.0.0.1:{site}",
        "whybox.example.org": "localhost",
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "listen 80;": f"listen 127.0.0.1:{ports[0]};",
        "listen 443 ssl": f"listen 127.0.0.1:{ports[1]} ssl",
    }
    text = changed((NGINX_FOLDER / "host.conf").read_text(), changes)
    log = f"access_log {folder}/access.log;"
    return f"events {{}} http {{ {log} {temporary_folders(folder)}\n{text}\n}}"


def nginx() -> str:
    """The path of nginx."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "nginx is missing: python3 config/machine.py test"
    return program


def temporary_folders(folder: Path) -> str:
    """Where nginx keeps bodies, instead of folders of the system."""
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "".join(f"{name}_temp_path {folder}/{name};" for name in names)


def changed(text: str, changes: dict[str, str]) -> str:
    """The text after its changes, of which each has to find something."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("example", [example_for_compose, example_for_a_host])
def test_the_examples_end_tls(
    site: int, tmp_path: Path, example: Callable[[Path, tuple[int, int], int], str]
) -> None:
    """The files themselves: TLS, and a redirect of what comes without."""
    certificate(tmp_path)
    ports = free_port(), free_port()
    text = example(tmp_path, ports, site)
    user = "user root;" if os.geteuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(f"daemon off; {user} pid {tmp_path}/pid;\n{text}")
    command = [nginx(), "-c", str(tmp_path / "nginx.conf"), "-e", "stderr"]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    process = subprocess.Popen(command)
    try:
        wait_for(ports[1], process)
        trusted = ssl.create_default_context(cafile=str(tmp_path / "fullchain.pem"))
        line = http.client.HTTPSConnection("localhost", ports[1], context=trusted, timeout=60)
        line.request("GET", "/offline/")
        assert line.getresponse().status == 200
        line.close()
        assert call(ports[0], "GET", "/offline/")[0] == 301
    finally:
        process.terminate()
        process.wait(timeout=60)
