"""The caller's side: warm children, one per concurrent grading, and their replacement."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import pickle
import queue
import select
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from grader.errors import NotebookRefused, PlatformError, SandboxUnavailable
from grader.grading import GradeResult
from grader.grading_process import limits, messages
from grader.grading_process.lent_shelf import ShelfClerk
from grader.grading_process.messages import ChildError
from grader.report import GradeReport, VariantMatch
from grader.sandbox.environment import MODELS_VARIABLE
from grader.sandbox.job import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.exercise import ExerciseDefinition
    from grader.reference import ReferenceStore
    from grader.reference_shelf import Shelf
    from grader.sandbox.forkserver import IsolatedProcess

logger = logging.getLogger(__name__)

CHECKOUT: Final = Path(__file__).resolve().parents[2]
PRIVATE_VARIABLES: Final = ("WHYBOX_", "DJANGO_", "CELERY_", "AWS_")
"""Prefixes of what a child's environment does not hold: the site's secrets and accounts. Where the
models are is none, and the author's code opens them there."""
INTACT_AFTER: Final = frozenset(
    {
        "NotebookRefused",
        "SandboxUnavailable",
        "ExerciseContentError",
        "GraderError",
        "WeightsMissing",
    }
)
"""Errors after which a child can take another job."""


LOG_CHARACTERS: Final = 200


class LendingSandbox(Protocol):
    """A sandbox that forks isolated processes for a monitor elsewhere."""

    def lend_process(
        self,
    ) -> contextlib.AbstractContextManager[tuple[IsolatedProcess, frozenset[int]]]:
        """Provide an isolated process and the cores that its run may use."""


@dataclass(eq=False)
class _Child:
    process: subprocess.Popen[bytes]
    line: socket.socket
    ready: bool = False
    jobs: int = 0
    successor: _Child | None = None

    def has_started(self) -> bool:
        """Whether it could take a job without waiting."""
        poll = select.poll()  # select() knows no descriptor beyond 1023
        poll.register(self.line, select.POLLIN)
        return self.ready or bool(poll.poll(0))

    def close(self) -> None:
        self.line.close()
        self.process.kill()
        self.process.wait()


class GradingProcesses:
    """Grades notebooks in children; safe to share between threads.

    Args:
        count: how many gradings there are at once.
        jobs: after how many a child is replaced.
    """

    def __init__(self, *, count: int, jobs: int = limits.JOBS) -> None:
        self._jobs = jobs
        self._idle: queue.SimpleQueue[_Child] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._all: set[_Child] = set()
        self._closed = False
        for _ in range(count):
            self._idle.put(self._start())

    @property
    def process_ids(self) -> list[int]:
        """The children's process ids."""
        with self._lock:
            return [child.process.pid for child in self._all]

    def grade(
        self,
        exercise: ExerciseDefinition,
        notebook: bytes,
        *,
        sandbox: LendingSandbox,
        references: ReferenceStore,
        secret: bytes | None = None,
        attempt: int = 1,
        on_event: Callable[[Event], None] | None = None,
    ) -> GradeReport:
        """Do what `grader.grading.grade_notebook` does, and render the page, in a child.

        Raises:
            NotebookRefused: the file cannot be run.
            SandboxUnavailable: nothing can be run safely here.
            PlatformError: the exercise's code failed, or the child died or took too long.
        """
        job = {
            "kind": messages.GRADE,
            "references": str(references.folder),
            "shared": references.shelf is not None,
            "secret": None if secret is None else secret.hex(),
            "attempt": attempt,
        }
        means = _Means(sandbox, references.shelf, on_event)
        return self._served(job, notebook, exercise, means)

    def regrade(
        self,
        exercise: ExerciseDefinition,
        answers: bytes,
        *,
        references: ReferenceStore,
        attempt: int = 1,
    ) -> GradeResult:
        """Do what `grader.grading.regrade` does, in a child: stored answers are a learner's bytes.

        Raises:
            PlatformError: the answers cannot be read or graded any more, or the child died.
        """
        job = {
            "kind": messages.REGRADE,
            "references": str(references.folder),
            "shared": references.shelf is not None,
            "secret": None,
            "attempt": attempt,
        }
        report = self._served(job, answers, exercise, _Means(shelf=references.shelf))
        return GradeResult(
            criteria=report.criteria,
            score=report.score,
            passed=report.passed,
            misconception=report.misconception,
            plot=None if report.plot is None else dict(report.plot),
            mark_seconds=report.timings.mark_seconds,
        )

    def _served(
        self,
        job: dict[str, Any],
        data: bytes,
        exercise: ExerciseDefinition,
        means: _Means,
    ) -> GradeReport:
        child, healthy = self._idle.get(), False
        try:
            if child.process.poll() is not None:  # it was killed while it waited: no job's fault
                child = self._kept(child, healthy=False)
            conversation = _Conversation(child.line, means)
            try:
                self._wait_until_ready(child)
                report = conversation.hold(job, data, pickle.dumps(exercise))
            finally:
                healthy = conversation.complete
            return report
        finally:
            self._idle.put(self._kept_or_closed(child, healthy=healthy))

    def close(self) -> None:
        """End the children; safe to call twice."""
        with self._lock:
            self._closed = True
            children, self._all = self._all, set()
        for child in children:
            child.close()

    def _wait_until_ready(self, child: _Child) -> None:
        if child.ready:
            return
        child.line.settimeout(limits.READY_SECONDS)
        message, numbers = messages.receive(child.line)
        messages.close(numbers)
        if message["kind"] != messages.READY:
            raise ChildError("the grading process did not start")
        child.ready = True

    def _kept(self, child: _Child, *, healthy: bool) -> _Child:
        """Return the child for its next job, or another in its place.

        A child that has served its jobs serves on until its successor has imported everything.
        """
        child.jobs += 1
        if self._closed or (healthy and child.jobs < self._jobs):
            return child
        successor = child.successor = child.successor or self._start()
        if healthy and not successor.has_started():
            return child
        with self._lock:
            self._all.discard(child)
        child.close()
        return successor

    def _kept_or_closed(self, child: _Child, *, healthy: bool) -> _Child:
        """Do as `_kept`; where no process can be started, the next job tries again.

        Without this the place of the child would be lost, and once none is left gradings would wait
        for ever.
        """
        try:
            return self._kept(child, healthy=healthy)
        except OSError:
            logger.exception("a grading process could not be replaced")
            if not healthy:
                child.close()
            return child

    def _start(self) -> _Child:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, contextlib.ExitStack() as undo:
            undo.callback(ours.close)
            process = subprocess.Popen(
                [sys.executable, "-m", "grader.grading_process.child", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                env=_environment(),
            )
            undo.pop_all()
        child = _Child(process, ours)
        with self._lock:
            self._all.add(child)
        return child


@dataclass(frozen=True)
class _Means:
    """What the caller does for a child during a job, if it does."""

    sandbox: LendingSandbox | None = None
    shelf: Shelf | None = None
    on_event: Callable[[Event], None] | None = None


class _Conversation:
    """One job's exchange of messages with a child.

    Attributes:
        complete: whether the child has ended the job by itself and can take another.
    """

    def __init__(self, line: socket.socket, means: _Means) -> None:
        self._line = line
        self._sandbox, self._on_event = means.sandbox, means.on_event
        self._clerk = ShelfClerk(means.shelf, line) if means.shelf else None
        self.complete = False

    def hold(self, job: dict[str, Any], notebook: bytes, definition: bytes) -> GradeReport:
        try:
            return self._held(job, notebook, definition)
        finally:
            if self._clerk is not None:
                self._clerk.close()

    def _held(self, job: dict[str, Any], notebook: bytes, definition: bytes) -> GradeReport:
        self._line.settimeout(limits.SILENCE_SECONDS)
        try:
            messages.send(self._line, job, [notebook, definition])
        except OSError as error:
            raise ChildError(f"the grading process is gone: {error}") from error
        while True:
            message, numbers = messages.receive(self._line)
            try:
                if message["kind"] == messages.GRADED:
                    return self._with_page(_report(numbers))
                if message["kind"] == messages.FORK and self._sandbox and len(numbers) == 1:
                    self._lend(self._sandbox, numbers.pop())
                elif message["kind"] == messages.BORROW and self._clerk:
                    self._clerk.borrow(message)
                elif message["kind"] == messages.LEND and self._clerk and len(numbers) == 1:
                    self._clerk.take(message, numbers[0])
                elif message["kind"] == messages.EVENT:
                    self._tell(message)
                elif message["kind"] == messages.LOG:
                    text = " ".join(str(message.get("text", ""))[:LOG_CHARACTERS].split())
                    logger.info("grading process: %s", text)
                elif message["kind"] == messages.REFUSED:
                    self.complete = message.get("error") in INTACT_AFTER
                    raise _error(message)
                else:
                    raise ChildError(f"an unexpected message: {message['kind'][:40]}")
            finally:
                messages.close(numbers)

    def _with_page(self, report: GradeReport) -> GradeReport:
        """Wait for the page; a child that dies over it costs the page, never the grade."""
        self._line.settimeout(limits.PAGE_WAIT_SECONDS)
        numbers: list[int] = []
        try:
            message, numbers = messages.receive(self._line)
            if message["kind"] != messages.PAGE or len(numbers) != 1:
                return report
            page = messages.read_file(numbers[0], most=messages.PAGE_BYTES).decode(errors="replace")
        except ChildError:
            return report
        finally:
            messages.close(numbers)
        self.complete = True
        return replace(report, page=page, matches=_matches(message.get("matches")))

    def _tell(self, message: dict[str, Any]) -> None:
        kind, cell, cells = (message.get(key) for key in ("event", "cell", "cells"))
        if self._on_event and isinstance(kind, str) and type(cell) is int and type(cells) is int:
            self._on_event(Event(kind, cell=cell, cells=cells))

    def _lend(self, sandbox: LendingSandbox, number: int) -> None:
        channel = socket.socket(fileno=number)
        threading.Thread(
            target=_lend, args=(sandbox, channel), name="lent-run", daemon=True
        ).start()


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name == MODELS_VARIABLE or not name.startswith(PRIVATE_VARIABLES)
    }


def _lend(sandbox: LendingSandbox, channel: socket.socket) -> None:
    """Fork an isolated process for the child, and keep it until the child is done with it."""
    with channel, contextlib.suppress(SandboxUnavailable, OSError), _lent(sandbox, channel) as lent:
        process, cores = lent
        facts = {"owner": process.owner, "cores": sorted(cores)}
        files = [process.line.fileno(), process.pipe, process.pidfd]
        messages.send_open(channel, facts, files)
        end = channel.recv(4096)
        if end != b"done":
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(process.pidfd, signal.SIGKILL)
        if end.startswith(b"broken"):
            raise SandboxUnavailable(end.decode(errors="replace"))


@contextlib.contextmanager
def _lent(
    sandbox: LendingSandbox, channel: socket.socket
) -> Iterator[tuple[IsolatedProcess, frozenset[int]]]:
    """Lend a process; tell the child when there is none."""
    with contextlib.ExitStack() as stack:
        try:
            lent = stack.enter_context(sandbox.lend_process())
        except SandboxUnavailable as fault:
            facts = {"broken": fault.reason[:2000], "fix": fault.fix[:2000]}
            channel.send(json.dumps(facts).encode())
            raise
        yield lent


def _report(numbers: list[int]) -> GradeReport:
    if len(numbers) != 3:  # noqa: PLR2004 - report, executed notebook, answers
        raise ChildError("a grade without its files")
    bounds = (messages.REPORT_BYTES, messages.EXECUTED_BYTES, messages.ANSWER_BYTES)
    report, executed, answers = (
        messages.read_file(number, most=most) for number, most in zip(numbers, bounds, strict=True)
    )
    try:
        return GradeReport.from_json(
            json.loads(report), executed=executed.decode(), answers=answers
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ChildError(f"an unreadable grade: {error}") from error


def _matches(told: Any) -> tuple[VariantMatch, ...]:
    """Return what a child found, as far as it has the shape of it."""
    found = []
    for one in told[: messages.MATCHES] if isinstance(told, list) else ():
        if not isinstance(one, dict):
            continue
        names = [one.get(key) for key in ("run", "output", "variant")]
        if all(isinstance(name, str) and len(name) <= messages.NAME_CHARACTERS for name in names):
            run, output, variant = map(str, names)
            found.append(VariantMatch(run, output, variant, one.get("literal") is True))
    return tuple(found)


def _error(message: dict[str, Any]) -> Exception:
    kind, text, fix = (str(message.get(key, "")) for key in ("error", "text", "fix"))
    if kind == "SandboxUnavailable":
        return SandboxUnavailable(text, fix=fix)
    if kind == "NotebookRefused":
        return NotebookRefused(fix, text)
    return PlatformError(f"{kind}: {text}")
