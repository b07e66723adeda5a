"""Reference: exact SHAP values against three backgrounds, by enumeration of all 256 coalitions."""

from __future__ import annotations

from functools import lru_cache
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split

from grader.explainers.trees import tree_shap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Outputs = dict[str, NDArray[np.float64]]
    Parameters = Mapping[str, Any]
    Model = Callable[[NDArray[np.float64]], NDArray[np.float64]]

FEATURES = (
    *("mean radius", "mean texture", "mean smoothness", "mean concavity"),
    *("mean symmetry", "worst texture", "worst area", "worst concave points"),
)
F = len(FEATURES)
MEMBERS = (np.arange(2**F)[:, None] >> np.arange(F)) & 1  # (256, 8)


@lru_cache(maxsize=8)
def _world(seed: int) -> tuple[Any, Any, Any, Any]:
    """The classifier, training rows, their classes, and test rows."""
    data = load_breast_cancer()
    columns = [list(data.feature_names).index(name) for name in FEATURES]
    train, test, labels, _ = train_test_split(
        data.data[:, columns],
        data.target,
        test_size=0.25,
        stratify=data.target,
        random_state=seed,
    )
    model = GradientBoostingClassifier(n_estimators=40, random_state=seed).fit(train, labels)
    return model, train, labels, test


def _exact(model: Model, rows: Any, background: Any) -> NDArray[np.float64]:
    """SHAP values of each row, shape (rows, features)."""
    values = np.zeros((len(rows), F))
    for i, x in enumerate(rows):
        mixed = np.where(MEMBERS[:, None, :] == 1, x, background[None, :, :])
        v = model(mixed.reshape(-1, F)).reshape(len(MEMBERS), -1).mean(axis=1)
        for j in range(F):
            without = np.flatnonzero(MEMBERS[:, j] == 0)
            weights = [1 / (F * comb(F - 1, int(size))) for size in MEMBERS[without].sum(axis=1)]
            values[i, j] = np.dot(weights, v[without | 1 << j] - v[without])
    return values


def _explained(model: Model, rows: Any, backgrounds: Sequence[Any]) -> Outputs:
    return {
        "fx": model(rows),
        "base": np.array([model(background).mean() for background in backgrounds]),
        "phi": np.stack([_exact(model, rows, background) for background in backgrounds]),
    }


def _parts(parameters: Parameters, *, size: int = 50, ill: int = 0) -> tuple[Model, Any, list[Any]]:
    """The model's output, the rows, and the three backgrounds."""
    classifier, train, labels, test = _world(parameters["seed"])
    backgrounds = [train[:size], train.mean(axis=0, keepdims=True), train[labels == ill][:size]]
    return lambda x: classifier.predict_proba(x)[:, 1], test[parameters["rows"]], backgrounds


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    return _explained(*_parts(parameters))


def adds_up(
    parameters: Parameters,  # noqa: ARG001 - `fx` has been found right before
    answers: Mapping[str, Any],
) -> bool:
    """Whether base value and attributions give the model's output, for each background and row."""
    phi, base, fx = answers.get("phi"), answers.get("base"), answers.get("fx")
    if phi is None or base is None or fx is None:
        return False
    gap = np.abs(base[:, None] + phi.sum(axis=2) - fx[None, :])
    return bool((gap <= 0.01).all())


def mistake_one_background(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Everybody, three times."""
    model, rows, backgrounds = _parts(parameters)
    return _explained(model, rows, backgrounds[:1] * 3)


def mistake_order_of_backgrounds(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The second and the third exchanged."""
    model, rows, backgrounds = _parts(parameters)
    return _explained(model, rows, [backgrounds[0], backgrounds[2], backgrounds[1]])


def mistake_healthy_background(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Benign rows as third background."""
    return _explained(*_parts(parameters, ill=1))


def mistake_log_odds(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The decision function instead of the probability."""
    _, rows, backgrounds = _parts(parameters)
    return _explained(_world(parameters["seed"])[0].decision_function, rows, backgrounds)


def mistake_class_zero(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The other column of predict_proba."""
    model, rows, backgrounds = _parts(parameters)
    return _explained(lambda x: 1 - model(x), rows, backgrounds)


def mistake_rescaled_probability(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """What TreeExplainer gives for the probability: rescaled log-odds."""
    _, rows, backgrounds = _parts(parameters)
    classifier = _world(parameters["seed"])[0]
    phi = [
        tree_shap(classifier, rows, background=each, model_output="probability")[0]
        for each in backgrounds
    ]
    return {"phi": np.stack(phi)}


def mistake_test_background(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The first 50 test rows as first background."""
    model, rows, backgrounds = _parts(parameters)
    return _explained(model, rows, [_world(parameters["seed"])[3][:50], *backgrounds[1:]])


def mistake_hundred_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """100 rows in each background."""
    return _explained(*_parts(parameters, size=100))


def mistake_mean_of_background(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The mean row of each background."""
    model, rows, backgrounds = _parts(parameters)
    return _explained(model, rows, [each.mean(axis=0, keepdims=True) for each in backgrounds])


def mistake_first_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The first three rows of the test set."""
    model, _, backgrounds = _parts(parameters)
    return _explained(model, _world(parameters["seed"])[3][:3], backgrounds)


def mistake_train_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The same positions in the training set."""
    model, _, backgrounds = _parts(parameters)
    return _explained(model, _world(parameters["seed"])[1][parameters["rows"]], backgrounds)
