"""Count results, with Clopper-Pearson bounds, as a Markdown table."""

from __future__ import annotations

import statistics
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Row = dict[str, Any]

CONFIDENCE = 0.95
CORRECT = "correct work that loses points, with each of four hidden variants"


def clopper_pearson(hits: int, total: int) -> tuple[float, float]:
    """Return the exact two-sided 95 % interval of a share (Clopper & Pearson 1934)."""
    if total == 0:
        return 0.0, 1.0
    tail = (1 - CONFIDENCE) / 2
    low = float(stats.beta.ppf(tail, hits, total - hits + 1)) if hits else 0.0
    high = float(stats.beta.ppf(1 - tail, hits + 1, total - hits)) if hits < total else 1.0
    return low, high


def is_wrong(row: Row) -> bool:
    """Whether the case changed something that is graded, so that it must not get full points."""
    if row["kind"] == "correct" or row["blind"]:
        return False
    return bool(row["changed"]) or row["kind"] == "ignoring"


def figures(rows: Sequence[Row]) -> list[tuple[str, int, int, str]]:
    """Return each question with hits, total and target."""
    correct = [row for row in rows if row["kind"] == "correct"]
    wrong = [row for row in rows if is_wrong(row)]
    held = [row for row in wrong if row["holds"] and row["kind"] == "redrawn"]

    def count(rows: Sequence[Row], holds: Callable[[Row], bool]) -> tuple[int, int]:
        return sum(map(holds, rows)), len(rows)

    def said(rows: Sequence[Row], prefix: str, certainty: str) -> list[Row]:
        return [row for row in rows if row[f"{prefix}said"] == certainty]

    lines = [
        (CORRECT, *count(correct, lambda r: not r["full"]), "≤ .5 %"),
        ("wrong work with full points", *count(wrong, lambda r: r["full"]), "0"),
        ("wrong work that passes", *count(wrong, lambda r: r["passed"]), "0"),
        ("named exactly, where a name exists",
         *count(held, lambda r: r["said"] == "match" and r["right"]), "≥ 80 %"),
    ]  # fmt: skip

    def is_false(row: Row, key: str) -> bool:
        return not row[key]

    def is_true(row: Row, key: str) -> bool:
        return bool(row[key])

    for prefix, what in (("", ""), ("left_out_", ", its own entries left out")):
        plain, hedged = said(wrong, prefix, "match"), said(wrong, prefix, "resembles")
        lines.append(
            (f"plain statements that are false{what}",
             *count(plain, partial(is_false, key=f"{prefix}right")), "≤ 1 %")
        )  # fmt: skip
        lines.append(
            (f"hedged statements that are true{what}",
             *count(hedged, partial(is_true, key=f"{prefix}right")), "≥ 2/3")
        )  # fmt: skip
    return lines


def table(rows: Sequence[Row]) -> str:
    """Return the table, cases by kind and the marking's processor time."""
    cases = [row for row in rows if not row["variant"]]
    kinds = Counter(row["kind"] for row in cases)
    lines = [
        f"{len(cases)} cases over {len({row['exercise'] for row in rows})} exercises: "
        + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) + ".",
        "",
        "| question | cases | share | 95 % interval | target |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    for what, hits, total, target in figures(rows):
        low, high = clopper_pearson(hits, total)
        share = 100 * hits / total if total else 0.0
        lines.append(
            f"| {what} | {hits} of {total} | {share:.1f} % | {100 * low:.1f} to {100 * high:.1f} % "
            f"| {target} |"
        )
    times = [row["mark_ms"] for row in rows]
    lines += [
        "",
        (
            f"Grading of the answers alone: {statistics.median(times):.1f} ms of processor time "
            f"(median), {max(times):.0f} ms at most."
        ),
    ]
    return "\n".join(lines)


def by_exercise(rows: Sequence[Row]) -> str:
    """Return one line per exercise."""
    lines = [
        (
            "| exercise | cases | correct work failed | wrong work with full points "
            "| plain false | hedged true |"
        ),
        "|---|---|---|---|---|---|",
    ]
    for name in sorted({row["exercise"] for row in rows}):
        own = [row for row in rows if row["exercise"] == name]
        found = {what: f"{hits} of {total}" for what, hits, total, _ in figures(own)}
        keys = (CORRECT, "wrong work with full points",
                "plain statements that are false", "hedged statements that are true")  # fmt: skip
        cases = sum(not row["variant"] for row in own)
        lines.append(f"| `{name}` | {cases} | " + " | ".join(found[k] for k in keys) + " |")
    return "\n".join(lines)
