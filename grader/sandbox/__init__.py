"""Runs a learner's notebook in isolation, or not at all.

::

    open_sandbox -> pool.BubblewrapSandbox      slots for concurrent runs, server restarts
                      forkserver                one bubblewrap sandbox with one fork server in it
                        supervisor, bubblewrap  dropping root, bubblewrap's command line
                      monitor                   one run: reads frames, enforces limits, verdict
                        outputs, validation     cell outputs and answers, validated on the host
    inside/                                     server, isolation, runner, shell, answers
    policy, inside.bounds, seccomp              the rules, as pure data
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.sandbox.pool import BubblewrapSandbox

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["open_sandbox"]


def open_sandbox(
    *,
    python: Path | None = None,
    warm: bool = True,
    concurrency: int = 2,
    checkpoint_bytes: int | None = None,
) -> BubblewrapSandbox:
    """Open a sandbox; it boots in the background. Use it as a context manager, or close it.

    Args:
        python: the learners' interpreter; by default WHYBOX_SANDBOX_PYTHON or ``.venv-sandbox``.
        warm: keep one fork server with the stack imported; else each run boots its own.
        concurrency: the maximum number of concurrent runs.
        checkpoint_bytes: the memory that checkpoints may take; by default a share of the machine's.

    Raises:
        SandboxUnavailable: a part of the isolation is missing; says how to fix it.
    """
    return BubblewrapSandbox(
        python=python, warm=warm, concurrency=concurrency, checkpoint_bytes=checkpoint_bytes
    )
