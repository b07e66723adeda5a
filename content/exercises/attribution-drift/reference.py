"""Reference: stability index and distance of attributions between two windows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import wasserstein_distance
from sklearn.ensemble import GradientBoostingRegressor

from grader.explainers.trees import tree_shap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Outputs = dict[str, NDArray[Any]]
    Parameters = Mapping[str, Any]
    Index = Callable[[NDArray[np.float64], NDArray[np.float64]], float]

LIMIT = 0.057
"""Exceeded without drift in 0.8 % of weeks by continuous values, in 0.3 % by these attributions."""
LEAST_SHARE = 0.02
"""A distance below this share of all contributions raises no alarm; the index alone often does."""
CLEARLY = 0.02
"""How far, as a share, an index or a distance lies from its limit."""
TENTHS = np.arange(0.1, 0.95, 0.1)


def _rows(rng: np.random.Generator, n: int, shift: tuple[Any, Any] | None = None) -> Any:
    x = rng.normal(size=(n, 6))
    if shift is not None:
        x[:, shift[0]] += shift[1]
    return x


def _target(rng: np.random.Generator, x: Any) -> Any:
    curved = 2 * x[:, 0] + x[:, 1] * x[:, 2] + np.sin(2 * x[:, 3]) + x[:, 4] + 0.5 * x[:, 5]
    return curved + 0.3 * rng.normal(size=len(x))


@lru_cache(maxsize=8)
def _windows(seed: int) -> tuple[Any, Any, Any, Any]:
    """Both windows, and the attributions in both: as in the starter notebook."""
    rng = np.random.default_rng(seed)
    train = _rows(rng, 2000)
    model = GradientBoostingRegressor(n_estimators=60, random_state=seed)
    model.fit(train, _target(rng, train))
    before = _rows(rng, 2000)
    now = _rows(rng, 500, shift=(rng.integers(6), rng.choice([-0.8, 0.8])))
    return before, now, tree_shap(model, before)[0], tree_shap(model, now)[0]


def _shares(edges: Any, values: Any, half: float = 0.5) -> Any:
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=10)
    return (counts + half) / (len(values) + 10 * half)


def _index(before: Any, now: Any, *, edges: Any = None, half: float = 0.5) -> float:
    edges = np.quantile(before, TENTHS) if edges is None else edges
    p, q = _shares(edges, before, half), _shares(edges, now, half)
    return float(((q - p) * np.log(q / p)).sum())


def _columns(before: Any, now: Any, index: Index) -> Any:
    return np.array([index(before[:, j], now[:, j]) for j in range(before.shape[1])])


def _judged(psi: Any, distance: Any, before: Any) -> Outputs:
    """Index and distance, right or wrong, with the alarm that follows from them."""
    matters = distance > LEAST_SHARE * np.abs(before).mean(axis=0).sum()
    return {"psi": psi, "distance": distance, "alarm": (psi > LIMIT) & matters}


def _each(before: Any, now: Any, index: Index = _index) -> Outputs:
    distance = _columns(before, now, wasserstein_distance)
    return _judged(_columns(before, now, index), distance, before)


def _attributions(parameters: Parameters) -> tuple[Any, Any]:
    return _windows(parameters["seed"])[2:]


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    return _each(*_attributions(parameters))


def suitable(parameters: Parameters) -> bool:
    """Whether no alarm hangs by a rounding: index and distance lie off their limits."""
    before, now = _attributions(parameters)
    judged = _each(before, now)
    least = LEAST_SHARE * np.abs(before).mean(axis=0).sum()
    ratios = np.concatenate([judged["psi"] / LIMIT, judged["distance"] / least])
    return bool((np.abs(ratios - 1) > CLEARLY).all())


def mistake_of_features(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The features themselves."""
    return _each(*_windows(parameters["seed"])[:2])


def mistake_week_edges(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Bins cut from this week."""
    before, now = _attributions(parameters)
    return _each(before, now, lambda p, q: _index(p, q, edges=np.quantile(q, TENTHS)))


def mistake_equal_width(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Ten bins of equal width over the reference window."""
    before, now = _attributions(parameters)

    def index(p: Any, q: Any) -> float:
        return _index(p, q, edges=np.linspace(p.min(), p.max(), 11)[1:-1])

    return _each(before, now, index)


def mistake_one_sided(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Kullback-Leibler divergence of this week from the reference window."""
    before, now = _attributions(parameters)

    def index(before: Any, now: Any) -> float:
        edges = np.quantile(before, TENTHS)
        p, q = _shares(edges, before), _shares(edges, now)
        return float((q * np.log(q / p)).sum())

    return _each(before, now, index)


def mistake_common_logarithm(parameters: Parameters, seed: int) -> Outputs:
    """Base 10."""
    right = reference(parameters, seed)
    before, _ = _attributions(parameters)
    return _judged(right["psi"] / np.log(10), right["distance"], before)


def mistake_averaged_bins(parameters: Parameters, seed: int) -> Outputs:
    """The mean of the bins' terms instead of their sum."""
    right = reference(parameters, seed)
    before, _ = _attributions(parameters)
    return _judged(right["psi"] / 10, right["distance"], before)


def mistake_one_for_all(parameters: Parameters, seed: int) -> Outputs:
    """The sum of the features' indices in each place."""
    right = reference(parameters, seed)
    before, _ = _attributions(parameters)
    summed = np.full_like(right["psi"], right["psi"].sum())
    return _judged(summed, right["distance"], before)


def further_forms(parameters: Parameters) -> Outputs:
    """The mean of the features' indices instead of their sum."""
    psi = reference(parameters, 0)["psi"]
    return {"one_for_all/psi": np.full_like(psi, psi.mean())[None]}


def mistake_absolute_values(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Absolute attributions."""
    before, now = _attributions(parameters)
    return _each(np.abs(before), np.abs(now))


def mistake_no_smoothing(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Almost nothing added: empty bins get a tiny share instead of half a count."""
    before, now = _attributions(parameters)
    return _each(before, now, lambda p, q: _index(p, q, half=1e-6))


def mistake_index_alone(parameters: Parameters, seed: int) -> Outputs:
    """The index raises the alarm, whatever the distance."""
    return {"alarm": reference(parameters, seed)["psi"] > LIMIT}


def mistake_mean_shift(parameters: Parameters, seed: int) -> Outputs:
    """Difference of the mean attributions, with the alarm that follows."""
    before, now = _attributions(parameters)
    shift = np.abs(now.mean(axis=0) - before.mean(axis=0))
    return _judged(reference(parameters, seed)["psi"], shift, before)


def mistake_root_of_squares(parameters: Parameters, seed: int) -> Outputs:
    """Wasserstein distance of order 2, on quantiles."""
    before, now = _attributions(parameters)
    levels = (np.arange(2000) + 0.5) / 2000
    apart = np.quantile(before, levels, axis=0) - np.quantile(now, levels, axis=0)
    distance = np.sqrt((apart**2).mean(axis=0))
    return _judged(reference(parameters, seed)["psi"], distance, before)


def mistake_alarm_below(parameters: Parameters, seed: int) -> Outputs:
    """The wrong way round."""
    return {"alarm": ~reference(parameters, seed)["alarm"]}


def mistake_relabelled(parameters: Parameters, seed: int) -> Outputs:
    """Sorted by the index."""
    return {"alarm": np.sort(reference(parameters, seed)["alarm"])[::-1]}
