"""JSON Schemas of the micro-tasks in lessons; docs/features/lesson-tasks.md says it in words."""

from __future__ import annotations

from typing import Any, Final

from courses.authoring.shapes import (
    CHOICE,
    NUMBER,
    RUBRIC,
    SLUG,
    TEXT,
    TOLERANCE,
    Schema,
    object_of,
)

_TASK: Final[Schema] = {"id": SLUG, "prompt": TEXT}
_WHAT_LINES_SAY: Final[Schema] = {
    "type": "array",
    "items": object_of({"line": {"type": "integer", "minimum": 1}, "explanation": TEXT}),
}
_PREDICTING_A_NUMBER: Final = object_of(
    {
        **_TASK,
        "kind": {"const": "predict"},
        "answer": NUMBER,
        "tolerance": TOLERANCE,
        "explanation": TEXT,
    },
    {
        "unit": TEXT,
        "wrong": {
            "type": "array",
            "items": object_of(
                {
                    "value": NUMBER,
                    "tolerance": TOLERANCE,
                    "explanation": TEXT,
                }
            ),
        },
    },
)
_PREDICTING_ACHOICE: Final = object_of(
    {
        **_TASK,
        "kind": {"const": "predict"},
        "choices": {"type": "array", "items": CHOICE, "minItems": 2, "maxItems": 6},
        "printed": TEXT,
        "explanation": TEXT,
    }
)
_FAULT: Final[Schema] = {
    **_TASK,
    "kind": {"const": "find-the-fault"},
    "fault": {"type": "integer", "minimum": 1},
    "explanation": TEXT,
}
_FAULT_IN_CODE: Final = object_of(
    {**_FAULT, "code": TEXT},
    {"lines": _WHAT_LINES_SAY, "fixed": TEXT, "output": TEXT, "fixed_output": TEXT},
)
_FAULT_IN_REPORT: Final = object_of(
    {**_FAULT, "report": {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 8}},
    {"lines": _WHAT_LINES_SAY, "fixed": TEXT},
)
_COMPLETING: Final = object_of(
    {
        **_TASK,
        "kind": {"const": "complete-the-line"},
        "code": TEXT,
        "answers": {
            "type": "array",
            "items": {**TEXT, "maxLength": 200},
            "minItems": 1,
            "maxItems": 20,
        },
        "explanation": TEXT,
    },
    {
        "wrong": {"type": "array", "items": object_of({"text": TEXT, "explanation": TEXT})},
        "output": TEXT,
        "run": {"type": "boolean"},
    },
)
_DEFENDING: Final = object_of(
    {
        **_TASK,
        "kind": {"const": "defend"},
        "model": TEXT,
        "rubric": RUBRIC,
    }
)
TASK_KINDS: Final = ("predict", "find-the-fault", "complete-the-line", "defend")
TASK: Final[Schema] = {
    "type": "object",
    "properties": {"kind": {"enum": list(TASK_KINDS)}},
    "required": ["kind"],
}


def task_shape(facts: dict[str, Any]) -> Schema:
    """Return the schema of a micro-task whose kind is known."""
    if facts["kind"] == "predict":
        return _PREDICTING_ACHOICE if "choices" in facts else _PREDICTING_A_NUMBER
    if facts["kind"] == "find-the-fault":
        return _FAULT_IN_REPORT if "report" in facts else _FAULT_IN_CODE
    return _COMPLETING if facts["kind"] == "complete-the-line" else _DEFENDING
