"""Hashes of an exercise folder: of its content, and of what its reference values depend on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.exercise.definition import Misconception

LIBRARY = Path(__file__).resolve().parents[1] / "models" / "whybox_models"


def content_hash(folder: Path) -> str:
    """Sha256 over the folder's files, without samples, solution and traces of editors."""
    digest = hashlib.sha256()
    for file in _files(folder):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    """Every file that matters, in a fixed order."""
    found = []
    for file in sorted(folder.rglob("*")):
        place = file.relative_to(folder)
        hidden = any(part.startswith((".", "__")) for part in place.parts)
        aside = place.parts[0] in {"samples", "solution.ipynb", "solution.md", "reference.lock"}
        if file.is_file() and not hidden and not aside:
            found.append(file)
    return found


def reference_hash(
    folder: Path, tree: Mapping[str, Any], misconceptions: Sequence[Misconception]
) -> str:
    """Sha256 over code and data, and over what exercise.yaml says about computing, not its words.

    The parameters are no part of it: each variant's stand in the key of its reference. The library
    for real networks is, where the exercise opens one.
    """
    digest = hashlib.sha256()
    if tree.get("models"):
        for file in sorted(LIBRARY.glob("*.py")):
            digest.update(f"{file.name}\0".encode() + file.read_bytes())
    for file in _files(folder):
        if file.suffix not in {".ipynb", ".md"} and file.name != "exercise.yaml":
            digest.update(f"{file.relative_to(folder).as_posix()}\0".encode() + file.read_bytes())
    outputs = {
        name: [raw.get(key) for key in ("dtype", "shape", "labelled", "runs")]
        for name, raw in tree["outputs"].items()
    }
    own = [misconception.id for misconception in misconceptions if not misconception.family]
    digest.update(json.dumps([outputs, own, tree.get("seeds", 1)], sort_keys=True).encode())
    return digest.hexdigest()
