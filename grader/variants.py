"""Variants: the visible parameters, and hidden ones drawn from a deployment's secret."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.exercise import Draw, ExerciseDefinition
    from grader.sandbox.job import JSONValue

VISIBLE = "visible"


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
    """The `index`-th hidden variant: the same for one secret, different from the visible one."""
    generator = np.random.default_rng(_number(secret, f"{exercise.slug}/variant/{index}"))
    for _ in range(100):
        parameters = {
            parameter.name: _drawn(parameter.draw, generator) if parameter.draw else parameter.value
            for parameter in exercise.parameters
        }
        if parameters != exercise.visible_parameters:
            break
    return Variant(f"hidden-{index}", parameters)


def hidden_pool(exercise: ExerciseDefinition, secret: bytes) -> tuple[Variant, ...]:
    """All hidden variants of a deployment: few, so that their references are cached."""
    return tuple(hidden_variant(exercise, secret, index) for index in range(exercise.variants))


def choose_hidden(exercise: ExerciseDefinition, secret: bytes, attempt: int) -> Variant | None:
    """The hidden variant of an attempt; None when the exercise draws nothing."""
    if not exercise.variants:
        return None
    index = _number(secret, f"{exercise.slug}/attempt/{attempt}") % exercise.variants
    return hidden_variant(exercise, secret, index)


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
