"""Content files: YAML whose every value knows its line, and problems that name file and line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from courses.markup.problems import InvalidContentError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Keys = tuple["str | int", ...]
"""The way to a value in a document: names of entries and positions in lists."""

_FRONT_MATTER = re.compile(r"\A---\n(?P<yaml>.*?)^---\n", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """A YAML file, or the front matter of a Markdown file.

    Attributes:
        file: as it is named in problems, below the content folder.
        lines: of each value, from 1.
    """

    file: str
    value: Any
    lines: Mapping[Keys, int] = field(repr=False)

    def line(self, keys: Sequence[str | int]) -> int:
        """Return the line of a value, or of the nearest thing around it that has one."""
        found = tuple(keys)
        while found and found not in self.lines:
            found = found[:-1]
        return self.lines.get(found, 1)

    def problem(self, keys: Sequence[str | int], reason: str) -> Problem:
        """Return a problem with the value at `keys`."""
        return Problem(self.file, self.line(keys), reason)


def read_text(path: Path, name: str) -> str:
    """Return a file's text.

    Raises:
        InvalidContentError: it is missing or no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InvalidContentError([Problem(name, 1, "The file is missing.")]) from error
    except UnicodeDecodeError as error:
        raise InvalidContentError(
            [Problem(name, 1, f"The file is not UTF-8: {error.reason}.")]
        ) from error


def parse_yaml(text: str, name: str, *, skipped_lines: int = 0) -> Document:
    """Return YAML text as plain values with their lines.

    Args:
        text: one YAML document.
        name: the file's name for problems.
        skipped_lines: how many lines of the file come before the text.

    Raises:
        InvalidContentError: it is no YAML, or a mapping has a key twice or a key that is no text.
    """
    loader = yaml.CSafeLoader(text)
    lines: dict[Keys, int] = {}

    def build(node: yaml.Node, keys: Keys) -> Any:
        lines.setdefault(keys, node.start_mark.line + 1 + skipped_lines)
        if isinstance(node, yaml.SequenceNode):
            return [build(child, (*keys, position)) for position, child in enumerate(node.value)]
        if not isinstance(node, yaml.MappingNode):
            return loader.construct_object(node)
        value: dict[str, Any] = {}
        for key_node, child in node.value:
            key = loader.construct_object(key_node)
            line = key_node.start_mark.line + 1 + skipped_lines
            if not isinstance(key, str):
                raise InvalidContentError(
                    [Problem(name, line, f"The key {key!r} is not a string.")]
                )
            if key in value:
                raise InvalidContentError([Problem(name, line, f"The key {key!r} appears twice.")])
            lines[*keys, key] = line
            value[key] = build(child, (*keys, key))
        return value

    try:
        node = loader.get_single_node()
        value = build(node, ()) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = (mark.line if mark else 0) + 1 + skipped_lines
        raise InvalidContentError(
            [Problem(name, line, f"Invalid YAML: {error.problem}.")]
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidContentError(
            [Problem(name, 1 + skipped_lines, f"Invalid YAML: {error}.")]
        ) from error
    finally:
        loader.dispose()
    return Document(file=name, value=value, lines=lines)


def split_front_matter(text: str, name: str) -> tuple[Document, str, int]:
    """Return a Markdown file's front matter, its body, and how many lines come before the body.

    Raises:
        InvalidContentError: there is no front matter, or it is no YAML.
    """
    match = _FRONT_MATTER.match(text)
    if match is None:
        raise InvalidContentError(
            [Problem(name, 1, "The file must begin with front matter between two lines ---.")]
        )
    front = parse_yaml(match["yaml"], name, skipped_lines=1)
    return front, text[match.end() :], match.group().count("\n")


def schema_problems(document: Document, schema: Mapping[str, Any]) -> list[Problem]:
    """Return where a document differs from a JSON Schema."""
    found = []
    for error in Draft202012Validator(schema).iter_errors(document.value):
        keys = list(error.absolute_path)
        place = ".".join(str(key) for key in keys)
        reason = _reason(error)
        if isinstance(error.instance, bool) and error.validator == "type":
            reason += " (YAML reads yes, no, on and off as truth values: write them in quotes)"
        found.append(document.problem(keys, f"{place}: {reason}" if place else reason))
    return found


def _reason(error: ValidationError) -> str:
    """Return what is wrong, then the value, whole: jsonschema begins with a value of any length."""
    value = repr(error.instance)
    reason = error.message.removeprefix(value).strip()
    return reason if reason == error.message else f"{reason}: {value}"
