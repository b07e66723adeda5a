"""The host's handle on one fork server: start it, fork isolated processes, stop it."""

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
from grader.sandbox import bubblewrap, cgroup, policy
from grader.sandbox.bubblewrap import Mount
from grader.sandbox.environment import LIBRARY, models_folder
from grader.sandbox.inside import descriptors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.sandbox.environment import Environment

RUNNER = Path(__file__).parent / "inside"
SUPERVISOR = Path(__file__).parent / "supervisor.py"
NO_BUBBLEWRAP = "apt-get install bubblewrap"
SEE_DOCTOR = "python -m grader doctor"


@dataclass
class IsolatedProcess:
    """One isolated process that waits for its job.

    Attributes:
        line: the stream to the reaper, and to init (PID 1) until it has read the job.
        pipe: the descriptor from which its frames are read.
        pidfd: the run's init process; unlike a pid it can never refer to another process.
        owner: the supervisor's process id; it removes the control groups named after it.
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
    """One bubblewrap sandbox with one fork server; it belongs to the process that started it."""

    def __init__(self, environment: Environment, *, warm: bool) -> None:
        """Start the server; it boots in the background.

        Raises:
            SandboxUnavailable: bubblewrap or libseccomp is missing.
        """
        executable = find_bubblewrap()
        cgroup.remove_stale_groups()
        self.environment = environment
        self.fingerprint = environment.fingerprint()
        self._filter = seccomp_filter()
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._control, inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        self._ready: dict[str, Any] | None = None
        self._started = time.monotonic()
        with inner, _memory_file(policy.PASSWD) as passwd, _memory_file(policy.GROUP) as group:
            passed = (inner.fileno(), passwd, group)
            plan = _plan(executable, environment, passed=passed)
            self._supervisor = subprocess.Popen(
                [sys.executable, "-I", "-S", SUPERVISOR, json.dumps(plan)],
                pass_fds=passed,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # a signal to the host's group must not stop the cleanup
                stdout=self._stderr,
                stderr=self._stderr,
                env={},
            )
        wanted = {"warm": warm, "filter_bytes": len(self._filter)}
        with contextlib.suppress(
            OSError
        ):  # `wait_until_ready` reports a server that exited at once
            self._control.send(json.dumps(wanted).encode())
            self._control.send(self._filter)

    @property
    def alive(self) -> bool:
        """Whether the server is still running."""
        return self._supervisor.poll() is None

    def wait_until_ready(self) -> dict[str, Any]:
        """Wait for the server's ready message and return it.

        Raises:
            SandboxUnavailable: it did not start; contains the end of its stderr.
        """
        with self._lock:
            if self._ready is None:
                self._ready = self._read_ready_message()
        if self._ready["problems"]:
            problems = "; ".join(self._ready["problems"])
            raise SandboxUnavailable(f"The fork server is not safe to fork from: {problems}.")
        return self._ready

    def _read_ready_message(self) -> dict[str, Any]:
        left = self._started + policy.BOOT_SECONDS - time.monotonic()
        self._control.settimeout(max(1.0, left))
        try:
            message = self._control.recv(1 << 16)
        except OSError as error:
            raise SandboxUnavailable(
                f"The sandbox did not start ({error}): {self._stderr_tail()}", fix=SEE_DOCTOR
            ) from error
        if not message:
            raise SandboxUnavailable(
                f"The sandbox did not start: {self._stderr_tail()}", fix=SEE_DOCTOR
            )
        ready: dict[str, Any] = json.loads(message)
        return ready

    def fork_run(self) -> IsolatedProcess:
        """Fork one isolated process and wait until it is ready for its job.

        Raises:
            SandboxUnavailable: the server has exited, or isolating the process failed.
        """
        self.wait_until_ready()
        with contextlib.ExitStack() as undo:
            line, inner_line = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            undo.callback(line.close)
            pipe, inner_pipe = os.pipe()
            undo.callback(os.close, pipe)
            line.settimeout(policy.READY_SECONDS)
            try:
                self._request_fork(inner_line, inner_pipe)
                word, given = descriptors.receive(line, 1, 1)
            except OSError as error:
                message = f"The fork server has exited ({error}): {self._stderr_tail()}"
                raise SandboxUnavailable(message) from error
            if word != b"R" or not given:
                message = f"A run could not be isolated: {_rest(word, line)} {self._stderr_tail()}"
                raise SandboxUnavailable(message, fix=SEE_DOCTOR)
            undo.pop_all()
        return IsolatedProcess(line, pipe, given[0], self._supervisor.pid)

    def _request_fork(self, line: socket.socket, pipe: int) -> None:
        """Send the server its ends of line and pipe, and close them here."""
        try:
            with line, self._lock:
                socket.send_fds(self._control, [b"fork"], [line.fileno(), pipe])
        finally:
            os.close(pipe)

    def close(self) -> None:
        """Stop the server and everything in its sandbox; safe to call twice."""
        self._control.close()
        if self._ready is None:
            self._supervisor.terminate()  # it does not read the socket before its imports are done
        try:
            self._supervisor.wait(policy.CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()
        self._stderr.close()

    def _stderr_tail(self) -> str:
        if self._stderr.closed:
            return ""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._supervisor.wait(1)
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - 2000))
        return self._stderr.read().decode(errors="replace").strip()


def find_bubblewrap() -> str:
    """Return bubblewrap's path.

    Raises:
        SandboxUnavailable: it is not installed.
    """
    found = shutil.which("bwrap")
    if found is None:
        raise SandboxUnavailable("bubblewrap is not installed.", fix=NO_BUBBLEWRAP)
    return found


def _group_pattern() -> list[str]:
    """Return the parent folder and the name prefix of runs' control groups, for the supervisor."""
    hierarchy = cgroup.hierarchy()
    return [] if hierarchy is None else [str(hierarchy.parent), cgroup.PREFIX]


def _libraries() -> list[Mount]:
    models = models_folder()
    library = Mount(LIBRARY, f"{policy.RUNNER}/{LIBRARY.name}")
    return [library] if models is None else [library, Mount(models, policy.MODELS)]


def _plan(executable: str, environment: Environment, *, passed: Sequence[int]) -> dict[str, Any]:
    control, passwd, group = passed
    visible = bubblewrap.mounts(environment, RUNNER, _libraries())
    hidden = bubblewrap.hidden_folders(environment, visible)
    sources = [str(mount.source) for mount in visible]
    is_root = os.geteuid() == 0
    if is_root:
        visible = tuple(
            Mount(Path(policy.STAGING_FOLDER, str(number)), mount.target)
            for number, mount in enumerate(visible)
        )
    program = [str(environment.interpreter), "-P", "-s", "-m", "inside.server", str(control)]
    return {
        "host": os.getpid(),
        "uid": policy.SANDBOX_UID if is_root else None,
        "staging": policy.STAGING_FOLDER,
        "sources": sources,
        "descriptors": list(passed),
        "groups": _group_pattern(),
        "command": bubblewrap.command(
            executable, visible, hidden=hidden, program=program, passwd=passwd, group=group
        ),
    }


@contextlib.contextmanager
def _memory_file(text: str) -> Iterator[int]:
    """Yield a descriptor from which `text` can be read."""
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
        from grader.sandbox import seccomp  # noqa: PLC0415 - needs a system library
    except (ImportError, RuntimeError) as error:
        raise SandboxUnavailable(
            f"libseccomp is missing: {error}.", fix="apt-get install libseccomp2"
        ) from error
    return seccomp.compile_filter()


def _rest(word: bytes, line: socket.socket) -> str:
    with contextlib.suppress(OSError):
        while chunk := line.recv(4096):
            word += chunk
    return word.decode(errors="replace")
