"""review.yaml: what a reviewer grades in a project, once the automatic checks have passed.

::

    pass_score: 6
    criteria:
      - id: question
        title: The question
        description: Is it answered, and by what?
        least: 4                 # optional: with less the project is not accepted
        levels:
          - {points: 0, description: "No question is asked."}
          - {points: 4, description: "Asked, and answered by the numbers."}
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import jsonschema

from grader.yaml_tree import Checks, read_yaml_tree, schema_reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "review.yaml"
LEVEL_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["points", "description"],
    "properties": {
        "points": {"type": "number", "minimum": 0, "maximum": 100},
        "description": {"type": "string", "minLength": 1},
    },
}
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
                "required": ["id", "title", "description", "levels"],
                "properties": {
                    "id": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
                    "title": {"type": "string", "minLength": 1, "maxLength": 120},
                    "description": {"type": "string", "minLength": 1},
                    "least": {"type": "number", "exclusiveMinimum": 0},
                    "levels": {
                        "type": "array",
                        "minItems": 2,
                        "maxItems": 10,
                        "items": LEVEL_SCHEMA,
                    },
                },
            },
        },
    },
}


@dataclass(frozen=True)
class Level:
    """A level of quality: its description and its points."""

    points: float
    description: str


@dataclass(frozen=True)
class ReviewCriterion:
    """One criterion of a review; its levels begin at 0 points and rise."""

    id: str
    title: str
    description: str
    levels: tuple[Level, ...]
    least: float = 0
    """Points without which the project is not accepted."""

    @property
    def points(self) -> float:
        """Return what the best level earns."""
        return self.levels[-1].points

    def level(self, points: float) -> Level | None:
        """Return the level that earns so many points; None when none does."""
        return next((level for level in self.levels if level.points == points), None)


@dataclass(frozen=True)
class ReviewRubric:
    """Everything that a reviewer grades."""

    pass_score: float
    criteria: tuple[ReviewCriterion, ...]

    @property
    def max_score(self) -> float:
        """Return the points of flawless work."""
        return sum(criterion.points for criterion in self.criteria)

    def accepts(self, points: Mapping[str, float]) -> bool:
        """Return whether these points (by criterion) suffice in sum and in each criterion."""
        enough = all(points[criterion.id] >= criterion.least for criterion in self.criteria)
        return enough and sum(points.values()) >= self.pass_score

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> ReviewRubric:
        """Return the rubric that was stored by `to_json`."""
        criteria = tuple(
            ReviewCriterion(**{**one, "levels": tuple(Level(**level) for level in one["levels"])})
            for one in facts["criteria"]
        )
        return cls(facts["pass_score"], criteria)

    def to_json(self) -> dict[str, Any]:
        """Return the rubric as plain data."""
        return asdict(self)


def read_rubric(folder: Path) -> ReviewRubric | None:
    """Return the rubric of an exercise folder; None when nobody reviews it.

    Raises:
        ExerciseContentError: naming the file, the key and the line.
    """
    file = folder / FILE
    if not file.is_file():
        return None
    tree, lines = read_yaml_tree(file)
    check = Checks(file, lines)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for error in sorted(validator.iter_errors(tree), key=str):
        key = ".".join(str(part) for part in error.absolute_path)
        check.that(condition=False, key=key, reason=schema_reason(error))
    ids = [criterion["id"] for criterion in tree["criteria"]]
    check.that(len(ids) == len(set(ids)), "criteria", "an id is used twice")
    rubric = ReviewRubric.from_json(tree)
    for index, criterion in enumerate(rubric.criteria):
        earned = [level.points for level in criterion.levels]
        rising = earned[0] == 0 and all(a < b for a, b in pairwise(earned))
        check.that(rising, f"criteria.{index}.levels", "must begin at 0 points and rise")
        reached = criterion.least <= earned[-1]
        check.that(reached, f"criteria.{index}.least", "is more than the best level earns")
    reason = f"must be at most the {rubric.max_score:g} points of the criteria"
    check.that(rubric.pass_score <= rubric.max_score, "pass_score", reason)
    return rubric
