"""A storage on a disk that is full: a file's beginning is written, then the space ends."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.core.files.storage import FileSystemStorage

if TYPE_CHECKING:
    from django.core.files.base import File

WRITTEN_BYTES: Final = 10


class FullStorage(FileSystemStorage):
    """Files in a folder, of which none can be completed."""

    def _save(self, name: str, content: File[Any]) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.read(WRITTEN_BYTES))
        raise OSError(errno.ENOSPC, "No space left on device", str(path))
