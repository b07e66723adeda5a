"""Reference: drivers of the customers at risk, worthwhile calls, and a what-if on contracts."""

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

    Outputs = dict[str, NDArray[Any]]
    Parameters = Mapping[str, Any]

NAMES = ("monthly_fee", "tenure", "support_calls", "data_use", "contract", "late_bills")
FEE, CONTRACT = NAMES.index("monthly_fee"), NAMES.index("contract")
AT_RISK = 100
CALL_COST_EUROS = 8.0
KEPT_SHARE = 0.3
FEES_OF_A_CUSTOMER_KEPT = 6


@dataclass(frozen=True)
class World:
    """The model, the test customers, whether they left, and their probability of leaving."""

    model: Any
    customers: NDArray[np.float64]
    left: NDArray[np.int64]
    probability: NDArray[np.float64]


def _customers(seed: int, n: int = 4000) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Features, and whether the customer left: as in the starter notebook."""
    rng = np.random.default_rng(seed)
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
    logit = -2.0 + z @ (pull * np.array([1, -1, 1, -1, -1, 1]))
    return x, (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)


@lru_cache(maxsize=8)
def _world(seed: int) -> World:
    train, test, left_train, left_test = train_test_split(
        *_customers(seed), test_size=0.4, random_state=seed
    )
    model = GradientBoostingClassifier(n_estimators=80, random_state=seed).fit(train, left_train)
    return World(model, test, left_test, model.predict_proba(test)[:, 1])


def _gain(
    world: World,
    *,
    kept: float = KEPT_SHARE,
    fees: int = FEES_OF_A_CUSTOMER_KEPT,
    cost: float = CALL_COST_EUROS,
) -> NDArray[np.float64]:
    """Expected gain of calling each customer, in euros."""
    return kept * world.probability * fees * world.customers[:, FEE] - cost


def _called(gain: NDArray[np.float64]) -> Outputs:
    worth = gain > 0
    return {"calls": np.asarray(worth.sum()), "expected_gain": np.asarray(gain[worth].sum())}


def _changed(world: World, *, also_longer: bool = False) -> NDArray[np.float64]:
    """Probability of leaving after the change of contracts."""
    customers = world.customers.copy()
    moved = customers[:, CONTRACT] == 1
    customers[moved | also_longer, CONTRACT] = 12
    probability: NDArray[np.float64] = world.model.predict_proba(customers)[:, 1]
    return probability


def _values(parameters: Parameters, chosen: Any) -> NDArray[np.float64]:
    world = _world(parameters["seed"])
    return tree_shap(world.model, world.customers[chosen])[0]


def _at_risk(world: World) -> NDArray[np.int64]:
    return np.argsort(-world.probability)[:AT_RISK]


def _driven(strength: NDArray[np.float64]) -> Outputs:
    """A strength, right or wrong, with the driver that follows from it."""
    return {"driver_strength": strength, "driver": np.asarray(NAMES[int(np.argmax(strength))])}


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    world = _world(parameters["seed"])
    return {
        **_driven(_values(parameters, _at_risk(world)).mean(axis=0)),
        **_called(_gain(world)),
        "what_if": np.asarray(world.probability.mean() - _changed(world).mean()),
    }


def mistake_absolute_strength(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Mean of absolute values."""
    values = _values(parameters, _at_risk(_world(parameters["seed"])))
    return _driven(np.abs(values).mean(axis=0))


def mistake_all_customers(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """All test customers."""
    return _driven(_values(parameters, slice(None)).mean(axis=0))


def mistake_leavers(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Those who did leave."""
    chosen = _world(parameters["seed"]).left == 1
    return _driven(_values(parameters, chosen).mean(axis=0))


def mistake_least_at_risk(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The lowest probabilities."""
    chosen = np.argsort(_world(parameters["seed"]).probability)[:AT_RISK]
    return _driven(_values(parameters, chosen).mean(axis=0))


def mistake_worth_at_half(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Everybody above one half."""
    world = _world(parameters["seed"])
    called = world.probability > 0.5
    return {
        "calls": np.asarray(called.sum()),
        "expected_gain": np.asarray(_gain(world)[called].sum()),
    }


def mistake_success_forgotten(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Every call keeps the customer."""
    return _called(_gain(_world(parameters["seed"]), kept=1.0))


def mistake_one_month(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """One fee for a customer kept."""
    return _called(_gain(_world(parameters["seed"]), fees=1))


def mistake_cost_forgotten(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The right customers, without the costs of the calls."""
    gain = _gain(_world(parameters["seed"]))
    return {"expected_gain": np.asarray((gain[gain > 0] + CALL_COST_EUROS).sum())}


def mistake_everybody_called(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """All customers, worth it or not."""
    gain = _gain(_world(parameters["seed"]))
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
