"""Reference: the logit lens on the Austen model."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import log_softmax

from grader.models import presence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Numbers = NDArray[Any]
    Outputs = dict[str, Numbers]
    Parameters = Mapping[str, Any]

LENGTH = 16
BEGINNING = 0
PASSAGE = (
    "It was the first of October, and the rain had not left off since the morning. Mrs. "
    "Harding sat at the window with her work, and her two daughters were at the table, the "
    "elder writing a letter to her brother, and the younger looking at the fire. They had "
    "been expecting a visit from their cousin, who was to bring them the news of the ball, "
    "but the roads were so bad that they had almost given up all hope of seeing him before "
    'dinner. "I do not believe that he will come," said Maria, "and I am sure that I should '
    'not come, if I were in his place." Her mother answered that a young man of sense would '
    "never be kept at home by a little rain, and that he had promised to be with them by "
    "three."
)
CLEAR = 0.003
"""How much more probable, in logits, the first token has to be than the second."""


@cache
def _tokens(start: int) -> Numbers:
    ids = presence.decoder("austen").to_tokens(PASSAGE)
    return np.concatenate([[BEGINNING], ids[start : start + LENGTH]])


@cache
def _streams(start: int) -> Numbers:
    """The embedding and the stream after each layer, (5, 17, d_model)."""
    run = presence.decoder("austen").residual(_tokens(start))
    return np.concatenate([run["resid_pre", 0][None], run.stack("resid_post")])


def _lens(start: int) -> Numbers:
    """The logits of each stage at the positions that predict, (5, 16, vocabulary)."""
    model = presence.decoder("austen")
    return np.stack([model.unembed(stream) for stream in _streams(start)])[:, :-1]


def _of_tokens(logits: Numbers, tokens: Numbers) -> Outputs:
    """Log-probabilities of some tokens, and the loss that they make."""
    found = log_softmax(logits, axis=-1)[:, np.arange(LENGTH), tokens]
    return {"logprobs": found, "loss": -found.mean(axis=1)}


def _settled(logits: Numbers) -> Numbers:
    top = logits.argmax(axis=-1)
    agrees = top == top[-1]
    stays = np.logical_and.accumulate(agrees[::-1])[::-1]
    return np.asarray(stays.argmax(axis=0))


def suitable(parameters: Parameters) -> bool:
    """Whether no first place hangs by a rounding, and some predictions settle early."""
    logits = _lens(parameters["start"])
    first_two = np.partition(logits, -2, axis=-1)[..., -2:]
    settled = _settled(logits)
    clear = np.ptp(first_two, axis=-1).min() > CLEAR
    return bool(clear and len(set(settled.tolist())) > 1)


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    start = parameters["start"]
    logits = _lens(start)
    return {**_of_tokens(logits, _tokens(start)[1:]), "settled": _settled(logits)}


def _read(parameters: Parameters, logits: Numbers) -> Outputs:
    """All outputs, when the lens gives other logits."""
    answers = _of_tokens(logits, _tokens(parameters["start"])[1:])
    return {**answers, "settled": _settled(logits)}


def _unnormed(normed: Numbers) -> Numbers:
    weights = presence.decoder("austen").weights
    return np.asarray(normed[:, :-1] @ weights["embed"].T)


def mistake_no_norm(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The stream times the unembedding."""
    return _read(parameters, _unnormed(_streams(parameters["start"])))


def mistake_layer_norm(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The next layer's own norm; after the last one the final norm."""
    model = presence.decoder("austen")
    streams = _streams(parameters["start"])
    factor = model.weights["final_norm"]
    bare = [model.final_norm(stream) / factor for stream in streams]
    scales = [*(model.weights[f"{layer}.norm_1"] for layer in range(4)), factor]
    normed = np.stack([one * scale for one, scale in zip(bare, scales, strict=True)])
    return _read(parameters, _unnormed(normed))


def mistake_twice_normed(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The final norm before `unembed`."""
    model = presence.decoder("austen")
    streams = _streams(parameters["start"])
    logits = [model.unembed(model.final_norm(stream)) for stream in streams]
    return _read(parameters, np.stack(logits)[:, :-1])


def mistake_one_layer_early(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The stream before each layer."""
    logits = _lens(parameters["start"])
    return _read(parameters, logits[[0, 0, 1, 2, 3]])


def mistake_contribution(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """What each layer adds."""
    model = presence.decoder("austen")
    streams = _streams(parameters["start"])
    added = np.concatenate([streams[:1], np.diff(streams, axis=0)])
    return _read(parameters, np.stack([model.unembed(one) for one in added])[:, :-1])


def mistake_own_token(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The token that is read."""
    start = parameters["start"]
    return _of_tokens(_lens(start), _tokens(start)[:-1])


def mistake_two_ahead(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The token after the next; the last one is read again at the end."""
    start = parameters["start"]
    tokens = _tokens(start)
    return _of_tokens(_lens(start), np.concatenate([tokens[2:], tokens[-1:]]))


def further_forms(parameters: Parameters) -> Outputs:
    """Two ahead with the first token after the last one, as `np.roll` puts it."""
    start = parameters["start"]
    found = _of_tokens(_lens(start), np.roll(_tokens(start), -2)[:-1])
    return {f"two_ahead/{name}": value[None] for name, value in found.items()}


def mistake_logits(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """No softmax."""
    start = parameters["start"]
    found = _lens(start)[:, np.arange(LENGTH), _tokens(start)[1:]]
    return {"logprobs": found, "loss": -found.mean(axis=1)}


def mistake_probabilities(parameters: Parameters, seed: int) -> Outputs:
    """No logarithm."""
    found = np.exp(reference(parameters, seed)["logprobs"])
    return {"logprobs": found, "loss": -found.mean(axis=1)}


def mistake_once(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The first stage that agrees with the last, whatever comes in between."""
    top = _lens(parameters["start"]).argmax(axis=-1)
    return {"settled": (top == top[-1]).argmax(axis=0)}


def mistake_counted_from_one(parameters: Parameters, seed: int) -> Outputs:
    """Stages counted from 1."""
    return {"settled": reference(parameters, seed)["settled"] + 1}
