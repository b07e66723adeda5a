"""The plot of the learner's values beside the expected range, laid out for an SVG template.

`grader.figures` decides what may be shown; here are only coordinates. Across, they are per cent of
the figure's width, and down, pixels: the figure fits a phone, and its text keeps its size. The
template uses classes and attributes, never a style, so that the strict Content-Security-Policy
holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exercises.catalogue.translations import ORIGINAL, Words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exercises.catalogue.translations import ExerciseTranslation

LEFT, RIGHT = 4.0, 96.0
"""Where the ends of a scale of bars lie; the numbers below them need some room at both sides."""
ROW = 42.0
"""A feature's name, and its bar and band below it."""
BAND = 16.0
BAR = 10.0
TOP = 8.0
AXIS = 30.0
LINES_HEIGHT = 260.0
FIELD = 14.0
"""Where the field of a curve begins; the numbers of its scale stand before it."""
FIELD_UNITS = 1000.0
"""Width of that field in its own units; it is stretched to its place."""
LABEL_LENGTH = 44
SMALLEST = 1e-9
"""A panel whose values differ by less is drawn as if they did by this: they are all the same."""
MOST_EVIDENCE = 4
"""Bars that stand beside the diagnosis; all stand in the figure below."""
TICKS = 6
"""Tick marks aimed at; the step is 1, 2 or 5 times a power of ten."""


@dataclass(frozen=True)
class Bar:
    """One value: where its bar and its band lie, and what the table says of it."""

    label: str
    own: float
    low: float
    high: float
    y: float
    bar_x: float
    bar_width: float
    band_x: float
    band_width: float

    @property
    def short_label(self) -> str:
        """Return the label, cut to what a phone has room for."""
        fits = len(self.label) <= LABEL_LENGTH
        return self.label if fits else self.label[: LABEL_LENGTH - 1] + "…"

    @property
    def inside(self) -> bool:
        """Whether the value is inside its expected range."""
        return self.low <= self.own <= self.high

    @property
    def against(self) -> bool:
        """Whether the sign is the opposite of the whole band's."""
        return (self.own < 0 < self.low) or (self.high < 0 < self.own)

    @property
    def miss(self) -> float:
        """Return how far the value is outside its expected range; 0 inside."""
        return max(self.low - self.own, self.own - self.high, 0.0)

    @property
    def label_y(self) -> float:
        """Return the y of the line that the label stands on."""
        return self.y + ROW - BAND - 10

    @property
    def band_y(self) -> float:
        """Return the y of the band's upper edge."""
        return self.y + ROW - BAND - 4

    @property
    def bar_y(self) -> float:
        """Return the y of the bar's upper edge."""
        return self.band_y + (BAND - BAR) / 2


@dataclass(frozen=True)
class Tick:
    """A mark on the axis of values."""

    place: float
    label: str


@dataclass(frozen=True)
class Panel:
    """One explained row (bars) or one curve (lines), with a scale of its own.

    Attributes:
        zero: where 0 lies on the axis of values.
        curve, area: points of the own line and of the band around it; empty for bars.
    """

    label: str
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    zero: float
    height: float
    curve: str = ""
    area: str = ""
    bar_height: float = BAR
    band_height: float = BAND

    @property
    def foot(self) -> float:
        """Return the y of the axis."""
        return self.height - AXIS

    @property
    def ends(self) -> tuple[str, str]:
        """Return the names of the first and the last value, for the ends of a curve."""
        return self.bars[0].short_label, self.bars[-1].short_label


@dataclass(frozen=True)
class Plot:
    """A figure with one panel or more, and one sentence that sums it up."""

    kind: str
    title: Words
    unit: str
    panels: tuple[Panel, ...]
    sentence: str

    @property
    def evidence(self) -> Evidence | None:
        """Return the few bars that show best what is wrong; None where none is out of range."""
        if self.kind == "lines":
            return None
        found = max(self.panels, key=lambda panel: sum(bar.miss for bar in panel.bars))
        missed = [bar for bar in found.bars if bar.miss]
        missed.sort(key=lambda bar: -bar.miss)
        shown = set(missed[:MOST_EVIDENCE])
        bars = tuple(bar for bar in found.bars if bar in shown)
        return Evidence(found, bars) if bars else None


@dataclass(frozen=True)
class Evidence:
    """The bars of one panel that lie farthest outside their expected ranges."""

    panel: Panel
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class _Scale:
    """Maps values to coordinates."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)


def plot_of(
    report: Mapping[str, Any] | None, translation: ExerciseTranslation = ORIGINAL
) -> Plot | None:
    """Return the figure of a stored report; None when it has none that can be drawn."""
    data = (report or {}).get("plot")
    if not data:
        return None
    draw = _lines if data["kind"] == "lines" else _bars
    panels = tuple(draw(panel) for panel in data["panels"] if _drawable(panel))
    if not panels:
        return None
    criteria = (report or {}).get("criteria", ())
    right = data.get("right", all(line["passed"] for line in criteria))
    sentence = _sentence(panels, right=right)
    title = translation.words(data["title"], "figure", "title")
    unit = data.get("unit", "")
    return Plot(data["kind"], title, translation.words(unit, "units", unit), panels, sentence)


def _drawable(panel: Mapping[str, Any]) -> bool:
    values = [*panel["own"], *panel["low"], *panel["high"]]
    return bool(values) and all(math.isfinite(value) for value in values)


def _bars(panel: Mapping[str, Any]) -> Panel:
    scale, marks = _scale_for(panel, start=LEFT, end=RIGHT, with_zero=True)
    bars = _rows(panel, scale)
    height = TOP + ROW * len(bars) + AXIS
    ticks = tuple(Tick(scale(mark), f"{mark:g}") for mark in marks)
    return Panel(panel["label"], bars, ticks, scale(0.0), height)


def _lines(panel: Mapping[str, Any]) -> Panel:
    height = TOP + LINES_HEIGHT + AXIS
    scale, marks = _scale_for(panel, start=TOP + LINES_HEIGHT, end=TOP, with_zero=False)
    last = max(1, len(panel["own"]) - 1)
    xs = [round(FIELD_UNITS * index / last, 2) for index in range(len(panel["own"]))]
    forth = [f"{x},{scale(high)}" for x, high in zip(xs, panel["high"], strict=True)]
    back = [f"{x},{scale(low)}" for x, low in zip(xs, panel["low"], strict=True)]
    return Panel(
        label=panel["label"],
        bars=_rows(panel, scale),
        ticks=tuple(Tick(scale(mark), f"{mark:g}") for mark in marks),
        zero=0.0,
        height=height,
        curve=" ".join(f"{x},{scale(own)}" for x, own in zip(xs, panel["own"], strict=True)),
        area=" ".join(forth + back[::-1]),
    )


def _rows(panel: Mapping[str, Any], scale: _Scale) -> tuple[Bar, ...]:
    rows = zip(panel["features"], panel["own"], panel["low"], panel["high"], strict=True)
    return tuple(
        Bar(
            label=str(label),
            own=own,
            low=low,
            high=high,
            y=TOP + ROW * index,
            bar_x=min(scale(0.0), scale(own)),
            bar_width=round(abs(scale(own) - scale(0.0)), 2),
            band_x=scale(low),
            band_width=round(scale(high) - scale(low), 2),
        )
        for index, (label, own, low, high) in enumerate(rows)
    )


def _scale_for(
    panel: Mapping[str, Any], *, start: float, end: float, with_zero: bool
) -> tuple[_Scale, Sequence[float]]:
    """A scale whose ends are round numbers, and its tick marks."""
    values = [*panel["own"], *panel["low"], *panel["high"], *([0.0] if with_zero else [])]
    low, high = min(values), max(values)
    spread = max(high - low, SMALLEST)
    power = 10.0 ** math.floor(math.log10(spread / TICKS))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= spread / TICKS)
    first, last = math.floor(low / step), math.ceil(high / step)
    marks = [float(f"{step * index:.12g}") for index in range(first, max(last, first + 1) + 1)]
    return _Scale(marks[0], marks[-1], start, end), marks


def _sentence(panels: Sequence[Panel], *, right: bool) -> str:
    """What the figure says; of a wrong answer only what speaks against it, as ranges are wide."""
    bars = [bar for panel in panels for bar in panel.bars]
    inside = sum(bar.inside for bar in bars)
    against = sum(bar.against for bar in bars)
    counts = {
        "inside": inside,
        "outside": len(bars) - inside,
        "all": len(bars),
        "against": against,
    }
    if not right:
        return _sentence_of_a_wrong_answer(counts)
    if inside == len(bars):
        return _("All values shown are inside the expected range.")
    if against:
        sentence = ngettext(
            "%(inside)d of the %(all)d values shown are inside the expected range; "
            "%(against)d has the wrong sign.",
            "%(inside)d of the %(all)d values shown are inside the expected range; "
            "%(against)d have the wrong sign.",
            against,
        )
        return sentence % counts
    return _("%(inside)d of the %(all)d values shown are inside the expected range.") % counts


def _sentence_of_a_wrong_answer(counts: Mapping[str, int]) -> str:
    if not counts["outside"]:
        return _("The expected ranges are wide: what is wrong doesn't show here. See the criteria.")
    if not counts["against"]:
        return _("%(outside)d of the %(all)d values shown are outside the expected range.") % counts
    sentence = ngettext(
        "%(outside)d of the %(all)d values shown are outside the expected range; "
        "%(against)d has the wrong sign.",
        "%(outside)d of the %(all)d values shown are outside the expected range; "
        "%(against)d have the wrong sign.",
        counts["against"],
    )
    return sentence % counts
