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
# name, place from local (0) to global (1), row, whether predictions suffice
METHODS = (
    ("SHAP", 0.12, 0, True),
    ("Friedman's H", 0.93, 0.3, True),
    ("permutation importance", 0.93, 0, True),
    ("leave one feature out", 0.93, -0.3, False),
    ("ICE", 0.12, 1, True),
    ("PDP, ALE", 0.93, 1, True),
    ("LIME", 0.12, 2.15, True),
    ("anchors", 0.12, 1.85, True),
    ("surrogates", 0.93, 2, True),
    ("counterfactuals", 0.12, 3, True),
    ("influential instances", 0.3, 4, False),
    ("prototypes", 0.93, 4, False),
)


def map(theme: Theme) -> Figure:  # noqa: A001  the figure's name in the lesson
    """Return the methods by scope and by what they return."""
    figure, axes = canvas(theme, height=4.3)
    for name, scope, row, predictions_suffice in METHODS:
        colour = theme.blue if predictions_suffice else theme.vermilion
        axes.plot(scope, -row, "s" if predictions_suffice else "o", color=colour, markersize=9)
        right = scope > 0.8
        axes.text(
            scope - 0.025 if right else scope + 0.025,
            -row,
            name,
            ha="right" if right else "left",
            va="center",
        )
    axes.plot([], [], "s", color=theme.blue, label="asks for predictions only")
    axes.plot([], [], "o", color=theme.vermilion, label="also needs a refit or the training data")
    axes.set_yticks([-row for row in range(5)], ROWS)
    axes.set_xticks([0.12, 0.93], ["one prediction (local)", "the whole model (global)"])
    axes.set(xlim=(0, 1), ylim=(-4.5, 0.6))
    axes.grid(visible=False, axis="x")
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.08), ncols=2, fontsize=10)
    return figure
