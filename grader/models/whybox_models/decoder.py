"""A language model: a decoder of the Llama family, with hooks, a cache and gradients.

Of each layer: RMS norm, attention with rotary positions and shared keys (grouped-query), RMS norm,
a gated MLP (SwiGLU). The embedding is also the unembedding, unless the weights hold another one; a
model without MLPs has attention only. Sources: Touvron et al. 2023
(https://arxiv.org/abs/2302.13971), Su et al. 2021 (https://arxiv.org/abs/2104.09864), Ainslie et
al. 2023 (https://arxiv.org/abs/2305.13245).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from .activations import NO_HOOKS, Activations, Hooks, Passage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from .tokenizers import BytePairs
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
"""Where a hook can act, in the order of a layer. Shapes: the residual stream and what is added to
it (positions, d_model); pattern (heads, positions, positions); z (heads, positions, d_head);
mlp_post (positions, d_mlp)."""
_BLOCK_ROWS: Final = 8192
_FORBIDDEN: Final = np.float32(-1e30)


@dataclass(frozen=True)
class Shape:
    """A decoder's sizes, in TransformerLens' words."""

    n_layers: int
    n_heads: int
    n_key_value_heads: int
    d_head: int
    rotary_base: float
    epsilon: float


@dataclass(frozen=True)
class _Kept:
    """What one layer's forward pass leaves for its backward pass."""

    stream: Array
    norm: Array
    queries: Array
    keys: Array
    values: Array
    pattern: Array
    middle: Array
    middle_norm: Array
    gate: Array
    up: Array


class DecoderRun(Activations):
    """The cache of one run of a decoder; `Decoder.gradients` goes back through it."""

    def __init__(self, found: Activations, kept: Sequence[_Kept], final: Array) -> None:
        """Take what the run saw; `final` is the residual stream after the last layer."""
        super().__init__()
        self._arrays = dict(found)
        self.kept = tuple(kept)
        self.final = final


class Decoder:
    """A language model that predicts the next token at each position."""

    def __init__(self, weights: Weights, shape: Shape, tokenizer: BytePairs) -> None:
        """Take weights, sizes and tokenizer of one model."""
        self.weights = weights
        self.shape = shape
        self.tokenizer = tokenizer
        self._unembedding = "unembed" if "unembed" in weights else "embed"
        self._with_mlp = "0.gate" in weights
        steps = np.arange(0, shape.d_head, 2) / shape.d_head
        self._turns = (shape.rotary_base**-steps).astype(np.float32)

    def to_tokens(self, text: str) -> NDArray[np.int64]:
        """Return the ids of a text, shape (positions,)."""
        return np.asarray(self.tokenizer.encode(text), np.int64)

    def to_text(self, tokens: Sequence[int] | NDArray[np.int64]) -> list[str]:
        """Return the text of each token."""
        return [self.tokenizer.decode([int(token)]) for token in tokens]

    def embed(self, tokens: Sequence[int] | NDArray[np.int64]) -> Array:
        """Return the embedding of tokens, shape (positions, d_model)."""
        return self.weights.rows("embed", np.asarray(tokens, np.int64))

    def __call__(self, tokens: Sequence[int] | NDArray[np.int64]) -> Array:
        """Return the logits, shape (positions, vocabulary)."""
        return self.run_with_hooks(tokens, NO_HOOKS)

    def run_with_hooks(self, tokens: Sequence[int] | NDArray[np.int64], hooks: Hooks) -> Array:
        """Return the logits of a run whose activations pass through hooks on their way."""
        return self.unembed(self.residual(tokens, hooks).final)

    def run_with_cache(
        self, tokens: Sequence[int] | NDArray[np.int64], hooks: Hooks = NO_HOOKS
    ) -> tuple[Array, DecoderRun]:
        """Return the logits and every activation on the way to them (`PLACES`)."""
        run = self.residual(tokens, hooks)
        return self.unembed(run.final), run

    def residual(
        self, tokens: Sequence[int] | NDArray[np.int64], hooks: Hooks = NO_HOOKS
    ) -> DecoderRun:
        """Run the layers only: cheaper than the logits of all positions when one is wanted.

        Raises:
            ValueError: there are no tokens, or one is not of the vocabulary.
        """
        ids = np.asarray(tokens, np.int64)
        if ids.ndim != 1 or not ids.size:
            raise ValueError(f"tokens have to be one row of ids; these have shape {ids.shape}")
        if ids.min() < 0 or ids.max() >= self.weights.count("embed"):
            raise ValueError(f"a token is not between 0 and {self.weights.count('embed') - 1}")
        known = [name for name in PLACES if self._with_mlp or not name.startswith("mlp")]
        at = Passage(hooks, known, self.shape.n_layers)
        kept: list[_Kept] = []
        stream = self.weights.rows("embed", ids)
        for layer in range(self.shape.n_layers):
            stream = at("resid_pre", layer, stream)
            stream, left = self._layer(layer, stream, at)
            stream = at("resid_post", layer, stream)
            kept.append(left)
        return DecoderRun(at.cache, kept, stream)

    def unembed(self, stream: Array) -> Array:
        """Return the logits that a residual stream leads to, after the last norm.

        Applied to the stream of an earlier layer it is the logit lens (nostalgebraist 2020).

        Args:
            stream: shape (..., d_model).
        """
        normed = self.final_norm(stream)
        blocks = [normed @ rows.T for _, rows in self._embedding_blocks()]
        return np.concatenate(blocks, axis=-1)

    def final_norm(self, stream: Array) -> Array:
        """Return the stream as the unembedding reads it: normed and scaled, same shape."""
        return self._norm(stream, "final_norm")[0]

    def gradients(self, run: DecoderRun, of_logits: Array) -> Activations:
        """Return the gradient of a metric with respect to each activation of a run without hooks.

        Args:
            run: of `run_with_cache` or `residual`.
            of_logits: the metric's gradient with respect to the logits, shape (positions,
                vocabulary), or (vocabulary,) for the last position. Of the difference of two
                logits it is +1 and -1 at the two tokens.
        """
        wanted = np.zeros((len(run.final), of_logits.shape[-1]), np.float32)
        wanted[-1 if of_logits.ndim == 1 else slice(None)] = of_logits
        used = np.flatnonzero(wanted.any(axis=0))
        through = wanted[:, used] @ self.weights.rows(self._unembedding, used)
        inverse = self._inverse(run.final)
        gradient = _norm_back(through, run.final, inverse, self.weights["final_norm"])
        found = Activations()
        for layer in reversed(range(self.shape.n_layers)):
            found.put(("resid_post", layer), gradient)
            gradient = self._layer_back(layer, gradient, run.kept[layer], found)
            found.put(("resid_pre", layer), gradient)
        return found

    def _layer(self, layer: int, stream: Array, at: Passage) -> tuple[Array, _Kept]:
        normed, norm = self._norm(stream, f"{layer}.norm_1")
        queries = self._turn(self._split(normed @ self._of(layer, "q").T))
        keys = self._shared(self._turn(self._split(normed @ self._of(layer, "k").T)))
        values = self._shared(self._split(normed @ self._of(layer, "v").T))
        pattern = at("pattern", layer, self._attend(queries, keys))
        z = at("z", layer, pattern @ values)
        attn_out = at("attn_out", layer, _join(z) @ self._of(layer, "o").T)
        middle = at("resid_mid", layer, stream + attn_out)
        if not self._with_mlp:
            left = _Kept(stream, norm, queries, keys, values, pattern, *[middle] * 4)
            return middle, left
        normed, middle_norm = self._norm(middle, f"{layer}.norm_2")
        gate, up = normed @ self._of(layer, "gate").T, normed @ self._of(layer, "up").T
        active = at("mlp_post", layer, gate * _sigmoid(gate) * up)
        mlp_out = at("mlp_out", layer, active @ self._of(layer, "down").T)
        left = _Kept(stream, norm, queries, keys, values, pattern, middle, middle_norm, gate, up)
        return middle + mlp_out, left

    def _mlp_back(self, layer: int, gradient: Array, run: _Kept, found: Activations) -> Array:
        found.put(("mlp_out", layer), gradient)
        active = found.put(("mlp_post", layer), gradient @ self._of(layer, "down"))
        sigmoid = _sigmoid(run.gate)
        gate = active * run.up * sigmoid * (1 + run.gate * (1 - sigmoid))
        up = active * run.gate * sigmoid
        through = gate @ self._of(layer, "gate") + up @ self._of(layer, "up")
        scale = self.weights[f"{layer}.norm_2"]
        return gradient + _norm_back(through, run.middle, run.middle_norm, scale)

    def _layer_back(self, layer: int, gradient: Array, run: _Kept, found: Activations) -> Array:
        if self._with_mlp:
            gradient = self._mlp_back(layer, gradient, run, found)
        found.put(("resid_mid", layer), gradient)
        found.put(("attn_out", layer), gradient)
        z = found.put(("z", layer), self._split(gradient @ self._of(layer, "o")))
        pattern = found.put(("pattern", layer), z @ run.values.swapaxes(1, 2))
        scores = run.pattern * (pattern - (pattern * run.pattern).sum(-1, keepdims=True))
        scores /= np.float32(np.sqrt(self.shape.d_head))
        queries = self._turn(scores @ run.keys, back=True)
        keys = self._turn(self._summed(scores.swapaxes(1, 2) @ run.queries), back=True)
        values = self._summed(run.pattern.swapaxes(1, 2) @ z)
        through = (
            _join(queries) @ self._of(layer, "q")
            + _join(keys) @ self._of(layer, "k")
            + _join(values) @ self._of(layer, "v")
        )
        return gradient + _norm_back(through, run.stream, run.norm, self.weights[f"{layer}.norm_1"])

    def _attend(self, queries: Array, keys: Array) -> Array:
        scores = queries @ keys.swapaxes(1, 2) / np.float32(np.sqrt(self.shape.d_head))
        future = np.triu(np.ones(scores.shape[1:], bool), 1)
        return _softmax(np.where(future, _FORBIDDEN, scores))

    def _turn(self, heads: Array, *, back: bool = False) -> Array:
        """Turn pairs of neighbouring numbers by an angle that grows with the position."""
        angles = np.arange(heads.shape[-2], dtype=np.float32)[:, None] * self._turns
        cosine, sine = np.cos(angles), -np.sin(angles) if back else np.sin(angles)
        even, odd = heads[..., ::2], heads[..., 1::2]
        turned = np.empty_like(heads)
        turned[..., ::2] = even * cosine - odd * sine
        turned[..., 1::2] = even * sine + odd * cosine
        return turned

    def _split(self, joined: Array) -> Array:
        """Return (heads, positions, d_head) of (positions, heads x d_head)."""
        return joined.reshape(len(joined), -1, self.shape.d_head).swapaxes(0, 1)

    def _shared(self, heads: Array) -> Array:
        """Repeat the keys or values that several queries share."""
        return np.repeat(heads, self.shape.n_heads // self.shape.n_key_value_heads, axis=0)

    def _summed(self, heads: Array) -> Array:
        """Add the gradients of the repeated keys or values."""
        groups = self.shape.n_key_value_heads
        summed: Array = heads.reshape(groups, -1, *heads.shape[1:]).sum(axis=1)
        return summed

    def _norm(self, stream: Array, name: str) -> tuple[Array, Array]:
        inverse = self._inverse(stream)
        return stream * inverse * self.weights[name], inverse

    def _inverse(self, stream: Array) -> Array:
        square = np.square(stream).mean(-1, keepdims=True)
        inverse: Array = 1 / np.sqrt(square + np.float32(self.shape.epsilon))
        return inverse

    def _of(self, layer: int, name: str) -> Array:
        return self.weights[f"{layer}.{name}"]

    def _embedding_blocks(self) -> Iterator[tuple[int, Array]]:
        """Go over the embedding in blocks of rows, so that it is never widened as a whole."""
        name = self._unembedding
        for start in range(0, self.weights.count(name), _BLOCK_ROWS):
            yield start, self.weights.rows(name, slice(start, start + _BLOCK_ROWS))


def _norm_back(gradient: Array, stream: Array, inverse: Array, scale: Array) -> Array:
    """Return the gradient before an RMS norm."""
    scaled = gradient * scale
    along = (scaled * stream).mean(-1, keepdims=True)
    result: Array = inverse * scaled - stream * inverse**3 * along
    return result


def _join(heads: Array) -> Array:
    """Return (positions, heads x d_head) of (heads, positions, d_head)."""
    return heads.swapaxes(0, 1).reshape(heads.shape[1], -1)


def _softmax(scores: Array) -> Array:
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    result: Array = raised / raised.sum(-1, keepdims=True)
    return result


def _sigmoid(values: Array) -> Array:
    result: Array = 1 / (1 + np.exp(-np.clip(values, -80, 80)))
    return result
