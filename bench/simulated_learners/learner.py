"""One simulated learner, and how alike two answers are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]

SAME = 0.01
"""Relative L1 distance below which two answers are the same."""


@dataclass(frozen=True)
class Learner:
    """One simulated learner.

    Attributes:
        name: what they did.
        outputs: the variables that their notebook sets.
        true: the mistake's ids in the library; empty when the library does not hold it.
        may: further ids that would also be true of it.
        correct: the work is correct.
    """

    name: str
    outputs: Arrays
    true: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    correct: bool = False
