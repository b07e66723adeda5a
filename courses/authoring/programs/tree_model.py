"""A small boosted-tree model as data for the browser, with shap's own values to compare.

A lesson's figures.py imports this module by its bare name. The renderer `waterfall` computes
Shapley values from the data (config/static/js/figures/trees.js); here they are computed by shap.
"""

from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier

THRESHOLD_DIGITS = 4
VALUE_DIGITS = 7
NOTHING = 1e-6
"""Parts below which a share is a trace of the arithmetic."""


def as_data(
    model: GradientBoostingClassifier, background: np.ndarray, *, probability: bool
) -> dict[str, Any]:
    """Return trees and background table; leaves hold what the tree adds to the log-odds."""
    prior = model.init_.class_prior_
    return {
        "start": float(np.log(prior[1] / prior[0])),
        "trees": [
            " ".join(_preorder(tree.tree_, model.learning_rate, 0))
            for tree in model.estimators_.ravel()
        ],
        "background": [" ".join(f"{value:.10g}" for value in row) for row in background],
        "probability": probability,
    }


def _preorder(tree: Any, rate: float, node: int) -> list[str]:
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left < 0:
        return [f"{rate * float(tree.value[node, 0, 0]):.{VALUE_DIGITS}f}"]
    split = f"{int(tree.feature[node])}<{float(tree.threshold[node]):.{THRESHOLD_DIGITS}f}"
    return [split, *_preorder(tree, rate, left), *_preorder(tree, rate, right)]


def shap_values(
    model: GradientBoostingClassifier,
    background: np.ndarray,
    rows: np.ndarray,
    *,
    probability: bool,
) -> tuple[float, np.ndarray]:
    """Return base value and values of the rows, as shap's ExactExplainer has them.

    TreeExplainer is as exact for log-odds; for probabilities it shares out each tree's sum in
    log-odds and rescales, which is another quantity.
    """
    import shap  # noqa: PLC0415  # heavy, and rounding does not need it

    def output(table: np.ndarray) -> np.ndarray:
        said: np.ndarray = (
            model.predict_proba(table)[:, 1] if probability else model.decision_function(table)
        )
        return said

    masker = shap.maskers.Independent(background, max_samples=len(background))
    explanation = shap.explainers.Exact(output, masker)(rows)
    return float(np.ravel(explanation.base_values)[0]), explanation.values


def widest(base: float, values: np.ndarray) -> list[float]:
    """Return the lowest and the highest point that a waterfall of any of the rows reaches."""
    ends = np.cumsum(np.column_stack([np.full(len(values), base), values]), axis=1)
    return [round(float(ends.min()), 3), round(float(ends.max()), 3)]


def adding_up(base: float, shares: np.ndarray, parts: int) -> tuple[float, list[float], float]:
    """Return base value, shares and total, rounded so that they add up as they are written.

    Each is at most one part from its value; one that is nothing stays 0, and none changes its
    sign. As `addingUp` of the figures does it.

    Args:
        base: the average output.
        shares: one for each feature, (features,).
        parts: into how many parts a unit is divided, such as 100 for two decimals.
    """
    first, total = round(parts * base), round(parts * (base + float(shares.sum())))
    steps = [round(parts * float(share)) for share in shares]
    left = total - first - sum(steps)
    sign = 1 if left > 0 else -1
    for _ in range(abs(left)):
        errors = [
            sign * (parts * share - step) if abs(parts * share) > NOTHING else -np.inf
            for share, step in zip(shares, steps, strict=True)
        ]
        steps[int(np.argmax(errors))] += sign
    return first / parts, [step / parts for step in steps], total / parts
