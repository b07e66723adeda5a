"""Notebooks that come in and go out: what is kept but not shown, and outputs for nbformat."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exercises.workbench.documents import Document

_DATA: Final = re.compile(r"data:(image/[a-z+]+);base64,(.*)", re.DOTALL)


def left_out(document: Document, *, had_outputs: bool) -> list[str]:
    """Return a sentence for each thing of an uploaded notebook that is not shown.

    Args:
        document: what was made of the file.
        had_outputs: outputs or the state of widgets were cut out of it.
    """
    notes = []
    if had_outputs:
        notes.append(_("Outputs and widgets were left out: run the notebook to see them."))
    if any(cell.get("attachments") for cell in document["cells"]):
        notes.append(_("Attached pictures are kept in the file but not shown here."))
    if any(cell["cell_type"] == "raw" for cell in document["cells"]):
        notes.append(_("Raw cells are shown as text."))
    return notes


def notebook_outputs(events: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return a run's outputs as nbformat has them, by the cell's id."""
    outputs: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        if event["kind"] == "output":
            made = _output(event["output"])
            shown = outputs.setdefault(event["cell"], [])
            if made is None:
                continue
            is_stream = made["output_type"] == "stream"
            if is_stream and shown and shown[-1].get("name") == made["name"]:
                shown[-1]["text"] += made["text"]
            else:
                shown.append(made)
        elif event["state"] == "running":
            outputs[event["cell"]] = []
    return outputs


def _output(shown: Mapping[str, Any]) -> dict[str, Any] | None:
    kind = shown["type"]
    if kind == "stream":
        return {"output_type": "stream", "name": shown["name"], "text": shown["text"]}
    if kind == "error":
        return {
            "output_type": "error",
            "ename": shown["name"],
            "evalue": shown["message"],
            "traceback": shown["traceback"].split("\n"),
        }
    data: dict[str, str] = {}
    if kind == "text":
        data["text/plain"] = shown["text"]
    elif kind == "html":
        data["text/html"] = shown["html"]
    elif kind == "image" and (found := _DATA.fullmatch(shown["src"])):
        data[found[1]] = found[2]
    return {"output_type": "display_data", "data": data, "metadata": {}} if data else None
