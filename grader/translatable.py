"""Marks words that the site translates; the grader itself speaks English."""

from __future__ import annotations


def gettext_noop(text: str) -> str:
    """Mark words for translation: gettext's tools find a call by this name."""
    return text
