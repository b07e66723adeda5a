"""The gradebook's rows as HTML.

500 learners by 60 parts are 30,000 cells; a template would spend a second on them. Everything that
people wrote is escaped here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from classes.marks import NO_MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from classes.marks import Mark
    from classes.records import Row


_FLAGS: Final[tuple[tuple[str, Callable[[Mark], Any]], ...]] = (
    ("M", lambda mark: mark.missing),
    ("L", lambda mark: mark.late),
    ("G", lambda mark: mark.grace_days),
    ("^", lambda mark: mark.early),
    ("+", lambda mark: mark.extended),
    ("*", lambda mark: mark.overridden and not mark.excused),
    ("E", lambda mark: mark.excused),
    ("D", lambda mark: mark.dropped),
    ("P", lambda mark: mark.uncounted and mark.attempts == mark.uncounted),
    ("…", lambda mark: mark.pending),
)


def number(value: float) -> str:
    """Return points with at most two decimals, as everywhere on these pages."""
    return f"{round(value, 2):.2f}".rstrip("0").rstrip(".")


def flags(mark: Mark) -> str:
    """Return what is special about a mark, in letters that the legend explains."""
    return "".join([letter for letter, holds in _FLAGS if holds(mark)])


def legend() -> list[tuple[str, str]]:
    """Return the letters and what they say."""
    return [
        ("M", _("missing: due, and nothing counts")),
        ("L", _("late")),
        ("G", _("grace days used")),
        ("^", _("early credit")),
        ("+", _("has an extension")),
        ("*", _("overridden")),
        ("E", _("excused")),
        ("D", _("dropped as one of the lowest")),
        ("P", _("practice only: not counted")),
        ("…", _("waits for a grade or a review")),
    ]


def cell(mark: Mark) -> str:
    """Return one cell's content."""
    if mark is NO_MARK:
        return ""
    shown = "" if mark.points is None else number(mark.points)
    letters = flags(mark)
    return f"{shown}<i>{letters}</i>" if letters else shown


def body(rows: Iterable[Row], *, address: str, pseudonymous: bool) -> SafeString:
    """Return the rows of the table's body.

    Args:
        rows: learners with their marks.
        address: of a learner's record, with ``{}`` for the member's key.
        pseudonymous: show pseudonyms, and nothing that tells who it is.
    """
    lines = []
    for at, row in enumerate(rows):
        member, record = row.member, row.record
        if pseudonymous:
            head = f'<th scope="row">{escape(member.pseudonym)}</th><td></td>'
        else:
            link = escape(address.format(member.pk))
            head = (
                f'<th scope="row"><a href="{link}">{escape(member.shown_name)}</a></th>'
                f"<td>{escape(member.section)}</td>"
            )
        percent = record.percent
        total = "–" if percent is None else f"{percent:.1f}"  # noqa: RUF001  # a dash for none
        cells = "".join(
            [
                f'<td class="{"x" if mark.missing else "m"}">{cell(mark)}</td>'
                for mark in record.marks
            ]
        )
        key = "" if pseudonymous else f' data-m="{member.pk}"'
        lines.append(f'<tr{key} data-r="{at}">{head}<td class="m t">{total}</td>{cells}</tr>')
    return mark_safe("\n".join(lines))  # noqa: S308  # every name above is escaped


SIGNS = {"done": "✓", "partly": "◐", "missing": "✗", "pending": "…", "none": "·", "excused": "E"}


def signs() -> list[tuple[str, str]]:
    """Return the signs of the progress matrix and what they say."""
    return [
        (SIGNS["done"], _("passed")),
        (SIGNS["partly"], _("tried, not passed")),
        (SIGNS["missing"], _("missing")),
        (SIGNS["pending"], _("waits for a grade or a review")),
        (SIGNS["excused"], _("excused")),
        (SIGNS["none"], _("not begun")),
    ]


def sign(mark: Mark, share: float, points: float) -> str:
    """Return how far a learner is in a part; `share` of its points is a pass."""
    if mark.excused:
        return "excused"
    if mark.missing:
        return "missing"
    best = mark.raw if mark.raw is not None and not mark.overridden else mark.points
    if best is not None:
        return "done" if best >= share * points - 1e-9 else "partly"
    if mark.pending:
        return "pending"
    return "partly" if mark.attempts else "none"


def progress_body(
    rows: Iterable[Row], *, address: str, passes: list[float], points: list[float]
) -> SafeString:
    """Return the rows of the progress matrix; `passes` of `points` of each part are a pass."""
    lines = []
    for row in rows:
        link = escape(address.format(row.member.pk))
        found = [
            sign(mark, share, worth)
            for mark, share, worth in zip(row.record.marks, passes, points, strict=True)
        ]
        cells = "".join([f'<td class="s s-{one}">{SIGNS[one]}</td>' for one in found])
        done = sum(one == "done" for one in found)
        lines.append(
            f'<tr><th scope="row"><a href="{link}">{escape(row.member.shown_name)}</a></th>'
            f'<td class="num">{done}/{len(found)}</td>{cells}</tr>'
        )
    return mark_safe("\n".join(lines))  # noqa: S308  # every name above is escaped
