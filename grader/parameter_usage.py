"""What the text of a notebook says about answers that ignore the parameters.

Only looked at when an answer did not change with the parameters, to say why: numbers written down,
or parameters not used. Patterns on text, nothing is parsed or evaluated, so magics and half a line
do no harm. What is not certain is not said: an answer counts as written down only where nothing but
numbers is assigned to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grader.explanation import ParameterUsage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grader.exercise import ExerciseDefinition

NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|(?<![\w.])\.\d+")
COMMENT = re.compile(r"#[^\n]*")
NAME = re.compile(r"[^\W\d]\w*")
ASSIGNED = re.compile(r"^[ \t]*([^\W\d]\w*)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
WRAPPERS = frozenset(
    """
    np numpy pd pandas array asarray float float64 float32 int dtype DataFrame Series list tuple
    reshape columns index T
    """.split()  # noqa: SIM905 - a table of words
)
"""What may stand around numbers that are written down."""
FEW = 2
"""Half of the values written down is no accident any more; one or two may be."""


def read_parameter_usage(
    exercise: ExerciseDefinition, cells: Sequence[str], parameters_cells: Sequence[int]
) -> ParameterUsage:
    """What the code cells do with parameters and literals.

    Args:
        exercise: names parameters and outputs.
        cells: sources of the code cells.
        parameters_cells: indices of the cells that set the parameters.
    """
    code = [COMMENT.sub("", cell) for cell in cells]
    drawn = [parameter.name for parameter in exercise.parameters if parameter.draw]
    unread = tuple(name for name in drawn if not any(_reads(name, cell) for cell in code))
    reassigned: dict[str, int] = {}
    literals: dict[str, int] = {}
    sizes = {output.name: _size(output.shape) for output in exercise.outputs}
    for index, cell in enumerate(code):
        for name, value in _assignments(cell):
            if name in drawn and index not in parameters_cells and not _names(name, value):
                reassigned.setdefault(name, index + 1)
            if sizes.get(name, 0) > FEW and _written_down(value, sizes[name]):
                literals.setdefault(name, index + 1)
    stand_in = _stand_in(code, parameters_cells, drawn) if unread else None
    return ParameterUsage(unread, reassigned, literals, stand_in)


def _stand_in(
    code: Sequence[str], parameters_cells: Sequence[int], drawn: Sequence[str]
) -> tuple[str, int] | None:
    """A variable that is used instead of a parameter, and the cell (from 1) that sets it."""
    for index in parameters_cells:
        for name, value in _assignments(code[index]):
            computed = any(_names(parameter, value) for parameter in drawn)
            used = any(_reads(name, cell) for i, cell in enumerate(code) if i != index)
            if name not in drawn and not computed and NUMBER.search(value) and used:
                return name, index + 1
    return None


def _assignments(cell: str) -> Iterable[tuple[str, str]]:
    """Each name that a line sets, with the text up to the next such line."""
    found = list(ASSIGNED.finditer(cell))
    ends = [*(match.start() for match in found[1:]), len(cell)]
    for match, end in zip(found, ends, strict=False):
        yield match[1], _first_statement(cell[match.end() : end])


def _first_statement(text: str) -> str:
    """The text up to the first line end outside of brackets."""
    depth = 0
    for place, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "\n" and depth <= 0:
            return text[:place]
    return text


def _written_down(value: str, size: int) -> bool:
    bare = re.sub(r"(['\"])[^'\"\n]*\1", "", value)
    only_numbers = set(NAME.findall(NUMBER.sub("", bare))) <= WRAPPERS
    return only_numbers and len(NUMBER.findall(bare)) >= size / 2


def _size(shape: Sequence[int | None]) -> int:
    size = 1
    for length in shape:
        size *= length or 1
    return size


def _names(name: str, text: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


def _reads(name: str, cell: str) -> bool:
    """Whether the cell names it other than to set it."""
    return _names(
        name, re.sub(rf"^[ \t]*{name}[ \t]*(?::[^=\n]*)?=(?!=)", "", cell, flags=re.MULTILINE)
    )
