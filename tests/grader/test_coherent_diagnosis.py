"""A diagnosis is coherent with all outputs; where no name is known, it says what is right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from grader.exercise import load_exercise
from grader.family_texts import FAMILIES, with_nouns
from grader.messages import message_text
from grader.misconceptions.likelihood import noise_likelihood
from grader.variants import visible_variant
from tests.grader.test_diagnosis import Learner

if TYPE_CHECKING:
    from grader.exercise import ExerciseDefinition
    from grader.reference import ReferenceStore
    from grader.report import Diagnosis

CONTENT = Path(__file__).parents[2] / "content" / "exercises"


def said(found: Diagnosis | None) -> list[tuple[str, tuple[str, ...], str]]:
    """Return certainty, ids and output of a diagnosis and of those of further outputs."""
    return (
        []
        if found is None
        else [(each.certainty, each.ids, each.output) for each in (found, *found.others)]
    )


def text(found: Diagnosis | None) -> str:
    """Return a diagnosis as its learner reads it."""
    assert found is not None
    return message_text(found.message_id, found.facts)


@pytest.fixture(scope="module")
def shares_learner(shares: ExerciseDefinition, references: ReferenceStore) -> Learner:
    """Give a learner of the deterministic exercise."""
    return Learner(shares, references)


@pytest.fixture(scope="module")
def coefficients(references: ReferenceStore) -> Learner:
    """Give a learner of the exercise on coefficients and odds."""
    return Learner(load_exercise(CONTENT / "linear-logistic-coefficients"), references)


@pytest.fixture(scope="module")
def curves(references: ReferenceStore) -> Learner:
    """Give a learner of the exercise on PDP, ICE and ALE."""
    return Learner(load_exercise(CONTENT / "pdp-ice-ale"), references)


@pytest.fixture(scope="module")
def drift(references: ReferenceStore) -> Learner:
    """Give a learner of the exercise on drift."""
    return Learner(load_exercise(CONTENT / "attribution-drift"), references)


@pytest.fixture(scope="module")
def features(references: ReferenceStore) -> Learner:
    """Give a learner of the exercise on a feature of the sparse autoencoder."""
    return Learner(load_exercise(CONTENT / "read-an-sae-feature"), references)


def test_ones_own_choice_of_rule_and_control_contradicts_no_mistake(features: Learner) -> None:
    """What only properties judge has many right answers; the reference's is one of them."""
    own = {
        "rule": np.array(["letter", "write"]),
        "quality": np.array([0.3, 1.0, 0.4]),
        "control": np.asarray(7),
        "control_effects": np.linspace(0, 0.001, 8),
        "verdict": np.asarray("effect only"),
    }
    moved = features.hands_in(top=features.right["top"] - [0, 1], **own)
    negated = features.hands_in(effects=-features.right["effects"], **own)
    assert said(moved)[0] == ("match", ("beginning_forgotten",), "top")
    assert said(negated)[0] == ("match", ("sign",), "effects")


def test_a_negated_base_beside_right_attributions_is_not_the_other_class(
    shares_learner: Learner,
) -> None:
    """The other class would change the attributions too; only the base's sign is said."""
    found = shares_learner.hands_in(base=-shares_learner.right["base"])
    assert said(found) == [("match", ("sign",), "base")]
    assert text(found) == "Your values have the wrong sign."


def test_inverted_odds_beside_right_coefficients_are_not_class_zero(coefficients: Learner) -> None:
    """Class 0 would negate the coefficients too."""
    right = coefficients.right
    both = coefficients.hands_in(
        odds_per_sd=1 / right["odds_per_sd"], odds_per_unit=1 / right["odds_per_unit"]
    )
    one = coefficients.hands_in(odds_per_unit=1 / right["odds_per_unit"])
    negated = coefficients.hands_in(coef=-right["coef"])
    all_of_it = coefficients.hands_in(
        coef=-right["coef"],
        odds_per_sd=1 / right["odds_per_sd"],
        odds_per_unit=1 / right["odds_per_unit"],
    )
    assert said(both) == [
        ("match", ("odds_inverted",), "odds_per_sd"),
        ("match", ("reciprocal",), "odds_per_unit"),
    ]
    assert said(one) == [("match", ("reciprocal",), "odds_per_unit")]
    assert said(negated) == [("match", ("sign",), "coef")]
    assert said(all_of_it) == [("match", ("class_zero",), "coef")]


def test_curves_of_training_rows_beside_a_right_mean_are_not_a_mean_over_training_rows(
    curves: Learner, references: ReferenceStore
) -> None:
    """A mean over training rows would change the PDP."""
    exercise = curves.exercise
    reference = references.get(exercise, visible_variant(exercise), misconceptions=True)
    wrong = reference.misconceptions["train_rows"]
    ice = curves.hands_in(ice=wrong["ice"].mean)
    both = curves.hands_in(ice=wrong["ice"].mean, pdp=wrong["pdp"].mean)
    assert said(ice) == [("match", ("ice_of_training_rows",), "ice")]
    assert said(both) == [("match", ("train_rows",), "ice")]


def test_an_alarm_by_another_limit_is_not_called_the_index_s(drift: Learner) -> None:
    """Truth values are named where they are all the misconception's; another limit is not it."""
    psi = drift.right["psi"]
    found = drift.hands_in(alarm=psi > 0.057)
    assert said(found) == [("match", ("index_alone",), "alarm")]
    assert "by the index alone" in text(found)
    for limit in (0.03, 0.5):
        assert said(drift.hands_in(alarm=psi > limit)) == [("unknown", (), "alarm")]
    turned = drift.right["alarm"].copy()
    turned[int(np.argmin(psi))] ^= True
    assert said(drift.hands_in(alarm=turned)) == [("unknown", (), "alarm")]


def test_one_diagnosis_for_each_failed_output(shares_learner: Learner) -> None:
    """Two outputs with a mistake of their own get a sentence each."""
    found = shares_learner.hands_in(shares=np.abs(shares_learner.right["shares"]), base=0.0)
    assert said(found) == [
        ("match", ("absolute",), "shares"),
        ("match", ("base_forgotten",), "base"),
    ]


def test_an_unknown_mistake_says_what_is_right_and_which_row_differs(
    shares_learner: Learner,
) -> None:
    """One row of five: it is named as the task names it, and the right outputs are listed."""
    shares = shares_learner.right["shares"].copy()
    shares[3] = shares[3][::-1] * 2
    found = shares_learner.hands_in(shares=shares)
    assert said(found) == [("unknown", (), "shares")]
    assert text(found) == (
        "We don't recognise this mistake. Start with hint 1. Correct: fx, base. "
        "In shares, 1 of 5 rows differ: row 5."
    )


def test_an_unknown_mistake_in_a_column_is_located(shares_learner: Learner) -> None:
    """A column that is wrong in every row is named by its feature."""
    shares = shares_learner.right["shares"].copy()
    shares[:, 2] = np.linspace(3, 9, 5)
    assert text(shares_learner.hands_in(shares=shares)).endswith(
        "In shares, 1 of 6 features differ: beta."
    )


def test_the_few_rows_that_are_right_are_named(shares_learner: Learner) -> None:
    """Where most rows differ in no known way, the page says which are correct."""
    shares = shares_learner.right["shares"].copy()
    wrong = [0, 1, 3]
    shares[wrong] += np.random.default_rng(3).normal(size=(3, 6))
    found = shares_learner.hands_in(shares=shares)
    assert said(found) == [("unknown", (), "shares")]
    assert text(found) == (
        "We don't recognise this mistake. Start with hint 1. Correct: fx, base. "
        "In shares, only 2 of 5 rows are correct: row 3, row 8."
    )


def test_a_place_is_said_of_the_first_output_that_has_one(shares_learner: Learner) -> None:
    """Of two unexplained outputs, the one of which a row can be named is told."""
    shares = shares_learner.right["shares"].copy()
    shares[3] = shares[3][::-1] * 2
    fx = shares_learner.right["fx"] + np.array([3.0, -1.0, 4.0, 1.5, -9.0])
    found = shares_learner.hands_in(shares=shares, fx=fx)
    assert "In shares, 1 of 5 rows differ: row 5." in text(found)


def test_a_single_row_of_the_array_is_recognised_by_its_shape(shares_learner: Learner) -> None:
    """`values[1]` takes a row of an array of explanations, not class 1."""
    found = shares_learner.hands_in(shares=shares_learner.right["shares"][1])
    assert said(found) == [("match", ("one_row",), "shares")]
    assert "(6,)" in text(found)
    every = np.broadcast_to(shares_learner.right["shares"][1], (5, 6))
    assert said(shares_learner.hands_in(shares=every)) == [("match", ("one_row",), "shares")]


@pytest.mark.parametrize("seed", range(40))
def test_noise_in_proportion_to_the_value_is_no_misconception(
    shares_learner: Learner, seed: int
) -> None:
    """Values that are each off by a quarter of themselves are not named plainly."""
    noise = np.random.default_rng(seed).normal(1, 0.25, size=(5, 6))
    found = shares_learner.hands_in(shares=shares_learner.right["shares"] * noise)
    assert found is None or found.certainty != "match"


def test_noise_in_proportion_is_a_model_of_its_own() -> None:
    """It is likelier than noise of one size where the values differ by orders of magnitude."""
    generator = np.random.default_rng(4)
    truth = 10.0 ** generator.uniform(-2, 2, size=60)
    proportional = truth * generator.normal(1, 0.1, size=60)
    gap = proportional - truth
    same_size = -0.5 * 60 * (np.log(np.mean(gap**2)) + 1) - 0.5 * np.log(60)
    assert noise_likelihood(proportional, truth) > same_size + 50


def test_right_in_the_visible_run_is_not_diagnosed(shares_learner: Learner) -> None:
    """The criterion's own metric decides what is right: rounding within it is no mistake."""
    assert shares_learner.hands_in(shares=shares_learner.right["shares"].round(3)) is None


def test_families_speak_of_what_the_axes_hold() -> None:
    """Heads, units and grid points are not called rows, and no placeholder is left."""
    for words in FAMILIES.values():
        for words_of_part in words:
            assert "{" not in with_nouns(words_of_part, "heads", "tokens")
    assert with_nouns(FAMILIES["row_order"][1], "heads", "tokens") == (
        "Your values are right, but the heads are not in the order given in the task."
    )


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_messages_are_sentences(family: str) -> None:
    """A learner reads what they did, never "This is" and a noun."""
    message: Any = FAMILIES[family][1]
    assert message.startswith(("Your ", "You ", "Each of your ", "All of your ", "Only ", "The ",
                               "Base value"))  # fmt: skip
    assert message.endswith(".")
