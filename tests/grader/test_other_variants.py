"""Answers of another variant: found where they are, never where a mistake is honest."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from grader.errors import GraderError
from grader.exercise import load_exercise
from grader.explanation import ParameterUsage, RunAnswers, pack
from grader.other_variants import find_matches
from grader.report import VariantMatch
from grader.sandbox.job import Answer
from grader.variants import Variant, hidden_pool, visible_variant
from tests.grader.conftest import SHARES_REFERENCE, SHARES_YAML, write_exercise
from tests.grader.learner import SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from grader.exercise import ExerciseDefinition
    from grader.reference import ReferenceStore

OUTPUTS = ("fx", "shares", "base")


class Site:
    """The exercise with the references of its visible and all its hidden variants."""

    def __init__(self, exercise: ExerciseDefinition, references: ReferenceStore) -> None:
        self.exercise, self.references = exercise, references
        self.visible = visible_variant(exercise)
        self.hidden = hidden_pool(exercise, SECRET)
        references.get(exercise, self.visible, misconceptions=True)
        for variant in self.hidden:
            references.get(exercise, variant)

    def true(self, variant: Variant) -> dict[str, Any]:
        """The right outputs of a variant."""
        found = self.references.get(
            self.exercise, variant, misconceptions=variant.id == self.visible.id
        )
        return {name: each.mean for name, each in found.outputs.items()}

    def matches(
        self, *runs: tuple[Variant, dict[str, Any]], literals: tuple[str, ...] = ()
    ) -> tuple[VariantMatch, ...]:
        """What is found in these answers of these runs."""
        told = [
            RunAnswers(
                variant.id,
                variant.parameters,
                "ok",
                {key: Answer(key, "ndarray", np.asarray(value)) for key, value in values.items()},
            )
            for variant, values in runs
        ]
        usage = ParameterUsage(literals=dict.fromkeys(literals, 3))
        # Without hurry: on a loaded machine the first comparison alone takes a second.
        return find_matches(
            self.exercise,
            pack(told, usage),
            references=self.references,
            secret=SECRET,
            seconds=600.0,
        )


@pytest.fixture
def site(shares: ExerciseDefinition, references: ReferenceStore) -> Site:
    """The exercise on shares of a linear model."""
    return Site(shares, references)


def test_another_hidden_variants_values_are_found(site: Site) -> None:
    """In the visible run and in a hidden one; outputs with fewer than four numbers tell nothing."""
    first, second = site.hidden[:2]
    assert site.matches((site.visible, site.true(first))) == (
        VariantMatch("visible", "fx", first.id, literal=False),
        VariantMatch("visible", "shares", first.id, literal=False),
    )
    found = site.matches((site.visible, site.true(site.visible)), (first, site.true(second)))
    assert {(one.run, one.variant) for one in found} == {(first.id, second.id)}
    assert {one.output for one in found} == {"fx", "shares"}


def test_rounded_values_are_still_the_others(site: Site) -> None:
    """A table that was written down with three digits is one."""
    rounded = {name: np.round(value, 3) for name, value in site.true(site.hidden[0]).items()}
    assert site.matches((site.visible, rounded))


def test_right_answers_and_honest_mistakes_are_none(site: Site) -> None:
    """Right in both runs, the wrong sign, noise, other rows, nothing at all."""
    first = site.hidden[0]
    right = site.true(site.visible)
    noise = np.random.default_rng(0).normal(size=right["shares"].shape)
    for values in (
        right,
        right | {"shares": -right["shares"]},
        right | {"shares": right["shares"] + noise},
        right | {"shares": right["shares"][::-1]},
        {},
        right | {"shares": "text"},
        right | {"shares": np.zeros((2, 2))},
    ):
        assert site.matches((site.visible, values), (first, site.true(first))) == ()


def test_a_notebook_that_ignores_its_parameters_is_an_honest_mistake(site: Site) -> None:
    """The visible values in the hidden run count only where they are written down as numbers."""
    runs = [(variant, site.true(site.visible)) for variant in (site.visible, site.hidden[0])]
    assert site.matches(*runs) == ()
    assert site.matches(*runs, literals=("shares",)) == (
        VariantMatch(site.hidden[0].id, "shares", "visible", literal=True),
    )


def test_no_reference_is_computed_for_it(
    shares: ExerciseDefinition, tmp_path: Path, site: Site
) -> None:
    """Where nothing is stored nothing is found, and nothing is stored afterwards."""
    empty = type(site.references)(tmp_path / "empty")
    told = RunAnswers("visible", site.visible.parameters, "ok", {})
    answers = pack([told], ParameterUsage())
    assert find_matches(shares, answers, references=empty, secret=SECRET) == ()
    assert not list(empty.folder.rglob("*.npz"))


def test_a_small_world_is_not_compared(tmp_path: Path, references: ReferenceStore) -> None:
    """With three drawings a slip of a parameter is another variant."""
    text = SHARES_YAML.replace(
        "draw: {sample: {from: [0, 40], size: 5}}",
        "draw: {choice: [[1, 2, 3, 5, 8], [2, 3, 5, 8, 9], [0, 4, 6, 7, 9], [9, 8, 7, 6, 5]]}",
    )
    exercise = load_exercise(
        write_exercise(tmp_path / "shares", text + "variants: 3\n", SHARES_REFERENCE)
    )
    small = Site(exercise, references)
    assert small.matches((small.visible, small.true(small.hidden[0]))) == ()


def test_time_is_bounded(site: Site) -> None:
    """After its time it returns what it has; all six variants take less than a tenth of it."""
    wrong = {name: value + 1 for name, value in site.true(site.visible).items()}
    told = [
        RunAnswers(
            variant.id,
            variant.parameters,
            "ok",
            {key: Answer(key, "ndarray", np.asarray(value)) for key, value in wrong.items()},
        )
        for variant in (site.visible, site.hidden[0])
    ]
    answers = pack(told, ParameterUsage())
    started = time.process_time()
    find_matches(site.exercise, answers, references=site.references, secret=SECRET)
    assert time.process_time() - started < 0.5
    assert (
        find_matches(
            site.exercise, answers, references=site.references, secret=SECRET, seconds=-1.0
        )
        == ()
    )


def test_unreadable_answers_are_an_error(site: Site) -> None:
    """The caller decides what that means."""
    with pytest.raises(GraderError):
        find_matches(site.exercise, b"-", references=site.references, secret=SECRET)
