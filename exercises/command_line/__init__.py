"""The command line `whybox`: get, submit and follow exercises from one's own machine.

A learner gets this package as one file (`whybox.pyz`, made by `exercises.pages.command_line`) and
runs it with any Python from 3.9 on. So it uses the standard library only, imports nothing of the
site, and imports its own modules relatively. The same file is an IPython extension.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def load_ipython_extension(shell: Any) -> None:
    """Add the magic ``%whybox``; called by ``%load_ext whybox``."""
    from .magic import magic_for  # noqa: PLC0415  # only where IPython is

    register: Callable[..., Any] = shell.register_magic_function
    register(magic_for(shell), magic_kind="line", magic_name="whybox")
