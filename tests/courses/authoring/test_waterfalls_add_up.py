"""What a waterfall writes adds up as it is written: base value and contributions to the output."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from courses.authoring.programs.tree_model import adding_up

CONTENT = Path(__file__).resolve().parents[3] / "content"
FIGURES = [
    file
    for file in sorted(CONTENT.rglob("figures/*.json"))
    if json.loads(file.read_text()).get("renderer") == "waterfall"
]
SHARE = re.compile(r"\((\S+)\)$")


def number(text: str) -> Decimal:
    """Read a number as a figure writes it."""
    return Decimal(text.replace("\N{MINUS SIGN}", "-").removesuffix(" %"))


@pytest.mark.parametrize("file", FIGURES, ids=lambda file: str(file.relative_to(CONTENT)))
def test_the_rows_of_a_waterfall_add_up(file: Path) -> None:
    """In every language; the numbers are compared as text, without any tolerance."""
    _head, *rows = json.loads(file.read_text())["table"]
    for row in rows:
        shares = [number(found[1]) for cell in row if (found := SHARE.search(cell))]
        base, output = (number(cell) for cell in row[1 + len(shares) :][:2])
        assert len(shares) > 1
        assert base + sum(shares) == output


def test_what_is_left_goes_to_those_that_were_rounded_most() -> None:
    """Four times 0.4 is 1.6: two of them are written as 1."""
    first, steps, total = adding_up(0.0, np.array([0.4, 0.4, 0.4, 0.4]), 1)
    assert (first, steps, total) == (0.0, [1.0, 1.0, 0.0, 0.0], 2.0)
    first, steps, total = adding_up(0.0, np.array([-0.4, 0.2, -0.41, -0.4]), 1)
    assert (first, steps, total) == (0.0, [0.0, 0.0, -1.0, 0.0], -1.0)
