"""Reference: permutation importance on held-out rows, of each feature and of a correlated pair."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Outputs = dict[str, Floats]
    Parameters = Mapping[str, Any]
    Score = Callable[[Floats, Floats], float]

FEATURES = 7
PAIR = (0, 1)
REPEATS = 30
SCORES: Mapping[str, Score] = {
    "r2": lambda y, predicted: 1 - float(np.mean((y - predicted) ** 2) / np.var(y)),
    "neg_mean_absolute_error": lambda y, predicted: -float(np.mean(np.abs(y - predicted))),
    "neg_mean_squared_error": lambda y, predicted: -float(np.mean((y - predicted) ** 2)),
}


@dataclass(frozen=True)
class Half:
    """A model and the rows that it is scored on."""

    model: Any
    x: Floats
    y: Floats

    def baseline(self, score: Score) -> float:
        """The score on the rows as they are."""
        return score(self.y, self.model.predict(self.x))

    def permuted(
        self, score: Score, columns: Sequence[int], seed: int, repeats: int = REPEATS
    ) -> Floats:
        """The score of each repeat, shape (repeats,); all columns in one and the same order."""
        rng = np.random.default_rng([seed, *columns])
        copies = []
        for _ in range(repeats):
            copy = self.x.copy()
            copy[:, columns] = self.x[np.ix_(rng.permutation(len(self.x)), columns)]
            copies.append(copy)
        return self.scores(score, copies)

    def scores(self, score: Score, copies: Sequence[Floats]) -> Floats:
        """The score on each copy of the rows; one prediction of all copies is cheaper."""
        predicted = self.model.predict(np.concatenate(copies)).reshape(len(copies), -1)
        return np.array([score(self.y, one) for one in predicted])


def _houses(seed: int, n: int = 400) -> tuple[Floats, Floats]:
    """Features and price: as in the starter notebook."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    others = rng.normal(size=(n, 5))
    area = size + 0.25 * rng.normal(size=n)
    rooms = size + 0.25 * rng.normal(size=n)
    x = np.column_stack([area, rooms, others])
    age, distance, garden, noise = x[:, 2], x[:, 3], x[:, 4], x[:, 5]
    price = 2 * size - age + 0.8 * np.abs(distance) + 0.5 * garden - 0.6 * noise * (age > 0)
    return x, price + 0.8 * rng.normal(size=n)


def _fitted(x: Floats, y: Floats, seed: int) -> Any:
    model = GradientBoostingRegressor(
        n_estimators=25, learning_rate=0.2, max_depth=4, max_features=3, random_state=seed
    )
    return model.fit(x, y)


@lru_cache(maxsize=8)
def _world(seed: int) -> tuple[Half, Half]:
    """The training and the held-out rows, with the model."""
    x, y = _houses(seed)
    train, test, y_train, y_test = train_test_split(x, y, test_size=0.4, random_state=seed)
    model = _fitted(train, y_train, seed)
    return Half(model, train, y_train), Half(model, test, y_test)


def _drops(half: Half, score: Score, seed: int, repeats: int = REPEATS) -> Floats:
    """The drop of the score in each repeat, shape (features, repeats)."""
    permuted = [half.permuted(score, [j], seed, repeats) for j in range(FEATURES)]
    return half.baseline(score) - np.stack(permuted)


def _measured(half: Half, score: Score, seed: int, repeats: int = REPEATS) -> Outputs:
    baseline = half.baseline(score)
    pair = half.permuted(score, PAIR, seed, repeats)
    return {
        "baseline": np.asarray(baseline),
        "importance": _drops(half, score, seed, repeats).mean(axis=1),
        "pair_importance": np.asarray(baseline - pair.mean()),
    }


def _asked(parameters: Parameters) -> tuple[Half, Score]:
    return _world(parameters["seed"])[1], SCORES[parameters["scoring"]]


def reference(parameters: Parameters, seed: int) -> Outputs:
    """One run of what the task asks for."""
    return _measured(*_asked(parameters), seed)


def mistake_train_rows(parameters: Parameters, seed: int) -> Outputs:
    """Rows that the model was fitted to."""
    train, _ = _world(parameters["seed"])
    return _measured(train, SCORES[parameters["scoring"]], seed)


def mistake_default_score(parameters: Parameters, seed: int) -> Outputs:
    """R², which a regressor's own `score` gives."""
    test, _ = _asked(parameters)
    return _measured(test, SCORES["r2"], seed)


def mistake_squared_error(parameters: Parameters, seed: int) -> Outputs:
    """Squared errors."""
    test, _ = _asked(parameters)
    return _measured(test, SCORES["neg_mean_squared_error"], seed)


def mistake_impurity(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the trees' splits gained on the training rows."""
    test, _ = _asked(parameters)
    return {"importance": test.model.feature_importances_}


def mistake_spread(parameters: Parameters, seed: int) -> Outputs:
    """The standard deviation over the repeats."""
    return {"importance": _drops(*_asked(parameters), seed).std(axis=1)}


def mistake_one_repeat(parameters: Parameters, seed: int) -> Outputs:
    """A single permutation of each feature."""
    return _measured(*_asked(parameters), seed, repeats=1)


def mistake_ten_repeats(parameters: Parameters, seed: int) -> Outputs:
    """Ten permutations of each feature."""
    return _measured(*_asked(parameters), seed, repeats=10)


def mistake_bootstrap(parameters: Parameters, seed: int) -> Outputs:
    """Rows drawn with replacement in the place of a permutation."""
    half, score = _asked(parameters)
    rng = np.random.default_rng([seed, 1])
    baseline, found = half.baseline(score), []
    for columns in (*([j] for j in range(FEATURES)), list(PAIR)):
        copies = []
        for _ in range(REPEATS):
            copy = half.x.copy()
            drawn = rng.integers(len(half.x), size=len(half.x))
            copy[:, columns] = half.x[np.ix_(drawn, columns)]
            copies.append(copy)
        found.append(baseline - half.scores(score, copies).mean())
    return {"importance": np.array(found[:-1]), "pair_importance": np.asarray(found[-1])}


def mistake_permuted_score(parameters: Parameters, seed: int) -> Outputs:
    """The score after permuting, from which no baseline was subtracted."""
    right = reference(parameters, seed)
    return {name: right["baseline"] - right[name] for name in ("importance", "pair_importance")}


def mistake_drop_column(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The drop when the model is fitted again without the column."""
    return {"importance": _dropped(parameters["seed"], parameters["scoring"])}


@lru_cache(maxsize=8)
def _dropped(seed: int, scoring: str) -> Floats:
    train, test = _world(seed)
    score = SCORES[scoring]
    scores = []
    for j in range(FEATURES):
        model = _fitted(np.delete(train.x, j, axis=1), train.y, seed)
        scores.append(Half(model, np.delete(test.x, j, axis=1), test.y).baseline(score))
    return test.baseline(score) - np.array(scores)


def mistake_column_mean(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Each column replaced by its mean instead of permuted."""
    test, score = _asked(parameters)

    def averaged(columns: list[int]) -> Floats:
        copy = test.x.copy()
        copy[:, columns] = copy[:, columns].mean(axis=0)
        return copy

    copies = [averaged([j]) for j in range(FEATURES)] + [averaged(list(PAIR))]
    drops = test.baseline(score) - test.scores(score, copies)
    return {"importance": drops[:-1], "pair_importance": drops[-1]}


def mistake_pair_sum(parameters: Parameters, seed: int) -> Outputs:
    """The two single importances added up."""
    importance = reference(parameters, seed)["importance"]
    return {"pair_importance": importance[list(PAIR)].sum()}


def mistake_pair_apart(parameters: Parameters, seed: int) -> Outputs:
    """Each of the two columns in an order of its own."""
    test, score = _asked(parameters)
    rng = np.random.default_rng(seed)
    copies = []
    for _ in range(REPEATS):
        copy = test.x.copy()
        for column in PAIR:
            copy[:, column] = rng.permutation(copy[:, column])
        copies.append(copy)
    drops = test.baseline(score) - test.scores(score, copies)
    return {"pair_importance": drops.mean()}
