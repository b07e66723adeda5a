"""Hidden variants follow from the secret alone, and never equal the visible one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from grader.errors import ExerciseContentError
from grader.exercise import load_exercise
from grader.exercise.worlds import world_size
from grader.variants import choose_hidden, hidden_pool, hidden_variant, visible_variant

if TYPE_CHECKING:
    from pathlib import Path

    from grader.exercise import ExerciseDefinition


def test_one_secret_gives_one_pool(shares: ExerciseDefinition) -> None:
    """A worker that starts tomorrow draws the same variants; another deployment others."""
    pool = hidden_pool(shares, b"one")
    assert pool == hidden_pool(shares, b"one")
    assert len({variant.key for variant in pool}) == shares.variants
    assert not {v.key for v in pool} & {v.key for v in hidden_pool(shares, b"two")}


def test_hidden_is_not_visible(shares: ExerciseDefinition) -> None:
    """No hidden variant repeats the parameters of the starter notebook."""
    visible = visible_variant(shares)
    for index in range(200):
        assert hidden_variant(shares, b"secret", index).key != visible.key


def test_drawings_stay_within_their_bounds(shares: ExerciseDefinition) -> None:
    """A sample holds the declared number of distinct integers of the range."""
    for index in range(50):
        rows = hidden_variant(shares, b"secret", index).parameters["rows"]
        assert isinstance(rows, list)
        assert len(set(rows)) == 5
        assert all(0 <= row < 40 for row in rows)


def test_attempts_choose_from_the_pool(
    shares: ExerciseDefinition, noisy: ExerciseDefinition
) -> None:
    """Each attempt meets one of the pool; an exercise that draws nothing has none."""
    pool = hidden_pool(shares, b"secret")
    chosen = [choose_hidden(shares, b"secret", attempt) for attempt in range(1, 60)]
    assert {variant.id for variant in chosen if variant} == {variant.id for variant in pool}
    assert choose_hidden(noisy, b"secret", 1) is None


TWO_MORE = """\
  label:
    value: 2
    meaning: Which.
    draw: {choice: [0, 1, 2]}
  seed:
    value: 4
    meaning: The seed.
    draw: {integer: [0, 10]}
rubric:
"""


def with_parameters(folder: Path, text: str) -> ExerciseDefinition:
    """Add parameters to the exercise in `folder`."""
    file = folder / "exercise.yaml"
    file.write_text(file.read_text("utf-8").replace("rubric:\n", text, 1), encoding="utf-8")
    return load_exercise(folder)


def test_every_parameter_differs(shares_folder: Path) -> None:
    """A notebook that ignores one parameter cannot pass: none keeps its visible value."""
    exercise = with_parameters(shares_folder, TWO_MORE)
    visible = exercise.visible_parameters
    for index in range(100):
        parameters = hidden_variant(exercise, b"secret", index).parameters
        assert all(parameters[name] != visible[name] for name in visible)


def test_a_pool_holds_no_repeats(shares_folder: Path) -> None:
    """While the world lasts no two variants of a deployment are equal."""
    file = shares_folder / "exercise.yaml"
    text = file.read_text("utf-8").replace("    draw: {sample: {from: [0, 40], size: 5}}\n", "")
    file.write_text(text, encoding="utf-8")
    lone = TWO_MORE.partition("  seed:")[0] + "variants: 3\nrubric:\n"
    exercise = with_parameters(shares_folder, lone.replace("[0, 1, 2]", "[0, 1, 2, 3]"))
    assert world_size(exercise) == 3
    labels = {variant.parameters["label"] for variant in hidden_pool(exercise, b"secret")}
    assert labels == {0, 1, 3}


def test_each_attempt_is_new_while_the_pool_lasts(shares: ExerciseDefinition) -> None:
    """As many attempts as there are variants meet each of them once."""
    attempts = range(1, shares.variants + 1)
    chosen = [choose_hidden(shares, b"secret", attempt) for attempt in attempts]
    assert len({variant.id for variant in chosen if variant}) == shares.variants


def test_the_world_counts_drawings_that_differ_everywhere(shares_folder: Path) -> None:
    """Ordered samples, other options and other integers are multiplied."""
    exercise = with_parameters(shares_folder, TWO_MORE)
    assert world_size(exercise) == (math.perm(40, 5) - 1) * 2 * 9


@pytest.mark.parametrize(
    ("draw", "reason"),
    [
        ("{choice: [2, 2]}", "a value stands twice among them"),
        ("{integer: [2, 3]}", "no value but the visible one can be drawn"),
        ("{sample: {from: [0, 1], size: 3}}", "more to draw than there are numbers"),
    ],
)
def test_a_parameter_without_another_value_is_refused(
    shares_folder: Path, draw: str, reason: str
) -> None:
    """Content whose hidden variants could not differ does not load."""
    with pytest.raises(ExerciseContentError, match=reason):
        with_parameters(shares_folder, TWO_MORE.replace("{choice: [0, 1, 2]}", draw))


def test_unsuitable_drawings_are_refused(shares_folder: Path) -> None:
    """The author's `suitable` decides which drawings have a clear answer."""
    with (shares_folder / "reference.py").open("a", encoding="utf-8") as stream:
        stream.write("\n\ndef suitable(parameters):\n    return parameters['rows'][0] < 20\n")
    exercise = load_exercise(shares_folder)
    for index in range(30):
        rows = hidden_variant(exercise, b"secret", index).parameters["rows"]
        assert isinstance(rows, list)
        assert rows[0] < 20
