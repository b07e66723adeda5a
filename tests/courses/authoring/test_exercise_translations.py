"""A translated exercise: all of a kind or none of it, and the same code as the original."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from courses.authoring.exercise_translations import exercise_differences, exercise_fields
from courses.authoring.files import Document, parse_yaml, read_text, schema_problems
from courses.authoring.schema import EXERCISE_TRANSLATION

CONTENT = Path(__file__).resolve().parents[3] / "content"
SLUGS = [
    part["exercise"]
    for part in yaml.safe_load((CONTENT / "courses/foundations/course.yaml").read_text())["parts"]
    if "exercise" in part
]
"""The exercises of the course that is translated."""
KEYS = {"title", "summary", "statement", "hints", "blind_spots", "outputs", "criteria"} | {
    *("units", "misconceptions", "figure")
}

ORIGINAL = parse_yaml(
    """
title: A sum
statement: Put the sum into `total`.
hints: ["Use `sum`."]
blind_spots: []
outputs: {total: {meaning: the sum, unit: euros}}
rubric:
  - {id: total, title: The sum}
  - {id: sign, title: The sign, failed: It is negative.}
  - {id: place, title: The place, failed: "It is wrong at {place}."}
misconceptions:
  - absolute
  - {id: product, title: a product, message: You multiplied., question: Plus?}
""",
    "exercises/sum/exercise.yaml",
)


def translated(text: str) -> Document:
    """Return a translation of the exercise above."""
    return parse_yaml(text, "l10n/fr/exercises/sum/exercise.yaml")


def file_of(*folders: str) -> Document:
    """Return an exercise's description from the site's content."""
    path = CONTENT.joinpath(*folders, "exercise.yaml")
    return parse_yaml(read_text(path, path.name), path.name)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_exercises_of_the_french_course_are_french(slug: str) -> None:
    """Each text of such an exercise has a translation that fits its original."""
    document = file_of("l10n", "fr", "exercises", slug)

    assert schema_problems(document, EXERCISE_TRANSLATION) == []
    assert exercise_differences(document, file_of("exercises", slug)) == []
    assert set(document.value) == KEYS


def test_a_title_alone_is_enough() -> None:
    """What is not translated stays in the original's language; nothing else is asked for."""
    assert exercise_differences(translated("title: Une somme"), ORIGINAL) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hints: [un, deux]", "The original has 1 of them."),
        ("outputs: {autre: le total}", "Translate all of these and no others: total."),
        ("units: {total: euros}", "Translate all of these and no others: euros."),
        (
            "criteria: {total: {title: La somme}}",
            "Translate all of these and no others: place, sign, total.",
        ),
        (
            "criteria: {total: {title: a}, sign: {title: b}, place: {title: c}}",
            "The original has a message of its own (failed): translate it.",
        ),
        (
            "criteria: {total: {title: a, failed: x}, sign: {title: b}, place: {title: c}}",
            "The original has no message of its own.",
        ),
        (
            "criteria: {total: {title: a}, sign: {title: b}, place: {title: c, failed: z}}",
            "The original's message has places to fill in, so it stays in its language.",
        ),
        (
            "misconceptions: {absolute: {title: a, message: b, question: c}}",
            "Translate all of these and no others: product.",
        ),
        ("statement: Mettez la somme dans `somme`.", "The original has no such code: `somme`"),
        ("hints: ['Utilisez `somme`.']", "The original has no such code: `somme`"),
        ("figure: {title: Vos valeurs}", "The original's figure has no title."),
    ],
)
def test_what_does_not_fit_the_original_is_refused(text: str, reason: str) -> None:
    """A list of another length, an unknown id, a missing one, or other code: with its reason."""
    found = exercise_differences(translated(text), ORIGINAL)

    assert reason in [problem.reason for problem in found]
    assert {problem.file for problem in found} == {"l10n/fr/exercises/sum/exercise.yaml"}


def test_markdown_is_rendered_and_found_by_the_search() -> None:
    """Task and hints become HTML, the task's words also plain text for the index."""
    document = translated("statement: Mettez la *somme* dans `total`.\nhints: ['Par `sum`.']\n")

    fields = exercise_fields(document, "fr")

    assert "<em>somme</em>" in fields["statement_html"]
    assert "<code>sum</code>" in fields["hints_html"][0]
    assert "Mettez la somme dans total." in fields["text"]
