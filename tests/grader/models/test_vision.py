"""The vision network's parts, against their definitions; the whole is in test_fidelity."""

from __future__ import annotations

import numpy as np
import pytest

from grader.models.whybox_models import VisionNetwork, vision

DRAW = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("side", "kernel", "stride"), [(9, 3, 1), (10, 3, 2), (11, 5, 2), (8, 5, 1)]
)
def test_the_way_back_is_the_transpose_of_the_way_there(
    side: int, kernel: int, stride: int
) -> None:
    """<filter(x), y> = <x, back(y)> for any x and y."""
    filters = DRAW.normal(size=(kernel, kernel, 4)).astype(np.float32)
    there = DRAW.normal(size=(side, side, 4)).astype(np.float32)
    out = vision._depthwise(there, filters, stride)
    assert out.shape == (-(-side // stride), -(-side // stride), 4)
    back = DRAW.normal(size=out.shape).astype(np.float32)
    gradient = vision._depthwise_back(back, filters, stride, side)
    assert float((out * back).sum()) == pytest.approx(float((there * gradient).sum()), rel=1e-3)


def test_a_filter_is_a_weighted_sum_of_neighbours() -> None:
    """In the middle, where no edge matters, as the definition says."""
    filters = DRAW.normal(size=(3, 3, 2)).astype(np.float32)
    there = DRAW.normal(size=(7, 7, 2)).astype(np.float32)
    expected = (there[2:5, 3:6] * filters).sum(axis=(0, 1))
    assert vision._depthwise(there, filters, 1)[3, 4] == pytest.approx(expected, rel=1e-4)


def test_another_size_is_refused() -> None:
    """The message says which size a picture has to have."""
    with pytest.raises(ValueError, match=r"\(224, 224, 3\), not \(10, 10, 3\)"):
        VisionNetwork.run_with_cache(VisionNetwork.__new__(VisionNetwork), np.zeros((10, 10, 3)))
