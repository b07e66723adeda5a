"""Reference: PDP, ICE and ALE of one feature, in probability."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Outputs = dict[str, Floats]
    Parameters = Mapping[str, Any]
    Model = Callable[[Floats], Floats]

POINTS = 16
LEAST_RANGE = 0.06


@lru_cache(maxsize=8)
def _world(seed: int) -> tuple[Any, Floats, Floats]:
    """The classifier, training rows and test rows."""
    data = load_breast_cancer()
    train, test, labels, _ = train_test_split(
        data.data, data.target, test_size=0.2, stratify=data.target, random_state=seed
    )
    model = GradientBoostingClassifier(n_estimators=50, max_features=6, random_state=seed)
    return model.fit(train, labels), train, test


@dataclass(frozen=True)
class Scene:
    """What the curves are computed from."""

    model: Model
    x: Floats
    grid: Floats
    feature: int

    def curves(self, x: Floats) -> Floats:
        """One curve per row, shape (rows, points)."""
        return np.stack([self.model(self._with(x, value)) for value in self.grid], axis=1)

    def differences(self) -> tuple[Floats, NDArray[np.int64]]:
        """f(upper edge) - f(lower edge) of each row's own bin, and the bins (1 to 15)."""
        values = self.x[:, self.feature]
        bins = np.clip(np.searchsorted(self.grid, values), 1, len(self.grid) - 1)
        high = self.model(self._with(self.x, self.grid[bins]))
        return high - self.model(self._with(self.x, self.grid[bins - 1])), bins

    def effects(self) -> tuple[Floats, NDArray[np.int64]]:
        """Mean difference per bin, and the bins."""
        differences, bins = self.differences()
        means = [
            differences[bins == k].mean() if (bins == k).any() else 0.0
            for k in range(1, len(self.grid))
        ]
        return np.array(means), bins

    def ale(self) -> Floats:
        """Accumulated local effects, centred over the rows."""
        effects, bins = self.effects()
        return _accumulated(effects, bins)

    def _with(self, x: Floats, value: Any) -> Floats:
        changed = x.copy()
        changed[:, self.feature] = value
        return changed


def _accumulated(effects: Floats, bins: NDArray[np.int64]) -> Floats:
    ale = np.concatenate([[0.0], np.cumsum(effects)])
    return ale - ((ale[bins - 1] + ale[bins]) / 2).mean()


def _scene(parameters: Parameters, *, output: str = "class_one", step: int = 0) -> Scene:
    model, _, test = _world(parameters["seed"])
    outputs: dict[str, Model] = {
        "class_one": lambda x: model.predict_proba(x)[:, 1],
        "class_zero": lambda x: model.predict_proba(x)[:, 0],
        "log_odds": model.decision_function,
    }
    feature = parameters["feature"] - step
    grid = np.quantile(test[:, feature], np.linspace(0, 1, POINTS))
    return Scene(outputs[output], test, grid, feature)


def _drawn(scene: Scene, rows: Any) -> Outputs:
    curves = scene.curves(scene.x)
    return {"ice": curves[rows], "pdp": curves.mean(axis=0), "ale": scene.ale()}


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    return _drawn(_scene(parameters), parameters["rows"])


def suitable(parameters: Parameters) -> bool:
    """Whether the curves span so much that three decimals lose less than a hundredth of it."""
    scene = _scene(parameters)
    curves = (scene.curves(scene.x).mean(axis=0), scene.ale())
    return all(float(np.ptp(curve)) >= LEAST_RANGE for curve in curves)


def mistake_recursion(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Log-odds by scikit-learn's default for gradient boosting, over the training samples."""
    from sklearn.inspection import partial_dependence  # noqa: PLC0415 - only this mistake needs it

    model, _, test = _world(parameters["seed"])
    scene = _scene(parameters)
    found = partial_dependence(
        model, test, [scene.feature], custom_values={scene.feature: np.unique(scene.grid)}
    )
    return {"pdp": found["average"][0]}


def mistake_class_zero(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The other class."""
    return _drawn(_scene(parameters, output="class_zero"), parameters["rows"])


def mistake_centred(parameters: Parameters, seed: int) -> Outputs:
    """Curves that start at 0."""
    right = reference(parameters, seed)
    return {"ice": right["ice"] - right["ice"][:, :1], "pdp": right["pdp"] - right["pdp"][0]}


def mistake_train_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Curves of training rows."""
    scene = _scene(parameters)
    _, train, _ = _world(parameters["seed"])
    curves = scene.curves(train)
    return {"ice": curves[parameters["rows"]], "pdp": curves.mean(axis=0)}


def mistake_ice_of_training_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The same positions in the training set, in the single curves alone."""
    _, train, _ = _world(parameters["seed"])
    return {"ice": _scene(parameters).curves(train[parameters["rows"]])}


def every_row(parameters: Parameters) -> Outputs:
    """The curves of all test rows."""
    scene = _scene(parameters)
    return {"ice": scene.curves(scene.x)}


def mistake_mean_of_ten(parameters: Parameters, seed: int) -> Outputs:
    """Mean over the ten rows."""
    return {"pdp": reference(parameters, seed)["ice"].mean(axis=0)}


def mistake_mean_row(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The curve of the mean row."""
    scene = _scene(parameters)
    return {"pdp": scene.curves(scene.x.mean(axis=0, keepdims=True))[0]}


def mistake_conditional_mean(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Mean prediction of the rows whose nearest grid point it is."""
    scene = _scene(parameters)
    predicted = scene.model(scene.x)
    values = scene.x[:, scene.feature]
    nearest = np.abs(values[:, None] - scene.grid[None, :]).argmin(axis=1)
    means = [
        predicted[nearest == k].mean() if (nearest == k).any() else predicted.mean()
        for k in range(POINTS)
    ]
    return {"pdp": np.array(means)}


def mistake_neighbouring_feature(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The feature before."""
    return _drawn(_scene(parameters, step=1), parameters["rows"])


def mistake_not_accumulated(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Local effects, with 0 in front."""
    effects, _ = _scene(parameters).effects()
    return {"ale": np.concatenate([[0.0], effects])}


def mistake_not_centred(parameters: Parameters, seed: int) -> Outputs:
    """Starting at 0."""
    ale = reference(parameters, seed)["ale"]
    return {"ale": ale - ale[0]}


def mistake_all_rows_in_every_bin(parameters: Parameters, seed: int) -> Outputs:
    """A centred PDP."""
    _, bins = _scene(parameters).effects()
    return {"ale": _accumulated(np.diff(reference(parameters, seed)["pdp"]), bins)}


def mistake_divided_by_width(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Slopes summed up."""
    scene = _scene(parameters)
    effects, bins = scene.effects()
    return {"ale": _accumulated(effects / np.diff(scene.grid), bins)}
