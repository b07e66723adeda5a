"""What a what-if explorer must show: the model's curve, contributions that add up, warnings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split

from grader.criteria import Finding
from grader.explainers.trees import tree_shap
from grader.metrics import rel_l1

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Outputs = dict[str, NDArray[Any]]
    Parameters = Mapping[str, Any]

FEATURES = ("price", "advertising", "rival_price", "temperature", "weekend", "holiday")
TYPICAL = np.array([12.0, 2.0, 12.0, 16.0, 0.0, 0.0])
FEWEST_POINTS = 20
SAME = 0.002
"""Relative L1 of a curve to the model's; a figure holds what was drawn to full precision."""
NOTHING = 0.05
"""Units up to which a contribution is none; an unchanged feature's is zero but for rounding."""
BEYOND = 0.1
"""As a share of the range of the training rows: so far beyond it, a warning has to come."""
MIDST = (0.1, 0.9)
"""Quantiles between which every value of a day lies that must not be warned of."""


@dataclass(frozen=True)
class World:
    """The model and the days that it was trained on."""

    model: Any
    train: Floats


def _quarters(values: Floats) -> Floats:
    """Round so that single precision holds the values.

    scikit-learn's trees compare in single precision, shap in double: they differ where a scenario
    lies on a threshold.
    """
    return np.round(4 * values) / 4


@cache
def _world() -> World:
    n = 1600
    rng = np.random.default_rng(8)
    season = rng.normal(size=n)
    price = _quarters(rng.uniform(8, 16, n))
    advertising = _quarters(rng.gamma(2.0, 1.4, n) * np.exp(0.3 * season))
    rival_price = _quarters(rng.uniform(8, 16, n))
    temperature = _quarters(rng.normal(16, 8, n))
    weekend = rng.binomial(1, 2 / 7, n)
    holiday = rng.binomial(1, 0.08, n)
    units = (
        230
        - 11 * price
        + 7 * rival_price
        + 28 * np.log1p(advertising)
        - 0.12 * (temperature - 22) ** 2
        + 15 * season
        + 35 * weekend
        + 30 * holiday
        + 25 * (price < rival_price) * weekend
        + rng.normal(0, 15, n)
    ).round(0)
    columns = [price, advertising, rival_price, temperature, weekend, holiday]
    x = np.column_stack(columns).astype(float)
    train, _, units_train, _ = train_test_split(x, units, test_size=0.25, random_state=0)
    model = GradientBoostingRegressor(n_estimators=150, random_state=0).fit(train, units_train)
    return World(model, train)


def _output(rows: Floats) -> Floats:
    predicted: Floats = _world().model.predict(rows)
    return predicted


def _scenarios(parameters: Parameters) -> Floats:
    return np.array(parameters["scenarios"], dtype=float)


def _swept(parameters: Parameters, scenario: Floats, x: Floats) -> Floats:
    """The scenario with the parameters' feature at each of the values x."""
    rows = np.tile(scenario, (len(x), 1))
    rows[:, FEATURES.index(parameters["feature"])] = x
    return rows


def _shapley(scenario: Floats) -> Floats:
    """Shapley values of the way from the typical day to the scenario, by enumeration."""
    n = len(FEATURES)
    groups = [frozenset(group) for size in range(n + 1) for group in combinations(range(n), size)]
    rows = np.array(
        [[(scenario if j in group else TYPICAL)[j] for j in range(n)] for group in groups]
    )
    value = dict(zip(groups, _output(rows), strict=True))
    found = np.zeros(n)
    for group in groups[:-1]:
        weight = factorial(len(group)) * factorial(n - 1 - len(group)) / factorial(n)
        for j in set(range(n)) - group:
            found[j] += weight * (value[group | {j}] - value[group])
    return found


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """The model's answers, and one figure of many."""
    scenarios, feature = _scenarios(parameters), parameters["feature"]
    column = FEATURES.index(feature)
    train = _world().train[:, column]
    x = np.linspace(train.min(), train.max(), 60)
    predicted = _output(scenarios)
    return {
        "before": _output(TYPICAL[None])[0],
        "predicted": predicted,
        "contributions": np.array([_shapley(scenario) for scenario in scenarios]),
        "curve_x": np.tile(x, (len(scenarios), 1)),
        "curve_y": np.array([_output(_swept(parameters, day, x)) for day in scenarios]),
        "marked": np.column_stack([scenarios[:, column], predicted]),
        "axis_texts": np.array([[feature, "units"]] * len(scenarios)),
        "warned": np.array([not _in_the_midst(scenario) for scenario in scenarios]),
    }


def _one_by_one(scenario: Floats, *, back: bool) -> Floats:
    """The change of the output for each feature that alone goes to the scenario, or comes back."""
    start, goal = (scenario, TYPICAL) if back else (TYPICAL, scenario)
    rows = np.tile(start, (len(FEATURES), 1))
    np.fill_diagonal(rows, goal)
    change = _output(rows) - _output(start[None])
    return -change if back else change


def mistake_one_at_a_time(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Each feature alone leaves the typical day."""
    rows = [_one_by_one(scenario, back=False) for scenario in _scenarios(parameters)]
    return {"contributions": np.array(rows)}


def mistake_taken_back(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Each feature alone returns to the typical day."""
    rows = [_one_by_one(scenario, back=True) for scenario in _scenarios(parameters)]
    return {"contributions": np.array(rows)}


def mistake_from_the_mean(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Path-dependent TreeSHAP."""
    return {"contributions": tree_shap(_world().model, _scenarios(parameters))[0]}


def complete(parameters: Parameters, answers: Outputs) -> Finding:  # noqa: ARG001 - own arrays only
    """Whether both coordinates of the lines have the same length."""
    across, up = answers["curve_x"].shape[1], answers["curve_y"].shape[1]
    if across != up:
        return _fault(f"curve_x has {across} values a line, curve_y {up}.")
    return Finding(passed=True)


def curve_is_right(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether each line is the model's output along the feature, fine and long enough."""
    column = FEATURES.index(parameters["feature"])
    low, high = np.quantile(_world().train[:, column], [0.05, 0.95])
    lines = zip(_scenarios(parameters), answers["curve_x"], answers["curve_y"], strict=True)
    for number, (scenario, x, y) in enumerate(lines):
        if len(x) < FEWEST_POINTS or not (np.diff(x) > 0).all():
            return _fault(f"The line of a figure needs at least {FEWEST_POINTS} ascending values.")
        if not (x[0] <= low and x[-1] >= high):
            return _fault(
                f"The line of figure {number} does not reach from the 5 % to the 95 % quantile of "
                f"{parameters['feature']} in the training rows."
            )
        if not rel_l1(y, _output(_swept(parameters, scenario, x))) <= SAME:
            return _fault(
                f"The line of figure {number} is not the model's prediction for its scenario with "
                f"only {parameters['feature']} changed."
            )
    return Finding(passed=True)


def mark_is_right(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether each point lies at the scenario's own value and prediction."""
    scenarios = _scenarios(parameters)
    column = FEATURES.index(parameters["feature"])
    right = np.column_stack([scenarios[:, column], _output(scenarios)])
    close = np.abs(answers["marked"] - right) <= SAME * np.abs(right) + 1e-6
    if not close[:, 0].all():
        return _fault(
            f"The point of figure {int(close[:, 0].argmin())} does not stand at its scenario's "
            f"{parameters['feature']}."
        )
    if not close[:, 1].all():
        return _fault(
            f"The point of figure {int(close[:, 1].argmin())} does not stand at its scenario's "
            "prediction."
        )
    return Finding(passed=True)


def axes_are_named(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether both axes have a label, and the horizontal one names the feature."""
    name = _plain(parameters["feature"])
    for number, (across, up) in enumerate(answers["axis_texts"]):
        if not str(up).strip():
            return _fault(f"The vertical axis of figure {number} has no label.")
        if name not in _plain(str(across)):
            return _fault(
                f"The horizontal axis of figure {number} does not name {parameters['feature']}."
            )
    return Finding(passed=True)


def _plain(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def unchanged_contributes_nothing(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether features that are as on the typical day contribute zero."""
    same = _scenarios(parameters) == TYPICAL
    wrong = same & ~(np.abs(answers["contributions"]) <= NOTHING)
    if not wrong.any():
        return Finding(passed=True)
    scenario, feature = np.argwhere(wrong)[0]
    return Finding(passed=False, facts={"scenario": int(scenario), "feature": FEATURES[feature]})


def within_marginals(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether each contribution lies between the least and the largest change that it may be.

    Every fair share is a mean of the changes that the feature makes beside some of the others; a
    random split of the same sum is not.
    """
    for number, scenario in enumerate(_scenarios(parameters)):
        low, high = _marginals(tuple(scenario))
        found = answers["contributions"][number]
        outside = (found < low - NOTHING) | (found > high + NOTHING)
        if outside.any():
            facts = {"scenario": number, "feature": FEATURES[int(outside.argmax())]}
            return Finding(passed=False, facts=facts)
    return Finding(passed=True)


@cache
def _marginals(scenario: tuple[float, ...]) -> tuple[Floats, Floats]:
    """The least and the largest change of the output that each feature makes."""
    n = len(FEATURES)
    inside = (np.arange(2**n)[:, None] >> np.arange(n)) & 1 == 1
    output = _output(np.where(inside, np.array(scenario), TYPICAL))
    changes = [output[inside[:, j]] - output[np.flatnonzero(inside[:, j]) - 2**j] for j in range(n)]
    return np.min(changes, axis=1), np.max(changes, axis=1)


def warning_is_right(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether days far beyond the training rows are warned of, and those in their midst are not."""
    for number, (scenario, warned) in enumerate(
        zip(_scenarios(parameters), answers["warned"], strict=True)
    ):
        if _beyond(scenario) and not warned:
            return _fault(
                f"Scenario {number} has a value far beyond all training rows, without a warning."
            )
        if _in_the_midst(scenario) and warned:
            return _fault(
                f"Scenario {number} lies in the midst of the training rows; a warning that always "
                "comes is ignored."
            )
    return Finding(passed=True)


def _beyond(scenario: Floats) -> bool:
    train = _world().train
    low, high = train.min(axis=0), train.max(axis=0)
    gap = BEYOND * (high - low)
    return bool(((scenario < low - gap) | (scenario > high + gap)).any())


def _in_the_midst(scenario: Floats) -> bool:
    low, high = np.quantile(_world().train, MIDST, axis=0)
    inside = (scenario >= low) & (scenario <= high)
    inside[-2:] = np.isin(scenario[-2:], (0, 1))  # a holiday is rare, and yet no stranger
    return bool(inside.all())


def _fault(what: str) -> Finding:
    return Finding(passed=False, facts={"what": what})
