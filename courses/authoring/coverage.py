"""Coverage of the syllabus, line by line: `content/subject.yaml`, and the page made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from courses.authoring import schema
from courses.authoring.files import Document, parse_yaml, read_text, schema_problems
from courses.markup.problems import InvalidContentError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from courses.authoring.content_files import Tree

FILE: Final = "subject.yaml"
WORK: Final = "exercise:"
RULE: Final = (
    "`make check` fails when a line is taught nowhere, when a place does not exist, and when this "
    "page is stale."
)


def read_subject(root: Path) -> Document | None:
    """Return the subject, line by line; None when the content folder has none.

    Raises:
        InvalidContentError: the file is wrong.
    """
    path = root / FILE
    if not path.exists():
        return None
    name = f"{root.name}/{FILE}"
    document = parse_yaml(read_text(path, name), name)
    if found := schema_problems(document, schema.SUBJECT):
        raise InvalidContentError(found)
    return document


def coverage_problems(subject: Document, tree: Tree) -> list[Problem]:
    """Return lines taught nowhere or at a place that does not exist, and ids used twice."""
    places = _places(tree)
    found: list[Problem] = []
    seen: set[str] = set()
    for where, line in _lines(subject):
        if line["id"] in seen:
            found.append(subject.problem(where, f"The id {line['id']!r} appears twice."))
        seen.add(line["id"])
        if not line["taught"]:
            found.append(subject.problem(where, f"{line['words']!r} is taught nowhere."))
        found.extend(
            subject.problem(where, f"{line['words']!r}: there is no {place!r}.")
            for place in line["taught"]
            if place not in places
        )
    return found


def coverage_page(subject: Document, tree: Tree) -> str:
    """Return the page in Markdown: a table for each part of the subject."""
    places = _places(tree)
    lines = [line for _where, line in _lines(subject)]
    lessons = {place for place in places if not place.startswith(WORK)}
    taught = {place for line in lines for place in line["taught"]}
    told = (
        f"The subject has {len(lines)} lines in {len(subject.value)} parts. Beside each stand the "
        f"lessons that teach it ({len(taught & lessons)} of {len(lessons)} in all) and the "
        "exercises that practise it."
    )
    made = "<!-- Made by `python manage.py check_content --write` from content/subject.yaml. -->"
    parts = ["# What is taught where", "", made, "", told, RULE]
    for part in subject.value:
        parts += ["", f"## {part['part']}", "", "| line | where |", "|---|---|"]
        for line in part["lines"]:
            where = ", ".join(places.get(place, place) for place in line["taught"])
            parts.append(f"| {line['words']} | {where} |")
    return "\n".join(parts) + "\n"


def _lines(subject: Document) -> Iterator[tuple[tuple[int | str, ...], dict[str, Any]]]:
    for at, part in enumerate(subject.value):
        for number, line in enumerate(part["lines"]):
            yield (at, "lines", number), line


def _places(tree: Tree) -> dict[str, str]:
    """Return each lesson and exercise as a link from docs/features/."""
    places = {}
    for course in tree.courses:
        for lesson in course.lessons.values():
            address = f"../../content/courses/{course.slug}/{lesson.folder}/lesson.md"
            title = lesson.front.value["title"]
            places[f"{course.slug}/{lesson.folder}"] = f"[{title}]({address})"
        for slug, exercise in course.exercises.items():
            address = f"../../content/exercises/{slug}/exercise.yaml"
            places[WORK + slug] = f"[{exercise.title}]({address}) (exercise)"
    return places
