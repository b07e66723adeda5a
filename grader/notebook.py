"""Uploaded bytes become a notebook, or a refusal that names the fix; the cost is bounded.

Every check runs before the step that it protects: size before decoding, depth before parsing,
cell count before validation. Nothing of the learner's is executed here.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

import nbformat

from grader.errors import NotebookRefused
from grader.json_scan import JsonScan
from grader.messages import message_text
from grader.sandbox.job import MIB

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbformat import NotebookNode

MAX_BYTES = 2 * MIB
"""A notebook without outputs is a few dozen KiB; two MiB leave room for a few pasted pictures."""
MAX_UPLOAD_BYTES = 10 * MIB
"""What may be uploaded, outputs included: a view of LIME is 1.4 MB, and there may be several."""
MAX_CELLS = 500
MAX_DEPTH = 64
"""Brackets inside brackets; real notebooks with widget state stay below 25."""
MAX_CONTAINERS = 100_000
"""Lists and objects: each becomes hundreds of bytes; a notebook with widgets has a few thousand."""
TAG = re.compile(r"param(?:eter)?s?", re.IGNORECASE)
"""``parameters``, papermill's tag, and how people write it from memory."""
TARGETS = re.compile(r"[^\W\d]\w*(?:[ \t]*,[ \t]*[^\W\d]\w*)*[ \t,]*")
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
TAG_TEXT = re.compile(r"[^,]+")
PYTHON_LINE = re.compile(rb"^(?:import |from \w|def |# %%|#!.*python)", re.MULTILINE)
LINES = re.compile(r"[\n;]")
EDITOR_KEYS = frozenset(
    """
    tags name collapsed scrolled deletable editable format jupyter execution trusted
    """.split()  # noqa: SIM905 - a table of words
)
"""Metadata of a cell that nbformat's schema restricts, and nothing here needs."""
CELL_KEYS = frozenset({"id", "cell_type", "metadata", "source"})
OTHER_FILES = (
    ("zip", (b"PK\x03\x04",)),
    ("not_text", (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"\x1f\x8b", b"BM")),
    ("html", (b"<!doctype html", b"<!DOCTYPE html", b"<!DOCTYPE HTML", b"<html")),
)
OUTPUTS = re.compile(rb'"outputs"\s*:\s*(?=\[)')
OUTPUTS_DEPTH = 3
WIDGETS = re.compile(rb'"widgets"\s*:\s*(?=\{)')
WIDGETS_DEPTH = 2
"""Where these keys lie in a notebook: brackets around them."""
UTF16_STARTS = (b"\xff\xfe", b"\xfe\xff")


def read_notebook(data: bytes, *, max_bytes: int = MAX_BYTES) -> NotebookNode:
    """Read an uploaded notebook: nbformat 4, Python, outputs dropped, trivial faults repaired.

    Raises:
        NotebookRefused: with a stable `reason` and words that name the fix.
    """
    return _notebook(_parse(without_outputs(data, max_bytes=max_bytes)))


def without_outputs(data: bytes, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the uploaded bytes as UTF-8, with all outputs cut out, before anything is parsed.

    Raises:
        NotebookRefused: it is no text, or too large without its outputs.
    """
    if len(data) > MAX_UPLOAD_BYTES:
        _refuse("too_large_upload", size=_mib(len(data)), limit=_mib(MAX_UPLOAD_BYTES))
    data = _as_utf8(data)
    if not data.strip():
        _refuse("empty")
    try:
        data = JsonScan(data).without(OUTPUTS, depth=OUTPUTS_DEPTH)
        data = JsonScan(data).without(WIDGETS, depth=WIDGETS_DEPTH)
        rest = JsonScan(data)
    except ValueError:
        _refuse("too_large", size=_mib(len(data)), limit=_mib(max_bytes))
    if rest.max_depth > MAX_DEPTH:
        _refuse("too_deep", limit=MAX_DEPTH)
    if len(data) > max_bytes:
        _refuse("too_large", size=_mib(len(data)), limit=_mib(max_bytes))
    if rest.containers > MAX_CONTAINERS:
        _refuse("too_complex", limit=MAX_CONTAINERS)
    return data


def find_parameters_cells(notebook: NotebookNode, names: Sequence[str]) -> tuple[int, ...]:
    """The indices, among the code cells, of those that set the parameters `names`.

    They are the tagged ones, and for each parameter the first cell that assigns it: Colab loses
    tags, and people split, merge and rename cells.

    Raises:
        NotebookRefused: when there are parameters and no such cell.
    """
    cells = code_cells(notebook)
    tagged = [index for index, cell in enumerate(cells) if is_tagged(cell)]
    if not names:
        return ()
    first: dict[str, int] = {}
    for index, cell in enumerate(cells):
        for name in assigned_names(cell.source) & set(names):
            first.setdefault(name, index)
    if not tagged and not first:
        _refuse("no_parameters_cell", names=", ".join(names))
    return tuple(sorted({*tagged, *first.values()}))


def is_tagged(cell: NotebookNode) -> bool:
    """Whether a cell carries the tag ``parameters``."""
    return any(TAG.fullmatch(tag.strip()) for tag in cell.metadata.get("tags", []))


def assigned_names(source: str) -> set[str]:
    """The names that a cell's unindented lines assign; a pattern on text, nothing is parsed."""
    found: set[str] = set()
    for line in LINES.split(source):
        left, equals, right = line.partition("=")
        targets = left.partition(":")[0].rstrip()
        if equals and not right.startswith("=") and TARGETS.fullmatch(targets):
            found |= {target.strip() for target in targets.split(",")} - {""}
    return found


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The notebook's code cells in order: what a job runs."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _as_utf8(data: bytes) -> bytes:
    """Return UTF-8 without a mark; other encodings and other kinds of files are named."""
    for reason, starts in OTHER_FILES:
        if data.lstrip()[:64].startswith(starts):
            _refuse(reason)
    if data.startswith(UTF16_STARTS):
        try:
            return data.decode("utf-16").encode()
        except UnicodeError:
            _refuse("not_text")
    if b"\0" in data[:4096]:
        _refuse("not_text")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        if not data.lstrip().startswith(b"{"):
            _refuse("not_text")
        _refuse("not_utf8", line=data.count(b"\n", 0, error.start) + 1)
    return data.removeprefix(b"\xef\xbb\xbf")


def _parse(data: bytes) -> dict[str, Any]:
    try:
        tree = json.loads(data, parse_constant=_no_number)
        # Half of a surrogate pair, written as an escape, is text that nothing can store.
        json.dumps(tree, ensure_ascii=False).encode()
    except UnicodeError:
        _refuse("not_text")
    except json.JSONDecodeError as error:
        if PYTHON_LINE.search(data[:65536]) and not data.lstrip().startswith(b"{"):
            _refuse("python_file")
        _refuse("not_json", line=error.lineno)
    except (ValueError, RecursionError):
        _refuse("not_json", line=1)  # a number of thousands of digits: Python's parser refuses
    if not isinstance(tree, dict) or "nbformat" not in tree:
        _refuse("not_a_notebook")
    return tree


def _no_number(_: str) -> None:
    """NaN and infinity, which some tools write into metadata: JSON has neither."""


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
    """Drop outputs and what no notebook needs, and repair what tools and people leave behind.

    Every cell gets an id of its own: copied cells share theirs.
    """
    seen: set[str] = set()
    for index, cell in enumerate(cells):
        kept = CELL_KEYS | ({"attachments"} if isinstance(cell.get("attachments"), dict) else set())
        for key in [key for key in cell if key not in kept]:
            del cell[key]
        if cell.get("cell_type") == "code":
            cell.pop("attachments", None)
            cell["outputs"], cell["execution_count"] = [], None
        cell["metadata"] = _cell_metadata(cell.get("metadata"))
        source = cell.get("source")
        if source is None:
            cell["source"] = ""
        elif isinstance(source, list) and all(isinstance(line, str) for line in source):
            cell["source"] = "".join(source)
        identity = cell.get("id")
        if not isinstance(identity, str) or not CELL_ID.fullmatch(identity) or identity in seen:
            cell["id"] = f"cell-{index}"
            while cell["id"] in seen:
                cell["id"] += "-copy"
        seen.add(cell["id"])
    tree["nbformat_minor"] = 5
    tree["metadata"] = _notebook_metadata(tree.get("metadata"))


def _cell_metadata(found: object) -> dict[str, Any]:
    """A cell's tags and name, and what other tools write; not what only concerns an editor."""
    if not isinstance(found, dict):
        return {}
    tags, name = found.get("tags"), found.get("name")
    tags = tags.split(",") if isinstance(tags, str) else tags if isinstance(tags, list) else []
    kept = {tag.strip() for tag in tags if isinstance(tag, str) and TAG_TEXT.fullmatch(tag.strip())}
    named = {"name": name} if isinstance(name, str) and name.isprintable() and name else {}
    others = {
        key: value
        for key, value in found.items()
        if key not in EDITOR_KEYS or (key == "format" and isinstance(value, str))
    }
    return {**others, **({"tags": sorted(kept)} if kept else {}), **named}


def _notebook_metadata(found: object) -> dict[str, Any]:
    """The kernel, completed; everything else of a notebook's metadata is about its editor."""
    spec = found.get("kernelspec") if isinstance(found, dict) else None
    name = spec.get("name") if isinstance(spec, dict) else None
    name = name if isinstance(name, str) and name else "python3"
    shown = spec.get("display_name") if isinstance(spec, dict) else None
    kernel = {"name": name, "display_name": shown if isinstance(shown, str) else name}
    return {"kernelspec": kernel, "language_info": {"name": "python"}}


def _mib(size: int) -> float:
    return round(size / MIB, 1)


def _refuse(reason: str, **facts: str | float) -> NoReturn:
    raise NotebookRefused(reason, message_text(f"notebook.{reason}", facts), facts)
