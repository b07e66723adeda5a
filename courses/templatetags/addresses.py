"""The filter that reads an address's words: {{ request_path|words_of_address }}."""

from __future__ import annotations

import re
from typing import Final

from django import template

register = template.Library()
_PAGE: Final = re.compile(r"/(?:courses|exercises|paths)/(?:[\w-]+/)*([a-z][a-z0-9-]{2,80})/?")


@register.filter
def words_of_address(path: str) -> str:
    """Return the words that name a page of the content, such as ``shap in ten minutes``, if any."""
    named = _PAGE.fullmatch(path)
    return named[1].replace("-", " ").strip() if named else ""
