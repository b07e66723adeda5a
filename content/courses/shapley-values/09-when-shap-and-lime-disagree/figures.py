"""Figure of the lesson on disagreement: LIME against SHAP, before and after conversion."""

import numpy as np
import shap
from figure_style import Theme, panels
from lime.lime_tabular import LimeTabularExplainer
from matplotlib.figure import Figure
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split

__all__ = ["conversion"]

PATIENTS = 60


def conversion(theme: Theme) -> Figure:
    """Return LIME's weights and their converted values against SHAP values."""
    features, target = load_diabetes(return_X_y=True, scaled=False)
    train, test, outcome, _ = train_test_split(features, target, test_size=100, random_state=0)
    model = GradientBoostingRegressor(n_estimators=100, max_depth=3, random_state=0)
    model.fit(train, outcome)
    test = test[:PATIENTS]
    every_row = shap.maskers.Independent(train, max_samples=len(train))
    shares = shap.TreeExplainer(model, every_row).shap_values(test)
    weights = np.zeros_like(shares)
    for k, row in enumerate(test):
        explainer = LimeTabularExplainer(
            train, mode="regression", discretize_continuous=False, random_state=0
        )
        explanation = explainer.explain_instance(
            row, model.predict, num_features=10, num_samples=5000
        )
        for feature, weight in explanation.as_map()[1]:
            weights[k, feature] = weight
    converted = weights * (test - train.mean(axis=0)) / train.std(axis=0)
    figure, (left, right) = panels(theme, 2, height=3.4, sharey=True)
    for axes, values, title in (
        (left, weights, "LIME weights"),
        (right, converted, "LIME, converted"),
    ):
        for column, marker, colour, name in (
            (2, "o", theme.blue, "bmi"),
            (8, "^", theme.vermilion, "s5"),
        ):
            axes.scatter(
                shares[:, column],
                values[:, column],
                s=16,
                marker=marker,
                color=colour,
                linewidth=0,
                label=name,
            )
        axes.plot([-60, 90], [-60, 90], color=theme.muted, linewidth=1)
        axes.set_title(title)
        axes.set(xlabel="SHAP value")
    left.set(ylabel="LIME")
    left.legend(loc="upper left")
    return figure
