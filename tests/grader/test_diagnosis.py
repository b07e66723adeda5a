"""Mistakes are named plainly where they are met, hedged where they are near, else not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.author_code import author_code
from grader.check import grade_computed_answers
from grader.exercise import load_exercise
from grader.messages import message_text
from grader.misconceptions.diagnosis import _attracts_by_right, _equals_truth, _is_certain
from grader.misconceptions.families import satisfies_invariants
from grader.misconceptions.library import candidate_of
from grader.misconceptions.likelihood import Candidate, Fit, fit
from grader.reference import Replicates
from grader.variants import visible_variant
from tests.grader.conftest import write_exercise

if TYPE_CHECKING:
    from grader.exercise import ExerciseDefinition
    from grader.reference import ReferenceStore
    from grader.report import Diagnosis


class Learner:
    """Hands in the right outputs of an exercise with some of them replaced."""

    def __init__(self, exercise: ExerciseDefinition, references: ReferenceStore) -> None:
        self.exercise, self.references = exercise, references
        reference = references.get(exercise, visible_variant(exercise), misconceptions=True)
        self.right = {name: found.mean for name, found in reference.outputs.items()}

    def hands_in(self, **changes: Any) -> Diagnosis | None:
        """The diagnosis of the changed answer; None leaves a variable out."""
        outputs = {
            name: value for name, value in {**self.right, **changes}.items() if value is not None
        }
        return grade_computed_answers(self.exercise, self.references, outputs).misconception


@pytest.fixture(scope="module")
def learner(shares: ExerciseDefinition, references: ReferenceStore) -> Learner:
    """Give a learner of the deterministic exercise."""
    return Learner(shares, references)


def test_other_outputs_tell_equals_apart(learner: Learner) -> None:
    """Values of the opposite sign are a sign flip, with an opposite base the opposite outcome."""
    values, base = learner.right["shares"], learner.right["base"]
    flipped = learner.hands_in(shares=-values)
    opposite = learner.hands_in(shares=-values, base=-base)
    assert flipped is not None
    assert opposite is not None
    assert (flipped.ids, opposite.ids) == (("sign",), ("opposite_class",))


def test_what_nothing_tells_apart_is_said_as_either_or(learner: Learner) -> None:
    """Without a base value both remain possible, and both are named."""
    found = learner.hands_in(shares=-learner.right["shares"], base=None)
    assert found is not None
    assert set(found.ids) == {"opposite_class", "sign"}
    assert " or " in message_text(found.message_id, found.facts)


def test_what_is_only_near_is_not_named(learner: Learner) -> None:
    """A sign flip with a tenth of noise may be anything: what is right and wrong is said instead.

    Among held-out mistakes whose own name was missing, the nearest name was false every time.
    """
    noise = np.random.default_rng(3).normal(1, 0.12, size=(5, 6))
    found = learner.hands_in(shares=-learner.right["shares"] * noise)
    assert found is not None
    assert (found.certainty, found.ids) == ("unknown", ())
    assert "shares" in str(found.facts["wrong"])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.3, 1.0, 3.0]))
def test_numbers_from_nowhere_are_not_named(learner: Learner, seed: int, share: float) -> None:
    """Random numbers of any size are never called a mistake plainly."""
    size = share * float(np.abs(learner.right["shares"]).mean())
    values = np.random.default_rng(seed).normal(0, size, size=(5, 6))
    found = learner.hands_in(shares=values)
    assert found is None or found.certainty != "match"


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(range(6)))
def test_any_order_of_features_is_found(learner: Learner, order: list[int]) -> None:
    """Every permutation of the columns but the right one is named, though none is listed."""
    found = learner.hands_in(shares=learner.right["shares"][:, order])
    if order == sorted(order):
        assert found is None
    else:
        assert found is not None
        assert set(found.ids) <= {"feature_order", "sorted_features"}


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.integers(0, 39), min_size=5, max_size=5))
def test_any_other_rows_are_found(learner: Learner, rows: list[int]) -> None:
    """Explanations of any other rows are looked up, not listed."""
    found = learner.hands_in(shares=author_code(learner.exercise)._explained(rows)["shares"])
    if rows == [1, 2, 3, 5, 8]:
        assert found is None
    else:
        assert found is not None
        assert found.certainty == "match"
        assert found.ids[0] in {"other_rows", "row_order", "shifted_rows", "one_row"}


def test_honest_scatter_equals_truth(noisy: ExerciseDefinition, references: ReferenceStore) -> None:
    """Fresh honest runs of a stochastic exercise are neither failed nor diagnosed."""
    code = author_code(noisy)
    results = [
        grade_computed_answers(noisy, references, code.reference({}, seed))
        for seed in range(20_000, 20_200)
    ]
    assert sum(result.score < noisy.max_score for result in results) <= 4
    assert not any(result.misconception and result.misconception.ids for result in results)


def test_a_good_fit_is_turned_away_once_in_a_thousand() -> None:
    """The goodness of fit keeps its rate for a mistake with a known spread."""
    generator = np.random.default_rng(8)
    samples = generator.normal(5, 1, size=(24, 40))
    candidate = Candidate("x", samples.mean(axis=0), samples.std(axis=0, ddof=1), 24)
    good = [fit(generator.normal(5, 1, size=40), candidate).good for _ in range(2000)]
    assert np.mean(good) >= 0.99
    assert not fit(np.full(40, 9.0), candidate).good


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.2, 0.5, 1.0]))
def test_noise_is_not_named_by_what_scatters_widely(
    noisy: ExerciseDefinition, references: ReferenceStore, seed: int, share: float
) -> None:
    """What scatters widely fits any noise: it is said plainly only where it fits better."""
    right = Learner(noisy, references)
    means = right.right["means"]
    noise = np.random.default_rng(seed).normal(0, share * np.abs(means).mean(), means.shape)
    found = right.hands_in(means=means + noise)
    assert found is None or found.certainty != "match"


def test_what_always_scatters_is_never_met_exactly() -> None:
    """An answer that equals the mean over a mistake's seeds did not come from one run of it."""
    samples = np.random.default_rng(8).normal(5, 1, size=(24, 40))
    candidate = Candidate("x", samples.mean(axis=0), samples.std(axis=0, ddof=1), 24)
    assert not fit(candidate.mean, candidate).good
    assert fit(candidate.mean, Candidate("x", candidate.mean, np.zeros(40), 24)).good


@pytest.mark.parametrize(
    ("family", "yes", "no"),
    [
        ("normalised", [[0.5, -0.5], [0.2, 0.8]], [[0.5, -0.5], [0.4, 0.8]]),
        ("normalised", [[1.0, -0.3], [0.2, -1.0]], [[1.0, -0.3], [0.2, 0.9]]),
        ("absolute", [[0.0, 2.0]], [[-0.1, 2.0]]),
        ("sorted_values", [[3.0, -2.0, 1.0], [4.0, 3.0, 0.0]], [[3.0, -2.0, 2.5]]),
        ("sorted_values", [[-3.0, 1.0, 2.0]], [[-3.0, 2.0, 1.0], [0.0, 1.0, 5.0]]),
        ("row_mean", [[1.0, 2.0], [1.0, 2.0]], [[1.0, 2.0], [1.0, 2.2]]),
        ("global_importance", [[1.0, 2.0], [1.0, 2.0]], [[1.0, 2.0], [2.0, 1.0]]),
        ("sign", [[1.0, 2.0]], None),
    ],
)
def test_what_a_family_always_shows_must_be_there(
    family: str, yes: list[list[float]], no: list[list[float]] | None
) -> None:
    """However an answer scatters: normalised rows add up to one, sorted ones stand in order."""
    assert satisfies_invariants(family, np.array(yes))
    assert no is None or not satisfies_invariants(family, np.array(no))


EXACT_YAML = """\
version: 1
title: Leaves
summary: Find leaves.
level: introductory
minutes: 5
statement: Find.
outputs:
  leaf: {dtype: integer, shape: [6], meaning: Leaves.}
  group: {dtype: integer, shape: [6], meaning: Classes.}
  weight: {dtype: float, shape: [6], meaning: Weights.}
rubric:
  - {id: leaf, title: Leaves, kind: exact, output: leaf, threshold: 0, points: 5}
  - {id: group, title: Classes, kind: exact, output: group, threshold: 0, points: 3}
  - {id: kept, title: All kept, kind: property, output: weight, function: kept, mistake: dropped,
     points: 1}
  - {id: weight, title: Weights, kind: agreement, output: weight, threshold: 0.01, points: 1}
pass_score: 10
misconceptions:
  - {id: mirrored, title: the other branch, message: Mirrored., question: "Which branch?"}
  - {id: dropped, title: too few kept, message: Dropped., question: "How many?", output: weight}
  - {family: sign, output: weight}
hints: [one, two, three, four]
"""
EXACT_REFERENCE = """\
def reference(parameters, seed):
    weight = [1.0, -2.0, 0.0, 3.0, 0.5, -0.7]
    return {"leaf": [1, 2, 3, 4, 5, 6], "group": [0, 1, 1, 0, 2, 1], "weight": weight}


def kept(parameters, answers):
    return bool((answers["weight"] > 0).sum() == 3)


def mistake_mirrored(parameters, seed):
    return {"leaf": [6, 5, 4, 3, 2, 1], "group": [1, 1, 1, 0, 2, 1]}


def mistake_dropped(parameters, seed):
    return {"weight": [1.0, -2.0, 0.0, 3.0, 0.0, 0.0]}
"""


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory, references: ReferenceStore) -> Learner:
    """Give a learner of an exercise with whole numbers and a criterion that proves a mistake."""
    folder = tmp_path_factory.mktemp("content") / "leaves"
    return Learner(load_exercise(write_exercise(folder, EXACT_YAML, EXACT_REFERENCE)), references)


def test_a_mistake_in_classes_must_show_wherever_it_would(exact: Learner) -> None:
    """Few classes agree by chance: what fits in one output and not in the other is not named."""
    both = exact.hands_in(leaf=np.arange(6, 0, -1), group=np.array([1, 1, 1, 0, 2, 1]))
    one = exact.hands_in(group=np.array([1, 1, 1, 0, 2, 1]))
    other = exact.hands_in(leaf=np.arange(6, 0, -1), group=np.array([2, 0, 0, 1, 1, 0]))
    half = exact.hands_in(leaf=np.arange(6, 0, -1))
    assert [(found.ids, found.certainty) for found in (both, one, other, half) if found] == [
        (("mirrored",), "match"),
        ((), "unknown"),
        ((), "unknown"),
        ((), "unknown"),
    ]


def test_one_number_that_scatters_is_named_with_a_reserve() -> None:
    """A single number lies near some mistake or other, and few mistakes tell in a wide scatter."""
    sharp = Candidate("x", np.full(8, 5.0), np.full(8, 0.1), 24)
    single = Candidate("x", np.array(5.0), np.array(0.1), 24)
    wide = Candidate("x", np.full(8, 5.0), np.full(8, 2.0), 24)
    met = {name: Fit(each, 100.0, good=True, distance=0.0) for name, each in
           (("sharp", sharp), ("single", single), ("wide", wide))}  # fmt: skip
    assert {name: _is_certain(each, 90.0) for name, each in met.items()} == {
        "sharp": True,
        "single": False,
        "wide": False,
    }
    assert not _is_certain(met["sharp"], 98.0)
    # Twenty runs' mean hardly scatters: it may be named with a reserve, a wide scatter never.
    far, near = (Candidate("", np.array(each), np.array(0.1), 24) for each in (3.0, 4.5))
    assert _attracts_by_right(met["single"], 90.0, far)
    assert not _attracts_by_right(met["single"], 90.0, near)
    assert not _attracts_by_right(met["single"], 101.0, far)


def test_a_mistake_that_changes_nothing_here_is_not_looked_for() -> None:
    """Label 1 is no mistake where label 1 is asked for; few samples always are."""
    truth = Candidate("", np.full(8, 5.0), np.full(8, 0.5), 100)
    same = Candidate("label_one", np.full(8, 5.1), np.full(8, 0.55), 24)
    one_gone = replace(same, mean=np.array([5.1] * 7 + [0.0]))
    few = Candidate("few", np.full(8, 5.1), np.full(8, 1.5), 24)
    assert _equals_truth(same, truth)
    assert not _equals_truth(few, truth)
    assert not _equals_truth(one_gone, truth)
    assert not _equals_truth(replace(same, mean=np.full(8, 6.0)), truth)
    assert not _equals_truth(same, Candidate("", np.full(8, 5.0), np.zeros(8), 1))


def test_numbers_speak_before_a_failed_criterion_does(exact: Learner) -> None:
    """A criterion's own mistake is said where the numbers say no other one plainly."""
    weight = exact.right["weight"]
    flipped = exact.hands_in(weight=-weight - 0.0)
    near = exact.hands_in(weight=np.array([1.1, -2.0, 0.0, 3.4, 0.0, 0.0]))
    far = exact.hands_in(weight=np.array([1.0, -2.0, 0.0, 9.0, -5.0, 0.0]))
    assert flipped is not None
    assert near is not None
    assert far is not None
    # Where the other values are wrong too, the criterion's own words have to do.
    assert (flipped.ids, near.ids, far.ids) == (("sign",), ("dropped",), ())


def test_equal_seeds_have_no_spread() -> None:
    """A mistake without chance, averaged over many seeds, scatters by no rounding error."""
    sample = np.random.default_rng(3).normal(size=(4, 7))
    candidate = candidate_of("same", Replicates(np.stack([sample] * 24)))
    assert not candidate.scatters
    assert fit(sample, candidate).good
