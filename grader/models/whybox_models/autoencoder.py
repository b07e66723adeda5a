"""A sparse autoencoder: the stream of one layer as a sum of few out of many directions.

Source: Gao et al. 2024 (https://arxiv.org/abs/2406.04093), who keep the k largest features of each
position ("TopK") in place of a penalty on their size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from .activations import Place
    from .weights import Array, Weights

ACTIVE: Final = 12
"""How many features of a position are kept, at most."""


class SparseAutoencoder:
    """512 features of the stream that MiniLM's layer 3 leaves, trained on Austen's novels.

    Attributes:
        place: where its activations come from.
        directions: what each feature adds to the stream, shape (features, d_model).
    """

    def __init__(self, weights: Weights, place: Place) -> None:
        """Take the matrices of one autoencoder and the place it belongs to."""
        self.place = place
        self._encoder = weights["encoder"]
        self._bias = weights["bias"]
        self._mean = weights["mean"]
        self._scale = weights["scale"]
        self.directions: Array = weights["decoder"] * self._scale

    def __len__(self) -> int:
        """Return how many features there are."""
        return len(self._bias)

    def encode(self, stream: Array) -> Array:
        """Return how strongly each feature is active, shape (positions, features); most are 0."""
        centred = (stream - self._mean) / self._scale
        return keep_largest(centred @ self._encoder + self._bias, ACTIVE)

    def decode(self, features: Array) -> Array:
        """Return the stream that features stand for, shape (positions, d_model)."""
        stream: Array = features @ self.directions + self._mean
        return stream


def keep_largest(values: Array, count: int) -> Array:
    """Return the values with all but the largest of each row set to 0, and negative ones too."""
    least = np.partition(values, -count, axis=-1)[..., -count, None]
    kept: Array = np.where((values >= least) & (values > 0), values, 0)
    return kept
