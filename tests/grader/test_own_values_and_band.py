"""The figure shows own values beside a band that gives no reference value away."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from grader.figures import GRID_SHARE, tolerance_band

references = st_numpy.arrays(
    np.float64, st.integers(2, 30), elements=st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-6)
)


@settings(max_examples=200, deadline=None)
@given(references)
def test_the_band_holds_the_reference_and_is_wide(expected: np.ndarray) -> None:
    """Every reference value lies inside, and no edge is nearer than a twentieth of the largest."""
    low, high = tolerance_band(expected)
    largest = np.abs(expected).max()
    assert (low <= expected).all()
    assert (expected <= high).all()
    assert ((high - low) >= 2 * GRID_SHARE * largest * 0.99).all()


@settings(max_examples=100, deadline=None)
@given(references)
def test_the_middle_of_the_band_would_not_pass(expected: np.ndarray) -> None:
    """References that differ by far more than one per cent share a band."""
    low, high = tolerance_band(expected)
    step = (high - low).min() / 2
    inner = (low + step * 0.5 + 1e-9 * step, high - step * 0.5 - 1e-9 * step)
    width = inner[1] - inner[0]
    assert (width >= 0.9 * GRID_SHARE * np.abs(expected).max() * 0.99).all()


def test_the_grid_does_not_move_with_the_answer() -> None:
    """A slightly different reference gives the very same edges."""
    expected = np.array([0.31, -1.07, 0.02, 0.77])
    for shift in (0.001, 0.004):
        assert all(
            np.array_equal(one, other)
            for one, other in zip(
                tolerance_band(expected), tolerance_band(expected + shift), strict=True
            )
        )
