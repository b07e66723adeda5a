"""Replay simulated learners against the grader and count what it gets wrong.

Every learner's parameters are drawn anew: other rows and seeds of the exercise, and within a
mistake another background, factor, order, number of samples, ... than the library holds. Nothing is
run in a sandbox: the learners' arrays are computed here, and marked as if a notebook had left them
behind.

    python -m bench.simulated_learners content/ [--worlds 4] [--learners 10] [--seed 2026]
                                                [--references FOLDER]

Prints, over all exercises: honest work failed, wrong work passed (outside the blind spots that an
exercise declares), mistakes of the library named exactly, plain statements that are wrong, and the
last one again with the mistake's own family taken out of the library.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.__main__ import exercise_folders
from grader.check import grade_computed_answers
from grader.exercise import load_exercise
from grader.metrics import rel_l1, symmetric_l1
from grader.misconceptions.diagnosis import library
from grader.reference import ReferenceStore, author_code, reference_arrays
from grader.variants import VISIBLE, Variant, hidden_variant, visible_variant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from grader.exercise import ExerciseDefinition, Misconception

    Arrays = dict[str, NDArray[Any]]

MORE_HONEST = 10
"""As many honest learners for each mistaken one where honest answers scatter."""
LEARNER_SEED = 50_000
"""Seeds of simulated learners; no reference and no check uses them."""
SAME = 0.01
EXACTLY = 0.001
NEARLY = 0.05
"""How far the means of two dozen noisy runs may lie apart though they are one thing."""
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


@dataclass(frozen=True)
class Learner:
    """One simulated learner.

    Attributes:
        name: what they did.
        outputs: what their notebook leaves behind.
        true: the mistake's ids in the library; empty when the library does not hold it.
        may: further ids that would also be true of it.
        honest: the work is right.
    """

    name: str
    outputs: Arrays
    true: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    honest: bool = False


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
    """Honest and mistaken learners of one world."""
    name = main_output(exercise)
    seeds = (int(seed) for seed in generator.integers(LEARNER_SEED, 2**31, size=100_000))
    for _ in range(count):
        right = reference_arrays(exercise, "reference", parameters, next(seeds), {})
        yield from _honest(right, exercise)
        if name:
            # An order of rows that changes nothing, say, is no wrong answer.
            for each in _array_mistakes(right, name, generator):
                if symmetric_l1(each.outputs[name], right[name]) > SAME:
                    yield each
    for _ in range(MORE_HONEST * count if exercise.seeds > 1 else 0):
        yield from _honest(
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
    """What a mistake of the exercise's own leaves behind; None where it changes nothing.

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


def _honest(right: Arrays, exercise: ExerciseDefinition) -> Iterator[Learner]:
    yield Learner("honest", right, honest=True)
    if exercise.seeds == 1:
        floats = {k: v for k, v in right.items() if v.dtype.kind == "f"}
        single = {k: v.astype(np.float32).astype(float) for k, v in floats.items()}
        yield Learner("honest, float32", {**right, **single}, honest=True)
        printed = {k: np.vectorize(lambda x: float(f"{x:.4g}"))(v) for k, v in floats.items()}
        yield Learner("honest, four digits", {**right, **printed}, honest=True)


def _array_mistakes(right: Arrays, name: str, generator: np.random.Generator) -> Iterator[Learner]:
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


def _tree_shap(
    exercise: ExerciseDefinition,
    parameters: dict[str, Any],
    seed: int,
    generator: np.random.Generator,
) -> Iterator[Learner]:
    """Mistakes with the model in hand: other backgrounds, rows, models, outputs."""
    from sklearn.ensemble import GradientBoostingClassifier  # noqa: PLC0415 - heavy

    from grader.explainers.trees import tree_shap  # noqa: PLC0415 - heavy

    code = author_code(exercise)
    model, train, test, labels = code.world(parameters["seed"])
    rows = test[parameters["rows"]]
    right = code.reference(parameters, 0)
    interventional = ("interventional", "background")

    def learner(what: str, outputs: Arrays, *true: str) -> Learner:
        return Learner(what, {**right, **outputs}, frozenset(true))

    def background(what: str, data: NDArray[Any], output: str, *true: str) -> Learner:
        values, base = tree_shap(model, rows, background=data, model_output=output)
        return learner(what, {"shap_values": values, "base_value": base}, *true)

    for size in (1, 5, 20, 60):
        few = train[generator.choice(100, size, replace=False)]
        yield background(f"{size} of the first 100 rows as background", few, "raw", *interventional)
    some = train[generator.choice(len(train), 100, replace=False)]
    yield background("any 100 rows as background", some, "raw", *interventional)
    yield background("the mean row as background", train.mean(axis=0)[None], "raw", *interventional)
    yield background("zeros as background", np.zeros((1, 30)), "raw", *interventional)
    yield background("test rows as background", test[:50], "raw", *interventional)
    one = train[labels == generator.integers(2)][:100]
    yield background("one class as background", one, "raw", *interventional)
    yield background("probability, any background", some[:60], "probability",
                     "probability_scale", "other_output")  # fmt: skip
    for what, pool, name in (("test", test, "first_rows"), ("training", train, "train_rows")):
        chosen = generator.choice(len(pool), 10, replace=False)
        values, _ = tree_shap(model, pool[chosen])
        yield learner(f"other {what} rows", {"shap_values": values}, "other_rows", name)
    other = GradientBoostingClassifier(
        random_state=seed,
        n_estimators=int(generator.integers(20, 80)),
        max_depth=int(generator.integers(1, 5)),
    ).fit(train, labels)
    values, base = tree_shap(other, rows)
    outputs = {"shap_values": values, "base_value": base, "fx": other.decision_function(rows)}
    yield learner("another model", outputs)
    model, _, test, _ = code.world(int(generator.integers(2000, 3000)))
    yield learner("another seed", code.explained(model, test[parameters["rows"]]))


def _tabular_lime(
    exercise: ExerciseDefinition,
    parameters: dict[str, Any],
    seed: int,
    generator: np.random.Generator,
) -> Iterator[Learner]:
    """Mistakes with the explainer in hand: labels, samples, features, rows, surfaces."""
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 - heavy

    from grader.explainers.trees import tree_shap  # noqa: PLC0415 - heavy

    code = author_code(exercise)
    model, train, test = code.world()
    rows, label = code.asked(parameters)
    right = code.explained(rows, label, seed)

    def learner(what: str, weights: NDArray[Any], *true: str) -> Learner:
        return Learner(what, {**right, "weights": weights}, frozenset(true))

    def run(what: str, data: Any, *true: str, label: int = label, **options: Any) -> Learner:
        return learner(what, code.explained(data, label, seed, **options)["weights"], *true)

    def outside(found: Learner) -> Learner:
        """A mistake that the library does not hold in this form, though its name would be true."""
        return replace(found, true=frozenset(), may=found.true)

    other = int((label + generator.integers(1, 3)) % 3)
    yield run("another label", rows, *(("label_one",) if other == 1 else ()), label=other)
    yield run("few samples", rows, "few_samples", samples=int(generator.integers(100, 500)))
    yield run("few features", rows, "few_features", features=int(generator.integers(3, 12)))
    yield run("no bins", rows, "no_bins", discretised=False)
    few = run("no bins, few samples", rows, "no_bins", discretised=False, samples=1000)
    yield outside(few)
    chosen = test[generator.choice(len(test), 3, replace=False)]
    yield run("other test rows", chosen, "other_rows", "first_rows")
    chosen = train[generator.choice(len(train), 3, replace=False)]
    yield outside(run("other training rows", chosen, "other_rows", "train_rows"))
    size = int(generator.integers(20, 100))
    values, _ = tree_shap(model, rows, background=train[:size])
    yield outside(learner("SHAP, any background", values[:, :, label], "shap_values"))
    yield run("a very narrow kernel", rows, kernel_width=float(generator.uniform(0.3, 0.6)))
    small = RandomForestClassifier(n_estimators=3, max_depth=1, random_state=seed % 1000)
    small.fit(train, model.predict(train))
    yield run("a tiny forest", rows, predict=small.predict_proba)


SPECIAL = {"treeshap-gradient-boosting": _tree_shap, "lime-tabular": _tabular_lime}


class Tally:
    """What happened, by question."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()

    def share(self, part: str, whole: str) -> str:
        """A count and its share in words."""
        total = self.counts[whole]
        percent = 100 * self.counts[part] / total if total else 0.0
        return f"{self.counts[part]} of {total} ({percent:.2f} %)"

    def add(
        self, exercise: ExerciseDefinition, store: ReferenceStore, world: Variant, learner: Learner
    ) -> None:
        """Mark one learner and count what the grader said."""
        reference = store.get(exercise, world, misconceptions=True)
        marks = grade_computed_answers(exercise, store, learner.outputs, world)
        full = marks.score == exercise.max_score
        if learner.honest:
            self.counts["honest"] += 1
            self.counts["honest failed"] += not full
            self.wrong[f"failed: {learner.name} ({exercise.slug})"] += not full
            return
        self.counts["wrong"] += 1
        if full:
            close = all(
                rel_l1(np.asarray(learner.outputs[name], float), replicates.mean) <= SAME
                for name, replicates in reference.outputs.items()
                if replicates.samples.dtype.kind == "f" and replicates.count == 1
            )
            # An order of rows that changes nothing, say, is no wrong answer. And who passes with
            # the drawn parameters still has to pass with those that everybody sees.
            same = (close and exercise.seeds == 1) or self._caught_when_visible(
                exercise, store, learner
            )
            self.counts["wrong"] -= same
            self.counts["wrong passed"] += not same
            self.wrong[f"passed: {learner.name} ({exercise.slug})"] += not same
            return
        self._statement(exercise, store, world, learner, prefix="")
        families = learner.true | {learner.name}
        kept = tuple(m for m in exercise.misconceptions if m.id not in families)
        criteria = tuple(replace(c, misconception="") for c in exercise.criteria)
        without = replace(exercise, misconceptions=kept, criteria=criteria)
        self._statement(without, store, world, learner, prefix="left out: ", full_exercise=exercise)

    def _statement(
        self,
        exercise: ExerciseDefinition,
        store: ReferenceStore,
        world: Variant,
        learner: Learner,
        *,
        prefix: str,
        full_exercise: ExerciseDefinition | None = None,
    ) -> None:
        marks = grade_computed_answers(exercise, store, learner.outputs, world)
        diagnosis = marks.misconception
        in_library = bool(learner.true & _known(full_exercise or exercise))
        self.counts[f"{prefix}in library"] += in_library
        if diagnosis is None or diagnosis.certainty != "match":
            self.counts[f"{prefix}unnamed"] += 1
            self.wrong[f"{prefix}unnamed: {learner.name}"] += in_library
            return
        self.counts[f"{prefix}plain"] += 1
        true = any(each in learner.true | learner.may for each in diagnosis.ids) or self._coincides(
            exercise, store, world, learner, diagnosis.ids
        )
        self.counts[f"{prefix}named"] += in_library and true
        self.counts[f"{prefix}plain wrong"] += not true
        key = f"{prefix}{learner.name} called {' or '.join(diagnosis.ids)} ({exercise.slug})"
        self.wrong[key] += not true

    @staticmethod
    def _caught_when_visible(
        exercise: ExerciseDefinition, store: ReferenceStore, learner: Learner
    ) -> bool:
        """Whether the same learner fails with the parameters that everybody sees."""
        parameters, seed = exercise.visible_parameters, LEARNER_SEED
        misconception, name = exercise.misconception(learner.name), main_output(exercise)
        if misconception is not None:
            wrong = misconception_outputs(exercise, misconception, parameters, seed)
            again = [] if wrong is None else [wrong]
        else:
            right = reference_arrays(exercise, "reference", parameters, seed, {})
            mistakes = _array_mistakes(right, name, np.random.default_rng(seed)) if name else ()
            again = [each.outputs for each in mistakes if each.name == learner.name]
        return any(not grade_computed_answers(exercise, store, each).passed for each in again)

    @staticmethod
    def _coincides(
        exercise: ExerciseDefinition,
        store: ReferenceStore,
        world: Variant,
        learner: Learner,
        ids: tuple[str, ...],
    ) -> bool:
        """Whether the named mistake would have left the very same numbers behind.

        A logarithm to another base *is* the right values times a factor, whatever led to it.
        """
        reference = store.get(exercise, world, misconceptions=True)
        name = main_output(exercise)
        if name and "scaled" in ids:
            true = reference.outputs[name].mean
            found, nearly = np.asarray(learner.outputs[name], float), EXACTLY
            mistake = reference.misconceptions.get(learner.name, {}).get(name)
            if exercise.seeds > 1 and mistake is not None:
                found, nearly = mistake.mean, NEARLY
            factor = float((found * true).sum()) / float((true**2).sum())
            if rel_l1(found, factor * true) <= nearly * abs(factor):
                return True
        return any(
            candidate.id in ids and symmetric_l1(np.asarray(found, float), candidate.mean) <= SAME
            for name, found in learner.outputs.items()
            if np.asarray(found).dtype.kind == "f"
            and rel_l1(np.asarray(found, float), reference.outputs[name].mean) > SAME
            for candidate in library(exercise, reference, name)
        )


STRUCTURAL = {
    "scaled", "scaled_rows", "percent", "row_order", "feature_order", "other_rows", "background",
    "other_output", "predicted_class",
}  # fmt: skip


def _known(exercise: ExerciseDefinition) -> set[str]:
    structural = set(STRUCTURAL)
    if exercise.seeds > 1:
        structural -= {"background", "other_output"}
    return {misconception.id for misconception in exercise.misconceptions} | structural


def main() -> int:
    """Replay, print, and return 1 when a bound of the design is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("content", type=Path)
    parser.add_argument(
        "--worlds", type=int, default=4, help="drawings of the exercise's parameters"
    )
    parser.add_argument("--learners", type=int, default=10, help="of each kind and world")
    parser.add_argument("--seed", type=int, default=2026, help="draws worlds and learners")
    parser.add_argument("--references", type=Path, default=Path("var/references"))
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    store = ReferenceStore(options.references)
    secret = f"simulated learners {options.seed}".encode()
    total = Tally()
    for folder in exercise_folders(options.content):
        exercise = load_exercise(folder)
        generator = np.random.default_rng(options.seed)
        before = dict(total.counts)
        worlds = options.worlds if exercise.variants else 1
        for index in range(worlds):
            drawn = hidden_variant(exercise, secret, index) if exercise.variants else None
            parameters = drawn.parameters if drawn else visible_variant(exercise).parameters
            world = Variant(VISIBLE, parameters)
            for learner in learners(exercise, dict(parameters), options.learners, generator):
                total.add(exercise, store, world, learner)
        done = {key: total.counts[key] - before.get(key, 0) for key in ("honest", "wrong")}
        _say(f"{exercise.slug}: {done['honest']} honest, {done['wrong']} mistaken learners")
    _say(_summary(total))
    return 0 if _sound(total) else 1


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _details(total: Tally) -> list[str]:
    """What went wrong most often, by what the learner had done."""
    told = [item for item in total.wrong.most_common() if "left out: unnamed" not in item[0]]
    return [f"  {count} x {what}" for what, count in told[:40] if count]


def _summary(total: Tally) -> str:
    left_out = total.share("left out: plain wrong", "left out: plain")
    lines = [
        "",
        f"honest failed:                   {total.share('honest failed', 'honest')}",
        f"wrong passed:                    {total.share('wrong passed', 'wrong')}",
        f"known mistakes named exactly:    {total.share('named', 'in library')}",
        f"plain statements wrong:          {total.share('plain wrong', 'plain')}",
        f"  and with the family left out:  {left_out}",
        "",
        *_details(total),
    ]
    return "\n".join(lines)


def _sound(total: Tally) -> bool:
    counts = total.counts
    return (
        counts["honest failed"] <= 0.005 * counts["honest"]
        and counts["wrong passed"] == 0
        and counts["named"] >= 0.8 * counts["in library"]
        and counts["plain wrong"] <= 0.01 * counts["plain"]
        and counts["left out: plain wrong"] <= 0.01 * counts["left out: plain"]
    )


if __name__ == "__main__":
    sys.exit(main())
