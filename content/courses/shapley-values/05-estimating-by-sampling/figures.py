"""Figure of the lesson on sampling: the error of three estimators against their cost."""

from collections.abc import Callable
from functools import cache
from math import factorial

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split

__all__ = ["error"]

N = 10
BITS = 1 << np.arange(N)
BUDGETS = (40, 80, 160, 320, 640, 1280, 2560)


@cache
def _game() -> tuple[np.ndarray, np.ndarray]:
    """Return the values of all coalitions and the exact shares of one patient."""
    features, target = load_diabetes(return_X_y=True, scaled=False)
    train, test, outcome, _ = train_test_split(features, target, test_size=100, random_state=0)
    model = GradientBoostingRegressor(n_estimators=60, max_depth=3, random_state=0)
    model.fit(train, outcome)
    masks = (np.arange(2**N)[:, None] & BITS) > 0
    v = np.array([model.predict(np.where(mask, test[1], train[:50])).mean() for mask in masks])
    by_size = [factorial(k) * factorial(N - k - 1) / factorial(N) for k in range(N)]
    weights = np.array([*by_size, 0.0])[masks.sum(axis=1)]
    exact = np.zeros(N)
    for j in range(N):
        without = np.flatnonzero(~masks[:, j])
        exact[j] = weights[without] @ (v[without + BITS[j]] - v[without])
    return v, exact


def _increases(order: np.ndarray) -> np.ndarray:
    v, _ = _game()
    brought = np.empty(N)
    brought[order] = np.diff(v[np.concatenate([[0], np.cumsum(BITS[order])])])
    return brought


def _plain(rng: np.random.Generator, evaluations: int) -> np.ndarray:
    return np.mean([_increases(rng.permutation(N)) for _ in range(evaluations // N)], axis=0)


def _antithetic(rng: np.random.Generator, evaluations: int) -> np.ndarray:
    orders = [rng.permutation(N) for _ in range(evaluations // N // 2)]
    return np.mean([_increases(o) for order in orders for o in (order, order[::-1])], axis=0)


def _kernel(rng: np.random.Generator, evaluations: int) -> np.ndarray:
    v, _ = _game()
    sizes = np.arange(1, N)
    chance = 1 / (sizes * (N - sizes))
    drawn = []
    for size in rng.choice(sizes, evaluations // 2, p=chance / chance.sum()):
        member = np.zeros(N)
        member[rng.choice(N, size, replace=False)] = 1
        drawn += [member, 1 - member]
    z = np.array(drawn)
    total = v[-1] - v[0]
    left = z[:, :-1] - z[:, -1:]
    right = v[(z @ BITS).astype(int)] - v[0] - z[:, -1] * total
    shares = np.linalg.lstsq(left, right, rcond=None)[0]
    return np.append(shares, total - shares.sum())


@cache
def _errors(estimator: Callable[[np.random.Generator, int], np.ndarray]) -> list[float]:
    _, exact = _game()
    return [
        float(
            np.mean(
                [
                    np.abs(estimator(np.random.default_rng(seed), budget) - exact).sum()
                    for seed in range(60)
                ]
            )
            / np.abs(exact).sum()
        )
        for budget in BUDGETS
    ]


def error(theme: Theme) -> Figure:
    """Return the mean relative error against the number of evaluations, both logarithmic."""
    figure, axes = canvas(theme, height=3.5)
    for estimator, marker, colour, name in (
        (_plain, "o", theme.vermilion, "permutation"),
        (_antithetic, "s", theme.blue, "antithetic permutation"),
        (_kernel, "^", theme.green, "kernel"),
    ):
        axes.loglog(BUDGETS, _errors(estimator), marker=marker, color=colour, label=name)
    axes.axvline(2**N, color=theme.muted, linestyle="--", linewidth=1.2)
    axes.text(2**N * 1.04, 0.1, "enumeration\nis exact", va="center", fontsize=10)
    axes.set_xticks(BUDGETS, [str(budget) for budget in BUDGETS], minor=False)
    axes.set_xticks([], minor=True)
    axes.set_yticks([0.01, 0.02, 0.05, 0.1], ["0.01", "0.02", "0.05", "0.10"])
    axes.set_yticks([], minor=True)
    axes.set(xlabel="coalition values asked for", ylabel="relative error")
    axes.legend(loc="lower left")
    return figure
