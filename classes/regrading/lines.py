"""One line of a regrade's difference, as it is stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Outcome(StrEnum):
    """What became of a line.

    `UNREADABLE`: the answers are gone or of an older exercise, the grade stays. `MOVED`: grade or
    rubric changed between the difference and the decision, nothing was written.
    """

    OPEN = "open"
    WRITTEN = "written"
    UNREADABLE = "unreadable"
    MOVED = "moved"


@dataclass(frozen=True)
class Line:
    """A submission that a regrade changes, or that cannot be graded again.

    Attributes:
        before, after: score and whether it passes; `after` is None where nothing can be computed.
    """

    submission: str
    before: tuple[float, bool]
    after: tuple[float, bool] | None
    outcome: str = Outcome.OPEN

    def as_json(self) -> dict[str, Any]:
        """Return the line as it is stored."""
        return asdict(self)

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """Return a stored line."""
        before, after = stored["before"], stored["after"]
        return cls(
            submission=stored["submission"],
            before=(before[0], before[1]),
            after=None if after is None else (after[0], after[1]),
            outcome=stored["outcome"],
        )
