"""Reference: induction scores of the Austen model's heads, and what their ablation costs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import log_softmax

from grader.models import presence
from grader.models.whybox_models import ablate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from grader.models.whybox_models import Hook

    Numbers = NDArray[Any]
    Outputs = dict[str, Numbers]
    Parameters = Mapping[str, Any]

LAYERS, HEADS = 4, 4
CLEAR = 0.01
"""By how much the heads that are ablated must lead the others."""


def _tokens(parameters: Parameters) -> Numbers:
    generator = np.random.default_rng(parameters["seed"])
    once = generator.integers(100, 1024, parameters["period"])
    return np.concatenate([[0], once, once])


@cache
def _pattern(period: int, seed: int) -> Numbers:
    """Attention of all heads, (layers, heads, reading, read)."""
    run = presence.decoder("austen").residual(_tokens({"period": period, "seed": seed}))
    return run.stack("pattern")


def _attention(parameters: Parameters) -> Numbers:
    return _pattern(parameters["period"], parameters["seed"])


def _second(parameters: Parameters) -> Numbers:
    """The positions of the second copy."""
    return np.arange(parameters["period"] + 1, 2 * parameters["period"] + 1)


def _induction(parameters: Parameters, shift: int = 1) -> Numbers:
    q = _second(parameters)
    read = q - parameters["period"] + shift
    return np.asarray(_attention(parameters)[..., q, read].mean(axis=-1))


def _previous(parameters: Parameters, shift: int = 1) -> Numbers:
    q = np.arange(1, 2 * parameters["period"] + 1)
    return np.asarray(_attention(parameters)[..., q, q - shift].mean(axis=-1))


def _losses(
    parameters: Parameters, heads: Sequence[tuple[int, int]] = (), ahead: int = 1
) -> Numbers:
    """The mean loss of both copies, some heads of (layer, head) set to zero."""
    tokens, period = _tokens(parameters), parameters["period"]
    hooks: dict[tuple[str, int], Hook] = {}
    for layer in {layer for layer, _ in heads}:
        hooks["z", layer] = ablate([head for of, head in heads if of == layer])
    known = log_softmax(presence.decoder("austen").run_with_hooks(tokens, hooks), axis=-1)
    first, second = np.arange(1, period), np.arange(period + 1, 2 * period)
    found = [-known[at, tokens[at + ahead]].mean() for at in (first, second)]
    return np.asarray(found)


def _best(scores: Numbers, count: int) -> list[tuple[int, int]]:
    order = np.argsort(-scores, axis=None)[:count]
    return [(int(place) // HEADS, int(place) % HEADS) for place in order]


def _layer(layer: int) -> list[tuple[int, int]]:
    return [(layer, head) for head in range(HEADS)]


def suitable(parameters: Parameters) -> bool:
    """Whether the heads that are ablated lead clearly."""
    tokens = _tokens(parameters)
    induction = np.sort(_induction(parameters), axis=None)[::-1]
    previous = np.sort(_previous(parameters), axis=None)[::-1]
    distinct = len(set(tokens[: parameters["period"] + 1].tolist())) == parameters["period"] + 1
    return bool(
        distinct and induction[3] - induction[4] > CLEAR and previous[0] - previous[1] > CLEAR
    )


def _ablated(parameters: Parameters, *sets: Sequence[tuple[int, int]]) -> Numbers:
    return np.asarray([_losses(parameters, heads)[1] for heads in sets])


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    induction, previous = _induction(parameters), _previous(parameters)
    sets = (_best(previous, 1), _best(induction, 4), _layer(3))
    return {
        "induction": induction,
        "previous": previous,
        "losses": _losses(parameters),
        "ablated": _ablated(parameters, *sets),
    }


def _scored(parameters: Parameters, induction: Numbers) -> Outputs:
    """Other induction scores, and what their four highest heads cost."""
    sets = (_best(_previous(parameters), 1), _best(induction, 4), _layer(3))
    return {"induction": induction, "ablated": _ablated(parameters, *sets)}


def mistake_same_token(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The earlier occurrence itself."""
    return _scored(parameters, _induction(parameters, shift=0))


def mistake_two_after(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Two positions after the earlier occurrence."""
    return _scored(parameters, _induction(parameters, shift=2))


def mistake_mean_over_all(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The mean over all positions, those without an earlier occurrence at zero."""
    period = parameters["period"]
    return {"induction": _induction(parameters) * period / (2 * period + 1)}


def mistake_columns_read(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Reading and read positions exchanged."""
    q = _second(parameters)
    read = q - parameters["period"] + 1
    return _scored(parameters, _attention(parameters)[..., read, q].mean(axis=-1))


def mistake_beginning(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Attention to position 0."""
    q = _second(parameters)
    return _scored(parameters, _attention(parameters)[..., q, 0].mean(axis=-1))


def mistake_heads_averaged(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The mean of each layer's heads."""
    scores = _induction(parameters)
    return {"induction": np.broadcast_to(scores.mean(axis=1, keepdims=True), scores.shape).copy()}


def mistake_previous_own(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The diagonal."""
    previous = _previous(parameters, shift=0)
    sets = (_best(previous, 1), _best(_induction(parameters), 4), _layer(3))
    return {"previous": previous, "ablated": _ablated(parameters, *sets)}


def mistake_own_token(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The token that is read."""
    sets = (_best(_previous(parameters), 1), _best(_induction(parameters), 4), _layer(3))
    found = [_losses(parameters, heads, ahead=0)[1] for heads in sets]
    return {"losses": _losses(parameters, ahead=0), "ablated": np.asarray(found)}


def mistake_bits(parameters: Parameters, seed: int) -> Outputs:
    """Losses in bits."""
    right = reference(parameters, seed)
    return {name: right[name] / np.log(2) for name in ("losses", "ablated")}


def mistake_layer_counted_from_one(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Layer 2 instead of layer 3."""
    sets = (_best(_previous(parameters), 1), _best(_induction(parameters), 4), _layer(2))
    return {"ablated": _ablated(parameters, *sets)}


def mistake_one_head_only(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Only the strongest induction head removed."""
    sets = (_best(_previous(parameters), 1), _best(_induction(parameters), 1), _layer(3))
    return {"ablated": _ablated(parameters, *sets)}
