"""The results of exercise checks as numbers, as a table and as a page."""

from __future__ import annotations

import pytest

from grader.check.report import DetectionRate, ExerciseCheck, report_page, table


def test_long_names_widen_their_column() -> None:
    """A name longer than its heading widens the column."""
    assert "x" * 60 in table([ExerciseCheck("x" * 60)])


def test_chance_rejections_are_allowed() -> None:
    """The limit is what chance exceeds once in a thousand checks at one rejection in 200."""
    found = ExerciseCheck("noisy", correct_runs=2000, rejected=6)
    assert found.rejections_allowed == 21
    assert found.rejection_bound == pytest.approx(0.00591, abs=1e-5)
    assert ExerciseCheck("noisy", correct_runs=598).rejection_bound == pytest.approx(
        0.005, abs=1e-5
    )
    assert ExerciseCheck("noisy", correct_runs=3, rejected=3).rejection_bound == 1.0
    twice = ExerciseCheck("noisy", correct_runs=2000, rejected=6, runs=2)
    assert twice.rejections_allowed == 13
    assert twice.rejected_share == pytest.approx(0.005991)
    assert twice.rejection_bound == pytest.approx(0.01179, abs=1e-5)


def test_the_page_lists_detection_rates_below_one() -> None:
    """A detection rate below one is listed for its exercise, and so is every problem."""
    detection = {
        "sign": DetectionRate(tried=5, caught=5, named=5),
        "few": DetectionRate(tried=5, caught=4, named=2, similar=1),
    }
    found = ExerciseCheck("noisy", detection=detection, problems=["few is caught 4 of 5 times"])
    page = report_page([found, ExerciseCheck("calm")], "1 exercise at a time")
    assert "| 1/2" in page
    assert "- noisy: few is caught 4 of 5 times" in page
    seldom = "`few` caught 4, named 2 and similar 1 of 5"
    assert f"- noisy: always 1 of 2; {seldom}" in page
    assert "- calm: always 0 of 0" in page


def test_the_page_names_power_blind_spots_cheap_scores_and_worlds() -> None:
    """What a rubric cannot do stands beside what it does."""
    found = ExerciseCheck(
        "noisy",
        pass_rates={"few": 0.97, "sign": 0.0},
        blind_spots=("450 of 500 samples pass.",),
        cheap_score=65,
        wrong_fx_score=70,
        pass_score=95,
        world=999,
    )
    page = report_page([found], "1 exercise at a time")
    assert "| noisy | 95 | 65 | 70 | 999 |" in page
    assert "- noisy: never 1 of 2; `few` 97%" in page
    assert "  - declared: 450 of 500 samples pass." in page
