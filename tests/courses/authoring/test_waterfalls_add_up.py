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


def test_each_is_written_at_most_one_part_from_its_value() -> None:
    """2,000 waterfalls of one to six rows: the sum is exact, the signs are those of the bars."""
    generator = np.random.default_rng(20)
    for _ in range(2_000):
        base, parts = float(generator.normal()), int(generator.choice([1, 10, 100]))
        shares = generator.normal(size=int(generator.integers(1, 7))) * generator.choice([0.01, 1])
        shares[generator.random(len(shares)) < 0.2] = 0.0
        first, steps, total = adding_up(base, shares, parts)
        counts = [round(parts * step) for step in steps]
        assert round(parts * first) + sum(counts) == round(parts * total)
        for count, share in zip(counts, shares, strict=True):
            assert abs(count - parts * share) <= 1
            assert count * share >= 0


def test_what_has_no_share_is_written_as_nothing() -> None:
    """Base value and output are rounded to even: the one that is left is not the idle feature's."""
    first, steps, total = adding_up(0.5, np.array([0.0, 1.0, 0.0]), 1)
    assert (first, steps, total) == (0.0, [0.0, 2.0, 0.0], 2.0)
    assert adding_up(0.5, np.array([0.0, 0.0]), 1) == (0.0, [0.0, 0.0], 0.0)
    assert adding_up(0.25, np.array([-0.001]), 100) == (0.25, [0.0], 0.25)


def test_what_is_left_goes_to_those_that_were_rounded_most() -> None:
    """Four times 0.4 is 1.6: two of them are written as 1."""
    first, steps, total = adding_up(0.0, np.array([0.4, 0.4, 0.4, 0.4]), 1)
    assert (first, steps, total) == (0.0, [1.0, 1.0, 0.0, 0.0], 2.0)
    first, steps, total = adding_up(0.0, np.array([-0.4, 0.2, -0.41, -0.4]), 1)
    assert (first, steps, total) == (0.0, [0.0, 0.0, -1.0, 0.0], -1.0)
