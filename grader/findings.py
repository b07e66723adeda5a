"""What the author's gate finds out about an exercise, as a table and as a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Sequence

HONEST_REJECTION = 0.005
"""How often an honest submission may fail, with all its runs."""
CONFIDENCE = 0.999
"""Chance alone makes the gate complain of a sound band once in a thousand checks."""


@dataclass
class Power:
    """How often one mistake was tried, cost points, and was named: plainly, or with a reserve."""

    tried: int = 0
    caught: int = 0
    named: int = 0
    hedged: int = 0


@dataclass
class Findings:
    """What the check of one exercise found out.

    Attributes:
        variants: drawings of the parameters on which the solution earned every point.
        forms: honest forms of the solution's answers that earned every point.
        power: by misconception.
        groups: misconceptions that an answer did not tell apart.
        runs: how many runs a submission has, all of which must hold.
        honest, rejected: honest runs judged, and those of them that failed.
        run_seconds: the longest run of the solution, on the clock.
        mark_ms: processor time of each marking, references in memory.
    """

    slug: str
    problems: list[str] = field(default_factory=list)
    variants: int = 0
    forms: int = 0
    samples: int = 0
    power: dict[str, Power] = field(default_factory=dict)
    groups: set[tuple[str, ...]] = field(default_factory=set)
    runs: int = 1
    honest: int = 0
    rejected: int = 0
    run_seconds: float = 0.0
    peak_mib: float = 0.0
    mark_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def need(self, condition: bool, problem: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Note `problem` unless `condition` holds."""
        if not condition:
            self.problems.append(problem)

    @property
    def rejections_allowed(self) -> int:
        """So many honest runs may fail by chance where one submission in two hundred does."""
        return int(stats.binom.ppf(CONFIDENCE, self.honest, HONEST_REJECTION / self.runs))

    @property
    def rejected_share(self) -> float:
        """The share of honest submissions that fail, from the share of their runs."""
        return 1 - (1 - self.rejected / self.honest) ** self.runs

    @property
    def rejection_bound(self) -> float:
        """That share is below this (95 %, Clopper and Pearson)."""
        if self.rejected == self.honest:
            return 1.0
        run = float(stats.beta.ppf(0.95, self.rejected + 1, self.honest - self.rejected))
        return 1 - (1 - run) ** self.runs


COLUMNS = (
    "exercise", "sound", "variants", "forms", "samples", "mistakes caught", "named", "either/or",
    "honest rejected", "run s", "peak MiB", "mark ms", "check s",
)  # fmt: skip


def table(results: Sequence[Findings]) -> str:
    """The findings as a Markdown table."""
    rows = [_row(found) for found in results]
    widths = [max(len(row[i]) for row in (COLUMNS, *rows)) for i in range(len(COLUMNS))]

    def line(cells: Sequence[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return f"| {' | '.join(padded)} |"

    rule = f"|{'|'.join('-' * (width + 2) for width in widths)}|"
    return "\n".join([line(COLUMNS), rule, *(line(row) for row in rows)])


def _row(found: Findings) -> tuple[str, ...]:
    caught = sum(power.caught == power.tried for power in found.power.values())
    named = sum(2 * power.named > power.tried for power in found.power.values())
    marks = found.mark_ms
    return (
        found.slug,
        "no" if found.problems else "yes",
        str(found.variants),
        str(found.forms),
        str(found.samples),
        f"{caught}/{len(found.power)}",
        f"{named}/{len(found.power)}",
        "; ".join(" or ".join(group) for group in sorted(found.groups)) or "-",
        f"{found.rejected}/{found.honest}" if found.honest else "deterministic",
        f"{found.run_seconds:.1f}",
        f"{found.peak_mib:.0f}",
        f"{median(marks):.1f}, {max(marks):.1f}" if marks else "-",
        f"{found.seconds:.0f}",
    )


LEGEND = """\
- *variants*: fresh drawings of the parameters on which the solution earned every point.
- *forms*: the solution's answers in other honest forms (single precision, lists, by name in another
  order, shap's Explanation, for every class) that earned every point.
- *samples*: notebooks that got exactly the expected grade.
- *mistakes caught*, *named*: computed anew, with seeds that no reference used; they cost points and
  are named plainly most of the time. *either/or*: groups that an answer does not tell apart.
- *honest rejected*: of so many honest runs, each judged by a reference that it is no part of.
- *run s*, *peak MiB*: the solution in the sandbox, the worst of its runs, on the clock, whatever
  else the machine did. *mark ms*: the median and the worst marking with diagnosis, references in
  memory, in processor time.
"""
HONEST = """\
A deterministic answer is right or wrong, however often it is computed. Where answers vary, an
honest submission may fail one time in two hundred, with its visible and its hidden run together.
Judged are runs: fresh seeds by the visible reference, and every seed of every reference by the
others of the same reference. *allowed*: chance alone brings about more once in a thousand checks of
a band that keeps the promise. *submissions*: the share that fails, from that of the runs; *below*:
its 95 % upper bound (Clopper and Pearson).
"""
POWER = """\
How many mistakes were caught and named plainly every time, and of the others how often: plainly
("this is") or with a reserve ("this looks like"). A mistake is tried once in each form that it
takes, where answers vary with several seeds.
"""


def report_page(results: Sequence[Findings], how: str) -> str:
    """The table as a page: what its columns mean, what is not sound, honest work and power.

    Args:
        results: what was found out.
        how: the machine and the time that it took.
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
        "## Honest work",
        "",
        HONEST,
        *_honest(results),
        "",
        "## Power",
        "",
        POWER,
        *_power(results),
    ]
    return "\n".join(lines) + "\n"


def _honest(results: Sequence[Findings]) -> list[str]:
    rows = [
        f"| {found.slug} | {found.honest} | {found.rejected} | {found.rejections_allowed} "
        f"| {100 * found.rejected_share:.2f} % | {100 * found.rejection_bound:.2f} % |"
        for found in results
        if found.honest
    ]
    head = "| exercise | runs judged | rejected | allowed | submissions | below |"
    return [head, "|---|---|---|---|---|---|", *rows]


def _power(results: Sequence[Findings]) -> list[str]:
    lines = []
    for found in results:
        parts = [
            f"`{name}` caught {power.caught}, named plainly {power.named} and with a reserve "
            f"{power.hedged} of {power.tried}"
            for name, power in found.power.items()
            if min(power.caught, power.named) < power.tried
        ]
        always = len(found.power) - len(parts)
        rest = f"; {', '.join(parts)}" if parts else ""
        lines.append(f"- {found.slug}: always {always} of {len(found.power)}{rest}")
    return lines
