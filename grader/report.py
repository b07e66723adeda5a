"""The grade of one submission, as plain data that any face can print: page, API, command line."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from grader.sandbox.job import CellError, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_POINTS: Final = 1e6
"""More than any exercise is worth."""


@dataclass(frozen=True)
class CriterionResult:
    """One line of the rubric.

    Attributes:
        id: the criterion's id in exercise.yaml.
        points: earned; `max_points` is what it is worth.
        message_id: key of `grader.messages.MESSAGES`; `facts` fills its placeholders.
        figures: numbers that may be shown (never a reference value or an exact distance to it).
    """

    id: str
    title: str
    points: float
    max_points: float
    passed: bool
    message_id: str
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Diagnosis:
    """The misconception that the answer looks like.

    Attributes:
        ids: misconception ids; more than one when they cannot be told apart; none when unknown.
        certainty: ``match`` (said plainly), ``resembles`` (hedged) or ``unknown``.
        output: the output that shows it; empty where a criterion of the author's proves it.
        others: the diagnoses of further outputs, each of another misconception.
    """

    ids: tuple[str, ...]
    certainty: str
    message_id: str
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    output: str = ""
    others: tuple[Diagnosis, ...] = ()


@dataclass(frozen=True)
class VariantMatch:
    """An answer that is wrong for its run and right for another variant.

    Attributes:
        run: id of the variant that was run.
        variant: id of the variant whose values these are.
        literal: whether the notebook writes them down as numbers.
    """

    run: str
    output: str
    variant: str
    literal: bool


@dataclass(frozen=True)
class Timings:
    """Where the time went, in seconds."""

    run_seconds: float = 0.0
    mark_seconds: float = 0.0
    first_cell_seconds: float | None = None


@dataclass(frozen=True)
class GradeReport:
    """Everything that one grading found out.

    Attributes:
        plot: what the page draws: own values beside a tolerance band (arrays as lists), bounded;
            None when there is nothing to draw. It never holds the reference itself.
        executed: the executed notebook (visible variant) as nbformat 4 JSON text.
        answers: the collected answers, packed by `grader.explanation.pack`, for regrading.
        page: the executed notebook as the HTML of a page's body; None when it was not rendered.
        failing_source: the source of the cell that stopped the run, bounded.
        provenance: versions, exercise version, variant ids: what this grade rests on.
        matches: answers that are another variant's; for instructors, and no part of the JSON.
    """

    verdict: Verdict
    score: float
    max_score: float
    passed: bool
    criteria: tuple[CriterionResult, ...] = ()
    misconception: Diagnosis | None = None
    error: CellError | None = None
    limit: float | None = None
    peak: float | None = None
    timings: Timings = field(default_factory=Timings)
    plot: Mapping[str, Any] | None = None
    cells: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)
    """The code cell (``id``, and ``number`` from 1) that last assigned what a part is about: by a
    criterion's id, ``/diagnosis``, ``/plot``; and by ``/error`` the one that failed."""
    executed: str | None = None
    answers: bytes = b""
    page: str | None = None
    failing_source: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    matches: tuple[VariantMatch, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The report without notebook, page, answers and matches, as JSON-ready data."""
        data = asdict(self)
        del data["executed"], data["answers"], data["page"], data["matches"]
        data["verdict"] = str(self.verdict)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, executed: str, answers: bytes) -> Self:
        """Return the report that `as_json` has written.

        Raises:
            KeyError, TypeError, ValueError: it was not written by this version.
        """
        error, misconception = data["error"], data["misconception"]
        told = {
            "verdict": Verdict(data["verdict"]),
            "criteria": tuple(CriterionResult(**line) for line in data["criteria"]),
            "misconception": None
            if misconception is None
            else Diagnosis(**(misconception | {"ids": tuple(misconception["ids"])})),
            "error": None if error is None else CellError(**error),
            "timings": Timings(**data["timings"]),
        }
        if not all(abs(data[name]) < MOST_POINTS for name in ("score", "max_score")):  # nor NaN
            raise ValueError("a score that is no number of points")
        if type(data["passed"]) is not bool:
            raise TypeError("passed is neither true nor false")
        return cls(**{**data, **told}, executed=executed, answers=answers)
