"""Figures of the lesson on evaluation: a calibration plot and three decision boundaries."""

import numpy as np
from figure_style import Theme, canvas, panels
from matplotlib.figure import Figure
from sklearn.calibration import calibration_curve
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

__all__ = ["boundaries", "calibration"]


def customers(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return customers and who of them leaves, as in the lesson."""
    calls = rng.poisson(1.0, n)
    months = rng.uniform(1, 60, n)
    price = rng.normal(40, 12, n)
    z = -2.9 + 0.8 * calls - 0.035 * (months - 30) + 0.03 * (price - 40)
    z = z + 0.5 * ((calls >= 2) & (price > 45))
    leaves = rng.random(n) < 1 / (1 + np.exp(-z))
    return np.column_stack([calls, months, price]), leaves.astype(int)


def calibration(theme: Theme) -> Figure:
    """Draw predicted against observed shares for a plain and a weighted logistic regression."""
    rng = np.random.default_rng(0)
    x_train, y_train = customers(rng, 4000)
    x_test, y_test = customers(rng, 4000)
    figure, axes = canvas(theme, width=5.2, height=4.2)
    axes.plot([0, 1], [0, 1], color=theme.muted, linewidth=1, linestyle=":")
    axes.text(0.7, 0.73, "calibrated", color=theme.muted, rotation=38, ha="center")
    styles = ((None, theme.blue, "o-", "plain"), ("balanced", theme.vermilion, "s--", "weighted"))
    for class_weight, colour, marks, label in styles:
        model = LogisticRegression(class_weight=class_weight).fit(x_train, y_train)
        predicted = model.predict_proba(x_test)[:, 1]
        left, mean = calibration_curve(y_test, predicted, n_bins=10, strategy="quantile")
        axes.plot(mean, left, marks, color=colour, label=label)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="mean prediction in the group")
    axes.set_ylabel("share that really left")
    axes.legend(loc="upper left")
    return figure


def boundaries(theme: Theme) -> Figure:
    """Draw where three models of two measurements change their answer."""
    data = load_breast_cancer()
    points, malignant = data.data[:, :2], 1 - data.target
    models = (
        ("logistic regression", make_pipeline(StandardScaler(), LogisticRegression())),
        ("tree, depth 3", DecisionTreeClassifier(max_depth=3, random_state=0)),
        ("gradient boosting", GradientBoostingClassifier(random_state=0)),
    )
    xs, ys = np.meshgrid(np.linspace(8, 24, 65), np.linspace(10, 34, 65))
    some = np.random.default_rng(0).choice(len(points), 50, replace=False)
    figure, three = panels(theme, 3, height=3.1, sharey=True)
    for axes, (title, model) in zip(three, models, strict=True):
        model.fit(points, malignant)
        scores = model.predict_proba(np.column_stack([xs.ravel(), ys.ravel()]))[:, 1]
        axes.contourf(
            xs,
            ys,
            scores.reshape(xs.shape),
            levels=[0.5, 1],
            colors=[theme.vermilion],
            alpha=0.2,
        )
        axes.set_facecolor((theme.blue, 0.2))
        for kind, marker, colour in ((0, "o", theme.blue), (1, "^", theme.vermilion)):
            chosen = some[malignant[some] == kind]
            axes.plot(*points[chosen].T, marker, color=colour, markersize=3.5)
        axes.set(title=title, xlabel="mean radius", xlim=(8, 24), ylim=(10, 34))
        axes.grid(visible=False)
    three[0].set_ylabel("mean texture")
    three[0].text(8.4, 32, "benign ○", color=theme.blue, fontsize=9)
    three[0].text(17.2, 10.8, "malignant △", color=theme.vermilion, fontsize=9)
    return figure
