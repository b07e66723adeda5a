"""Metrics: known values, and nothing that is not finite ever looks small."""

from __future__ import annotations

import numpy as np
import pytest

from grader.metrics import (
    additivity_gap,
    cosine,
    envelope_excess,
    is_rounded,
    range_gap,
    rel_l1,
    scatter_ratio,
    symmetric_l1,
    top_k_agreement,
    within,
)

R = np.array([[1.0, -2.0], [3.0, -4.0]])


def test_rel_l1_is_pooled_over_rows() -> None:
    """The sum of all deviations is divided by the sum of all sizes."""
    assert rel_l1(R + 0.1, R) == pytest.approx(0.04)
    assert rel_l1(-R, R) == 2


def test_zero_references() -> None:
    """A reference of zeros is met by zeros alone."""
    zero = np.zeros(3)
    assert rel_l1(zero, zero) == 0
    assert rel_l1(zero + 1e-9, zero) == np.inf
    assert symmetric_l1(zero, zero) == 0
    assert range_gap(zero + 1, zero) == np.inf


def test_nan_never_passes() -> None:
    """No comparison with a threshold holds for NaN."""
    bad = np.array([[np.nan, -2.0], [3.0, -4.0]])
    assert not rel_l1(bad, R) <= 0.01
    assert not range_gap(bad, R) <= 0.01
    assert not (additivity_gap(bad, np.zeros(()), R.sum(axis=1)) <= 0.01).all()
    assert not (envelope_excess(bad, R, R * 0 + 1, replicates=100, alpha=0.005) <= 1).all()


def test_range_gap_is_a_share_of_the_range() -> None:
    """A deviation of 0.7 on a range of 7 is a tenth."""
    moved = R + np.array([[0.7, 0], [0, 0]])
    assert range_gap(moved, R) == pytest.approx(0.1)


def test_additivity_of_attributions_and_interactions() -> None:
    """Rows of (n, f) and of (n, f, f) add up with the base value to the output."""
    fx = R.sum(axis=1) + 5
    assert additivity_gap(R, np.asarray(5.0), fx).max() == 0
    interactions = np.stack([np.diag(row) for row in R])
    assert additivity_gap(interactions, np.asarray(5.0), fx).max() == 0
    assert additivity_gap(R, np.asarray(4.0), fx).min() > 0.1
    single = additivity_gap(R[0], np.asarray(5.0), np.asarray(R[0].sum() + 5))
    assert single.shape == ()
    assert single < 1e-12


@pytest.mark.parametrize("replicates", [20, 100, 400])
def test_the_envelope_rejects_as_often_as_it_says(replicates: int) -> None:
    """Honest runs are rejected at the stated rate however few seeds made the band."""
    generator = np.random.default_rng(replicates)
    rejected, rounds, alpha = 0, 3000, 0.05
    for _ in range(rounds):
        samples = generator.normal(3, 2, size=(replicates + 1, 10))
        mean, spread = samples[1:].mean(axis=0), samples[1:].std(axis=0, ddof=1)
        excess = envelope_excess(samples[0], mean, spread, replicates=replicates, alpha=alpha)
        rejected += bool((excess > 1).any())
    assert rejected / rounds == pytest.approx(alpha, abs=0.015)


def test_a_value_that_never_moved_must_be_met() -> None:
    """Where no seed changes a value, honest work shows that value."""
    mean, spread = np.array([1.0, 0.0]), np.array([0.1, 0.0])
    options = {"replicates": 100, "alpha": 0.005}
    assert envelope_excess(np.array([1.0, 0.0]), mean, spread, **options).max() <= 1  # type: ignore[arg-type]
    assert envelope_excess(np.array([1.0, 0.01]), mean, spread, **options).max() > 1  # type: ignore[arg-type]


def test_informing_metrics() -> None:
    """Cosine and top-k agreement pass work of another scale, which is why they earn nothing."""
    assert cosine(R, 7 * R) == pytest.approx(1)
    assert top_k_agreement(R.ravel(), 7 * R.ravel(), 2) == 1


def test_a_floor_is_absolute() -> None:
    """Values off by half of the last printed decimal on average lie within it."""
    assert within(np.array([0.004]), np.array([0.0044]), 0.0005)
    assert not within(np.array([0.004]), np.array([0.0046]), 0.0005)
    assert not within(np.array([np.nan]), np.array([0.0]), 1.0)


def test_rounded_values_are_recognised() -> None:
    """Fewer decimals of every value, but not zeros, which any small value would round to."""
    values = np.array([0.1234, -2.3456, 0.5678])
    assert is_rounded(np.round(values, 1), values)
    assert not is_rounded(values + 0.01, values)
    assert not is_rounded(np.zeros(1), np.array([0.0004]))


def test_scatters_are_compared_value_by_value() -> None:
    """Each value counts by its own scatter, so that a large one hides nothing."""
    expected = np.array([1.0, 0.01, 0.0])
    assert scatter_ratio(expected, expected) == pytest.approx(1)
    assert scatter_ratio(np.array([1.0, 0.03, 5.0]), expected) == pytest.approx(np.sqrt(5))
    assert scatter_ratio(np.ones(2), np.zeros(2)) == np.inf


def test_a_mean_of_runs_has_a_tighter_band() -> None:
    """With the spread of means and k/m in the factor, means of k runs keep the promise."""
    rng = np.random.default_rng(3)
    rejected = 0
    for _ in range(400):
        runs = rng.normal(size=(120, 10))
        answer = rng.normal(size=(20, 10)).mean(axis=0)
        spread = runs.std(axis=0, ddof=1) / np.sqrt(20)
        excess = envelope_excess(
            answer, runs.mean(axis=0), spread, replicates=120, alpha=0.05, mean_of=20
        )
        rejected += bool((excess > 1).any())
    assert 5 <= rejected <= 36
