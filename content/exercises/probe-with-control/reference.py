"""Reference: a probe for negation in MiniLM, by layer, beside a control task."""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.models import presence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Numbers = NDArray[Any]
    Outputs = dict[str, Numbers]
    Parameters = Mapping[str, Any]

# fmt: off
WORDS = [
    "lovely", "excellent", "charming", "wonderful", "pleasant", "great",
    "perfect", "delightful", "brilliant", "superb", "splendid", "elegant",
    "awful", "horrible", "boring", "terrible", "poor", "dreadful",
    "nasty", "disappointing", "ugly", "useless", "miserable", "stupid",
]
# fmt: on
FRAMES = [
    ("The film was {}.", "The film was not {}."),
    ("It will be {} to them.", "It will never be {} to them."),
    ("Her letters are very {}, he said.", "Her letters are hardly {}, he said."),
    ("I call this {}, my friend.", "I do not call this {}, my friend."),
    ("We found the dinner {}.", "Nobody found the dinner {}."),
    ("All of the songs were {}.", "None of the songs were {}."),
]
SIDES = np.array([-1, 1])
"""Affirmed, negated."""
TRAINED = 16
LAYERS, LOTS = 6, 5
LEAKING = {0, 1, 3}
"""Frames in which the word comes later when it is negated."""
CLEAR, LEAST_SUM = 1e-4, 0.15


@cache
def _every_place() -> dict[str, Numbers]:
    """Vectors by word, frame, side and layer: at the word, and elsewhere in its sentence."""
    model = presence.encoder()
    shape = (len(WORDS), len(FRAMES), 2, LAYERS + 1, 384)
    found = {place: np.empty(shape, np.float32) for place in ("word", "next", "cls", "mean")}
    for (i, word), (j, pair), k in product(enumerate(WORDS), enumerate(FRAMES), (0, 1)):
        tokens = model.to_tokens(pair[k].format(word))
        at = tokens.tolist().index(model.tokenizer.id_of(word))
        _, run = model.run_with_cache(tokens)
        streams = np.concatenate([run["resid_pre", 0][None], run.stack("resid_post")])
        found["word"][i, j, k] = streams[:, at]
        found["next"][i, j, k] = streams[:, at + 1]
        found["cls"][i, j, k] = streams[:, 0]
        found["mean"][i, j, k] = streams.mean(axis=1)
    return found


def _vectors(place: str = "word") -> Numbers:
    return _every_place()[place]


def _parts(parameters: Parameters) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Training words, new words, training frames, new frames."""
    order = np.random.default_rng(parameters["split"]).permutation(len(WORDS))
    frames = np.array(parameters["frames"])
    others = np.setdiff1d(np.arange(len(FRAMES)), frames)
    return order[:TRAINED], order[TRAINED:], frames, others


def _probe(seen: Numbers, labels: Numbers) -> tuple[Numbers, Numbers, float]:
    """Direction, middle, and the factor that brings the class means to 1 and -1."""
    high, low = seen[labels > 0].mean(axis=0), seen[labels < 0].mean(axis=0)
    way = high - low
    square = float(way @ way)
    return way, (high + low) / 2, 2 / square if square else 0.0


def _scores(vectors: Numbers, probe: tuple[Numbers, Numbers, float]) -> Numbers:
    way, middle, factor = probe
    return np.asarray(((vectors - middle) @ way) * factor)


def _accuracy(scores: Numbers, labels: Numbers) -> float:
    return float(((scores > 0) == (labels > 0)).mean())


def _lots(lot: int, size: int = TRAINED) -> list[Numbers]:
    labels = np.repeat([1, -1], size // 2)
    return [np.random.default_rng(lot + k).permutation(labels) for k in range(LOTS)]


def _find(
    vectors: Numbers,
    parts: tuple[Numbers, Numbers, Numbers, Numbers],
    lots: list[Numbers],
    *,
    fitted: Numbers | None = None,
    tested: Numbers | None = None,
    middle: bool = True,
) -> Outputs:
    """What the probes give at one layer.

    Args:
        vectors: by word, frame and side.
        parts: as `_parts` returns them.
        lots: control labels of the training words.
        fitted: the words that the probe for negation is trained on, if not the training words.
        tested: the frames of the test, if not the new ones.
        middle: whether scores are measured from the middle between the class means.
    """
    words, new, frames, others = parts
    test = others if tested is None else tested
    own = vectors[words if fitted is None else fitted][:, frames]
    probe = _moved(_probe(own.reshape(-1, 384), np.tile(SIDES, own.size // 768)), middle=middle)
    at_new, at_seen = vectors[new][:, test], vectors[words][:, test]
    scores = _scores(at_new, probe)
    seen = vectors[words][:, frames].reshape(-1, 384)
    control = []
    for lot in lots:
        by_lot = _moved(_probe(seen, np.repeat(lot, 2 * len(frames))), middle=middle)
        control.append(_accuracy(_scores(at_seen, by_lot), lot[:, None, None]))
    return {
        "scores": scores[..., 1].mean(axis=1),
        "accuracy_new": np.asarray(_accuracy(scores, SIDES)),
        "accuracy_seen": np.asarray(_accuracy(_scores(at_seen, probe), SIDES)),
        "control": np.asarray(np.mean(control)),
        "clear": np.abs(scores).min(),
    }


def _moved(
    probe: tuple[Numbers, Numbers, float], *, middle: bool
) -> tuple[Numbers, Numbers, float]:
    way, centre, factor = probe
    return way, centre if middle else np.zeros_like(centre), factor


@lru_cache(maxsize=512)
def _by_layer(
    split: int,
    lot: int,
    frames: tuple[int, ...],
    place: str = "word",
    *,
    before: bool = False,
    all_words: bool = False,
    old_frames: bool = False,
    middle: bool = True,
    first_lot: bool = False,
) -> Outputs:
    """All answers but those that follow from others."""
    vectors = _vectors(place)
    parts = _parts({"split": split, "frames": frames})
    lots = _lots(lot)[:1] if first_lot else _lots(lot)
    layers = [
        _find(
            vectors[:, :, :, layer].astype(float),
            parts,
            lots,
            fitted=np.arange(len(WORDS)) if all_words else None,
            tested=parts[2] if old_frames else None,
            middle=middle,
        )
        for layer in range(LAYERS + 1)
    ]
    start = 0 if before else 1
    found = {
        name: np.stack([layer[name] for layer in layers[start : start + LAYERS]])
        for name in ("scores", "accuracy_new", "accuracy_seen", "control")
    }
    return {**found, "floor": layers[0]["accuracy_new"], "clear": layers[0]["clear"]}


def _of(parameters: Parameters, place: str = "word", **changed: bool) -> Outputs:
    frames = tuple(int(frame) for frame in parameters["frames"])
    found = dict(_by_layer(parameters["split"], parameters["lot"], frames, place, **changed))
    found.pop("clear")
    return found


def _all(parameters: Parameters, **changed: Numbers) -> Outputs:
    """All answers, some of them changed, and what follows from them."""
    found = {**_of(parameters), **changed}
    return {
        **found,
        "selectivity": found["accuracy_seen"] - found["control"],
        "added": found["accuracy_new"] - found["floor"],
    }


def _with(parameters: Parameters, **changed: Numbers) -> Outputs:
    """What a misconception changes, and what learners compute from it."""
    right, wrong = _all(parameters), _all(parameters, **changed)
    return {name: wrong[name] for name in wrong if not np.array_equal(wrong[name], right[name])}


def suitable(parameters: Parameters) -> bool:
    """Whether position says something in the training, no rounding decides, and results vary."""
    if not set(parameters["frames"]) & LEAKING:
        return False
    frames = tuple(int(frame) for frame in parameters["frames"])
    clear = _by_layer(parameters["split"], parameters["lot"], frames)["clear"]
    found = _all(parameters)
    varied = min(np.abs(found[name]).sum() for name in ("selectivity", "added"))
    return bool(clear > CLEAR and varied > LEAST_SUM)


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    return _all(parameters)


def own_selectivity(parameters: Parameters, answers: Mapping[str, Any]) -> Numbers:  # noqa: ARG001
    """The difference of the learner's own accuracies."""
    return np.asarray(answers["accuracy_seen"] - answers["control"])


def own_added(parameters: Parameters, answers: Mapping[str, Any]) -> Numbers:  # noqa: ARG001
    """The distance from the learner's own floor."""
    return np.asarray(answers["accuracy_new"] - answers["floor"])


def mistake_stream_before(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The stream before each layer."""
    return _with(parameters, **_of(parameters, before=True))


def mistake_next_token(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The token after the word."""
    return _with(parameters, **_of(parameters, "next"))


def mistake_mean_of_tokens(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The mean over all tokens."""
    return _with(parameters, **_of(parameters, "mean"))


def mistake_cls(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The vector at [CLS]."""
    return _with(parameters, **_of(parameters, "cls"))


def mistake_all_words(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """No word held out."""
    found = _of(parameters, all_words=True)
    names = ("scores", "accuracy_new", "accuracy_seen")
    return _with(parameters, **{name: found[name] for name in names})


def mistake_old_frames(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Tested in the frames of the training."""
    return _with(parameters, **_of(parameters, old_frames=True))


def mistake_no_middle(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Scores measured from the origin."""
    return _with(parameters, **_of(parameters, middle=False))


def mistake_not_scaled(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Scores that are not divided by half the squared distance of the means."""
    words, _, frames, _ = _parts(parameters)
    halves = []
    for layer in range(1, LAYERS + 1):
        seen = _vectors()[words][:, frames][:, :, :, layer].reshape(-1, 384).astype(float)
        halves.append(1 / _probe(seen, np.tile(SIDES, len(seen) // 2))[2])
    return _with(parameters, scores=_of(parameters)["scores"] * np.array(halves)[:, None])


def mistake_affirmed_positive(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The class of the affirmed sentences gets the label 1."""
    return _with(parameters, scores=-_of(parameters)["scores"])


def mistake_unlearnable(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Control labels drawn for each sentence."""
    return _with(parameters, control=_control_by_sentence(parameters))


def further_forms(parameters: Parameters) -> Outputs:
    """Control labels of the training words, tested on words that have none."""
    return {"unlearnable/control": _control_on_new(parameters)[None]}


def _control(score: Callable[[Numbers, int], float]) -> Numbers:
    """The mean over lots, by layer, of what a function says of a lot's vectors."""
    layers = [_vectors()[:, :, :, layer].astype(float) for layer in range(1, LAYERS + 1)]
    return np.array([np.mean([score(each, k) for k in range(LOTS)]) for each in layers])


def _control_by_sentence(parameters: Parameters) -> Numbers:
    words, _, frames, others = _parts(parameters)
    size = TRAINED * 2 * len(frames)

    def score(vectors: Numbers, k: int) -> float:
        generator = np.random.default_rng(parameters["lot"] + k)
        labels, truth = (generator.permutation(np.repeat([1, -1], size // 2)) for _ in range(2))
        probe = _probe(vectors[words][:, frames].reshape(-1, 384), labels)
        return _accuracy(_scores(vectors[words][:, others].reshape(-1, 384), probe), truth)

    return _control(score)


def _control_on_new(parameters: Parameters) -> Numbers:
    words, new, frames, others = _parts(parameters)
    lots = _lots(parameters["lot"])

    def score(vectors: Numbers, k: int) -> float:
        labels = np.repeat(lots[k], 2 * len(frames))
        probe = _probe(vectors[words][:, frames].reshape(-1, 384), labels)
        truth = lots[k][: len(new), None, None]
        return _accuracy(_scores(vectors[new][:, others], probe), truth)

    return _control(score)


def mistake_one_lot(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The first control alone."""
    return _with(parameters, control=_of(parameters, first_lot=True)["control"])


def mistake_training_data(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Seen words and control on the sentences of the training."""
    found = _of(parameters, old_frames=True)
    return _with(parameters, **{name: found[name] for name in ("accuracy_seen", "control")})


def mistake_errors(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Error rates for accuracies."""
    right = _of(parameters)
    names = ("accuracy_new", "accuracy_seen", "control", "floor")
    return _with(parameters, **{name: 1 - right[name] for name in names})


def mistake_other_way_round(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Control minus accuracy."""
    return {"selectivity": -_all(parameters)["selectivity"]}


def mistake_of_new_words(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Accuracy on new words minus a control on seen words."""
    right = _all(parameters)
    return {"selectivity": right["accuracy_new"] - right["control"]}


def mistake_one_half(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """One half in the place of the floor."""
    return {"added": _all(parameters)["accuracy_new"] - 0.5}


def mistake_after_first_layer(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The floor taken after the first layer, which has read the sentence."""
    return _with(parameters, floor=_of(parameters)["accuracy_new"][0])
