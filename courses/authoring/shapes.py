"""Parts of JSON Schemas that the content files share."""

from __future__ import annotations

from typing import Any, Final

Schema = dict[str, Any]

SLUG: Final[Schema] = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 80}
TEXT: Final[Schema] = {"type": "string", "minLength": 1}
TITLE: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 200}
OPTIONAL_TEXT: Final[Schema] = {"type": "string"}
TEXTS: Final[Schema] = {"type": "array", "items": TEXT}
SLUGS: Final[Schema] = {"type": "array", "items": SLUG, "uniqueItems": True}
NUMBER: Final[Schema] = {"type": "number"}
FORMULA: Final[Schema] = {"type": ["number", "string"]}
ADDRESS: Final[Schema] = {"type": "string", "pattern": "^https://\\S+$", "maxLength": 500}


def object_of(required: Schema, optional: Schema | None = None) -> Schema:
    """Return the schema of a mapping with exactly these entries."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def part_of(properties: Schema) -> Schema:
    """Return the schema of a mapping with some of these entries."""
    return {"type": "object", "properties": properties, "additionalProperties": False}


TOLERANCE: Final[Schema] = {"type": "number", "exclusiveMinimum": 0}
RUBRIC: Final[Schema] = {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 5}
CHOICE: Final = object_of(
    {"id": SLUG, "text": TEXT, "explanation": TEXT}, {"correct": {"type": "boolean"}}
)
