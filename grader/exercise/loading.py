"""Reads `exercise.yaml`, validates it and returns an `ExerciseDefinition`.

The web process imports it to show a task; it executes nothing from the folder.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema

from grader.errors import ExerciseContentError
from grader.exercise.consistency import check_names, check_numbers
from grader.exercise.definition import (
    Criterion,
    Draw,
    ExerciseDefinition,
    Figure,
    Misconception,
    Output,
    Parameter,
)
from grader.exercise.hashes import content_hash, reference_hash
from grader.family_texts import with_nouns
from grader.messages import MESSAGES
from grader.sandbox.job import MIB, Limits
from grader.yaml_tree import Checks, line_of, read_yaml_tree, schema_reason

if TYPE_CHECKING:
    from collections.abc import Mapping


SCHEMA_FILE = Path(__file__).with_name("exercise.schema.json")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def load_exercise(folder: Path) -> ExerciseDefinition:
    """Read and check the exercise in `folder`; nothing in it is executed.

    Raises:
        ExerciseContentError: naming the file, the dotted key and, where known, the line.
    """
    file = folder / "exercise.yaml"
    tree, lines = _read_yaml(file)
    _check_schema(tree, file, lines)
    check = Checks(file, lines)
    check.that(SLUG.fullmatch(folder.name) is not None, "", f"folder name {folder.name!r} must be "
               "lower-case words joined by hyphens")  # fmt: skip
    for name in ("starter.ipynb", "reference.py"):
        from_text = ": write it with `python -m grader notebooks`" if name.endswith("ipynb") else ""
        check.that((folder / name).is_file(), "", f"{name} is missing beside it{from_text}")
    outputs = tuple(_output(name, raw) for name, raw in tree["outputs"].items())
    parameters = tuple(_parameter(name, raw) for name, raw in tree.get("parameters", {}).items())
    criteria = tuple(_criterion(raw) for raw in tree["rubric"])
    misconceptions = tuple(
        _misconception(raw, index, check, outputs, _main_output(criteria, outputs))
        for index, raw in enumerate(tree.get("misconceptions", ()))
    )
    data = folder / "data"
    drawn = any(parameter.draw for parameter in parameters)
    exercise = ExerciseDefinition(
        slug=folder.name,
        folder=folder,
        version=str(tree["version"]),
        title=tree["title"],
        summary=tree["summary"],
        statement=tree["statement"],
        topics=tuple(tree.get("topics", ())),
        level=tree["level"],
        minutes=tree["minutes"],
        max_attempts=tree.get("max_attempts"),
        outputs=outputs,
        parameters=parameters,
        criteria=criteria,
        pass_score=float(tree["pass_score"]),
        misconceptions=misconceptions,
        limits=_limits(tree.get("limits", {})),
        hints=tuple(tree["hints"]),
        figure=_figure(tree["figure"]) if "figure" in tree else None,
        seeds=tree.get("seeds", 1),
        variants=tree.get("variants", 6) if drawn else 0,
        starter=folder / "starter.ipynb",
        data=data if data.is_dir() else None,
        content_hash=content_hash(folder),
        reference_hash=reference_hash(folder, tree, misconceptions),
        blind_spots=tuple(tree.get("blind_spots", ())),
        models=tuple(tree.get("models", ())),
    )
    check_names(exercise, check)
    check_numbers(exercise, check)
    return exercise


def _read_yaml(file: Path) -> tuple[dict[str, Any], dict[str, int]]:
    tree, lines = read_yaml_tree(file)
    if not isinstance(tree, dict):
        raise ExerciseContentError("must hold keys and values", file=file, line=1)
    return tree, lines


@cache
def _schema() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def _check_schema(tree: Mapping[str, Any], file: Path, lines: Mapping[str, int]) -> None:
    error = jsonschema.exceptions.best_match(_schema().iter_errors(tree))
    if error is not None:
        key = ".".join(str(part) for part in error.absolute_path)
        reason = schema_reason(error)
        if error.validator in {"minItems", "maxItems"}:
            bound = "at least" if error.validator == "minItems" else "at most"
            reason = f"{len(error.instance)} entries; {bound} {error.validator_value} are needed"
        raise ExerciseContentError(reason, file=file, key=key, line=line_of(key, lines))


def _output(name: str, raw: Mapping[str, Any]) -> Output:
    return Output(
        name=name,
        dtype=raw["dtype"],
        shape=tuple(raw["shape"]),
        meaning=raw["meaning"],
        unit=raw.get("unit", ""),
        columns=tuple(raw.get("columns", ())),
        labelled=raw.get("labelled", False),
        take_class=raw.get("take_class"),
        choices=tuple(raw.get("choices", ())),
        decimals=raw.get("decimals", 3),
        runs=raw.get("runs", 1),
        axes=tuple(raw.get("axes", ())),
    )


def _parameter(name: str, raw: Mapping[str, Any]) -> Parameter:
    draw = None
    if "draw" in raw:
        ((kind, how),) = raw["draw"].items()
        if kind == "choice":
            draw = Draw(kind, options=tuple(how))
        elif kind == "sample":
            draw = Draw(kind, low=how["from"][0], high=how["from"][1], size=how["size"],
                        ordered=how.get("sorted", False))  # fmt: skip
        else:
            draw = Draw(kind, low=how[0], high=how[1])
    return Parameter(name=name, value=raw["value"], meaning=raw["meaning"], draw=draw)


def _criterion(raw: Mapping[str, Any]) -> Criterion:
    plain = {key: raw[key] for key in raw if key not in ("passed", "failed", "requires", "mistake")}
    plain["points"] = float(plain["points"])
    return Criterion(
        **plain,
        requires=tuple(raw.get("requires", ())),
        misconception=raw.get("mistake", ""),
        passed_text=raw.get("passed", ""),
        failed_text=raw.get("failed", ""),
    )


def _main_output(criteria: tuple[Criterion, ...], outputs: tuple[Output, ...]) -> str:
    """The output worth most points: where a mistake shows unless its author says otherwise."""
    marked = [criterion for criterion in criteria if criterion.output]
    best = max(marked, key=lambda criterion: criterion.points, default=None)
    return best.output if best else outputs[0].name


def _misconception(
    raw: str | Mapping[str, Any],
    index: int,
    check: Checks,
    outputs: tuple[Output, ...],
    main: str,
) -> Misconception:
    """A bare name is a ready-made family on the main output; else a mapping says more."""
    raw = {"family": raw} if isinstance(raw, str) else raw
    family, name = raw.get("family", ""), raw.get("output", main)
    output = next((each for each in outputs if each.name == name), outputs[0])
    texts = {}
    for part in ("title", "message", "question"):
        text = raw.get(part) or MESSAGES.get(f"misconception.{family}.{part}", "")
        reason = (
            f"no ready-made family {family!r}"
            if family
            else f"needs {part!r}, since it has no family"
        )
        check.that(bool(text), f"misconceptions.{index}", reason)
        texts[part] = with_nouns(text, output.row_noun, output.column_noun) if family else text
    return Misconception(
        id=raw.get("id", family),
        family=family,
        output=name,
        resembles=tuple(raw.get("resembles", ())),
        passes=float(raw.get("passes", 0.0)),
        **texts,
    )


def _figure(raw: Mapping[str, Any]) -> Figure:
    return Figure(
        kind=raw.get("kind", "bars"),
        output=raw["output"],
        title=raw["title"],
        rows=tuple(raw.get("rows", (0,))),
        top=raw.get("top", 10),
    )


def _limits(raw: Mapping[str, float]) -> Limits:
    wall = float(raw.get("wall_seconds", Limits.wall_seconds))
    return Limits(
        wall_seconds=wall,
        cpu_seconds=float(raw.get("cpu_seconds", wall)),
        memory_bytes=int(raw.get("memory_mib", Limits.memory_bytes // MIB)) * MIB,
    )
