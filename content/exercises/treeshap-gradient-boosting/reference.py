"""Reference: path-dependent TreeSHAP of a gradient-boosting classifier, in log-odds of class 1."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split

from grader.explainers.trees import tree_shap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Outputs = dict[str, NDArray[np.float64]]
    Parameters = Mapping[str, Any]


@lru_cache(maxsize=8)
def world(seed: int, *, stratified: bool = True) -> tuple[Any, Any, Any, Any]:
    """The model, its training rows, the test rows and the training labels."""
    data = load_breast_cancer()
    train, test, labels, _ = train_test_split(
        data.data,
        data.target,
        test_size=0.2,
        stratify=data.target if stratified else None,
        random_state=seed,
    )
    model = GradientBoostingClassifier(random_state=seed).fit(train, labels)
    return model, train, test, labels


def explained(model: Any, rows: Any, **options: Any) -> Outputs:
    """All outputs of the task for some rows of some model."""
    values, base = tree_shap(model, rows, **options)
    return {"fx": model.decision_function(rows), "shap_values": values, "base_value": base}


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    model, _, test, _ = world(parameters["seed"])
    return explained(model, test[parameters["rows"]])


def every_row(parameters: Parameters) -> Outputs:
    """Explanations of all test rows and all training rows."""
    model, train, test, _ = world(parameters["seed"])
    values, _ = tree_shap(model, np.vstack([test, train]))
    return {"shap_values": values}


def single_backgrounds(parameters: Parameters) -> Outputs:
    """Interventional explanations with one background row each: those that learners choose from.

    Fewer rows than an explanation has values (300), so that weights are found only where they are.
    """
    model, train, test, _ = world(parameters["seed"])
    rows = test[parameters["rows"]]
    mean, zero = train.mean(axis=0), np.zeros(train.shape[1])
    pool = np.vstack([train[:150], test[:50], mean, zero])
    single = [tree_shap(model, rows, background=row[None])[0] for row in pool]
    return {"shap_values": np.stack(single)}


def other_outputs(parameters: Parameters) -> Outputs:
    """What else base value and attributions may add up to."""
    model, _, test, _ = world(parameters["seed"])
    rows = test[parameters["rows"]]
    probability = model.predict_proba(rows)
    return {
        "the probability of class 1": probability[:, 1],
        "the probability of class 0": probability[:, 0],
        "the log-odds of class 0": -model.decision_function(rows),
        "the predicted class": model.predict(rows).astype(float),
    }


def mistake_probability_scale(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Interventional values of the probability, with the first 100 training rows."""
    model, train, test, _ = world(parameters["seed"])
    rows = test[parameters["rows"]]
    values, base = tree_shap(model, rows, background=train[:100], model_output="probability")
    return {"shap_values": values, "base_value": base}


def mistake_class_zero(parameters: Parameters, seed: int) -> Outputs:
    """Log-odds of the other class: attributions and base value with the opposite sign."""
    true = reference(parameters, seed)
    return {name: -true[name] for name in ("shap_values", "base_value")}


def mistake_interventional(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """An explainer with the first 100 training rows as background."""
    model, train, test, _ = world(parameters["seed"])
    return explained(model, test[parameters["rows"]], background=train[:100])


def mistake_first_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The first rows of the test set."""
    model, _, test, _ = world(parameters["seed"])
    return explained(model, test[: len(parameters["rows"])])


def mistake_train_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The same positions in the training set."""
    model, train, _, _ = world(parameters["seed"])
    return explained(model, train[parameters["rows"]])


def mistake_sorted_rows(parameters: Parameters, seed: int) -> Outputs:
    """The rows in ascending order, as a boolean mask gives them."""
    return reference({**parameters, "rows": sorted(parameters["rows"])}, seed)


def mistake_unstratified_split(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """A split without `stratify`: another model, and other test rows."""
    model, _, test, _ = world(parameters["seed"], stratified=False)
    return explained(model, test[parameters["rows"]])


def mistake_saabas(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The approximate method that follows the decision path only."""
    model, _, test, _ = world(parameters["seed"])
    return explained(model, test[parameters["rows"]], approximate=True)


def mistake_probability_in_fx(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Probabilities where log-odds are asked for."""
    model, _, test, _ = world(parameters["seed"])
    return {"fx": model.predict_proba(test[parameters["rows"]])[:, 1]}


def mistake_labels_in_fx(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Predicted classes where log-odds are asked for."""
    model, _, test, _ = world(parameters["seed"])
    return {"fx": model.predict(test[parameters["rows"]]).astype(float)}


def mistake_prevalence_as_base(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The share of class 1 as base value."""
    _, _, _, labels = world(parameters["seed"])
    return {"base_value": np.asarray(labels.mean())}
