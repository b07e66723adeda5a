"""From a failed answer to a named mistake, or to a plain "unknown".

Order: the library where it is met closely, unless a structure fits better; structural detectors;
another output that the values add up to; the mistake that an author sees in a failed criterion;
what fits within five per cent, or merely resembles; nothing. A statement is plain ("match") only
when the answer passes the goodness of fit and is clearly likelier than the truth with noise on it;
mistakes that fit equally well are all named: "either … or …".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grader.explanation import Problem
from grader.metrics import rel_l1, symmetric_l1
from grader.misconceptions.families import Companions, could_be, family_candidates
from grader.misconceptions.likelihood import Candidate, Fit, fit, noise_likelihood
from grader.misconceptions.structure import adds_up_to, row_pool, structural_candidates
from grader.reference import Replicates
from grader.report import CriterionResult, Diagnosis
from grader.words import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from grader.criteria import Setting
    from grader.exercise import Exercise, Misconception
    from grader.reference import Reference

    Floats = NDArray[np.float64]

CLOSE = 0.01
"""Symmetric L1 below which a deterministic answer is the mistake itself, not its neighbour."""
MET = 0.005
"""The same for what was fitted to the answer: rounding to three decimals, and no more."""
RESEMBLES = 0.35
RESEMBLES_SHARE = 0.6
TIE = 5.0
"""Difference of log-likelihoods below which two mistakes cannot be told apart (e^5 = 148)."""
SURE = 3.0
"""A plain statement is e^3 = 20 times likelier than the truth with noise of any size on it."""
SAME_MEAN = 4.0
SAME_SCATTER = 2.0
"""Values that lie within four standard errors and scatter alike, up to a factor, are the same."""
NEAR = 0.05
"""An answer this near to the reference is no mistake of kind; it is not named."""
AGREES = 0.02
_PROPERTY = "criterion.property_failed"
_COMPARING = ("agreement", "envelope", "range", "exact")
_HAVE_SHAPE = (*_COMPARING, "local_accuracy")


def diagnose(setting: Setting, results: Mapping[str, CriterionResult]) -> Diagnosis | None:
    """The mistake behind the first failed output that shows one; None when unknown."""
    hedged: Diagnosis | None = None
    unknown = False
    for name in _failed_outputs(setting, results):
        answer = setting.answers[name]
        if isinstance(answer, Problem) or answer.shape != setting.expected(name).shape:
            continue
        # A base value of zero beside attributions of nothing known explains nothing.
        if unknown and answer.size < FEWEST_VALUES:
            continue
        if answer.dtype.kind == "f":
            diagnosis = _of_numbers(setting, name, answer.astype(np.float64))
        else:
            diagnosis = _of_exact(setting, name, answer)
        if diagnosis is not None and diagnosis.certainty == "match":
            if not _contradicted(setting, diagnosis, named_by=name):
                return diagnosis
            diagnosis = _say(setting, diagnosis.ids, plain=False)
        hedged = hedged or diagnosis
        unknown = unknown or diagnosis is None
    return _proven(setting, results) or hedged


def _contradicted(setting: Setting, diagnosis: Diagnosis, *, named_by: str) -> bool:
    """Whether other outputs are not what the mistake would make of them.

    Whole numbers, truth values and texts must be; what is named by them must explain the rest too,
    since few classes are met by chance.
    """
    exact = {output.name for output in setting.exercise.outputs if output.dtype != "float"}
    others = exact if named_by not in exact else set(setting.answers)
    own = [each for each in diagnosis.ids if each in setting.reference.mistakes]
    return bool(own) and not any(
        all(_agrees(setting, each, name, scatter=True) for name in others) for each in own
    )


def _proven(setting: Setting, results: Mapping[str, CriterionResult]) -> Diagnosis | None:
    """The mistake that an author sees in a failed criterion, where the numbers say no other."""
    for criterion in setting.exercise.criteria:
        blamed = results[criterion.id].message_id in {_PROPERTY, "criterion.failed_text"}
        if criterion.mistake and not results[criterion.id].passed and blamed:
            return _say(setting, (criterion.mistake,), plain=True)
    return None


def _failed_outputs(setting: Setting, results: Mapping[str, CriterionResult]) -> list[str]:
    """Outputs in the order of the rubric; `fx` last, since it only says that something differs."""
    marked = [criterion for criterion in setting.exercise.criteria if criterion.output]
    right = {c.output for c in marked if results[c.id].passed and c.kind in _COMPARING}
    failed = [c for c in marked if not results[c.id].passed and c.output not in right]
    fx = {criterion.fx for criterion in setting.exercise.criteria}
    names = [criterion.output for criterion in failed]
    ordered = [n for n in names if n not in fx] + [n for n in names if n in fx]
    return list(dict.fromkeys(ordered))


def library(exercise: Exercise, reference: Reference, name: str) -> tuple[Candidate, ...]:
    """What each declared mistake would hand in as output `name`."""
    key = (id(reference), name, exercise.misconceptions)
    known = _LIBRARIES.get(key)
    if known is not None and known[0] is reference:
        return known[1]
    output, samples = exercise.output(name), reference.outputs[name].samples
    companions = Companions(exercise, reference, name)
    found: list[Candidate] = []
    for misconception in exercise.misconceptions:
        if misconception.family and misconception.output == name:
            arrays = family_candidates(misconception.family, samples, output, companions)
        elif not misconception.family and name in reference.mistakes[misconception.id]:
            arrays = [reference.mistakes[misconception.id][name].samples]
        else:
            continue
        found.extend(
            candidate_of(misconception.id, Replicates(array))
            for array in arrays
            if array.shape[1:] == samples.shape[1:] and array.dtype.kind == "f"
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
    """What some seeds of one mistake, or of the truth, say together."""
    return Candidate(name, replicates.mean, replicates.spread, replicates.count)


def _of_numbers(setting: Setting, name: str, found: Floats) -> Diagnosis | None:
    replicates = setting.reference.outputs[name]
    truth = candidate_of("", replicates)
    true_fit = fit(found, truth)
    noise = noise_likelihood(found, truth.mean)
    fits = [
        fit(found, candidate)
        for candidate in library(setting.exercise, setting.reference, name)
        if could_be(_family(setting.exercise, candidate.id), found)
        and not _is_no_mistake(candidate, truth)
    ]
    good = [f for f in fits if f.good and f.log_likelihood > true_fit.log_likelihood]
    close = [f for f in good if f.distance <= CLOSE or f.candidate.scatters]
    shape = _best_structure(setting, name, found, truth)
    if close:
        best = max(close, key=_by_likelihood)
        lead = best.log_likelihood - shape.log_likelihood if shape else TIE
        same = shape is None or symmetric_l1(best.candidate.mean, shape.candidate.mean) <= NEAR
        if lead >= -TIE:
            # Two different explanations that fit alike: neither may be said plainly.
            plain = (same or lead >= TIE) and _sure(best, noise)
            return _say(setting, _tied(close, setting, name), plain=plain)
    if true_fit.good:
        return None
    if shape is not None:
        plain = _sure(shape, noise)
        return _say(setting, (shape.candidate.id,), plain=plain)
    other = _other_output(setting, name, found)
    if other is not None:
        return other
    if good:
        return _say(setting, _tied(good, setting, name), plain=False)
    return _resembling(setting, fits, found, replicates)


def _family(exercise: Exercise, mistake: str) -> str:
    declared = exercise.misconception(mistake)
    return declared.family if declared else ""


def _sure(found: Fit, noise: float) -> bool:
    """Whether a mistake may be said plainly: it tells, and explains more than noise does."""
    candidate = found.candidate
    enough = candidate.mean.size >= FEWEST_VALUES or not candidate.scatters
    return candidate.tells and enough and found.log_likelihood - noise >= SURE


def _is_no_mistake(candidate: Candidate, truth: Candidate) -> bool:
    """Whether the parameters make a mistake what the task asks for: label 1, where 1 is asked."""
    error = candidate.spread**2 / candidate.seeds + truth.spread**2 / truth.seeds
    apart = (candidate.mean - truth.mean) ** 2 > SAME_MEAN**2 * error
    wider = candidate.spread > SAME_SCATTER * truth.spread
    narrower = truth.spread > SAME_SCATTER * candidate.spread
    return truth.scatters and not bool((apart | wider | narrower).any())


def _by_likelihood(candidate: Fit) -> float:
    return candidate.log_likelihood


def _best_structure(setting: Setting, name: str, found: Floats, truth: Candidate) -> Fit | None:
    """The structural proposal that fits best; of equals the first, which is the most specific."""
    # What is only recomputed follows from other outputs: no structure of its own says why.
    compared = any(c.output == name and c.kind in _HAVE_SHAPE for c in setting.exercise.criteria)
    if found.size < FEWEST_VALUES or not compared:
        return None
    reference = setting.reference
    rows = reference.every_row.get(name)
    pool = None if rows is None else row_pool(rows, truth)
    singles = reference.single_backgrounds.get(name)
    proposals = structural_candidates(found, truth, pool, singles)
    fits = [fit(found, each) for each in proposals if symmetric_l1(each.mean, truth.mean) > NEAR]
    # Where honest noise is as large as the values, almost anything passes the test: look at both.
    # And what was fitted to a deterministic answer must meet it, not merely come near.
    limit = RESEMBLES if truth.scatters else MET
    near = [f for f in fits if f.good and f.distance <= limit]
    return max(near, key=_by_likelihood, default=None)


def _other_output(setting: Setting, name: str, found: Floats) -> Diagnosis | None:
    base = _own_base(setting, name)
    if base is None or not setting.reference.other_outputs:
        return None
    sums = found.reshape(len(found), -1).sum(axis=1) + base
    other = adds_up_to(sums, dict(setting.reference.other_outputs))
    return _say(setting, ("other_output",), plain=True, name=other) if other else None


FEWEST_VALUES = 6


def _own_base(setting: Setting, name: str) -> Floats | None:
    for criterion in setting.exercise.criteria:
        if criterion.kind == "local_accuracy" and criterion.output == name and criterion.base:
            base = setting.answers[criterion.base]
            return None if isinstance(base, Problem) else base.astype(np.float64)
    return None


def _tied(fits: Sequence[Fit], setting: Setting, name: str) -> tuple[str, ...]:
    """The best fits that nothing tells apart, after a look at the other outputs."""
    best = max(f.log_likelihood for f in fits)
    tied = [f.candidate.id for f in fits if f.log_likelihood >= best - TIE]
    return _agreeing_most(setting, tied, name)


def _agreeing_most(setting: Setting, mistakes: Sequence[str], name: str) -> tuple[str, ...]:
    """Of mistakes that one output does not tell apart, those that the other outputs bear out."""
    ids = list(dict.fromkeys(mistakes))
    others = [output.name for output in setting.exercise.outputs if output.name != name]
    agreeing = {each: sum(_agrees(setting, each, other) for other in others) for each in ids}
    return tuple(each for each in ids if agreeing[each] == max(agreeing.values()))


def _agrees(setting: Setting, mistake: str, name: str, *, scatter: bool = False) -> bool:
    """Whether another output is what the mistake would leave there, or may leave by chance."""
    answer = setting.answers[name]
    changed: Replicates | None = setting.reference.mistakes.get(mistake, {}).get(name)
    replicates = changed or setting.reference.outputs[name]
    expected = replicates.mean
    if isinstance(answer, Problem) or answer.shape != expected.shape:
        return False
    if expected.dtype.kind != "f":
        return bool(np.array_equal(answer, expected))
    size = max(float(np.abs(expected).sum()), 1e-300)
    chance = 2 * float(replicates.spread.sum()) / size if scatter else 0.0
    return rel_l1(answer.astype(np.float64), expected) <= AGREES + chance


def _resembling(
    setting: Setting, fits: Sequence[Fit], found: Floats, replicates: Replicates
) -> Diagnosis | None:
    from_truth = symmetric_l1(found, replicates.mean)
    near = sorted(
        (f for f in fits if f.distance < RESEMBLES and f.distance < RESEMBLES_SHARE * from_truth),
        key=lambda f: f.distance,
    )
    if not near:
        return None
    ids = [f.candidate.id for f in near if f.distance <= 1.25 * near[0].distance]
    return _say(setting, tuple(dict.fromkeys(ids)), plain=False)


def _of_exact(setting: Setting, name: str, found: NDArray[np.generic]) -> Diagnosis | None:
    """Whole numbers, truth values and text: a mistake is met exactly or not at all."""
    mistakes = setting.reference.mistakes
    ids = [
        each.id
        for each in setting.exercise.misconceptions
        if name in mistakes.get(each.id, ()) and np.array_equal(found, mistakes[each.id][name].mean)
    ]
    return _say(setting, _agreeing_most(setting, ids, name), plain=True) if ids else None


def _say(setting: Setting, ids: tuple[str, ...], *, plain: bool, **extra: str) -> Diagnosis:
    """Put a finding into words: ``match`` is said plainly, ``resembles`` with a reserve."""
    certainty = "match" if plain else "resembles"
    texts = [_texts(setting.exercise, each) for each in ids]
    message = f"diagnosis.{certainty}" + ("_either" if len(ids) > 1 else "")
    facts: dict[str, str | int | float] = {
        "mistake": " or ".join(title for title, _, _ in texts),
        "message": texts[0][1] if len(ids) == 1 else "",
        "question": texts[0][2],
        **extra,
    }
    return Diagnosis(ids=ids, certainty=certainty, message_id=message, facts=facts)


def _texts(exercise: Exercise, mistake: str) -> tuple[str, str, str]:
    """Title, message and question: the exercise's own, else the ready-made ones."""
    own = exercise.misconception(mistake)
    return (own.title, own.message, own.question) if own else FAMILIES[mistake]
