"""Draw the cases of one exercise by a seed: those of every exercise and those of its own file."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from bench.diagnosis_harness.case import Case
from bench.diagnosis_harness.generic import generic_cases

if TYPE_CHECKING:
    from grader.exercise import ExerciseDefinition

FOLDER = Path(__file__).parent / "cases"


def drawn_cases(exercise: ExerciseDefinition, seed: int) -> tuple[Case, ...]:
    """Return the cases of one exercise; the same for the same seed."""
    generator = np.random.default_rng([seed, zlib.crc32(exercise.slug.encode())])
    entries = _entries(exercise)
    blind = {name for entry in entries for name in entry.get("declared", ())}
    generic = [
        replace(case, blind=case.name in blind) for case in generic_cases(exercise, generator)
    ]
    return (*generic, *(_case(each, generator) for each in entries if "declared" not in each))


def _entries(exercise: ExerciseDefinition) -> list[dict[str, Any]]:
    """The exercise's own cases, and (`declared`) the generic ones that are its blind spots."""
    file = FOLDER / f"{exercise.slug}.yaml"
    return yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else []


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
