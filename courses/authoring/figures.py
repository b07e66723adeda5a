"""Draw the lessons' figures: content/courses/<course>/<lesson>/figures.py → figures/*.svg, *.json.

A translated lesson (content/l10n/<locale>/courses/<course>/<lesson>/) may hold a figures.yaml with
the words of the original's figures in its language; they are then drawn anew beside it.

    python -m courses.authoring.figures content/courses/foundations          # draw what has changed
    python -m courses.authoring.figures content/courses/foundations --check  # list what is stale

Each file carries a digest of the code that made it, so that a check needs no drawing.
Imports nothing heavy: the drawing is done by the sandbox environment's Python.
"""

import argparse
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import yaml

from courses.authoring.lesson_data import data_files_named, data_folder
from courses.authoring.programs import PROGRAMS, WorkbenchError, run_program
from courses.authoring.snippets import read_lesson

MAX_BYTES: Final = 60 * 1024  # a page holds several figures, each in two themes
DRAWING_SECONDS: Final = 300.0
_DIGEST: Final = re.compile(r'made[-_]from"?[=:] ?"([0-9a-f]+)"')
_WORDS: Final = "figures.yaml"
_SHARED_SOURCES: Final = ("figure_style.py", "draw_figures.py")
_TREE_MODEL: Final = PROGRAMS / "tree_model.py"  # shared by the figures that import it


class FigureError(Exception):
    """A lesson's figures cannot be drawn, or are not fit to be shown."""


def lessons_with_figures(folder: Path) -> list[Path]:
    """Return each lesson folder at or below `folder` that has figures to be drawn, in order."""
    return sorted(source.parent for name in ("figures.py", _WORDS) for source in folder.rglob(name))


def original(lesson: Path) -> Path:
    """Return the folder with the figures.py of a lesson: its own, or that of the original."""
    parts = lesson.resolve().parts
    if (lesson / "figures.py").exists() or "l10n" not in parts:
        return lesson
    at = len(parts) - 1 - parts[::-1].index("l10n")
    return Path(*parts[:at], *parts[at + 2 :])


def digest(lesson: Path) -> str:
    """Return the digest of all that makes the lesson's figures."""
    sources = [original(lesson) / "figures.py", *(PROGRAMS / name for name in _SHARED_SOURCES)]
    if (lesson / _WORDS).exists():
        sources.append(lesson / _WORDS)
    parts = [source.read_bytes() for source in sources]
    if _TREE_MODEL.stem.encode() in parts[0]:
        parts.append(_TREE_MODEL.read_bytes())
    if b"lesson.md" in parts[0]:  # the figures show what the lesson's own code computes
        blocks = read_lesson(original(lesson) / "lesson.md").blocks
        parts.extend(block.code.encode() for block in blocks)
    parts.extend(file.read_bytes() for file in data_files_named(parts, lesson))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _mark(name: str, text: str, made_from: str) -> str:
    """Return the text with the digest written into it."""
    if name.endswith(".json"):
        return json.dumps({"made_from": made_from} | json.loads(text), indent=1) + "\n"
    head, opening, rest = text.partition("<svg ")
    return f'{head}{opening}data-made-from="{made_from}" {rest}'


def _made_from(path: Path) -> str:
    """Return the digest that a figure carries, or nothing."""
    found = _DIGEST.search(path.read_text(encoding="utf-8", errors="replace")[:1000])
    return found.group(1) if found else ""


def _words(lesson: Path) -> dict[str, str]:
    """Return what a translated lesson's figures say, by the original's words."""
    path = lesson / _WORDS
    if not path.exists():
        return {}
    words = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(words, dict) or not all(
        isinstance(text, str) for pair in words.items() for text in pair
    ):
        raise FigureError(f"{path}: must map the figures' words to words, all of them texts.")
    return words


def build(lesson: Path) -> list[Path]:
    """Draw all figures of one lesson and return the files written.

    Files in figures/ that no function makes any more are removed.

    Raises:
        FigureError: the code fails, draws nothing, or draws a file that is too big.
    """
    source = original(lesson) / "figures.py"
    try:
        with tempfile.TemporaryDirectory() as scratch:
            if data := data_folder(source):
                (Path(scratch) / data.name).symlink_to(data, target_is_directory=True)
            answer = run_program(
                "draw_figures.py",
                {"source": str(source.resolve()), "words": _words(lesson)},
                wall_seconds=DRAWING_SECONDS,
                folder=Path(scratch),
            )
    except WorkbenchError as error:
        raise FigureError(f"{source}: {error}") from error
    if answer["unused"]:
        unused = "; ".join(answer["unused"])
        raise FigureError(f"{lesson / _WORDS}: stand in no figure of the original: {unused}")
    files: dict[str, str] = answer["files"]
    made_from = digest(lesson)
    marked = {name: _mark(name, text, made_from) for name, text in files.items()}
    for name, text in marked.items():
        if not len(text.encode()) <= MAX_BYTES:
            raise FigureError(
                f"{lesson / 'figures' / name}: {len(text.encode()) // 1024} KB, allowed are "
                f"{MAX_BYTES // 1024}. Draw fewer points, or set rasterized=True on the many."
            )
    folder = lesson / "figures"
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.name not in marked:
            path.unlink()
    written = []
    for name, text in sorted(marked.items()):
        (folder / name).write_text(text)
        written.append(folder / name)
    return written


def problems(lesson: Path) -> list[str]:
    """Return what is wrong with the figures as they lie there, without drawing them.

    Stale or damaged files, files too big, a theme without its counterpart.
    """
    wanted = digest(lesson)
    found = []
    paths = sorted((lesson / "figures").glob("*"))
    if not paths:
        found.append(f"{lesson / 'figures'}: empty. Run `manage.py build_figures`.")
    names = {path.name for path in paths}
    for path in paths:
        if _made_from(path) != wanted:
            found.append(f"{path}: not made by the present figures.py. Run `build_figures`.")
        if not path.stat().st_size <= MAX_BYTES:
            found.append(f"{path}: more than {MAX_BYTES // 1024} KB.")
        for here, there in ((".light.svg", ".dark.svg"), (".dark.svg", ".light.svg")):
            if path.name.endswith(here) and path.name.removesuffix(here) + there not in names:
                found.append(f"{path}: its counterpart {there} is missing. Run `build_figures`.")
    return found


def build_all(folders: Iterable[Path], *, everything: bool = False) -> list[Path]:
    """Draw the figures of each lesson below the folders that has changed, or of each lesson."""
    written: list[Path] = []
    for folder in folders:
        for lesson in lessons_with_figures(folder):
            if everything or problems(lesson):
                written.extend(build(lesson))
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="figures", description="Draw the lessons' figures.")
    parser.add_argument("folders", nargs="*", type=Path, default=[Path("content/courses")])
    parser.add_argument("--check", action="store_true", help="draw nothing, say what is stale")
    parser.add_argument("--all", action="store_true", help="draw also what has not changed")
    options = parser.parse_args(arguments)
    for folder in options.folders:
        if not folder.is_dir():
            parser.error(f"{folder}: no such folder.")
    if options.check:
        found = [
            problem
            for folder in options.folders
            for lesson in lessons_with_figures(folder)
            for problem in problems(lesson)
        ]
        sys.stderr.writelines(f"{problem}\n" for problem in found)
        return 1 if found else 0
    try:
        for path in build_all(options.folders, everything=options.all):
            sys.stdout.write(f"{path}\n")
    except FigureError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
