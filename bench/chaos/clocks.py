"""The time of day of some of the site's processes, which jumps while they run."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_name("clock.c")
HOUR: Final = 3600


def compiled(folder: Path) -> Path | None:
    """Return the library that moves a clock, made in `folder`; None without a C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    library = folder / "clock.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE)]
    done = subprocess.run(command, capture_output=True, check=False)
    return library if done.returncode == 0 else None


class Clock:
    """The time of day of the processes that are started with `prefix`.

    Args:
        file: holds the seconds by which it is off.
        library: from `compiled`.
        seconds: by how much it is off at first.
    """

    def __init__(self, file: Path, library: Path, *, seconds: int = 0) -> None:
        self._file = file
        file.write_bytes(struct.pack("l", seconds))
        self.prefix = f"env LD_PRELOAD={library} WHYBOX_CHAOS_CLOCK={file} "

    def set(self, seconds: int) -> None:
        """Let it jump: this far from the true time, in processes that run and in later ones."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("l", seconds))
