"""YAML files with the line of every key, so that an error can name its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from grader.errors import ExerciseContentError
from grader.sandbox.job import MIB

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jsonschema import ValidationError

MAX_YAML_BYTES = MIB
"""Content files are written by hand; a larger one is an error."""


class Checks:
    """Turns a failed condition into an ExerciseContentError with its place."""

    def __init__(self, file: Path, lines: Mapping[str, int]) -> None:
        self.file, self.lines = file, lines

    def that(self, condition: bool, key: str, reason: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Raise an ExerciseContentError with the line of `key` unless `condition` holds."""
        if not condition:
            raise ExerciseContentError(
                reason, file=self.file, key=key, line=line_of(key, self.lines)
            )


def read_yaml_tree(file: Path) -> tuple[Any, dict[str, int]]:
    """Return the content of a YAML 1.2 file and the line of each dotted key.

    Raises:
        ExerciseContentError: unreadable, invalid YAML, a duplicate key or a tag.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise ExerciseContentError(f"cannot be read ({error.strerror})", file=file) from error
    if len(raw) > MAX_YAML_BYTES:
        raise ExerciseContentError(f"larger than {MAX_YAML_BYTES // MIB} MiB", file=file)
    lines = {"": 1}
    try:
        return _plain(YAML().load(raw.decode("utf-8")), "", lines, file), lines
    except UnicodeDecodeError as error:
        raise ExerciseContentError("is not UTF-8 text", file=file) from error
    except RecursionError as error:
        raise ExerciseContentError("is nested too deeply", file=file) from error
    except (YAMLError, ValueError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        problem = error.problem if isinstance(error, MarkedYAMLError) else None
        if isinstance(error, DuplicateKeyError):
            problem = str(problem).partition(" with value")[0]
        line = mark.line + 1 if mark else None
        reason = problem or "is not valid YAML"
        raise ExerciseContentError(reason, file=file, line=line) from error


def _plain(node: Any, path: str, lines: dict[str, int], file: Path) -> Any:
    """Return the node as plain Python data, and record the line of every key below it."""
    if isinstance(node, CommentedMap):
        keys = {key: _joined(path, key) for key in node}
        lines.update({keys[key]: node.lc.key(key)[0] + 1 for key in node if key in node.lc.data})
        return {key: _plain(value, keys[key], lines, file) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        keys = {index: _joined(path, index) for index in range(len(node))}
        lines.update({keys[index]: node.lc.item(index)[0] + 1 for index in keys})
        return [_plain(value, keys[index], lines, file) for index, value in enumerate(node)]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    if node is not None:
        reason = f"has the type {type(node).__name__}; text, numbers, lists and mappings are known"
        raise ExerciseContentError(reason, file=file, key=path, line=line_of(path, lines))
    return None


def _joined(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def schema_reason(error: ValidationError) -> str:
    """Return what is wrong, then the value, whole: jsonschema begins with a value of any length."""
    value = repr(error.instance)
    reason = error.message.removeprefix(value).strip()
    return reason if reason == error.message else f"{reason}: {value}"


def line_of(key: str, lines: Mapping[str, int]) -> int | None:
    """Return the line of `key`, or of its nearest parent in the file."""
    while key and key not in lines:
        key = key.rpartition(".")[0]
    return lines.get(key)
