"""Hidden variants follow from the secret alone, and never equal the visible one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.variants import choose_hidden, hidden_pool, hidden_variant, visible_variant

if TYPE_CHECKING:
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
