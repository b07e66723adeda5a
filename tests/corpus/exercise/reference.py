"""Reference: shares of a linear model, scaled."""

from typing import Any

import numpy as np

X = np.random.default_rng(11).normal(size=(40, 3))
W = np.array([1.5, -2.0, 0.7])
NAMES = ["alpha", "beta", "gamma"]


def reference(parameters: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return the outputs of the task."""
    rows, scale = parameters["rows"], parameters["scale"]
    shares = scale * W * (X[rows] - X.mean(axis=0))
    return {
        "fx": X[rows] @ W * scale + 2,
        "shares": shares,
        "base": X.mean(axis=0) @ W * scale + 2,
        "strongest": [NAMES[i] for i in np.abs(shares).argmax(axis=1)],
    }
