"""Figures of the lesson "Why explain a model?": a model to question, and its shortcut's price."""

from functools import cache
from typing import Any

import numpy as np
from figure_style import Theme, canvas, panels
from matplotlib.figure import Figure
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.inspection import permutation_importance
from tree_model import adding_up, as_data, shap_values, widest

__all__ = ["first_patient", "patient", "shortcut"]

COLUMNS = ["age", "oxygen", "temperature", "portable\nscanner"]


def hospital(rng: np.random.Generator, n: int, agreement: float) -> tuple[np.ndarray, np.ndarray]:
    """Return patients whose scanner column agrees with their illness with this probability."""
    age = rng.normal(60, 12, n)
    oxygen = rng.normal(95, 2.5, n)
    temperature = rng.normal(37.4, 0.8, n)
    z = 0.05 * (age - 60) - 0.5 * (oxygen - 95) + 1.0 * (temperature - 37.4)
    ill = rng.random(n) < 1 / (1 + np.exp(-z))
    portable = np.where(rng.random(n) < agreement, ill, ~ill)
    return np.column_stack([age, oxygen, temperature, portable]), ill


FEATURES: list[dict[str, Any]] = [
    {"name": "age", "low": 25, "high": 90, "step": 1, "digits": 0},
    {"name": "oxygen (%)", "low": 88, "high": 100, "step": 0.1, "digits": 1},
    {"name": "temperature (°C)", "low": 35.5, "high": 39.5, "step": 0.1, "digits": 1},
    {"name": "scanner", "low": 0, "high": 1, "step": 1, "values": ["fixed", "portable"]},
]
START = [45, 96.5, 36.8, 1]
EXAMPLES = {
    "looks well, portable": START,
    "looks well, fixed": [45, 96.5, 36.8, 0],
    "looks ill, fixed": [78, 91.0, 38.6, 0],
    "looks ill, portable": [78, 91.0, 38.6, 1],
}
SENTENCE = "{output}: {base} {shares} = {total}. What moves it most: {name} = {value} ({share})."
QUESTIONS: list[dict[str, Any]] = [
    {
        "ask": "This patient looks well, and yet: 48.1 %. "
        "Which one value brings the answer below 10 %?",
        "below": 0.1,
        "changes": 1,
        "shown": [45, 96.5, 36.8, 0],
        "answer": "The scanner: 1.6 %. The same patient, another machine.",
    },
    {
        "ask": "Leave the scanner at fixed. What does it take to come above 50 % now?",
        "above": 0.5,
        "where": [[3, 0]],
        "shown": [78, 91.0, 38.6, 0],
        "answer": "An ill patient: reasons that a doctor would accept. The scanner is none.",
    },
]
"""Asked one at a time on the home page; each is reached by moving the figure."""


def check_questions() -> None:
    """Check each question's numbers with the model.

    Raises:
        ValueError: a question is answered before it is asked, or not by what is shown.
    """
    model, _background = questioned()
    before = START
    for question in QUESTIONS:
        chances = model.predict_proba(np.array([before, question["shown"]]))[:, 1]
        low, high = question.get("above", 0), question.get("below", 1)
        if [low < chance < high for chance in chances] != [False, True]:
            raise ValueError(question["ask"])
        before = question["shown"]
    first = QUESTIONS[0]
    for feature, bounds in enumerate(FEATURES[:3]):
        rows = np.tile(np.array(START), (200, 1))
        rows[:, feature] = np.linspace(bounds["low"], bounds["high"], len(rows))
        if model.predict_proba(rows)[:, 1].min() < first["below"]:
            raise ValueError(first["ask"])


def told(feature: dict[str, Any], value: float) -> str:
    """Return a feature's value as the figure writes it."""
    if "values" in feature:
        return str(feature["values"][int(value)])
    return f"{value:.{feature['digits']}f}"


@cache
def questioned() -> tuple[GradientBoostingClassifier, np.ndarray]:
    """Return the lesson's first model, and 100 of its training patients as the background."""
    x_train, y_train = hospital(np.random.default_rng(0), 3000, 0.9)
    model = GradientBoostingClassifier(random_state=0).fit(x_train, y_train)
    return model, x_train[:100].round(1)


def shares(rows: list[list[float]]) -> tuple[float, np.ndarray]:
    """Return base value and Shapley values of the probability, as shap computes them."""
    model, background = questioned()
    return shap_values(model, background, np.array(rows), probability=True)


def points(value: float) -> str:
    """Return a share in percentage points with its sign."""
    return f"{100 * value:+.1f}".replace("-", "\N{MINUS SIGN}")


def patient() -> dict[str, Any]:
    """Return the model for the browser, and a table of what shap says of the examples."""
    check_questions()
    model, background = questioned()
    base, values = shares(list(EXAMPLES.values()))
    table = [["patient", *(f["name"] for f in FEATURES), "base value", "chance of being ill"]]
    for (label, row), phi in zip(EXAMPLES.items(), values, strict=True):
        first, steps, total = adding_up(base, phi, 1000)
        cells = [
            f"{told(feature, value)} ({points(step)})"
            for feature, value, step in zip(FEATURES, row, steps, strict=True)
        ]
        table.append([label, *cells, f"{100 * first:.1f} %", f"{100 * total:.1f} %"])
    ends = [[25, 90], [88, 91, 94, 97, 100], [35.5, 37.0, 38.0, 39.5], [0, 1]]
    grid = np.array(np.meshgrid(*ends)).reshape(4, -1).T
    first, steps, total = adding_up(base, values[0], 1000)
    said = {
        "{output}": "Chance of being ill",
        "{base}": f"{100 * first:.1f} %",
        "{shares}": " ".join(points(step) for step in steps),
        "{total}": f"{100 * total:.1f} %",
        "{name}": FEATURES[3]["name"],
        "{value}": told(FEATURES[3], START[3]),
        "{share}": points(steps[3]),
    }
    sentence = SENTENCE
    for name, value in said.items():
        sentence = sentence.replace(name, value)
    return {
        "renderer": "waterfall",
        "features": FEATURES,
        "start": START,
        "examples": [{"label": label, "row": row} for label, row in EXAMPLES.items()],
        "range": widest(*shares(grid.tolist())),
        "output": "Chance of being ill",
        "words": {
            "base": "average patient",
            "was": "before:",
            "examples": "Start from a patient",
            "sentence": SENTENCE,
            "setting": "A model has learned from 3000 patients of a hospital to say who is ill.",
            "show": "Show me",
            "next": "Next question",
            "again": "Start again",
        },
        "questions": QUESTIONS,
        "still": {"picture": "first_patient", "sentence": sentence},
        "table": table,
        "model": as_data(model, background, probability=True),
    }


def first_patient(theme: Theme) -> Figure:
    """Draw the waterfall of the patient that the figure starts with."""
    base, values = shares([START])
    figure, axes = canvas(theme, height=3.0)
    at = 100 * base
    _first, steps, _total = adding_up(base, values[0], 1000)
    for line, share in enumerate(values[0]):
        step = 100 * share
        colour = theme.positive if step > 0 else theme.negative
        axes.barh(line, step, left=at, height=0.6, color=colour, hatch="" if step > 0 else "//")
        side, gap = ("left", 1) if step > 0 else ("right", -1)
        axes.text(at + step + gap, line, points(steps[line]), ha=side, va="center")
        at += step
        axes.plot([at, at], [line, line + 1], color=theme.muted, linewidth=0.8)
    axes.axvline(100 * base, color=theme.muted, linestyle=":", linewidth=1.2)
    names = [f"{f['name']} = {told(f, value)}" for f, value in zip(FEATURES, START, strict=True)]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.2, -0.7)
    axes.set_xlim(0, 100)
    axes.set_xlabel("chance of being ill, in percent")
    axes.grid(visible=False, axis="y")
    return figure


@cache
def results() -> tuple[np.ndarray, list[float], list[float]]:
    """Return the importance of each column, and the scores with and without the shortcut."""
    rng = np.random.default_rng(0)
    x_train, y_train = hospital(rng, 3000, 0.9)
    x_test, y_test = hospital(rng, 1000, 0.9)
    x_second, y_second = hospital(rng, 1000, 0.5)
    model = GradientBoostingClassifier(random_state=0).fit(x_train, y_train)
    honest = GradientBoostingClassifier(random_state=0).fit(x_train[:, :3], y_train)
    importance = permutation_importance(model, x_test, y_test, n_repeats=20, random_state=0)
    scores = [model.score(x_test, y_test), model.score(x_second, y_second)]
    honest_scores = [honest.score(x_test[:, :3], y_test), honest.score(x_second[:, :3], y_second)]
    return importance.importances_mean, scores, honest_scores


def shortcut(theme: Theme) -> Figure:
    """Draw what the model leans on beside its accuracy in both hospitals."""
    importance, scores, honest_scores = results()
    figure, (left, right) = panels(theme, 2, height=3.2)
    left.barh(COLUMNS, importance, color=[theme.blue] * 3 + [theme.vermilion])
    left.set_xlabel("accuracy lost when shuffled")
    left.set_title("What it leans on")
    left.grid(visible=False, axis="y")
    places = ["same\nhospital", "second\nhospital"]
    right.plot(places, scores, "o-", color=theme.vermilion)
    right.plot(places, honest_scores, "s--", color=theme.blue)
    right.annotate("with scanner", (0, scores[0]), xytext=(8, 4), textcoords="offset points")
    right.annotate("without", (0, honest_scores[0]), xytext=(8, -14), textcoords="offset points")
    right.axhline(0.5, color=theme.muted, linewidth=1, linestyle=":")
    right.text(-0.2, 0.51, "coin", color=theme.muted)
    right.set_ylim(0.45, 1)
    right.set_xlim(-0.25, 1.25)
    right.set_ylabel("accuracy")
    right.set_title("What that costs elsewhere")
    return figure
