"""Badges: a picture for each course, of a design of its own, with the credential inside."""

from __future__ import annotations

import hashlib
from functools import partial
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from courses.certificates.baking import bake_png, bake_svg
from courses.certificates.credentials import as_text, signed_credential
from courses.certificates.issued_files import recorded
from courses.certificates.typesetting import TEMPLATES, Job, typeset

if TYPE_CHECKING:
    from collections.abc import Callable

    from courses.certificates.models import Certificate

INK: Final = "#15201d"
PINE: Final = "#07594a"
WASH: Final = "#eef5f2"
MARIGOLD: Final = "#e5a313"
BLUE: Final = "#2566ab"

FAINT: Final = "#a9c6bd"
THEMED: Final = {
    INK: "ink",
    PINE: "pine",
    MARIGOLD: "marigold",
    BLUE: "negative",
    FAINT: "line",
}
"""Colours of paper -> the tokens that stand for them on a page."""

FONTS: Final = "'Atkinson Hyperlegible', 'DejaVu Sans', sans-serif"
LINE_CHARACTERS: Final = 22
MOST_LINES: Final = 3


def badge_svg(certificate: Certificate) -> bytes:
    """Return the badge as SVG with the credential in it."""
    credential = as_text(signed_credential(certificate))
    return recorded(certificate, bake_svg(drawing(certificate), credential).encode())


def badge_png(certificate: Certificate) -> bytes:
    """Return the badge as PNG with the credential in it.

    Raises:
        TypesettingError: it could not be drawn within the limits.
    """
    job = Job(
        str(TEMPLATES / "badge.typ"),
        {"badge": drawing(certificate)},
        timestamp=int(certificate.issued_at.timestamp()),
        form="png",
    )
    credential = as_text(signed_credential(certificate))
    return recorded(certificate, bake_png(typeset(job), credential))


def drawing(certificate: Certificate) -> str:
    """Return the badge's picture: a medal with the course's motif, its title, issuer and year."""
    motif = motif_of(certificate.subject.slug)
    lines = _lines(certificate.course_title)
    top = 402 - 15 * (len(lines) - 1)
    title = "".join(
        f'<text x="256" y="{top + 30 * row}" font-size="25" font-weight="bold" fill="{INK}" '
        f'text-anchor="middle">{escape(line)}</text>'
        for row, line in enumerate(lines)
    )
    label = escape(f"{certificate.course_title}, {certificate.issuer_name}")
    issuer = escape(f"{certificate.issuer_name} · {certificate.issued_at:%Y}"[:40])
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512" role="img" '
        f'aria-label="{label}" font-family="{FONTS}">'
        f'<path d="{_shield(0)}" fill="{PINE}"/><path d="{_shield(14)}" fill="{MARIGOLD}"/>'
        f'<path d="{_shield(20)}" fill="{WASH}"/>'
        f'<g transform="translate(156 86)" fill="none" stroke-linecap="round" '
        f'stroke-linejoin="round">{motif}</g>'
        f'<path d="M108 330h296" stroke="{MARIGOLD}" stroke-width="3"/>{title}'
        f'<text x="256" y="464" font-size="18" fill="{PINE}" text-anchor="middle">{issuer}</text>'
        "</svg>"
    )


def motif_of(slug: str) -> str:
    """Return the motif of a course, as SVG in a square of 200 units, in the colours of paper."""
    return MOTIFS.get(slug, partial(_bars, slug))()


def themed_motif_of(slug: str) -> str:
    """Return the motif of a course in the colours of the page that it stands on."""
    motif = motif_of(slug)
    for colour, token in THEMED.items():
        motif = motif.replace(colour, f"var(--{token})")
    return motif


def _shield(inset: int) -> str:
    """Return a rounded octagon within the picture, so many units from its edge."""
    low, high, cut = 8 + inset, 504 - inset, 92
    return (
        f"M{low + cut} {low}H{high - cut}Q{high - cut + 20} {low} {high - cut + 34} {low + 14}"
        f"L{high - 14} {low + cut - 34}Q{high} {low + cut - 20} {high} {low + cut}V{high - cut}"
        f"Q{high} {high - cut + 20} {high - 14} {high - cut + 34}L{high - cut + 34} {high - 14}"
        f"Q{high - cut + 20} {high} {high - cut} {high}H{low + cut}"
        f"Q{low + cut - 20} {high} {low + cut - 34} {high - 14}L{low + 14} {high - cut + 34}"
        f"Q{low} {high - cut + 20} {low} {high - cut}V{low + cut}"
        f"Q{low} {low + cut - 20} {low + 14} {low + cut - 34}L{low + cut - 34} {low + 14}"
        f"Q{low + cut - 20} {low} {low + cut} {low}Z"
    )


def _lines(title: str) -> list[str]:
    """Return a title in at most three lines; what is longer ends with an ellipsis."""
    lines: list[str] = [""]
    for word in title.split():
        joined = f"{lines[-1]} {word}".strip()
        if len(joined) <= LINE_CHARACTERS or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    shown = [
        line if len(line) <= LINE_CHARACTERS + 2 else line[: LINE_CHARACTERS + 1] + "…"
        for line in lines[:MOST_LINES]
    ]
    if len(lines) > MOST_LINES and not shown[-1].endswith("…"):
        shown[-1] += "…"
    return shown


def _line(way: str, paint: str, width: int = 10) -> str:
    return f'<path d="{way}" stroke="{paint}" stroke-width="{width}"/>'


def _dot(x: int, y: int, paint: str, radius: int = 11) -> str:
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{paint}"/>'


def _open_box() -> str:
    """Return the site's mark: what is inside a box becomes visible."""
    return (
        _line("M110 22H48Q22 22 22 48V168Q22 194 48 194H152Q178 194 178 168V104", PINE, 15)
        + _line("M78 84H172", MARIGOLD, 18)
        + _line("M78 136H128", MARIGOLD, 18)
        + _line("M46 136H78", BLUE, 18)
    )


def _tree() -> str:
    """Return a tree whose every decision can be read."""
    ways = (
        "M100 40L48 108M100 40L152 108M48 108L18 176M48 108L78 176M152 108L122 176M152 108L182 176"
    )
    leaves = "".join(
        _dot(x, 182, paint, 16)
        for x, paint in ((18, BLUE), (78, MARIGOLD), (122, BLUE), (182, MARIGOLD))
    )
    return (
        _line(ways, PINE, 8)
        + "".join(_dot(x, y, PINE, 18) for x, y in ((100, 36), (48, 108), (152, 108)))
        + leaves
    )


def _waterfall() -> str:
    """Return contributions that add up from a base value to a prediction."""
    bars = ((14, 150, 34), (50, 112, 38), (86, 112, 24), (122, 70, 66), (158, 30, 40))
    drawn = "".join(
        f'<rect x="{x}" y="{y}" width="28" height="{height}" rx="4" '
        f'fill="{BLUE if at == 2 else MARIGOLD}"/>'  # noqa: PLR2004  # the one that takes away
        for at, (x, y, height) in enumerate(bars)
    )
    return drawn + _line("M8 190H192", PINE, 8) + _line("M8 24V190", PINE, 8)


def _neighbourhood() -> str:
    """Return a curved border, and the straight line that is true near one point."""
    points = ((40, 60, BLUE), (76, 36, BLUE), (120, 152, MARIGOLD), (166, 118, MARIGOLD))
    return (
        _line("M10 168C70 176 60 70 112 66S176 40 190 12", PINE, 9)
        + f'<circle cx="96" cy="92" r="46" stroke="{PINE}" stroke-width="4" stroke-dasharray="9"/>'
        + _line("M66 132L128 44", MARIGOLD, 8)
        + "".join(_dot(x, y, paint) for x, y, paint in points)
        + _dot(108, 98, INK, 14)
    )


def _layers() -> str:
    """Return a network, one path of which is lit."""
    columns = ((24, (48, 108, 168)), (100, (28, 82, 136, 190)), (176, (78, 138)))
    ways = "".join(
        f"M{left} {a}L{right} {b}"
        for (left, ones), (right, others) in pairwise(columns)
        for a in ones
        for b in others
    )
    dots = "".join(_dot(x, y, PINE, 13) for x, ones in columns for y in ones)
    lit = "".join(_dot(x, y, MARIGOLD, 15) for x, y in ((24, 108), (100, 82), (176, 138)))
    return _line(ways, FAINT, 3) + _line("M24 108L100 82L176 138", MARIGOLD, 9) + dots + lit


def _report() -> str:
    """Return a page that somebody can sign: findings, ticked."""
    ticks = "".join(_line(f"M62 {y}l10 11l18 -22", MARIGOLD, 9) for y in (72, 116, 160))
    words = "".join(
        _line(f"M108 {y}h{width}", BLUE, 8) for y, width in ((72, 38), (116, 28), (160, 36))
    )
    return (
        _line("M36 30H132L168 62V196H36Z", PINE, 11)
        + _line("M132 30V62H168", PINE, 8)
        + ticks
        + words
    )


def _bars(slug: str) -> str:
    """Return bars that follow from a course's name: a design of its own for each other course."""
    numbers = hashlib.sha256(slug.encode()).digest()
    drawn = []
    at = 100
    for row in range(6):
        step = 18 + numbers[row] % 56
        left = numbers[row + 8] % 2 == 0 and at - step > 10 or at + step > 190  # noqa: RUF021, PLR2004
        paint = BLUE if left else MARIGOLD
        start = at - step if left else at
        drawn.append(
            f'<rect x="{start}" y="{22 + 29 * row}" width="{step}" height="20" rx="4" '
            f'fill="{paint}"/>'
        )
        at += -step if left else step
    return _line("M100 10V204", PINE, 5) + "".join(drawn)


MOTIFS: Final[dict[str, Callable[[], str]]] = {
    "foundations": _open_box,
    "transparent-models": _tree,
    "shapley-values": _waterfall,
    "explaining-any-model": _neighbourhood,
    "inside-deep-networks": _layers,
    "interpretability-at-work": _report,
}
"""Slug of a course -> its motif, in a square of 200 units."""
