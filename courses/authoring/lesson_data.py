"""The data sets that lessons read: content/data, which their code sees as data/."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

FOLDER: Final = "data"
_NAMED: Final = re.compile(rb"\bdata/([a-z0-9_]+\.(?:csv|png))\b")


def data_folder(inside: Path) -> Path | None:
    """Return the data sets of the content in which a file lies; None if it has none."""
    for parent in inside.resolve().parents:
        if (parent / "courses").is_dir() and (parent / FOLDER).is_dir():
            return parent / FOLDER
    return None


def data_files_named(sources: Iterable[bytes], inside: Path) -> list[Path]:
    """Return the data sets that some code reads by name, in order; others do not concern it."""
    folder = data_folder(inside)
    if folder is None:
        return []
    names = {name.decode() for source in sources for name in _NAMED.findall(source)}
    return [folder / name for name in sorted(names) if (folder / name).is_file()]
