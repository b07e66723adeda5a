"""The executed notebook, put together by the host from its own sources and the run's outputs."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import nbformat

from grader.notebook import code_cells

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from grader.sandbox.job import CellError, CellOutcome, Run

TRUNCATED = "[The output was cut off here: it exceeded what is kept.]\n"


def executed_notebook(document: NotebookNode, run: Run) -> str:
    """`document` with the outputs of `run`, as nbformat 4 JSON text.

    The cell sources are those that were uploaded, never what the run claims to have executed.
    """
    executed = copy.deepcopy(document)
    for index, (cell, outcome) in enumerate(zip(code_cells(executed), run.cells, strict=False)):
        cell["outputs"] = _outputs(outcome)
        cell["execution_count"] = outcome.execution_count
        if run.error is not None and run.error.cell == index and not _shows_error(cell["outputs"]):
            cell["outputs"].append(nbformat.from_dict(_error(run.error)))  # type: ignore[no-untyped-call]
    # Not `nbformat.writes`: it writes each line as a string of its own, and a million empty lines
    # would become fifteen times their size.
    return json.dumps(executed, ensure_ascii=False, separators=(",", ":"))


def _outputs(outcome: CellOutcome) -> list[NotebookNode]:
    outputs: list[NotebookNode] = [
        nbformat.from_dict(dict(output))  # type: ignore[no-untyped-call]
        for output in outcome.outputs
    ]
    if outcome.truncated:
        note = {"output_type": "stream", "name": "stderr", "text": TRUNCATED}
        outputs.append(nbformat.from_dict(note))  # type: ignore[no-untyped-call]
    return outputs


def _shows_error(outputs: list[Any]) -> bool:
    return any(output.get("output_type") == "error" for output in outputs)


def _error(error: CellError) -> dict[str, Any]:
    return {
        "output_type": "error",
        "ename": error.name,
        "evalue": error.message,
        "traceback": error.traceback.splitlines(),
    }
