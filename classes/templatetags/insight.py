"""Figures as people read them, and small bars beside them, drawn on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.html import format_html

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from classes.analysis.figures import Estimate

register = template.Library()


@register.filter
def percent(share: float) -> str:
    """Return a share in whole per cent, such as ``62 %``."""
    return f"{round(100 * share)}\N{NO-BREAK SPACE}%"


@register.filter
def bar(width: int) -> SafeString:
    """Draw a bar of so many per cent; the number stands beside it, so readers skip the bar."""
    return format_html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bar__whole" width="100" height="8"/>'
        '<rect class="bar__part" width="{}" height="8"/></svg>',
        max(0, min(100, int(width))),
    )


@register.filter
def bar_of(count: int, total: int) -> SafeString:
    """Draw a count as a share of a total."""
    return bar(round(100 * count / total) if total else 0)


@register.filter
def interval_bar(estimate: Estimate) -> SafeString:
    """Draw a share with its interval."""
    low, high, value = (
        round(100 * one, 1) for one in (estimate.low, estimate.high, estimate.value)
    )
    return format_html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bar__whole" width="100" height="8"/>'
        '<rect class="bar__interval" x="{}" width="{}" height="8"/>'
        '<rect class="bar__part" x="{}" width="1.5" height="8"/></svg>',
        low,
        round(high - low, 1),
        max(0, value - 0.75),
    )
