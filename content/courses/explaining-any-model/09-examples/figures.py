"""Figures of the lesson on examples."""

from functools import cache

import numpy as np
from figure_style import Theme, canvas, panels
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import train_test_split

__all__ = ["influence", "sevens"]

IMAGES, DIGIT = load_digits(return_X_y=True)


def sevens(theme: Theme) -> Figure:
    """Return six prototypes and six criticisms of the digit seven."""
    rows = IMAGES[DIGIT == 7] / 16
    kernel = rbf_kernel(rows, gamma=0.05)
    mean = kernel.mean(axis=0)

    def mmd2(chosen: list[int]) -> float:
        return float(-2 * mean[chosen].mean() + kernel[np.ix_(chosen, chosen)].mean())

    prototypes: list[int] = []
    while len(prototypes) < 6:
        rest = [i for i in range(len(rows)) if i not in prototypes]
        prototypes.append(min(rest, key=lambda i: mmd2([*prototypes, i])))
    witness = mean - kernel[:, prototypes].mean(axis=1)
    figure, axes = panels(theme, 6, rows=2, height=2.9)
    for line, (name, chosen) in enumerate(
        (("prototypes", prototypes), ("criticisms", np.argsort(-witness)[:6]))
    ):
        for ax, i in zip(axes[line], chosen, strict=True):
            ax.imshow(rows[i].reshape(8, 8), cmap=theme.sequential, interpolation="nearest")
            ax.set_xticks([])
            ax.set_yticks([])
            ax.grid(visible=False)
            for spine in ax.spines.values():
                spine.set_visible(True)
                spine.set_color(theme.grid)
        axes[line, 0].set_ylabel(name)
    return figure


@cache
def _influence() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return estimated and refitted changes for 40 rows, and which labels were turned."""
    pair = np.isin(DIGIT, (1, 8))
    train, test, known, wanted = train_test_split(
        IMAGES[pair] / 16, (DIGIT[pair] == 8).astype(int), random_state=0
    )
    rng = np.random.default_rng(1)
    turned = rng.choice(len(known), 12, replace=False)
    known[turned] = 1 - known[turned]

    def fit(keep: np.ndarray) -> LogisticRegression:
        return LogisticRegression(C=0.1, tol=1e-8, max_iter=5000).fit(train[keep], known[keep])

    everything = np.arange(len(known))
    model = fit(everything)
    p, q = model.predict_proba(train)[:, 1], model.predict_proba(test)[:, 1]
    rows = np.column_stack([train, np.ones(len(train))])
    tests = np.column_stack([test, np.ones(len(test))])
    hessian = 0.1 * rows.T @ (rows * (p * (1 - p))[:, None]) + np.diag([1.0] * 64 + [0.0])
    towards = ((q - wanted)[:, None] * tests).mean(axis=0)
    estimate = 0.1 * (p - known)[:, None] * rows @ np.linalg.solve(hessian, towards)
    order = np.argsort(estimate)
    checked = np.concatenate(
        [order[:15], order[-10:], rng.choice(order[15:-10], 15, replace=False)]
    )
    before = log_loss(wanted, model.predict_proba(test))
    refit = [
        log_loss(wanted, fit(np.delete(everything, i)).predict_proba(test)) - before
        for i in checked
    ]
    return estimate[checked], np.array(refit), np.isin(checked, turned)


def influence(theme: Theme) -> Figure:
    """Return refits against the formula."""
    estimate, refit, turned = (1000 * _influence()[0], 1000 * _influence()[1], _influence()[2])
    figure, axes = canvas(theme, height=3.6)
    span = [min(estimate.min(), refit.min()), max(estimate.max(), refit.max())]
    axes.plot(span, span, color=theme.muted, linewidth=1.2, linestyle="--")
    axes.plot(estimate[~turned], refit[~turned], "o", color=theme.blue, markersize=5)
    axes.plot(estimate[turned], refit[turned], "X", color=theme.vermilion, markersize=8)
    axes.plot([], [], "o", color=theme.blue, label="label as it was")
    axes.plot([], [], "X", color=theme.vermilion, label="label turned")
    axes.set(
        xlabel="change of the test loss by the formula, thousandths",
        ylabel="by a refit, thousandths",
    )
    axes.legend(loc="upper left")
    return figure
