"""Exercise folders: `exercise.yaml` read, validated and returned as frozen data."""

from __future__ import annotations

from grader.exercise.definition import (
    Criterion,
    Draw,
    ExerciseDefinition,
    Figure,
    Misconception,
    Output,
    Parameter,
)
from grader.exercise.loading import SCHEMA_FILE, load_exercise

__all__ = [
    "SCHEMA_FILE",
    "Criterion",
    "Draw",
    "ExerciseDefinition",
    "Figure",
    "Misconception",
    "Output",
    "Parameter",
    "load_exercise",
]
