"""Figures of the lesson on simplifying models."""

from typing import Any

import numpy as np
import pandas as pd
from figure_style import Theme, canvas
from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

__all__ = ["sizes", "stability"]

DATA = load_breast_cancer(as_frame=True)
X, MALIGNANT = DATA.data, 1 - DATA.target
FOLDS = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0)


def _lasso(strength: float) -> LogisticRegression:
    return LogisticRegression(l1_ratio=1.0, C=strength, solver="liblinear", random_state=0)


def _loss(*steps: Any) -> float:
    model = make_pipeline(StandardScaler(), *steps, LogisticRegression(max_iter=5000))
    return float(-cross_val_score(model, X, MALIGNANT, cv=FOLDS, scoring="neg_log_loss").mean())


def sizes(theme: Theme) -> Figure:
    """Return the cost of each number of columns and of components."""
    kept, kept_loss = [], []
    for strength in (0.007, 0.015, 0.04, 0.07, 0.12, 0.25, 0.5, 1.0, 2.0):
        chooser = SelectFromModel(_lasso(strength), threshold=1e-6)
        ran = cross_validate(
            make_pipeline(StandardScaler(), chooser, LogisticRegression(max_iter=5000)),
            X,
            MALIGNANT,
            cv=FOLDS,
            scoring="neg_log_loss",
            return_estimator=True,
        )
        kept.append(np.mean([model[1].get_support().sum() for model in ran["estimator"]]))
        kept_loss.append(-ran["test_score"].mean())
    components = [1, 2, 3, 4, 5, 7, 10, 15, 20]
    figure, axes = canvas(theme, height=3.6)
    axes.plot(kept, kept_loss, "o-", color=theme.blue, label="columns kept by the lasso, refitted")
    axes.plot(
        components,
        [_loss(PCA(k)) for k in components],
        "s--",
        color=theme.vermilion,
        label="principal components",
    )
    axes.axhline(_loss(), color=theme.ink, linewidth=1.2, linestyle=":")
    axes.text(20.5, _loss() - 0.004, "all 30 columns", va="top", ha="right")
    axes.set_xticks(range(0, 21, 5))
    axes.set(
        xlabel="number of inputs (for the lasso: mean over the parts)",
        ylabel="log-loss on held-out rows",
    )
    axes.set_ylim(0.04, None)
    axes.legend()
    return figure


def stability(theme: Theme) -> Figure:
    """Return how often the lasso keeps each column on resampled rows."""
    rng = np.random.default_rng(0)
    chosen = []
    for _ in range(50):
        take = rng.integers(0, len(X), len(X))
        scaled = StandardScaler().fit_transform(X.iloc[take])
        chosen.append(_lasso(0.1).fit(scaled, MALIGNANT.iloc[take]).coef_[0] != 0)
    often = pd.Series(np.mean(chosen, axis=0), index=X.columns).sort_values(ascending=False)
    often = often[often > 0]
    figure, axes = canvas(theme, height=4.2)
    sure = often >= 0.9
    axes.barh(often.index[sure], often[sure], color=theme.blue)
    axes.barh(often.index[~sure], often[~sure], facecolor="none", edgecolor=theme.blue)
    axes.invert_yaxis()
    axes.tick_params(axis="y", labelsize=9.5)
    axes.set(xlabel="share of 50 resampled data sets in which the column was kept", xlim=(0, 1.02))
    axes.grid(visible=False, axis="y")
    return figure
