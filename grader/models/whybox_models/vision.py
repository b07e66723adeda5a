"""A vision network: EfficientNet-Lite0, with a cache and gradients down to the pixels.

Source: Tan and Le 2019 (https://arxiv.org/abs/1905.11946); "Lite" leaves out squeeze-and-excitation
and takes ReLU6. Its batch norms are folded into the weights: in use they are constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from .activations import Activations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .weights import Array, Weights

STRIDES: Final = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
"""Of the sixteen blocks."""
SIDE: Final = 224
N_BLOCKS: Final = len(STRIDES)
_MOST: Final = 6.0


@dataclass(frozen=True)
class _Kept:
    """What one block's forward pass leaves for its backward pass."""

    expanded: Array | None
    filtered: Array
    skips: bool
    side: int


class VisionRun(Activations):
    """The cache of one run.

    ``("block", i)`` is block i's feature map, shape (side, side, channels); ``("head", 0)`` the
    last one, (7, 7, 1280), whose mean over places the classes are read from.
    """

    def __init__(self, found: Activations, kept: list[_Kept], stem: Array, head: Array) -> None:
        """Take what the run saw; stem and head are before their ReLU6."""
        super().__init__()
        self._arrays = dict(found)
        self.kept = tuple(kept)
        self.stem = stem
        self.head = head


class VisionNetwork:
    """A classifier of pictures into ImageNet's 1,000 classes."""

    def __init__(self, weights: Weights) -> None:
        """Take the folded weights, widened once: they are small, and each is used many times."""
        self.weights = dict(weights)

    def __call__(self, picture: NDArray[np.generic]) -> Array:
        """Return the logits of a picture, shape (1000,)."""
        return self.run_with_cache(picture)[0]

    def run_with_cache(self, picture: NDArray[np.generic]) -> tuple[Array, VisionRun]:
        """Return the logits and the feature maps on the way to them.

        Args:
            picture: shape (224, 224, 3), bytes from 0 to 255, or numbers as `normalised` gives.

        Raises:
            ValueError: the shape is another one.
        """
        if picture.shape != (SIDE, SIDE, 3):
            raise ValueError(f"a picture has to be ({SIDE}, {SIDE}, 3), not {picture.shape}")
        pixels = normalised(picture) if picture.dtype == np.uint8 else picture.astype(np.float32)
        found = Activations()
        kept: list[_Kept] = []
        stem = self._stem(pixels)
        stream = _relu6(stem)
        for block in range(N_BLOCKS):
            stream, left = self._block(block, stream)
            found.put(("block", block), stream)
            kept.append(left)
        head = stream @ self.weights["head.w"] + self.weights["head.b"]
        features = found.put(("head", 0), _relu6(head))
        logits: Array = features.mean(axis=(0, 1)) @ self.weights["fc.w"] + self.weights["fc.b"]
        return logits, VisionRun(found, kept, stem, head)

    def gradients(self, run: VisionRun, of_logits: Array) -> Activations:
        """Return the gradient of a metric with respect to each feature map and the pixels.

        ``("pixels", 0)`` has shape (224, 224, 3), in units of the normalised picture.

        Args:
            run: of `run_with_cache`.
            of_logits: the metric's gradient with respect to the logits, shape (1000,): 1 at the
                class in question.
        """
        found = Activations()
        features = run["head", 0]
        places = features.shape[0] * features.shape[1]
        each = (self.weights["fc.w"] @ of_logits.astype(np.float32)) / np.float32(places)
        gradient = found.put(("head", 0), np.tile(each, (*features.shape[:2], 1)))
        gradient = (gradient * _open(run.head)) @ self.weights["head.w"].T
        for block in reversed(range(N_BLOCKS)):
            found.put(("block", block), gradient)
            gradient = self._block_back(block, gradient, run.kept[block])
        found.put(("pixels", 0), self._stem_back(gradient * _open(run.stem)))
        return found

    def _stem(self, pixels: Array) -> Array:
        padded, out = _padded(pixels, 3, 2)
        end = 2 * (out - 1) + 1
        taps = [padded[i : i + end : 2, j : j + end : 2] for i in range(3) for j in range(3)]
        result: Array = np.concatenate(taps, -1) @ self.weights["stem.w"] + self.weights["stem.b"]
        return result

    def _stem_back(self, gradient: Array) -> Array:
        taps = gradient @ self.weights["stem.w"].T
        before, after = _padding(SIDE, 3, 2)
        padded = np.zeros((SIDE + before + after, SIDE + before + after, 3), np.float32)
        end = 2 * (len(gradient) - 1) + 1
        for tap in range(9):
            i, j = divmod(tap, 3)
            padded[i : i + end : 2, j : j + end : 2] += taps[..., 3 * tap : 3 * tap + 3]
        return padded[before : before + SIDE, before : before + SIDE]

    def _block(self, block: int, stream: Array) -> tuple[Array, _Kept]:
        expanded = None
        inner = stream
        if block:
            expanded = stream @ self.weights[f"{block}.e.w"] + self.weights[f"{block}.e.b"]
            inner = _relu6(expanded)
        filters = self.weights[f"{block}.d.w"]
        filtered = _depthwise(inner, filters, STRIDES[block]) + self.weights[f"{block}.d.b"]
        out = _relu6(filtered) @ self.weights[f"{block}.p.w"] + self.weights[f"{block}.p.b"]
        skips = STRIDES[block] == 1 and out.shape == stream.shape
        return out + stream if skips else out, _Kept(expanded, filtered, skips, len(stream))

    def _block_back(self, block: int, gradient: Array, run: _Kept) -> Array:
        inner: Array = (gradient @ self.weights[f"{block}.p.w"].T) * _open(run.filtered)
        inner = _depthwise_back(inner, self.weights[f"{block}.d.w"], STRIDES[block], run.side)
        if run.expanded is not None:
            inner = (inner * _open(run.expanded)) @ self.weights[f"{block}.e.w"].T
        return gradient + inner if run.skips else inner


def normalised(picture: NDArray[np.generic]) -> Array:
    """Return a picture's bytes as the network reads them: from -0.99 to 1, 0 at 127."""
    result: Array = (picture.astype(np.float32) - 127) / 128
    return result


def _padding(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the zeros before and after, as TensorFlow's "same" sets them."""
    total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2


def _padded(stream: Array, kernel: int, stride: int) -> tuple[Array, int]:
    edges = _padding(len(stream), kernel, stride)
    return np.pad(stream, (edges, edges, (0, 0))), -(-len(stream) // stride)


def _depthwise(stream: Array, filters: Array, stride: int) -> Array:
    """Filter each channel by its own kernel, shape (k, k, channels)."""
    kernel = len(filters)
    padded, out = _padded(stream, kernel, stride)
    end = stride * (out - 1) + 1
    result = np.zeros((out, out, stream.shape[2]), np.float32)
    for i in range(kernel):
        for j in range(kernel):
            result += padded[i : i + end : stride, j : j + end : stride] * filters[i, j]
    return result


def _depthwise_back(gradient: Array, filters: Array, stride: int, side: int) -> Array:
    kernel = len(filters)
    before, after = _padding(side, kernel, stride)
    width = side + before + after
    padded = np.zeros((width, width, gradient.shape[2]), np.float32)
    end = stride * (len(gradient) - 1) + 1
    for i in range(kernel):
        for j in range(kernel):
            padded[i : i + end : stride, j : j + end : stride] += gradient * filters[i, j]
    return padded[before : before + side, before : before + side]


def _relu6(values: Array) -> Array:
    return np.clip(values, 0, _MOST)


def _open(values: Array) -> Array:
    """Return 1 where ReLU6 lets a change through, else 0."""
    return ((values > 0) & (values < _MOST)).astype(np.float32)
