"""What a learner may submit, checked before anything is stored."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from exercises.catalogue import folders
from exercises.feedback.messages import say
from grader.errors import NotebookRefused
from grader.notebook import (
    MAX_UPLOAD_BYTES,
    code_cells,
    find_parameters_cells,
    read_notebook,
    without_outputs,
)
from grader.sandbox.job import MIB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.core.files.uploadedfile import UploadedFile
    from nbformat import NotebookNode

    from exercises.models import Exercise


def checked_notebook(upload: UploadedFile[Any], *, exercise: Exercise) -> bytes:
    """Return the upload, without its outputs, once it is a notebook that the exercise can run.

    No more than the accepted size is read into memory, however large the upload is.

    Raises:
        NotebookRefused: with a stable `reason` and a text that says how to fix it.
    """
    if upload.size is None or upload.size > MAX_UPLOAD_BYTES:
        facts = {
            "size": round((upload.size or 0) / MIB, 1),
            "limit": round(MAX_UPLOAD_BYTES / MIB, 1),
        }
        reason = "too_large_upload"
        raise _refused(reason, facts)
    try:
        data = without_outputs(upload.read())
        notebook = read_notebook(data)
        parameters = exercise.description["parameters"]
        find_parameters_cells(notebook, tuple(parameter["name"] for parameter in parameters))
    except NotebookRefused as refusal:
        raise _refused(refusal.reason, refusal.facts) from refusal
    if _code(notebook) == _starter_code(folders.starter_notebook(exercise.slug)):
        raise _refused("untouched", {})
    return data


def _refused(reason: str, facts: Mapping[str, str | float]) -> NotebookRefused:
    """The refusal in the reader's language."""
    return NotebookRefused(reason, say(f"notebook.{reason}", facts), facts)


@lru_cache(maxsize=64)
def _starter_code(starter: bytes) -> tuple[str, ...]:
    return _code(read_notebook(starter))


def _code(notebook: NotebookNode) -> tuple[str, ...]:
    """What the code cells say; empty cells and spaces around a cell say nothing."""
    sources = (cell.source.strip() for cell in code_cells(notebook))
    return tuple(source for source in sources if source)
