"""Reference: contributions for those at risk, effects from a pilot, and a what-if on contracts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split

from grader.explainers.trees import tree_shap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Outputs = dict[str, NDArray[Any]]
    Parameters = Mapping[str, Any]

NAMES = ("monthly_fee", "tenure", "support_calls", "data_use", "contract", "late_bills")
FEE, CONTRACT = NAMES.index("monthly_fee"), NAMES.index("contract")
CONTRACTS = (1, 12, 24)
AT_RISK = 100
OBSERVED, PILOT = 4000, 6000
CALL_COST_EUROS = 8.0
FEES_OF_A_CUSTOMER_KEPT = 6
CLEARLY = 0.02
"""How far, as a share, an effect lies from twice its standard error."""
LEAST_FALL = 0.005
"""Ten times what three decimals lose."""


@dataclass(frozen=True)
class World:
    """The model with its test customers, and the pilot."""

    model: Any
    customers: Floats
    left: NDArray[np.int64]
    probability: Floats
    pilot_contract: Floats
    called: NDArray[np.bool_]
    stayed: NDArray[np.bool_]


@lru_cache(maxsize=8)
def _world(seed: int) -> World:
    """All that the starter notebook draws, in its order."""
    rng = np.random.default_rng(seed)
    n = OBSERVED + PILOT
    x = np.column_stack(
        [
            rng.gamma(9.0, 5.0, n),
            rng.exponential(24.0, n),
            rng.poisson(1.6, n),
            rng.gamma(2.0, 6.0, n),
            rng.choice([1.0, 12.0, 24.0], n, p=[0.5, 0.3, 0.2]),
            rng.poisson(0.4, n),
        ]
    )
    pull = rng.permutation([1.6, 1.0, 0.7, 0.4, 0.3, 0.2])
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    logit = -1.5 + z @ (pull * np.array([1, -1, 1, -1, -1, 1]))
    chance, kept = 1 / (1 + np.exp(-logit)), rng.permutation([0.0, 0.35, 0.7])
    left = (rng.random(OBSERVED) < chance[:OBSERVED]).astype(int)
    train, test, left_train, left_test = train_test_split(
        x[:OBSERVED], left, test_size=0.4, random_state=seed
    )
    model = GradientBoostingClassifier(n_estimators=80, random_state=seed).fit(train, left_train)
    contract = x[OBSERVED:, CONTRACT]
    called = rng.random(PILOT) < 0.5
    helped = called * kept[np.searchsorted(CONTRACTS, contract)]
    stayed = rng.random(PILOT) >= chance[OBSERVED:] * (1 - helped)
    probability = model.predict_proba(test)[:, 1]
    return World(model, test, left_test, probability, contract, called, stayed)


def _shares(world: World, months: int) -> list[tuple[float, int]]:
    """Share that stayed and number of customers, called and not called, of one contract."""
    arms = (world.called, ~world.called)
    chosen = [world.stayed[(world.pilot_contract == months) & arm] for arm in arms]
    return [(float(arm.mean()), len(arm)) for arm in chosen]


def _effects(world: World) -> tuple[Floats, Floats]:
    """Effect of a call and its standard error for each contract."""
    effect, error = [], []
    for months in CONTRACTS:
        (p1, n1), (p0, n0) = _shares(world, months)
        effect.append(p1 - p0)
        error.append(np.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0))
    return np.array(effect), np.array(error)


def _called(gain: Floats) -> Outputs:
    worth = gain > 0
    return {"calls": np.asarray(worth.sum()), "expected_gain": np.asarray(gain[worth].sum())}


def _gain(world: World, effect: Floats, *, fees: int = FEES_OF_A_CUSTOMER_KEPT) -> Floats:
    """Expected gain of calling each test customer, in euros, by an effect for each contract."""
    own: Floats = effect[np.searchsorted(CONTRACTS, world.customers[:, CONTRACT])]
    return own * fees * world.customers[:, FEE] - CALL_COST_EUROS


def _decided(world: World, effect: Floats, error: Floats) -> Outputs:
    """Effects and errors, right or wrong, with the decision that follows from them."""
    counted = np.where(effect > 2 * error, effect, 0)
    return {"effect": effect, "standard_error": error, **_called(_gain(world, counted))}


def _sure(world: World) -> Floats:
    effect, error = _effects(world)
    counted: Floats = np.where(effect > 2 * error, effect, 0)
    return counted


def suitable(parameters: Parameters) -> bool:
    """Whether no decision hangs by a rounding, and the what-if is larger than what is printed."""
    world = _world(parameters["seed"])
    effect, error = _effects(world)
    clear = np.abs(effect / (2 * error) - 1) > CLEARLY
    fall = world.probability.mean() - _changed(world).mean()
    return bool(clear.all() and abs(fall) >= LEAST_FALL)


def _changed(world: World, *, also_longer: bool = False) -> Floats:
    """Probability of leaving after the change of contracts."""
    customers = world.customers.copy()
    moved = customers[:, CONTRACT] == 1
    customers[moved | also_longer, CONTRACT] = 12
    probability: Floats = world.model.predict_proba(customers)[:, 1]
    return probability


def _values(parameters: Parameters, chosen: Any) -> Floats:
    world = _world(parameters["seed"])
    return tree_shap(world.model, world.customers[chosen])[0]


def _at_risk(world: World) -> NDArray[np.int64]:
    return np.argsort(-world.probability)[:AT_RISK]


def _told(mean: Floats) -> Outputs:
    """Mean contributions, right or wrong, with the feature that follows from them."""
    return {"mean_contribution": mean, "largest": np.asarray(NAMES[int(np.argmax(mean))])}


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    world = _world(parameters["seed"])
    return {
        **_told(_values(parameters, _at_risk(world)).mean(axis=0)),
        **_decided(world, *_effects(world)),
        "what_if": np.asarray(world.probability.mean() - _changed(world).mean()),
    }


def mistake_absolute_values(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Mean of absolute values."""
    values = _values(parameters, _at_risk(_world(parameters["seed"])))
    return _told(np.abs(values).mean(axis=0))


def mistake_all_customers(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """All test customers."""
    return _told(_values(parameters, slice(None)).mean(axis=0))


def mistake_leavers(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Those who did leave."""
    chosen = _world(parameters["seed"]).left == 1
    return _told(_values(parameters, chosen).mean(axis=0))


def mistake_least_at_risk(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The lowest probabilities."""
    chosen = np.argsort(_world(parameters["seed"]).probability)[:AT_RISK]
    return _told(_values(parameters, chosen).mean(axis=0))


def mistake_share_that_stayed(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Those called only, compared with nothing."""
    world = _world(parameters["seed"])
    shares = np.array([_shares(world, months)[0][0] for months in CONTRACTS])
    return _decided(world, shares, _effects(world)[1])


def mistake_one_effect_for_all(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The pilot as one group."""
    world = _world(parameters["seed"])
    (p1, n1), (p0, n0) = (
        (world.stayed[arm].mean(), arm.sum()) for arm in (world.called, ~world.called)
    )
    error = np.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    return _decided(world, np.full(3, p1 - p0), np.full(3, error))


def mistake_single_standard_error(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The standard error of the share among those called."""
    world = _world(parameters["seed"])
    arms = [_shares(world, months)[0] for months in CONTRACTS]
    error = np.array([np.sqrt(p * (1 - p) / n) for p, n in arms])
    return _decided(world, _effects(world)[0], error)


def mistake_benefit_by_risk(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """A call keeps 30 % of those who would leave, whoever they are."""
    world = _world(parameters["seed"])
    worth = 0.3 * world.probability * FEES_OF_A_CUSTOMER_KEPT * world.customers[:, FEE]
    return _called(worth - CALL_COST_EUROS)


def mistake_one_month(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """One fee for a customer kept."""
    world = _world(parameters["seed"])
    return _called(_gain(world, _sure(world), fees=1))


def mistake_cost_forgotten(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The right customers, without the costs of the calls."""
    world = _world(parameters["seed"])
    gain = _gain(world, _sure(world))
    return {"expected_gain": np.asarray((gain[gain > 0] + CALL_COST_EUROS).sum())}


def mistake_everybody_called(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """All customers, worth it or not."""
    world = _world(parameters["seed"])
    gain = _gain(world, _sure(world))
    return {"calls": np.asarray(len(gain)), "expected_gain": np.asarray(gain.sum())}


def mistake_wrong_sign(parameters: Parameters, seed: int) -> Outputs:
    """A rise is positive."""
    return {"what_if": -reference(parameters, seed)["what_if"]}


def mistake_only_the_moved(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The mean over the customers with monthly contracts."""
    world = _world(parameters["seed"])
    moved = world.customers[:, CONTRACT] == 1
    fall = world.probability[moved].mean() - _changed(world)[moved].mean()
    return {"what_if": np.asarray(fall)}


def mistake_everybody_moved(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Longer contracts shortened too."""
    world = _world(parameters["seed"])
    changed = _changed(world, also_longer=True)
    return {"what_if": np.asarray(world.probability.mean() - changed.mean())}
