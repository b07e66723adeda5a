"""The ids under which content was published: `content/ids.txt`, one to a line.

Progress, certificates, bookmarks and marked answers refer to courses, lessons, exercises and
questions by these ids. Whoever renames one takes them from the learners: so the list is compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from courses.markup.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from courses.authoring.content_files import Tree

FILE: Final = "ids.txt"


def identities(tree: Tree) -> Iterator[str]:
    """Return the ids that learners' rows refer to."""
    for course in tree.courses:
        yield course.slug
        for exercise in course.exercises:
            yield f"exercise {exercise}"
        for lesson in course.lessons.values():
            yield f"{course.slug}/{lesson.slug}"
            for question in lesson.quiz.document.value["questions"] if lesson.quiz else []:
                yield f"{course.slug}/{lesson.slug} question {question['id']}"


def identity_problems(root: Path, tree: Tree) -> list[Problem]:
    """Return ids that are gone, and ids that are not in the list yet."""
    recorded, present = _recorded(root), set(identities(tree))
    name = f"{root.name}/{FILE}"
    found = [
        Problem(name, line, f"{one!r} was published and is gone: learners' rows refer to it.")
        for line, one in enumerate(recorded, start=1)
        if one not in present
    ]
    if missing := present - set(recorded):
        some = ", ".join(sorted(missing)[:3])
        reason = f"{len(missing)} ids are not in it yet ({some} ...). Run check_content --write."
        found.append(Problem(name, 1, reason))
    return found


def record_identities(root: Path, tree: Tree) -> None:
    """Add what is new to the list; what is gone stays, for a person to decide on."""
    lines = sorted({*_recorded(root), *identities(tree)})
    (root / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _recorded(root: Path) -> list[str]:
    path = root / FILE
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
