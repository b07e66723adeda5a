"""Runs the cells of one notebook in order and sends what happens as frames."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any, Final, NoReturn

from . import editing, forgiveness, frames
from .answers import Collector
from .checkpoints import Checkpoints
from .parameters import Parameters
from .shell import FrameWriter, disable_shell_escapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NEEDS_A_LOOP: Final = re.compile(r"\b(create_task|ensure_future|get_running_loop)\(")
"""What works in a plain cell of Jupyter, whose event loop is always running."""
TASK_SECONDS: Final = 1.0
"""How long the tasks that a cell has started may go on before the next cell."""


class Notebook:
    """Runs cells in a shell, one after the other, and sends what they show."""

    def __init__(self, shell: Any, job: dict[str, Any], pipe: int) -> None:
        """Make the shell ready for the first cell of `job`."""
        limits = job["limits"]
        self.writer = FrameWriter(
            pipe, cell_bytes=limits["cell_output_bytes"], total_bytes=limits["total_output_bytes"]
        )
        self._shell = shell
        self._collector = Collector(job["outputs"], budget_bytes=limits["answer_bytes"])
        self._parameters = Parameters(job["parameters"], job["written"], job["parameters_cells"])
        self.writer.attach(shell)
        disable_shell_escapes(shell)
        forgiveness.install(shell)
        shell.ast_transformers.append(self._parameters)
        sys.argv = ["notebook"]
        sys.path.insert(0, "")

    def run_cell(self, number: int, source: str) -> bool:
        """Run one cell; return whether it ended without an exception.

        The declared outputs are collected even after one, so that values computed before it count.
        """
        shell, writer = self._shell, self.writer
        writer.begin_cell(number, shell.execution_count)
        self._parameters.begin(number)
        ok = _run_cell(shell, source, writer)
        _show_figures()
        writer.flush()
        injected = self._parameters.source_to_inject() if ok else ""
        if injected:
            shell.run_cell(f"# Parameters\n{injected}", store_history=False, silent=True)
        for frame in self._collector.collect(shell.user_ns, number):
            writer.send(frame)
        writer.end_cell(number, ok=ok)
        return ok

    def answer(self, question: dict[str, Any]) -> None:
        """Answer what an editor asks of the names that exist now."""
        self.writer.send(frames.pack(frames.REPLY, editing.reply(self._shell, question)))


def run(shell: Any, job: dict[str, Any], pipe: int) -> None:
    """Run `job` in `shell`, cell by cell, until the last cell or the first exception."""
    notebook = Notebook(shell, job, pipe)
    for number, source in enumerate(job["cells"]):
        if not notebook.run_cell(number, source):
            break
    if job.get("question"):
        notebook.answer(job["question"])
    notebook.writer.finish()


def run_with_checkpoints(
    shell: Any, job: dict[str, Any], pipe: int, line: int, caches: Sequence[Any]
) -> NoReturn:
    """Run what the host orders, each time in a fork; never return."""
    notebook = Notebook(shell, job, pipe)
    checkpoints = Checkpoints(pipe, line, notebook.writer, caches)
    order = checkpoints.wait()
    while True:  # each turn in another process
        order = _carry_out(order, notebook, checkpoints)


def _carry_out(
    order: dict[str, Any], notebook: Notebook, checkpoints: Checkpoints
) -> dict[str, Any]:
    """Carry out an order to its end; return the next, in a fork of what was kept."""
    if order["question"]:
        notebook.answer(order["question"])
    elif order["first"] == 0:
        reseed()
    end = order["first"] + len(order["cells"])
    for number, source in enumerate(order["cells"], order["first"]):
        if not notebook.run_cell(number, source):
            break
        following = checkpoints.keep(number, last=number + 1 == end)
        if following is not None:
            return following
    notebook.writer.finish()
    os._exit(0)


def reseed() -> None:
    """Reseed the random generators; a fork inherits their state."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(int.from_bytes(os.urandom(4)))


def _run_cell(shell: Any, source: str, writer: FrameWriter) -> bool:
    """Run one cell; a failure is always shown, even where IPython would only print a hint."""
    try:
        with _interruptible():
            if NEEDS_A_LOOP.search(source) and "asyncio.run(" not in source:
                result = _run_in_loop(shell, source)
            else:
                result = shell.run_cell(source, store_history=True, silent=False)
            failure = result.error_before_exec or result.error_in_exec
    except BaseException as error:  # noqa: BLE001 - even what breaks the shell is the cell's failure
        failure = error
    if failure is not None and writer.shown_error is not failure:
        writer.show_error(shell, failure, traceback.format_exception(failure))
    return failure is None


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let an interrupt through that came before, or comes now; outside of a cell it waits."""
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _run_in_loop(shell: Any, source: str) -> Any:
    """Run a cell inside the event loop that `await` uses, and let its tasks go on for a while."""
    from IPython.core.async_helpers import get_asyncio_loop  # noqa: PLC0415 - rarely needed

    async def cell() -> Any:
        try:
            transformed, failure = shell.transform_cell(source), None
        except Exception:  # noqa: BLE001 - the shell shows what is wrong with the cell
            transformed, failure = source, sys.exc_info()
        result = await shell.run_cell_async(
            source,
            store_history=True,
            transformed_cell=transformed,
            preprocessing_exc_tuple=failure,
        )
        shell.events.trigger("post_execute")
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        if tasks:
            await asyncio.wait(tasks, timeout=TASK_SECONDS)
        return result

    loop = get_asyncio_loop()  # type: ignore[no-untyped-call]
    return loop.run_until_complete(cell())


def _show_figures() -> None:
    """Show the figures that the cell has left open, and close them, as Jupyter does."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    try:
        if pyplot.get_fignums():
            from matplotlib_inline.backend_inline import show  # noqa: PLC0415 - not always there

            show(close=True)  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001 - drawing runs the learner's own settings
        sys.stderr.write(f"[A figure could not be drawn: {type(error).__name__}: {error}]\n"[:2000])
        pyplot.close("all")


def setup_failed(text: str) -> bytes:
    """Return the frame that reports that isolation failed."""
    return frames.pack(frames.FAILED, {"failure": text[-4000:]})
