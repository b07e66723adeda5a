"""From a failed answer to a named misconception, or to "unknown".

Order: the library if the answer is close to one of its misconceptions, unless a structure fits
better; structural detectors; another model output that the values add up to; the misconception
that an author's failed criterion proves; what fits within five per cent or merely resembles;
nothing. The certainty is ``match`` only when the answer passes the goodness-of-fit test and is
clearly likelier than the truth with noise; misconceptions that fit equally well are all named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grader.explanation import AnswerProblem
from grader.messages import FAMILIES
from grader.metrics import rel_l1, symmetric_l1
from grader.misconceptions.families import RelatedOutputs, family_candidates, satisfies_invariants
from grader.misconceptions.likelihood import Candidate, Fit, fit, noise_likelihood
from grader.misconceptions.structure import adds_up_to, row_pool, structural_candidates
from grader.reference import Replicates
from grader.report import CriterionResult, Diagnosis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from grader.criteria import GradingContext
    from grader.exercise import ExerciseDefinition, Misconception
    from grader.reference import Reference

    Floats = NDArray[np.float64]

CLOSE = 0.01
"""Symmetric L1 below which a deterministic answer matches a misconception."""
CLOSE_FITTED = 0.005
"""The same for proposals fitted to the answer: allows rounding to three decimals only."""
RESEMBLES = 0.35
RESEMBLES_SHARE = 0.6
TIE = 5.0
"""Difference of log-likelihoods below which two misconceptions cannot be told apart (e^5 = 148)."""
CERTAIN = 3.0
"""A match must be e^3 = 20 times likelier than the truth with noise of any size."""
SAME_MEAN = 4.0
SAME_SCATTER = 2.0
"""Values within four standard errors whose spreads differ by at most this factor are equal."""
NEAR = 0.05
"""An answer this close to the reference is not diagnosed."""
CONSISTENT = 0.02
_PROPERTY = "criterion.property_failed"
_COMPARING = ("agreement", "envelope", "range", "exact")
_HAVE_SHAPE = (*_COMPARING, "local_accuracy")


def diagnose(context: GradingContext, results: Mapping[str, CriterionResult]) -> Diagnosis | None:
    """Return the misconception shown by the first failed output; None if unknown."""
    similar: Diagnosis | None = None
    unknown = False
    for name in _failed_outputs(context, results):
        answer = context.answers[name]
        if isinstance(answer, AnswerProblem) or answer.shape != context.expected(name).shape:
            continue
        # A base value of zero next to unexplained attributions is not a diagnosis.
        if unknown and answer.size < FEWEST_VALUES:
            continue
        if answer.dtype.kind == "f":
            diagnosis = _diagnose_floats(context, name, answer.astype(np.float64))
        else:
            diagnosis = _diagnose_exact(context, name, answer)
        if diagnosis is not None and diagnosis.certainty == "match":
            if not _contradicted(context, diagnosis, named_by=name):
                return diagnosis
            diagnosis = _diagnosis(context, diagnosis.ids, certain=False)
        similar = similar or diagnosis
        unknown = unknown or diagnosis is None
    return _from_failed_criterion(context, results) or similar


def _contradicted(context: GradingContext, diagnosis: Diagnosis, *, named_by: str) -> bool:
    """Whether other outputs contradict the diagnosis.

    Integers, booleans and texts must be what the misconception gives; a diagnosis from such an
    output must be consistent with all others, since a few classes can match by chance.
    """
    exact = {output.name for output in context.exercise.outputs if output.dtype != "float"}
    others = exact if named_by not in exact else set(context.answers)
    own = [each for each in diagnosis.ids if each in context.reference.misconceptions]
    return bool(own) and not any(
        all(_is_consistent(context, each, name, scatter=True) for name in others) for each in own
    )


def _from_failed_criterion(
    context: GradingContext, results: Mapping[str, CriterionResult]
) -> Diagnosis | None:
    """Return the misconception that a failed criterion proves according to its author."""
    for criterion in context.exercise.criteria:
        blamed = results[criterion.id].message_id in {_PROPERTY, "criterion.failed_text"}
        if criterion.misconception and not results[criterion.id].passed and blamed:
            return _diagnosis(context, (criterion.misconception,), certain=True)
    return None


def _failed_outputs(context: GradingContext, results: Mapping[str, CriterionResult]) -> list[str]:
    """Return the failed outputs in rubric order; `fx` last, since it is the least specific."""
    marked = [criterion for criterion in context.exercise.criteria if criterion.output]
    right = {c.output for c in marked if results[c.id].passed and c.kind in _COMPARING}
    failed = [c for c in marked if not results[c.id].passed and c.output not in right]
    fx = {criterion.fx for criterion in context.exercise.criteria}
    names = [criterion.output for criterion in failed]
    ordered = [n for n in names if n not in fx] + [n for n in names if n in fx]
    return list(dict.fromkeys(ordered))


def library(exercise: ExerciseDefinition, reference: Reference, name: str) -> tuple[Candidate, ...]:
    """Return what each declared misconception gives for output `name`."""
    key = (id(reference), name, exercise.misconceptions)
    known = _LIBRARIES.get(key)
    if known is not None and known[0] is reference:
        return known[1]
    output, samples = exercise.output(name), reference.outputs[name].samples
    related = RelatedOutputs(exercise, reference, name)
    found: list[Candidate] = []
    for misconception in exercise.misconceptions:
        if misconception.passes:  # a blind spot: what cannot be seen cannot be named
            continue
        if misconception.family and misconception.output == name:
            arrays = family_candidates(misconception.family, samples, output, related)
            computed = [Replicates(array, output.runs) for array in arrays]
        elif not misconception.family and name in reference.misconceptions[misconception.id]:
            computed = [reference.misconceptions[misconception.id][name]]
        else:
            continue
        found.extend(
            candidate_of(misconception.id, each)
            for each in computed
            if each.samples.shape[1:] == samples.shape[1:] and each.samples.dtype.kind == "f"
        )
    if len(_LIBRARIES) >= MAX_LIBRARIES:
        _LIBRARIES.clear()
    _LIBRARIES[key] = (reference, tuple(found))
    return tuple(found)


MAX_LIBRARIES = 256
_LIBRARIES: dict[
    tuple[int, str, tuple[Misconception, ...]], tuple[Reference, tuple[Candidate, ...]]
] = {}


def candidate_of(name: str, replicates: Replicates) -> Candidate:
    """Return the candidate for the replicates of one misconception or of the truth."""
    return Candidate(name, replicates.mean, replicates.spread, replicates.effective)


def _diagnose_floats(context: GradingContext, name: str, found: Floats) -> Diagnosis | None:
    replicates = context.reference.outputs[name]
    truth = candidate_of("", replicates)
    true_fit = fit(found, truth)
    # A mean of sorted runs need not be sorted.
    runs = context.runs.get(name, found[None])
    noise = noise_likelihood(found, truth.mean)
    fits = [
        fit(found, candidate)
        for candidate in library(context.exercise, context.reference, name)
        if all(satisfies_invariants(_family(context.exercise, candidate.id), run) for run in runs)
        and not _equals_truth(candidate, truth)
    ]
    good = [f for f in fits if f.good and f.log_likelihood > true_fit.log_likelihood]
    close = [f for f in good if f.distance <= CLOSE or f.candidate.scatters]
    shape = _best_structure(context, name, found, truth)
    if close:
        best = max(close, key=_by_likelihood)
        lead = best.log_likelihood - shape.log_likelihood if shape else TIE
        same = shape is None or symmetric_l1(best.candidate.mean, shape.candidate.mean) <= NEAR
        if lead >= -TIE:
            # Two different explanations that fit equally well: neither is certain.
            certain = (same or lead >= TIE) and _is_certain(best, noise)
            return _diagnosis(context, _tied(close, context, name), certain=certain)
    if true_fit.good:
        return None
    if shape is not None:
        certain = _is_certain(shape, noise)
        return _diagnosis(context, (shape.candidate.id,), certain=certain)
    other = _other_output(context, name, found)
    if other is not None:
        return other
    if good:
        return _diagnosis(context, _tied(good, context, name), certain=False)
    return _most_similar(context, fits, found, replicates)


def _family(exercise: ExerciseDefinition, misconception: str) -> str:
    declared = exercise.misconception(misconception)
    return declared.family if declared else ""


def _is_certain(found: Fit, noise: float) -> bool:
    """Whether a fit is a match: informative, and clearly likelier than the truth with noise."""
    candidate = found.candidate
    enough = candidate.mean.size >= FEWEST_VALUES or not candidate.scatters
    return candidate.is_informative and enough and found.log_likelihood - noise >= CERTAIN


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
    if found.size < FEWEST_VALUES or not compared:
        return None
    reference = context.reference
    rows = reference.every_row.get(name)
    pool = None if rows is None else row_pool(rows, truth)
    singles = reference.single_backgrounds.get(name)
    proposals = structural_candidates(found, truth, pool, singles)
    fits = [fit(found, each) for each in proposals if symmetric_l1(each.mean, truth.mean) > NEAR]
    # Where noise is as large as the values, almost anything passes the test: check distance too.
    # A proposal fitted to a deterministic answer must match it, not merely be close.
    limit = RESEMBLES if truth.scatters else CLOSE_FITTED
    near = [f for f in fits if f.good and f.distance <= limit]
    return max(near, key=_by_likelihood, default=None)


def _other_output(context: GradingContext, name: str, found: Floats) -> Diagnosis | None:
    base = _own_base(context, name)
    if base is None or not context.reference.other_outputs:
        return None
    sums = found.reshape(len(found), -1).sum(axis=1) + base
    other = adds_up_to(sums, dict(context.reference.other_outputs))
    return _diagnosis(context, ("other_output",), certain=True, name=other) if other else None


FEWEST_VALUES = 6


def _own_base(context: GradingContext, name: str) -> Floats | None:
    for criterion in context.exercise.criteria:
        if criterion.kind == "local_accuracy" and criterion.output == name and criterion.base:
            base = context.answers[criterion.base]
            return None if isinstance(base, AnswerProblem) else base.astype(np.float64)
    return None


def _tied(fits: Sequence[Fit], context: GradingContext, name: str) -> tuple[str, ...]:
    """Return the best fits that cannot be told apart, also by the other outputs."""
    best = max(f.log_likelihood for f in fits)
    tied = [f.candidate.id for f in fits if f.log_likelihood >= best - TIE]
    return _most_consistent(context, tied, name)


def _most_consistent(
    context: GradingContext, misconceptions: Sequence[str], name: str
) -> tuple[str, ...]:
    """Return the misconceptions that are consistent with the most other outputs."""
    ids = list(dict.fromkeys(misconceptions))
    others = [output.name for output in context.exercise.outputs if output.name != name]
    agreeing = {each: sum(_is_consistent(context, each, other) for other in others) for each in ids}
    return tuple(each for each in ids if agreeing[each] == max(agreeing.values()))


def _is_consistent(
    context: GradingContext, misconception: str, name: str, *, scatter: bool = False
) -> bool:
    """Whether another output is what the misconception gives, within its scatter if asked."""
    answer = context.answers[name]
    changed: Replicates | None = context.reference.misconceptions.get(misconception, {}).get(name)
    replicates = changed or context.reference.outputs[name]
    expected = replicates.mean
    if isinstance(answer, AnswerProblem) or answer.shape != expected.shape:
        return False
    if expected.dtype.kind != "f":
        return bool(np.array_equal(answer, expected))
    size = max(float(np.abs(expected).sum()), 1e-300)
    chance = 2 * float(replicates.spread.sum()) / size if scatter else 0.0
    return rel_l1(answer.astype(np.float64), expected) <= CONSISTENT + chance


def _most_similar(
    context: GradingContext, fits: Sequence[Fit], found: Floats, replicates: Replicates
) -> Diagnosis | None:
    from_truth = symmetric_l1(found, replicates.mean)
    near = sorted(
        (f for f in fits if f.distance < RESEMBLES and f.distance < RESEMBLES_SHARE * from_truth),
        key=lambda f: f.distance,
    )
    if not near:
        return None
    ids = [f.candidate.id for f in near if f.distance <= 1.25 * near[0].distance]
    return _diagnosis(context, tuple(dict.fromkeys(ids)), certain=False)


def _diagnose_exact(
    context: GradingContext, name: str, found: NDArray[np.generic]
) -> Diagnosis | None:
    """Diagnose integers, booleans and text, which match a misconception exactly or not at all."""
    known = context.reference.misconceptions
    ids = [
        each.id
        for each in context.exercise.misconceptions
        if name in known.get(each.id, ()) and np.array_equal(found, known[each.id][name].mean)
    ]
    return _diagnosis(context, _most_consistent(context, ids, name), certain=True) if ids else None


def _diagnosis(
    context: GradingContext, ids: tuple[str, ...], *, certain: bool, **extra: str
) -> Diagnosis:
    """Return a diagnosis with its message: ``match`` if certain, otherwise ``resembles``."""
    certainty = "match" if certain else "resembles"
    texts = [_texts(context.exercise, each) for each in ids]
    message = f"diagnosis.{certainty}" + ("_either" if len(ids) > 1 else "")
    facts: dict[str, str | int | float] = {
        "mistake": " or ".join(title for title, _, _ in texts),
        "message": texts[0][1] if len(ids) == 1 else "",
        "question": texts[0][2],
        **extra,
    }
    return Diagnosis(ids=ids, certainty=certainty, message_id=message, facts=facts)


def _texts(exercise: ExerciseDefinition, misconception: str) -> tuple[str, str, str]:
    """Return title, message and question: the exercise's own, or the family's."""
    own = exercise.misconception(misconception)
    return (own.title, own.message, own.question) if own else FAMILIES[misconception]
