"""The embedded broker: Kombu's filesystem transport with atomic writes.

Kombu creates a file under its final name and writes it afterwards. A reader in between sees an
empty file: a worker ends with "Unrecoverable error" on an empty message, and binding a queue fails
on an empty exchange. Here a file is written under a temporary name and then renamed.

Kombu also notes a binding in the process's memory before the file contains it: another thread that
publishes in between trusts the memory, finds no queue in the file, and its message is dropped
silently. Here a lock lets one thread bind at a time.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps

_binding = threading.Lock()
"""Held while any channel of this process binds a queue."""


class Channel(filesystem.Channel):
    """A channel whose messages and exchanges appear in the folder only once they are complete."""

    def _put(self, queue: str, payload: Any, **_options: Any) -> None:  # type: ignore[override]  # its two bases disagree on the name
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        temporary = folder / f"{name}.part"
        temporary.write_bytes(str_to_bytes(dumps(payload)))
        temporary.rename(folder / name)

    def queue_bind(self, *arguments: Any, **options: Any) -> None:
        """Bind a queue to an exchange; return when both the memory and the file contain it."""
        with _binding:
            super().queue_bind(*arguments, **options)

    def _queue_bind(self, exchange: str, *binding: Any) -> None:
        file: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]  # the stubs lack it
        self.control_folder.mkdir(exist_ok=True)
        if not file.exists():
            temporary = file.with_name(f"{uuid.uuid4()}.part")
            temporary.write_bytes(b"[]")
            with contextlib.suppress(FileExistsError):  # another process was first
                file.hardlink_to(temporary)
            temporary.unlink()
        super()._queue_bind(exchange, *binding)


class Transport(filesystem.Transport):
    """Kombu's filesystem transport with the channel of this module."""

    Channel = Channel
