"""What each misconception that an exercise declares gives for one output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grader.misconceptions.families import RelatedOutputs, family_candidates
from grader.misconceptions.likelihood import Candidate
from grader.reference import Replicates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grader.exercise import ExerciseDefinition, Misconception
    from grader.reference import Reference

MAX_LIBRARIES = 256
_LIBRARIES: dict[
    tuple[int, str, tuple[Misconception, ...]], tuple[Reference, tuple[Candidate, ...]]
] = {}


def library(
    exercise: ExerciseDefinition,
    reference: Reference,
    name: str,
    found: NDArray[np.float64] | None = None,
) -> tuple[Candidate, ...]:
    """Return what each declared misconception gives for output `name`.

    Of the further forms of a misconception (another number of steps, say) only the one that is
    nearest to `found` is returned, and its choice is paid for.
    """
    fixed = _fixed(exercise, reference, name)
    if found is None:
        return fixed
    return (*fixed, *_nearest_forms(exercise, reference, name, found))


def candidate_of(name: str, replicates: Replicates) -> Candidate:
    """Return the candidate for the replicates of one misconception or of the truth."""
    return Candidate(name, replicates.mean, replicates.spread, replicates.effective)


def _fixed(exercise: ExerciseDefinition, reference: Reference, name: str) -> tuple[Candidate, ...]:
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


def _nearest_forms(
    exercise: ExerciseDefinition,
    reference: Reference,
    name: str,
    found: NDArray[np.float64],
) -> list[Candidate]:
    nearest = []
    for misconception in exercise.misconceptions:
        forms = reference.further_forms.get(f"{misconception.id}/{name}")
        if forms is None or forms.shape[1:] != found.shape:
            continue
        gaps = np.abs(forms - found).reshape(len(forms), -1).sum(axis=1)
        mean = forms[int(gaps.argmin())]
        cost = float(np.log(len(forms)))
        nearest.append(Candidate(misconception.id, mean, np.zeros_like(mean), penalty=cost))
    return nearest
