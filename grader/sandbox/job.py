"""The input and output of a run, as frozen plain data.

Everything in a `Run` was produced by code that a learner controls: it is bounded but not trusted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

MIB = 2**20

JSONValue = str | int | float | bool | None | list[Any] | dict[str, Any]


class Verdict(StrEnum):
    """How a run ended. Only ``INTERNAL_ERROR`` is a platform error."""

    OK = "ok"
    RUNTIME_ERROR = "runtime_error"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    BAD_OUTPUT = "bad_output"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True)
class Limits:
    """The bounds of one run, each with its unit."""

    wall_seconds: float = 60.0
    cpu_seconds: float = 60.0
    memory_bytes: int = 1024 * MIB
    processes: int = 64
    open_files: int = 256
    scratch_bytes: int = 64 * MIB
    cell_output_bytes: int = 2 * MIB
    total_output_bytes: int = 8 * MIB
    answer_bytes: int = 16 * MIB


@dataclass(frozen=True)
class Question:
    """What an editor asks about code that is not run: its completions, or a signature.

    Attributes:
        kind: ``complete`` or ``inspect``.
        source: the code of the cell that is being written.
        cursor: where in it, counted in characters.
        earlier: the sources before it, whose imports are known even where they have not run.
    """

    kind: str
    source: str
    cursor: int
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """One notebook to run once.

    Attributes:
        cells: the sources of the code cells in order; `Run.cells` answers one to one.
        parameters: plain JSON values that replace those of the cells at `parameters_cells`: in
            place where they are assigned, otherwise injected right after the cell.
        parameters_cells: indices into `cells` of those that set parameters; none injects nothing.
        written: the values that the starter notebook assigns; a copy of them in another cell is
            replaced as well.
        outputs: names of the variables to collect after each cell, in the declared order.
        data: a folder that is mounted read-only as ``data/`` beside the notebook; None for none.
    """

    cells: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: Mapping[str, JSONValue] = field(default_factory=dict)
    parameters_cells: tuple[int, ...] = ()
    limits: Limits = field(default_factory=Limits)
    data: Path | None = None
    written: Mapping[str, JSONValue] = field(default_factory=dict)
    question: Question | None = None
    """Asked of the names that exist after the last cell."""
    chain: str | None = None
    """Whose checkpoints the run may begin at and add to, such as a draft's; only for jobs without
    outputs. None, as in grading: a run from the top that keeps nothing."""

    def __post_init__(self) -> None:
        """Refuse a graded job that names a chain.

        Raises:
            ValueError: it has outputs.
        """
        if self.chain is not None and self.outputs:
            raise ValueError("A run whose outputs are graded uses no checkpoint.")


@dataclass(frozen=True)
class Answer:
    """A declared output as it left the sandbox: plain, bounded, untrusted.

    Attributes:
        name: the variable's name.
        source: the type of the learner's value: ``ndarray``, ``DataFrame``, ``Series``, ``list``,
            ``pairs`` (name and number), ``scalar``, ``str``, ``dict``, ``shap.Explanation``,
            ``lime.Explanation``.
        array: float64, int64, bool or unicode, any shape; None when `refusal` says why.
        columns: the names of the last axis, if the value has them (DataFrame, Explanation).
        index: the names of the first axis, if the value has them (dict, pairs, Series, DataFrame).
        parts: further arrays of the value, such as an Explanation's ``base_values``.
        refusal: id of the reason why it could not be read: ``too_large``, ``unreadable`` ...
        cell: index of the code cell after which it had this value.
    """

    name: str
    source: str
    array: NDArray[np.generic] | None = None
    columns: tuple[str, ...] | None = None
    index: tuple[str, ...] | None = None
    parts: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    refusal: str | None = None
    cell: int = -1


@dataclass(frozen=True)
class CellError:
    """Where and how the learner's code failed.

    Attributes:
        cell: index of the code cell, from 0; None when the process ended between cells.
        name: the exception's class name, such as ``ValueError``.
        message: its text, bounded.
        line: the line within the cell, from 1, when known.
        traceback: plain text without colours, bounded.
    """

    cell: int | None
    name: str
    message: str
    line: int | None = None
    traceback: str = ""


@dataclass(frozen=True)
class CellOutcome:
    """One code cell after the run.

    Attributes:
        outputs: nbformat 4 outputs, rebuilt on the host from allowed MIME types only.
        execution_count: None when the cell was not reached.
    """

    outputs: tuple[Mapping[str, Any], ...] = ()
    execution_count: int | None = None
    truncated: bool = False
    wall_seconds: float | None = None


@dataclass(frozen=True)
class Run:
    """One execution of a job; also returned for every failure that a learner can cause."""

    verdict: Verdict
    cells: tuple[CellOutcome, ...]
    answers: Mapping[str, Answer]
    error: CellError | None = None
    limit: float | None = None
    """The limit that ended it, in seconds or bytes."""
    peak: float | None = None
    """How far it went, in the same unit."""
    wall_seconds: float = 0.0
    first_cell_seconds: float | None = None
    """From receiving the job to the start of the first cell."""
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    reply: Mapping[str, Any] | None = None
    """What `Job.question` was answered, bounded but not trusted; None without an answer in time."""


@dataclass(frozen=True)
class Event:
    """Progress of a run, for a page that shows "cell 4 of 9", or the outputs as they are made.

    Attributes:
        kind: ``start`` (the run begins), ``cell`` (cell `cell` begins), ``output``, ``cell_end``,
            ``answer``, ``end``; and ``tick``, several times a second. What a listener raises ends
            the run and is raised by it: this is how a caller cancels a run.
        cell: index of the code cell, from 0.
        cells: how many code cells there are.
        output: of an ``output``: the new nbformat 4 output, with ``line`` if it is an error; None
            when earlier outputs of the cell have changed: ``cell_end`` has them all.
        outcome: of a ``cell_end``: the cell with all its outputs.
        failed: of a ``cell_end``: an exception ended the notebook here.
        cached: the cell was not executed: its outputs are those of an earlier run.
    """

    kind: str
    cell: int = 0
    cells: int = 0
    output: Mapping[str, Any] | None = None
    outcome: CellOutcome | None = None
    failed: bool = False
    cached: bool = False


class Sandbox(Protocol):
    """Runs jobs in isolation; each run is a new, isolated process tree."""

    def run(
        self,
        job: Job,
        *,
        on_event: Callable[[Event], None] | None = None,
        interrupt: threading.Event | None = None,
    ) -> Run:
        """Run `job` and return what happened; once `interrupt` is set, it ends within seconds.

        Raises:
            SandboxUnavailable: isolation is missing or the sandbox failed: a platform error.
        """

    def run_many(
        self, jobs: tuple[Job, ...], *, on_event: Callable[[int, Event], None] | None = None
    ) -> tuple[Run, ...]:
        """Run several jobs, in parallel where cores allow; `on_event` gets the job's index."""

    def close(self) -> None:
        """Stop everything that was started; safe to call twice."""
