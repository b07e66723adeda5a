"""Properties of a transparent model that a learner has written out as base + parts x values.

Nothing here knows the right model. Everything is recomputed from the learner's own arrays and from
the data, which `dataset` and `seed` determine.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from grader.criteria import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Outputs = dict[str, NDArray[Any]]
    Parameters = Mapping[str, Any]
    Split = tuple[Floats, Floats, Floats, Floats]

MOST_PARTS = 12
MOST_CONDITIONS = 4
LEAST_SKILL = {"breast-cancer": 0.5, "churn": 0.15, "diabetes": 0.2, "sales": 0.25}
"""What a tree of depth 2 exceeds on every split that is drawn."""
MOST_SKILL = {"breast-cancer": 0.96, "churn": 0.56, "diabetes": 0.66, "sales": 0.85}
"""Above what honest models of every kind reach; boosting that has seen the answers exceeds it."""
ROUGHEST = 0.05
"""Mean squared step between neighbours in one feature, as a share of twice the variance: smooth
shapes and stairs of up to fifteen steps stay below, outputs of forests and boosting start at 0.22,
noise is at 1 (von Neumann's ratio, halved)."""
WRITTEN = 0.005
"""Relative L1 up to which the equation gives the prediction; three decimals cost less."""
ROUNDING = 1e-6
"""A sum of probabilities may lie beyond 1 by that much."""
COST_SLACK = 0.003
NOISE = 0.85
"""Mean squared step of a difference to its nearest row, as a share of twice its variance: another
model's stays below 0.7, noise is at 1."""
SEGMENT_SHARE = (0.1, 0.5)


def _breast_cancer() -> tuple[Floats, Floats]:
    bunch = load_breast_cancer()
    return bunch.data, (bunch.target == 0).astype(float)


def _diabetes() -> tuple[Floats, Floats]:
    bunch = load_diabetes(scaled=False)
    return bunch.data, bunch.target.astype(float)


def _churn(n: int = 2000) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(3)
    columns = [
        rng.gamma(9.0, 5.0, n).round(1),
        rng.exponential(24.0, n).round(0),
        rng.poisson(1.6, n).astype(float),
        rng.gamma(2.0, 6.0, n).round(1),
        rng.choice([1.0, 12.0, 24.0], n, p=[0.5, 0.3, 0.2]),
        rng.poisson(0.5, n).astype(float),
    ]
    fee, tenure, calls, data_use, contract, late = columns
    logit = (
        0.6
        + 0.09 * (fee - 45)
        - 1.6 * np.log1p(tenure / 12)
        + 1.5 * np.maximum(calls - 1, 0)
        - 2.2 * (contract > 1)
        + 1.1 * late
        - 0.05 * (data_use - 12)
    )
    return np.column_stack(columns), (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float)


def _sales(n: int = 1200) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(4)
    columns = [
        rng.uniform(8, 16, n).round(2),
        rng.gamma(2.0, 1.5, n).round(2),
        rng.uniform(8, 16, n).round(2),
        rng.normal(16, 8, n).round(1),
        rng.binomial(1, 2 / 7, n).astype(float),
        rng.binomial(1, 0.06, n).astype(float),
    ]
    price, advertising, rival_price, temperature, weekend, holiday = columns
    units = (
        220
        - 11 * price
        + 7 * rival_price
        + 40 * np.log1p(advertising)
        - 0.12 * (temperature - 22) ** 2
        + 35 * weekend
        + 30 * holiday
        + 12 * (price < rival_price) * weekend
        + rng.normal(0, 22, n)
    )
    return np.column_stack(columns), units.round(0)


SETS = {
    "breast-cancer": _breast_cancer,
    "churn": _churn,
    "diabetes": _diabetes,
    "sales": _sales,
}


@lru_cache(maxsize=16)
def _split(dataset: str, seed: int) -> Split:
    """Training features, held-out features, training target, held-out target: as in the starter."""
    x, y = SETS[dataset]()
    classes = y if set(y) == {0.0, 1.0} else None
    train, test, y_train, y_test = train_test_split(
        x, y, test_size=0.4, random_state=seed, stratify=classes
    )
    return train, test, y_train, y_test


def _held_out(parameters: Parameters, answers: Outputs) -> tuple[Floats, Floats]:
    _, test, _, target = _split(str(answers["dataset"]), parameters["seed"])
    return test, target


def _skill(target: Floats, predicted: Floats) -> float:
    return float(1 - ((target - predicted) ** 2).sum() / ((target - target.mean()) ** 2).sum())


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """One answer of many: a logistic regression on three features, each part a contribution."""
    train, test, y_train, y_test = _split("churn", parameters["seed"])
    used = [0, 1, 4]
    model = LogisticRegression(max_iter=1000).fit(train[:, used], y_train)
    parts = test[:, used] * model.coef_[0]
    prediction = 1 / (1 + np.exp(-(model.intercept_[0] + parts.sum(axis=1))))
    loss = (y_test - prediction) ** 2
    segment = test[:, 1] < 6
    every = LogisticRegression(max_iter=2000).fit(train, y_train).predict_proba(test)[:, 1]
    return {
        "dataset": np.asarray("churn"),
        "link": np.asarray("logistic"),
        "base": np.asarray(model.intercept_[0]),
        "parts": parts,
        "values": np.ones(3),
        "part_names": np.asarray(["fee", "tenure", "contract"]),
        "prediction": prediction,
        "influence": parts.std(axis=0),
        "black_box": every,
        "cost": np.asarray(_skill(y_test, every) - _skill(y_test, prediction)),
        "segment": segment,
        "segment_error": np.array([loss[segment].mean(), loss[~segment].mean()]),
    }


def complete(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether the lengths fit the held-out rows and each other."""
    _, target = _held_out(parameters, answers)
    rows, parts = len(target), answers["parts"].shape[1]
    wanted = {"parts": rows, "prediction": rows, "black_box": rows, "segment": rows}
    wanted |= {"values": parts, "part_names": parts, "influence": parts}
    for name, length in wanted.items():
        found = len(answers[name])
        if found != length:
            per = "held-out row" if length == rows else "part"
            return _fault(f"{name} has {found} entries; {length} are needed, one for each {per}.")
    names = [str(name).strip() for name in answers["part_names"]]
    if not all(names) or len(set(names)) < len(names):
        return _fault("Each part needs a name of its own in part_names.")
    return Finding(passed=True)


def written_out(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether the prediction follows from the equation."""
    prediction = answers["prediction"]
    total = answers["base"] + answers["parts"] @ answers["values"]
    if answers["link"] == "logistic":
        total = 1 / (1 + np.exp(-total))
    gap = np.abs(total - prediction).sum()
    if not gap <= WRITTEN * np.abs(prediction).sum():
        return _fault(
            "base, parts and values do not add up to your prediction. Are the parts the columns "
            "that the model saw, scaled and in its order, and is the link the right one?"
        )
    _, target = _held_out(parameters, answers)
    binary = set(target) == {0.0, 1.0}
    if binary and not (prediction.min() >= -ROUNDING and prediction.max() <= 1 + ROUNDING):
        return _fault(
            "For this data set, prediction is a probability; some of yours lie outside of 0 to 1."
        )
    return Finding(passed=True)


def readable(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether there are few parts, each of one feature or a short rule."""
    test, _ = _held_out(parameters, answers)
    parts = answers["parts"]
    if parts.shape[1] > MOST_PARTS:
        return _fault(
            f"Your model has {parts.shape[1]} parts; at most {MOST_PARTS} can be followed."
        )
    for k, part in enumerate(parts.T):
        if not (_of_one_feature(part, test) or _is_rule(part, test)):
            name = str(answers["part_names"][k])[:60]
            return _fault(
                f"Part {k} ({name}) is neither a function of one feature nor a rule of at most "
                f"{MOST_CONDITIONS} conditions on single features."
            )
    return Finding(passed=True)


def _of_one_feature(part: Floats, test: Floats) -> bool:
    """Whether equal values of some feature give equal parts, and near values near ones."""
    size = part.std()
    if not size > 1e-12 * max(1.0, np.abs(part).max()):
        return True
    for feature in test.T:
        order = np.lexsort((part, feature))
        steps = np.diff(part[order])
        ties = np.diff(feature[order]) == 0
        if np.abs(steps[ties]).max(initial=0.0) > 1e-6 * size:
            continue
        if (steps**2).sum() / (2 * len(part) * size**2) <= ROUGHEST:
            return True
    return False


def _is_rule(part: Floats, test: Floats) -> bool:
    """Whether the part has two values, and one of them holds where a few intervals all hold."""
    low, high = part.min(), part.max()
    yes = part == high
    if not (yes | (part == low)).all():
        return False
    return any(_is_box(inside, test) for inside in (yes, ~yes))


def _is_box(inside: NDArray[np.bool_], test: Floats) -> bool:
    """Whether few features' ranges over the rows inside leave all the others out.

    If the rows inside are those where some intervals hold, their ranges lie within these intervals,
    so that whoever violates one of them lies outside of the range, too.
    """
    low, high = test[inside].min(axis=0), test[inside].max(axis=0)
    others = test[~inside]
    return _covered((others < low) | (others > high), MOST_CONDITIONS)


def _covered(shut_out: NDArray[np.bool_], conditions: int) -> bool:
    """Whether at most so many columns have a True in every row between them."""
    if not len(shut_out):
        return True
    if conditions == 0:
        return False
    hardest = shut_out[shut_out.sum(axis=1).argmin()]
    return any(
        _covered(shut_out[~shut_out[:, column]], conditions - 1)
        for column in np.flatnonzero(hardest)
    )


def useful(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether the prediction is better than very plain ones, by labels that the grader knows."""
    _, target = _held_out(parameters, answers)
    floor = LEAST_SKILL[str(answers["dataset"])]
    skill = _skill(target, answers["prediction"])
    return Finding(skill >= floor, facts={"skill": round(skill, 2), "floor": floor})


def honest(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether no prediction is better than can be without having seen the answers."""
    _, target = _held_out(parameters, answers)
    ceiling = MOST_SKILL[str(answers["dataset"])]
    for name in ("prediction", "black_box"):
        if not _skill(target, answers[name]) <= ceiling:
            return _fault(
                f"{name} is better than any model can honestly be on these rows. Did it see their "
                "targets?"
            )
    return Finding(passed=True)


def recomputed_influence(parameters: Parameters, answers: Outputs) -> Floats:  # noqa: ARG001 - own arrays only
    """The spread of each part times its value."""
    return np.asarray((answers["parts"] * answers["values"]).std(axis=0))


def cost_is_right(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether the opponent has a chance and is another model, and the cost is the difference."""
    _, target = _held_out(parameters, answers)
    own, other = answers["prediction"], answers["black_box"]
    if np.abs(own - other).max() <= 1e-6 * target.std():
        return _fault("black_box holds the predictions of your own model.")
    if not _skill(target, other) >= LEAST_SKILL[str(answers["dataset"])]:
        return _fault(
            "The opaque model predicts hardly better than the mean. Give it a fair chance."
        )
    gap = float(answers["cost"]) - (_skill(target, other) - _skill(target, own))
    if not abs(gap) <= COST_SLACK:
        return _fault(
            "cost is not the skill of your black_box minus the skill of your prediction on the "
            "held-out rows."
        )
    if _is_noise(other - own, _held_out(parameters, answers)[0]):
        return _noted(
            "black_box differs from prediction as noise does, not as a model's output: rows that "
            "are alike get unlike differences."
        )
    return Finding(passed=True)


def _is_noise(difference: Floats, test: Floats) -> bool:
    """Whether the nearest rows' differences are as unlike as those of any two rows."""
    scaled = (test - test.mean(axis=0)) / np.where(test.std(axis=0) > 0, test.std(axis=0), 1)
    sizes = (scaled**2).sum(axis=1)
    apart = sizes[:, None] + sizes - 2 * scaled @ scaled.T
    np.fill_diagonal(apart, np.inf)
    steps = difference - difference[apart.argmin(axis=1)]
    spread = float(difference.var())
    return spread > 0 and float((steps**2).mean()) / (2 * spread) > NOISE


def _noted(what: str) -> Finding:
    """Passed, with something for the reviewer to look at."""
    return Finding(passed=True, facts={"note": what})


def segment_is_right(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether the segment has a sensible size and the errors are those of the learner's model."""
    _, target = _held_out(parameters, answers)
    segment = answers["segment"]
    least, most = SEGMENT_SHARE
    if not least <= segment.mean() <= most:
        return _fault(
            f"Your segment holds {segment.mean():.0%} of the held-out rows; between 10 % and 50 % "
            "are needed."
        )
    loss = (target - answers["prediction"]) ** 2
    own = np.array([loss[segment].mean(), loss[~segment].mean()])
    if not np.abs(own - answers["segment_error"]).sum() <= 0.01 * own.sum():
        return _fault(
            "segment_error does not hold the mean squared errors of your prediction inside and "
            "outside."
        )
    test, _ = _held_out(parameters, answers)
    if not (_is_box(segment, test) or _is_box(~segment, test)):
        return _noted(
            f"segment is not where at most {MOST_CONDITIONS} conditions on features hold, nor all "
            "rows but those: was it chosen by features?"
        )
    return Finding(passed=True)


def _fault(what: str) -> Finding:
    return Finding(passed=False, facts={"what": what})
