"""Uploaded bytes become a notebook, or a refusal that names the fix; the cost is bounded.

Every check runs before the step that it protects: size before decoding, depth before parsing,
cell count before validation. Nothing of the learner's is executed here.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

import nbformat
import numpy as np

from grader.errors import NotebookRefused
from grader.messages import message_text
from grader.sandbox.job import MIB

if TYPE_CHECKING:
    from nbformat import NotebookNode

MAX_BYTES = 2 * MIB
"""A cleared notebook is a few dozen KiB; two MiB leave room for a few pasted pictures."""
MAX_CELLS = 500
MAX_DEPTH = 64
"""Brackets inside brackets; real notebooks with widget state stay below 25."""
PARAMETERS_TAG = "parameters"
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
"""A JSON string; the closing quote is optional so that no input is scanned twice."""
BINARY_STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"BM")


def read_notebook(data: bytes, *, max_bytes: int = MAX_BYTES) -> NotebookNode:
    """Read an uploaded notebook: nbformat 4, Python, outputs dropped, cell ids repaired.

    Raises:
        NotebookRefused: with a stable `reason` and words that name the fix.
    """
    if len(data) > max_bytes:
        _refuse("too_large", size=round(len(data) / MIB, 1), limit=round(max_bytes / MIB, 1))
    if not data.strip():
        _refuse("empty")
    if data.startswith(BINARY_STARTS) or b"\0" in data[:4096]:
        _refuse("not_text")
    if nesting_depth(data) > MAX_DEPTH:
        _refuse("too_deep", limit=MAX_DEPTH)
    return _notebook(_parse(data))


def find_parameters_cell(notebook: NotebookNode, *, required: bool = True) -> int | None:
    """The index, among the code cells, of the first one tagged ``parameters``.

    Raises:
        NotebookRefused: when there is none and `required`.
    """
    for index, cell in enumerate(code_cells(notebook)):
        if PARAMETERS_TAG in cell.metadata.get("tags", []):
            return index
    if required:
        _refuse("no_parameters_cell")
    return None


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The notebook's code cells in order: what a job runs."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def nesting_depth(data: bytes) -> int:
    """How deep brackets lie in brackets outside of strings; linear in the size."""
    bare = np.frombuffer(STRING.sub(b"", data), dtype=np.uint8)
    opens = np.isin(bare, np.frombuffer(b"[{", dtype=np.uint8))
    closes = np.isin(bare, np.frombuffer(b"]}", dtype=np.uint8))
    steps = opens.astype(np.int64) - closes.astype(np.int64)
    return int(np.cumsum(steps).max(initial=0))


def _parse(data: bytes) -> dict[str, Any]:
    try:
        tree = json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant)
        # Half of a surrogate pair, written as an escape, is text that nothing can store.
        json.dumps(tree, ensure_ascii=False).encode()
    except UnicodeError:
        _refuse("not_text")
    except json.JSONDecodeError as error:
        _refuse("not_json", line=error.lineno)
    except (ValueError, RecursionError):
        # A number of thousands of digits, or NaN: Python's parser refuses, JSON has neither.
        _refuse("not_json", line=1)
    if not isinstance(tree, dict) or "nbformat" not in tree:
        _refuse("not_a_notebook")
    return tree


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _notebook(tree: dict[str, Any]) -> NotebookNode:
    major = tree["nbformat"]
    if major != nbformat.current_nbformat:
        _refuse("other_format", found=str(major)[:20])
    cells = tree.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        _refuse("not_a_notebook")
    if len(cells) > MAX_CELLS:
        _refuse("too_many_cells", found=len(cells), limit=MAX_CELLS)
    language = _language(tree.get("metadata"))
    if language != "python":
        _refuse("other_language", found=language[:40])
    _normalise(tree, cells)
    try:
        notebook: NotebookNode = nbformat.from_dict(tree)  # type: ignore[no-untyped-call]
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        _refuse("invalid", detail=str(error.message)[:200])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        _refuse("invalid", detail=type(error).__name__)
    if not code_cells(notebook):
        _refuse("no_code")
    return notebook


def _language(metadata: object) -> str:
    """The kernel's language in lower case; a notebook that names none counts as Python."""
    if not isinstance(metadata, dict):
        return "python"
    spec, info = metadata.get("kernelspec"), metadata.get("language_info")
    found = (info or {}).get("name") if isinstance(info, dict) else None
    if found is None and isinstance(spec, dict):
        name = str(spec.get("name", "")).lower()
        found = spec.get("language") or ({"ir": "R"}.get(name) if name else None)
    language = str(found or "python").lower()
    return "python" if language.startswith(("python", "ipython")) else str(found)


def _normalise(tree: dict[str, Any], cells: list[dict[str, Any]]) -> None:
    """Drop outputs, join sources, give every cell an id of its own: copied cells share theirs."""
    seen: set[str] = set()
    for index, cell in enumerate(cells):
        if cell.get("cell_type") == "code":
            cell["outputs"], cell["execution_count"] = [], None
        else:
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
        cell.setdefault("metadata", {})
        source = cell.get("source")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            cell["source"] = "".join(source)
        identity = cell.get("id")
        if not isinstance(identity, str) or not CELL_ID.fullmatch(identity) or identity in seen:
            cell["id"] = f"cell-{index}"
            while cell["id"] in seen:
                cell["id"] += "-copy"
        seen.add(cell["id"])
    tree["nbformat_minor"] = 5
    tree.setdefault("metadata", {})


def _refuse(reason: str, **facts: str | float) -> NoReturn:
    raise NotebookRefused(reason, message_text(f"notebook.{reason}", facts))
