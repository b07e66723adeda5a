"""Mistakes made with the model or the explainer in hand, by exercise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.simulated_learners.learner import Learner
from grader.author_code import author_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bench.simulated_learners.learner import Arrays
    from grader.exercise import ExerciseDefinition


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
    right = code.reference(parameters, seed)

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
