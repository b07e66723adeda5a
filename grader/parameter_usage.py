"""What the text of a notebook says about answers that ignore the parameters.

Only looked at when an answer did not change with the parameters, to say which of the two it was:
numbers written down, or parameters not used. Patterns on text, nothing is parsed or evaluated, so
magics and half a line do no harm.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grader.explanation import ParameterUsage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.exercise import ExerciseDefinition

NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|(?<![\w.])\.\d+")
COMMENT = re.compile(r"#[^\n]*")


def read_parameter_usage(
    exercise: ExerciseDefinition, cells: Sequence[str], parameters_cell: int | None
) -> ParameterUsage:
    """What the code cells do with parameters and literals.

    Args:
        exercise: names parameters and outputs.
        cells: sources of the code cells.
        parameters_cell: index of the cell tagged ``parameters``.
    """
    code = [
        "" if index == parameters_cell else COMMENT.sub("", cell)
        for index, cell in enumerate(cells)
    ]
    names = [parameter.name for parameter in exercise.parameters if parameter.draw]
    unread = tuple(name for name in names if not any(_names(name, cell) for cell in code))
    reassigned: dict[str, int] = {}
    for name in names:
        for index, cell in enumerate(code):
            if re.search(rf"^[ \t]*{name}[ \t]*=[^=]", cell, re.MULTILINE):
                reassigned.setdefault(name, index + 1)
    literals = {}
    for output in exercise.outputs:
        size = 1
        for length in output.shape:
            size *= length or 1
        for index, cell in enumerate(code):
            # Half of the values written down is no accident any more; one or two may be.
            if size > 2 and _names(output.name, cell) and len(NUMBER.findall(cell)) >= size / 2:  # noqa: PLR2004
                literals[output.name] = index + 1
    return ParameterUsage(unread=unread, reassigned=reassigned, literals=literals)


def _names(name: str, cell: str) -> bool:
    return re.search(rf"\b{name}\b", cell) is not None
