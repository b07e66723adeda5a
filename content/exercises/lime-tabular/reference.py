"""Reference: LIME's weights for a random forest on the wine data, over many random states."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from grader.explainers.tabular_lime import lime_explanations, lime_with_two_kernels
from grader.explainers.trees import tree_shap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Outputs = dict[str, Floats]
    Parameters = Mapping[str, Any]


SAMPLES = 2000
WIDER = 10
"""How many times as wide the other kernel is whose weights are subtracted."""
OTHER_STATE = 500_000
KERNEL_MATTERS = {
    0: frozenset({6, 14, 18, 34, 36, 39, 48, 49, 51}),
    1: frozenset({9, 14, 18, 21, 36, 39, 49, 51}),
    2: frozenset({5, 7, 9, 12, 14, 18, 21, 31, 39, 40, 49}),
}
"""For each label, the test rows of which the wider kernel moves three weights by more than nine
standard errors of a mean of 20 runs: a wrong difference shows there. For other rows the kernel
changes little more than LIME's own scatter."""
MOST_ZEROS = 0.02
"""The share of weights that may be zero: one in a thousand is after printing with six decimals, and
who keeps twelve of the thirteen features has one in thirteen."""
FIRST_STATE = 1000
"""Random states from here on: learners count from 0, and the reference's own runs lie too near."""


@cache
def world() -> tuple[Any, Any, Any]:
    """The model, its training rows and the test rows."""
    data = load_wine()
    train, test, labels, _ = train_test_split(
        data.data, data.target, test_size=0.3, stratify=data.target, random_state=0
    )
    model = RandomForestClassifier(n_estimators=30, random_state=0).fit(train, labels)
    return model, train, test


def explained(rows: Floats, label: int, seed: int, **options: Any) -> Outputs:
    """All outputs of the task for some rows, with LIME's random state `seed`."""
    model, train, _ = world()
    options = {"predict": model.predict_proba, "label": label, "samples": SAMPLES, **options}
    state = FIRST_STATE + seed
    weights, fit = lime_explanations(training_rows=train, rows=rows, seed=state, **options)
    return {"fx": model.predict_proba(rows)[:, label], "weights": weights, "fit": fit}


def asked(parameters: Parameters) -> tuple[Floats, int]:
    """The rows and the class that the parameters name."""
    _, _, test = world()
    return test[parameters["rows"]], parameters["label"]


def two_kernels(rows: Floats, label: int, seed: int, *widths: float) -> tuple[Outputs, Floats]:
    """The outputs with a kernel of so many default widths, and the first row's with another one."""
    model, train, _ = world()
    default = 0.75 * np.sqrt(rows.shape[1])
    weights, fit, others = lime_with_two_kernels(
        model.predict_proba,
        train,
        rows,
        seed=FIRST_STATE + seed,
        label=label,
        samples=SAMPLES,
        kernel_widths=(widths[0] * default, widths[1] * default),
    )
    fx = model.predict_proba(rows)[:, label]
    return {"fx": fx, "weights": weights, "fit": fit}, others


def reference(parameters: Parameters, seed: int) -> Outputs:
    """One run of what the task asks for, with one random state of LIME."""
    found, wide = two_kernels(*asked(parameters), seed, 1, WIDER)
    return {**found, "kernel_effect": found["weights"][0] - wide}


def every_row(parameters: Parameters) -> Outputs:
    """The weights of every test row, under each of four random states."""
    _, _, test = world()
    label = parameters["label"]
    runs = [explained(test, label, seed)["weights"] for seed in range(500, 504)]
    return {"weights": np.stack(runs)}


def suitable(parameters: Parameters) -> bool:
    """Whether the kernel matters for the row of which its effect is asked."""
    return parameters["rows"][0] in KERNEL_MATTERS[parameters["label"]]


def all_features_weighted(parameters: Parameters, answers: Outputs) -> bool:  # noqa: ARG001
    """Whether next to no weight is zero: a ridge fit gives every feature that it keeps some."""
    return bool(np.mean(answers["weights"] == 0) <= MOST_ZEROS)


def mistake_label_one(parameters: Parameters, seed: int) -> Outputs:
    """The label that LIME explains when none is given."""
    rows, _ = asked(parameters)
    found = explained(rows, 1, seed)
    return {name: found[name] for name in ("weights", "fit")}


def mistake_few_features(parameters: Parameters, seed: int) -> Outputs:
    """The number of features that LIME keeps when none is given."""
    rows, label = asked(parameters)
    return explained(rows, label, seed, features=10)


def mistake_no_bins(parameters: Parameters, seed: int) -> Outputs:
    """Continuous features instead of quartile bins."""
    rows, label = asked(parameters)
    return explained(rows, label, seed, discretised=False)


def mistake_few_samples(parameters: Parameters, seed: int) -> Outputs:
    """A tenth of the samples."""
    rows, label = asked(parameters)
    return explained(rows, label, seed, samples=SAMPLES // 10)


def mistake_wide_kernel(parameters: Parameters, seed: int) -> Outputs:
    """Ten times the default width, and ten times that."""
    found, wider = two_kernels(*asked(parameters), seed, WIDER, WIDER**2)
    return {**found, "kernel_effect": found["weights"][0] - wider}


def mistake_other_samples(parameters: Parameters, seed: int) -> Outputs:
    """Another random state for the wide kernel."""
    rows, label = asked(parameters)
    default, _ = two_kernels(rows[:1], label, seed, 1, WIDER)
    _, wide = two_kernels(rows[:1], label, seed + OTHER_STATE, 1, WIDER)
    return {"kernel_effect": default["weights"][0] - wide}


def mistake_effect_of_one(parameters: Parameters, seed: int) -> Outputs:
    """The weights with the wide kernel, from which nothing was subtracted."""
    rows, label = asked(parameters)
    return {"kernel_effect": two_kernels(rows[:1], label, seed, 1, WIDER)[1]}


def mistake_fewer_samples(parameters: Parameters, seed: int) -> Outputs:
    """Four fifths of the samples."""
    rows, label = asked(parameters)
    return explained(rows, label, seed, samples=4 * SAMPLES // 5)


def mistake_shap_values(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """TreeSHAP of the same forest and class."""
    model, _, _ = world()
    rows, label = asked(parameters)
    values, _ = tree_shap(model, rows)
    return {"weights": values[:, :, label]}


def mistake_hard_labels(parameters: Parameters, seed: int) -> Outputs:
    """A prediction function that returns 0 or 1."""
    model, _, _ = world()
    rows, label = asked(parameters)

    def hard(x: Floats) -> Floats:
        return np.asarray(np.eye(3)[model.predict(x)])

    found = explained(rows, label, seed, predict=hard)
    return {name: found[name] for name in ("weights", "fit")}


def mistake_first_rows(parameters: Parameters, seed: int) -> Outputs:
    """The first rows of the test set."""
    _, _, test = world()
    found = explained(test[: len(parameters["rows"])], parameters["label"], seed)
    return {name: found[name] for name in ("weights", "fit")}


def mistake_train_rows(parameters: Parameters, seed: int) -> Outputs:
    """The same positions in the training set."""
    _, train, _ = world()
    return explained(train[parameters["rows"]], parameters["label"], seed)


def mistake_probability_of_one_in_fx(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The second column of predict_proba, whatever the label."""
    model, _, _ = world()
    rows, _ = asked(parameters)
    return {"fx": model.predict_proba(rows)[:, 1]}
