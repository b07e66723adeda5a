"""Reference: SHAP values, LIME weights, their agreement, and a tree that imitates the model."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import rankdata
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeRegressor

from grader.explainers.tabular_lime import lime_weights
from grader.explainers.trees import tree_shap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Outputs = dict[str, Floats]
    Parameters = Mapping[str, Any]

TOP = 3
ROUNDING = 0.0005
"""Half of the last decimal that the starter prints: what is nearer to zero has no sign then."""


@lru_cache(maxsize=8)
def _world(seed: int) -> tuple[Any, Any, Any, Any, Any]:
    """The model, training rows and labels, test rows and labels."""
    data = load_diabetes()
    train, test, labels, test_labels = train_test_split(
        data.data, data.target, test_size=0.25, random_state=seed
    )
    model = GradientBoostingRegressor(n_estimators=60, random_state=seed).fit(train, labels)
    return model, train, labels, test, test_labels


@lru_cache(maxsize=32)
def _shap(seed: int, rows: tuple[int, ...]) -> Floats:
    model, _, _, test, _ = _world(seed)
    return tree_shap(model, test[list(rows)])[0]


def _lime(parameters: Parameters, rows: Floats, seed: int, *, discretised: bool = True) -> Floats:
    model, train, _, _, _ = _world(parameters["seed"])
    return lime_weights(
        model.predict, train, rows, seed=seed, label=None, samples=2000, discretised=discretised
    )


def _tree(train: Floats, target: Floats, test: Floats, depth: int = 3) -> Floats:
    fitted = DecisionTreeRegressor(max_depth=depth, random_state=0).fit(train, target)
    return np.asarray(fitted.predict(test))


def _agreement(phi: Floats, weights: Floats) -> Floats:
    """Top-three overlap, sign agreement and rank correlation; NaN where all values are alike."""
    figures = []
    for one, other in zip(np.abs(phi), np.abs(weights), strict=True):
        tops = [set(np.argsort(-values)[:TOP]) for values in (one, other)]
        alike = np.ptp(one) == 0 or np.ptp(other) == 0
        ranks = np.nan if alike else np.corrcoef(rankdata(one), rankdata(other))[0, 1]
        figures.append([len(tops[0] & tops[1]) / TOP, 0.0, ranks])
    result = np.array(figures)
    result[:, 1] = (np.sign(phi) == np.sign(weights)).mean(axis=1)
    return result


def _explained(parameters: Parameters, positions: list[int], seed: int) -> Outputs:
    """Everything that depends on the explained rows."""
    model, _, _, test, _ = _world(parameters["seed"])
    phi = _shap(parameters["seed"], tuple(positions))
    weights = _lime(parameters, test[positions], seed)
    return {
        "fx": model.predict(test[positions]),
        "phi": phi,
        "weights": weights,
        "agreement": _agreement(phi, weights),
    }


def reference(parameters: Parameters, seed: int) -> Outputs:
    """What the task asks for, with one random state of LIME."""
    model, train, _, test, _ = _world(parameters["seed"])
    surrogate = _tree(train, model.predict(train), test)
    return {
        **_explained(parameters, list(parameters["rows"]), seed),
        "surrogate": surrogate,
        "fidelity": np.asarray(r2_score(model.predict(test), surrogate)),
    }


def agreement_of_own_arrays(
    parameters: Parameters,  # noqa: ARG001 - the learner's own arrays are all that counts
    answers: Mapping[str, Any],
) -> Floats:
    """The three figures of the learner's own explanations.

    Where these were rounded after the figures had been computed, values may have become zero or
    equal: any figure between the least and the largest that the rounded arrays allow is right.
    """
    phi, weights = answers.get("phi"), answers.get("weights")
    if phi is None or weights is None:
        return np.full((3, 3), np.nan)
    tiny = (np.abs(phi) <= ROUNDING) | (np.abs(weights) <= ROUNDING)
    ways = [_agreement(phi, weights), *(_agreement(*pair) for pair in _ties_broken(phi, weights))]
    low, high = np.min(ways, axis=0), np.max(ways, axis=0)
    alike = np.sign(phi) == np.sign(weights)
    low[:, 1], high[:, 1] = (alike & ~tiny).mean(axis=1), (alike | tiny).mean(axis=1)
    own = answers.get("agreement")
    return low if own is None else np.clip(own, low, high)


def _ties_broken(phi: Floats, weights: Floats) -> list[tuple[Floats, Floats]]:
    """The arrays with equal sizes moved apart, once so that they agree and once that they do not."""
    found = []
    for way in (1, -1):
        pair = []
        for own, other in ((phi, weights), (weights, phi)):
            order = np.argsort(np.argsort(np.abs(other), axis=1), axis=1) / other.shape[1]
            pair.append(np.abs(own) + way * ROUNDING * order)
        found.append((pair[0], pair[1]))
    return found


def fidelity_of_own_surrogate(parameters: Parameters, answers: Mapping[str, Any]) -> Floats:
    """R2 of the learner's own surrogate against the model."""
    surrogate = answers.get("surrogate")
    if surrogate is None:
        return np.asarray(np.nan)
    model, _, _, test, _ = _world(parameters["seed"])
    return np.asarray(r2_score(model.predict(test), surrogate))


def mistake_with_background(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """100 training rows as background."""
    model, train, _, test, _ = _world(parameters["seed"])
    return {"phi": tree_shap(model, test[parameters["rows"]], background=train[:100])[0]}


def mistake_saabas(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The approximate values of shap."""
    model, _, _, test, _ = _world(parameters["seed"])
    return {"phi": tree_shap(model, test[parameters["rows"]], approximate=True)[0]}


def mistake_lime_in_phi(parameters: Parameters, seed: int) -> Outputs:
    """LIME's weights for SHAP values."""
    _, _, _, test, _ = _world(parameters["seed"])
    return {"phi": _lime(parameters, test[parameters["rows"]], seed)}


def mistake_shap_in_weights(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """SHAP values for LIME's weights."""
    return {"weights": _shap(parameters["seed"], tuple(parameters["rows"]))}


def mistake_no_bins(parameters: Parameters, seed: int) -> Outputs:
    """Continuous features instead of quartile bins."""
    _, _, _, test, _ = _world(parameters["seed"])
    return {"weights": _lime(parameters, test[parameters["rows"]], seed, discretised=False)}


def mistake_fitted_to_labels(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """A tree that learned the labels."""
    _, train, labels, test, _ = _world(parameters["seed"])
    return {"surrogate": _tree(train, labels, test)}


def mistake_other_depth(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Four levels."""
    model, train, _, test, _ = _world(parameters["seed"])
    return {"surrogate": _tree(train, model.predict(train), test, depth=4)}


def mistake_model_itself(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The model's own predictions."""
    model, _, _, test, _ = _world(parameters["seed"])
    return {"surrogate": model.predict(test)}


def mistake_r2_to_labels(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The surrogate's R2 to the labels."""
    model, train, _, test, labels = _world(parameters["seed"])
    return {"fidelity": np.asarray(r2_score(labels, _tree(train, model.predict(train), test)))}


def mistake_first_rows(parameters: Parameters, seed: int) -> Outputs:
    """The first three rows of the test set."""
    return _explained(parameters, [0, 1, 2], seed)
