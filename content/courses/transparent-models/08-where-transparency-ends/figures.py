"""Figure of the lesson on the limits of transparency."""

from itertools import combinations

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

__all__ = ["rashomon"]


def _good_predictions() -> np.ndarray:
    """Return the predictions (models, test rows) of all good models of three columns."""
    data = load_breast_cancer(as_frame=True)
    rows = data.data.drop(columns=[c for c in data.data if c.endswith("error")])
    malignant = 1 - data.target
    train, test, known, _ = train_test_split(
        rows, malignant, stratify=malignant, test_size=0.5, random_state=0
    )
    scaler = StandardScaler().fit(train)
    a, b = scaler.transform(train), scaler.transform(test)
    losses, predictions = [], []
    for trio in combinations(range(rows.shape[1]), 3):
        columns = list(trio)
        model = LogisticRegression().fit(a[:, columns], known)
        losses.append(log_loss(known, model.predict_proba(a[:, columns])))
        predictions.append(model.predict_proba(b[:, columns])[:, 1])
    good = np.array(losses) <= min(losses) + 0.02
    return np.array(predictions)[good]


PREDICTIONS = _good_predictions()


def rashomon(theme: Theme) -> Figure:
    """Return the predictions of the good models for three rows."""
    share = np.mean(PREDICTIONS > 0.5, axis=0)
    middle = int(np.argmin(np.abs(share - 0.5)))
    mean = PREDICTIONS.mean(axis=0)
    low = int(np.argmin(np.abs(mean - 0.06)))
    high = int(np.argmin(np.abs(mean - 0.96)))
    jitter = np.random.default_rng(0).uniform(-0.22, 0.22, len(PREDICTIONS))
    figure, axes = canvas(theme, height=3.0)
    axes.axvline(0.5, color=theme.ink, linestyle="--", linewidth=1.2)
    looks = ((high, theme.vermilion, "s"), (middle, theme.purple, "o"), (low, theme.blue, "^"))
    for place, (row, colour, marker) in enumerate(looks):
        axes.scatter(
            PREDICTIONS[:, row],
            place + jitter,
            s=18,
            color=colour,
            marker=marker,
            alpha=0.6,
            linewidth=0,
            rasterized=True,
        )
    axes.set_yticks(range(3), ["all say malignant", "most disputed", "all say benign"])
    axes.set(xlabel="predicted probability of malignancy", xlim=(-0.02, 1.02))
    axes.grid(visible=False, axis="y")
    return figure
