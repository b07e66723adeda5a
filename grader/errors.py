"""The grader's errors: whose fault it was is the type.

::

    GraderError
    ├── LearnerFault            told to the learner in words; ends the run, never retried
    │   └── NotebookRefused     the file cannot be run at all (not a notebook, no parameters cell)
    └── OurFault                never costs an attempt
        ├── ContentError        an author's file is wrong: file, key, reason
        └── SandboxUnavailable  nothing can be run safely here, or the sandbox itself broke
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class GraderError(Exception):
    """Anything that the grader raises on purpose."""


class LearnerFault(GraderError):  # noqa: N818 - a fault is whose it is
    """The learner can mend it; the text is for the learner."""


class NotebookRefused(LearnerFault):
    """The uploaded file cannot be run.

    Attributes:
        reason: a stable id, such as ``not_json`` or ``no_parameters_cell``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class OurFault(GraderError):  # noqa: N818 - a fault is whose it is
    """Ours to mend; the learner sees "internal error" and loses no attempt."""


class ContentError(OurFault):
    """A content file is wrong.

    Attributes:
        file: the file that holds the mistake.
        key: where in it, as a dotted path such as ``outputs.shap_values.shape``.
        line: the line, counted from 1, when it is known.
    """

    def __init__(self, reason: str, *, file: Path, key: str = "", line: int | None = None) -> None:
        self.reason, self.file, self.key, self.line = reason, file, key, line
        place = f"{file}:{line}" if line else str(file)
        super().__init__(f"{place}: {key + ': ' if key else ''}{reason}")


class SandboxUnavailable(OurFault):
    """Nothing is run without walls: what is missing, and the command that mends it.

    Attributes:
        reason: what is missing or broken.
        remedy: one command or setting that mends it, empty when none is known.
    """

    def __init__(self, reason: str, *, remedy: str = "") -> None:
        super().__init__(reason + (f" Remedy: {remedy}" if remedy else ""))
        self.reason, self.remedy = reason, remedy
