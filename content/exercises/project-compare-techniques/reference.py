"""Properties of a comparison of techniques, recomputed from the learner's own attributions.

The model is known, since the starter trains it; which techniques are compared is the learner's
choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import rankdata
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.model_selection import train_test_split

from grader.criteria import Finding
from grader.explainers.trees import tree_shap
from grader.metrics import rel_l1

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Outputs = dict[str, NDArray[Any]]
    Parameters = Mapping[str, Any]

FEWEST, MOST = 3, 8
FEWEST_REPEATS = 3
DIFFERENT = 0.03
"""Relative L1 between two techniques that are not the same; two ways to one value are."""
NEARLY_THE_SAME = 0.97
"""Cosine of two techniques of which the reviewer is told: one may be the other with noise."""
SPEAKS = 0.45
"""Mean rank correlation of sizes with TreeSHAP or ablation, row by row: random attributions never
reached it in 1800 tries, LIME as it comes had 0.59 and more. Slopes of a tree's stairs do not reach
it, which is worth finding out; therefore two techniques have to, not all."""
EXACTLY = 0.001
"""Relative L1 up to which all repeats of a technique are TreeSHAP or the ablation themselves."""
TELLING = (
    ("TreeSHAP", ("tree", "arbre", "shap"), ("lime", "ablation", "occlusion", "gradient", "slope")),
    ("the ablation of single features", ("ablat", "occlu", "remov", "delet", "mean", "moyenne",
     "suppress", "leave", "drop", "one"), ("shap", "lime", "gradient", "slope", "shapley")),
)  # fmt: skip
"""What the grader computes itself: names that may stand for it, and names that cannot."""
SLACK = 0.005
ROUNDING = 0.001
"""What three decimals may change of an instability, which is small where a technique is stable."""
TAKEN_AWAY = 2
"""How many features the deletion test replaces."""


@dataclass(frozen=True)
class World:
    """The model's output as a function, the held-out rows, the means of the training rows."""

    model: Any
    output: Callable[[Floats], Floats]
    test: Floats
    means: Floats


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


SETS = {"breast-cancer": _breast_cancer, "churn": _churn, "diabetes": _diabetes}


@lru_cache(maxsize=3)
def _world(dataset: str) -> World:
    x, y = SETS[dataset]()
    step = 2.0 ** (np.ceil(np.log2(np.abs(x).max(axis=0))) - 20)
    x = (x / step).round() * step  # as in the starter, which says why
    train, test, y_train, _ = train_test_split(x, y, test_size=0.4, random_state=0)
    kind = GradientBoostingClassifier if set(y) == {0.0, 1.0} else GradientBoostingRegressor
    model = kind(n_estimators=80, random_state=0).fit(train, y_train)
    output = getattr(model, "decision_function", model.predict)
    return World(model, output, test, train.mean(axis=0))


def _given(parameters: Parameters, answers: Outputs) -> tuple[World, Floats]:
    """The world of the learner's data set, and the rows to explain."""
    world = _world(str(answers["dataset"]))
    return world, world.test[parameters["rows"]]


def _ablation(world: World, explained: Floats) -> Floats:
    found = np.zeros_like(explained)
    for j, mean in enumerate(world.means):
        changed = explained.copy()
        changed[:, j] = mean
        found[:, j] = world.output(explained) - world.output(changed)
    return found


@lru_cache(maxsize=32)
def _known(dataset: str, rows: tuple[int, ...]) -> tuple[Floats, Floats]:
    """TreeSHAP and ablation of these rows; kept, since every marking asks for them."""
    world = _world(dataset)
    explained = world.test[list(rows)]
    return tree_shap(world.model, explained)[0], _ablation(world, explained)


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """One answer of many: TreeSHAP, ablation, and TreeSHAP with noise that stands for sampling."""
    world = _world("churn")
    explained = world.test[parameters["rows"]]
    shap_values, ablation = _known("churn", tuple(parameters["rows"]))
    noise = np.random.default_rng(0).normal(size=(3, *explained.shape)) * shap_values.std() / 4
    kinds = [shap_values, ablation]
    attributions = np.stack(
        [*(np.repeat(kind[None], 3, axis=0) for kind in kinds), shap_values + noise]
    )
    answers = {"dataset": np.asarray("churn"), "attributions": attributions}
    harmony = _rank_correlations(attributions.mean(axis=1))
    return {
        **answers,
        "fx": world.output(explained),
        "methods": np.asarray(["TreeSHAP", "ablation", "noisy TreeSHAP"]),
        "agreement": harmony.mean(axis=2),
        "instability": _instability(attributions),
        "faithfulness": recomputed_faithfulness(parameters, answers),
        "disputed": np.asarray(_harmony(harmony).argmin()),
        "recommended": np.asarray(["TreeSHAP", "ablation", "TreeSHAP"]),
    }


def complete(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether numbers of techniques, repeats and features fit together."""
    world, _ = _given(parameters, answers)
    methods = [str(name).strip() for name in answers["methods"]]
    count, repeats, _, features = answers["attributions"].shape
    if not FEWEST <= count <= MOST:
        return _fault(f"You compare {count} techniques; {FEWEST} to {MOST} are asked for.")
    if repeats < FEWEST_REPEATS:
        return _fault(
            f"Each technique is repeated {repeats} times; at least {FEWEST_REPEATS} are needed."
        )
    if features != world.means.size:
        return _fault(
            f"attributions has {features} features; your data set has {world.means.size}."
        )
    if not all(methods) or len(set(methods)) != count or len(methods) != count:
        return _fault("methods needs one name of its own for each technique in attributions.")
    wanted = {"agreement": (count, count), "instability": (count,), "faithfulness": (count,)}
    for name, shape in wanted.items():
        if answers[name].shape != shape:
            return _fault(f"{name} has the shape {answers[name].shape}; {shape} is needed.")
    return Finding(passed=True)


def same_model(parameters: Parameters, answers: Outputs) -> bool:
    """Whether the outputs are those of the starter's model."""
    world, explained = _given(parameters, answers)
    return rel_l1(answers["fx"], world.output(explained)) <= 0.01


def different(parameters: Parameters, answers: Outputs) -> Finding:
    """Whether at least three techniques differ, and one of them samples."""
    means = answers["attributions"].mean(axis=1)
    if not (np.abs(means).sum(axis=(1, 2)) > 0).all():
        return _fault("One of your techniques attributes nothing at all.")
    kept: list[Floats] = []
    for phi in means:
        if all(rel_l1(phi, other) > DIFFERENT for other in kept):
            kept.append(phi)
    if len(kept) < FEWEST:
        return _fault(
            f"Only {len(kept)} of your techniques really differ; at least {FEWEST} are needed."
        )
    if not (_instability(answers["attributions"]) > 1e-6).any():
        return _fault(
            "None of your techniques samples, or its repeats all used the same random numbers."
        )
    names = [str(name)[:40] for name in answers["methods"]]
    exchanged = _exchanged(parameters, answers, names)
    if exchanged:
        return _fault(exchanged)
    alike = [
        f"{names[i]} and {names[j]}"
        for i, j in combinations(range(len(means)), 2)
        if i < len(names) and j < len(names) and _cosine(means[i], means[j]) > NEARLY_THE_SAME
    ]
    if alike:
        return Finding(passed=True, facts={"note": f"Nearly the same: {', '.join(alike)}."})
    return Finding(passed=True)


def _exchanged(parameters: Parameters, answers: Outputs, names: list[str]) -> str:
    """Say which technique has the name of another one; empty where that is not certain.

    Only values that are exactly TreeSHAP's or the ablation's, under a name that excludes them.
    """
    known = _known(str(answers["dataset"]), tuple(parameters["rows"]))
    for name, repeats in zip(names, answers["attributions"], strict=False):
        words = name.lower()
        for own, (what, may_be, excluded) in zip(known, TELLING, strict=True):
            same = all(rel_l1(phi, own) <= EXACTLY for phi in repeats)
            if same and not _mentions(words, may_be) and _mentions(words, excluded):
                return f"The values of {name} are those of {what}. Do names and values belong?"
    return ""


def _mentions(words: str, parts: tuple[str, ...]) -> bool:
    return any(part in words for part in parts)


def _cosine(one: Floats, other: Floats) -> float:
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float((one * other).sum()) / size if size > 0 else 0.0


def about_the_model(parameters: Parameters, answers: Outputs) -> bool:
    """Whether two techniques rank the sizes as taking features away from the model does.

    And with the sign of what speaks for a higher output, whatever their units are.
    """
    known = _known(str(answers["dataset"]), tuple(parameters["rows"]))
    speaks = [
        max(
            _rank_correlations(np.abs(np.stack([phi, own])))[0, 1].mean() * (_cosine(phi, own) > 0)
            for own in known
        )
        >= SPEAKS
        for phi in answers["attributions"].mean(axis=1)
    ]
    return sum(speaks) >= 2


def agreement_is_right(parameters: Parameters, answers: Outputs) -> Finding:  # noqa: ARG001 - own arrays only
    """Whether the learner's table is that of the learner's own attributions."""
    own = _rank_correlations(answers["attributions"].mean(axis=1)).mean(axis=2)
    if np.abs(own - answers["agreement"]).max() <= SLACK:
        return Finding(passed=True)
    if not np.abs(np.diag(answers["agreement"]) - 1).max() <= SLACK:
        return _fault("A technique agrees with itself to 1; your diagonal says something else.")
    return _fault(
        "These are not the mean rank correlations, row by row, between your own attributions "
        "averaged over the repeats."
    )


def instability_is_right(parameters: Parameters, answers: Outputs) -> Finding:  # noqa: ARG001 - own arrays only
    """Whether the learner's figures are those of the learner's own repeats."""
    own = _instability(answers["attributions"])
    if (np.abs(own - answers["instability"]) <= ROUNDING + 0.01 * own).all():
        return Finding(passed=True)
    return _fault(
        "These are not the mean distances of your repeats from their mean, as a share of the "
        "mean's size."
    )


def recomputed_faithfulness(parameters: Parameters, answers: Outputs) -> Floats:
    """How far the grader's own model moves without what each technique names first."""
    world, explained = _given(parameters, answers)
    found = []
    for phi in answers["attributions"].mean(axis=1):
        first = np.argsort(-np.abs(phi), axis=1)[:, :TAKEN_AWAY]
        changed = explained.copy()
        np.put_along_axis(changed, first, world.means[first], axis=1)
        found.append(np.abs(world.output(explained) - world.output(changed)).mean())
    return np.array(found)


def disputed_is_right(parameters: Parameters, answers: Outputs) -> bool:  # noqa: ARG001 - own arrays only
    """Whether no other row has clearly less agreement."""
    harmony = _harmony(_rank_correlations(answers["attributions"].mean(axis=1)))
    row = int(answers["disputed"])
    return 0 <= row < harmony.size and bool(harmony[row] <= harmony.min() + SLACK)


def among_the_methods(parameters: Parameters, answers: Outputs) -> Finding:  # noqa: ARG001 - own arrays only
    """Whether each recommended technique was compared."""
    methods = {str(name) for name in answers["methods"]}
    strangers = [
        str(name)[:40] or "an empty name"
        for name in answers["recommended"]
        if str(name) not in methods
    ]
    return Finding(not strangers, facts={"what": ", ".join(strangers)})


def _rank_correlations(attributions: Floats) -> Floats:
    """Spearman's correlation for each pair and row, (M, M, n); 0 where a row is all one value."""
    ranks = rankdata(attributions, axis=2)
    ranks -= ranks.mean(axis=2, keepdims=True)
    sizes = np.sqrt((ranks**2).sum(axis=2, keepdims=True))
    ranks = np.divide(ranks, sizes, out=np.zeros_like(ranks), where=sizes > 0)
    return np.einsum("inf,jnf->ijn", ranks, ranks)


def _harmony(correlations: Floats) -> Floats:
    """The mean over pairs for each row."""
    pairs = combinations(range(len(correlations)), 2)
    return np.mean([correlations[i, j] for i, j in pairs], axis=0)


def _instability(attributions: Floats) -> Floats:
    mean = attributions.mean(axis=1, keepdims=True)
    distances = np.abs(attributions - mean).sum(axis=(2, 3)).mean(axis=1)
    sizes = np.abs(mean).sum(axis=(1, 2, 3))
    return np.divide(distances, sizes, out=np.zeros_like(distances), where=sizes > 0)


def _fault(what: str) -> Finding:
    return Finding(passed=False, facts={"what": what})
