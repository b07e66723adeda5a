"""PostgreSQL and Redis that can be killed and come back on the same data, as services do.

Processes of this machine reach them by sockets of files. `listen` is an address at which other
hosts do as well.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any, Final

from config import machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

START_SECONDS: Final = 300.0
POSTGRES_PORT: Final = 5432
"""It names the file of the socket too."""


class Server:
    """A server that is started again until it answers.

    Attributes:
        address: for processes of this machine.
        far_address: for those of other hosts; empty where they cannot reach it.
    """

    address = far_address = ""

    def __init__(self, command: list[Any], *, answers: Callable[[], bool], **options: Any) -> None:
        self._command = command
        self._answers = answers
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers; what its last end left may need a few tries.

        Raises:
            RuntimeError: it does not answer in time.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    **self._options,
                )
            if self._answers():
                return
            time.sleep(0.1)
        raise RuntimeError(f"{self._command[0]} did not start")

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None  # noqa: S101  # started by whoever asks
        return self._process.pid

    def kill(self) -> None:
        """End it without notice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """End it in an orderly way."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # PostgreSQL: without waiting for clients
            try:
                self._process.wait(timeout=START_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def available() -> bool:
    """Whether both servers are installed."""
    return machine.postgres_programs() is not None and shutil.which("redis-server") is not None


def postgres(folder: Path, *, listen: str = "") -> Server:
    """Make a database in `folder`; return its server, not started.

    Raises:
        RuntimeError: PostgreSQL is not installed.
    """
    programs = machine.postgres_programs()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed")
    data = folder / "data"
    # PostgreSQL refuses to run as root: root runs it as the user of Debian's package.
    account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    who: dict[str, Any] = {}
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
        who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "whybox", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True,
        stdout=subprocess.DEVNULL,
        **who,
    )
    if listen:
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet trust\n")
    port = _free_port(listen) if listen else POSTGRES_PORT
    ready = [str(programs / "pg_isready"), "-q", "-h", str(folder), "-p", str(port), "-U", "whybox"]
    # Only processes are killed: the kernel keeps what they have written.
    settings = (f"listen_addresses={listen}", f"port={port}", "max_connections=200", "fsync=off")
    command = [str(programs / "postgres"), "-D", str(data), "-k", str(folder)]
    command += [part for setting in settings for part in ("-c", setting)]
    server = Server(command, answers=lambda: subprocess.call(ready) == 0, **who)
    server.address = f"postgres://whybox@/{folder}/postgres?port={port}"
    server.far_address = f"postgres://whybox@{listen}:{port}/postgres" if listen else ""
    return server


def redis(folder: Path, *, listen: str = "") -> Server:
    """Return a Redis that keeps nothing when it ends."""
    socket_file, port = folder / "redis.sock", _free_port(listen) if listen else 0
    network = ["--bind", listen, "--protected-mode", "no"] if listen else []
    command = ["redis-server", "--port", str(port), *network]
    command += ["--unixsocket", str(socket_file), "--save", "", "--dir", str(folder)]
    ping = ["redis-cli", "-s", str(socket_file), "ping"]

    def answers() -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            answer = subprocess.run(ping, capture_output=True, timeout=5, check=False)
            return answer.stdout.strip() == b"PONG"
        return False

    server = Server(command, answers=answers)
    server.address = f"redis+socket://{socket_file}"
    server.far_address = f"redis://{listen}:{port}/0" if listen else ""
    return server


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
