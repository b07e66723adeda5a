"""Answers that are right but too coarsely rounded are told so, for either run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.grader.learner import SOLUTION, messages

if TYPE_CHECKING:
    from tests.grader.learner import Marker


def test_coarse_rounding_is_said(mark: Marker) -> None:
    """One decimal loses the points, and the message says why instead of calling it wrong."""
    report = mark(f"{SOLUTION}shares = shares.round(1)\n")
    assert messages(report)["shares"] == "criterion.rounded"
    assert report.score < report.max_score


def test_coarse_rounding_of_the_hidden_run_is_said(mark: Marker) -> None:
    """Rounding that only the hidden run does is called rounding, too."""
    report = mark(f"{SOLUTION}if rows != [1, 2, 3, 5, 8]:\n    shares = shares.round(1)\n")
    assert messages(report)["shares"] == "criterion.hidden_rounded"


def test_fine_rounding_loses_nothing(mark: Marker) -> None:
    """Three decimals, as starters print, earn every point."""
    report = mark(f"{SOLUTION}shares = shares.round(3)\nfx = fx.round(3)\n")
    assert report.score == report.max_score
