"""Builds the shell and loads what a run will need, so that a fork inherits it ready."""

from __future__ import annotations

from typing import Any

from traitlets.config import Config


def build_shell() -> Any:
    """Return an IPython shell without history, without threads and without colours."""
    from IPython.core.interactiveshell import InteractiveShell  # noqa: PLC0415 - after the threads

    from .shell import FrameDisplayHook, FramePublisher  # noqa: PLC0415 - the same

    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.autoawait = True
    InteractiveShell.display_pub_class = FramePublisher  # type: ignore[assignment]  # a trait
    InteractiveShell.displayhook_class = FrameDisplayHook  # type: ignore[assignment]  # the same
    return InteractiveShell.instance(config=config)


def import_stack() -> None:
    """Import the learners' stack."""
