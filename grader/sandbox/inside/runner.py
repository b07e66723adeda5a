"""Runs the cells of one notebook in order and sends what happens as frames."""

from __future__ import annotations

import sys
import traceback
from typing import Any

from . import editing, frames
from .answers import Collector
from .shell import FrameWriter, disable_shell_escapes


def run(shell: Any, job: dict[str, Any], pipe: int) -> None:
    """Run `job` in `shell`, cell by cell, until the last cell or the first exception.

    After each cell, failed or not, the declared outputs are collected, so that values computed
    before an exception count.
    """
    writer = FrameWriter(pipe, cell_bytes=job["limits"]["cell_output_bytes"])
    collector = Collector(job["outputs"], budget_bytes=job["limits"]["answer_bytes"])
    writer.attach(shell)
    disable_shell_escapes(shell)
    sys.argv = ["notebook"]
    sys.path.insert(0, "")
    for number, source in enumerate(job["cells"]):
        writer.begin_cell(number, shell.execution_count)
        ok = _run_cell(shell, source, writer)
        writer.flush()
        for frame in collector.collect(shell.user_ns, number):
            writer.send(frame)
        writer.end_cell(number, ok=ok)
        if not ok:
            break
        if number == job["parameters_cell"]:
            _inject_parameters(shell, job["parameters"])
    if job.get("question"):
        writer.send(frames.pack(frames.REPLY, editing.reply(shell, job["question"])))
    writer.finish()


def _run_cell(shell: Any, source: str, writer: FrameWriter) -> bool:
    """Run one cell; a failure is always shown, even where IPython would only print a hint."""
    try:
        result = shell.run_cell(source, store_history=True, silent=False)
        failure = result.error_before_exec or result.error_in_exec
    except BaseException as error:  # noqa: BLE001 - even what breaks the shell is the cell's failure
        failure = error
    if failure is not None and writer.shown_error is not failure:
        writer.show_error(shell, failure, traceback.format_exception(failure))
    return failure is None


def _inject_parameters(shell: Any, parameters: dict[str, Any]) -> None:
    """Run papermill's injected cell: one assignment per parameter, after the notebook's own."""
    lines = [f"{name} = {_literal(value)}" for name, value in parameters.items()]
    shell.run_cell("\n".join(["# Parameters", *lines]), store_history=False, silent=True)


def _literal(value: Any) -> str:
    """Return Python source for a JSON value; infinities and NaN have no literal."""
    if isinstance(value, float) and not abs(value) < float("inf"):
        return f'float("{value}")'
    if isinstance(value, list):
        return f"[{', '.join(_literal(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_literal(item)}' for key, item in value.items())}}}"
    return repr(value)


def setup_failed(text: str) -> bytes:
    """Return the frame that reports that isolation failed."""
    return frames.pack(frames.FAILED, {"failure": text[-4000:]})
