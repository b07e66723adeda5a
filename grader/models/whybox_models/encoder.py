"""A text encoder: BERT, with hooks, a cache and gradients down to the word embeddings.

Source: Devlin et al. 2019 (https://arxiv.org/abs/1810.04805); the weights that come with it are
Sentence-BERT's (Reimers and Gurevych 2019, https://arxiv.org/abs/1908.10084), which takes the mean
over positions for the meaning of a text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import erf

from .activations import NO_HOOKS, Activations, Hooks, Passage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .tokenizers import WordPiece
    from .weights import Array, Weights

PLACES: Final = (
    "resid_pre",
    "pattern",
    "z",
    "attn_out",
    "resid_mid",
    "mlp_post",
    "mlp_out",
    "resid_post",
)
"""Where a hook can act, in the order of a layer; the shapes are those of a decoder. In BERT a norm
follows each addition: resid_mid and resid_post are after it."""
N_LAYERS: Final = 6
N_HEADS: Final = 12
EPSILON: Final = 1e-12


@dataclass(frozen=True)
class _Kept:
    """What one layer's forward pass leaves for its backward pass."""

    queries: Array
    keys: Array
    values: Array
    pattern: Array
    before: Array
    normal: Array
    middle: tuple[Array, Array]
    end: tuple[Array, Array]


class EncoderRun(Activations):
    """The cache of one run of the encoder.

    Attributes:
        words: the word embeddings that went in, shape (positions, d_model).
        pooled: the mean of the last layer over positions, shape (d_model,).
    """

    def __init__(
        self, found: Activations, kept: Sequence[_Kept], words: Array, start: tuple[Array, Array]
    ) -> None:
        """Take what the run saw."""
        super().__init__()
        self._arrays = dict(found)
        self.kept = tuple(kept)
        self.words = words
        self.start = start
        self.pooled: Array = self["resid_post", N_LAYERS - 1].mean(axis=0)


class Encoder:
    """MiniLM-L6: six layers of twelve heads, 384 numbers for a text."""

    def __init__(self, weights: Weights, tokenizer: WordPiece) -> None:
        """Take the weights, named as in Hugging Face's BERT, and the tokenizer."""
        self.weights = weights
        self.tokenizer = tokenizer

    def to_tokens(self, text: str) -> NDArray[np.int64]:
        """Return the ids of a text between [CLS] and [SEP], shape (positions,)."""
        return np.asarray(self.tokenizer.encode(text), np.int64)

    def to_text(self, tokens: Sequence[int] | NDArray[np.int64]) -> list[str]:
        """Return the piece of each token."""
        return [self.tokenizer.pieces[int(token)] for token in tokens]

    def embed(self, tokens: Sequence[int] | NDArray[np.int64]) -> Array:
        """Return the word embeddings, shape (positions, d_model): no position is in them yet."""
        ids = np.asarray(tokens, np.int64)
        return self.weights.rows("embeddings.word_embeddings.weight", ids)

    def __call__(self, tokens: Sequence[int] | NDArray[np.int64]) -> Array:
        """Return the pooled embedding of a text, shape (d_model,)."""
        return self.run_with_hooks(tokens, NO_HOOKS)

    def run_with_hooks(self, tokens: Sequence[int] | NDArray[np.int64], hooks: Hooks) -> Array:
        """Return the pooled embedding of a run whose activations pass through hooks."""
        return self.run_with_cache(tokens, hooks)[0]

    def run_with_cache(
        self, tokens: Sequence[int] | NDArray[np.int64], hooks: Hooks = NO_HOOKS
    ) -> tuple[Array, EncoderRun]:
        """Return the pooled embedding and every activation on the way to it (`PLACES`)."""
        return self.run_embeddings(self.embed(tokens), hooks)

    def run_embeddings(self, words: Array, hooks: Hooks = NO_HOOKS) -> tuple[Array, EncoderRun]:
        """Run word embeddings that need not be those of any token: for integrated gradients.

        Args:
            words: shape (positions, d_model), positions at most 512.
            hooks: by place.

        Raises:
            ValueError: the shape is another one.
        """
        table = self.weights["embeddings.position_embeddings.weight"]
        if words.ndim != 2 or words.shape[1] != table.shape[1] or not len(words):  # noqa: PLR2004
            raise ValueError(f"words have to be (positions, {table.shape[1]}), not {words.shape}")
        if len(words) > len(table):
            raise ValueError(f"{len(words)} positions; the model knows {len(table)}")
        at = Passage(hooks, PLACES, N_LAYERS)
        kind = self.weights["embeddings.token_type_embeddings.weight"][0]
        start = self._normal(words + table[: len(words)] + kind)
        stream = self._scaled(start, "embeddings.LayerNorm")
        kept: list[_Kept] = []
        for layer in range(N_LAYERS):
            stream, left = self._layer(layer, at("resid_pre", layer, stream), at)
            kept.append(left)
        run = EncoderRun(at.cache, kept, words, start)
        return run.pooled, run

    def gradients(self, run: EncoderRun, of_pooled: Array) -> Activations:
        """Return the gradient of a metric with respect to each activation of a run without hooks.

        ``("words", 0)`` is the gradient with respect to the word embeddings.

        Args:
            run: of `run_with_cache` or `run_embeddings`.
            of_pooled: the metric's gradient with respect to the pooled embedding, (d_model,): of
                a linear head, its weights.
        """
        positions = len(run.words)
        gradient = np.tile(of_pooled.astype(np.float32) / np.float32(positions), (positions, 1))
        found = Activations()
        for layer in reversed(range(N_LAYERS)):
            found.put(("resid_post", layer), gradient)
            gradient = self._layer_back(layer, gradient, run.kept[layer], found)
            found.put(("resid_pre", layer), gradient)
        found.put(("words", 0), self._normal_back(gradient, run.start, "embeddings.LayerNorm"))
        return found

    def _layer(self, layer: int, stream: Array, at: Passage) -> tuple[Array, _Kept]:
        name = f"encoder.layer.{layer}."
        queries, keys, values = (
            _split(self._linear(stream, f"{name}attention.self.{part}"))
            for part in ("query", "key", "value")
        )
        scores = queries @ keys.swapaxes(1, 2) / np.float32(np.sqrt(queries.shape[-1]))
        raised = np.exp(scores - scores.max(-1, keepdims=True))
        pattern = at("pattern", layer, raised / raised.sum(-1, keepdims=True))
        z = at("z", layer, pattern @ values)
        attn_out = at("attn_out", layer, self._linear(_join(z), f"{name}attention.output.dense"))
        middle = self._normal(stream + attn_out)
        stream = at("resid_mid", layer, self._scaled(middle, f"{name}attention.output.LayerNorm"))
        before = self._linear(stream, f"{name}intermediate.dense")
        normal = (0.5 * (1 + erf(before / np.float32(np.sqrt(2))))).astype(np.float32)
        active = at("mlp_post", layer, before * normal)
        mlp_out = at("mlp_out", layer, self._linear(active, f"{name}output.dense"))
        end = self._normal(stream + mlp_out)
        stream = at("resid_post", layer, self._scaled(end, f"{name}output.LayerNorm"))
        return stream, _Kept(queries, keys, values, pattern, before, normal, middle, end)

    def _layer_back(self, layer: int, gradient: Array, run: _Kept, found: Activations) -> Array:
        name = f"encoder.layer.{layer}."
        gradient = self._normal_back(gradient, run.end, f"{name}output.LayerNorm")
        found.put(("mlp_out", layer), gradient)
        active = found.put(
            ("mlp_post", layer), gradient @ self.weights[f"{name}output.dense.weight"]
        )
        density = np.exp(-np.square(run.before) / 2) / np.float32(np.sqrt(2 * np.pi))
        before = active * (run.normal + run.before * density)
        gradient = gradient + before @ self.weights[f"{name}intermediate.dense.weight"]
        found.put(("resid_mid", layer), gradient)
        gradient = self._normal_back(gradient, run.middle, f"{name}attention.output.LayerNorm")
        found.put(("attn_out", layer), gradient)
        z = _split(gradient @ self.weights[f"{name}attention.output.dense.weight"])
        found.put(("z", layer), z)
        pattern = found.put(("pattern", layer), z @ run.values.swapaxes(1, 2))
        scores = run.pattern * (pattern - (pattern * run.pattern).sum(-1, keepdims=True))
        scores /= np.float32(np.sqrt(run.queries.shape[-1]))
        parts = {
            "query": scores @ run.keys,
            "key": scores.swapaxes(1, 2) @ run.queries,
            "value": run.pattern.swapaxes(1, 2) @ z,
        }
        for part, heads in parts.items():
            matrix = self.weights[f"{name}attention.self.{part}.weight"]
            gradient = gradient + _join(heads) @ matrix
        return gradient

    def _linear(self, stream: Array, name: str) -> Array:
        return stream @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    @staticmethod
    def _normal(stream: Array) -> tuple[Array, Array]:
        """Return the stream with mean 0 and variance 1 at each position, and the factor."""
        centred = stream - stream.mean(-1, keepdims=True)
        square = np.square(centred).mean(-1, keepdims=True)
        inverse = 1 / np.sqrt(square + np.float32(EPSILON))
        return centred * inverse, inverse

    def _scaled(self, normal: tuple[Array, Array], name: str) -> Array:
        return normal[0] * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def _normal_back(self, gradient: Array, normal: tuple[Array, Array], name: str) -> Array:
        values, inverse = normal
        scaled = gradient * self.weights[f"{name}.weight"]
        mean = scaled.mean(-1, keepdims=True)
        along = (scaled * values).mean(-1, keepdims=True)
        result: Array = inverse * (scaled - mean - values * along)
        return result


def _split(joined: Array) -> Array:
    """Return (heads, positions, d_head) of (positions, heads x d_head)."""
    return joined.reshape(len(joined), N_HEADS, -1).swapaxes(0, 1)


def _join(heads: Array) -> Array:
    """Return (positions, heads x d_head) of (heads, positions, d_head)."""
    return heads.swapaxes(0, 1).reshape(heads.shape[1], -1)
