"""Reference: exact Shapley values of the interventional game with 50 background rows."""

from __future__ import annotations

from functools import lru_cache
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Outputs = dict[str, NDArray[np.float64]]
    Parameters = Mapping[str, Any]

FEATURES = ("age", "sex", "bmi", "bp", "s5")
F = len(FEATURES)
COALITIONS = 2**F
MEMBERS = (np.arange(COALITIONS)[:, None] >> np.arange(F)) & 1  # (32, 5)


@lru_cache(maxsize=8)
def _world(seed: int) -> tuple[Any, NDArray[np.float64], NDArray[np.float64]]:
    """The model, its training rows and the test rows."""
    data = load_diabetes()
    columns = [data.feature_names.index(name) for name in FEATURES]
    train, test, target, _ = train_test_split(
        data.data[:, columns], data.target, test_size=0.25, random_state=seed
    )
    model = GradientBoostingRegressor(n_estimators=60, random_state=seed).fit(train, target)
    return model, train, test


def _game(
    seed: int, rows: Any, *, background: NDArray[np.float64] | None = None, known: Any = MEMBERS
) -> NDArray[np.float64]:
    """Value of each coalition over the empty one, shape (rows, 32)."""
    model, train, test = _world(seed)
    others = train[:50] if background is None else background
    games = []
    for x in test[rows]:
        mixed = np.where(known[:, None, :] == 1, x, others[None, :, :])  # (32, B, 5)
        predicted = model.predict(mixed.reshape(-1, F)).reshape(COALITIONS, -1).mean(axis=1)
        games.append(predicted - model.predict(others).mean())
    return np.array(games)


def _shares(v: NDArray[np.float64], weight: Callable[[int], float]) -> NDArray[np.float64]:
    """Weighted marginal contributions; `weight` takes the size of the coalition joined."""
    phi = np.zeros((len(v), F))
    for j in range(F):
        for c in np.flatnonzero(MEMBERS[:, j] == 0):
            gain = v[:, c | 1 << j] - v[:, c]
            phi[:, j] += weight(int(MEMBERS[c].sum())) * gain
    return phi


def _shapley(size: int) -> float:
    return 1 / (F * comb(F - 1, size))


def _explained(v: NDArray[np.float64]) -> Outputs:
    return {"v": v, "phi": _shares(v, _shapley)}


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    return _explained(_game(parameters["seed"], parameters["rows"]))


def efficiency(parameters: Parameters, answers: Mapping[str, Any]) -> bool:  # noqa: ARG001
    """Whether the shares of each patient add up to the learner's own v of the full coalition."""
    phi, v = answers.get("phi"), answers.get("v")
    if phi is None or v is None:
        return False
    gap = np.abs(phi.sum(axis=1) - v[:, -1])
    return bool((gap <= 0.01 * np.abs(v).max()).all()) and bool(np.abs(v[:, -1]).min() > 0)


def every_row(parameters: Parameters) -> Outputs:
    """Shares of the first patients of the test set, whom one may have taken by mistake."""
    _, _, test = _world(parameters["seed"])
    return {"phi": _shares(_game(parameters["seed"], range(len(test))), _shapley)}


def mistake_equal_weights(parameters: Parameters, seed: int) -> Outputs:
    """Banzhaf's index: every coalition counts the same."""
    v = reference(parameters, seed)["v"]
    return {"phi": _shares(v, lambda _: 1 / 2 ** (F - 1))}


def mistake_leave_one_out(parameters: Parameters, seed: int) -> Outputs:
    """Only the full coalition without the feature."""
    v = reference(parameters, seed)["v"]
    return {"phi": _shares(v, lambda size: float(size == F - 1))}


def mistake_first_in(parameters: Parameters, seed: int) -> Outputs:
    """Only the empty coalition."""
    v = reference(parameters, seed)["v"]
    return {"phi": _shares(v, lambda size: float(size == 0))}


def mistake_factorials_off_by_one(parameters: Parameters, seed: int) -> Outputs:
    """Factorials of the size after joining, as if the feature were a member already."""
    v = reference(parameters, seed)["v"]
    return {"phi": _shares(v, lambda size: 1 / comb(F, size + 1))}


def mistake_inverted_bits(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Known features taken from the background."""
    return _explained(_game(parameters["seed"], parameters["rows"], known=1 - MEMBERS))


def mistake_bits_reversed(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The lowest bit belongs to the last feature: v is reordered, phi may still be right."""
    return {"v": _game(parameters["seed"], parameters["rows"], known=MEMBERS[:, ::-1])}


def mistake_mean_background(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """One row of means as background."""
    _, train, _ = _world(parameters["seed"])
    mean = train[:50].mean(axis=0, keepdims=True)
    return _explained(_game(parameters["seed"], parameters["rows"], background=mean))


def mistake_training_background(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """All training rows as background."""
    _, train, _ = _world(parameters["seed"])
    return _explained(_game(parameters["seed"], parameters["rows"], background=train))


def mistake_value_of_nothing_kept(parameters: Parameters, seed: int) -> Outputs:
    """The average prediction is left in every coalition."""
    model, train, _ = _world(parameters["seed"])
    return {"v": reference(parameters, seed)["v"] + model.predict(train[:50]).mean()}


def mistake_first_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The first two patients of the test set."""
    return _explained(_game(parameters["seed"], range(len(parameters["rows"]))))
