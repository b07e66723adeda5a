"""A class's time zone in a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

register = template.Library()


@register.filter
def city(zone: ZoneInfo) -> str:
    """Return the place that a zone is named after, such as ``New York``; ``UTC`` is its own."""
    return zone.key.rpartition("/")[2].replace("_", " ")
