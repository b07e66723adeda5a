"""Reference: attention of a tiny layer, and how its output falls when a token is blanked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import rankdata

from grader.criteria import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Outputs = dict[str, Floats]
    Parameters = Mapping[str, Any]

T, D, H, WIDTH = 8, 16, 4, 4
PRINTED = 3
"""Decimals that the starter prints."""
RANKS_APART = 0.005
"""How far a rank correlation may lie from that of the learner's own arrays."""
PAST = np.tril(np.ones((T, T), dtype=bool))


def _softmax(scores: Floats, axis: int = -1) -> Floats:
    weights = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return np.asarray(weights / weights.sum(axis=axis, keepdims=True))


@dataclass(frozen=True)
class Layer:
    """One attention layer with a residual connection and a linear readout."""

    queries: Floats
    keys: Floats
    values: Floats
    out: Floats
    readout: Floats

    def scores(self, x: Floats) -> Floats:
        """Products of queries and keys, (H, T, T), neither scaled nor masked."""
        return np.einsum("hqd,hkd->hqk", x @ self.queries, x @ self.keys)

    def attend(self, x: Floats) -> Floats:
        """Attention weights, (H, T, T)."""
        return _softmax(np.where(PAST, self.scores(x) / np.sqrt(WIDTH), -np.inf))

    def output(self, x: Floats, attention: Floats) -> float:
        """The readout of the last token."""
        fetched = np.concatenate(list(attention @ (x @ self.values)), axis=1)
        return float((x + fetched @ self.out)[-1] @ self.readout)


def _world(seed: int) -> tuple[Layer, Floats]:
    """The layer and the embeddings, drawn as in the starter notebook."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(T, D))
    queries, keys = rng.normal(scale=1.4 / np.sqrt(D), size=(2, H, D, WIDTH))
    values = rng.normal(scale=1 / np.sqrt(D), size=(H, D, WIDTH))
    out = rng.normal(scale=1 / np.sqrt(D), size=(H * WIDTH, D))
    return Layer(queries, keys, values, out, rng.normal(size=D)), x


def _blanked(x: Floats, token: int) -> Floats:
    return np.where(np.arange(T)[:, None] == token, 0.0, x)


def _spearman(one: Floats, other: Floats) -> float:
    """Spearman's rank correlation; NaN when one side is constant."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    layer, x = _world(parameters["seed"])
    attention = layer.attend(x)
    reading, y = attention.mean(axis=0)[-1], layer.output(x, attention)
    others = [_blanked(x, t) for t in range(T)]
    effect = np.array([y - layer.output(other, layer.attend(other)) for other in others])
    return {
        "attention": attention,
        "reading": reading,
        "y": np.asarray(y),
        "effect": effect,
        "rank_agreement": np.asarray(_spearman(reading, np.abs(effect))),
    }


def suitable(parameters: Parameters) -> bool:
    """Whether the ranks stay as they are when the numbers are rounded as they are printed."""
    found = reference(parameters, 0)
    reading, effect = (np.round(found[name], PRINTED) for name in ("reading", "effect"))
    gap = abs(float(found["rank_agreement"]) - _spearman(reading, np.abs(effect)))
    return gap <= RANKS_APART / 2


def rows_sum_to_one(parameters: Parameters, answers: Mapping[str, Any]) -> bool:  # noqa: ARG001
    """Whether each token's reading is shared out in full, in every head."""
    attention = answers["attention"]
    sums = attention.sum(axis=2)
    return bool((np.abs(sums - 1) <= 0.01).all() and (attention >= 0).all())


def own_rank_agreement(
    parameters: Parameters,  # noqa: ARG001 - the learner's own numbers are all that counts
    answers: Mapping[str, Any],
) -> Finding:
    """Whether the figure is Spearman's correlation of the learner's own two arrays."""
    needed = [answers.get(name) for name in ("reading", "effect", "rank_agreement")]
    if any(each is None for each in needed):
        return Finding(False, "criterion.not_recomputed", {"output": "rank_agreement"})
    reading, effect, found = needed
    gap = abs(float(found) - _spearman(reading, np.abs(effect)))
    return Finding(gap <= RANKS_APART, "criterion.not_recomputed", {"output": "rank_agreement"})


def _with_attention(attention: Floats) -> Outputs:
    return {"attention": attention, "reading": attention.mean(axis=0)[-1]}


def mistake_no_scaling(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Scores not divided by the root of the width."""
    layer, x = _world(parameters["seed"])
    return _with_attention(_softmax(np.where(PAST, layer.scores(x), -np.inf)))


def mistake_model_width(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Divided by the root of the embedding's width instead of the head's."""
    layer, x = _world(parameters["seed"])
    return _with_attention(_softmax(np.where(PAST, layer.scores(x) / np.sqrt(D), -np.inf)))


def mistake_no_mask(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Tokens read those after them."""
    layer, x = _world(parameters["seed"])
    return _with_attention(_softmax(layer.scores(x) / np.sqrt(WIDTH)))


def mistake_mask_after_softmax(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Later tokens set to zero after the softmax."""
    layer, x = _world(parameters["seed"])
    return _with_attention(np.where(PAST, _softmax(layer.scores(x) / np.sqrt(WIDTH)), 0.0))


def mistake_zero_mask(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Scores of later tokens set to zero before the softmax."""
    layer, x = _world(parameters["seed"])
    return _with_attention(_softmax(np.where(PAST, layer.scores(x) / np.sqrt(WIDTH), 0.0)))


def mistake_wrong_axis(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The softmax runs over the reading tokens."""
    layer, x = _world(parameters["seed"])
    return _with_attention(_softmax(np.where(PAST, layer.scores(x) / np.sqrt(WIDTH), -np.inf), 1))


def mistake_queries_and_keys(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Queries and keys exchanged."""
    layer, x = _world(parameters["seed"])
    scores = layer.scores(x).transpose(0, 2, 1) / np.sqrt(WIDTH)
    return _with_attention(_softmax(np.where(PAST, scores, -np.inf)))


def mistake_columns_read(parameters: Parameters, seed: int) -> Outputs:
    """The matrices turned over."""
    return {"attention": reference(parameters, seed)["attention"].transpose(0, 2, 1)}


def mistake_no_softmax(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Scaled scores, later tokens at zero."""
    layer, x = _world(parameters["seed"])
    return {"attention": np.where(PAST, layer.scores(x) / np.sqrt(WIDTH), 0.0)}


def mistake_heads_averaged(parameters: Parameters, seed: int) -> Outputs:
    """The mean of the heads, four times."""
    attention = reference(parameters, seed)["attention"]
    return {"attention": np.broadcast_to(attention.mean(axis=0), attention.shape).copy()}


def mistake_received(parameters: Parameters, seed: int) -> Outputs:
    """How much each token is read by all, instead of by the last."""
    return {"reading": reference(parameters, seed)["attention"].mean(axis=(0, 1))}


def mistake_attention_kept(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The attention of the whole sequence is kept when a token is blanked."""
    layer, x = _world(parameters["seed"])
    attention = layer.attend(x)
    y = layer.output(x, attention)
    return {"effect": np.array([y - layer.output(_blanked(x, t), attention) for t in range(T)])}


def mistake_no_residual(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The last token's own embedding is left out of the output."""
    layer, x = _world(parameters["seed"])

    def output(z: Floats) -> float:
        return layer.output(z, layer.attend(z)) - float(z[-1] @ layer.readout)

    y = output(x)
    effect = np.array([y - output(_blanked(x, t)) for t in range(T)])
    return {"y": np.asarray(y), "effect": effect}
