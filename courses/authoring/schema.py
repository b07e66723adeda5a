"""JSON Schemas of the content files; docs/features/courses.md says it in words."""

from __future__ import annotations

from typing import Any, Final

from courses.catalogue.models import Career, Level, ReadingKind

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


def _object(required: Schema, optional: Schema | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _partial(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


COURSE: Final = _object(
    {
        "title": TITLE,
        "summary": TEXT,
        "description": TEXT,
        "level": {"enum": Level.values},
        "version": {"type": "string", "pattern": r"^\d+\.\d+$"},
        "language": {"type": "string", "pattern": "^[a-z]{2}(-[A-Z]{2})?$"},
        "author": _object({"name": {**TEXT, "maxLength": 120}}, {"about": OPTIONAL_TEXT}),
        "topics": {**SLUGS, "minItems": 1},
        "careers": {"type": "array", "items": {"enum": Career.values}, "uniqueItems": True},
        "skills": {**TEXTS, "minItems": 1},
        "parts": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "lesson": {"type": "string", "pattern": "^[0-9]{2}-[a-z0-9-]+$"},
                    "exercise": SLUG,
                    "required": {"type": "boolean"},
                },
                "additionalProperties": False,
                "oneOf": [{"required": ["lesson"]}, {"required": ["exercise"]}],
                "dependentRequired": {"required": ["exercise"]},
            },
        },
    },
    {
        "prerequisites": TEXTS,
        "background": OPTIONAL_TEXT,
        "practice": OPTIONAL_TEXT,
    },
)

COURSE_TRANSLATION: Final = _partial(
    {
        "title": TITLE,
        "summary": TEXT,
        "description": TEXT,
        "author": _partial({"about": OPTIONAL_TEXT}),
        "skills": TEXTS,
        "prerequisites": TEXTS,
        "background": OPTIONAL_TEXT,
        "practice": OPTIONAL_TEXT,
    }
)

_SOURCES: Final[Schema] = {"type": "array", "items": _object({"text": TEXT}, {"url": ADDRESS})}

LESSON: Final = _object(
    {
        "title": TITLE,
        "summary": TEXT,
        "objectives": {**TEXTS, "minItems": 3, "maxItems": 5},
        "topics": {**SLUGS, "minItems": 1},
        "sources": _SOURCES,
    }
)

LESSON_TRANSLATION: Final = _object(
    {"title": TITLE, "summary": TEXT},
    {"objectives": TEXTS, "topics": SLUGS, "sources": _SOURCES},
)

_CHOICE: Final = _object(
    {"id": SLUG, "text": TEXT, "explanation": TEXT}, {"correct": {"type": "boolean"}}
)
_ASKED: Final[Schema] = {"id": SLUG, "prompt": TEXT}
_CHOOSING: Final = _object(
    {**_ASKED, "kind": {"enum": ["single", "multiple"]}},
    {
        "choices": {"type": "array", "items": _CHOICE, "minItems": 2, "maxItems": 10},
        "explanation": TEXT,
    },
)
_CHOOSING["required"].append("choices")
_ORDERING: Final = _object(
    {
        **_ASKED,
        "kind": {"const": "order"},
        "items": {
            "type": "array",
            "items": _object({"id": SLUG, "text": TEXT}),
            "minItems": 3,
            "maxItems": 10,
        },
        "explanation": TEXT,
    }
)
_NUMERIC: Final = _object(
    {
        **_ASKED,
        "kind": {"const": "numeric"},
        "answer": FORMULA,
        "tolerance": {"type": "number", "exclusiveMinimum": 0},
        "explanation": TEXT,
    },
    {
        "unit": TEXT,
        "wrong": {
            "type": "array",
            "items": _object(
                {
                    "value": FORMULA,
                    "tolerance": {"type": "number", "exclusiveMinimum": 0},
                    "explanation": TEXT,
                }
            ),
        },
        "draw": {
            "type": "object",
            "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
            "additionalProperties": {"type": "array", "items": NUMBER, "minItems": 1},
            "minProperties": 1,
        },
    },
)
_EXPLAINING: Final = _object(
    {
        **_ASKED,
        "kind": {"const": "explain"},
        "model": TEXT,
        "rubric": {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 5},
    }
)
QUESTION_BY_KIND: Final[dict[str, Schema]] = {
    "single": _CHOOSING,
    "multiple": _CHOOSING,
    "order": _ORDERING,
    "numeric": _NUMERIC,
    "explain": _EXPLAINING,
}

QUIZ: Final = _object(
    {
        "pass_percent": {"type": "integer", "minimum": 1, "maximum": 100},
        "questions": {
            "type": "array",
            "minItems": 4,
            "maxItems": 30,
            "items": {
                "type": "object",
                "properties": {"kind": {"enum": list(QUESTION_BY_KIND)}},
                "required": ["kind"],
            },
        },
    }
)

PATH: Final = _object(
    {"slug": SLUG, "title": TITLE, "summary": TEXT, "courses": {**SLUGS, "minItems": 1}},
    {"text": TEXT},
)
PATH_TRANSLATION: Final = _object({"title": TITLE, "summary": TEXT}, {"text": TEXT})

READING: Final[Schema] = {
    "type": "array",
    "items": _object(
        {
            "kind": {"enum": ReadingKind.values},
            "title": {**TEXT, "maxLength": 300},
            "authors": {**TEXT, "maxLength": 300},
            "year": {"type": "integer", "minimum": 1600, "maximum": 2100},
            "language": {"type": "string", "pattern": "^[a-z]{2}$"},
            "blurb": TEXT,
        },
        {
            "publisher": OPTIONAL_TEXT,
            "venue": OPTIONAL_TEXT,
            "url": ADDRESS,
            "fits": {"type": "array", "items": TEXT},
        },
    ),
}

EXERCISE: Final[Schema] = {
    "type": "object",
    "properties": {"title": TITLE, "minutes": {"type": "integer", "minimum": 1}},
    "required": ["title"],
}

SUBJECT: Final[Schema] = {
    "type": "array",
    "items": _object(
        {
            "part": TITLE,
            "lines": {
                "type": "array",
                "items": _object({"id": SLUG, "words": TEXT, "taught": TEXTS}),
                "minItems": 1,
            },
        }
    ),
}
