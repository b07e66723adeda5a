"""Checks the starter and the solution of an exercise in the sandbox."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from grader.check.equivalent_answers import equivalent_answers
from grader.check.simulation import FRESH_SEED, computed_answers, timed
from grader.explanation import ParameterUsage, RunAnswers, unpack
from grader.grading import grade_answers, grade_notebook
from grader.notebook import code_cells, find_parameters_cells, read_notebook
from grader.sandbox.job import MIB, Answer, Job, Verdict
from grader.variants import Variant, visible_variant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from grader.check.report import ExerciseCheck
    from grader.exercise import ExerciseDefinition
    from grader.grading import GradeResult
    from grader.reference import ReferenceStore
    from grader.report import GradeReport
    from grader.sandbox.job import Run, Sandbox


TIME_SHARE = 0.5
MEMORY_SHARE = 0.8
"""How much of its limits the solution may use, to leave room for slower computers and notebooks."""
TRUE_OF_ZEROS = frozenset({"base_forgotten"})
"""What may be said of a placeholder: that the base value is missing."""


def check_starter(
    exercise: ExerciseDefinition, store: ReferenceStore, sandbox: Sandbox, found: ExerciseCheck
) -> None:
    """Check that the unchanged starter runs and does not pass."""
    starter = exercise.starter.read_bytes()
    report = grade_notebook(exercise, starter, sandbox=sandbox, references=store)
    found.need(report.verdict == Verdict.OK, f"starter.ipynb ends with {_end_of_run(report)}")
    found.need(not report.passed, "starter.ipynb passes as it is")
    runs, _, _ = unpack(report.answers)
    _check_unfinished(exercise, store, runs[0], found)


def _check_unfinished(
    exercise: ExerciseDefinition, store: ReferenceStore, starter: RunAnswers, found: ExerciseCheck
) -> None:
    """Check that a placeholder is not called a mistake, alone or beside one output that is done."""
    labels = store.get(exercise, visible_variant(exercise), misconceptions=True).labels
    right = computed_answers(exercise, "reference", FRESH_SEED, labels)
    done = {
        name: Answer(name, "ndarray", np.asarray(array), index=labels.get(name))
        for name, array in right.items()
    }
    for name in ("", *done):
        answers = {**starter.answers, name: done[name]} if name else starter.answers
        said = _graded(exercise, [replace(starter, answers=answers)], store, found).misconception
        plain = set(said.ids) - TRUE_OF_ZEROS if said and said.certainty == "match" else set()
        where = f"with {name} alone filled in" if name else "as it is"
        problem = f"starter.ipynb, {where}, is told a mistake: {' or '.join(sorted(plain))}"
        found.need(not plain, problem)


def _end_of_run(report: GradeReport) -> str:
    error = report.error
    return f"{report.verdict}" + (f": {error.name}: {error.message}" if error else "")


def check_solution(
    exercise: ExerciseDefinition,
    store: ReferenceStore,
    sandbox: Sandbox,
    variants: Sequence[Variant],
    found: ExerciseCheck,
) -> None:
    """Check that the solution earns every point on all variants and in all equivalent forms.

    It must lose points without any one of its answers, and with answers for other parameters.
    """
    solution = exercise.folder / "solution.ipynb"
    if not solution.is_file():
        found.problems.append("solution.ipynb is missing")
        return
    visible = visible_variant(exercise)
    labels = store.get(exercise, visible, misconceptions=True).labels
    run = _run(exercise, solution, sandbox, visible)
    answers = _answers(visible, run)
    whole = _graded(exercise, [answers], store, found)
    found.need(
        _earns_everything(exercise, whole, run), f"the solution earns {whole.score:g} as it stands"
    )
    runs = [run]
    for variant in variants:
        store.get(exercise, variant)
        run = _run(exercise, solution, sandbox, variant)
        marks = _graded(exercise, [answers, _answers(variant, run)], store, found)
        full = _earns_everything(exercise, marks, run)
        found.need(full, f"the solution earns {marks.score:g} with {dict(variant.parameters)}")
        found.variants += full
        runs.append(run)
        pasted = replace(answers, variant=variant.id, parameters=variant.parameters)
        passes = _graded(exercise, [answers, pasted], store, found).passed
        found.need(not passes, f"the visible answers pass with {dict(variant.parameters)}")
    for output in exercise.outputs:
        rest = {name: each for name, each in answers.answers.items() if name != output.name}
        marks = _graded(exercise, [replace(answers, answers=rest)], store, found)
        found.need(marks.score < whole.score, f"nothing is lost without {output.name}")
    for form, cell in equivalent_answers(exercise, labels).items():
        run = _run(exercise, solution, sandbox, visible, cell)
        marks = _graded(exercise, [_answers(visible, run)], store, found)
        lost = [result.title for result in marks.criteria if not result.passed]
        full = _earns_everything(exercise, marks, run)
        found.need(full, f"the solution's answers {form} lose points: {', '.join(lost)}")
        found.equivalents += full
    limits = exercise.limits
    found.run_seconds = max(run.wall_seconds for run in runs)
    found.peak_mib = max(run.peak_memory_bytes for run in runs) / MIB
    found.need(
        found.run_seconds <= TIME_SHARE * limits.wall_seconds,
        f"the solution takes {found.run_seconds:.0f} s of {limits.wall_seconds:.0f} s",
    )
    found.need(
        found.peak_mib <= MEMORY_SHARE * limits.memory_bytes / MIB,
        f"the solution takes {found.peak_mib:.0f} MiB of {limits.memory_bytes // MIB} MiB",
    )


def _run(
    exercise: ExerciseDefinition,
    notebook: Path,
    sandbox: Sandbox,
    variant: Variant,
    last_cell: str = "",
) -> Run:
    document = read_notebook(notebook.read_bytes())
    places = find_parameters_cells(document, tuple(exercise.visible_parameters))
    cells = [cell.source for cell in code_cells(document)] + ([last_cell] if last_cell else [])
    names = tuple(output.name for output in exercise.outputs)
    parameters = variant.parameters if places else {}
    return sandbox.run(Job(tuple(cells), names, parameters, places, exercise.limits, exercise.data))


def _answers(variant: Variant, run: Run) -> RunAnswers:
    return RunAnswers(variant.id, variant.parameters, str(run.verdict), run.answers)


def _graded(
    exercise: ExerciseDefinition,
    runs: Sequence[RunAnswers],
    store: ReferenceStore,
    found: ExerciseCheck,
) -> GradeResult:
    with timed(found):
        return grade_answers(exercise, runs, ParameterUsage(), references=store)


def _earns_everything(exercise: ExerciseDefinition, marks: GradeResult, run: Run) -> bool:
    return marks.score == exercise.max_score and run.verdict is Verdict.OK
