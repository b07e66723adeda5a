"""Naming the mistake behind an answer that does not agree with the reference."""

from __future__ import annotations

from grader.misconceptions.diagnosis import diagnose

__all__ = ["diagnose"]
