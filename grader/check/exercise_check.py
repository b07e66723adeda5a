"""Checks one exercise completely."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.check.cheap_scores import check_cheap_scores, check_world
from grader.check.false_rejections import check_fresh_seeds, check_left_out_seeds
from grader.check.files import check_files
from grader.check.misconceptions import check_misconceptions
from grader.check.power import check_power
from grader.check.report import ExerciseCheck
from grader.check.rounding import check_rounding
from grader.check.samples import check_samples
from grader.check.simulation import check_variants
from grader.check.solution import check_solution, check_starter
from grader.errors import GraderError, SandboxUnavailable
from grader.exercise import load_exercise
from grader.reference import ReferenceStore
from grader.variants import visible_variant

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.job import Sandbox


@dataclass(frozen=True)
class CheckScope:
    """How much is checked.

    Attributes:
        variants: number of variants for the solution.
        correct_seeds: fresh seeds for correct answers.
        repeats: fresh seeds for each misconception.
        power_runs: runs with each misconception, for the rate at which it passes.
        hidden_samples: run every sample with hidden parameters too, not only where the visible run
            does not get the expected grade already.
    """

    variants: int
    correct_seeds: int
    repeats: int
    power_runs: int = 60
    hidden_samples: bool = True


FULL = CheckScope(variants=20, correct_seeds=200, repeats=5)
SHORT = CheckScope(variants=1, correct_seeds=20, repeats=1, power_runs=5, hidden_samples=False)


def check_exercise(
    folder: Path, references: Path, scope: CheckScope, sandbox: Sandbox
) -> ExerciseCheck:
    """Check one exercise; problems are collected, none ends the check."""
    found = ExerciseCheck(folder.name)
    started = time.perf_counter()
    try:
        exercise = load_exercise(folder)
        found.pass_score, found.blind_spots = exercise.pass_score, exercise.blind_spots
        store = ReferenceStore(references)
        check_files(exercise, found)
        variants = check_variants(exercise, scope.variants)
        check_starter(exercise, store, sandbox, found)
        check_solution(exercise, store, sandbox, variants, found)
        check_samples(exercise, store, sandbox, found, hidden_samples=scope.hidden_samples)
        check_cheap_scores(exercise, found)
        check_world(exercise, found)
        check_rounding(exercise, store, (visible_variant(exercise), *variants), found)
        check_misconceptions(exercise, store, scope.repeats, found)
        check_power(exercise, store, scope.power_runs, found)
        if exercise.seeds > 1:
            found.runs = exercise.runs
            check_fresh_seeds(exercise, store, scope.correct_seeds, found)
            for variant in (visible_variant(exercise), *variants):
                check_left_out_seeds(exercise, store, variant, found)
            allowed = found.rejections_allowed
            problem = (
                f"{found.rejected} of {found.correct_runs} correct runs are rejected; "
                f"{allowed} may be"
            )
            found.need(found.rejected <= allowed, problem)
    except SandboxUnavailable:
        raise
    except GraderError as error:
        found.problems.append(str(error))
    found.seconds = time.perf_counter() - started
    return found
