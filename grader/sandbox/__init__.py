"""Isolation: runs a learner's notebook behind walls, or not at all.

::

    open_sandbox -> pool.WallSandbox     slots, restarts, renewal
                      forkserver         one wall with one fork server in it
                        keeper, walls    root let go, bubblewrap's command line
                      conduct            one run: frames in, verdict out
                        screen, border   outputs and answers, rebuilt and checked on this side
    inside/                              behind the wall: server, seal, runner, shell, answers
    policy, inside.bounds, filter        the rules, as pure data
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.sandbox.pool import WallSandbox

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["open_sandbox"]


def open_sandbox(
    *,
    python: Path | None = None,
    warm: bool = True,
    concurrency: int = 2,
) -> WallSandbox:
    """Open a sandbox; it boots while the caller goes on. Use it as a context manager, or close it.

    Args:
        python: the learners' interpreter; by default WHYBOX_SANDBOX_PYTHON or ``.venv-sandbox``.
        warm: keep one fork server with the stack imported; else each run boots its own.
        concurrency: how many runs may go on at once.

    Raises:
        SandboxUnavailable: a wall is missing, and with it the way to mend that.
    """
    return WallSandbox(python=python, warm=warm, concurrency=concurrency)
