"""Notebooks of other graders become exercise folders: nbgrader (metadata schema 3), otter (assign).

Both mark a notebook by tests that run in the learner's own process, which Whybox does not do: what
is marked here is the *variables* that those tests look at, compared with what the solution leaves
behind. So a learner's notebook is graded by variable, whatever became of its cells. What cannot be
carried over is listed, never dropped in silence.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.authoring import Cell


@dataclass(frozen=True)
class Test:
    """One test of the source notebook.

    Attributes:
        name: its id there.
        points: what it is worth.
        source: its code, which is never executed here.
    """

    name: str
    points: float
    source: str


@dataclass(frozen=True)
class Assignment:
    """What a source notebook holds, in either format.

    Attributes:
        starter: the learner's cells, solutions taken out.
        solution: the same cells with the solutions.
        tests: in the notebook's order.
        left_out: what cannot be carried over, in words.
    """

    title: str
    starter: tuple[Cell, ...]
    solution: tuple[Cell, ...]
    tests: tuple[Test, ...]
    left_out: tuple[str, ...] = field(default=())


def assigned_names(source: str) -> list[str]:
    """The variables that a cell sets at its top level, in order; none when it does not parse."""
    names: list[str] = []
    for node in _statements(source):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign)):
            targets = [node.target]
        for target in targets:
            parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
            names += [part.id for part in parts if isinstance(part, ast.Name)]
    return list(dict.fromkeys(names))


def used_names(source: str) -> set[str]:
    """The names that a test reads; also those within a doctest's lines."""
    lines = [line.strip() for line in source.splitlines()]
    prompts = [line[4:] for line in lines if line.startswith((">>> ", "... "))]
    text = "\n".join(prompts) if prompts else source
    return {
        node.id
        for statement in _statements(text)
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _statements(source: str) -> list[ast.stmt]:
    """The statements of an author's own cell; magics and shell lines are taken out first."""
    plain = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!", "?"))]
    try:
        return ast.parse("\n".join(plain)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
