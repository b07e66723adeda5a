"""Reads an exercise's data folder, which each run gets as a read-only copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.errors import ExerciseContentError
from grader.sandbox.inside import bounds

if TYPE_CHECKING:
    from pathlib import Path


def read_data_folder(folder: Path | None) -> dict[str, bytes]:
    """Return the files of an exercise's data folder by relative name.

    Raises:
        ExerciseContentError: the folder is missing, unreadable or too large for a run's memory.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise ExerciseContentError("the data folder is missing", file=folder)
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    if sum(path.stat().st_size for path in found) > bounds.DATA_BYTES:
        reason = f"the data folder contains more than {bounds.DATA_BYTES} bytes"
        raise ExerciseContentError(reason, file=folder)
    try:
        return {str(path.relative_to(folder)): path.read_bytes() for path in found}
    except OSError as error:
        reason = f"a data file cannot be read ({error.strerror})"
        raise ExerciseContentError(reason, file=folder) from error
