"""Exit codes, and the two ways in which a command fails.

Failure
├── Refused     the command, the file or the attempt rules: exit code 2
└── SiteFailed  connection, sign-in, rate limit or the platform: exit code 3
"""

from __future__ import annotations

PASSED = 0
"""Passed; or the command did what was asked."""
NOT_PASSED = 1
REFUSED = 2
PLATFORM = 3
PENDING = 4
"""Not graded yet."""


class Failure(Exception):  # noqa: N818  # named after what happened
    """A command ends early; the text is for the learner.

    Attributes:
        code: a stable word for scripts, as in the API's problem documents.
        retry_seconds: when the site wants to be asked again; None unless it said so.
    """

    exit_code = PLATFORM

    def __init__(self, code: str, message: str, *, retry_seconds: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_seconds = retry_seconds


class Refused(Failure):
    """What was asked for cannot be done as it was asked."""

    exit_code = REFUSED


class SiteFailed(Failure):
    """The site did not do it: it cannot be reached, does not know the caller, or has a problem."""
