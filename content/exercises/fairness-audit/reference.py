"""Reference: rates by group of a model that was not told the group, and what each feature tells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Outputs = dict[str, NDArray[Any]]
    Parameters = Mapping[str, Any]

FEATURES = ("income", "debt", "tenure", "area_index", "account_age", "late_payments")
RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")


@dataclass(frozen=True)
class People:
    """Rows of one half of the split, each array with one entry (or row) per person."""

    X: NDArray[np.float64]
    group: NDArray[np.int64]
    repays: NDArray[np.int64]
    past: NDArray[np.int64]
    score: NDArray[np.float64]

    @property
    def decision(self) -> NDArray[np.int64]:
        """What the model decides."""
        return (self.score > 0.5).astype(np.int64)


def _applicants(seed: int, n: int = 6000) -> tuple[Any, Any, Any, Any]:
    """Features, group, whether one would repay, past decisions: as in the starter notebook."""
    rng = np.random.default_rng(seed)
    group = (rng.random(n) < 0.4).astype(int)
    x = rng.normal(size=(n, 6))
    x[:, rng.integers(6)] += rng.choice([-1.5, 1.5]) * group
    ability = x @ np.array([0.9, -0.8, 0.5, 0.3, 0.4, -0.7])
    repays = (rng.random(n) < 1 / (1 + np.exp(-ability - 0.5))).astype(int)
    past = (ability + 0.5 - 1.2 * group + 0.5 * rng.normal(size=n) > 0).astype(int)
    return x, group, repays, past


@lru_cache(maxsize=8)
def _world(seed: int) -> tuple[People, People]:
    """The people of the training and of the test rows, scored by the model."""
    parts = train_test_split(*_applicants(seed), test_size=0.5, random_state=seed)
    train, test = parts[0::2], parts[1::2]
    model = GradientBoostingClassifier(n_estimators=60, random_state=seed).fit(train[0], train[3])
    scored = [People(*half, score=model.predict_proba(half[0])[:, 1]) for half in (train, test)]
    _IMPORTANCE[seed] = model.feature_importances_
    return scored[0], scored[1]


_IMPORTANCE: dict[int, NDArray[np.float64]] = {}


def _importance(seed: int) -> NDArray[np.float64]:
    _world(seed)
    return _IMPORTANCE[seed]


def _rates(people: People, granted: NDArray[Any]) -> Outputs:
    groups = [people.group == 0, people.group == 1]
    good, bad = people.repays == 1, people.repays == 0
    selected = np.array([granted[g].mean() for g in groups])
    return {
        "selection_rate": selected,
        "true_positive_rate": np.array([granted[g & good].mean() for g in groups]),
        "false_positive_rate": np.array([granted[g & bad].mean() for g in groups]),
        "impact_ratio": np.asarray(selected[1] / selected[0]),
    }


def _areas(people: People, target: NDArray[Any]) -> NDArray[np.float64]:
    return np.array([roc_auc_score(target, people.X[:, j]) for j in range(len(FEATURES))])


def _told(areas: NDArray[np.float64]) -> Outputs:
    """Areas, right or wrong, with the proxy that follows from them."""
    return {"group_auc": areas, "proxy": np.asarray(FEATURES[int(np.argmax(areas))])}


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    _, test = _world(parameters["seed"])
    areas = _areas(test, test.group)
    return {**_rates(test, test.decision), **_told(np.maximum(areas, 1 - areas))}


def suitable(parameters: Parameters) -> bool:
    """Whether the proxy is not the model's most important feature: that guess must not do."""
    areas = reference(parameters, 0)["group_auc"]
    return int(np.argmax(areas)) != int(np.argmax(_importance(parameters["seed"])))


def ratio_of_own_rates(
    parameters: Parameters,  # noqa: ARG001 - the learner's own rates are all that counts
    answers: Mapping[str, Any],
) -> NDArray[np.float64]:
    """The ratio of the learner's own two selection rates."""
    rates = answers.get("selection_rate")
    if rates is None or not rates[0] > 0:
        return np.asarray(np.nan)
    return np.asarray(rates[1] / rates[0])


def mistake_groups_swapped(parameters: Parameters, seed: int) -> Outputs:
    """Group 1 first."""
    right = reference(parameters, seed)
    return {name: right[name][::-1] for name in RATES}


def mistake_inverted_ratio(parameters: Parameters, seed: int) -> Outputs:
    """Group 0 over group 1."""
    return {"impact_ratio": 1 / reference(parameters, seed)["impact_ratio"]}


def mistake_difference(parameters: Parameters, seed: int) -> Outputs:
    """The difference of the two rates."""
    rates = reference(parameters, seed)["selection_rate"]
    return {"impact_ratio": np.asarray(rates[0] - rates[1])}


def mistake_past_decisions(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The bank's decisions instead of the model's."""
    _, test = _world(parameters["seed"])
    return _rates(test, test.past)


def mistake_mean_score(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Scores averaged instead of decisions counted."""
    _, test = _world(parameters["seed"])
    return _rates(test, test.score)


def mistake_train_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The rows that the model learned from."""
    train, _ = _world(parameters["seed"])
    return _rates(train, train.decision)


def mistake_precision(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Good payers among those granted."""
    _, test = _world(parameters["seed"])
    granted = test.decision == 1
    shares = [test.repays[(test.group == g) & granted].mean() for g in (0, 1)]
    return {"true_positive_rate": np.array(shares)}


def mistake_false_discovery(parameters: Parameters, seed: int) -> Outputs:
    """Bad payers among those granted."""
    shares = mistake_precision(parameters, seed)["true_positive_rate"]
    return {"false_positive_rate": 1 - shares}


def mistake_everybody_below(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Counts divided by everybody in the group."""
    _, test = _world(parameters["seed"])
    good, bad = test.decision * test.repays, test.decision * (1 - test.repays)
    return {
        "true_positive_rate": np.array([good[test.group == g].mean() for g in (0, 1)]),
        "false_positive_rate": np.array([bad[test.group == g].mean() for g in (0, 1)]),
    }


def mistake_raw_auc(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Areas below one half left as they are."""
    _, test = _world(parameters["seed"])
    return _told(_areas(test, test.group))


def mistake_most_important(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The feature that the model relies on most."""
    return {"proxy": np.asarray(FEATURES[int(np.argmax(_importance(parameters["seed"])))])}


def mistake_auc_for_repaying(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """How well each feature predicts repaying."""
    _, test = _world(parameters["seed"])
    areas = _areas(test, test.repays)
    return _told(np.maximum(areas, 1 - areas))
