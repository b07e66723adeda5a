"""Reference: what makes a counterfactual for a refused credit application a good one."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split

from grader.criteria import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Outputs = dict[str, Floats]
    Parameters = Mapping[str, Any]

FEATURES = (
    "age",
    "dependants",
    "income",
    "debt",
    "savings",
    "years_employed",
    "open_loans",
    "late_payments",
)
FIXED = (0, 1)
ONLY_UP = (2, 5, 7)
WHOLE = (0, 1, 5, 6, 7)
FREE = (2, 3, 4, 5, 6)  # late_payments may only rise, which never helps
TARGET = 0.6
MOST_CHANGES = 3
SLACK = 1.5
COARSE_LEVELS, COARSE_SLACK = 15, 1.3
LEAST_DISTANCE, MOST_DISTANCE, HIGHEST_SCORE = 0.6, 2.0, 0.4
UNCHANGED = 1e-6  # relative to a feature's spread: rounding is no change


def _applicants(n: int = 3000) -> tuple[Floats, NDArray[np.int64]]:
    """Features and whether credit was granted: as in the starter notebook."""
    rng = np.random.default_rng(11)
    age = rng.integers(21, 70, n)
    dependants = rng.integers(0, 5, n)
    income = rng.lognormal(3.6, 0.4, n).round(1)
    debt = rng.gamma(2, 8, n).round(1)
    savings = rng.gamma(1.5, 6, n).round(1)
    years_employed = np.minimum(rng.integers(0, 25, n), age - 18)
    open_loans = rng.integers(0, 6, n)
    late_payments = rng.poisson(1, n)
    x = np.column_stack(
        [age, dependants, income, debt, savings, years_employed, open_loans, late_payments]
    ).astype(float)
    merit = (
        0.06 * income - 0.06 * debt + 0.06 * savings + 0.08 * years_employed
        - 0.35 * open_loans - 0.9 * late_payments - 0.25 * dependants + 0.02 * age
    )  # fmt: skip
    granted = merit + 0.7 * rng.normal(size=n) > 1.2
    return x, granted.astype(int)


@cache
def _world() -> tuple[Any, Floats, Floats]:
    """The model, the training rows, and the refused applicants of the test rows."""
    x, granted = _applicants()
    train, test, labels, _ = train_test_split(x, granted, test_size=0.3, random_state=0)
    model = GradientBoostingClassifier(n_estimators=60, random_state=0).fit(train, labels)
    return model, train, test[model.predict(test) == 0]


def _probability(rows: Floats) -> Floats:
    return np.asarray(_world()[0].predict_proba(rows)[:, 1])


def _applicant(parameters: Parameters) -> Floats:
    return np.asarray(_world()[2][parameters["applicant"]])


def _steps(rows: Floats, applicant: Floats) -> Floats:
    """Changes per feature, in standard deviations of the training rows."""
    return np.asarray((rows - applicant) / _world()[1].std(axis=0))


@cache
def _candidates(feature: int) -> Floats:
    """Every value between which the model can tell a feature's values apart, within the range.

    Tree ensembles are constant between thresholds, so a value just beyond each is all one needs.
    """
    model, train, _ = _world()
    trees = [tree.tree_ for tree in model.estimators_.ravel()]
    cuts = np.concatenate([tree.threshold[tree.feature == feature] for tree in trees])
    cuts = np.unique(cuts)
    if feature in WHOLE:
        values = np.unique([np.floor(cuts), np.floor(cuts) + 1])
    else:
        values = np.unique([np.floor(cuts * 10) / 10, np.floor(cuts * 10) / 10 + 0.1])
    low, high = train[:, feature].min(), train[:, feature].max()
    return np.asarray(values[(values >= low) & (values <= high)])


def _levels(feature: int) -> Floats:
    """A coarse grid over a feature's values, such as many would search."""
    levels = np.quantile(_world()[1][:, feature], np.linspace(0, 1, COARSE_LEVELS))
    return np.unique(np.round(levels, 0 if feature in WHOLE else 1))


@cache
def _nearest(applicant: int, *, coarse: bool = False) -> tuple[Floats, float]:
    """The nearest row that one or two allowed changes lead to, and how far away it is."""
    start = _world()[2][applicant]
    values = {}
    for j in FREE:
        allowed = _levels(j) if coarse else _candidates(j)
        allowed = allowed[allowed > start[j]] if j in ONLY_UP else allowed
        values[j] = np.append(allowed, start[j])
    rows = []
    for pair in combinations(FREE, 2):
        grid = np.array(np.meshgrid(*[values[j] for j in pair])).reshape(2, -1).T
        block = np.tile(start, (len(grid), 1))
        block[:, pair] = grid
        rows.append(block)
    rows = np.concatenate(rows)
    distances = np.abs(_steps(rows, start)).sum(axis=1)
    for chunk in np.array_split(np.argsort(distances), 20):
        granted = _probability(rows[chunk]) >= TARGET
        if granted.any():
            best = chunk[int(np.argmax(granted))]
            return rows[best], float(distances[best])
    message = f"two changes do not lead applicant {applicant} to a credit"
    raise ValueError(message)


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """The applicant's own score, and one of many good answers."""
    score = _probability(_applicant(parameters)[None])[0]
    return {"fx": np.asarray(score), "counterfactual": _nearest(parameters["applicant"])[0]}


def suitable(parameters: Parameters) -> bool:
    """Whether two changes help, found coarsely too, and the score is clearly below one half."""
    try:
        distance = _nearest(parameters["applicant"])[1]
        coarse = _nearest(parameters["applicant"], coarse=True)[1]
    except ValueError:
        return False
    if coarse > COARSE_SLACK * distance:
        return False
    score = float(reference(parameters, 0)["fx"])
    return LEAST_DISTANCE <= distance <= MOST_DISTANCE and score <= HIGHEST_SCORE


def mistake_refusal(parameters: Parameters, seed: int) -> Outputs:
    """The probability of a refusal."""
    return {"fx": 1 - reference(parameters, seed)["fx"]}


def _changed(parameters: Parameters, answers: Outputs) -> Floats:
    """The changes of the learner's row per feature, 0 where there is none."""
    steps = _steps(answers["counterfactual"], _applicant(parameters))
    return np.where(np.abs(steps) > UNCHANGED, steps, 0.0)


def _names(features: Sequence[int] | NDArray[Any]) -> str:
    return ", ".join(FEATURES[j] for j in features)


def valid(parameters: Parameters, answers: Outputs) -> Finding:  # noqa: ARG001 - the row says it all
    """Whether the model grants the credit, with the margin that the task names."""
    probability = float(_probability(answers["counterfactual"][None])[0])
    return Finding(probability >= TARGET, facts={"probability": round(probability, 2)})


def unchanged_where_fixed(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether what nobody can change stays as it is."""
    steps = _changed(parameters, answers)
    touched = [j for j in FIXED if steps[j] != 0]
    return Finding(not touched, facts={"features": _names(touched)})


def allowed_direction(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether what can only rise does not fall."""
    steps = _changed(parameters, answers)
    fallen = [j for j in ONLY_UP if steps[j] < 0]
    return Finding(not fallen, facts={"features": _names(fallen)})


def sparse(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether few features change."""
    count = int(np.count_nonzero(_changed(parameters, answers)))
    return Finding(count <= MOST_CHANGES, facts={"count": count})


def plausible(parameters: Parameters, answers: Outputs) -> Finding:  # noqa: ARG001 - the row says it all
    """Whether every value has been seen, and whole numbers are whole."""
    _, train, _ = _world()
    row = answers["counterfactual"]
    gap = UNCHANGED * train.std(axis=0)
    outside = (row < train.min(axis=0) - gap) | (row > train.max(axis=0) + gap)
    broken = np.abs(row - np.round(row)) > gap
    broken[[j for j in range(len(FEATURES)) if j not in WHOLE]] = False
    return Finding(
        not (outside | broken).any(), facts={"features": _names(np.flatnonzero(outside | broken))}
    )


def near(parameters: Parameters, answers: Outputs) -> bool:
    """Whether the row is not much further away than the nearest that our own search finds."""
    distance = float(np.abs(_changed(parameters, answers)).sum())
    return distance <= SLACK * _nearest(parameters["applicant"])[1]
