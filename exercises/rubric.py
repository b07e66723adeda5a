"""review.yaml: what a person marks of a project, once the automatic checks have passed.

::

    pass_score: 6
    criteria:
      - {id: question, title: The question, points: 4, description: "Is it answered, and by what?"}
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import jsonschema

from grader.yaml_tree import Checks, read_yaml_tree

if TYPE_CHECKING:
    from pathlib import Path

FILE = "review.yaml"
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["pass_score", "criteria"],
    "properties": {
        "pass_score": {"type": "number", "exclusiveMinimum": 0},
        "criteria": {
            "type": "array",
            "minItems": 1,
            "maxItems": 20,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "title", "points", "description"],
                "properties": {
                    "id": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
                    "title": {"type": "string", "minLength": 1, "maxLength": 120},
                    "points": {"type": "number", "exclusiveMinimum": 0, "maximum": 100},
                    "description": {"type": "string", "minLength": 1},
                },
            },
        },
    },
}


@dataclass(frozen=True)
class ReviewCriterion:
    """One line that a reviewer marks, from 0 to `points`."""

    id: str
    title: str
    points: float
    description: str


@dataclass(frozen=True)
class ReviewRubric:
    """All that a reviewer marks."""

    pass_score: float
    criteria: tuple[ReviewCriterion, ...]

    @property
    def max_score(self) -> float:
        """Return what flawless work earns."""
        return sum(criterion.points for criterion in self.criteria)

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> ReviewRubric:
        """Return the rubric that was stored by `to_json`."""
        criteria = tuple(ReviewCriterion(**criterion) for criterion in facts["criteria"])
        return cls(facts["pass_score"], criteria)

    def to_json(self) -> dict[str, Any]:
        """Return the rubric as plain data."""
        return asdict(self) | {"criteria": [asdict(criterion) for criterion in self.criteria]}


def read_rubric(folder: Path) -> ReviewRubric | None:
    """Return the rubric of an exercise folder; None when nobody reviews it.

    Raises:
        ContentError: naming the file, the key and the line.
    """
    file = folder / FILE
    if not file.is_file():
        return None
    tree, lines = read_yaml_tree(file)
    check = Checks(file, lines)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for error in sorted(validator.iter_errors(tree), key=str):
        key = ".".join(str(part) for part in error.absolute_path)
        check.that(condition=False, key=key, reason=error.message)
    ids = [criterion["id"] for criterion in tree["criteria"]]
    check.that(len(ids) == len(set(ids)), "criteria", "an id is used twice")
    rubric = ReviewRubric.from_json(tree)
    reason = f"must be at most the {rubric.max_score:g} points of the criteria"
    check.that(rubric.pass_score <= rubric.max_score, "pass_score", reason)
    return rubric
