"""What the terminal shows: plain lines, in which nothing that was sent can steer a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from . import outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WIDTH = 88
ENDED = {"graded", "failed"}


def plain(value: object) -> str:
    """Return text without control characters."""
    return "".join(sign for sign in str(value) if sign.isprintable() or sign in "\n\t")


def exit_code(submission: Mapping[str, Any]) -> int:
    """Return the exit code that a submission's state stands for."""
    if submission["state"] == "failed":
        return outcomes.PLATFORM
    if submission["state"] != "graded":
        return outcomes.PENDING
    return outcomes.PASSED if submission["passed"] else outcomes.NOT_PASSED


def status_line(submission: Mapping[str, Any]) -> str:
    """Return a submission's state in a line."""
    state = submission["state"]
    if state == "failed":
        said = "grading failed on the site's side; this attempt doesn't count, submit again"
    elif state == "graded":
        score = f"{submission['score']:g} of {submission['max_score']:g} points"
        said = f"{'passed' if submission['passed'] else 'not yet passed'}, {score}"
    else:
        said = "waiting for its turn" if state == "queued" else "being graded"
    return plain(f"{submission['exercise']}: {said}")


def feedback(submission: Mapping[str, Any]) -> str:
    """Return a submission's grade and the reasons for it."""
    lines = [status_line(submission)]
    error = submission.get("error")
    if error:
        where = "" if error["cell"] is None else f" (code cell {error['cell'] + 1})"
        lines += ["", *_wrapped(f"{error['name']}{where}: {error['message']}")]
    if submission["criteria"]:
        lines.append("")
    for criterion in submission["criteria"]:
        mark = "✓" if criterion["passed"] else "✗"
        points = f"{criterion['points']:g}/{criterion['max_points']:g}"
        lines.append(f"{mark} {points:>7}  {criterion['title']}")
        if not criterion["passed"]:
            lines += _wrapped(criterion["message"], indent=11)
    found = [submission.get("misconception"), *submission.get("further_misconceptions", ())]
    for misconception in filter(None, found):
        lines += ["", *_wrapped(misconception["message"])]
        if misconception["question"]:
            lines += _wrapped(misconception["question"])
    review = submission.get("review")
    if review and review["comment"]:
        lines += ["", "Review:", *_wrapped(review["comment"], indent=2)]
    return plain("\n".join(lines))


def exercise_list(exercises: Iterable[Mapping[str, Any]]) -> str:
    """Return the exercises as a table, by course."""
    lines: list[str] = []
    course = ""
    for exercise in exercises:
        if exercise["course"] != course:
            course = exercise["course"]
            lines += ["", course] if lines else [course]
        mark = "✓" if exercise["passed"] else " "
        best, left = exercise["best_score"], exercise["attempts_left"]
        facts = [] if best is None else [f"best {best:g}/{exercise['max_score']:g}"]
        facts += [] if left is None else [f"{left} left"]
        lines.append(f" {mark} {exercise['slug']:<32} {', '.join(facts):<20} {exercise['title']}")
    return plain("\n".join(line.rstrip() for line in lines))


def _wrapped(text: str, indent: int = 0) -> list[str]:
    space = " " * indent
    lines = str(text).splitlines()
    made = [
        textwrap.wrap(line, WIDTH, initial_indent=space, subsequent_indent=space) for line in lines
    ]
    return [line for each in made for line in each]
