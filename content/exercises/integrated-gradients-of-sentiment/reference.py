"""Reference: integrated gradients of a sentiment logit of MiniLM, by token."""

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

    Floats = NDArray[np.floating[Any]]
    Outputs = dict[str, Floats]
    Parameters = Mapping[str, Any]

PEOPLE = ["actors", "rooms", "songs", "dishes", "pictures", "guides", "seats"]
THINGS = ["story", "food", "ending", "service", "music", "price", "view"]
PRAISE = ["good", "lovely", "excellent", "charming", "wonderful", "pleasant", "great", "perfect"]
BLAME = ["awful", "horrible", "boring", "terrible", "poor", "dreadful", "nasty", "disappointing"]
MIDPOINTS = (np.arange(32) + 0.5) / 32
START, END = 101, 102
MASK = 103


@cache
def _head() -> tuple[Floats, float]:
    """The weights and the bias of the sentiment head."""
    file = Path(__file__).parent / "data" / "sentiment_head.json"
    head = json.loads(file.read_text(encoding="utf-8"))
    return np.asarray(head["weights"], np.float32), float(head["bias"])


def _tokens(parameters: Parameters) -> NDArray[np.int64]:
    people, praise, blame = (parameters[name] for name in ("people", "praise", "blame"))
    sentence = (
        f"The {PEOPLE[people]} were {PRAISE[praise]} but the {THINGS[people]} was {BLAME[blame]}."
    )
    return presence.encoder().to_tokens(sentence)


def _logit(words: Floats) -> float:
    weights, bias = _head()
    return float(presence.encoder().run_embeddings(words)[1].pooled @ weights + bias)


@lru_cache(maxsize=1024)
def _slope(people: int, praise: int, blame: int, step: float) -> Floats:
    """The gradient at one step of the way from the baseline to the sentence."""
    sentence, baseline = _ends({"people": people, "praise": praise, "blame": blame})
    return _gradient(baseline + np.float32(step) * (sentence - baseline))


def _mean_slope(parameters: Parameters, steps: Floats = MIDPOINTS) -> Floats:
    names = [parameters[name] for name in ("people", "praise", "blame")]
    return np.asarray(np.mean([_slope(*names, step) for step in steps.tolist()], axis=0))


def _gradient(words: Floats, *, of_probability: bool = False) -> Floats:
    weights, bias = _head()
    model = presence.encoder()
    pooled, run = model.run_embeddings(words)
    slope = 1.0
    if of_probability:
        probability = 1 / (1 + np.exp(-(float(pooled @ weights) + bias)))
        slope = probability * (1 - probability)
    return np.asarray(slope * model.gradients(run, weights)["words", 0])


def _ends(parameters: Parameters, *, keep: bool = True) -> tuple[Floats, Floats]:
    """The embeddings of the sentence and of the baseline."""
    tokens = _tokens(parameters)
    kept = np.isin(tokens, (START, END)) & keep
    model = presence.encoder()
    return model.embed(tokens), model.embed(np.where(kept, tokens, MASK))


def _integrated(sentence: Floats, baseline: Floats) -> Outputs:
    """What another baseline gives."""
    way = sentence - baseline
    mean = np.mean([_gradient(baseline + np.float32(a) * way) for a in MIDPOINTS], axis=0)
    return {"base": np.asarray(_logit(baseline)), "IG": (way * mean).sum(axis=1)}


def _attributions(parameters: Parameters, steps: Floats = MIDPOINTS) -> Floats:
    sentence, baseline = _ends(parameters)
    return np.asarray(((sentence - baseline) * _mean_slope(parameters, steps)).sum(axis=1))


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    sentence, baseline = _ends(parameters)
    return {
        "fx": np.asarray(_logit(sentence)),
        "base": np.asarray(_logit(baseline)),
        "IG": _attributions(parameters),
    }


def mistake_zero_baseline(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Embeddings of zeros."""
    sentence, _ = _ends(parameters)
    return _integrated(sentence, np.zeros_like(sentence))


def mistake_all_masked(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """[CLS] and [SEP] masked as well."""
    return _integrated(*_ends(parameters, keep=False))


def mistake_few_steps(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Four steps at their right ends."""
    return {"IG": _attributions(parameters, np.arange(1, 5) / 4)}


def further_forms(parameters: Parameters) -> Outputs:
    """Other rules: left ends, right ends, both ends, middles; and the gradient at the sentence."""
    right = _attributions(parameters)
    rules = [
        steps
        for n in (*range(1, 21), 32)
        for steps in (np.arange(n) / n, np.arange(1, n + 1) / n, np.arange(n + 1) / n)
    ]
    rules += [(np.arange(n) + 0.5) / n for n in range(1, 9)]
    forms = [_attributions(parameters, steps) for steps in rules]
    apart = [form for form in forms if np.abs(form - right).sum() > 0.02 * np.abs(right).sum()]
    at_the_end = _mean_slope(parameters, np.ones(1)).sum(axis=1)
    return {"few_steps/IG": np.stack(apart), "gradient/IG": at_the_end[None]}


def mistake_probability(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The sigmoid of the logit is explained."""
    sentence, baseline = _ends(parameters)
    way = sentence - baseline
    points = [baseline + np.float32(a) * way for a in MIDPOINTS]
    mean = np.mean([_gradient(point, of_probability=True) for point in points], axis=0)
    return {"IG": (way * mean).sum(axis=1)}


def mistake_gradient(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The mean gradient, not multiplied by the way."""
    return {"IG": _mean_slope(parameters).sum(axis=1)}


def mistake_gradient_times_input(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The gradient at the sentence times the embeddings."""
    sentence, _ = _ends(parameters)
    return {"IG": (sentence * _gradient(sentence)).sum(axis=1)}


def mistake_norm(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The length of each token's attributions."""
    sentence, baseline = _ends(parameters)
    return {"IG": np.linalg.norm((sentence - baseline) * _mean_slope(parameters), axis=1)}


def mistake_probability_in_fx(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The sigmoid of the logit in fx."""
    return {"fx": np.asarray(1 / (1 + np.exp(-_logit(_ends(parameters)[0]))))}
