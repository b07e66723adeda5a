"""Variants: the visible parameters, and hidden ones drawn from a deployment's secret."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grader.author_code import author_code, call_author

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.exercise import Draw, ExerciseDefinition, Parameter
    from grader.sandbox.job import JSONValue

VISIBLE = "visible"
SUITABLE = "suitable"
"""The function of reference.py that may refuse a drawing."""
REDRAWS = 100
"""A value with two alternatives repeats itself as often with a chance of one in 10^30."""


@dataclass(frozen=True)
class Variant:
    """One drawing of an exercise's parameters.

    Attributes:
        id: ``visible``, or ``hidden-<k>`` for the k-th of the deployment's pool.
    """

    id: str
    parameters: Mapping[str, JSONValue]

    @property
    def key(self) -> str:
        """Sha256 of the parameters, the same for equal drawings."""
        return hashlib.sha256(json.dumps(self.parameters, sort_keys=True).encode()).hexdigest()


def visible_variant(exercise: ExerciseDefinition) -> Variant:
    """The parameters that stand in the starter notebook."""
    return Variant(VISIBLE, exercise.visible_parameters)


def hidden_variant(exercise: ExerciseDefinition, secret: bytes, index: int) -> Variant:
    """The `index`-th hidden variant: the same for one secret.

    It is one that the author's `suitable`, where there is one, accepts. It differs from the visible
    one in every parameter that is drawn, so that a notebook which ignores one of them cannot pass,
    and from the variants before it while the world lasts.
    """
    drawn = _DRAWN.setdefault((exercise.slug, exercise.content_hash, secret), [])
    known = {variant.key for variant in drawn}
    while len(drawn) <= index:
        name = f"hidden-{len(drawn)}"
        generator = np.random.default_rng(_number(secret, f"{exercise.slug}/variant/{len(drawn)}"))
        for _ in range(REDRAWS):
            parameters = {each.name: _other(each, generator) for each in exercise.parameters}
            variant = Variant(name, parameters)
            if variant.key not in known and _is_suitable(exercise, parameters):
                break
        known.add(variant.key)
        drawn.append(variant)
    return drawn[index]


_DRAWN: dict[tuple[str, str, bytes], list[Variant]] = {}


def _is_suitable(exercise: ExerciseDefinition, parameters: Mapping[str, JSONValue]) -> bool:
    """Whether the author accepts a drawing: none whose right answer, rounded, would be wrong."""
    if not hasattr(author_code(exercise), SUITABLE):
        return True
    return bool(call_author(exercise, SUITABLE, dict(parameters)))


def hidden_pool(exercise: ExerciseDefinition, secret: bytes) -> tuple[Variant, ...]:
    """All hidden variants of a deployment: few, so that their references are cached."""
    return tuple(hidden_variant(exercise, secret, index) for index in range(exercise.variants))


def choose_hidden(exercise: ExerciseDefinition, secret: bytes, attempt: int) -> Variant | None:
    """The hidden variant of an attempt; None when the exercise draws nothing.

    Each attempt of a learner gets a new one until the pool is used up.
    """
    if not exercise.variants:
        return None
    generator = np.random.default_rng(_number(secret, f"{exercise.slug}/attempts"))
    order = generator.permutation(exercise.variants)
    return hidden_variant(exercise, secret, int(order[(attempt - 1) % exercise.variants]))


def _other(parameter: Parameter, generator: np.random.Generator) -> JSONValue:
    """A drawn value that is not the visible one; the value itself where nothing is drawn."""
    if parameter.draw is None:
        return parameter.value
    for _ in range(REDRAWS):
        drawn = _drawn(parameter.draw, generator)
        if drawn != parameter.value:
            break
    return drawn


def _number(secret: bytes, text: str) -> int:
    return int.from_bytes(hmac.new(secret, text.encode(), hashlib.sha256).digest())


def _drawn(draw: Draw, generator: np.random.Generator) -> JSONValue:
    if draw.kind == "choice":
        return draw.options[int(generator.integers(len(draw.options)))]
    if draw.kind == "integer":
        return int(generator.integers(int(draw.low), int(draw.high)))
    if draw.kind == "number":
        return float(generator.uniform(draw.low, draw.high))
    pool = np.arange(int(draw.low), int(draw.high))
    drawn = [int(value) for value in generator.choice(pool, size=draw.size, replace=False)]
    return sorted(drawn) if draw.ordered else drawn
