"""Reference: least squares in original units, and a penalised logistic regression in two units."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import train_test_split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Outputs = dict[str, NDArray[np.float64]]
    Parameters = Mapping[str, Any]

TUMOUR = (
    *("mean radius", "mean texture", "texture error"),
    *("perimeter error", "worst texture", "worst perimeter"),
)


@lru_cache(maxsize=8)
def _diabetes(seed: int, *, scaled: bool = False) -> tuple[Any, Any]:
    """Training rows and their target."""
    data = load_diabetes(scaled=scaled)
    train, _, target, _ = train_test_split(
        data.data, data.target, test_size=0.25, random_state=seed
    )
    return train, target


@lru_cache(maxsize=8)
def _tumours(seed: int, *, stratified: bool = True) -> tuple[Any, Any]:
    """Training rows and their class."""
    data = load_breast_cancer()
    columns = [list(data.feature_names).index(name) for name in TUMOUR]
    train, _, target, _ = train_test_split(
        data.data[:, columns],
        data.target,
        test_size=0.25,
        stratify=data.target if stratified else None,
        random_state=seed,
    )
    return train, target


def _odds(coef: Any, deviation: Any) -> Outputs:
    return {
        "coef": coef,
        "odds_per_sd": np.exp(coef),
        "odds_per_unit": np.exp(coef / deviation),
    }


def _logistic(seed: int, *, stratified: bool = True, **options: Any) -> tuple[Outputs, Any]:
    train, target = _tumours(seed, stratified=stratified)
    deviation = train.std(axis=0)
    standardised = (train - train.mean(axis=0)) / deviation
    coef = LogisticRegression(max_iter=10_000, **options).fit(standardised, target).coef_[0]
    return _odds(coef, deviation), deviation


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    outputs, _ = _logistic(parameters["seed"])
    slope = LinearRegression().fit(*_diabetes(parameters["seed"])).coef_
    return {"slope": slope, **outputs}


def mistake_scaled_slope(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The data as scikit-learn scales them by default."""
    return {"slope": LinearRegression().fit(*_diabetes(parameters["seed"], scaled=True)).coef_}


def mistake_standardised_slope(parameters: Parameters, seed: int) -> Outputs:
    """Slopes per standard deviation."""
    train, _ = _diabetes(parameters["seed"])
    return {"slope": reference(parameters, seed)["slope"] * train.std(axis=0)}


def mistake_not_standardised(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Features as measured; the coefficients are taken for those per standard deviation."""
    train, target = _tumours(parameters["seed"])
    coef = LogisticRegression(max_iter=10_000).fit(train, target).coef_[0]
    return _odds(coef, train.std(axis=0))


def mistake_no_penalty(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Maximum likelihood without regularisation."""
    return _logistic(parameters["seed"], C=np.inf)[0]


def mistake_class_zero(parameters: Parameters, seed: int) -> Outputs:
    """Everything for the other class."""
    right = reference(parameters, seed)
    return {
        "coef": -right["coef"],
        "odds_per_sd": 1 / right["odds_per_sd"],
        "odds_per_unit": 1 / right["odds_per_unit"],
    }


def mistake_odds_inverted(parameters: Parameters, seed: int) -> Outputs:
    """The odds of the other class beside the right coefficients."""
    return {"odds_per_sd": 1 / reference(parameters, seed)["odds_per_sd"]}


def mistake_log_odds_as_odds(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """No exponential."""
    outputs, deviation = _logistic(parameters["seed"])
    return {"odds_per_sd": outputs["coef"], "odds_per_unit": outputs["coef"] / deviation}


def mistake_odds_minus_one(parameters: Parameters, seed: int) -> Outputs:
    """Relative changes instead of factors."""
    right = reference(parameters, seed)
    return {name: right[name] - 1 for name in ("odds_per_sd", "odds_per_unit")}


def mistake_probability_of_coefficient(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The logistic function instead of the exponential."""
    outputs, deviation = _logistic(parameters["seed"])
    coef = outputs["coef"]
    return {
        "odds_per_sd": 1 / (1 + np.exp(-coef)),
        "odds_per_unit": 1 / (1 + np.exp(-coef / deviation)),
    }


def mistake_units_not_divided(parameters: Parameters, seed: int) -> Outputs:
    """One standard deviation taken for one unit."""
    return {"odds_per_unit": reference(parameters, seed)["odds_per_sd"]}


def mistake_odds_divided(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Divided after the exponential."""
    outputs, deviation = _logistic(parameters["seed"])
    return {"odds_per_unit": outputs["odds_per_sd"] / deviation}


def mistake_odds_multiplied(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Multiplied by the standard deviation instead of divided."""
    outputs, deviation = _logistic(parameters["seed"])
    return {"odds_per_unit": np.exp(outputs["coef"] * deviation)}


def mistake_unstratified_split(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Other training rows."""
    return _logistic(parameters["seed"], stratified=False)[0]
