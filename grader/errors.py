"""The grader's errors: the type says who is responsible.

::

    GraderError
    ├── LearnerError              shown to the learner; ends the run, never retried
    │   └── NotebookRefused       the file cannot be run (not a notebook, no parameters cell)
    └── PlatformError             never costs an attempt
        ├── ExerciseContentError  a file of an exercise is wrong: file, key, reason
        ├── SandboxUnavailable    nothing can be run safely here, or the sandbox failed
        └── WeightsMissing        a real network that the exercise opens is not on this machine yet
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class GraderError(Exception):
    """Base class of every error that the grader raises."""


class LearnerError(GraderError):
    """The learner can fix it; the message is for the learner."""


class NotebookRefused(LearnerError):  # noqa: N818 - a state, not an accident
    """The uploaded file cannot be run.

    Attributes:
        reason: a stable id, such as ``not_json`` or ``no_parameters_cell``.
        facts: fill the placeholders of the message ``notebook.<reason>``, in any language.
    """

    def __init__(
        self, reason: str, message: str, facts: Mapping[str, str | float] | None = None
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.facts = dict(facts or {})


class PlatformError(GraderError):
    """The platform or its content must be fixed; the learner loses no attempt."""


class ExerciseContentError(PlatformError):
    """A content file is wrong.

    Attributes:
        file: the file that contains the error.
        key: the dotted path in it, such as ``outputs.shap_values.shape``.
        line: the line, counted from 1, if known.
    """

    def __init__(self, reason: str, *, file: Path, key: str = "", line: int | None = None) -> None:
        self.reason, self.file, self.key, self.line = reason, file, key, line
        place = f"{file}:{line}" if line else str(file)
        super().__init__(f"{place}: {key + ': ' if key else ''}{reason}")


class SandboxUnavailable(PlatformError):  # noqa: N818 - a state, not an accident
    """The sandbox cannot run safely: what is missing, and how to fix it.

    Attributes:
        reason: what is missing or broken.
        fix: a command or context that fixes it; empty if none is known.
    """

    def __init__(self, reason: str, *, fix: str = "") -> None:
        super().__init__(reason + (f" To fix it: {fix}" if fix else ""))
        self.reason, self.fix = reason, fix


class WeightsMissing(PlatformError):  # noqa: N818 - a state, not an accident
    """A real network that an exercise opens is not on this machine yet.

    Attributes:
        names: of the missing models.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(
            f"not on this machine yet: {', '.join(names)}. The models are fetched once, in the"
            " background, when the site starts; `make models` fetches them now."
        )
