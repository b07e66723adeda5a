"""Claims of the lessons that no output shows: computed from the lessons' own code and data."""

from __future__ import annotations

import math

import pytest

from tests.courses.authoring.test_lesson_facts import facts, prose


@pytest.mark.parametrize("language", ["courses", "l10n/fr/courses"])
def test_a_step_of_log_odds_is_worth_less_than_its_steepest_slope(language: str) -> None:
    """A step of one is worth 24.5 points at most; the slope of 1/4 would promise 25."""
    text = prose(f"../{language}/foundations/03-mathematics-you-need")

    largest = max(
        1 / (1 + math.exp(-(low / 100 + 1))) - 1 / (1 + math.exp(-low / 100))
        for low in range(-500, 500)
    )
    assert f"{100 * largest:.1f}" == "24.5"
    assert ("24.5" if language == "courses" else "24,5") in text
    assert "25 percentage points" not in text
    assert "25 points" not in text


def test_the_slope_of_the_mathematics_lesson_is_its_models() -> None:
    """The 8.5 per unit of body mass index is the coefficient of the model that is shown."""
    lesson = "foundations/03-mathematics-you-need"
    found = facts(lesson, "facts = {'bmi': model.coef_[0]}")

    assert f"{found['bmi']:.1f}" == "8.5"
    assert "One unit of body mass index more gives 8.5 more" in prose(lesson)


@pytest.mark.parametrize("language", ["courses", "l10n/fr/courses"])
def test_missing_completely_at_random_is_refuted_and_never_confirmed(language: str) -> None:
    """Gaps that depend on the missing value alone pass every test against the other columns."""
    found = facts(
        "foundations/05-collecting-and-cleaning-data",
        """
import numpy as np
rng = np.random.default_rng(0)
value, other = rng.normal(size=20_000), rng.normal(size=20_000)
gap = value > 1
facts = {
    "seen": abs(other[gap].mean() - other[~gap].mean()) / np.sqrt(1 / gap.sum() + 1 / (~gap).sum()),
    "bias": value[~gap].mean() - value.mean(),
}
""",
    )
    text = prose(f"../{language}/foundations/05-collecting-and-cleaning-data")

    assert found["seen"] < 1.96
    assert found["bias"] < -0.2
    assert ("cannot confirm it" if language == "courses" else "ne peuvent pas le confirmer") in text


def test_the_anchor_is_read_by_what_its_border_means() -> None:
    """The condition on income excludes the top quarter only; the explained case lies above half."""
    lesson = "explaining-any-model/08-anchors"
    found = facts(
        lesson,
        """
facts = {
    "quartile": float(np.quantile(loans["income"], 0.75)),
    "below_case": float((loans["income"] < case["income"]).mean()),
    "years": float((loans["years_in_job"] <= 2.8).mean()),
}
""",
    )
    text = prose(lesson)

    assert found["quartile"] == pytest.approx(3470)
    assert found["below_case"] > 0.6
    assert found["years"] == pytest.approx(0.25, abs=0.02)
    assert "outside the top quarter of incomes" in text
    assert "applicants with a low income" not in text


def test_the_patients_of_the_dose_curve_are_those_of_the_trial() -> None:
    """No child is in the trial, so the text on impossible partners names none."""
    lesson = "explaining-any-model/03-partial-dependence-and-ice"
    found = facts(lesson, "facts = {'youngest': trials['age'].min()}")

    assert found["youngest"] >= 18
    assert "children" not in prose(lesson)


def test_the_best_of_the_good_models_is_not_the_best_on_new_rows() -> None:
    """Within the Rashomon set, training loss says little: the best one comes in place 62."""
    lesson = "transparent-models/08-where-transparency-ends"
    found = facts(
        lesson,
        """
held_out = np.array(test_losses)
first = held_out[np.argmin(losses[good])]
facts = {
    "place": int((held_out < first).sum()) + 1,
    "correlation": np.corrcoef(losses[good], held_out)[0, 1],
}
""",
    )

    assert found["place"] == 62
    assert found["correlation"] < 0.5
    assert "comes in place 62 on the test rows" in prose(lesson)


def test_boosting_without_combinations_reaches_the_sum_of_curves() -> None:
    """With single splits ordinary boosting does as well as with trees that may combine columns."""
    lesson = "transparent-models/05-additive-models"
    found = facts(
        lesson,
        """
stumps = GradientBoostingRegressor(n_estimators=1000, max_depth=1, random_state=0)
facts = {"stumps": stumps.fit(X_train, y_train).score(X_test, y_test)}
""",
    )

    assert f"{found['stumps']:.3f}" == "0.881"
    assert "it reaches 0.881" in prose(lesson)


def test_without_its_rival_the_interval_of_cholesterol_narrows() -> None:
    """What the answer to a question of the first lesson predicts, computed."""
    found = facts(
        "transparent-models/01-linear-regression",
        """
fewer, rng = X_train.drop(columns="s2"), np.random.default_rng(0)
refits = []
for _ in range(300):
    take = rng.integers(0, len(fewer), len(fewer))
    refits.append(LinearRegression().fit(fewer.iloc[take], y_train.iloc[take]).coef_[4])
low, high = np.quantile(refits, [0.025, 0.975])
alone = LinearRegression().fit(fewer, y_train)
facts = {
    "narrower": (high - low) / (draws["s1"].quantile(0.975) - draws["s1"].quantile(0.025)),
    "lost": model.score(X_test, y_test) - alone.score(X_test.drop(columns="s2"), y_test),
}
""",
    )

    assert found["narrower"] < 0.5
    assert abs(found["lost"]) < 0.02


def test_a_bit_less_more_than_doubles_the_rounding_error() -> None:
    """By the lesson's own formula the step grows by a little over two, and triples at the end."""
    steps = {bits: 1 / (2 ** (bits - 1) - 1) for bits in range(2, 9)}
    grown = {bits: steps[bits - 1] / steps[bits] for bits in range(3, 9)}

    assert all(growth > 2 for growth in grown.values())
    assert grown[8] < 2.1
    assert grown[3] == pytest.approx(3)
    assert "from three bits to two it triples" in prose(
        "interpretability-at-work/12-compression-and-federation"
    )
