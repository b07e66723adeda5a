"""How many drawings of its parameters an exercise has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.exercise.definition import Draw, ExerciseDefinition, Parameter
    from grader.sandbox.job import JSONValue


def world_size(exercise: ExerciseDefinition) -> float:
    """How many drawings differ from the visible one in every drawn parameter; inf for numbers.

    A table of all answers, passed on among learners, has as many entries.
    """
    drawn = [parameter for parameter in exercise.parameters if parameter.draw]
    return math.prod(other_values(parameter) for parameter in drawn) if drawn else 0


def other_values(parameter: Parameter) -> float:
    """How many values of a drawn parameter differ from its visible one; inf for numbers."""
    draw = parameter.draw
    if draw is None or draw.kind == "number":
        return math.inf
    if draw.kind == "choice":
        return sum(option != parameter.value for option in draw.options)
    numbers = range(int(draw.low), int(draw.high))
    if draw.kind == "integer":
        return len(numbers) - (parameter.value in numbers)
    count = math.comb if draw.ordered else math.perm
    return count(len(numbers), draw.size) - _may_be_drawn(parameter.value, numbers, draw)


def _may_be_drawn(value: JSONValue, numbers: range, draw: Draw) -> bool:
    """Whether the visible value is one of the samples that may be drawn."""
    if not isinstance(value, list):
        return False
    inside = [int(each) for each in value if isinstance(each, int) and each in numbers]
    fits = len(value) == len(set(inside)) == draw.size
    return fits and (not draw.ordered or inside == sorted(inside))
