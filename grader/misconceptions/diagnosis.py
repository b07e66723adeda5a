"""From failed outputs to named misconceptions, or to what is right and what differs.

Each output that is wrong by its criterion's own metric is diagnosed by itself: the library if the
answer is close to one of its misconceptions, unless a structure fits better; structural detectors;
another model output that the values add up to; what fits within five per cent. The certainty is
``match`` only when the answer passes the goodness-of-fit test, is clearly likelier than the truth
with noise, and nothing that was submitted contradicts it: no output is right that the misconception
would change, and runs scatter as its runs do. What nothing explains may still be proved by an
author's criterion.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from grader.explanation import AnswerProblem
from grader.metrics import symmetric_l1
from grader.misconceptions import texts
from grader.misconceptions.evidence import COMPARING, Evidence, information_bits
from grader.misconceptions.families import satisfies_invariants
from grader.misconceptions.library import candidate_of, library
from grader.misconceptions.likelihood import Candidate, Fit, fit, noise_likelihood
from grader.misconceptions.scatter import alike_in_scatter, contradicts_scatter
from grader.misconceptions.structure import (
    adds_up_to,
    few_values_candidate,
    row_pool,
    structural_candidates,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from grader.criteria import GradingContext
    from grader.exercise import ExerciseDefinition
    from grader.report import CriterionResult, Diagnosis

    Floats = NDArray[np.float64]

CLOSE = 0.01
"""Symmetric L1 below which a deterministic answer matches a misconception."""
CLOSE_FITTED = 0.005
"""The same for proposals fitted to the answer: allows rounding to three decimals only."""
FEW_CLOSE = 0.002
"""The same for few values, which lie near some misconception or other by chance."""
FITTED_STRUCTURE = 0.35
TIE = 5.0
"""Difference of log-likelihoods below which two misconceptions cannot be told apart (e^5 = 148)."""
CERTAIN = 3.0
"""A match must be e^3 = 20 times likelier than the truth with noise of any size."""
SAME_MEAN = 4.0
SAME_SCATTER = 2.0
"""Values within four standard errors whose spreads differ by at most this factor are equal."""
SMALL_SCATTER = 0.1
"""Few values that scatter more than this share of their distance from the truth say nothing."""
NEAR = 0.05
"""An answer this close to the reference is not diagnosed."""
FEWEST_VALUES = 6
PLAIN_BITS = 3.5
HEDGED_BITS = 2.5
"""What whole numbers, truth values or texts must be worth to be said plainly, or at all."""
_PROPERTY = "criterion.property_failed"
_HAVE_SHAPE = (*COMPARING, "local_accuracy")


def diagnose(context: GradingContext, results: Mapping[str, CriterionResult]) -> Diagnosis | None:
    """Return the diagnosis of the failed outputs; None where there is nothing to diagnose."""
    evidence = Evidence(context)
    found: list[Diagnosis] = []
    unexplained: list[str] = []
    for name in _failed_outputs(evidence, results):
        shape = _one_row(evidence, name)
        answer = evidence.answer(name)
        if shape is not None:
            found.append(shape)
            continue
        # A base value of zero next to unexplained attributions is not a diagnosis.
        many = any(context.expected(each).size >= FEWEST_VALUES for each in unexplained)
        if answer is None or (many and answer.size < FEWEST_VALUES):
            continue
        diagnosis = _diagnose_output(evidence, name, answer)
        if diagnosis is None:
            unexplained.append(name)
        elif not any(_includes(evidence, other, diagnosis) for other in found):
            found.append(diagnosis)
    proved = _from_failed_criterion(evidence, results)
    plain = [each for each in found if each.certainty == "match"]
    if proved is not None and not plain:
        plain = [proved]
    ordered = [*plain, *(each for each in found if each.certainty == "resembles")]
    if not ordered:
        untouched = {
            each.output
            for each in context.exercise.criteria
            if results[each.id].message_id == "criterion.untouched"
        }
        named = [name for name in unexplained if name not in untouched]
        return texts.unknown(evidence, named) if named else None
    return replace(ordered[0], others=tuple(ordered[1:]))


def _includes(evidence: Evidence, said: Diagnosis, other: Diagnosis) -> bool:
    """Whether what was said already explains another output too."""
    if set(said.ids) & set(other.ids):
        return True
    return said.certainty == "match" and all(
        evidence.would_change(each, other.output)
        and evidence.is_consistent(each, other.output, scatter=True)
        for each in said.ids
    )


def _diagnose_output(
    evidence: Evidence, name: str, answer: NDArray[np.generic]
) -> Diagnosis | None:
    if answer.dtype.kind == "f":
        diagnosis = _diagnose_floats(evidence, name, answer.astype(np.float64))
    else:
        diagnosis = _diagnose_exact(evidence, name, answer)
    if diagnosis is None:
        return None
    exact = answer.dtype.kind != "f"
    plain = diagnosis.certainty == "match"
    if (exact or plain) and _inconsistent(evidence, diagnosis, named_by=name):
        # Few classes match by chance: what else was submitted has to agree.
        if exact:
            return None
        diagnosis = texts.named(evidence.context.exercise, diagnosis.ids, name, certain=False)
    if diagnosis.certainty == "resembles" and len(diagnosis.ids) > texts.MOST_NAMES:
        return None
    return diagnosis


def _one_row(evidence: Evidence, name: str) -> Diagnosis | None:
    """Return the diagnosis of an array with the shape of one row, as `values[1]` has."""
    problem = evidence.context.answers[name]
    expected = evidence.context.expected(name).shape
    if not isinstance(problem, AnswerProblem) or len(expected) < 2:  # noqa: PLR2004 - rows
        return None
    shape = str(problem.facts.get("found", ""))
    if problem.message_id != "criterion.wrong_shape" or shape != str(expected[1:]):
        return None
    output = evidence.context.exercise.output(name)
    return texts.one_row(output, shape, str(expected))


def _inconsistent(evidence: Evidence, diagnosis: Diagnosis, *, named_by: str) -> bool:
    """Whether other outputs are not what the diagnosis gives.

    Integers, booleans and texts must be what the misconception gives; a diagnosis from such an
    output must be consistent with all others, since a few classes can match by chance.
    """
    context = evidence.context
    exact = {output.name for output in context.exercise.outputs if output.dtype != "float"}
    others = exact if named_by not in exact else set(context.answers)
    own = [each for each in diagnosis.ids if each in context.reference.misconceptions]
    return bool(own) and not any(
        all(evidence.is_consistent(each, name, scatter=True) for name in others) for each in own
    )


def _from_failed_criterion(
    evidence: Evidence, results: Mapping[str, CriterionResult]
) -> Diagnosis | None:
    """Return the misconception that a failed criterion proves according to its author."""
    exercise = evidence.context.exercise
    for criterion in exercise.criteria:
        blamed = results[criterion.id].message_id in {_PROPERTY, "criterion.failed_text"}
        if criterion.misconception and not results[criterion.id].passed and blamed:
            ids, name = (criterion.misconception,), criterion.output
            if _is_near_truth(evidence, name):
                return texts.named(exercise, ids, name, certain=True)
    return None


def _is_near_truth(evidence: Evidence, name: str) -> bool:
    """Whether what an answer has besides zeros is nearly the truth: nothing else is wrong."""
    answer = evidence.answer(name) if name else None
    if answer is None or answer.dtype.kind != "f":
        return True
    kept = answer != 0
    truth = np.where(kept, evidence.context.expected(name), 0.0)
    return symmetric_l1(answer.astype(np.float64), truth) <= FITTED_STRUCTURE


def _failed_outputs(evidence: Evidence, results: Mapping[str, CriterionResult]) -> list[str]:
    """Return the outputs that fail in the visible run, in rubric order; `fx` last.

    An output that is right by its own comparison is not diagnosed, whatever the hidden run shows.
    """
    marked = [criterion for criterion in evidence.context.exercise.criteria if criterion.output]
    failed = [c for c in marked if not results[c.id].passed and c.output not in evidence.right]
    fx = {criterion.fx for criterion in evidence.context.exercise.criteria}
    names = [criterion.output for criterion in failed]
    ordered = [n for n in names if n not in fx] + [n for n in names if n in fx]
    return list(dict.fromkeys(ordered))


def _diagnose_floats(evidence: Evidence, name: str, found: Floats) -> Diagnosis | None:
    context = evidence.context
    exercise = context.exercise
    replicates = context.reference.outputs[name]
    truth = candidate_of("", replicates)
    true_fit = fit(found, truth)
    # A mean of sorted runs need not be sorted.
    runs = context.runs.get(name, found[None])
    noise = noise_likelihood(found, truth.mean)
    fits = [
        fit(found, candidate)
        for candidate in library(exercise, context.reference, name, found)
        if all(satisfies_invariants(_family(exercise, candidate.id), run) for run in runs)
        and not _equals_truth(candidate, truth)
        and not evidence.contradicted(candidate.id)
        and not contradicts_scatter(evidence, name, candidate.id)
    ]
    good = [f for f in fits if f.good and f.log_likelihood > true_fit.log_likelihood]
    limit = CLOSE if found.size >= FEWEST_VALUES else FEW_CLOSE
    close = [f for f in good if f.distance <= limit or f.candidate.scatters]
    shape = _best_structure(context, name, found, truth)
    if close:
        best = max(close, key=_by_likelihood)
        lead = best.log_likelihood - shape.log_likelihood if shape else TIE
        same = shape is None or symmetric_l1(best.candidate.mean, shape.candidate.mean) <= NEAR
        if lead >= -TIE:
            # Two different explanations that fit equally well: neither is certain.
            certain = (same or lead >= TIE) and _is_certain(best, noise)
            if certain or _attracts_by_right(best, noise, truth):
                ids = _tied(close, evidence, name)
                return texts.named(exercise, ids, name, certain=certain)
    scattering = alike_in_scatter(evidence, name, [each.candidate.id for each in fits if each.good])
    if scattering or true_fit.good:
        return texts.named(exercise, scattering, name, certain=False) if scattering else None
    if shape is not None:
        # A structure is fitted to the answer: what it does not meet for certain it does not name.
        certain = _is_certain(shape, noise)
        ids = (shape.candidate.id,)
        return texts.named(exercise, ids, name, certain=True) if certain else None
    other = _other_output(context, name, found)
    if other:
        return texts.named(exercise, ("other_output",), name, certain=True)
    earned = [f for f in good if _attracts_by_right(f, noise, truth)]
    if earned and found.size >= FEWEST_VALUES:
        ids = _tied(earned, evidence, name)
        return texts.named(exercise, ids, name, certain=False)
    return None


def _family(exercise: ExerciseDefinition, misconception: str) -> str:
    declared = exercise.misconception(misconception)
    return declared.family if declared else ""


def _is_certain(found: Fit, noise: float) -> bool:
    """Whether a fit is a match: informative, and clearly likelier than the truth with noise."""
    candidate = found.candidate
    enough = candidate.mean.size >= FEWEST_VALUES or not candidate.scatters
    return candidate.is_informative and enough and found.log_likelihood - noise >= CERTAIN


def _attracts_by_right(found: Fit, noise: float, truth: Candidate) -> bool:
    """Whether a fit says more than that the answer is noisy: what scatters lies near everything.

    Few values say something only where they scatter far less than the misconception moves them.
    """
    candidate = found.candidate
    shift = float(np.abs(candidate.mean - truth.mean).sum())
    wide = float(candidate.spread.sum()) > SMALL_SCATTER * shift
    few = candidate.mean.size < FEWEST_VALUES
    return found.log_likelihood > noise and not (candidate.scatters and few and wide)


def _equals_truth(candidate: Candidate, truth: Candidate) -> bool:
    """Whether a misconception gives the true values for these parameters."""
    error = candidate.spread**2 / candidate.seeds + truth.spread**2 / truth.seeds
    apart = (candidate.mean - truth.mean) ** 2 > SAME_MEAN**2 * error
    wider = candidate.spread > SAME_SCATTER * truth.spread
    narrower = truth.spread > SAME_SCATTER * candidate.spread
    return truth.scatters and not bool((apart | wider | narrower).any())


def _by_likelihood(candidate: Fit) -> float:
    return candidate.log_likelihood


def _best_structure(
    context: GradingContext, name: str, found: Floats, truth: Candidate
) -> Fit | None:
    """Return the structural proposal that fits best; the first (most specific) of equals."""
    # A recomputed output depends on other outputs: its structure is not evidence.
    compared = any(c.output == name and c.kind in _HAVE_SHAPE for c in context.exercise.criteria)
    if not compared:
        return None
    if found.size < FEWEST_VALUES:
        few = few_values_candidate(found, truth)
        return fit(found, few) if few is not None else None
    reference = context.reference
    rows = reference.every_row.get(name)
    pool = None if rows is None else row_pool(rows, truth, reference.outputs[name].mean_of)
    singles = reference.single_backgrounds.get(name)
    proposals = structural_candidates(found, truth, pool, singles)
    fits = [fit(found, each) for each in proposals if symmetric_l1(each.mean, truth.mean) > NEAR]
    # Where noise is as large as the values, almost anything passes the test: check distance too.
    # A proposal fitted to a deterministic answer must match it, not merely be close.
    near = [f for f in fits if f.good and f.distance <= _reach(f.candidate)]
    return max(near, key=_by_likelihood, default=None)


def _reach(candidate: Candidate) -> float:
    """How far from a fitted proposal an answer may lie: a few times as far as its runs scatter."""
    size = max(float(np.abs(candidate.mean).sum()), 1e-300)
    return min(CLOSE_FITTED + 3 * float(candidate.spread.sum()) / size, FITTED_STRUCTURE)


def _other_output(context: GradingContext, name: str, found: Floats) -> str | None:
    base = _own_base(context, name)
    if base is None or not context.reference.other_outputs:
        return None
    sums = found.reshape(len(found), -1).sum(axis=1) + base
    return adds_up_to(sums, dict(context.reference.other_outputs))


def _own_base(context: GradingContext, name: str) -> Floats | None:
    for criterion in context.exercise.criteria:
        if criterion.kind == "local_accuracy" and criterion.output == name and criterion.base:
            base = context.answers[criterion.base]
            return None if isinstance(base, AnswerProblem) else base.astype(np.float64)
    return None


def _tied(fits: Sequence[Fit], evidence: Evidence, name: str) -> tuple[str, ...]:
    """Return the best fits that cannot be told apart, also by the other outputs."""
    best = max(f.log_likelihood for f in fits)
    tied = [f.candidate.id for f in fits if f.log_likelihood >= best - TIE]
    return _most_consistent(evidence, tied, name)


def _most_consistent(
    evidence: Evidence, misconceptions: Sequence[str], name: str
) -> tuple[str, ...]:
    """Return the misconceptions that are consistent with the most other outputs."""
    ids = list(dict.fromkeys(misconceptions))
    others = [output.name for output in evidence.context.exercise.outputs if output.name != name]
    agreeing = {each: sum(evidence.is_consistent(each, other) for other in others) for each in ids}
    return tuple(each for each in ids if agreeing[each] == max(agreeing.values()))


def _diagnose_exact(evidence: Evidence, name: str, found: NDArray[np.generic]) -> Diagnosis | None:
    """Diagnose integers, booleans and text, which match a misconception exactly or not at all."""
    exercise, reference = evidence.context.exercise, evidence.context.reference
    known = reference.misconceptions
    bits = {
        each.id: information_bits(exercise, reference, each.id, name)
        for each in exercise.misconceptions
        if name in known.get(each.id, ())
        and np.array_equal(found, known[each.id][name].mean)
        and not evidence.contradicted(each.id)
    }
    ids = _most_consistent(evidence, list(bits), name) if bits else ()
    supported = [each for each in ids if _supported(evidence, each, name)]
    worth = max((bits[each] for each in ids), default=0.0)
    if worth < HEDGED_BITS and not supported:
        return None
    return texts.named(exercise, ids, name, certain=worth >= PLAIN_BITS or bool(supported))


def _supported(evidence: Evidence, misconception: str, name: str) -> bool:
    """Whether an output of several numbers shows the misconception too."""
    context = evidence.context
    return any(
        other != name
        and context.expected(other).dtype.kind == "f"
        and context.expected(other).size >= FEWEST_VALUES
        and evidence.would_change(misconception, other)
        and evidence.is_consistent(misconception, other)
        for other in context.answers
    )
