"""The findings of the gate as numbers, as a table and as a page."""

from __future__ import annotations

import pytest

from grader.findings import Findings, Power, report_page, table


def test_long_names_widen_their_column() -> None:
    """A name longer than its heading widens the column."""
    assert "x" * 60 in table([Findings("x" * 60)])


def test_chance_is_allowed_for() -> None:
    """One in two hundred may fail; what chance brings once in a thousand checks is the limit."""
    found = Findings("noisy", honest=2000, rejected=6)
    assert found.rejections_allowed == 21
    assert found.rejection_bound == pytest.approx(0.00591, abs=1e-5)
    assert Findings("noisy", honest=598).rejection_bound == pytest.approx(0.005, abs=1e-5)
    assert Findings("noisy", honest=3, rejected=3).rejection_bound == 1.0
    twice = Findings("noisy", honest=2000, rejected=6, runs=2)
    assert twice.rejections_allowed == 13
    assert twice.rejected_share == pytest.approx(0.005991)
    assert twice.rejection_bound == pytest.approx(0.01179, abs=1e-5)


def test_the_page_says_what_is_seen_less_than_always() -> None:
    """Power below one stands beside the exercise, and so does every problem."""
    power = {
        "sign": Power(tried=5, caught=5, named=5),
        "few": Power(tried=5, caught=4, named=2, hedged=1),
    }
    found = Findings("noisy", power=power, problems=["few is caught 4 of 5 times"])
    page = report_page([found, Findings("calm")], "1 exercise at a time")
    assert "| 1/2" in page
    assert "- noisy: few is caught 4 of 5 times" in page
    seldom = "`few` caught 4, named plainly 2 and with a reserve 1 of 5"
    assert f"- noisy: always 1 of 2; {seldom}" in page
    assert "- calm: always 0 of 0" in page
