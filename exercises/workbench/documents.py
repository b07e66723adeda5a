"""A draft's notebook as it is stored: cells with all that belongs to them, without outputs.

A document is ``{"metadata": {…}, "cells": [{"id", "cell_type", "source", "metadata", …}]}``. What
the page does not show (metadata, tags, attachments) stays with the cell's id.
"""

from __future__ import annotations

import html
import json
import re
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import get_language

from courses.markup.cleaning import clean
from courses.markup.markdown import markdown_parser
from grader.notebook import CELL_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbformat import NotebookNode

Document = dict[str, Any]
Cell = dict[str, Any]

MAX_CELLS: Final = 300
TYPES: Final = ("code", "markdown", "raw")
RENDERED_CHARACTERS: Final = 20_000
"""A longer text cell is shown as it is written."""
HEADING: Final = re.compile(r"h[1-6]")


class CellsRefused(Exception):  # noqa: N818  # named after what happened, as in grader.errors
    """The cells that were sent are none; the text says why."""


def pack(value: object) -> bytes:
    """Return `value` as compressed JSON."""
    return zlib.compress(json.dumps(value, ensure_ascii=False).encode(), 3)


def unpack(data: bytes | memoryview) -> Any:
    """Return what `pack` stored."""
    return json.loads(zlib.decompress(data))


def from_notebook(notebook: NotebookNode) -> Document:
    """Return a notebook without outputs as a document."""
    cells = []
    for cell in notebook.cells:
        kept = {key: cell[key] for key in ("id", "cell_type", "source", "metadata")}
        if "attachments" in cell:
            kept["attachments"] = cell["attachments"]
        cells.append(kept)
    plain: Document = json.loads(json.dumps({"metadata": notebook.metadata, "cells": cells}))
    return plain


def to_notebook(document: Document, outputs: Mapping[str, Sequence[Cell]] | None = None) -> bytes:
    """Return a document as an .ipynb file, with nbformat outputs by the cell's id."""
    cells = []
    for cell in document["cells"]:
        if cell["cell_type"] == "code":
            shown = list((outputs or {}).get(cell["id"], ()))
            cells.append({**cell, "outputs": shown, "execution_count": None})
        else:
            cells.append(cell)
    facts = {"nbformat": 4, "nbformat_minor": 5, "metadata": document["metadata"], "cells": cells}
    return json.dumps(facts, ensure_ascii=False, indent=1).encode()


def checked_cells(sent: object) -> list[dict[str, str]]:
    """Return what a page sent as cells: ids, types and sources.

    Raises:
        CellsRefused: it is not a list of cells, or too many.
    """
    if not isinstance(sent, list) or len(sent) > MAX_CELLS:
        raise CellsRefused(f"cells: a list of at most {MAX_CELLS} cells is expected.")
    seen: set[str] = set()
    cells = []
    for cell in sent:
        if not isinstance(cell, dict):
            raise CellsRefused("cells: each cell is an object.")
        identity, kind, source = (cell.get(key) for key in ("id", "type", "source"))
        if not isinstance(identity, str) or not CELL_ID.fullmatch(identity) or identity in seen:
            raise CellsRefused("cells: each cell has an id of its own, of 1 to 64 characters.")
        if kind not in TYPES or not isinstance(source, str):
            raise CellsRefused("cells: each cell has a type and a source.")
        seen.add(identity)
        cells.append({"id": identity, "type": str(kind), "source": source})
    return cells


def merged(
    current: Document, cells: Sequence[Mapping[str, str]], known: Iterable[Document]
) -> Document:
    """Return `current` with other cells; a cell keeps what was stored by its id.

    Args:
        current: the document as it stands.
        cells: as `checked_cells` returns them.
        known: documents in which a cell is looked for that `current` lacks.
    """
    stored = {cell["id"]: cell for cell in current["cells"]}
    missing = {cell["id"] for cell in cells} - stored.keys()
    if missing:
        for document in known:
            for cell in document["cells"]:
                stored.setdefault(cell["id"], cell)
    made = []
    for cell in cells:
        old = stored.get(cell["id"])
        if old is None or old["cell_type"] != cell["type"]:
            old = {"id": cell["id"], "cell_type": cell["type"], "metadata": {}}
        made.append({**old, "source": cell["source"]})
    return {"metadata": current["metadata"], "cells": made}


def shown_cell(cell: Cell) -> dict[str, str]:
    """Return a cell as the page knows it."""
    shown = {"id": cell["id"], "type": cell["cell_type"], "source": cell["source"]}
    if cell["cell_type"] != "code":
        shown["html"] = text_html(cell)
    return shown


def code_cells(document: Document) -> list[Cell]:
    """Return the code cells in order."""
    return [cell for cell in document["cells"] if cell["cell_type"] == "code"]


def text_html(cell: Cell) -> str:
    """Return a cell that is not code as cleaned HTML."""
    source: str = cell["source"]
    if cell["cell_type"] == "raw" or len(source) > RENDERED_CHARACTERS:
        return f"<pre>{html.escape(source)}</pre>"
    return _rendered(source, get_language() or "")


@lru_cache(maxsize=512)
def _rendered(source: str, _language: str) -> str:
    """Return Markdown as HTML; the renderer's own words are in the reader's language."""
    markdown = markdown_parser()
    try:
        tokens = markdown.parse(source)
        for token in tokens:
            if HEADING.fullmatch(token.tag):  # the page's own headings stand above those of cells
                token.tag = f"h{min(int(token.tag[1]) + 2, 4)}"
        return clean(markdown.renderer.render(tokens, markdown.options, {}))
    except Exception:  # noqa: BLE001  # a formula or language that the renderer does not know
        return f"<pre>{html.escape(source)}</pre>"
