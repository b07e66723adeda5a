"""One feature of the sparse autoencoder over passages: where it is active, what its removal does.

For references: the runs of the passages are kept, so that many features cost little more than one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grader.models import presence
from grader.models.whybox_models.autoencoder import ACTIVE, keep_largest
from grader.models.whybox_models.store import AUTOENCODER_PLACE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from grader.models.whybox_models.activations import Place

    Numbers = NDArray[Any]

OTHER_PLACES: Final[tuple[Place, ...]] = (("resid_post", 2), ("resid_mid", 3))
"""Where the features do not belong, and are looked for by mistake."""
NEARLY: Final = 1e-4
"""How close to the boundary of the twelve largest a rounding may decide."""


@dataclass(frozen=True)
class Passage:
    """One passage as the encoder reads it.

    Attributes:
        tokens: with [CLS] and [SEP].
        pieces: the text of each token.
        streams: by place.
        pooled: the embedding of the passage.
    """

    tokens: Numbers
    pieces: tuple[str, ...]
    streams: Mapping[Place, Numbers]
    pooled: Numbers


@lru_cache(maxsize=256)
def passage(index: int) -> Passage:
    """Return one of the passages that the autoencoder has not seen, as the encoder reads it."""
    model = presence.encoder()
    tokens = model.to_tokens(presence.passages()[index])
    pooled, run = model.run_with_cache(tokens)
    streams = {place: run[place] for place in (AUTOENCODER_PLACE, *OTHER_PLACES)}
    return Passage(tokens, tuple(model.to_text(tokens)), streams, pooled)


@cache
def parts() -> dict[str, Numbers]:
    """Return the matrices of the autoencoder, by name."""
    weights = presence.weights("sae")
    return {name: weights[name] for name in ("encoder", "bias", "decoder", "mean", "scale")}


def direction(feature: int) -> Numbers:
    """Return what a feature of strength 1 adds to the stream."""
    return np.asarray(parts()["decoder"][feature] * parts()["scale"])


def encode(stream: Numbers) -> Numbers:
    """Return the features of a stream: the twelve largest of each position, the others 0."""
    return keep_largest(_before(stream), ACTIVE)


def not_kept(stream: Numbers) -> Numbers:
    """Return all positive features, not only the twelve largest."""
    return np.maximum(_before(stream), 0)


def decoder_read(stream: Numbers) -> Numbers:
    """Return what the decoder's rows read where the encoder's columns belong."""
    mean, scale, decoder = (parts()[name] for name in ("mean", "scale", "decoder"))
    return keep_largest((stream - mean) / scale @ decoder.T, ACTIVE)


def mean_kept(stream: Numbers) -> Numbers:
    """Return the features of a stream from which the mean was not subtracted."""
    encoder, bias, scale = (parts()[name] for name in ("encoder", "bias", "scale"))
    return keep_largest(stream / scale @ encoder + bias, ACTIVE)


def _before(stream: Numbers) -> Numbers:
    mean, scale = parts()["mean"], parts()["scale"]
    return np.asarray((stream - mean) / scale @ parts()["encoder"] + parts()["bias"])


@lru_cache(maxsize=256)
def code(index: int) -> Numbers:
    """Return the features at each position of a passage; 0 at [CLS] and [SEP]."""
    found = encode(passage(index).streams[AUTOENCODER_PLACE])
    found[[0, -1]] = 0
    return found


def strengths(
    index: int,
    feature: int,
    read: Callable[[Numbers], Numbers] = encode,
    place: Place = AUTOENCODER_PLACE,
) -> Numbers:
    """Return one feature at each position of a passage, read in some way at some place."""
    if read is encode and place == AUTOENCODER_PLACE:
        return np.asarray(code(index)[:, feature])
    found = read(passage(index).streams[place])[:, feature]
    found[[0, -1]] = 0
    return found


def strengths_everywhere(index: int, feature: int) -> Numbers:
    """Return one feature at each position of a passage, [CLS] and [SEP] among them."""
    return np.asarray(encode(passage(index).streams[AUTOENCODER_PLACE])[:, feature])


@lru_cache(maxsize=16384)
def is_clear(feature: int, index: int) -> bool:
    """Whether a feature is kept, or not, by more than a rounding; and never at [CLS] or [SEP]."""
    before = _before(passage(index).streams[AUTOENCODER_PLACE])
    own, ordered = before[:, feature], np.sort(before, axis=1)
    least, next_one = ordered[:, -ACTIVE], ordered[:, -ACTIVE - 1]
    kept = own >= least
    margin = np.where(kept, own - next_one, least - own)
    return bool(margin.min() > NEARLY and not kept[[0, -1]].any())


@dataclass(frozen=True)
class Seen:
    """One feature over some passages, all positions but [CLS] and [SEP] in a row.

    Attributes:
        strength: of the feature.
        pieces: the text there.
        passages: which passage it is, by its place among those that were read.
        positions: which position of the passage, [CLS] being 0.
    """

    strength: Numbers
    pieces: Numbers
    passages: Numbers
    positions: Numbers

    def strongest(self, count: int) -> Numbers:
        """Return where the feature is strongest, as places in the row."""
        return np.argsort(-self.strength, kind="stable")[:count]


def see(found: Sequence[Numbers], passages: Sequence[int]) -> Seen:
    """Put the strengths of one feature in some passages into a row."""
    inner = [np.arange(1, len(each) - 1) for each in found]
    pieces = [
        passage(index).pieces[at]
        for index, each in zip(passages, inner, strict=True)
        for at in each.tolist()
    ]
    return Seen(
        np.concatenate([each[1:-1] for each in found]),
        np.asarray(pieces),
        np.concatenate([np.full(len(each), number) for number, each in enumerate(inner)]),
        np.concatenate(inner),
    )


def shares(seen: Seen, rule: Sequence[str]) -> Numbers:
    """Return precision and recall of a list of pieces, and its share of the feature's strength."""
    fits, active = np.isin(seen.pieces, list(rule)), seen.strength > 0
    both = float((fits & active).sum())
    counted = (both, both, float(seen.strength[fits].sum()))
    wholes = (float(active.sum()), float(fits.sum()), float(seen.strength.sum()))
    pairs = zip(counted, wholes, strict=True)
    return np.array([part / whole if whole else 0.0 for part, whole in pairs])


def similarity(one: Numbers, two: Numbers) -> float:
    """Return the cosine of two embeddings."""
    return float(one @ two / np.linalg.norm(one) / np.linalg.norm(two))


@lru_cache(maxsize=1024)
def of_word(piece: str) -> Numbers:
    """Return the embedding of a word by itself."""
    model = presence.encoder()
    return model(model.to_tokens(piece))


def embedding_with(index: int, stream: Numbers, place: Place = AUTOENCODER_PLACE) -> Numbers:
    """Return the embedding of a passage whose stream at a place is replaced."""
    tokens = passage(index).tokens
    return presence.encoder().run_with_hooks(tokens, {place: lambda _: stream})
