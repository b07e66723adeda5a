"""A sandbox whose host process is unprivileged, driven from the tests through two pipes.

Started by root, it lets root go first; the interpreter is bound over an empty root's home where
the ordinary user could not reach it otherwise. Jobs come in and runs go out as pickles: both ends
are the tests' own.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from grader.sandbox.job import Event, Job, Run

ORDINARY_UID = 60790
CHECKOUT = Path(__file__).resolve().parents[3]


class UnprivilegedSandbox:
    """Implements the `Sandbox` protocol with an unprivileged process."""

    def __init__(self, python: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.grader.sandbox.unprivileged", python],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=CHECKOUT,
        )

    def run(
        self,
        job: Job,
        *,
        on_event: Callable[[Event], None] | None = None,  # noqa: ARG002 - events stay over there
        interrupt: threading.Event | None = None,  # noqa: ARG002 - nobody interrupts it
    ) -> Run:
        """Run one job."""
        return self.run_many((job,))[0]

    def run_many(
        self,
        jobs: tuple[Job, ...],
        *,
        on_event: Callable[[int, Event], None] | None = None,  # noqa: ARG002 - the same
    ) -> tuple[Run, ...]:
        """Run several jobs at once."""
        _send(self._process.stdin, jobs)
        answer: Any = _received(self._process.stdout)
        if isinstance(answer, Exception):
            raise answer
        runs: tuple[Run, ...] = answer
        return runs

    def close(self) -> None:
        """Stop the process and its sandbox."""
        if self._process.stdin is not None and self._process.stdout is not None:
            self._process.stdin.close()
            self._process.stdout.close()
        self._process.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _send(pipe: IO[bytes] | None, value: object) -> None:
    assert pipe is not None
    pickle.dump(value, pipe)
    pipe.flush()


def _received(pipe: IO[bytes] | None) -> object:
    assert pipe is not None
    return pickle.load(pipe)  # noqa: S301 - the tests' own process


def drop_root() -> None:
    """Drop root, keeping access to the interpreter."""
    libc = ctypes.CDLL(None, use_errno=True)
    home, interpreter = Path.home(), Path(sys.base_prefix)

    def mount(source: bytes, target: Path, kind: bytes | None, flags: int) -> None:
        result = libc.mount(source, bytes(target), kind, ctypes.c_ulong(flags), b"mode=0755")
        if result != 0:
            raise OSError(ctypes.get_errno(), f"mount {target}")

    os.setgroups([])
    if interpreter.is_relative_to(home):
        assert libc.unshare(0x00020000) == 0  # CLONE_NEWNS
        mount(b"none", Path("/"), None, 16384 | 1 << 18)  # MS_REC | MS_PRIVATE
        held = os.open(interpreter, os.O_PATH)
        mount(b"home", home, b"tmpfs", 0)
        interpreter.mkdir(parents=True)
        mount(f"/proc/self/fd/{held}".encode(), interpreter, None, 4096)  # MS_BIND
        os.close(held)
    os.setresgid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID)
    os.setresuid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID)
    os.environ["HOME"] = "/nonexistent"


def main() -> None:
    """Run jobs until the pipe closes."""
    if os.geteuid() == 0:
        drop_root()
    from grader.sandbox import open_sandbox  # noqa: PLC0415 - after root is gone

    with open_sandbox(python=Path(sys.argv[1])) as sandbox:
        while True:
            try:
                jobs = _received(sys.stdin.buffer)
            except EOFError:
                return
            try:
                _send(sys.stdout.buffer, sandbox.run_many(jobs))  # type: ignore[arg-type]
            except Exception as error:  # noqa: BLE001 - it is raised again in the tests
                _send(sys.stdout.buffer, error)


if __name__ == "__main__":
    main()
