"""YAML files with the line of every key, so that an error can name its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from grader.errors import ExerciseContentError
from grader.sandbox.job import MIB

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAX_YAML_BYTES = MIB
"""A content file is written by hand; a larger one is a mistake."""


class Checks:
    """Turns a failed condition into a ExerciseContentError with its place."""

    def __init__(self, file: Path, lines: Mapping[str, int]) -> None:
        self.file, self.lines = file, lines

    def that(self, condition: bool, key: str, reason: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Raise a ExerciseContentError with the line of `key` unless `condition` holds."""
        if not condition:
            raise ExerciseContentError(
                reason, file=self.file, key=key, line=line_of(key, self.lines)
            )


def read_yaml_tree(file: Path) -> tuple[Any, dict[str, int]]:
    """The content of a YAML file and the line of each dotted key.

    Raises:
        ExerciseContentError: unreadable, no valid YAML, or a key that is given twice.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise ExerciseContentError(f"cannot be read ({error.strerror})", file=file) from error
    if len(raw) > MAX_YAML_BYTES:
        raise ExerciseContentError(f"larger than {MAX_YAML_BYTES // MIB} MiB", file=file)
    try:
        node = yaml.compose(raw.decode("utf-8"), Loader=yaml.SafeLoader)
        lines: dict[str, int] = {}
        if node is not None:
            _walk(node, "", lines, file)
        return yaml.safe_load(raw), lines
    except UnicodeDecodeError as error:
        raise ExerciseContentError("is not UTF-8 text", file=file) from error
    except RecursionError as error:
        raise ExerciseContentError("is nested too deeply", file=file) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "is not valid YAML"
        line = mark.line + 1 if mark else None
        raise ExerciseContentError(problem, file=file, line=line) from error


def _walk(node: yaml.Node, path: str, lines: dict[str, int], file: Path) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            dotted = f"{path}.{key.value}" if path else str(key.value)
            if dotted in lines:
                line = key.start_mark.line + 1
                raise ExerciseContentError("is given twice", file=file, key=dotted, line=line)
            lines[dotted] = key.start_mark.line + 1
            _walk(value, dotted, lines, file)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, f"{path}.{index}" if path else str(index), lines, file)


def line_of(key: str, lines: Mapping[str, int]) -> int | None:
    """The line of `key`, or of the nearest key above it that stands in the file."""
    while key and key not in lines:
        key = key.rpartition(".")[0]
    return lines.get(key)
