"""JSON Schemas of the content files; docs/features/courses.md says it in words."""

from __future__ import annotations

from typing import Final

from courses.authoring.shapes import (
    ADDRESS,
    CHOICE,
    FORMULA,
    NUMBER,
    OPTIONAL_TEXT,
    RUBRIC,
    SLUG,
    SLUGS,
    TEXT,
    TEXTS,
    TITLE,
    TOLERANCE,
    Schema,
    object_of,
    part_of,
)
from courses.catalogue.models import Career, Level, ReadingKind

COURSE: Final = object_of(
    {
        "title": TITLE,
        "summary": TEXT,
        "description": TEXT,
        "level": {"enum": Level.values},
        "version": {"type": "string", "pattern": r"^\d+\.\d+$"},
        "language": {"type": "string", "pattern": "^[a-z]{2}(-[A-Z]{2})?$"},
        "author": object_of({"name": {**TEXT, "maxLength": 120}}, {"about": OPTIONAL_TEXT}),
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

COURSE_TRANSLATION: Final = part_of(
    {
        "title": TITLE,
        "summary": TEXT,
        "description": TEXT,
        "author": part_of({"about": OPTIONAL_TEXT}),
        "skills": TEXTS,
        "prerequisites": TEXTS,
        "background": OPTIONAL_TEXT,
        "practice": OPTIONAL_TEXT,
    }
)

_SOURCES: Final[Schema] = {"type": "array", "items": object_of({"text": TEXT}, {"url": ADDRESS})}

LESSON: Final = object_of(
    {
        "title": TITLE,
        "summary": TEXT,
        "objectives": {**TEXTS, "minItems": 3, "maxItems": 5},
        "topics": {**SLUGS, "minItems": 1},
        "sources": _SOURCES,
    }
)

LESSON_TRANSLATION: Final = object_of(
    {"title": TITLE, "summary": TEXT},
    {"objectives": TEXTS, "topics": SLUGS, "sources": _SOURCES},
)

_ASKED: Final[Schema] = {"id": SLUG, "prompt": TEXT}
_CHOOSING: Final = object_of(
    {**_ASKED, "kind": {"enum": ["single", "multiple"]}},
    {
        "choices": {"type": "array", "items": CHOICE, "minItems": 2, "maxItems": 10},
        "explanation": TEXT,
    },
)
_CHOOSING["required"].append("choices")
_ORDERING: Final = object_of(
    {
        **_ASKED,
        "kind": {"const": "order"},
        "items": {
            "type": "array",
            "items": object_of({"id": SLUG, "text": TEXT}),
            "minItems": 3,
            "maxItems": 10,
        },
        "explanation": TEXT,
    }
)
_NUMERIC: Final = object_of(
    {
        **_ASKED,
        "kind": {"const": "numeric"},
        "answer": FORMULA,
        "tolerance": TOLERANCE,
        "explanation": TEXT,
    },
    {
        "unit": TEXT,
        "wrong": {
            "type": "array",
            "items": object_of(
                {
                    "value": FORMULA,
                    "tolerance": TOLERANCE,
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
_EXPLAINING: Final = object_of(
    {
        **_ASKED,
        "kind": {"const": "explain"},
        "model": TEXT,
        "rubric": RUBRIC,
    }
)
QUESTION_BY_KIND: Final[dict[str, Schema]] = {
    "single": _CHOOSING,
    "multiple": _CHOOSING,
    "order": _ORDERING,
    "numeric": _NUMERIC,
    "explain": _EXPLAINING,
}

QUIZ: Final = object_of(
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

PATH: Final = object_of(
    {"slug": SLUG, "title": TITLE, "summary": TEXT, "courses": {**SLUGS, "minItems": 1}},
    {"text": TEXT},
)
PATH_TRANSLATION: Final = object_of({"title": TITLE, "summary": TEXT}, {"text": TEXT})

READING: Final[Schema] = {
    "type": "array",
    "items": object_of(
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

_BY_ID: Final[Schema] = {"type": "object", "minProperties": 1}

EXERCISE_TRANSLATION: Final = part_of(
    {
        "title": TITLE,
        "summary": TEXT,
        "minutes": {"type": "integer", "minimum": 1},
        "statement": TEXT,
        "hints": TEXTS,
        "blind_spots": TEXTS,
        "outputs": {**_BY_ID, "additionalProperties": TEXT},
        "units": {**_BY_ID, "additionalProperties": TITLE},
        "criteria": {
            **_BY_ID,
            "additionalProperties": object_of({"title": TITLE}, {"failed": TEXT}),
        },
        "misconceptions": {
            **_BY_ID,
            "additionalProperties": object_of({"title": TEXT, "message": TEXT, "question": TEXT}),
        },
        "figure": object_of({"title": TITLE}),
    }
)

SUBJECT: Final[Schema] = {
    "type": "array",
    "items": object_of(
        {
            "part": TITLE,
            "lines": {
                "type": "array",
                "items": object_of({"id": SLUG, "words": TEXT, "taught": TEXTS}),
                "minItems": 1,
            },
        }
    ),
}
