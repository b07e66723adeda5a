"""Reference: patching MiniLM's stream between two sentences, in both directions."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.models import presence
from grader.models.whybox_models import patch

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
LAYERS, TOKENS = 6, 12


@cache
def _head() -> tuple[Numbers, float]:
    """The weights and the bias of the sentiment head."""
    file = Path(__file__).parent / "data" / "sentiment_head.json"
    head = json.loads(file.read_text(encoding="utf-8"))
    return np.asarray(head["weights"], np.float32), float(head["bias"])


def _logit(pooled: Numbers) -> float:
    weights, bias = _head()
    return float(pooled @ weights + bias)


def _pair(people: int, praise: int, blame: int) -> tuple[Numbers, Numbers]:
    model = presence.encoder()
    texts = [
        f"The {PEOPLE[people]} were {word} and the {THINGS[people]} was new."
        for word in (PRAISE[praise], BLAME[blame])
    ]
    clean, corrupted = (model.to_tokens(text) for text in texts)
    return clean, corrupted


@lru_cache(maxsize=64)
def _patched(
    people: int, praise: int, blame: int, place: str = "resid_post", *, whole: bool = False
) -> tuple[Numbers, Numbers, Numbers]:
    """The logits of both runs, and of the patched ones: denoised, noised."""
    model = presence.encoder()
    clean, corrupted = _pair(people, praise, blame)
    (pooled, cache_clean), (worse, cache_corrupted) = (
        model.run_with_cache(tokens) for tokens in (clean, corrupted)
    )
    tables = []
    for target, source in ((corrupted, cache_clean), (clean, cache_corrupted)):
        table = np.empty((LAYERS, TOKENS))
        for layer in range(LAYERS):
            for token in range(1 if whole else TOKENS):
                positions = range(TOKENS) if whole else [token]
                hook = patch(source[place, layer], positions=list(positions))
                value = _logit(model.run_with_hooks(target, {(place, layer): hook}))
                table[layer, token : TOKENS if whole else token + 1] = value
        tables.append(table)
    return np.array([_logit(pooled), _logit(worse)]), tables[0], tables[1]


def _of(parameters: Parameters, place: str = "resid_post", *, whole: bool = False) -> Outputs:
    """All outputs, for a place and one token or all tokens at a time."""
    names = (parameters[name] for name in ("people", "praise", "blame"))
    logits, denoised, noised = _patched(*names, place, whole=whole)
    clean, corrupted = logits
    between = clean - corrupted
    return _tables(logits, (denoised - corrupted) / between, (clean - noised) / between)


def _tables(logits: Numbers, denoising: Numbers, noising: Numbers) -> Outputs:
    return {
        "logits": logits,
        "denoising": denoising,
        "noising": noising,
        "asymmetry": np.asarray(np.abs(denoising - noising).max()),
    }


def suitable(parameters: Parameters) -> bool:
    """Whether the two sentences are clearly of different sentiment."""
    clean, corrupted = _of(parameters)["logits"]
    return bool(clean - corrupted > 4)


def reference(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001 - deterministic
    """What the task asks for."""
    return _of(parameters)


def own_asymmetry(parameters: Parameters, answers: Mapping[str, Any]) -> Numbers:  # noqa: ARG001
    """The largest difference between the learner's own tables."""
    return np.asarray(np.abs(answers["denoising"] - answers["noising"]).max())


def _without_logits(outputs: Outputs) -> Outputs:
    return {name: value for name, value in outputs.items() if name != "logits"}


def mistake_directions_exchanged(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The two tables exchanged."""
    right = _of(parameters)
    return {"denoising": right["noising"], "noising": right["denoising"]}


def mistake_same_cache(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Nothing changes."""
    nothing = np.zeros((LAYERS, TOKENS))
    return _without_logits(_tables(nothing, nothing, nothing))


def mistake_whole_layer(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """All tokens at once."""
    return _without_logits(_of(parameters, whole=True))


def mistake_stream_before(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The stream before each layer."""
    return _without_logits(_of(parameters, "resid_pre"))


def mistake_attention_only(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """What attention adds."""
    return _without_logits(_of(parameters, "attn_out"))


def mistake_next_token(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Columns one token too far to the left."""
    right = _of(parameters)
    return {name: np.roll(right[name], -1, axis=1) for name in ("denoising", "noising")}


def mistake_not_divided(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """Differences of logits."""
    right = _of(parameters)
    between = right["logits"][0] - right["logits"][1]
    return {name: right[name] * between for name in ("denoising", "noising", "asymmetry")}


def mistake_raw_logits(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The patched runs' logits."""
    names = (parameters[name] for name in ("people", "praise", "blame"))
    return _without_logits(_tables(*_patched(*names, "resid_post", whole=False)))


def mistake_other_sign(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """What is lost, below zero."""
    right = _of(parameters)
    tables = _tables(right["logits"], right["denoising"], -right["noising"])
    return {name: tables[name] for name in ("noising", "asymmetry")}


def mistake_logits_exchanged(parameters: Parameters, seed: int) -> Outputs:  # noqa: ARG001
    """The corrupted sentence first."""
    return {"logits": _of(parameters)["logits"][::-1]}
