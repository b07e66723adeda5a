"""The figure shows own values beside a band that gives no reference value away."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from grader.criteria import _outside
from grader.metrics import GRID_SHARE, tolerance_band

references = st_numpy.arrays(
    np.float64, st.integers(2, 30), elements=st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-6)
)


@settings(max_examples=200, deadline=None)
@given(references)
def test_the_band_holds_the_reference_and_is_wide(expected: np.ndarray) -> None:
    """Every reference value lies inside, and each band is as wide as every other."""
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


@settings(max_examples=200, deadline=None)
@given(
    st_numpy.arrays(np.float64, (3, 4), elements=st.floats(-2, 2)),
    st_numpy.arrays(np.float64, (3, 4), elements=st.floats(-0.02, 0.02)),
    st_numpy.arrays(np.float64, (3, 4), elements=st.floats(-5, 5)),
)
def test_the_place_tells_no_more_than_the_band(
    expected: np.ndarray, shift: np.ndarray, found: np.ndarray
) -> None:
    """References that share a band share the place of the deviation, whatever is submitted."""
    other = expected + shift
    bands = [np.array([tolerance_band(row) for row in array]) for array in (expected, other)]
    if np.array_equal(bands[0], bands[1]):
        assert _outside(found, expected) == _outside(found, other)


def test_the_place_is_that_of_the_largest_deviation() -> None:
    """One value far off is found; none is named where all lie within the band."""
    expected = np.array([[1.0, -2.0], [0.5, 3.0]])
    off = expected.copy()
    off[1, 0] = 9
    assert _outside(off, expected) == (1, 0)
    assert _outside(expected * 1.02, expected) is None
    assert _outside(np.array(3.0), np.array(1.0)) is None
