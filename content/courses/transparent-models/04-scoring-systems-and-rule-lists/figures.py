"""Figures of the lesson on scoring systems and rule lists."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from figure_style import Theme, panels
from matplotlib.figure import Figure
from scipy.stats import rankdata
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

__all__ = ["price", "score_card"]

CARD = (
    ("Body mass index of 25 or more", "bmi", 25.0),
    ("Body mass index of 31 or more", "bmi", 31.0),
    ("Mean blood pressure of 100 or more", "bp", 100.0),
    ("s5 of 4.5 or more", "s5", 4.5),
    ("s5 of 4.9 or more", "s5", 4.9),
)
CUTS = (
    *(("bmi", cut, False) for cut in (25, 28, 31)),
    *(("bp", cut, False) for cut in (90, 100, 110)),
    *(("s5", cut, False) for cut in (4.5, 4.9, 5.3)),
    ("s3", 40, True),
    ("s6", 100, False),
    ("age", 50, False),
)
X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
HIGH = (y > 200).astype(int)
X_TRAIN, X_TEST, H_TRAIN, H_TEST = train_test_split(
    X, HIGH, test_size=0.4, stratify=HIGH, random_state=0
)


def _answers(frame: pd.DataFrame) -> np.ndarray:
    columns = [(frame[c] < cut) if below else (frame[c] >= cut) for c, cut, below in CUTS]
    return np.column_stack(columns).astype(int)


def _scores(frame: pd.DataFrame) -> np.ndarray:
    return np.sum([(frame[column] >= cut) for _, column, cut in CARD], axis=0)


def _unpenalised() -> LogisticRegression:
    return LogisticRegression(C=np.inf, max_iter=5000)


@cache
def _rivals() -> dict[str, np.ndarray]:
    twelve = _unpenalised().fit(_answers(X_TRAIN), H_TRAIN)
    exact = LogisticRegression(C=np.inf, tol=1e-9, max_iter=5000)
    plain = make_pipeline(StandardScaler(), exact).fit(X_TRAIN, H_TRAIN)
    boosting = GradientBoostingClassifier(random_state=0).fit(X_TRAIN, H_TRAIN)
    rounded = twelve.coef_[0].round()
    return {
        "card of five points": _scores(X_TEST),
        "rounded coefficients": _answers(X_TEST) @ rounded,
        "logistic, 12 questions": twelve.predict_proba(_answers(X_TEST))[:, 1],
        "logistic, 10 raw columns": plain.predict_proba(X_TEST)[:, 1],
        "gradient boosting": boosting.predict_proba(X_TEST)[:, 1],
    }


def _auc(outcome: np.ndarray, score: np.ndarray) -> float:
    ones, zeros = outcome.sum(), (1 - outcome).sum()
    return float((rankdata(score)[outcome == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def price(theme: Theme) -> Figure:
    """Return the AUC of five models on the test rows, and their paired differences to one."""
    rng = np.random.default_rng(0)
    draws = [rng.integers(0, len(H_TEST), len(H_TEST)) for _ in range(4000)]
    outcome = H_TEST.to_numpy()
    found = {name: _auc(outcome, score) for name, score in _rivals().items()}
    drawn = {
        name: np.array([_auc(outcome[d], score[d]) for d in draws])
        for name, score in _rivals().items()
    }
    best = "logistic, 10 raw columns"
    figure, (left, right) = panels(theme, 2, height=2.9, sharey=True)
    for row, (name, auc) in enumerate(found.items()):
        colour = theme.vermilion if row == 0 else theme.blue
        marker = "s" if row == 0 else "o"
        left.errorbar(auc, row, xerr=2 * drawn[name].std(), color=colour, marker=marker, capsize=4)
        left.text(auc, row - 0.22, f"{auc:.3f}", ha="center", va="bottom", fontsize=10)
        if name == best:
            right.text(0, row, "reference", ha="center", va="center", fontsize=10)
            continue
        gap, gaps = auc - found[best], drawn[name] - drawn[best]
        low, high = np.quantile(gaps, (0.025, 0.975))
        right.errorbar(
            gap, row, xerr=[[gap - low], [high - gap]], color=colour, marker=marker, capsize=4
        )
        right.text(gap, row - 0.22, f"{gap:.3f}", ha="center", va="bottom", fontsize=10)
    right.axvline(0, color=theme.muted, linewidth=1, zorder=0)
    left.set_yticks(range(5), list(found))
    left.set(xlabel="AUC on 177 test rows", ylim=(4.6, -0.8), xlim=(0.74, 0.98))
    right.set(xlabel="paired difference", xlim=(-0.11, 0.05))
    return figure


def score_card() -> dict[str, Any]:
    """Return the card, and for each score its risk and the rows behind it."""
    train, test = _scores(X_TRAIN), _scores(X_TEST)
    curve = _unpenalised().fit(train[:, None], H_TRAIN)
    levels = []
    for score in range(len(CARD) + 1):
        here, there = train == score, test == score
        levels.append(
            {
                "score": score,
                "risk": round(float(curve.predict_proba([[score]])[0, 1]), 4),
                "training_rows": int(here.sum()),
                "training_share": round(float(H_TRAIN[here].mean()), 4),
                "test_rows": int(there.sum()),
                "test_share": round(float(H_TEST[there].mean()), 4),
            }
        )
    return {
        "renderer": "score-card",
        "words": {
            "questions": "Tick what holds for the patient",
            "score": "Score",
            "risk": "risk on the card",
            "observed": "share of the test rows",
            "sum": "{score} of {most} points: the card says {risk}. Of {rows} test rows with this "
            "score, {share} progressed fast.",
        },
        "items": [{"text": text, "column": name, "points": 1} for text, name, _ in CARD],
        "levels": levels,
        "table": [
            ["score", "risk", "training rows", "test rows", "fast among test rows"],
            *(
                [
                    level["score"],
                    f"{level['risk']:.2f}",
                    level["training_rows"],
                    level["test_rows"],
                    f"{level['test_share']:.2f}",
                ]
                for level in levels
            ),
        ],
    }
