"""The host's hold on one fork server: start it, ask it for sealed processes, end it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from grader.errors import SandboxUnavailable
from grader.sandbox import cgroup, policy, walls
from grader.sandbox.inside import descriptors
from grader.sandbox.walls import Mount

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.sandbox.environment import Environment

RUNNER = Path(__file__).parent / "inside"
KEEPER = Path(__file__).parent / "keeper.py"
NO_BUBBLEWRAP = "apt-get install bubblewrap"
SEE_DOCTOR = "python -m grader doctor"


@dataclass
class Sealed:
    """One sealed process that waits for its job.

    Attributes:
        line: the stream to the warden, and until the job is read to process 1.
        pipe: the descriptor from which its frames are read.
        pidfd: process 1 of the run, a handle that cannot come to mean another process.
        owner: the keeper's process id; it removes what is named after it.
    """

    line: socket.socket
    pipe: int
    pidfd: int
    owner: int

    def close(self) -> None:
        """Close the three descriptors."""
        self.line.close()
        os.close(self.pipe)
        os.close(self.pidfd)


class ForkServer:
    """One wall with one fork server in it; it belongs to the process that started it."""

    def __init__(self, environment: Environment, *, warm: bool) -> None:
        """Start the server; it boots while the caller goes on.

        Raises:
            SandboxUnavailable: bubblewrap or libseccomp is missing.
        """
        bubblewrap = find_bubblewrap()
        cgroup.sweep()
        self.environment = environment
        self.fingerprint = environment.fingerprint()
        self._filter = seccomp_filter()
        self._words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._control, inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        self._hello: dict[str, Any] | None = None
        self._started = time.monotonic()
        with inner, _file_of(policy.PASSWD) as passwd, _file_of(policy.GROUP) as group:
            passed = (inner.fileno(), passwd, group)
            plan = _plan(bubblewrap, environment, passed=passed)
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", KEEPER, json.dumps(plan)],
                pass_fds=passed,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # what ends the host's group must not end who cleans up
                stdout=self._words,
                stderr=self._words,
                env={},
            )
        wanted = {"warm": warm, "filter_bytes": len(self._filter)}
        with contextlib.suppress(OSError):  # a wall that fell at once is met in `wait_until_ready`
            self._control.send(json.dumps(wanted).encode())
            self._control.send(self._filter)

    @property
    def alive(self) -> bool:
        """Whether the server still stands."""
        return self._keeper.poll() is None

    def wait_until_ready(self) -> dict[str, Any]:
        """Wait for the server's greeting and return it.

        Raises:
            SandboxUnavailable: it did not come up, with what it said.
        """
        with self._lock:
            if self._hello is None:
                self._hello = self._greeting()
        if self._hello["problems"]:
            problems = "; ".join(self._hello["problems"])
            raise SandboxUnavailable(f"The fork server refuses to serve: {problems}.")
        return self._hello

    def _greeting(self) -> dict[str, Any]:
        left = self._started + policy.BOOT_SECONDS - time.monotonic()
        self._control.settimeout(max(1.0, left))
        try:
            message = self._control.recv(1 << 16)
        except OSError as error:
            raise SandboxUnavailable(
                f"The sandbox did not start ({error}): {self._last_words()}", remedy=SEE_DOCTOR
            ) from error
        if not message:
            raise SandboxUnavailable(
                f"The sandbox did not start: {self._last_words()}", remedy=SEE_DOCTOR
            )
        greeting: dict[str, Any] = json.loads(message)
        return greeting

    def sealed(self) -> Sealed:
        """Ask for one sealed process and wait until it stands.

        Raises:
            SandboxUnavailable: the server is gone, or sealing failed.
        """
        self.wait_until_ready()
        with contextlib.ExitStack() as undo:
            line, inner_line = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            undo.callback(line.close)
            pipe, inner_pipe = os.pipe()
            undo.callback(os.close, pipe)
            line.settimeout(policy.READY_SECONDS)
            try:
                self._ask(inner_line, inner_pipe)
                word, given = descriptors.receive(line, 1, 1)
            except OSError as error:
                words = f"The fork server is gone ({error}): {self._last_words()}"
                raise SandboxUnavailable(words) from error
            if word != b"R" or not given:
                words = f"A run could not be sealed: {_rest(word, line)} {self._last_words()}"
                raise SandboxUnavailable(words, remedy=SEE_DOCTOR)
            undo.pop_all()
        return Sealed(line, pipe, given[0], self._keeper.pid)

    def _ask(self, line: socket.socket, pipe: int) -> None:
        """Send the server's ends of line and pipe, and close them here."""
        try:
            with line, self._lock:
                socket.send_fds(self._control, [b"fork"], [line.fileno(), pipe])
        finally:
            os.close(pipe)

    def close(self) -> None:
        """End the server and everything behind its wall; safe to call twice."""
        self._control.close()
        if self._hello is None:
            self._keeper.terminate()  # it would read nothing before the end of its imports
        try:
            self._keeper.wait(policy.CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        self._words.close()

    def _last_words(self) -> str:
        if self._words.closed:
            return ""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._keeper.wait(1)
        size = self._words.seek(0, os.SEEK_END)
        self._words.seek(max(0, size - 2000))
        return self._words.read().decode(errors="replace").strip()


def find_bubblewrap() -> str:
    """Return bubblewrap's path.

    Raises:
        SandboxUnavailable: it is not installed.
    """
    found = shutil.which("bwrap")
    if found is None:
        raise SandboxUnavailable("bubblewrap is not installed.", remedy=NO_BUBBLEWRAP)
    return found


def _group_pattern() -> list[str]:
    """Return where runs' control groups are made and how their names begin, for the keeper."""
    hierarchy = cgroup.hierarchy()
    return [] if hierarchy is None else [str(hierarchy.parent), cgroup.PREFIX]


def _plan(bubblewrap: str, environment: Environment, *, passed: Sequence[int]) -> dict[str, Any]:
    control, passwd, group = passed
    visible = walls.mounts(environment, RUNNER)
    covered = walls.covers(environment, visible)
    sources = [str(mount.source) for mount in visible]
    is_root = os.geteuid() == 0
    if is_root:
        visible = tuple(
            Mount(Path(policy.STAGE, str(number)), mount.target)
            for number, mount in enumerate(visible)
        )
    program = [str(environment.interpreter), "-P", "-s", "-m", "inside.server", str(control)]
    return {
        "host": os.getpid(),
        "uid": policy.SANDBOX_UID if is_root else None,
        "stage": policy.STAGE,
        "sources": sources,
        "descriptors": list(passed),
        "groups": _group_pattern(),
        "command": walls.command(
            bubblewrap, visible, covered=covered, program=program, passwd=passwd, group=group
        ),
    }


@contextlib.contextmanager
def _file_of(text: str) -> Iterator[int]:
    """Give a descriptor from which `text` can be read."""
    descriptor = os.memfd_create("text", 0)
    try:
        os.write(descriptor, text.encode())
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


def seccomp_filter() -> bytes:
    """Return the compiled system-call filter.

    Raises:
        SandboxUnavailable: the system's libseccomp is missing.
    """
    try:
        from grader.sandbox import filter as rules  # noqa: PLC0415 - needs a system library
    except (ImportError, RuntimeError) as error:
        raise SandboxUnavailable(
            f"libseccomp is missing: {error}.", remedy="apt-get install libseccomp2"
        ) from error
    return rules.compiled()


def _rest(word: bytes, line: socket.socket) -> str:
    with contextlib.suppress(OSError):
        while chunk := line.recv(4096):
            word += chunk
    return word.decode(errors="replace")
