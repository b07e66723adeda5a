"""Notebook files: which exercise one is for, and the bytes that are sent of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from .outcomes import Refused
from .site import SLUG

MOST_BYTES = 256 * 2**20
"""A larger file is no notebook that anybody wrote."""
MOST_FILES = 200
"""Notebooks of a folder that are looked into."""


class Notebook(NamedTuple):
    """A notebook file, read.

    Attributes:
        exercise: the exercise that its metadata names; empty if it names none.
        content: without outputs, which the site removes in any case.
        saved: when the file was written, in seconds since 1970.
    """

    file: Path
    exercise: str
    content: bytes
    saved: float


def read(file: Path) -> Notebook:
    """Read a notebook file.

    Raises:
        Refused: it cannot be read, or is no notebook.
    """
    try:
        facts = file.stat()
        if facts.st_size > MOST_BYTES:
            raise Refused("not_a_notebook", f"{file} is larger than 256 MiB.")
        data = file.read_bytes()
    except FileNotFoundError:
        raise Refused("no_file", f"There is no file {file}.") from None
    except OSError as error:
        raise Refused("no_file", f"Can't read {file}: {error.strerror}.") from error
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, dict) or not isinstance(tree.get("cells"), list):
        message = f"{file} isn't a notebook (.ipynb). Submit the notebook itself, not an export."
        raise Refused("not_a_notebook", message)
    return Notebook(file, exercise_of(tree), _without_outputs(tree), facts.st_mtime)


def exercise_of(tree: dict[str, Any]) -> str:
    """Return the exercise that a notebook's metadata names; empty if it names none."""
    metadata = tree.get("metadata")
    named = metadata.get("whybox") if isinstance(metadata, dict) else None
    slug = named.get("exercise") if isinstance(named, dict) else None
    return slug if isinstance(slug, str) and SLUG.fullmatch(slug) else ""


def named(content: bytes, exercise: str) -> bytes:
    """Return a notebook whose metadata names its exercise; as it is if it does already."""
    try:
        tree = json.loads(content)
    except ValueError:
        tree = None
    if not isinstance(tree, dict) or exercise_of(tree) == exercise:
        return content
    metadata = tree.get("metadata")
    tree["metadata"] = {
        **(metadata if isinstance(metadata, dict) else {}),
        "whybox": {"exercise": exercise},
    }
    return json.dumps(tree, indent=1).encode()


def find(wanted: str, folder: Path) -> Path:
    """Return the notebook that is meant: a file, the one of an exercise, or the only one.

    Args:
        wanted: a file, an exercise, or empty.
        folder: where notebooks are looked for.

    Raises:
        Refused: there is none, or more than one.
    """
    if wanted and (Path(wanted).suffix == ".ipynb" or Path(wanted).is_file()):
        return Path(wanted)
    found: list[Path] = []
    for file in sorted(folder.glob("*.ipynb"))[:MOST_FILES]:
        try:
            exercise = read(file).exercise
        except Refused:
            continue
        if exercise and (not wanted or exercise == wanted):
            found.append(file)
    if len(found) == 1:
        return found[0]
    meant = f"of the exercise {wanted}" if wanted else "of an exercise"
    if found:
        names = ", ".join(file.name for file in found)
        raise Refused(
            "several_notebooks", f"Several notebooks here are {meant}: {names}. Name one."
        )
    message = f"No notebook {meant} here ({folder}). Name the file, or get it: whybox get EXERCISE"
    raise Refused("no_notebook", message)


def _without_outputs(tree: dict[str, Any]) -> bytes:
    for cell in tree["cells"]:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            cell["outputs"] = []
    metadata = tree.get("metadata")
    if isinstance(metadata, dict):
        metadata.pop("widgets", None)  # their state, which outputs alone refer to
    return json.dumps(tree).encode()
