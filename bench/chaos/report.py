"""What a run prints: the tables of `docs/features/chaos.md`, and whatever is wrong."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.chaos.audit import Findings

WORDS = {
    "accepted": "submissions answered with 202",
    "stored": "submissions stored",
    "graded": "of which graded",
    "interrupted": "tried more than once",
    "set_aside": "set aside",
    "certificates": "certificates",
    "mails": "emails about submissions",
    "mails_twice": "emailed twice",
    "runs": "runs of drafts answered with 202",
    "runs_closed": "of which somebody closed the page",
    "runs_done": "of which the page saw the end",
    "runs_lost": "of which the page was told that they were lost, and why",
    "runs_repeated": "of which were run again, until one came to its end",
    "scores": "scores that the learning platform is owed",
    "scores_accepted": "scores that it accepted, each change and each repetition",
}


def text(
    found: Findings,
    *,
    struck: Mapping[str, int],
    not_struck: Mapping[str, str],
    answers: Mapping[int, int],
    slowest: float,
    restarts: int,
) -> str:
    """Return the tables, and at the end what is wrong."""
    counts = {key: value for key, value in asdict(found).items() if key != "wrong"}
    rows = [*_table("fault", "struck", dict(sorted(struck.items())))]
    rows += [f"| {kind} | not struck: {reason} |" for kind, reason in not_struck.items()]
    rows += ["", *_table("count", "", {WORDS[key]: value for key, value in counts.items()})]
    told = ", ".join(f"{status or 'none'}: {number}" for status, number in sorted(answers.items()))
    rows += [
        f"| processes started again | {restarts} |",
        f"| answers of web by status | {told} |",
        f"| slowest answer | {slowest:.1f} s |",
        "",
    ]
    rows += [
        f"WRONG: {what}: {len(who)}: {', '.join(who[:5])}" for what, who in found.wrong.items()
    ]
    return "\n".join([*rows, "" if found.wrong else "Nothing is lost, doubled or left over."])


def _table(what: str, how_often: str, numbers: Mapping[str, int]) -> list[str]:
    head = [f"| {what} | {how_often} |", "|---|---:|"]
    return head + [f"| {name} | {number} |" for name, number in numbers.items()]
