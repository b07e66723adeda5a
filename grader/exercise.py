"""An exercise folder as frozen data: `exercise.yaml` read, checked and resolved.

Light on purpose: the web process imports it to show a task; it runs nothing from the folder.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema

from grader.errors import ExerciseContentError
from grader.sandbox.job import MIB, JSONValue, Limits
from grader.words import WORDS
from grader.yaml_tree import Checks, line_of, read_yaml_tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCHEMA_FILE = Path(__file__).with_name("exercise.schema.json")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Output:
    """A variable that the notebook must leave behind.

    Attributes:
        dtype: ``float``, ``integer``, ``boolean`` or ``string``.
        shape: one entry per axis; None where any length is right. ``()`` is a single value.
        unit: what one unit of it is, such as ``log-odds``; empty when it has none.
        columns: names of the last axis in the declared order; empty when it has none.
        labelled: the first axis is matched by label (a dict, a Series), not by place.
        take_class: which entry of a trailing class axis is meant; None accepts no such axis.
        choices: the allowed strings; empty when anything goes.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]
    meaning: str
    unit: str = ""
    columns: tuple[str, ...] = ()
    labelled: bool = False
    take_class: int | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draw:
    """How a variant draws a parameter.

    Attributes:
        kind: ``sample`` (`size` distinct integers of [low, high)), ``integer`` (of [low, high)),
            ``number`` (uniform on [low, high)) or ``choice`` (one of `options`).
        ordered: for ``sample``: in ascending order instead of the order in which they fall.
    """

    kind: str
    low: float = 0
    high: float = 1
    size: int = 1
    ordered: bool = False
    options: tuple[JSONValue, ...] = ()


@dataclass(frozen=True)
class Parameter:
    """A name in the notebook's ``parameters`` cell: its visible value, and how variants draw it."""

    name: str
    value: JSONValue
    meaning: str
    draw: Draw | None = None


@dataclass(frozen=True)
class Criterion:
    """One line of the rubric, as declared.

    Attributes:
        kind: ``agreement``, ``envelope``, ``range``, ``exact``, ``local_accuracy``, ``recomputed``
            or ``property``.
        output: the output that it marks.
        base, fx: for ``local_accuracy``: the outputs with the base values and the model's output;
            an empty `base` means that the values alone add up to `fx`.
        threshold: in the unit of the kind: relL1, share of the range, absolute for ``exact``
            and in units of the mean |fx| for ``local_accuracy``.
        alpha: for ``envelope``: how often an honest submission may be rejected, by all envelopes
            and in all of its runs together.
        function: for ``recomputed`` and ``property``: a function in the folder's reference.py.
        requires: ids of criteria without which this one earns nothing.
        mistake: the misconception that a failure of this criterion proves; empty when none.
        passed_text, failed_text: the author's own words instead of the ready-made ones.
    """

    id: str
    title: str
    kind: str
    points: float
    output: str = ""
    base: str = ""
    fx: str = ""
    threshold: float = 0.0
    alpha: float = 0.005
    function: str = ""
    requires: tuple[str, ...] = ()
    mistake: str = ""
    passed_text: str = ""
    failed_text: str = ""


@dataclass(frozen=True)
class Misconception:
    """A named mistake that the grader looks for.

    Attributes:
        family: a ready-made family of `grader.misconceptions`, or empty when the folder's
            reference.py computes it.
        output: the output in which it shows.
        title: the mistake as a noun phrase, such as "values on the probability scale".
        message: what happened, in one or two sentences.
        question: something that the learner can check by themselves.
        resembles: ids of misconceptions from which no answer tells it apart, as the author knows.
    """

    id: str
    family: str
    output: str
    title: str
    message: str
    question: str
    resembles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figure:
    """What the page draws of an answer: one panel per row, the largest own values first."""

    kind: str
    output: str
    title: str
    rows: tuple[int, ...] = (0,)
    top: int = 10


@dataclass(frozen=True)
class Exercise:
    """One exercise folder, checked.

    Attributes:
        statement: the task, Markdown.
        max_attempts: None when unlimited.
        seeds: how often the reference is recomputed with another seed; 1 = deterministic.
        variants: how many hidden variants the deployment draws; 0 when no parameter has a draw.
        hints: four levels, Markdown; level k is shown from attempt k + 1 on.
        blind_spots: what the bands cannot see, said in the author's words.
        starter: the notebook that a learner begins with.
        data: the folder mounted as ``data/`` beside the notebook; None when there is none.
        content_hash: sha256 of everything in the folder that a learner or a grade depends on.
        reference_hash: sha256 of what the reference values depend on, so that a corrected
            spelling in the task recomputes nothing.
    """

    slug: str
    folder: Path
    version: str
    title: str
    summary: str
    statement: str
    topics: tuple[str, ...]
    level: str
    minutes: int
    max_attempts: int | None
    outputs: tuple[Output, ...]
    parameters: tuple[Parameter, ...]
    criteria: tuple[Criterion, ...]
    pass_score: float
    misconceptions: tuple[Misconception, ...]
    limits: Limits
    hints: tuple[str, ...]
    figure: Figure | None
    seeds: int
    variants: int
    starter: Path
    data: Path | None
    content_hash: str
    reference_hash: str
    blind_spots: tuple[str, ...]

    @property
    def max_score(self) -> float:
        """What a flawless answer earns."""
        return float(sum(criterion.points for criterion in self.criteria))

    @property
    def runs(self) -> int:
        """How often a submission is run: with the visible parameters, and with hidden ones."""
        return 2 if self.variants else 1

    @property
    def envelopes(self) -> int:
        """How often an envelope judges one submission."""
        return self.runs * sum(criterion.kind == "envelope" for criterion in self.criteria)

    @property
    def reference_file(self) -> Path:
        """The author's code that computes reference values; never reachable by a learner."""
        return self.folder / "reference.py"

    @property
    def visible_parameters(self) -> dict[str, JSONValue]:
        """The values that stand in the starter's ``parameters`` cell."""
        return {parameter.name: parameter.value for parameter in self.parameters}

    def output(self, name: str) -> Output:
        """The declared output `name`."""
        return next(output for output in self.outputs if output.name == name)

    def misconception(self, misconception_id: str) -> Misconception | None:
        """The declared misconception with that id."""
        return next((m for m in self.misconceptions if m.id == misconception_id), None)


def load_exercise(folder: Path) -> Exercise:
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
        _misconception(raw, index, check, _main_output(criteria, outputs))
        for index, raw in enumerate(tree.get("misconceptions", ()))
    )
    data = folder / "data"
    drawn = any(parameter.draw for parameter in parameters)
    exercise = Exercise(
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
        content_hash=_content_hash(folder),
        reference_hash=_reference_hash(folder, tree, misconceptions),
        blind_spots=tuple(tree.get("blind_spots", ())),
    )
    _check_names(exercise, check)
    _check_numbers(exercise, check)
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
        reason = error.message
        if error.validator in {"minItems", "maxItems"}:
            bound = "at least" if error.validator == "minItems" else "at most"
            reason = f"{len(error.instance)} entries; {bound} {error.validator_value} are needed"
        if len(reason) > 300:  # noqa: PLR2004 - a message that repeats a whole section helps nobody
            reason = f"does not fit {error.validator}: {error.validator_value}"
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
    plain = {key: raw[key] for key in raw if key not in ("passed", "failed", "requires")}
    plain["points"] = float(plain["points"])
    return Criterion(
        **plain,
        requires=tuple(raw.get("requires", ())),
        passed_text=raw.get("passed", ""),
        failed_text=raw.get("failed", ""),
    )


def _main_output(criteria: tuple[Criterion, ...], outputs: tuple[Output, ...]) -> str:
    """The output worth most points: where a mistake shows unless its author says otherwise."""
    marked = [criterion for criterion in criteria if criterion.output]
    best = max(marked, key=lambda criterion: criterion.points, default=None)
    return best.output if best else outputs[0].name


def _misconception(
    raw: str | Mapping[str, Any], index: int, check: Checks, output: str
) -> Misconception:
    """A bare name is a ready-made family on the main output; else a mapping says more."""
    raw = {"family": raw} if isinstance(raw, str) else raw
    family = raw.get("family", "")
    texts = {}
    for part in ("title", "message", "question"):
        text = raw.get(part) or WORDS.get(f"misconception.{family}.{part}", "")
        reason = (
            f"no ready-made family {family!r}"
            if family
            else f"needs {part!r}, since it has no family"
        )
        check.that(bool(text), f"misconceptions.{index}", reason)
        texts[part] = text
    return Misconception(
        id=raw.get("id", family),
        family=family,
        output=raw.get("output", output),
        resembles=tuple(raw.get("resembles", ())),
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


def _check_names(exercise: Exercise, check: Checks) -> None:
    """Every name that one section uses must exist in the other, and once only."""
    names = {output.name for output in exercise.outputs}
    mistakes = {misconception.id for misconception in exercise.misconceptions}
    above: set[str] = set()
    for index, criterion in enumerate(exercise.criteria):
        key = f"rubric.{index}"
        check.that(criterion.id not in above, f"{key}.id", f"{criterion.id!r} is used twice")
        for role in ("output", "base", "fx"):
            name = getattr(criterion, role)
            check.that(not name or name in names, f"{key}.{role}", f"no output named {name!r}")
        for each in criterion.requires:
            check.that(each in above, f"{key}.requires", f"{each!r} does not stand above it")
        mistake = criterion.mistake
        known = not mistake or mistake in mistakes
        check.that(known, f"{key}.mistake", f"no misconception {mistake!r}")
        above.add(criterion.id)
    ids: set[str] = set()
    for index, misconception in enumerate(exercise.misconceptions):
        key, name = f"misconceptions.{index}", misconception.output
        check.that(misconception.id not in ids, key, f"{misconception.id!r} is declared twice")
        check.that(name in names, f"{key}.output", f"no output named {name!r}")
        unknown = ", ".join(sorted(set(misconception.resembles) - mistakes))
        check.that(not unknown, f"{key}.resembles", f"no misconception {unknown}")
        ids.add(misconception.id)
    figure = exercise.figure
    check.that(figure is None or figure.output in names, "figure.output", "no such output")


def _check_numbers(exercise: Exercise, check: Checks) -> None:
    """Lengths, bounds and points must fit each other."""
    for index, output in enumerate(exercise.outputs):
        key = f"outputs.{output.name}"
        last = output.shape[-1] if output.shape else None
        check.that(not output.columns or last == len(output.columns), f"{key}.columns",
                   f"{len(output.columns)} names for a last axis of {last}")  # fmt: skip
        check.that(not output.choices or output.dtype == "string", f"{key}.choices",
                   f"choices need dtype string (output {index + 1})")  # fmt: skip
    for parameter in exercise.parameters:
        _check_draw(check, parameter)
    check.that(0 < exercise.pass_score <= exercise.max_score, "pass_score", "must lie above 0 and "
               f"at most at the {exercise.max_score:g} points of the rubric")  # fmt: skip
    envelope = any(criterion.kind == "envelope" for criterion in exercise.criteria)
    check.that(not envelope or exercise.seeds >= 100, "seeds",  # noqa: PLR2004 - the bound is in the text
               "an envelope needs at least 100 seeds")  # fmt: skip


def _check_draw(check: Checks, parameter: Parameter) -> None:
    draw, key = parameter.draw, f"parameters.{parameter.name}.draw"
    if draw is None:
        return
    if draw.kind == "choice":
        check.that(parameter.value in draw.options, key, "the visible value is not among them")
    else:
        check.that(draw.low < draw.high, key, "the lower bound must lie below the upper one")
    if draw.kind == "sample":
        check.that(draw.size <= draw.high - draw.low, key, "more to draw than there are numbers")


def _content_hash(folder: Path) -> str:
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


def _reference_hash(
    folder: Path, tree: Mapping[str, Any], misconceptions: Sequence[Misconception]
) -> str:
    """Sha256 over code and data, and over what exercise.yaml says about computing, not its words.

    The parameters are no part of it: each variant's stand in the key of its reference.
    """
    digest = hashlib.sha256()
    for file in _files(folder):
        if file.suffix not in {".ipynb", ".md"} and file.name != "exercise.yaml":
            digest.update(f"{file.relative_to(folder).as_posix()}\0".encode() + file.read_bytes())
    outputs = {
        name: [raw.get(key) for key in ("dtype", "shape", "labelled")]
        for name, raw in tree["outputs"].items()
    }
    own = [misconception.id for misconception in misconceptions if not misconception.family]
    digest.update(json.dumps([outputs, own, tree.get("seeds", 1)], sort_keys=True).encode())
    return digest.hexdigest()
