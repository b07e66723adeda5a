"""Draw the cases of one exercise by a seed: those of every exercise and those of its own file."""

from __future__ import annotations

import zlib
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from bench.diagnosis_harness.case import Case
from bench.diagnosis_harness.generic import generic_cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.exercise import ExerciseDefinition

FOLDER = Path(__file__).parent / "cases"


def drawn_cases(exercise: ExerciseDefinition, seed: int) -> tuple[Case, ...]:
    """Return the cases of one exercise; the same for the same seed."""
    generator = np.random.default_rng([seed, zlib.crc32(exercise.slug.encode())])
    return (*generic_cases(exercise, generator), *_own(exercise, generator))


def _own(exercise: ExerciseDefinition, generator: np.random.Generator) -> Iterator[Case]:
    file = FOLDER / f"{exercise.slug}.yaml"
    if not file.is_file():
        return
    for entry in yaml.safe_load(file.read_text(encoding="utf-8")):
        yield _case(entry, generator)


def _case(entry: dict[str, Any], generator: np.random.Generator) -> Case:
    values = {
        name: str(int(generator.integers(low, high + 1)))
        for name, (low, high) in entry.get("draw", {}).items()
    }
    return Case(
        name=entry["name"],
        kind=entry["kind"],
        edits={old: Template(new).safe_substitute(values) for old, new in entry["edit"].items()},
        true=frozenset(entry.get("names", ())),
        may=frozenset(entry.get("may", ())),
        blind=entry.get("blind", False),
    )
