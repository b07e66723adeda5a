"""What a learner may submit, checked before anything is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.errors import NotebookRefused
from grader.messages import message_text
from grader.notebook import MAX_BYTES, find_parameters_cell, read_notebook
from grader.sandbox.job import MIB

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from exercises.models import Exercise


def checked_notebook(upload: UploadedFile[Any], *, exercise: Exercise) -> bytes:
    """Return the uploaded bytes once they are a notebook that the exercise can run.

    No more than the accepted size is read into memory, however large the upload is.

    Raises:
        NotebookRefused: with a stable `reason` and a text that says how to fix it.
    """
    if upload.size is None or upload.size > MAX_BYTES:
        facts = {"size": round((upload.size or 0) / MIB, 1), "limit": round(MAX_BYTES / MIB, 1)}
        raise NotebookRefused("too_large", message_text("notebook.too_large", facts))
    data = upload.read()
    notebook = read_notebook(data)
    find_parameters_cell(notebook, required=bool(exercise.description["parameters"]))
    return bytes(data)
