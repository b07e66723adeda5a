"""Figure of the lesson on monitoring: the index when nothing has changed."""

import numpy as np
from figure_style import Theme, canvas
from matplotlib.figure import Figure

__all__ = ["null"]

SIZES = (200, 500, 1000, 5000)


def _psi(reference: np.ndarray, now: np.ndarray, bins: int = 10) -> float:
    edges = np.quantile(reference, np.linspace(0, 1, bins + 1)[1:-1])
    p, q = (
        np.maximum(np.bincount(np.searchsorted(edges, sample), minlength=bins) / len(sample), 1e-4)
        for sample in (reference, now)
    )
    return float(((q - p) * np.log(q / p)).sum())


def null(theme: Theme) -> Figure:
    """Return median, 95 % and 99 % quantile of the index under no change."""
    rng = np.random.default_rng(0)
    reference = rng.normal(size=5000)
    figure, axes = canvas(theme, height=3.0)
    for place, size in enumerate(SIZES):
        values = [_psi(reference, rng.normal(size=size)) for _ in range(1000)]
        middle, high, highest = np.quantile(values, [0.5, 0.95, 0.99])
        axes.plot([middle, highest], [place, place], color=theme.blue, linewidth=7)
        axes.plot(high, place, marker="|", markersize=16, color=theme.vermilion)
        axes.text(highest + 0.003, place, f"{highest:.3f}", va="center")
    axes.axvline(0.1, color=theme.ink, linestyle="--", linewidth=1.2)
    axes.text(0.1015, 3.42, "custom: 0.1", fontsize=10, va="center")
    axes.set_yticks(range(len(SIZES)), [f"{size} rows" for size in SIZES])
    axes.set(xlabel="PSI from the median to the 99 % quantile (mark: 95 %)", xlim=(0, 0.15))
    axes.set_ylim(3.7, -0.6)
    axes.grid(visible=False, axis="y")
    return figure
