"""Grade one case as the site grades it, and compare what was said with what is true."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.explanation import AnswerProblem, conform, unpack
from grader.grading import grade_notebook, regrade
from grader.metrics import rel_l1, symmetric_l1
from grader.misconceptions.library import library
from grader.variants import visible_variant

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.diagnosis_harness.case import Case
    from bench.diagnosis_harness.forks import ForkSandbox
    from grader.exercise import ExerciseDefinition
    from grader.reference import Reference, ReferenceStore
    from grader.report import Diagnosis
    from grader.sandbox.job import Job

SAME = 0.01
"""Relative L1 distance below which two answers are one."""
VARIANTS_OF_CORRECT = 4
"""With so many hidden variants correct work is tried; wrong work with one."""


class _Recorded(Exception):  # noqa: N818 - it never leaves this module
    """The jobs of a notebook are known."""


class _Recorder:
    """Takes the place of a sandbox to learn which jobs a grading would run."""

    def __init__(self) -> None:
        self.jobs: tuple[Job, ...] = ()

    def run(self, job: Job, **_: Any) -> Any:
        self.jobs = (job,)
        raise _Recorded

    def run_many(self, jobs: tuple[Job, ...], **_: Any) -> Any:
        self.jobs = jobs
        raise _Recorded

    def close(self) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Result:
    """What one case got.

    Attributes:
        variant: which of the hidden variants that the case is tried with.
        said: ``match``, ``resembles`` or empty.
        right: whether what was said is true; None when nothing was said.
        holds: whether the exercise's library, or a detector, has a name for it.
        left_out_said, left_out_right: the same with the library's entries for it taken out.
        changed: whether an output differs from what the solution gives at all.
    """

    exercise: str
    seed: int
    case: str
    kind: str
    variant: int
    blind: bool
    verdict: str
    score: float
    full: bool
    passed: bool
    changed: bool
    said: str
    ids: tuple[str, ...]
    right: bool | None
    holds: bool
    left_out_said: str
    left_out_ids: tuple[str, ...]
    left_out_right: bool | None
    mark_ms: float

    def as_json(self) -> dict[str, Any]:
        """The result as JSON-ready data."""
        return asdict(self)


STRUCTURAL = frozenset({
    "scaled", "scaled_rows", "percent", "row_order", "feature_order", "other_rows", "background",
    "other_output", "predicted_class", "reciprocal", "one_row", "absolute",
})  # fmt: skip


class Judge:
    """Grades the cases of one exercise with one secret."""

    def __init__(
        self,
        exercise: ExerciseDefinition,
        sandbox: ForkSandbox,
        references: ReferenceStore,
        seed: int,
        solution: bytes,
    ) -> None:
        self.exercise, self.sandbox, self.references = exercise, sandbox, references
        self.seed = seed
        self.reference = references.get(exercise, visible_variant(exercise), misconceptions=True)
        self._solution = solution

    @cached_property
    def solved(self) -> dict[str, Any]:
        """What the solution answers, run with the visible parameters."""
        return self._answers(self._graded(self._solution, self.sandbox, 0).answers)

    @staticmethod
    def variants(case: Case) -> range:
        """With which hidden variants the case is tried."""
        return range(VARIANTS_OF_CORRECT if case.kind == "correct" else 1)

    def jobs(self, notebook: bytes, variant: int = 0) -> tuple[Job, ...]:
        """Return the jobs that grading the notebook runs."""
        recorder = _Recorder()
        try:
            self._graded(notebook, recorder, variant)
        except _Recorded:
            return recorder.jobs
        return ()

    def _graded(self, notebook: bytes, sandbox: Any, variant: int) -> Any:
        # Attempt 1 each time: a pool may hold fewer variants than are tried here.
        secret = f"diagnosis harness {self.seed}" + (f" {variant}" if variant else "")
        return grade_notebook(
            self.exercise,
            notebook,
            sandbox=sandbox,
            references=self.references,
            secret=secret.encode(),
        )

    def judge(self, case: Case, notebook: bytes, variant: int = 0) -> Result:
        """Grade the case, whose jobs may have been prepared."""
        report = self._graded(notebook, self.sandbox, variant)
        started = time.process_time()
        again = regrade(self.exercise, report.answers, references=self.references)
        mark_ms = 1000 * (time.process_time() - started)
        answers = self._answers(report.answers)
        said = again.misconception
        without = self._without(case)
        left = regrade(without, report.answers, references=self.references).misconception
        return Result(
            exercise=self.exercise.slug,
            seed=self.seed,
            case=case.name,
            kind=case.kind,
            variant=variant,
            blind=case.blind,
            verdict=str(report.verdict),
            score=report.score,
            full=report.score >= report.max_score,
            passed=report.passed,
            changed=any(
                not self._equals_solution(name, found)
                for name, found in answers.items()
                if name in case.outputs or not case.outputs
            ),
            said=said.certainty if said else "",
            ids=said.ids if said else (),
            right=self._is_right(case, answers, said),
            holds=bool(case.true & (STRUCTURAL | {m.id for m in self.exercise.misconceptions})),
            left_out_said=left.certainty if left else "",
            left_out_ids=left.ids if left else (),
            left_out_right=self._is_right(case, answers, left),
            mark_ms=mark_ms,
        )

    def _answers(self, packed: bytes) -> dict[str, Any]:
        runs, _, _ = unpack(packed)
        found = {}
        for output in self.exercise.outputs:
            labels = self.reference.labels.get(output.name, ())
            answer = conform(runs[0].answers.get(output.name), output, labels)
            if not isinstance(answer, AnswerProblem):
                found[output.name] = answer
        return found

    def _without(self, case: Case) -> ExerciseDefinition:
        """The exercise without the entries that describe the case."""
        names = case.true | case.may
        kept = tuple(m for m in self.exercise.misconceptions if m.id not in names)
        criteria = tuple(
            replace(c, misconception="" if c.misconception in names else c.misconception)
            for c in self.exercise.criteria
        )
        return replace(self.exercise, misconceptions=kept, criteria=criteria)

    def _equals_solution(self, name: str, found: Any) -> bool:
        """Whether the edit left an output as it was; the order of its runs does not matter."""
        own = self.solved.get(name)
        if own is None or found.shape != own.shape:
            return False
        if own.dtype.kind != "f":
            return bool(np.array_equal(found, own))
        if self.exercise.output(name).runs == 1:
            return bool(rel_l1(found, own) <= SAME)
        return all(
            rel_l1(measure(found, axis=0), measure(own, axis=0)) <= SAME
            for measure in (np.mean, np.std)
        )

    def _is_right(self, case: Case, answers: dict[str, Any], said: Diagnosis | None) -> bool | None:
        if said is None or said.certainty not in {"match", "resembles"}:
            return None
        names = case.true | case.may
        runs = {output.name for output in self.exercise.outputs if output.runs > 1}
        answers = {k: v.mean(axis=0) if k in runs else v for k, v in answers.items()}
        return any(
            each in names or coincides(self.exercise, self.reference, answers, each)
            for each in said.ids
        )


def coincides(
    exercise: ExerciseDefinition, reference: Reference, answers: dict[str, Any], name: str
) -> bool:
    """Whether the misconception would have produced these very numbers, in all that it changes.

    A logarithm to another base *is* the right values times a factor, whatever led to it.
    """
    own = reference.misconceptions.get(name)
    if own is not None:
        return all(
            output in answers and _same(answers[output], changed.mean)
            for output, changed in own.items()
        )
    declared = exercise.misconception(name)
    if declared is not None:
        found = answers.get(declared.output)
        return found is not None and any(
            candidate.id == name and _same(found, candidate.mean)
            for candidate in library(exercise, reference, declared.output, found)
        )
    if name == "scaled":
        return any(_is_scaled(found, reference.outputs[key].mean) for key, found in answers.items())
    if name in STATEMENTS_OF_NUMBERS:
        return any(
            reference.outputs[key].mean.dtype.kind == "f"
            and found.shape == reference.outputs[key].mean.shape
            and _same(found, STATEMENTS_OF_NUMBERS[name](found, reference.outputs[key].mean))
            for key, found in answers.items()
        )
    return False


def _one_row(found: Any, expected: Any) -> Any:
    """The expected row that is nearest to the first one found, in the place of all."""
    if expected.ndim < 2:  # noqa: PLR2004 - rows
        return np.full(expected.shape, np.nan)
    gaps = np.abs(expected - found[:1]).reshape(len(expected), -1).sum(axis=1)
    return np.broadcast_to(expected[gaps.argmin()], expected.shape)


STATEMENTS_OF_NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "sign": lambda _, expected: -expected,
    "absolute": lambda _, expected: np.abs(expected),
    "one_row": _one_row,
}
"""What these say is about the numbers alone, whatever led to them: what the numbers would be."""


def _same(found: Any, expected: Any) -> bool:
    if found.shape != expected.shape:
        return False
    if expected.dtype.kind != "f":
        return bool(np.array_equal(found, expected))
    return bool(symmetric_l1(np.asarray(found, float), expected) <= SAME)


def _is_scaled(found: Any, expected: Any) -> bool:
    if expected.dtype.kind != "f" or found.shape != expected.shape or expected.size < 2:  # noqa: PLR2004
        return False
    size = float((expected**2).sum())
    factor = float((found * expected).sum()) / size if size else 0.0
    apart = abs(factor - 1) > 0.05  # noqa: PLR2004 - a factor of one changes nothing
    return apart and factor != 0 and rel_l1(found, factor * expected) <= SAME
