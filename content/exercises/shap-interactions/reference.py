"""Reference: path-dependent SHAP interaction values of a gradient-boosting regressor."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shap
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Outputs = dict[str, NDArray[np.float64]]
    Parameters = Mapping[str, Any]


@lru_cache(maxsize=8)
def _world(seed: int) -> tuple[Any, Any, Any]:
    """The explainer, training rows and test rows."""
    data = load_diabetes()
    train, test, target, _ = train_test_split(
        data.data, data.target, test_size=0.25, random_state=seed
    )
    model = GradientBoostingRegressor(n_estimators=80, random_state=seed).fit(train, target)
    return shap.TreeExplainer(model), train, test


def _strength(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean absolute effect of each pair, both cells together, shape (f, f)."""
    strength = np.abs(table + table.transpose(0, 2, 1)).mean(axis=0)
    np.fill_diagonal(strength, 0)
    return strength


def _explained(explainer: Any, rows: Any) -> Outputs:
    table = np.asarray(explainer.shap_interaction_values(rows), dtype=np.float64)
    return {"interactions": table, "phi": table.sum(axis=2), "pair_strength": _strength(table)}


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    explainer, _, test = _world(parameters["seed"])
    return _explained(explainer, test[parameters["rows"]])


def symmetric(parameters: Parameters, answers: Mapping[str, Any]) -> bool:  # noqa: ARG001
    """Whether each layer equals its transpose, within a thousandth of the largest cell."""
    table = answers.get("interactions")
    if table is None:
        return False
    gap = np.abs(table - table.transpose(0, 2, 1)).max()
    return bool(gap <= 1e-3 * np.abs(table).max()) and bool(np.abs(table).max() > 0)


def mistake_main_effects_only(parameters: Parameters, seed: int) -> Outputs:
    """The diagonal of each layer."""
    table = reference(parameters, seed)["interactions"]
    return {"phi": np.diagonal(table, axis1=1, axis2=2).copy()}


def mistake_interactions_without_main(parameters: Parameters, seed: int) -> Outputs:
    """Row sums without the diagonal."""
    right = reference(parameters, seed)
    return {"phi": right["phi"] - np.diagonal(right["interactions"], axis1=1, axis2=2)}


def mistake_one_slice(parameters: Parameters, seed: int) -> Outputs:
    """The second column of each table, as an index gives it."""
    return {"phi": reference(parameters, seed)["interactions"][:, 1]}


def mistake_pairs_of_one_row(parameters: Parameters, seed: int) -> Outputs:
    """The table of the second row, as an index in the first place gives it."""
    return {"pair_strength": reference(parameters, seed)["interactions"][1]}


def further_forms(parameters: Parameters) -> Outputs:
    """Any other slice, and the pairs of any other row with and without the diagonal."""
    table = reference(parameters, 0)["interactions"]
    both = np.abs(table + table.transpose(0, 2, 1))
    off = 1 - np.eye(table.shape[1])
    return {
        "one_slice/phi": np.moveaxis(table, 1, 0),
        "pairs_of_one_row/pair_strength": np.concatenate([table, table * off, both, both * off]),
    }


def mistake_half_pairs(parameters: Parameters, seed: int) -> Outputs:
    """One cell of each pair."""
    return {"pair_strength": reference(parameters, seed)["pair_strength"] / 2}


def mistake_signed_pairs(parameters: Parameters, seed: int) -> Outputs:
    """Absolute value of the mean instead of mean of the absolute values."""
    table = reference(parameters, seed)["interactions"]
    strength = np.abs((table + table.transpose(0, 2, 1)).mean(axis=0))
    np.fill_diagonal(strength, 0)
    return {"pair_strength": strength}


def mistake_diagonal_kept(parameters: Parameters, seed: int) -> Outputs:
    """Main effects left on the diagonal."""
    table = reference(parameters, seed)["interactions"]
    return {"pair_strength": np.abs(table + table.transpose(0, 2, 1)).mean(axis=0)}


def mistake_products_of_phi(parameters: Parameters, seed: int) -> Outputs:
    """Outer product of the SHAP values."""
    phi = reference(parameters, seed)["phi"]
    return {"interactions": phi[:, :, None] * phi[:, None, :]}


def mistake_only_diagonal(parameters: Parameters, seed: int) -> Outputs:
    """SHAP values on the diagonal."""
    phi = reference(parameters, seed)["phi"]
    return {"interactions": phi[:, :, None] * np.eye(phi.shape[1])}


def mistake_summed_over_rows(parameters: Parameters, seed: int) -> Outputs:
    """One mean table, repeated."""
    table = reference(parameters, seed)["interactions"]
    return {"interactions": np.broadcast_to(table.mean(axis=0), table.shape).copy()}


def mistake_first_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The first rows of the test set."""
    explainer, _, test = _world(parameters["seed"])
    return _explained(explainer, test[: len(parameters["rows"])])


def mistake_train_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The same positions in the training set."""
    explainer, train, _ = _world(parameters["seed"])
    return _explained(explainer, train[parameters["rows"]])
