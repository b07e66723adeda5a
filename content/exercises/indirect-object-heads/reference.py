"""Reference: heads of SmolLM2 that find the indirect object, estimated and patched."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.models import presence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from grader.models.whybox_models.decoder import DecoderRun

    Numbers = NDArray[Any]
    Outputs = dict[str, Numbers]
    Parameters = Mapping[str, Any]

NAMES = [
    "Mary",
    "Tom",
    "James",
    "Peter",
    "David",
    "Paul",
    "John",
    "Anna",
    "Sarah",
    "Laura",
    "Emma",
    "Alice",
]
PLACES = ["store", "park", "school", "station", "library", "market", "river", "office"]
HEADS = [(23, 3), (29, 1), (24, 4), (29, 0), (19, 2), (20, 0), (23, 0), (6, 1)]
LAYERS = 30
CLEAR = 2.0
"""What the logit differences have to be, at least."""


class World:
    """Both runs of one pair of texts."""

    def __init__(self, first: int, second: int, place: int) -> None:
        self.model = presence.decoder("smollm2")
        self.names = [self.model.tokenizer.id_of(f" {NAMES[at]}") for at in (first, second)]
        texts = [
            f"When {NAMES[first]} and {NAMES[second]} went to the {PLACES[place]}, "
            f"{NAMES[again]} gave a book to"
            for again in (second, first)
        ]
        self.clean_tokens, self.corrupted_tokens = (self.model.to_tokens(text) for text in texts)
        self.clean = self.model.residual(self.clean_tokens)
        self.corrupted = self.model.residual(self.corrupted_tokens)
        self.differences = np.array([self.metric(self.clean), self.metric(self.corrupted)])
        self.between = float(self.differences[0] - self.differences[1])

    def metric(self, run: DecoderRun) -> float:
        """The first name's logit minus the second's, at the last position."""
        rows = self.model.weights.rows("embed", np.asarray(self.names))
        one, other = (self.model.final_norm(run.final[-1:]) @ rows.T)[0]
        return float(one - other)

    def slopes(self, run: DecoderRun) -> Numbers:
        """The metric's gradient at z, (layers, heads, positions, d_head)."""
        direction = np.zeros(self.model.weights.count("embed"), np.float32)
        direction[self.names] = 1, -1
        return self.model.gradients(run, direction).stack("z")

    def patched(
        self, heads: Sequence[tuple[int, int]], *, noise: bool = False, whole: bool = False
    ) -> Numbers:
        """True patching of each head as a share; `noise` puts the corrupted into the clean run."""
        source, tokens = self.clean, self.corrupted_tokens
        if noise:
            source, tokens = self.corrupted, self.clean_tokens
        found = []
        for layer, head in heads:

            def hook(z: Numbers, layer: int = layer, head: int = head) -> Numbers:
                which = slice(None) if whole else head
                z[which] = source["z", layer][which]
                return z

            found.append(self.metric(self.model.residual(tokens, {("z", layer): hook})))
        if noise:
            return (self.differences[0] - np.array(found)) / self.between
        return (np.array(found) - self.differences[1]) / self.between


@lru_cache(maxsize=2)
def _world(first: int, second: int, place: int) -> World:
    return World(first, second, place)


def _of(parameters: Parameters) -> World:
    return _world(parameters["first"], parameters["second"], parameters["place"])


@lru_cache(maxsize=32)
def _patched(first: int, second: int, place: int) -> Numbers:
    return _world(first, second, place).patched(HEADS)


@lru_cache(maxsize=8)
def _slopes(first: int, second: int, place: int) -> Numbers:
    world = _world(first, second, place)
    return world.slopes(world.corrupted)


def _effect(parameters: Parameters, slopes: Numbers | None = None) -> Numbers:
    """(clean - corrupted) times the gradient, before any sum, as a share."""
    world = _of(parameters)
    if slopes is None:
        slopes = _slopes(parameters["first"], parameters["second"], parameters["place"])
    change = world.clean.stack("z") - world.corrupted.stack("z")
    return np.asarray(change * slopes / world.between)


def _compared(attribution: Numbers, patched: Numbers) -> tuple[float, int]:
    estimates = np.array([attribution[head] for head in HEADS])
    missed = int(np.abs(estimates - patched).argmax())
    if np.ptp(estimates) == 0 or np.ptp(patched) == 0:
        return float("nan"), missed
    return float(np.corrcoef(estimates, patched)[0, 1]), missed


def _answers(parameters: Parameters, attribution: Numbers, patched: Numbers) -> Outputs:
    correlation, missed = _compared(attribution, patched)
    return {
        "differences": _of(parameters).differences,
        "attribution": attribution,
        "patched": patched,
        "correlation": np.asarray(correlation),
        "missed": np.asarray(missed),
    }


def _true(parameters: Parameters) -> Numbers:
    return _patched(parameters["first"], parameters["second"], parameters["place"])


def suitable(parameters: Parameters) -> bool:
    """Whether both answers are clear, and so is where the estimate misses most."""
    clean, corrupted = _of(parameters).differences
    attribution = _effect(parameters).sum(axis=(2, 3))
    gaps = np.sort(np.abs([attribution[head] for head in HEADS] - _true(parameters)))
    return bool(clean > CLEAR and corrupted < -CLEAR and gaps[-1] - gaps[-2] > 0.002)


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    return _answers(parameters, _effect(parameters).sum(axis=(2, 3)), _true(parameters))


def own_correlation(parameters: Parameters, answers: Mapping[str, Any]) -> Numbers:  # noqa: ARG001
    """The correlation of the learner's own numbers."""
    return np.asarray(_compared(answers["attribution"], answers["patched"])[0])


def own_missed(parameters: Parameters, answers: Mapping[str, Any]) -> Numbers:  # noqa: ARG001
    """Where the learner's own numbers differ most."""
    return np.asarray(_compared(answers["attribution"], answers["patched"])[1])


def _estimated(parameters: Parameters, attribution: Numbers) -> Outputs:
    answers = _answers(parameters, attribution, _true(parameters))
    return {name: answers[name] for name in ("attribution", "correlation", "missed")}


def _patched_otherwise(parameters: Parameters, patched: Numbers) -> Outputs:
    answers = _answers(parameters, _effect(parameters).sum(axis=(2, 3)), patched)
    return {name: answers[name] for name in ("patched", "correlation", "missed")}


def mistake_clean_gradient(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The gradient in the clean run."""
    world = _of(parameters)
    slopes = world.slopes(world.clean)
    return _estimated(parameters, _effect(parameters, slopes).sum(axis=(2, 3)))


def mistake_last_position(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The last position only."""
    return _estimated(parameters, _effect(parameters)[:, :, -1].sum(axis=2))


def mistake_no_difference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The clean activation times the gradient."""
    world = _of(parameters)
    slopes = _slopes(parameters["first"], parameters["second"], parameters["place"])
    product = world.clean.stack("z") * slopes / world.between
    return _estimated(parameters, product.sum(axis=(2, 3)))


def mistake_not_divided(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Effects in logits."""
    between = _of(parameters).between
    attribution = _effect(parameters).sum(axis=(2, 3)) * between
    return _answers(parameters, attribution, _true(parameters) * between)


def mistake_opposite(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Corrupted minus clean."""
    return _estimated(parameters, -_effect(parameters).sum(axis=(2, 3)))


def mistake_names_exchanged(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The second name minus the first: shares stay as they are."""
    return {"differences": -_of(parameters).differences}


def mistake_noised(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The corrupted activation in the clean run."""
    return _patched_otherwise(parameters, _of(parameters).patched(HEADS, noise=True))


def mistake_whole_layer(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """All heads of each layer."""
    return _patched_otherwise(parameters, _of(parameters).patched(HEADS, whole=True))


def mistake_next_layer(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """One layer later; after the last one, the last."""
    later = [(min(layer + 1, LAYERS - 1), head) for layer, head in HEADS]
    return _patched_otherwise(parameters, _of(parameters).patched(later))
