"""Grade one notebook: run it with visible and hidden parameters, mark what it left behind.

The visible run gives messages, diagnosis and figure; a criterion earns its points only when it
holds in every run. What the hidden run shows of itself is that it failed: neither its parameters
nor the learner's exception text, which could carry them, leave this module.
"""

from __future__ import annotations

import builtins
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.criteria import Finding, GradingContext, context_of, grade_criterion
from grader.errors import GraderError
from grader.executed_notebook import executed_notebook
from grader.explanation import AnswerProblem, RunAnswers, conform, pack, unpack
from grader.figures import plot
from grader.misconceptions import diagnose
from grader.models.presence import require
from grader.notebook import code_cells, find_parameters_cells, read_notebook
from grader.parameter_usage import read_parameter_usage
from grader.release import ReleaseClock
from grader.report import CriterionResult, GradeReport, Timings
from grader.sandbox.job import Job, Verdict
from grader.variants import Variant, choose_hidden, visible_variant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbformat import NotebookNode

    from grader.exercise import Criterion, ExerciseDefinition
    from grader.explanation import ParameterUsage
    from grader.reference import Reference, ReferenceStore
    from grader.report import Diagnosis
    from grader.sandbox.job import CellError, Event, Run, Sandbox

ERROR_CHARACTERS = 20_000
"""Of an error's message, its traceback and its cell's source, as the report keeps them."""
WHERE_FROM_ATTEMPT = 2
"""The second level of feedback: where it fails."""


@dataclass(frozen=True)
class GradeResult:
    """What marking alone finds out, without running anything."""

    criteria: tuple[CriterionResult, ...]
    score: float
    passed: bool
    misconception: Diagnosis | None
    plot: dict[str, Any] | None
    mark_seconds: float = 0.0


def grade_notebook(
    exercise: ExerciseDefinition,
    notebook: bytes,
    *,
    sandbox: Sandbox,
    references: ReferenceStore,
    secret: bytes | None = None,
    attempt: int = 1,
    on_event: Callable[[Event], None] | None = None,
) -> GradeReport:
    """Run `notebook` in `sandbox` and mark its outputs against the references.

    Args:
        exercise: from `grader.exercise.load_exercise`.
        notebook: the uploaded file.
        sandbox: where learner code runs.
        references: reference values by variant.
        secret: draws the hidden variants; None marks the visible variant only.
        attempt: counted from 1; later attempts are told more.
        on_event: progress of the visible run, and the ticks of both; what it raises cancels them.

    Raises:
        NotebookRefused: the file cannot be run; the learner can fix it.
        SandboxUnavailable: nothing can be run safely here.
        WeightsMissing: a real network that it opens is not on this machine yet.
        ExerciseContentError: the exercise's own code fails.
    """
    require(exercise.models)
    document = read_notebook(notebook)
    cells = tuple(cell.source for cell in code_cells(document))
    places = find_parameters_cells(document, tuple(exercise.visible_parameters))
    variants = [visible_variant(exercise)]
    hidden = choose_hidden(exercise, secret, attempt) if secret is not None else None
    if hidden is not None:
        variants.append(hidden)
    jobs = tuple(_job(exercise, cells, places, variant) for variant in variants)
    clock = ReleaseClock(on_event)
    runs = sandbox.run_many(jobs, on_event=clock)
    clock.wait()
    ours = next((run for run in runs if run.verdict is Verdict.INTERNAL_ERROR), None)
    if ours is not None:
        return _internal_error(exercise, ours)
    answers = [_answers(variant, run) for variant, run in zip(variants, runs, strict=True)]
    usage = read_parameter_usage(exercise, cells, places)
    marks = grade_answers(exercise, answers, usage, references=references, attempt=attempt)
    visible = runs[0]
    stamp = {"version": exercise.version, "content_hash": exercise.content_hash}
    return GradeReport(
        verdict=visible.verdict,
        score=marks.score,
        max_score=exercise.max_score,
        passed=marks.passed,
        criteria=marks.criteria,
        misconception=marks.misconception,
        error=_shortened(visible.error),
        failing_source=_failing_source(cells, visible.error),
        limit=visible.limit,
        peak=visible.peak,
        timings=Timings(
            # The hidden run's time could be made to tell its parameters.
            run_seconds=visible.wall_seconds,
            mark_seconds=marks.mark_seconds,
            first_cell_seconds=visible.first_cell_seconds,
        ),
        plot=marks.plot,
        cells=_cells_concerned(exercise, document, visible, marks.misconception),
        executed=executed_notebook(document, visible),
        answers=pack(answers, usage, **stamp),
        provenance=_provenance(exercise, variants, references),
    )


def regrade(
    exercise: ExerciseDefinition, answers: bytes, *, references: ReferenceStore, attempt: int = 1
) -> GradeResult:
    """Mark stored answers again, with today's rubric and references, without running anything.

    Raises:
        GraderError: the stored answers cannot be read, or lack a parameter of today's exercise.
    """
    runs, usage, _ = unpack(answers)
    names = {parameter.name for parameter in exercise.parameters}
    if any(set(run.parameters) != names for run in runs):
        raise GraderError("the exercise's parameters have changed: the notebook must run again")
    return grade_answers(exercise, runs, usage, references=references, attempt=attempt)


def grade_answers(
    exercise: ExerciseDefinition,
    runs: Sequence[RunAnswers],
    usage: ParameterUsage,
    *,
    references: ReferenceStore,
    attempt: int = 1,
) -> GradeResult:
    """Mark the answers of the visible run and, if there is one, of the hidden run."""
    variants = [Variant(run.variant, run.parameters) for run in runs]
    found = [
        references.get(exercise, variant, misconceptions=index == 0)
        for index, variant in enumerate(variants)
    ]
    started = time.perf_counter()
    # Whatever overflows is infinite, and fails: no warning of numpy's may end a marking.
    with np.errstate(all="ignore"):
        marks = _marks(exercise, runs, found, usage, attempt)
    return replace(marks, mark_seconds=time.perf_counter() - started)


def _marks(
    exercise: ExerciseDefinition,
    runs: Sequence[RunAnswers],
    found: Sequence[Reference],
    usage: ParameterUsage,
    attempt: int,
) -> GradeResult:
    contexts = []
    for run, reference in zip(runs, found, strict=True):
        conformed = {
            output.name: conform(
                run.answers.get(output.name), output, reference.labels.get(output.name, ())
            )
            for output in exercise.outputs
        }
        contexts.append(context_of(exercise, run.parameters, reference, conformed))
    results: dict[str, CriterionResult] = {}
    for criterion in exercise.criteria:
        blocked = next((key for key in criterion.requires if not results[key].passed), None)
        if blocked is not None:
            finding = Finding(False, "criterion.requires", {"title": results[blocked].title})
        else:
            finding = _judged(criterion, runs, contexts, usage)
        results[criterion.id] = _result(criterion, finding, contexts[0], attempt)
    score = float(sum(result.points for result in results.values()))
    passed = score >= exercise.pass_score
    return GradeResult(
        criteria=tuple(results.values()),
        score=score,
        passed=passed,
        misconception=diagnose(contexts[0], results) if score < exercise.max_score else None,
        plot=plot(contexts[0], results),
    )


def _judged(
    criterion: Criterion,
    runs: Sequence[RunAnswers],
    contexts: Sequence[GradingContext],
    usage: ParameterUsage,
) -> Finding:
    """The visible run's finding; where that holds, the hidden run's in words that give nothing."""
    visible = grade_criterion(criterion, contexts[0])
    if not visible.passed:
        return _not_reached(visible, runs[0])
    for run, context in zip(runs[1:], contexts[1:], strict=True):
        hidden = grade_criterion(criterion, context)
        if not hidden.passed:
            if hidden.message_id == "criterion.rounded":
                return Finding(False, "criterion.hidden_rounded", hidden.facts)
            return _hidden_finding(criterion, run, contexts[0], context, usage)
    return visible


def _not_reached(finding: Finding, run: RunAnswers) -> Finding:
    if finding.message_id == "criterion.missing" and run.verdict != Verdict.OK:
        return Finding(False, "criterion.not_reached", finding.facts)
    return finding


def _hidden_finding(
    criterion: Criterion,
    run: RunAnswers,
    visible: GradingContext,
    hidden: GradingContext,
    usage: ParameterUsage,
) -> Finding:
    names = [name for name in (criterion.output, criterion.base) if name]
    pairs = [(visible.answers[name], hidden.answers[name]) for name in names]
    same = bool(pairs) and all(
        not isinstance(before, AnswerProblem)
        and not isinstance(after, AnswerProblem)
        and np.array_equal(before, after)
        for before, after in pairs
    )
    if not same:
        if run.verdict != Verdict.OK:
            # Neither exception nor verdict: a learner's code could choose them by a parameter.
            return Finding(False, "criterion.hidden_error")
        return Finding(False, "criterion.hidden_failed")
    for name in names:
        if name in usage.literals:
            return Finding(
                False, "criterion.pasted", {"output": name, "cell": usage.literals[name]}
            )
    return _ignored(visible.exercise, usage)


def _ignored(exercise: ExerciseDefinition, usage: ParameterUsage) -> Finding:
    if usage.stand_in:
        name, cell = usage.stand_in
        return Finding(False, "criterion.ignored_stand_in", {"names": name, "cell": cell})
    if usage.reassigned:
        name, cell = next(iter(usage.reassigned.items()))
        return Finding(False, "criterion.ignored_reassigned", {"names": name, "cell": cell})
    if usage.unread:
        return Finding(False, "criterion.ignored_unread", {"names": ", ".join(usage.unread)})
    drawn = [parameter.name for parameter in exercise.parameters if parameter.draw]
    return Finding(False, "criterion.ignored_parameters", {"names": ", ".join(drawn)})


def _result(
    criterion: Criterion, finding: Finding, visible: GradingContext, attempt: int
) -> CriterionResult:
    message, facts = finding.message_id, dict(finding.facts)
    if finding.passed:
        message = "criterion.passed_text" if criterion.passed_text else "criterion.passed"
        note = finding.facts.get("note")
        facts = {"text": criterion.passed_text} if criterion.passed_text else {}
        if note:
            message, facts = "criterion.passed_note", {"text": note}
    elif criterion.failed_text and message in _REPLACEABLE:
        message, facts = "criterion.failed_text", {"text": _filled(criterion.failed_text, facts)}
    elif finding.worst is not None and attempt >= WHERE_FROM_ATTEMPT:
        facts["place"] = _place(criterion, finding.worst, visible)
        message = f"{message}_where" if message in _LOCATED else message
    return CriterionResult(
        id=criterion.id,
        title=criterion.title,
        points=criterion.points if finding.passed else 0.0,
        max_points=criterion.points,
        passed=finding.passed,
        message_id=message,
        facts=facts,
    )


_LOCATED = ("criterion.disagrees", "criterion.outside_envelope", "criterion.not_additive")
_REPLACEABLE = (
    *_LOCATED,
    "criterion.other_model",
    "criterion.property_failed",
    "criterion.not_recomputed",
)


def _filled(text: str, facts: dict[str, Any]) -> str:
    """An author's text with its placeholders filled; braces that name nothing stay as they are."""
    for key, value in facts.items():
        text = text.replace(f"{{{key}}}", str(value))
    return text


def _place(criterion: Criterion, worst: tuple[int, ...], context: GradingContext) -> str:
    """The place as one would index it: ``shap_values[3, mean radius]``."""
    output = context.exercise.output(criterion.output)
    labels = context.reference.labels.get(output.name) or output.columns
    names = [str(index) for index in worst]
    if labels and names and len(worst) == max(len(output.shape), 1):
        names[-1] = labels[worst[-1]]
    return f"{output.name}[{', '.join(names)}]"


def _job(
    exercise: ExerciseDefinition, cells: tuple[str, ...], places: tuple[int, ...], variant: Variant
) -> Job:
    return Job(
        cells=cells,
        outputs=tuple(output.name for output in exercise.outputs),
        parameters=variant.parameters if places else {},
        parameters_cells=places,
        written=exercise.visible_parameters,
        limits=exercise.limits,
        data=exercise.data,
    )


def _cells_concerned(
    exercise: ExerciseDefinition, document: NotebookNode, run: Run, diagnosis: Diagnosis | None
) -> dict[str, dict[str, str | int]]:
    """Return which code cell of the visible run each part of the report is about."""
    outputs = {criterion.id: criterion.output for criterion in exercise.criteria}
    main = exercise.figure.output if exercise.figure else exercise.outputs[0].name
    outputs["/plot"] = main
    if diagnosis is not None:
        mistake = exercise.misconception(diagnosis.ids[0]) if diagnosis.ids else None
        outputs["/diagnosis"] = mistake.output if mistake and mistake.output else main
    answers = run.answers
    places = {part: answers[name].cell for part, name in outputs.items() if name in answers}
    if run.error is not None and run.error.cell is not None:
        places["/error"] = run.error.cell
    ids = [cell.id for cell in code_cells(document)]
    return {
        part: {"id": ids[index], "number": index + 1}
        for part, index in places.items()
        if 0 <= index < len(ids)
    }


def _answers(variant: Variant, run: Run) -> RunAnswers:
    error = run.error.name if run.error else ""
    # A learner's own exception class could carry the hidden parameters in its name.
    builtin = isinstance(getattr(builtins, error, None), type)
    return RunAnswers(
        variant=variant.id,
        parameters=variant.parameters,
        verdict=str(run.verdict),
        answers=run.answers,
        error=error if builtin else "",
    )


def _shortened(error: CellError | None) -> CellError | None:
    """The error as the report keeps it; the executed notebook has all of it."""
    if error is None:
        return None
    return replace(
        error,
        name=error.name[:200],
        message=error.message[:ERROR_CHARACTERS],
        traceback=error.traceback[-ERROR_CHARACTERS:],
    )


def _failing_source(cells: tuple[str, ...], error: CellError | None) -> str:
    """The source of the cell that stopped the run, so that no page has to read the notebook."""
    if error is None or error.cell is None or error.cell >= len(cells):
        return ""
    return cells[error.cell][:ERROR_CHARACTERS]


def _internal_error(exercise: ExerciseDefinition, run: Run) -> GradeReport:
    return GradeReport(
        verdict=Verdict.INTERNAL_ERROR,
        score=0.0,
        max_score=exercise.max_score,
        passed=False,
        error=run.error,
        timings=Timings(run_seconds=run.wall_seconds),
    )


def _provenance(
    exercise: ExerciseDefinition, variants: Sequence[Variant], references: ReferenceStore
) -> dict[str, Any]:
    visible = references.get(exercise, variants[0], misconceptions=True)
    return {
        "exercise": exercise.slug,
        "version": exercise.version,
        "content_hash": exercise.content_hash,
        "variants": [variant.id for variant in variants],
        "packages": visible.provenance["packages"],
    }
