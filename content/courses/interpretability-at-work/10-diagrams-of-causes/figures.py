"""Figure of the lesson on diagrams of causes: three diagrams with the same three quantities."""

from figure_style import Theme, panels
from matplotlib.figure import Figure

__all__ = ["three_diagrams"]

PLACES = {"x": (0.0, 0.0), "y": (2.0, 0.0), "z": (1.0, 1.1)}
DIAGRAMS = {
    "z is a confounder": ("zx", "zy", "xy"),
    "z is a mediator": ("xz", "zy", "xy"),
    "z is a collider": ("xz", "yz", "xy"),
}


def three_diagrams(theme: Theme) -> Figure:
    """Draw the three diagrams; the arrow in question is the one from x to y."""
    figure, axes = panels(theme, 3, height=2.2)
    for panel, (title, arrows) in zip(axes, DIAGRAMS.items(), strict=True):
        for start, end in arrows:
            asked = (start, end) == ("x", "y")
            panel.annotate(
                "",
                xy=PLACES[end],
                xytext=PLACES[start],
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": theme.vermilion if asked else theme.ink,
                    "linewidth": 2.2 if asked else 1.4,
                    "shrinkA": 13,
                    "shrinkB": 13,
                },
            )
        for name, (across, up) in PLACES.items():
            panel.text(across, up, name, ha="center", va="center", fontsize=14, style="italic")
        panel.set(xlim=(-0.4, 2.4), ylim=(-0.4, 1.5), xticks=[], yticks=[])
        panel.set_title(title, loc="center", fontsize=11)
        panel.grid(visible=False)
        for side in panel.spines.values():
            side.set_visible(False)
    return figure
