"""Checks that exercises are sound: files, starter, solution, samples, misconceptions, rejections.

Answers are graded by `grader.grading` alone; this package only provides them: notebooks run in the
sandbox, and answers computed by the author's code with fresh seeds.
"""

from __future__ import annotations

from grader.check.content import check_content
from grader.check.exercise_check import FULL, SHORT, CheckScope, check_exercise
from grader.check.simulation import check_variants, grade_computed_answers

__all__ = [
    "FULL",
    "SHORT",
    "CheckScope",
    "check_content",
    "check_exercise",
    "check_variants",
    "grade_computed_answers",
]
