"""The picture of own values beside the band: coordinates, sentence, and what cannot be drawn."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises.feedback.plot import LEFT, RIGHT, plot_of

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


def report(**changes: Any) -> dict[str, Any]:
    """A stored report with one panel of three bars."""
    panel = {
        "label": "row 0",
        "features": ["a", "b", "c"],
        "own": [1.0, -2.0, 0.5],
        "low": [0.8, 1.0, 0.4],
        "high": [1.2, 3.0, 0.6],
    }
    return {"plot": {"kind": "bars", "title": "T", "unit": "u", "panels": [panel | changes]}}


def test_bars_start_at_zero_and_bands_lie_at_their_values() -> None:
    """A bar reaches from zero to the own value; a larger value lies further right."""
    plot = plot_of(report())
    assert plot is not None
    first, second, _ = plot.panels[0].bars
    assert first.bar_x == plot.panels[0].zero
    assert second.bar_x + second.bar_width == pytest.approx(plot.panels[0].zero, abs=0.02)
    assert second.band_x > first.band_x


def test_a_wrong_sign_is_counted_and_marked() -> None:
    """The sentence counts what lies within and what has another sign."""
    plot = plot_of(report())
    assert plot is not None
    assert (
        plot.sentence
        == "2 of the 3 values shown are inside the expected range; 1 has the wrong sign."
    )
    assert [bar.against for bar in plot.panels[0].bars] == [False, True, False]


def test_all_within_is_said() -> None:
    """Where every value fits, the sentence says so."""
    plot = plot_of(report(own=[1.0, 2.0, 0.5]))
    assert plot is not None
    assert plot.sentence == "All values shown are inside the expected range."


WRONG = {
    "zeros inside wide ranges": (
        {"own": [0.0, 0.0, 0.0], "low": [-1.0, -1.0, -1.0]},
        "The expected ranges are wide: what is wrong doesn't show here. See the criteria.",
    ),
    "one outside": (
        {"own": [1.0, 9.0, 0.5]},
        "1 of the 3 values shown are outside the expected range.",
    ),
    "a wrong sign": (
        {},
        "1 of the 3 values shown are outside the expected range; 1 has the wrong sign.",
    ),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("told_by", ["the figure", "the criteria"])
def test_a_wrong_answer_is_never_praised(case: str, told_by: str) -> None:
    """Where the answer failed, the sentence counts what is outside, never what is inside."""
    changes, sentence = WRONG[case]
    data = report(**changes)
    if told_by == "the figure":
        data["plot"]["right"] = False
    else:  # an older report
        data["criteria"] = [{"passed": True}, {"passed": False}]
    plot = plot_of(data)
    assert plot is not None
    assert plot.sentence == sentence


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_is_not_drawn(value: float) -> None:
    """A panel with a value that is not finite is left out."""
    assert plot_of(report(own=[value, 1.0, 1.0])) is None


def test_no_plot_is_no_plot() -> None:
    """A report without a figure, or no report, draws nothing."""
    assert plot_of(None) is None
    assert plot_of({"plot": None}) is None


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=12))
def test_everything_lies_on_the_paper(values: list[tuple[float, float, float]]) -> None:
    """Whatever the values, bars, bands and ticks lie between the ends of the scale."""
    own, low, high = zip(*((own, min(a, b), max(a, b)) for own, a, b in values), strict=True)
    plot = plot_of(report(features=list("x" * len(own)), own=own, low=low, high=high))
    assert plot is not None
    panel = plot.panels[0]
    for bar in panel.bars:
        for start, width in ((bar.bar_x, bar.bar_width), (bar.band_x, bar.band_width)):
            assert LEFT - 0.1 <= start <= start + width <= RIGHT + 0.1
    assert all(LEFT - 0.1 <= tick.place <= RIGHT + 0.1 for tick in panel.ticks)
    assert len(panel.ticks) <= 9


def test_lines_have_a_curve_and_an_area() -> None:
    """A curve has one point per value, its band two."""
    data = report()
    data["plot"]["kind"] = "lines"
    plot = plot_of(data)
    assert plot is not None
    assert len(plot.panels[0].curve.split()) == 3
    assert len(plot.panels[0].area.split()) == 6
    assert plot.panels[0].ends == ("a", "c")


def test_the_evidence_is_what_lies_outside_the_farthest() -> None:
    """At most four bars of the panel that misses most; none where nothing is outside."""
    own = [9.0, 1.0, -8.0, 7.0, 6.0, 5.0]
    ranges = {"features": list("abcdef"), "low": [0.5] * 6, "high": [1.5] * 6}
    plot = plot_of(report(own=own, **ranges))
    assert plot is not None
    assert plot.evidence is not None
    assert [bar.label for bar in plot.evidence.bars] == ["a", "c", "d", "e"]

    right = plot_of(report(own=[1.0] * 6, **ranges))
    assert right is not None
    assert right.evidence is None
