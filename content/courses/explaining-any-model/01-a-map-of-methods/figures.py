"""Figure of the lesson that maps the methods."""

from figure_style import Theme, canvas
from matplotlib.figure import Figure

__all__ = ["map"]

ROWS = (
    "a number per feature",
    "a curve",
    "a small model or rule",
    "another row",
    "rows of the data",
)
# name, place from local (0) to global (1), row, what is needed besides predictions
METHODS = (
    ("SHAP", 0.12, 0, "rows"),
    ("Friedman's H", 0.93, 0.3, "rows"),
    ("permutation importance", 0.93, 0, "outcomes"),
    ("leave one feature out", 0.93, -0.3, "fit"),
    ("ICE", 0.12, 1, "values"),
    ("PDP, ALE", 0.93, 1, "rows"),
    ("LIME", 0.12, 2.15, "rows"),
    ("anchors", 0.12, 1.85, "rows"),
    ("surrogates", 0.93, 2, "rows"),
    ("counterfactuals", 0.12, 3, "values"),
    ("influential instances", 0.12, 4, "fit"),
    ("prototypes", 0.93, 4, "rows"),
)
NEEDS = {
    "values": ("D", "values to try, or scales"),
    "rows": ("s", "rows (background, quartiles)"),
    "outcomes": ("^", "rows with outcomes"),
    "fit": ("o", "training rows and a new fit"),
}


def map(theme: Theme) -> Figure:  # noqa: A001  the figure's name in the lesson
    """Return the methods by scope and by what they return."""
    figure, axes = canvas(theme, height=4.3)
    colours = dict(zip(NEEDS, (theme.green, theme.blue, theme.ink, theme.vermilion), strict=True))
    for name, scope, row, need in METHODS:
        axes.plot(scope, -row, NEEDS[need][0], color=colours[need], markersize=9)
        right = scope > 0.8
        axes.text(
            scope - 0.025 if right else scope + 0.025,
            -row,
            name,
            ha="right" if right else "left",
            va="center",
        )
    for need, (marker, label) in NEEDS.items():
        axes.plot([], [], marker, color=colours[need], label=label)
    axes.set_yticks([-row for row in range(5)], ROWS)
    axes.set_xticks([0.12, 0.93], ["one prediction (local)", "the whole model (global)"])
    axes.set(xlim=(0, 1), ylim=(-4.5, 0.6))
    axes.grid(visible=False, axis="x")
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.08), ncols=2, fontsize=10)
    return figure
