"""Pieces of pages that are the same for everybody: rendered once per language and process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django import template
from django.conf import settings
from django.template.loader import get_template
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

register = template.Library()

_RENDERED: Final[dict[tuple[object, ...], SafeString]] = {}
"""One entry for each piece that templates name, and language."""


@register.simple_tag
def fixed(name: str, **facts: str | bool) -> SafeString:
    """Return a template rendered with these facts alone: no visitor, no request, no row.

    Args:
        name: the template's, a constant.
        facts: constants that it is rendered with.
    """
    key = (name, get_language(), *sorted(facts.items()))
    piece = None if settings.DEBUG else _RENDERED.get(key)
    if piece is None:
        rendered = get_template(name).render(dict(facts))
        piece = _RENDERED[key] = mark_safe(rendered)  # noqa: S308  # a rendered template
    return piece
