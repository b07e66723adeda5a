"""Runs a draft's cells in the sandbox, for the worker: events are cleaned, bounded and stored."""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models.functions import Now
from django.utils.translation import override

from courses import metrics
from courses.database import CONNECTION_FAULTS, outlast_faults
from exercises.feedback.messages import explanation_of
from exercises.models import Draft, DraftRun, RunEvents, RunState
from exercises.workbench.documents import unpack
from exercises.workbench.outputs import CellOutputs, error
from exercises.workbench.workspaces import chain_of, surroundings
from grader.sandbox.job import Job, Verdict

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from grader.sandbox.job import CellOutcome, Event, Run, Sandbox

WRITE_SECONDS: Final = 0.05
"""How often new events are stored, and how soon an interrupt is noticed."""
REPORT_TICKS: Final = 60
"""After how many looks a run that prints nothing reports itself."""
RETRY_SECONDS: Final = 0.5
"""The pause after a database that did not answer."""
EVENTS_BYTES: Final = 2 * 2**20
"""Events of a run, as JSON; outputs beyond are left out."""

logger = logging.getLogger(__name__)


def execute(run_id: uuid.UUID, *, sandbox: Sandbox, worker: str) -> None:
    """Execute a queued run; nothing when it has ended or another worker has it.

    Args:
        run_id: the run.
        sandbox: where it runs.
        worker: who takes it, and has the states after its cells from then on.

    Raises:
        SandboxUnavailable: the sandbox broke; the run is lost.
    """
    claimed = DraftRun.objects.filter(pk=run_id, state=RunState.QUEUED)
    if not claimed.update(state=RunState.RUNNING, seen_at=Now()):
        return
    run = DraftRun.objects.select_related("draft").defer("draft__document").get(pk=run_id)
    if run.draft.held_by != worker:
        Draft.objects.filter(pk=run.draft_id).update(held_by=worker)
    asked = unpack(run.cells)
    cells = asked["cells"]
    limits, data = surroundings(run.draft.scope)
    sources = tuple(source for _id, source in cells)
    job = Job(cells=sources, outputs=(), limits=limits, data=data, chain=chain_of(run.draft))
    with override(asked["language"]):
        recorder = Recorder(run, [identity for identity, _source in cells])
        with recorder:
            ended = sandbox.run(job, on_event=recorder.take, interrupt=recorder.interrupt)
            recorder.end(ended)


class Recorder:
    """Stores a run's events while it goes on; another thread writes, so that no run waits."""

    def __init__(self, run: DraftRun, cells: Sequence[str]) -> None:
        self.interrupt = threading.Event()
        self._run = run
        self._cells = cells
        self._lock = threading.Lock()
        self._pending: list[dict[str, Any]] = []
        self._unconfirmed = ""
        self._written = 0
        self._bytes = 0
        self._outputs = CellOutputs()
        self._redraw = False
        self._current: str | None = None
        self._state, self._detail = RunState.LOST, ""
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._write_regularly, name="run-events", daemon=True
        )

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()
        outlast_faults(self._write_end)

    def take(self, event: Event) -> None:
        """Add an event of the sandbox."""
        if event.kind == "start":
            with self._lock:  # a run whose server died starts over
                self._pending.clear()
        elif event.kind == "cell":
            self._outputs, self._redraw = CellOutputs(), False
            self._current = self._cells[event.cell]
            self._add({"kind": "cell", "cell": self._current, "state": "running"})
        elif event.kind == "output":
            if event.output is None:
                self._redraw = True
            elif not self._redraw:
                self._show(event.output)
        elif event.kind == "cell_end" and event.outcome is not None:
            self._end_cell(event.outcome, failed=event.failed, cached=event.cached)

    def end(self, run: Run) -> None:
        """Note how the run ended; the row says so once this is left."""
        if self._current is not None and run.error is not None:
            shown = error(
                name=run.error.name,
                message=run.error.message,
                line=run.error.line,
                traceback=run.error.traceback,
            )
            self._add({"kind": "output", "cell": self._current, "output": shown})
        state, cell_state = _ended(run, interrupted=self.interrupt.is_set())
        self._state = state
        if state == RunState.LIMIT:
            self._detail = explanation_of(run.verdict, run.limit, run.peak)
        elif self._current is None and run.error is not None and state == RunState.ERROR:
            self._detail = run.error.message if run.error.cell is None else ""
        if self._current is not None:
            self._add_note()
            self._add({"kind": "cell", "cell": self._current, "state": cell_state, **_NOTHING})

    def _show(self, output: Any) -> None:
        for shown in self._outputs.add(output):
            self._add({"kind": "output", "cell": self._current, "output": shown})

    def _end_cell(self, outcome: CellOutcome, *, failed: bool, cached: bool) -> None:
        if self._redraw:  # what was shown has been replaced: the cell begins anew
            self._outputs = CellOutputs()
            self._add({"kind": "cell", "cell": self._current, "state": "running"})
            for output in outcome.outputs:
                self._show(output)
        self._add_note()
        metrics.WORKBENCH_CELLS.labels("cached" if cached else "executed").inc()
        state = "error" if failed else "done"
        if failed and self.interrupt.is_set():
            state = "interrupted"
        seconds = round(outcome.wall_seconds or 0.0, 3)
        ended = {"state": state, "seconds": seconds, "cached": cached}
        self._add({"kind": "cell", "cell": self._current, **ended})
        self._current = None

    def _add_note(self) -> None:
        note = self._outputs.note()
        if note is not None:
            self._add({"kind": "output", "cell": self._current, "output": note})

    def _add(self, event: dict[str, Any]) -> None:
        size = len(json.dumps(event, ensure_ascii=False))
        is_output = event["kind"] == "output"
        with self._lock:
            if is_output and self._bytes + size > EVENTS_BYTES:
                return
            self._bytes += size
            if not (self._pending and _joined(self._pending[-1], event)):
                self._pending.append(event)

    def _write_regularly(self) -> None:
        ticks = 0
        try:
            while not self._stop.wait(WRITE_SECONDS):
                ticks += 1
                try:
                    self._look()
                    self._write(reported=ticks % REPORT_TICKS == 0)
                except CONNECTION_FAULTS as fault:
                    logger.warning("run %s: its events wait: %s", self._run.pk, fault)
                    connection.close()  # the next look opens another
                    self._stop.wait(RETRY_SECONDS)
        except Exception:  # the run itself goes on; its end is written by the other thread
            logger.exception("run %s: its events could not be written", self._run.pk)
        finally:
            connection.close()

    def _look(self) -> None:
        """End the run when that was asked for, or when a newer one has replaced it."""
        now = DraftRun.objects.filter(pk=self._run.pk).values_list("state", "interrupted").first()
        if now is None or now[0] != RunState.RUNNING or now[1]:
            self.interrupt.set()

    def _write(self, *, reported: bool = False) -> None:
        while body := self._next_body():
            # It stays the same until it is confirmed: what was written although the answer was
            # lost is found under its number, and later events get the next one.
            RunEvents.objects.get_or_create(
                run=self._run, number=self._written + 1, defaults={"body": body}
            )
            self._unconfirmed, self._written = "", self._written + 1
            reported = True
        if reported:
            DraftRun.objects.filter(pk=self._run.pk).update(seen_at=Now())

    def _next_body(self) -> str:
        """Return what to write next: what is not confirmed yet, else the new events, if any."""
        if not self._unconfirmed:
            with self._lock:
                events, self._pending = self._pending, []
            if events:
                self._unconfirmed = json.dumps(events, ensure_ascii=False)[1:-1]
        return self._unconfirmed

    def _write_end(self) -> None:
        mine = DraftRun.objects.filter(pk=self._run.pk, state=RunState.RUNNING)
        if not mine.exists():
            return  # replaced, or deleted with its learner
        self._write()
        mine.update(state=self._state, detail=self._detail, seen_at=Now())
        metrics.WORKBENCH_RUNS.labels(self._state.value).inc()


def _joined(last: dict[str, Any], event: dict[str, Any]) -> bool:
    """Add a piece of a stream to the event before, if that is the same stream's."""
    if last["kind"] != "output" or event["kind"] != "output" or last["cell"] != event["cell"]:
        return False
    before, piece = last["output"], event["output"]
    if before["type"] != "stream" or piece["type"] != "stream" or before["name"] != piece["name"]:
        return False
    before["text"] += piece["text"]
    return True


_NOTHING: Final = {"seconds": None, "cached": False}
_LIMITS: Final = frozenset({Verdict.TIME_LIMIT, Verdict.MEMORY_LIMIT, Verdict.OUTPUT_LIMIT})


def _ended(run: Run, *, interrupted: bool) -> tuple[RunState, str]:
    """Return the state of the run, and of the cell that was running."""
    if run.verdict is Verdict.OK:
        return RunState.DONE, "done"
    if interrupted:
        return RunState.INTERRUPTED, "interrupted"
    if run.verdict in _LIMITS:
        return RunState.LIMIT, "error"
    return RunState.ERROR, "error"
