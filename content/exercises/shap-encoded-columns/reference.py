"""Reference: shares of encoded columns, added up by feature, and the credit for a gap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split

from grader.explainers.trees import tree_shap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Outputs = dict[str, Floats]
    Parameters = Mapping[str, Any]

WORDS = ("home", "marital", "records", "job")


@cache
def _table() -> pd.DataFrame:
    return pd.read_csv(Path(__file__).with_name("data") / "credit_data.csv")


@dataclass(frozen=True)
class World:
    """The model, its encoded rows, and which column belongs to which feature."""

    model: Any
    columns: list[str]
    features: list[str]
    train: Floats
    test: Floats
    no_income: NDArray[np.bool_]
    background: Floats

    @property
    def members(self) -> Floats:
        """1 where a column belongs to a feature, shape (columns, features)."""
        owners = [column.split("=")[0] for column in self.columns]
        return np.array([[owner == name for name in self.features] for owner in owners], float)

    def shares(self, rows: Floats, **options: Any) -> Floats:
        """SHAP values of the columns, shape (rows, columns)."""
        return tree_shap(self.model, rows, background=self.background, **options)[0]


def _encoded(rows: pd.DataFrame, table: pd.DataFrame, fillings: Any) -> pd.DataFrame:
    """As in the starter notebook."""
    columns = {}
    for name in table:
        if name in WORDS:
            for word in sorted(table[name].fillna("none").unique()):
                columns[f"{name}={word}"] = (rows[name].fillna("none") == word).astype(float)
        else:
            columns[name] = rows[name].fillna(fillings[name]).astype(float)
            if table[name].isna().any():
                columns[f"{name}=missing"] = rows[name].isna().astype(float)
    return pd.DataFrame(columns)


@lru_cache(maxsize=16)
def _world(seed: int, fill: int) -> World:
    """The split and the model: as in the starter notebook."""
    table = _table()
    is_bad = (table["status"] == "bad").astype(int)
    table = table.drop(columns="status")
    x_train, x_test, y_train, _ = train_test_split(
        table, is_bad, test_size=0.3, stratify=is_bad, random_state=seed
    )
    fillings = x_train.drop(columns=list(WORDS)).median()
    fillings["income"] = fill
    train, test = (_encoded(rows, table, fillings) for rows in (x_train, x_test))
    model = GradientBoostingClassifier(n_estimators=60, max_depth=4, random_state=seed)
    model.fit(train.to_numpy(), y_train)
    return World(
        model=model,
        columns=list(train),
        features=list(table),
        train=train.to_numpy(),
        test=test.to_numpy(),
        no_income=x_test["income"].isna().to_numpy(),
        background=train.sample(50, random_state=seed).to_numpy(),
    )


def _asked(parameters: Parameters) -> World:
    return _world(parameters["seed"], parameters["fill"])


@lru_cache(maxsize=32)
def _columns(seed: int, fill: int, rows: tuple[int, ...]) -> Floats:
    """SHAP values of the columns on some test rows."""
    world = _world(seed, fill)
    return world.shares(world.test[list(rows)])


@lru_cache(maxsize=16)
def _gap_shares(seed: int, fill: int) -> Floats:
    """Shares of the income's two columns on all test rows, shape (rows, 2)."""
    world = _world(seed, fill)
    two = [world.columns.index(name) for name in ("income", "income=missing")]
    return world.shares(world.test)[:, two]


def _by_column(parameters: Parameters) -> Floats:
    return _columns(parameters["seed"], parameters["fill"], tuple(parameters["rows"]))


def _gap(shares: Floats) -> Floats:
    mean = shares.mean(axis=0)
    return np.array([mean[0], mean[1], mean.sum()])


def _income(parameters: Parameters) -> Floats:
    return _gap_shares(parameters["seed"], parameters["fill"])


def _with_importance(by_feature: Floats) -> Outputs:
    return {"by_feature": by_feature, "importance": np.abs(by_feature).mean(axis=0)}


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    world = _asked(parameters)
    return {
        "fx": world.model.decision_function(world.test[parameters["rows"]]),
        **_with_importance(_by_column(parameters) @ world.members),
        "gap": _gap(_income(parameters)[world.no_income]),
    }


def suitable(parameters: Parameters) -> bool:
    """Whether the explained rows contain three without an income."""
    return bool(_no_income(parameters["seed"])[parameters["rows"]].sum() >= 3)


@lru_cache(maxsize=256)
def _no_income(seed: int) -> NDArray[np.bool_]:
    table = _table()
    _, test = train_test_split(table, test_size=0.3, stratify=table["status"], random_state=seed)
    return np.asarray(test["income"].isna())


def mistake_size_then_add(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Mean absolute shares of the columns, added up."""
    return {"importance": np.abs(_by_column(parameters)).mean(axis=0) @ _asked(parameters).members}


def mistake_mean_signed(parameters: Parameters, seed: int) -> Outputs:
    """Absolute value nowhere."""
    return {"importance": reference(parameters, seed)["by_feature"].mean(axis=0)}


def mistake_absolute_columns(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Absolute shares of the columns, added up."""
    return _with_importance(np.abs(_by_column(parameters)) @ _asked(parameters).members)


def mistake_own_word_only(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Columns of words and gaps that are 0 are left out."""
    world, shares = _asked(parameters), _by_column(parameters)
    encoded = np.array(["=" in column for column in world.columns])
    off = encoded & (world.test[parameters["rows"]] == 0)
    return _with_importance(np.where(off, 0, shares) @ world.members)


def mistake_mean_of_columns(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The mean over a feature's columns."""
    members = _asked(parameters).members
    return _with_importance(_by_column(parameters) @ (members / members.sum(axis=0)))


def mistake_indicators_left_out(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The indicators of gaps belong to no feature."""
    world = _asked(parameters)
    kept = np.array([not column.endswith("=missing") for column in world.columns])
    return _with_importance(_by_column(parameters) @ (world.members * kept[:, None]))


def mistake_largest_column(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The largest of a feature's columns, with its sign."""
    world, shares = _asked(parameters), _by_column(parameters)
    largest = np.zeros((len(shares), len(world.features)))
    for j in range(len(world.features)):
        own = shares[:, world.members[:, j] > 0]
        largest[:, j] = own[np.arange(len(own)), np.abs(own).argmax(axis=1)]
    return _with_importance(largest)


def mistake_probability(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Shares of the probability of a bad loan."""
    world = _asked(parameters)
    shares = world.shares(world.test[parameters["rows"]], model_output="probability")
    return _with_importance(shares @ world.members)


def mistake_no_background(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Path-dependent values."""
    world = _asked(parameters)
    shares, _ = tree_shap(world.model, world.test[parameters["rows"]])
    every, _ = tree_shap(world.model, world.test[world.no_income])
    two = [world.columns.index(name) for name in ("income", "income=missing")]
    return {**_with_importance(shares @ world.members), "gap": _gap(every[:, two])}


def _of_rows(world: World, rows: Floats) -> Outputs:
    shares = _with_importance(world.shares(rows) @ world.members)
    return {"fx": world.model.decision_function(rows), **shares}


def mistake_first_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The first rows of the test set."""
    world = _asked(parameters)
    return _of_rows(world, world.test[: len(parameters["rows"])])


def mistake_train_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The same positions in the training set."""
    world = _asked(parameters)
    return _of_rows(world, world.train[parameters["rows"]])


def mistake_all_rows(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Means over all test rows."""
    return {"gap": _gap(_income(parameters))}


def mistake_gap_share_of_all(parameters: Parameters, seed: int) -> Outputs:
    """Sums over the rows without an income, divided by the number of all."""
    share = _asked(parameters).no_income.mean()
    return {"gap": reference(parameters, seed)["gap"] * share}
