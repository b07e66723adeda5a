"""The simulated learners of one exercise: correct work, and mistakes in the arrays alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bench.simulated_learners.explainer_mistakes import SPECIAL
from bench.simulated_learners.learner import SAME, Learner
from grader.metrics import symmetric_l1
from grader.reference import reference_arrays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bench.simulated_learners.learner import Arrays
    from grader.exercise import ExerciseDefinition, Misconception

MORE_CORRECT = 10
"""So many correct learners for each mistaken one where correct answers scatter."""
LEARNER_SEED = 50_000
"""Seeds of simulated learners; no reference and no check uses them."""
ONE_ANSWER = ("agreement", "range", "envelope")
ALSO_TRUE = {
    "probability_scale": ("other_output",),
    "class_zero": ("sign", "other_output"),
    "interventional": ("background",),
    "first_rows": ("other_rows",),
    "train_rows": ("other_rows",),
    "sorted_rows": ("row_order", "other_rows"),
    "order_of_backgrounds": ("row_order",),
    "half_pairs": ("scaled",),
    # Coefficients are what explains linear scores; LIME finds them up to its scatter.
    "coefficients": ("scores",),
    "scores": ("coefficients",),
    "bits_reversed": ("feature_order",),
    "inverted_bits": ("feature_order",),
}
"""What structural detectors may say of a mistake of the library, and be right."""


def main_output(exercise: ExerciseDefinition) -> str:
    """The float output worth most of those with one right answer; empty when there is none."""
    marked = [
        criterion
        for criterion in exercise.criteria
        if criterion.kind in ONE_ANSWER and exercise.output(criterion.output).dtype == "float"
    ]
    return max(marked, key=lambda criterion: criterion.points).output if marked else ""


def learners(
    exercise: ExerciseDefinition,
    parameters: dict[str, Any],
    count: int,
    generator: np.random.Generator,
) -> Iterator[Learner]:
    """Learners of one drawing of the parameters, with correct work and with mistakes."""
    name = main_output(exercise)
    seeds = (int(seed) for seed in generator.integers(LEARNER_SEED, 2**31, size=100_000))
    for _ in range(count):
        right = reference_arrays(exercise, "reference", parameters, next(seeds), {})
        yield from _correct(right, exercise)
        if name:
            # An order of rows that changes nothing, say, is no wrong answer.
            for each in array_mistakes(right, name, generator):
                if symmetric_l1(each.outputs[name], right[name]) > SAME:
                    yield each
    for _ in range(MORE_CORRECT * count if exercise.seeds > 1 else 0):
        yield from _correct(
            reference_arrays(exercise, "reference", parameters, next(seeds), {}), exercise
        )
    for misconception in exercise.misconceptions:
        wrong = misconception_outputs(exercise, misconception, parameters, next(seeds))
        if wrong is not None:
            true, may = {misconception.id}, ALSO_TRUE.get(misconception.id, ())
            yield Learner(misconception.id, wrong, frozenset(true), frozenset(may))
    special = SPECIAL.get(exercise.slug)
    if special is not None:
        for _ in range(count):
            yield from special(exercise, parameters, next(seeds), generator)


def misconception_outputs(
    exercise: ExerciseDefinition,
    misconception: Misconception,
    parameters: dict[str, Any],
    seed: int,
) -> Arrays | None:
    """What a mistake of the exercise's own sets; None where it changes nothing.

    Some parameters turn a mistake into what the task asks for: mean squared error, say, where that
    is the score that was drawn.
    """
    if misconception.family:
        return None
    right = reference_arrays(exercise, "reference", parameters, seed, {})
    wrong = reference_arrays(exercise, f"mistake_{misconception.id}", parameters, seed, {})
    changed = [name for name, array in wrong.items() if not _same(array, right[name])]
    return {**right, **wrong} if changed else None


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    if one.dtype.kind != "f":
        return bool(np.array_equal(one, other))
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-9, atol=0))


def _correct(right: Arrays, exercise: ExerciseDefinition) -> Iterator[Learner]:
    yield Learner("correct", right, correct=True)
    if exercise.seeds == 1:
        floats = {k: v for k, v in right.items() if v.dtype.kind == "f"}
        single = {k: v.astype(np.float32).astype(float) for k, v in floats.items()}
        yield Learner("correct, float32", {**right, **single}, correct=True)
        printed = {k: np.vectorize(lambda x: float(f"{x:.4g}"))(v) for k, v in floats.items()}
        yield Learner("correct, four digits", {**right, **printed}, correct=True)


def array_mistakes(right: Arrays, name: str, generator: np.random.Generator) -> Iterator[Learner]:
    """Mistakes that need only the right array, each with parameters of its own."""
    x = right[name]

    def learner(what: str, array: NDArray[Any], *true: str) -> Learner:
        return Learner(what, {**right, name: np.asarray(array)}, frozenset(true))

    yield learner("sign", -x, "sign", "scaled")
    yield learner("absolute", np.abs(x), "absolute")
    factor = float(np.exp(generator.normal(0, 2)))
    factor = factor if abs(np.log(factor)) > 0.25 else 3.0  # noqa: PLR2004 - a factor near 1 is noise
    yield learner("scaled", factor * x, "scaled", "percent")
    yield learner(
        "noise of half the size", x + generator.normal(0, 0.5 * np.abs(x).mean(), x.shape)
    )
    yield learner("numbers from nowhere", generator.normal(0, np.abs(x).mean(), x.shape))
    if x.ndim < 2 or min(x.shape) < 2:  # noqa: PLR2004 - the rest needs rows and columns
        return
    columns, rows = generator.permutation(x.shape[-1]), np.arange(len(x))
    while np.array_equal(rows, np.arange(len(x))):
        rows = generator.permutation(len(x))
    orders = ("row_order", "shifted_rows", "reversed_rows", "sorted_rows", "other_rows")
    yield learner("rows in another order", x[rows], *orders)
    step = int(generator.integers(1, len(x)))
    yield learner("rows rotated", np.roll(x, step, axis=0), *orders)
    yield learner("features in another order", x[..., columns], "feature_order", "sorted_features")
    yield learner("mean over the rows", np.broadcast_to(x.mean(axis=0), x.shape), "row_mean")
    scale = np.exp(generator.normal(0, 0.7, (len(x), *[1] * (x.ndim - 1))))
    yield learner("rows rescaled", scale * x, "scaled_rows", "normalised", "scaled")
    size = np.abs(x).sum(axis=-1, keepdims=True)
    yield learner(
        "normalised", x / np.where(size > 0, size, 1), "normalised", "scaled_rows", "scaled"
    )
    order = np.argsort(-np.abs(x), axis=-1)
    yield learner("sorted by size", np.take_along_axis(x, order, axis=-1), "sorted_values",
                  "feature_order")  # fmt: skip
    signed = bool((x < 0).any())
    yield learner("wrong rows and absolute", np.abs(x[rows]), *(() if signed else orders))
