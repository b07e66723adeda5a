#!/usr/bin/env python3
"""Run a command with a temporary PostgreSQL and a temporary Redis, and stop both afterwards.

``python tests/services.py [--where-installed] COMMAND ...``: with ``--where-installed`` the command
is left out, with a message, on a machine that lacks one of them. Both listen on Unix sockets in
folders that only the servers' user can enter, so that runs are separate and no port is open.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config import machine  # the checkout's own

START_SECONDS = 30.0


def _wait(ready: Callable[[], bool], server: subprocess.Popen[bytes], name: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if server.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"{name} did not start.")
        time.sleep(0.05)


def _start_postgres(folder: Path, programs: Path, stack: ExitStack) -> str:
    data = folder / "data"
    # PostgreSQL refuses to run as root: root runs it as the user of Debian's package.
    account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "whybox", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True,
        stdout=subprocess.DEVNULL,
        **who,  # type: ignore[call-overload]
    )
    server = subprocess.Popen(
        [
            *(programs / "postgres", "-D", data, "-k", folder),
            *("-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **who,  # type: ignore[call-overload]
    )
    stack.callback(server.wait)
    stack.callback(server.terminate)
    ready = [str(programs / "pg_isready"), "-q", "-h", str(folder)]
    _wait(lambda: subprocess.call(ready) == 0, server, "PostgreSQL")
    return f"postgres://whybox@/{folder}/postgres"  # a host that is a folder is a socket


def _start_redis(folder: Path, stack: ExitStack) -> str:
    socket = folder / "redis.sock"
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder],
        stdout=subprocess.DEVNULL,
    )
    stack.callback(server.wait)
    stack.callback(server.terminate)
    _wait(socket.exists, server, "Redis")
    return f"redis+socket://{socket}"


def main(arguments: list[str]) -> int:
    """Start both, run the command with their addresses in its environment, return its status."""
    optional = arguments[:1] == ["--where-installed"]
    command = arguments[1:] if optional else arguments
    programs = machine.postgres_programs()
    if not programs or not shutil.which("redis-server"):
        machine.say(
            "PostgreSQL and Redis are not both installed: SQLite and the embedded broker only."
        )
        return 0 if optional else 1
    with ExitStack() as stack:
        folders = [Path(tempfile.mkdtemp(prefix="whybox-")) for _ in range(2)]
        for folder in folders:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        environment = os.environ | {
            "WHYBOX_DATABASE_URL": _start_postgres(folders[0], programs, stack),
            "WHYBOX_BROKER_URL": _start_redis(folders[1], stack),
            # Importing `config` has chosen those of a site.
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
        }
        return subprocess.call(command, env=environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
