"""Reference: occlusion beside gradient times input for a sentiment logit of MiniLM, by token."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.models import presence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Numbers = NDArray[Any]
    Outputs = dict[str, Numbers]
    Parameters = Mapping[str, Any]

PEOPLE = ["actors", "rooms", "songs", "dishes", "pictures", "guides", "seats"]
THINGS = ["story", "food", "ending", "service", "music", "price", "view"]
PRAISE = ["good", "lovely", "excellent", "charming", "wonderful", "pleasant", "great", "perfect"]
BLAME = ["awful", "horrible", "boring", "terrible", "poor", "dreadful", "nasty", "disappointing"]
MASK, UNKNOWN, PADDING = 103, 100, 0
WORDS = slice(1, -1)
POSITIONS = range(1, 13)
CLEAR_FALL, CLEAR_SLOPE = 0.01, 0.002
"""Values below these could change their sign by rounding."""


@cache
def _head() -> tuple[Numbers, float]:
    """The weights and the bias of the sentiment head."""
    file = Path(__file__).parent / "data" / "sentiment_head.json"
    head = json.loads(file.read_text(encoding="utf-8"))
    return np.asarray(head["weights"], np.float32), float(head["bias"])


def _tokens(parameters: Parameters) -> NDArray[np.int64]:
    people, praise, blame = (parameters[name] for name in ("people", "praise", "blame"))
    return presence.encoder().to_tokens(
        f"The {PEOPLE[people]} were {PRAISE[praise]}, "
        f"but nobody liked the {BLAME[blame]} {THINGS[people]}."
    )


def _logit_of(pooled: Numbers) -> float:
    weights, bias = _head()
    return float(pooled @ weights + bias)


def _logit(tokens: Numbers) -> float:
    return _logit_of(presence.encoder()(tokens))


def _probability(logit: Numbers | float) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-np.asarray(logit, float))))


def _changed(tokens: Numbers, positions: Any, token: int = MASK) -> Numbers:
    """The tokens with some of them replaced."""
    changed = tokens.copy()
    changed[positions] = token
    return changed


@lru_cache(maxsize=256)
def _masked_logits(tokens: tuple[int, ...], token: int = MASK) -> Numbers:
    """The logit with each word replaced by another token, one at a time."""
    whole = np.array(tokens)
    return np.array([_logit(_changed(whole, t, token)) for t in POSITIONS])


@lru_cache(maxsize=256)
def _gradients(tokens: tuple[int, ...]) -> tuple[Numbers, Numbers, Numbers]:
    """Gradients with respect to word embeddings, and to the stream at layer 0; that stream."""
    model = presence.encoder()
    _, run = model.run_with_cache(np.array(tokens))
    found = model.gradients(run, _head()[0])
    return found["words", 0], found["resid_pre", 0], run["resid_pre", 0]


def _ways(tokens: Numbers) -> tuple[Numbers, Numbers]:
    """The embeddings, and their distances from that of [MASK]."""
    model = presence.encoder()
    words = model.embed(tokens)
    return words, words - model.embed([MASK])


@lru_cache(maxsize=256)
def _right(tokens: tuple[int, ...]) -> tuple[float, Numbers, Numbers, Numbers]:
    """Logit, occlusion, gradient times input, gradient times way."""
    whole = np.array(tokens)
    logit = _logit(whole)
    words, ways = _ways(whole)
    slopes = _gradients(tokens)[0]
    products = [(factor * slopes).sum(axis=1)[WORDS] for factor in (words, ways)]
    return logit, logit - _masked_logits(tokens), products[0], products[1]


def _all(tokens: Numbers, **changed: Numbers) -> Outputs:
    """All answers, some of them changed, and what follows from them."""
    logit, fall, product, way = _right(tuple(tokens.tolist()))
    found = {
        "fx": np.asarray(logit),
        "occlusion": fall,
        "gradient_input": product,
        "gradient_way": way,
        **{name: np.asarray(value) for name, value in changed.items()},
    }
    return {**found, "gaps": _gaps(found), "opposed": _opposed(found)}


def _with(parameters: Parameters, **changed: Numbers) -> Outputs:
    """What a misconception changes, and what learners compute from it."""
    tokens = _tokens(parameters)
    right, wrong = _all(tokens), _all(tokens, **changed)
    follow = [name for name in ("gaps", "opposed") if not np.array_equal(right[name], wrong[name])]
    return {name: wrong[name] for name in (*changed, *follow)}


def _gaps(answers: Mapping[str, Any]) -> Numbers:
    of_baseline = answers["gradient_way"] - answers["gradient_input"]
    of_slope = answers["occlusion"] - answers["gradient_way"]
    return np.array([np.abs(of_baseline).mean(), np.abs(of_slope).mean()])


def _opposed(answers: Mapping[str, Any]) -> NDArray[np.bool_]:
    return np.asarray(np.sign(answers["occlusion"]) * np.sign(answers["gradient_input"]) < 0)


def suitable(parameters: Parameters) -> bool:
    """Whether no sign hangs by a rounding, and the two methods contradict each other somewhere."""
    found = _all(_tokens(parameters))
    clear = (
        np.abs(found["occlusion"]).min() > CLEAR_FALL
        and np.abs(found["gradient_input"]).min() > CLEAR_SLOPE
        and abs(float(found["fx"])) > 1
    )
    return bool(clear and 2 <= found["opposed"].sum() <= 10)


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    return _all(_tokens(parameters))


def own_gaps(parameters: Parameters, answers: Mapping[str, Any]) -> Numbers:  # noqa: ARG001
    """The two parts of the disagreement, of the learner's own arrays."""
    return _gaps(answers)


def own_opposed(parameters: Parameters, answers: Mapping[str, Any]) -> Numbers:  # noqa: ARG001
    """Where the learner's own arrays contradict each other."""
    return _opposed(answers)


def mistake_zeros(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """An embedding of zeros in the place of the word."""
    tokens = _tokens(parameters)
    model = presence.encoder()
    left = []
    for t in POSITIONS:
        words = model.embed(tokens)
        words[t] = 0
        left.append(_logit_of(model.run_embeddings(words)[0]))
    return _with(parameters, occlusion=_logit(tokens) - np.array(left))


def mistake_left_out(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The word left out, so that all later ones move up."""
    tokens = _tokens(parameters)
    left = [_logit(np.delete(tokens, t)) for t in POSITIONS]
    return _with(parameters, occlusion=_logit(tokens) - np.array(left))


def _from_the_left(tokens: Numbers) -> Numbers:
    """The logits with the first words masked, one more each time."""
    return np.array([_logit(_changed(tokens, slice(1, t + 1))) for t in POSITIONS])


def mistake_together(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Earlier words stay masked."""
    tokens = _tokens(parameters)
    return _with(parameters, occlusion=_logit(tokens) - _from_the_left(tokens))


def further_forms(parameters: Parameters) -> Outputs:
    """Earlier words stay masked, each step by itself; other tokens in the place of the word."""
    tokens = _tokens(parameters)
    steps = np.concatenate([[_logit(tokens)], _from_the_left(tokens)])
    padded = _logit(tokens) - _masked_logits(tuple(tokens.tolist()), PADDING)
    return {"together/occlusion": -np.diff(steps)[None], "other_token/occlusion": padded[None]}


def mistake_other_token(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """[UNK] in the place of the word."""
    tokens = _tokens(parameters)
    left = _masked_logits(tuple(tokens.tolist()), UNKNOWN)
    return _with(parameters, occlusion=_logit(tokens) - left)


def mistake_alone(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Everything but the word masked."""
    tokens = _tokens(parameters)
    nothing = _changed(tokens, WORDS)
    only = []
    for t in POSITIONS:
        kept = nothing.copy()
        kept[t] = tokens[t]
        only.append(_logit(kept))
    return _with(parameters, occlusion=np.array(only) - _logit(nothing))


def mistake_probability(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The fall of the probability."""
    tokens = _tokens(parameters)
    left = _masked_logits(tuple(tokens.tolist()))
    return _with(parameters, occlusion=_probability(_logit(tokens)) - _probability(left))


def mistake_masked_logits(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The logits of the masked sentences."""
    return _with(parameters, occlusion=_masked_logits(tuple(_tokens(parameters).tolist())))


def mistake_rise(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Masked minus whole."""
    return _with(parameters, occlusion=-_all(_tokens(parameters))["occlusion"])


def mistake_size(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The sign of the fall lost."""
    return _with(parameters, occlusion=np.abs(_all(_tokens(parameters))["occlusion"]))


def mistake_from_cls(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Twelve tokens from [CLS] on."""
    tokens = _tokens(parameters)
    left = [_logit(_changed(tokens, t - 1)) for t in POSITIONS]
    slopes = _gradients(tuple(tokens.tolist()))[0]
    product, way = ((factor * slopes).sum(axis=1)[:-2] for factor in _ways(tokens))
    return _with(
        parameters,
        occlusion=_logit(tokens) - np.array(left),
        gradient_input=product,
        gradient_way=way,
    )


def _read_at(tokens: Numbers, positions: Any) -> float:
    """The head's value for the mean over some positions only."""
    _, run = presence.encoder().run_with_cache(tokens)
    return _logit_of(run["resid_post", 5][positions].mean(axis=0))


def _other_mean(parameters: Parameters, positions: Any) -> Outputs:
    tokens = _tokens(parameters)
    logit = _read_at(tokens, positions)
    left = np.array([_read_at(_changed(tokens, t), positions) for t in POSITIONS])
    return _with(parameters, fx=np.asarray(logit), occlusion=logit - left)


def mistake_mean_of_words(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The mean without [CLS] and [SEP]."""
    return _other_mean(parameters, WORDS)


def mistake_cls_only(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The vector at [CLS] in the place of the mean."""
    return _other_mean(parameters, slice(0, 1))


def mistake_probability_in_fx(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The sigmoid of the logit in fx."""
    return {"fx": _probability(_logit(_tokens(parameters)))}


def mistake_gradient_alone(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The sizes of the gradient summed, without the input; its plain sum is 0 before a norm."""
    slopes = _gradients(tuple(_tokens(parameters).tolist()))[0]
    return _with(parameters, gradient_input=np.abs(slopes).sum(axis=1)[WORDS])


def mistake_length(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The length of the gradient."""
    slopes = _gradients(tuple(_tokens(parameters).tolist()))[0]
    return _with(parameters, gradient_input=np.linalg.norm(slopes, axis=1)[WORDS])


def mistake_summed_sizes(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Absolute values before the sum."""
    tokens = _tokens(parameters)
    slopes = _gradients(tuple(tokens.tolist()))[0]
    return _with(parameters, gradient_input=np.abs(_ways(tokens)[0] * slopes).sum(axis=1)[WORDS])


def mistake_with_position(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The stream that enters layer 0, which holds the position and is normalised."""
    _, slopes, stream = _gradients(tuple(_tokens(parameters).tolist()))
    return _with(parameters, gradient_input=(stream * slopes).sum(axis=1)[WORDS])


def mistake_mean_of_dimensions(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The mean over the dimensions in the place of their sum."""
    right = _all(_tokens(parameters))
    names = ("gradient_input", "gradient_way")
    return _with(parameters, **{name: right[name] / 384 for name in names})


def mistake_slope_of_probability(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Both products with the gradient of the probability."""
    right = _all(_tokens(parameters))
    p = _probability(right["fx"])
    names = ("gradient_input", "gradient_way")
    return _with(parameters, **{name: right[name] * p * (1 - p) for name in names})


def mistake_other_way(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """[MASK] minus word."""
    return _with(parameters, gradient_way=-_all(_tokens(parameters))["gradient_way"])


def mistake_slope_at_mask(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The gradient at the other end, where the word is masked."""
    tokens = _tokens(parameters)
    ways = _ways(tokens)[1]
    at_mask = [
        float((ways[t] * _gradients(tuple(_changed(tokens, t).tolist()))[0][t]).sum())
        for t in POSITIONS
    ]
    return _with(parameters, gradient_way=np.array(at_mask))
