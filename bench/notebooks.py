"""The notebooks that every contestant runs: the same cells, the same work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

SMALL: Final = (
    """
import lime.lime_tabular
import numpy as np
import pandas as pd
import shap
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
data = load_breast_cancer(as_frame=True)
X, y = data.data, data.target
model = GradientBoostingClassifier(n_estimators=20, random_state=0).fit(X, y)
""",
    """
explanation = shap.TreeExplainer(model)(X.iloc[:20])
shap_values = explanation.values
shap_values.shape
""",
    """
explainer = lime.lime_tabular.LimeTabularExplainer(
    X.values, feature_names=list(X.columns), random_state=0
)
lime_weights = dict(
    explainer.explain_instance(X.values[0], lambda r: model.predict_proba(
        pd.DataFrame(r, columns=X.columns)), num_features=5, num_samples=500).as_list()
)
lime_weights
""",
)

EXPLAINING: Final = (
    *SMALL,
    """
predict = lambda rows: model.predict_proba(pd.DataFrame(rows, columns=X.columns))[:, 1]
background = X.iloc[:10].values
permutation = shap.PermutationExplainer(predict, background)(X.iloc[:2].values)
exact = shap.ExactExplainer(lambda r: predict(np.c_[r, np.tile(background[:1, 8:], (len(r), 1))]),
                            background[:, :8])(X.iloc[:1, :8].values)
kernel = shap.KernelExplainer(predict, background).shap_values(
    X.iloc[:1].values, nsamples=100, silent=True)
""",
    """
shap.plots.beeswarm(explanation)
""",
    """
shap.plots.waterfall(explanation[0])
""",
    """
shap.plots.bar(explanation)
""",
)

COMPUTING: Final = (
    """
import numpy as np
import shap
from sklearn.ensemble import GradientBoostingRegressor
rng = np.random.default_rng(0)
X = rng.normal(size=(4000, 20))
y = X[:, 0] * X[:, 1] + rng.normal(size=4000)
model = GradientBoostingRegressor(n_estimators=150, random_state=0).fit(X, y)
""",
    """
shap_values = shap.TreeExplainer(model)(X[:200]).values
shap_values.shape
""",
)

NOTEBOOKS: Final = {
    "small": SMALL,
    "explanation-heavy": EXPLAINING,
    "compute-heavy": COMPUTING,
}
SHAPES: Final = {SMALL: (20, 30), EXPLAINING: (20, 30), COMPUTING: (200, 20)}
"""Of `shap_values`, which each notebook leaves behind."""

EXERCISE: Final = """\
version: 1
title: {title}
summary: One of the notebooks that are compared with other tools.
statement: Leave `shap_values` behind.
level: introductory
minutes: 5
outputs:
  shap_values: {{dtype: float, shape: {shape}, meaning: attributions}}
rubric:
  - {{id: values, title: Values, kind: agreement, output: shap_values, threshold: 0.01, points: 1}}
pass_score: 1
limits: {{wall_seconds: 300, cpu_seconds: 300, memory_mib: 2048}}
hints: [None, none, none, none]
"""
REFERENCE: Final = """
def reference(parameters, seed):
    return {"shap_values": shap_values}
"""


def write_exercise(folder: Path, cells: tuple[str, ...]) -> None:
    """Write the notebook as an exercise that its own `shap_values` pass."""
    folder.mkdir(parents=True)
    exercise = EXERCISE.format(title=folder.name.capitalize(), shape=list(SHAPES[cells]))
    (folder / "exercise.yaml").write_text(exercise)
    # The plots of the long notebook play no part in its values.
    computing = [cell for cell in cells if "shap.plots" not in cell]
    (folder / "reference.py").write_text("\n".join([*computing, REFERENCE]))
    for name in ("starter.ipynb", "solution.ipynb"):
        (folder / name).write_text(json.dumps(as_notebook(cells)))


def as_notebook(cells: tuple[str, ...], *, graded: bool = False) -> dict[str, Any]:
    """Return the cells as nbformat 4; `graded` adds the cell that nbgrader marks."""
    made = [_cell(source.strip(), {}) for source in cells]
    if graded:
        mark = {
            "grade": True,
            "grade_id": "mark",
            "locked": True,
            "points": 1,
            "schema_version": 3,
            "solution": False,
            "task": False,
            "cell_type": "code",
        }
        made.append(_cell("assert shap_values.ndim == 2", {"nbgrader": mark}))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": made,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }


def _cell(source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }
