"""Illustrations of one hand, drawn by code: a box that is opened, and what is found inside.

Each is inline SVG of about 140 by 120 units in the classes of `.illustration` (components.css), so
that it follows the theme and forced colours. They say nothing that the words beside them do not.
What raises is a plain bar to the right, what lowers a striped one to the left.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

VIEW: Final = "54 8 140 122"
STRIPE: Final = 6
Point = tuple[float, float]


def illustration(name: str) -> SafeString:
    """Return the drawing of a course, an empty state or an error, by its name.

    A name that is not known is a course of other authors: it gets bars that follow from the name.
    """
    drawing = _DRAWINGS.get(name)
    inside = drawing() if drawing else _bars_of(name)
    return mark_safe(  # noqa: S308  # made of numbers here
        f'<svg class="illustration" viewBox="{VIEW}" aria-hidden="true"'
        f' focusable="false">{inside}</svg>'
    )


# --- strokes ---


def _path(kind: str, d: str) -> str:
    return f'<path class="{kind}" d="{d}"/>'


def _box(left: float = 62, *, lid: str = "open") -> str:
    """The box of the logo; its lid is open, shut, or gone."""
    lines = _path(
        "box",
        f"M{left + 78} 20H{left + 18}a16 16 0 0 0-16 16v72a16 16 0 0 0 16 16"
        "h84a16 16 0 0 0 16-16V62",
    )
    if lid == "open":
        return lines + _path("lid", f"M{left + 84} 18l30 18")
    if lid == "shut":
        return lines + _path("lid", f"M{left + 78} 20h24a16 16 0 0 1 16 16v26")
    return lines


def _line(kind: str, points: Sequence[Point]) -> str:
    first, *rest = points
    return _path(kind, f"M{first[0]:g} {first[1]:g}" + "".join(f"L{x:g} {y:g}" for x, y in rest))


def _dot(kind: str, x: float, y: float, r: float = 5) -> str:
    return f'<circle class="{kind}" cx="{x:g}" cy="{y:g}" r="{r:g}"/>'


def _bar(x: float, y: float, length: float) -> str:
    """A contribution: to the right and plain, or to the left and striped."""
    left = min(x, x + length)
    kind = "up" if length > 0 else "down"
    shape = (
        f'<rect class="{kind}" x="{left:g}" y="{y:g}" width="{abs(length):g}" height="12" rx="2"/>'
    )
    if length > 0:
        return shape
    stripes = "".join(
        f"M{left + at} {y:g}v12" for at in range(STRIPE // 2, int(abs(length)), STRIPE)
    )
    return shape + _path("stripes", stripes)


def _waterfall(x: float, y: float, lengths: Sequence[float]) -> str:
    drawn = ""
    for length in lengths:
        drawn += _bar(x, y, length)
        x, y = x + length, y + 20
    return drawn + _dot("outcome", x, y - 2, 6)


# --- courses ---


def _foundations() -> str:
    return _box() + _waterfall(86, 40, (46, -22, 34))


def _transparent_models() -> str:
    """A tree in a box that hides nothing of it."""
    tree = (
        _line("wire", [(120, 40), (92, 72), (78, 104)])
        + _line("wire", [(120, 40), (148, 72), (162, 104)])
        + _line("wire", [(92, 72), (106, 104)])
        + _line("way", [(120, 40), (148, 72), (134, 104)])
    )
    nodes = "".join(_dot("node", x, y, 7) for x, y in ((120, 40), (92, 72), (148, 72)))
    leaves = "".join(_dot("start", x, 104, 5) for x in (78, 106, 162))
    return _box(lid="none") + tree + nodes + leaves + _dot("outcome", 134, 104, 8)


def _explaining_any_model() -> str:
    """A box that stays shut: asked from outside, and answered by a straight line close by."""
    asked = "".join(
        _dot("start", x, y, r)
        for x, y, r in (
            (84, 96, 3),
            (98, 60, 3),
            (104, 84, 5),
            (126, 88, 5),
            (140, 60, 4),
            (158, 98, 3),
        )
    )
    curve = _path("wire", "M78 112c22-2 26-52 48-52s24 34 42 30")
    return (
        _box(lid="shut")
        + curve
        + asked
        + _line("way", [(92, 98), (140, 46)])
        + _dot("outcome", 116, 72, 8)
    )


def _shapley_values() -> str:
    """The lattice of all sets of three players, and one way through it."""
    place: dict[str, Point] = {"": (120, 112), "abc": (120, 32)}
    for at, (one, two) in enumerate(zip("abc", ("ab", "ac", "bc"), strict=True)):
        place[one], place[two] = (88 + 32 * at, 86), (88 + 32 * at, 58)
    wires = "".join(
        _line("wire", [place[small], place[large]])
        for small in place
        for large in place
        if len(large) == len(small) + 1 and set(small) < set(large)
    )
    way = _line("way", [place[""], place["b"], place["ab"], place["abc"]])
    nodes = "".join(_dot("node", *point, 6) for point in place.values())
    return _box(lid="none") + wires + way + nodes + _dot("outcome", *place["abc"], 8)


def _inside_deep_networks() -> str:
    """Layers of units, and those that carried the answer."""
    layers = [
        [(84.0, 36.0 + 24 * k) for k in range(4)],
        [(120.0, 48.0 + 24 * k) for k in range(3)],
        [(156.0, 60.0 + 24 * k) for k in range(2)],
    ]
    wires = "".join(
        _line("wire", [one, two])
        for left, right in pairwise(layers)
        for one in left
        for two in right
    )
    nodes = "".join(_dot("node", *point, 6) for layer in layers for point in layer)
    way = _line("way", [layers[0][1], layers[1][1], layers[2][0]])
    return _box() + wires + way + nodes + _dot("outcome", *layers[2][0], 8)


def _interpretability_at_work() -> str:
    """Two groups before one decision, weighed."""
    scale = (
        _line("box", [(120, 40), (120, 112)])
        + _line("box", [(98, 112), (142, 112)])
        + _line("lid", [(80, 52), (160, 44)])
    )
    pans = _path("wire", "M66 82l14-30 14 30M146 74l14-30 14 30") + _path(
        "way", "M62 82a18 14 0 0 0 36 0zM142 74a18 14 0 0 0 36 0z"
    )
    return scale + pans + _dot("outcome", 120, 42, 7)


# --- states ---


def _empty() -> str:
    return (
        _box()
        + _line("joint", [(86, 58), (156, 58)])
        + _line("joint", [(86, 78), (140, 78)])
        + _line("joint", [(86, 98), (148, 98)])
    )


def _lost() -> str:
    """A way that ends nowhere."""
    return (
        _box(lid="none")
        + _path("joint", "M86 104c20-2 10-30 34-30s20-30 44-36")
        + _dot("start", 86, 104, 6)
        + _path("lid", "M176 26l14 14m0-14l-14 14")
    )


def _broken() -> str:
    return (
        _path(
            "box",
            "M140 20H80a16 16 0 0 0-16 16v30l12 8-12 10v24a16 16 0 0 0 16 16"
            "h84a16 16 0 0 0 16-16V62",
        )
        + _path("lid", "M150 12l30-2")
        + _bar(92, 52, 40)
        + _bar(132, 76, -24)
    )


def _closed() -> str:
    return (
        _box(lid="shut")
        + _path("lid", "M108 72v-10a12 12 0 0 1 24 0v10")
        + '<rect class="node" x="100" y="72" width="40" height="30" rx="5"/>'
        + _dot("start", 120, 87, 4)
    )


def _expired() -> str:
    return (
        _box() + '<circle class="node" cx="120" cy="76" r="28"/>' + _path("way", "M120 58v18l12 10")
    )


def _bars_of(name: str) -> str:
    digest = hashlib.sha256(name.encode()).digest()
    lengths = [18 + digest[0] % 30, -(8 + digest[1] % 18), 14 + digest[2] % 26]
    return _box() + _waterfall(88, 40, lengths)


_DRAWINGS: Final[dict[str, Callable[[], str]]] = {
    "foundations": _foundations,
    "transparent-models": _transparent_models,
    "explaining-any-model": _explaining_any_model,
    "shapley-values": _shapley_values,
    "inside-deep-networks": _inside_deep_networks,
    "interpretability-at-work": _interpretability_at_work,
    "empty": _empty,
    "lost": _lost,
    "broken": _broken,
    "closed": _closed,
    "expired": _expired,
}
STATES: Final = ("empty", "lost", "broken", "closed", "expired")
COURSES: Final = tuple(name for name in _DRAWINGS if name not in STATES)
