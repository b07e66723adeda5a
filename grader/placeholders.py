"""What the starter notebook leaves in its outputs, read off its text: nothing is run for it."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from grader.notebook import code_cells, read_notebook

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from grader.exercise import ExerciseDefinition

FILLED = {"zeros": 0.0, "zeros_like": 0.0, "ones": 1.0, "ones_like": 1.0}
FILLED_WITH = ("full", "full_like")


def placeholders(exercise: ExerciseDefinition) -> Mapping[str, float]:
    """Output -> the number that the starter fills it with; without those filled otherwise."""
    found = _assigned(exercise.starter, exercise.content_hash)
    return {output.name: found[output.name] for output in exercise.outputs if output.name in found}


@lru_cache(maxsize=256)
def _assigned(starter: Path, _content_hash: str) -> dict[str, float]:
    """Variable -> its number, where the last cell that sets it fills it with one."""
    found: dict[str, float] = {}
    for cell in code_cells(read_notebook(starter.read_bytes())):
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:  # a magic, say: no placeholder stands beside it
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Assign):
                continue
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.pop(target.id, None)
                    filling = _filling(node.value)
                    if filling is not None:
                        found[target.id] = filling
    return found


def _filling(value: ast.expr) -> float | None:
    """The number in ``np.zeros(…)``, ``np.full(…, number)`` or a number alone."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        name, arguments = value.func.attr, value.args
        if name in FILLED_WITH and len(arguments) > 1:
            return _filling(arguments[1])
        return FILLED.get(name)
    try:
        number = ast.literal_eval(value)
    except ValueError:
        return None
    return float(number) if isinstance(number, (int, float)) else None
