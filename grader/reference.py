"""Reference values with their spread and provenance, cached by what they depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class ReferenceStore:
    """References on disk, computed on demand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
