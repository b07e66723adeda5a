"""Samples: notebooks in an exercise folder, each with its expected grade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.errors import ExerciseContentError, NotebookRefused
from grader.grading import grade_notebook
from grader.yaml_tree import read_yaml_tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from grader.check.report import ExerciseCheck
    from grader.exercise import ExerciseDefinition
    from grader.reference import ReferenceStore
    from grader.report import GradeReport
    from grader.sandbox.job import Sandbox

SAMPLES_SECRET = b"the variant that samples are checked with"
"""Fixed, so that a second check finds its cached references; no deployment uses it."""


def check_sample(
    exercise: ExerciseDefinition,
    folder: Path,
    store: ReferenceStore,
    sandbox: Sandbox,
    secret: bytes | None,
) -> list[str]:
    """Grade one sample and return the differences from the expected grade.

    Args:
        exercise: the sample's exercise.
        folder: the sample.
        store: reference values.
        sandbox: where it runs.
        secret: draws the hidden parameters; None runs it with the visible ones only.

    Raises:
        ExerciseContentError: expected.yaml cannot be read or contains an unknown key.
    """
    file = folder / "expected.yaml"
    expected, lines = read_yaml_tree(file)
    known = {"passed", "score", "misconception", "criteria", "messages", "verdict", "refused"}
    if not isinstance(expected, dict) or not set(expected) <= known:
        unknown = sorted(set(expected) - known) if isinstance(expected, dict) else []
        key = unknown[0] if unknown else ""
        raise ExerciseContentError(
            "is not a key of a sample", file=file, key=key, line=lines.get(key)
        )
    try:
        report = grade_notebook(
            exercise,
            (folder / "submission.ipynb").read_bytes(),
            sandbox=sandbox,
            references=store,
            secret=secret,
        )
    except NotebookRefused as refusal:
        wanted = expected.get("refused")
        return [] if wanted == refusal.reason else [f"refused ({refusal.reason})"]
    except OSError as error:
        return [f"submission.ipynb cannot be read ({error.strerror})"]
    return _differences(expected, report)


def _differences(expected: Mapping[str, Any], report: GradeReport) -> list[str]:
    results = {result.id: result for result in report.criteria}
    wrong: list[str] = []

    def same(what: str, wanted: Any, got: Any) -> None:
        if wanted != got:
            wrong.append(f"{what}: {wanted} expected, {got} found")

    if "refused" in expected:
        return [f"not refused ({expected['refused']} expected)"]
    same("verdict", expected.get("verdict", "ok"), str(report.verdict))
    if "passed" in expected:
        same("passed", expected["passed"], report.passed)
    if "score" in expected:
        wanted = expected["score"]
        low, high = wanted if isinstance(wanted, list) else (wanted, wanted)
        if not low <= report.score <= high:
            wrong.append(f"score: {wanted} expected, {report.score:g} found")
    if "misconception" in expected:
        named = report.misconception
        same("misconception", expected["misconception"] and sorted(expected["misconception"]),
             sorted(named.ids) if named and named.ids else None)  # fmt: skip
    for key, value in expected.get("criteria", {}).items():
        same(f"criterion {key}", value, results[key].passed if key in results else None)
    for key, value in expected.get("messages", {}).items():
        same(f"message of {key}", value, results[key].message_id if key in results else None)
    return wrong


def check_samples(
    exercise: ExerciseDefinition,
    store: ReferenceStore,
    sandbox: Sandbox,
    found: ExerciseCheck,
    *,
    hidden_samples: bool,
) -> None:
    """Check that every sample gets its expected grade, with hidden parameters where needed."""
    folders = sorted(path.parent for path in exercise.folder.glob("samples/*/expected.yaml"))
    found.need(bool(folders), "there are no samples")
    for folder in folders:
        for secret in (SAMPLES_SECRET,) if hidden_samples else (None, SAMPLES_SECRET):
            wrong = check_sample(exercise, folder, store, sandbox, secret)
            if not wrong:
                break
        found.samples += not wrong
        found.problems += [f"samples/{folder.name}: {problem}" for problem in wrong]
