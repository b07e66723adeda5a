"""The files of a run as they were after a cell: kept with its checkpoint, put back before a fork.

All processes of a chain share one small file system. A run that begins at a checkpoint must find
the files of that moment, and none that another run has made or changed since.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from . import bounds

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES: Final = 8 * bounds.MIB
"""Files that are kept with a checkpoint; a state with more is kept for no fork."""
MAX_FILES: Final = 500

Mark = tuple[int, ...]


@dataclass(frozen=True)
class Entry:
    """A file, folder or link: what tells that it is unchanged, and how to make it again."""

    mark: Mark
    mode: int
    mtime_ns: int
    content: bytes = b""
    target: str = ""


class Scratch:
    """What the scratch folder held at one moment."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._folder = bounds.HOME

    def take(self) -> bool:
        """Remember the files as they are; False if they cannot all be kept."""
        try:
            self._entries = self._taken()
            self._folder = os.getcwd()  # noqa: PTH109 - its text, not a path object
        except (OSError, _Unfit):
            return False
        return True

    def restore(self) -> bool:
        """Put the files back as they were; False if that fails."""
        try:
            for path, info in reversed(list(_walk(repair=True))):
                entry = self._entries.get(path)
                if entry is None or _must_go(entry, info):
                    _remove(path, info)
            for path, entry in self._entries.items():
                _put(path, entry)
            self._entries = self._taken()
            os.chdir(self._folder)
        except (OSError, _Unfit):
            return False
        return True

    def _taken(self) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        room = MAX_BYTES
        for path, info in _walk():
            entry = self._entries.get(path)
            if entry is None or entry.mark != _mark(info):
                entry = _entry(path, info, room)
            room -= len(entry.content)
            if room < 0 or len(entries) == MAX_FILES:
                raise _Unfit
            entries[path] = entry
        return entries


class _Unfit(Exception):  # noqa: N818 - it says what the files are, not what failed here
    """The files cannot be kept."""


def _walk(root: str = bounds.HOME, *, repair: bool = False) -> Iterator[tuple[str, os.stat_result]]:
    """Yield everything beneath `root` but the exercise's data, a folder before what it holds."""
    if repair and not os.access(root, os.R_OK | os.W_OK | os.X_OK):
        with contextlib.suppress(OSError):
            Path(root).chmod(0o700)
    with os.scandir(root) as found:
        children = sorted(found, key=lambda child: child.name)
    for child in children:
        if child.path == bounds.DATA:
            continue
        info = child.stat(follow_symlinks=False)
        yield child.path, info
        if stat.S_ISDIR(info.st_mode):
            yield from _walk(child.path, repair=repair)


def _mark(info: os.stat_result) -> Mark:
    if stat.S_ISDIR(info.st_mode):
        return info.st_mode, info.st_ino
    return info.st_mode, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns


def _entry(path: str, info: os.stat_result, room: int) -> Entry:
    entry = Entry(_mark(info), info.st_mode, info.st_mtime_ns)
    if stat.S_ISDIR(info.st_mode):
        return entry
    if stat.S_ISLNK(info.st_mode):
        return replace(entry, target=str(Path(path).readlink()))
    if not stat.S_ISREG(info.st_mode) or info.st_nlink != 1 or info.st_size > room:
        raise _Unfit
    return replace(entry, content=Path(path).read_bytes())


def _must_go(entry: Entry, info: os.stat_result) -> bool:
    if stat.S_ISDIR(entry.mode) and stat.S_ISDIR(info.st_mode):
        return False  # the mode is put right below
    return entry.mark != _mark(info)


def _remove(path: str, info: os.stat_result) -> None:
    if stat.S_ISDIR(info.st_mode):
        shutil.rmtree(path)
    else:
        Path(path).unlink()


def _put(path: str, entry: Entry) -> None:
    """Make an entry where it is missing; folders come before what they hold."""
    place = Path(path)
    if stat.S_ISLNK(entry.mode):
        if not os.path.lexists(path):
            place.symlink_to(entry.target)
        return
    if stat.S_ISDIR(entry.mode):
        place.mkdir(exist_ok=True)
        if place.stat().st_mode != entry.mode:
            place.chmod(stat.S_IMODE(entry.mode))
    elif not os.path.lexists(path):
        place.write_bytes(entry.content)
        place.chmod(stat.S_IMODE(entry.mode))
        os.utime(path, ns=(entry.mtime_ns, entry.mtime_ns))
