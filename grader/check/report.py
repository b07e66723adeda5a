"""The result of an exercise check, as a table and as a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Sequence

FALSE_REJECTION_RATE = 0.005
"""How often a correct submission may be rejected, over all its runs."""
CONFIDENCE = 0.999
"""A correct tolerance is reported by chance once in a thousand checks."""


@dataclass
class DetectionRate:
    """How often a misconception was tried, lost points, was named, or was found similar."""

    tried: int = 0
    caught: int = 0
    named: int = 0
    similar: int = 0


@dataclass
class ExerciseCheck:
    """The result of checking one exercise.

    Attributes:
        variants: variants on which the solution earned every point.
        equivalents: equivalent forms of the solution's answers that earned every point.
        detection: by misconception.
        groups: misconceptions that no answer tells apart.
        pass_rates: share of runs that pass with a misconception, where answers vary.
        blind_spots: what the tolerances cannot detect, as declared.
        cheap_score: the best score without the main output being right.
        wrong_fx_score: the best score with a wrong `fx`; None where there is none.
        world: how many drawings differ from the visible one in every parameter.
        runs: how many runs a submission has, all of which must pass.
        correct_runs, rejected: correct runs graded, and those of them that failed.
        run_seconds: the wall time of the solution's longest run.
        grade_ms: CPU time of each grading, references in memory.
    """

    slug: str
    problems: list[str] = field(default_factory=list)
    variants: int = 0
    equivalents: int = 0
    samples: int = 0
    detection: dict[str, DetectionRate] = field(default_factory=dict)
    groups: set[tuple[str, ...]] = field(default_factory=set)
    pass_rates: dict[str, float] = field(default_factory=dict)
    blind_spots: tuple[str, ...] = ()
    cheap_score: float = 0.0
    wrong_fx_score: float | None = None
    pass_score: float = 0.0
    world: float = 0.0
    runs: int = 1
    correct_runs: int = 0
    rejected: int = 0
    run_seconds: float = 0.0
    peak_mib: float = 0.0
    grade_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def need(self, condition: bool, problem: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Record `problem` unless `condition` holds."""
        if not condition:
            self.problems.append(problem)

    @property
    def rejections_allowed(self) -> int:
        """How many correct runs may fail by chance if one submission in two hundred does."""
        return int(stats.binom.ppf(CONFIDENCE, self.correct_runs, FALSE_REJECTION_RATE / self.runs))

    @property
    def rejected_share(self) -> float:
        """The share of correct submissions that fail, from the share of their runs."""
        return 1 - (1 - self.rejected / self.correct_runs) ** self.runs

    @property
    def rejection_bound(self) -> float:
        """The upper bound of that share (95 %, Clopper and Pearson)."""
        if self.rejected == self.correct_runs:
            return 1.0
        run = float(stats.beta.ppf(0.95, self.rejected + 1, self.correct_runs - self.rejected))
        return 1 - (1 - run) ** self.runs


COLUMNS = (
    "exercise", "sound", "variants", "equivalents", "samples", "misconceptions caught", "named",
    "ambiguous", "false rejections", "run s", "peak MiB", "grading ms", "check s",
)  # fmt: skip


def table(results: Sequence[ExerciseCheck]) -> str:
    """Return the results as a Markdown table."""
    rows = [_row(found) for found in results]
    widths = [max(len(row[i]) for row in (COLUMNS, *rows)) for i in range(len(COLUMNS))]

    def line(cells: Sequence[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return f"| {' | '.join(padded)} |"

    rule = f"|{'|'.join('-' * (width + 2) for width in widths)}|"
    return "\n".join([line(COLUMNS), rule, *(line(row) for row in rows)])


def _row(found: ExerciseCheck) -> tuple[str, ...]:
    caught = sum(rate.caught == rate.tried for rate in found.detection.values())
    named = sum(2 * rate.named > rate.tried for rate in found.detection.values())
    times = found.grade_ms
    return (
        found.slug,
        "no" if found.problems else "yes",
        str(found.variants),
        str(found.equivalents),
        str(found.samples),
        f"{caught}/{len(found.detection)}",
        f"{named}/{len(found.detection)}",
        "; ".join(" or ".join(group) for group in sorted(found.groups)) or "-",
        f"{found.rejected}/{found.correct_runs}" if found.correct_runs else "deterministic",
        f"{found.run_seconds:.1f}",
        f"{found.peak_mib:.0f}",
        f"{median(times):.1f}, {max(times):.1f}" if times else "-",
        f"{found.seconds:.0f}",
    )


LEGEND = """\
- *variants*: new drawings of the parameters on which the solution earned every point.
- *equivalents*: the solution's answers in other types (single precision, lists, by name in another
  order, shap's Explanation, for every class) that earned every point.
- *samples*: notebooks that got exactly the expected grade.
- *misconceptions caught*, *named*: computed with seeds that no reference used; they lose points and
  are named with certainty most of the time. *ambiguous*: groups that no answer tells apart.
- *false rejections*: rejected correct runs of all correct runs, each graded against a reference
  that does not include it.
- *run s*, *peak MiB*: the maximum over the solution's runs in the sandbox, in wall time. *grading
  ms*: median and maximum of grading with diagnosis, in CPU time, references in memory.
"""
FALSE_REJECTIONS = """\
A deterministic answer is right or wrong, however often it is computed. Where answers vary, a
correct submission may be rejected one time in two hundred, counting its visible and hidden run.
Graded are runs: fresh seeds against the visible reference, and every seed of every reference
against its other seeds. *allowed*: more rejections occur by chance once in a thousand checks of a
correct tolerance. *submissions*: the share of rejected submissions, from that of the runs; *below*:
its 95 % upper bound (Clopper and Pearson).
"""
DETECTION = """\
How many misconceptions were caught and named with certainty every time, and how often the others:
with certainty, or as similar. A misconception is tried once in each of its forms; where answers
vary, with several seeds.
"""
CHEAP = """\
*without main*: the best score of a submission whose main output is wrong, everything else being
right and every property holding of it. *wrong fx*: the same with another model's output in `fx`. A
rubric that passes with either is refused. *world*: how many drawings of the parameters differ from
the visible one in each of them; a table of all answers would have as many entries.
"""
POWER = """\
Where answers vary: the share of runs in which a misconception passes, measured with seeds that no
reference used; a submission passes with its visible and its hidden run. Power is one minus that. A
misconception that passes is a blind spot, declared with its rate. *declared*: what the exercise's
own page says that grading cannot see.
"""


def report_page(results: Sequence[ExerciseCheck], how: str) -> str:
    """Return the table as a page with legend, problems, false rejections and detection rates.

    Args:
        results: the results of all exercises.
        how: the machine and the duration.
    """
    problems = [f"- {found.slug}: {problem}" for found in results for problem in found.problems]
    lines = [
        "# The exercises, checked",
        "",
        "Written by `python -m grader check content/ --report <this file>`:",
        f"{how}.",
        "",
        table(results),
        "",
        LEGEND,
        *(problems or ["Every exercise is sound."]),
        "",
        "## False rejections",
        "",
        FALSE_REJECTIONS,
        *_false_rejections(results),
        "",
        "## Detection rates",
        "",
        DETECTION,
        *_detection(results),
        "",
        "## Cheap scores and worlds",
        "",
        CHEAP,
        *_cheap(results),
        "",
        "## Power and blind spots",
        "",
        POWER,
        *_power(results),
    ]
    return "\n".join(lines) + "\n"


def _false_rejections(results: Sequence[ExerciseCheck]) -> list[str]:
    rows = [
        f"| {found.slug} | {found.correct_runs} | {found.rejected} | {found.rejections_allowed} "
        f"| {100 * found.rejected_share:.2f} % | {100 * found.rejection_bound:.2f} % |"
        for found in results
        if found.correct_runs
    ]
    head = "| exercise | runs graded | rejected | allowed | submissions | below |"
    return [head, "|---|---|---|---|---|---|", *rows]


def _detection(results: Sequence[ExerciseCheck]) -> list[str]:
    lines = []
    for found in results:
        parts = [
            f"`{name}` caught {rate.caught}, named {rate.named} and similar "
            f"{rate.similar} of {rate.tried}"
            for name, rate in found.detection.items()
            if min(rate.caught, rate.named) < rate.tried
        ]
        always = len(found.detection) - len(parts)
        rest = f"; {', '.join(parts)}" if parts else ""
        lines.append(f"- {found.slug}: always {always} of {len(found.detection)}{rest}")
    return lines


def _cheap(results: Sequence[ExerciseCheck]) -> list[str]:
    rows = [
        f"| {found.slug} | {found.pass_score:g} | {found.cheap_score:g} "
        f"| {'-' if found.wrong_fx_score is None else f'{found.wrong_fx_score:g}'} "
        f"| {_size(found.world)} |"
        for found in results
    ]
    return [
        "| exercise | passes at | without main | wrong fx | world |",
        "|---|---|---|---|---|",
        *rows,
    ]


def _size(world: float) -> str:
    return f"{world:.0f}" if world < 100_000 else f"{world:.0e}"  # noqa: PLR2004 - readable


def _power(results: Sequence[ExerciseCheck]) -> list[str]:
    lines = []
    for found in results:
        seen = [f"`{name}` {rate:.0%}" for name, rate in found.pass_rates.items() if rate]
        never = sum(not rate for rate in found.pass_rates.values())
        if found.pass_rates:
            passing = f"; {', '.join(seen)}" if seen else ""
            lines.append(f"- {found.slug}: never {never} of {len(found.pass_rates)}{passing}")
        else:
            lines.append(f"- {found.slug}: answers do not vary")
        lines += [f"  - declared: {text}" for text in found.blind_spots]
    return lines
