"""The embedded broker: Kombu's filesystem transport, with files that appear whole.

Kombu creates a file under its final name and writes it afterwards. Who looks in between reads an
empty file: a worker ends with "Unrecoverable error" over an empty message, and whoever binds a
queue fails over an empty exchange. Here a file is written under a name that nobody looks for, and
gets its own in one step.

It also notes a binding in the process's memory before the file holds it: another thread that sends
in between believes the memory, finds no queue in the file, and its message is dropped without a
word. Here one thread binds at a time.
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
"""Held while a queue is bound, by whichever channel of this process."""


class Channel(filesystem.Channel):
    """A channel whose messages and exchanges are whole as soon as they can be seen."""

    def _put(self, queue: str, payload: Any, **_options: Any) -> None:  # type: ignore[override]  # its two bases disagree on the name
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        unseen = folder / f"{name}.part"
        unseen.write_bytes(str_to_bytes(dumps(payload)))
        unseen.rename(folder / name)

    def queue_bind(self, *arguments: Any, **options: Any) -> None:
        """Bind a queue to an exchange; return when memory and file both say so."""
        with _binding:
            super().queue_bind(*arguments, **options)

    def _queue_bind(self, exchange: str, *binding: Any) -> None:
        file: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]  # the stubs lack it
        self.control_folder.mkdir(exist_ok=True)
        if not file.exists():
            unseen = file.with_name(f"{uuid.uuid4()}.part")
            unseen.write_bytes(b"[]")
            with contextlib.suppress(FileExistsError):  # another was quicker, and as whole
                file.hardlink_to(unseen)
            unseen.unlink()
        super()._queue_bind(exchange, *binding)


class Transport(filesystem.Transport):
    """Kombu's filesystem transport with our channel."""

    Channel = Channel
