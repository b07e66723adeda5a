"""Load exercises: folders under content/ become rows, so that pages open no file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.html import strip_tags

from courses.authoring import search_index
from courses.markup.rendering import Source, render_page
from courses.models import Part
from exercises.catalogue.folders import FOLDER
from exercises.catalogue.rubric import read_rubric
from exercises.catalogue.solutions import solution_of
from exercises.models import Exercise, ModelSolution
from grader.exercise import load_exercise

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from grader.exercise import ExerciseDefinition


@transaction.atomic
def load(*, content: Path) -> list[str]:
    """Make the rows what `content` says, all or nothing; return the slugs that changed.

    An exercise whose folder is gone stays, inactive: submissions still belong to it.

    Raises:
        grader.errors.ExerciseContentError: exercise.yaml is wrong; nothing was written.
        courses.markup.problems.InvalidContentError: its Markdown is wrong; nothing was written.
    """
    folders = sorted(file.parent for file in (content / FOLDER).glob("*/exercise.yaml"))
    rows = {row.slug: row for row in Exercise.objects.select_related("solution")}
    changed = []
    for folder in folders:
        definition = load_exercise(folder)
        fields, solution = _fields(definition), solution_of(definition)
        row = rows.pop(folder.name, None) or Exercise(slug=folder.name)
        if row.pk is None or any(getattr(row, name) != fields[name] for name in fields):
            for name, value in fields.items():
                setattr(row, name, value)
            row.full_clean()
            row.save()
            changed.append(row.slug)
        if _write_solution(row, solution) and row.slug not in changed:
            changed.append(row.slug)
    for row in rows.values():
        if row.active:
            row.active = False
            row.save(update_fields=["active"])
            changed.append(row.slug)
    if changed:
        search_index.rebuild()
    return changed


def _write_solution(row: Exercise, fields: dict[str, Any] | None) -> bool:
    """Make an exercise's model solution what its folder says; return whether that changed it."""
    stored: ModelSolution | None = getattr(row, "solution", None)
    if fields is None:
        if stored is not None:
            stored.delete()
        return stored is not None
    solution = stored or ModelSolution(exercise=row)
    if stored is not None and all(getattr(solution, name) == fields[name] for name in fields):
        return False
    for name, value in fields.items():
        setattr(solution, name, value)
    solution.save()
    return True


def search_entries() -> Iterable[search_index.Entry]:
    """Return the exercises of courses that are taught, for the search."""
    taught = Part.objects.filter(course__withdrawn=False).exclude(exercise_slug="")
    languages = dict(taught.values_list("exercise_slug", "course__language"))
    for exercise in Exercise.objects.active().filter(slug__in=languages):
        body = f"{exercise.summary} {strip_tags(exercise.description['statement_html'])}"
        yield search_index.Entry(
            f"exercise:{exercise.slug}", languages[exercise.slug], exercise.title, body
        )


def _html(markdown: str, exercise: ExerciseDefinition) -> str:
    source = Source(file=f"{FOLDER}/{exercise.slug}/exercise.yaml")
    return render_page(markdown, source).html


def _fields(exercise: ExerciseDefinition) -> dict[str, Any]:
    rubric = read_rubric(exercise.folder)
    return {
        "title": exercise.title,
        "summary": exercise.summary,
        "version": exercise.version,
        "content_hash": exercise.content_hash,
        "minutes": exercise.minutes,
        "max_score": exercise.max_score,
        "pass_score": exercise.pass_score,
        "max_attempts": exercise.max_attempts,
        "reviewed": rubric is not None,
        "active": True,
        "description": {
            "review": rubric.to_json() if rubric else None,
            "statement": exercise.statement,
            "statement_html": _html(exercise.statement, exercise),
            "level": exercise.level,
            "topics": list(exercise.topics),
            "outputs": [
                {
                    "name": output.name,
                    "dtype": output.dtype,
                    "shape": list(output.shape),
                    "meaning": output.meaning,
                    "unit": output.unit,
                    "columns": list(output.columns),
                }
                for output in exercise.outputs
            ],
            "parameters": [
                {"name": parameter.name, "meaning": parameter.meaning}
                for parameter in exercise.parameters
            ],
            "criteria": [
                {"id": criterion.id, "title": criterion.title, "points": criterion.points}
                for criterion in exercise.criteria
            ],
            "hints_html": [_html(hint, exercise) for hint in exercise.hints],
            "hidden_run": exercise.variants > 0,
            "blind_spots": list(exercise.blind_spots),
            "models": list(exercise.models),
            "limits": {
                "wall_seconds": exercise.limits.wall_seconds,
                "cpu_seconds": exercise.limits.cpu_seconds,
                "memory_bytes": exercise.limits.memory_bytes,
                "answer_bytes": exercise.limits.answer_bytes,
            },
        },
    }
