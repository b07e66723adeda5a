"""An exercise as frozen data: what `exercise.yaml` declares, and where its files are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.job import JSONValue, Limits


@dataclass(frozen=True)
class Output:
    """A variable that the notebook must define.

    Attributes:
        dtype: ``float``, ``integer``, ``boolean`` or ``string``.
        shape: one entry per axis; None where any length is right. ``()`` is a single value.
        unit: what one unit of it is, such as ``log-odds``; empty when it has none.
        columns: names of the last axis in the declared order; empty when it has none.
        labelled: the first axis is matched by label (a dict, a Series), not by place.
        take_class: which entry of a trailing class axis is meant; None accepts no such axis.
        choices: the allowed strings; empty when anything goes.
        decimals: how many decimals the starter prints of it: an answer rounded so is right.
        runs: the answer holds so many seeded runs along its first axis, judged by their mean (and
            by a ``scatter`` criterion); `reference()` returns one run. 1: it is a single run.
        axes: what the entries of each axis are, in the plural, such as ``rows`` and ``features``;
            empty where the ready-made words fit.
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
    decimals: int = 3
    runs: int = 1
    axes: tuple[str, ...] = ()

    @property
    def run_shape(self) -> tuple[int | None, ...]:
        """The shape of one run, which is what the reference computes."""
        return self.shape[1:] if self.runs > 1 else self.shape

    @property
    def row_noun(self) -> str:
        """What the entries of the first axis are called, in the plural."""
        if self.axes:
            return self.axes[0]
        return "values" if len(self.shape) <= 1 else "rows"

    @property
    def column_noun(self) -> str:
        """What the entries of the last axis are called, in the plural."""
        if self.axes:
            return self.axes[-1]
        return "features" if self.columns or len(self.shape) <= 1 else "columns"


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
            and in units of the mean |fx| for ``local_accuracy``; for ``scatter`` by which share
            of the reference's the answer may be larger.
        floor: beside a relative threshold: how far values may be off, in the output's own unit.
        alpha: for ``envelope``: how often an honest submission may be rejected, by all envelopes
            and in all of its runs together.
        function: for ``recomputed`` and ``property``: a function in the folder's reference.py.
        requires: ids of criteria without which this one earns nothing.
        misconception: the misconception that a failure of this criterion proves; empty when none.
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
    floor: float = 0.0
    alpha: float = 0.005
    function: str = ""
    requires: tuple[str, ...] = ()
    misconception: str = ""
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
        passes: a declared blind spot: the share of submissions with this mistake that pass, as
            measured; 0 where it always loses points.
    """

    id: str
    family: str
    output: str
    title: str
    message: str
    question: str
    resembles: tuple[str, ...] = ()
    passes: float = 0.0


@dataclass(frozen=True)
class Figure:
    """What the page draws of an answer: one panel per row, the largest own values first."""

    kind: str
    output: str
    title: str
    rows: tuple[int, ...] = (0,)
    top: int = 10


@dataclass(frozen=True)
class ExerciseDefinition:
    """One exercise folder, checked.

    Attributes:
        statement: the task, Markdown.
        max_attempts: None when unlimited.
        seeds: how often the reference is recomputed with another seed; 1 = deterministic.
        variants: how many hidden variants the deployment draws; 0 when no parameter has a draw.
        hints: four levels, Markdown; level k is shown from attempt k + 1 on.
        models: the real networks that the notebook opens, by the names of `whybox_models`.
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
    models: tuple[str, ...] = ()

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
