"""The faults: each does something to the site, and undoes what does not pass by itself."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bench.chaos import campus
from bench.chaos.clocks import HOUR
from bench.chaos.processes import SANDBOX, below, below_of_kind, kill

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from bench.chaos.clocks import Clock
    from bench.chaos.processes import SiteProcesses
    from bench.chaos.second_host import SecondHost
    from bench.chaos.servers import Server
    from tests.classes.lti.platform_process import PlatformProcess

LOCKED_SECONDS: Final = 3.0
READ_ONLY_SECONDS: Final = 3.0
STOPPED_SECONDS: Final = 3.0
FULL_SECONDS: Final = 3.0
DOWN_SECONDS: Final = 3.0
SHORT_CUT, LONG_CUT = 3.0, 30.0
"""Of the cable: a lease outlasts the first, and is another worker's after the second."""
MIB: Final = 2**20
QUEUES: Final = ("grading", "default", "interactive", "mail")
WORKERS: Final = ("worker", "worker-2")
CUT: Final = b'[["07e4eac6-df2f-41'
"""What is left of a message's body."""


@dataclass(frozen=True)
class Target:
    """What the faults act on; None where this site has no such server, or no disk of its own.

    Attributes:
        clocks: those of some processes, by name; empty where none can be moved.
        platform: the learning platform that scores go to.
    """

    processes: SiteProcesses
    postgres: Server | None
    redis: Server | None
    disk: Path | None
    clocks: Mapping[str, Clock]
    host: SecondHost | None
    platform: PlatformProcess
    chance: random.Random


def faults(target: Target) -> dict[str, Callable[[], int]]:
    """Return the faults that are possible here by name; each returns how often it struck."""

    def named(*names: str) -> Callable[[], int]:
        return lambda: kill(target.processes.pid(name) for name in names)

    def kind(name: str, what: str) -> Callable[[], int]:
        return lambda: _kill_one(target, below_of_kind(target.processes.pid(name), what))

    found: dict[str, Callable[[], int]] = {
        "worker": named("worker"),
        "second worker": named("worker-2"),
        "both workers": named(*WORKERS),
        "grading process": kind("worker", "grading process"),
        "sandbox server or run": kind("worker", SANDBOX),
        "sandbox supervisor": kind("worker-2", "supervisor"),
        "bubblewrap": kind("worker-2", "bubblewrap"),
        "any process of a worker": lambda: _kill_one(
            target, list(below(target.processes.pid(target.chance.choice(WORKERS))))
        ),
        "worker for runs": named("interactive"),
        "sandbox server or run of drafts": kind("interactive", SANDBOX),
        "web": named("web"),
        "web's own worker": lambda: _kill_one(target, list(below(target.processes.pid("web")))),
        "mail": named("mail"),
        "mail's child": lambda: _kill_one(target, list(below(target.processes.pid("mail")))),
        "beat": named("beat"),
        "messages dropped": _drop_messages,
        "messages doubled": _double_messages,
        "messages cut short": _cut_messages,
        "learning platform down for 3 s": lambda: _platform_down(target.platform),
    }
    found |= {
        **_of_servers(target),
        **_of_machine(target),
    }
    found["table locked for 3 s"] = _lock_table
    return found


def _of_servers(target: Target) -> dict[str, Callable[[], int]]:
    found: dict[str, Callable[[], int]] = {}
    if target.redis is not None:
        found["Redis"] = lambda: _restart(target.redis)
        found["Redis stopped for 3 s"] = lambda: _pause(target.redis)
    if target.postgres is not None:
        found["PostgreSQL"] = lambda: _restart(target.postgres)
        found["one PostgreSQL backend"] = lambda: _kill_backend(target)
        found["PostgreSQL stopped for 3 s"] = lambda: _pause(target.postgres)
        found["database read-only for 3 s"] = lambda: _read_only(target.postgres)
    return found


def _of_machine(target: Target) -> dict[str, Callable[[], int]]:
    found: dict[str, Callable[[], int]] = {}
    if target.disk is not None:
        disk = target.disk
        found["disk full for 3 s"] = lambda: _fill(disk)
    if target.clocks:
        found["a clock an hour ahead"] = lambda: _move_clock(target, HOUR)
        found["a clock an hour back"] = lambda: _move_clock(target, -HOUR)
        found["a clock set right"] = lambda: _move_clock(target, 0)
    if target.host is not None:
        host = target.host
        found["far worker"] = lambda: kill([target.processes.pid("far worker")])
        found["second host cut off for 3 s"] = lambda: host.cut(SHORT_CUT)
        found["second host cut off for 30 s"] = lambda: host.cut(LONG_CUT)
    return found


def not_possible(target: Target, reasons: Mapping[str, str]) -> dict[str, str]:
    """Return the kinds of faults that cannot strike here, each with its reason."""
    kinds = {
        "Redis": target.redis,
        "PostgreSQL": target.postgres,
        "full disk": target.disk,
        "clocks": target.clocks,
        "second host": target.host,
    }
    return {
        kind: reasons.get(kind, "this site has none") for kind, what in kinds.items() if not what
    }


def _move_clock(target: Target, seconds: int) -> int:
    """Let the clock of one process jump; it stays so until it is moved again."""
    target.clocks[target.chance.choice(sorted(target.clocks))].set(seconds)
    return 1


def _platform_down(platform: PlatformProcess) -> int:
    struck = campus.pause(platform, is_down=True)
    time.sleep(DOWN_SECONDS)
    campus.pause(platform, is_down=False)
    return struck


def _kill_one(target: Target, pids: list[int]) -> int:
    return kill([target.chance.choice(pids)]) if pids else 0


def _restart(server: Server | None) -> int:
    if server is None:
        return 0
    server.kill()
    server.start()
    return 1


def _kill_backend(target: Target) -> int:
    if target.postgres is None:
        return 0
    struck = _kill_one(target, list(below(target.postgres.pid)))
    target.postgres.start()  # returns once it answers again
    return struck


def _pause(server: Server | None) -> int:
    """Stop a server and all its processes for a moment: connections stay, answers do not come."""
    if server is None:
        return 0
    pids = [server.pid, *below(server.pid)]
    _signal(pids, signal.SIGSTOP)
    time.sleep(STOPPED_SECONDS)
    _signal(pids, signal.SIGCONT)
    return 1


def _signal(pids: list[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _read_only(server: Server | None) -> int:
    if server is None:
        return 0
    try:
        _set_read_only(server, on=True)
        time.sleep(READ_ONLY_SECONDS)
    finally:
        _set_read_only(server, on=False)
    return 1


def _set_read_only(server: Server, *, on: bool) -> None:
    """Let PostgreSQL refuse every write, as a replica or a full disk does."""
    from django.db import connection  # noqa: PLC0415  # Django is set up by now

    with fresh_connection(), connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")  # for this connection
        cursor.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if on else 'off'}")
    os.kill(server.pid, signal.SIGHUP)


def _lock_table() -> int:
    """Hold the table of submissions, so that whoever writes to it waits."""
    from django.db import connection, transaction  # noqa: PLC0415  # Django is set up by now

    with fresh_connection(), transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE exercises_submission IN ACCESS EXCLUSIVE MODE")
        time.sleep(LOCKED_SECONDS)  # SQLite: the transaction itself holds the only lock
    return 1


def _fill(disk: Path) -> int:
    """Leave no byte on the small file system of submissions' files."""
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"\0" * MIB):
            pass
    time.sleep(FULL_SECONDS)
    filler.unlink()
    return 1


def _drop_messages() -> int:
    """Take all messages that wait out of their queues."""
    from celery import current_app  # noqa: PLC0415  # configured by now

    with current_app.connection_for_write() as line, line.channel() as channel:
        return sum(_purged(channel, name) for name in QUEUES)


def _purged(channel: object, name: str) -> int:
    with contextlib.suppress(Exception):  # a queue that nobody has declared yet
        count: int = channel.queue_purge(name)  # type: ignore[attr-defined]  # no stubs for kombu
        return count
    return 0


def _double_messages() -> int:
    """Send the message of each unfinished submission again, and run each outbox twice."""
    from exercises.models import Submission  # noqa: PLC0415  # Django is set up by now
    from exercises.submissions import queue  # noqa: PLC0415  # the same

    with fresh_connection():
        keys = list(Submission.objects.unfinished().values_list("pk", flat=True))
    for key in keys:
        queue.enqueue(key)
    return len(keys)


def _cut_messages() -> int:
    """Put into each queue the beginning of a message, as of one that was cut on its way."""
    from celery import current_app  # noqa: PLC0415  # configured by now

    with current_app.connection_for_write() as line, line.channel() as channel:
        for name in QUEUES:
            send_cut(channel, name)
    return len(QUEUES)


def send_cut(channel: Any, queue: str) -> None:
    """Send the first bytes of a task's message."""
    from kombu import Producer  # noqa: PLC0415  # beside its use

    Producer(channel).publish(
        CUT,
        routing_key=queue,
        content_type="application/json",
        content_encoding="utf-8",
        headers={"task": "exercises.grade", "id": str(uuid.uuid4()), "lang": "py"},
    )


@contextlib.contextmanager
def fresh_connection() -> Iterator[None]:
    """Use a connection to the database that is opened now and closed at the end."""
    from django.db import connection  # noqa: PLC0415  # Django is set up by now

    connection.close()
    try:
        yield
    finally:
        connection.close()


def mounted(folder: Path, *, mebibytes: int) -> bool:
    """Mount a file system of its own on a folder; False where this user may not."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=700", "none", str(folder)]
    return os.geteuid() == 0 and subprocess.call(command, stderr=subprocess.DEVNULL) == 0


def unmount(folder: Path) -> None:
    """Undo `mounted`."""
    subprocess.call(["umount", "--lazy", str(folder)])
