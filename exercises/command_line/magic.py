"""The magic ``%whybox``: the same commands from a cell; it finds the notebook that it stands in."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .commands import main
from .notebooks import read
from .outcomes import Refused

if TYPE_CHECKING:
    from collections.abc import Callable


def magic_for(shell: Any) -> Callable[[str], None]:
    """Return the magic's function for a shell."""

    def whybox(line: str) -> None:
        """Run a command of whybox: ``%whybox submit``, ``%whybox feedback``, ``%whybox --help``."""
        try:
            arguments = shlex.split(line)
        except ValueError:  # a quote without its partner
            arguments = line.split()
        main(arguments, in_notebook=True, notebook=current_notebook(shell.user_ns))

    return whybox


def current_notebook(names: dict[str, Any]) -> Path | None:
    """Return the file of the notebook that a cell belongs to, where the front end tells it.

    Args:
        names: the notebook's variables; VS Code leaves the file's path among them.
    """
    for told in (names.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")):
        if not isinstance(told, str) or not told.endswith(".ipynb"):
            continue
        for file in (Path(told), Path.cwd() / Path(told).name):
            if file.is_absolute() and _names_an_exercise(file):
                return file
    return None


def _names_an_exercise(file: Path) -> bool:
    try:
        return bool(read(file).exercise)
    except Refused:
        return False
