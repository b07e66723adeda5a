"""Reads the corpus: habits as small text files, from which notebooks are generated."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("habits")
KEYS = ("score", "says", "shows", "never", "refused", "pictures")


@dataclass
class Cell:
    """One code cell: a standard one of the exercise when it has no text of its own."""

    name: str
    tags: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@dataclass
class Habit:
    """One notebook of the corpus, and what it must get.

    Attributes:
        expected: `score`, what a message `says` or an output `shows`, what is `never` said, the
            words with which it is `refused`, and the `pictures` below each cell.
    """

    title: str
    expected: dict[str, str] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)

    def notebook(self, standard: dict[str, str]) -> bytes:
        """Generate the notebook; an answer of its own follows the standard one in the cell."""
        cells: list[dict[str, Any]] = []
        for number, cell in enumerate(self.cells):
            own = "\n".join(cell.lines).strip()
            if cell.name == "answer":
                own = f"{standard['answer']}{own}"
            tags = cell.tags or (["parameters"] if cell.name == "parameters" else [])
            cells.append(
                {
                    "cell_type": "code",
                    "id": f"habit-{number}",
                    "metadata": {"tags": tags} if tags else {},
                    "source": own or standard[cell.name],
                    "outputs": [],
                    "execution_count": None,
                }
            )
        tree = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
        return json.dumps(tree).encode()


def read_habits() -> dict[str, Habit]:
    """Read all files: title and habit."""
    habits: dict[str, Habit] = {}
    for file in sorted(FOLDER.glob("*.txt")):
        for habit in _habits(file.read_text(encoding="utf-8")):
            key = f"{file.stem}: {habit.title}"
            assert key not in habits, f"two habits are called {key}"
            habits[key] = habit
    return habits


def _habits(text: str) -> list[Habit]:
    found: list[Habit] = []
    for line in text.splitlines():
        if line.startswith("=== "):
            found.append(Habit(line.removeprefix("=== ")))
        elif found and line.startswith("--- "):
            name, *words = line.removeprefix("--- ").split()
            tags = [word.removeprefix("tags=") for word in words]
            found[-1].cells.append(Cell(name, tags))
        elif found and found[-1].cells:
            found[-1].cells[-1].lines.append(line)
        elif found and line.strip():
            key, _, value = line.partition(": ")
            assert key in KEYS, f"unknown: {line}"
            found[-1].expected[key] = value
    return found
