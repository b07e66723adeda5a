"""The figures of test theory, held against their definitions."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classes.analysis.figures import discrimination, kr20, share, thirds

Z = statistics.NormalDist().inv_cdf(0.975)


@given(total=st.integers(1, 500), part=st.floats(0, 1))
def test_wilsons_interval_holds_the_shares_that_a_score_test_keeps(total: int, part: float) -> None:
    """Each end is the share from which the observed one lies 1.96 standard errors away."""
    count = round(part * total)
    found = share(count, total)

    assert 0 <= found.low <= found.value <= found.high <= 1
    for end in (found.low, found.high):
        if 0 < end < 1 and end != found.value:
            error = math.sqrt(end * (1 - end) / total)
            assert abs(found.value - end) == pytest.approx(Z * error, rel=1e-6)


def test_the_interval_of_a_known_case() -> None:
    """Newcombe (1998), table I: 81 of 263 gives [.2553, .3662] by the score method."""
    found = share(81, 263)

    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)


def test_discrimination_is_the_correlation_with_the_rest() -> None:
    """NumPy's coefficient, and Fisher's interval around it."""
    right = [True, True, False, True, False, False, True, False]
    rest = [9, 7, 4, 8, 5, 6, 6, 2]
    found = discrimination(right, rest)

    assert found is not None
    r = np.corrcoef(np.array(right, float), rest)[0, 1]
    assert found.value == pytest.approx(r)
    half = Z / math.sqrt(5)
    assert found.low == pytest.approx(math.tanh(math.atanh(r) - half))
    assert found.high == pytest.approx(math.tanh(math.atanh(r) + half))


@pytest.mark.parametrize(
    ("right", "rest"),
    [([True] * 9, range(9)), ([True, False] * 4, [3] * 8), ([True, False, True], [1, 2, 3])],
)
def test_no_discrimination_without_differences(right: list[bool], rest: list[int]) -> None:
    """Equal answers, equal rests and three learners tell nothing."""
    assert discrimination(right, list(rest)) is None


def test_kr20_is_alpha_of_truth_values() -> None:
    """Cronbach's alpha from the covariance matrix, with the variances of the population."""
    generator = np.random.default_rng(5)
    ability = generator.normal(size=(60, 1))
    rows = (generator.normal(size=(60, 8)) < ability).tolist()
    covariance = np.cov(np.array(rows, float), rowvar=False, bias=True)
    alpha = 8 / 7 * (1 - np.trace(covariance) / covariance.sum())

    assert kr20(rows) == pytest.approx(alpha)
    assert kr20([[True, False], [True, False]]) is None
    assert kr20([[True, False]]) is None


@given(st.lists(st.integers(0, 10), min_size=5, max_size=60))
def test_thirds_keep_the_order_and_equal_scores_together(scores: list[int]) -> None:
    """A higher score is never in a lower third; equal scores are in the same one."""
    found = thirds(scores)

    by_score = dict(zip(scores, found, strict=True))
    assert found == [by_score[score] for score in scores]
    ordered = [by_score[score] for score in sorted(by_score)]
    assert ordered == sorted(ordered)
    assert set(found) <= {0, 1, 2}


def test_thirds_of_nine_different_scores_are_of_three() -> None:
    """Where no two are equal, each third has as many."""
    assert sorted(thirds([9, 1, 5, 3, 7, 2, 8, 4, 6])) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
