"""What the notebook's text says about answers that ignore the parameters."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from grader.parameter_usage import read_parameter_usage

if TYPE_CHECKING:
    from grader.exercise import ExerciseDefinition

PARAMETERS = "rows = [1, 2, 3, 5, 8]"


def test_unread_and_reassigned_parameters(shares: ExerciseDefinition) -> None:
    """A name counts as read outside comments only, and as set again outside comparisons."""
    assert read_parameter_usage(shares, [PARAMETERS, "x = 1  # rows"], (0,)).unread == ("rows",)
    assert read_parameter_usage(shares, [PARAMETERS, "x = X[rows]"], (0,)).unread == ()
    assert read_parameter_usage(
        shares, [PARAMETERS, "%time y", "  rows = [1]"], (0,)
    ).reassigned == {"rows": 3}
    assert read_parameter_usage(shares, [PARAMETERS, "rows == [1]"], (0,)).reassigned == {}


def test_pasted_numbers(shares: ExerciseDefinition) -> None:
    """Half of an output's values written down in the cell that sets it is no accident."""
    pasted = "shares = [" + ", ".join(f"{i}.5" for i in range(30)) + "]"
    assert read_parameter_usage(shares, [PARAMETERS, pasted], (0,)).literals["shares"] == 2
    around = "shares = np.array([" + ", ".join("0.5" for _ in range(30)) + "]).reshape(5, 6)"
    assert read_parameter_usage(shares, [PARAMETERS, around], (0,)).literals["shares"] == 2
    computed = "shares = W * (X[rows] - X.mean(axis=0)) + 1e-3"
    assert read_parameter_usage(shares, [PARAMETERS, computed], (0,)).literals == {}


def test_numbers_beside_an_answer_are_no_accusation(shares: ExerciseDefinition) -> None:
    """Weights, colours and rows in the same cell are not the answer."""
    many = "[" + ", ".join(f"{i}.5" for i in range(60)) + "]"
    for cell in (
        f"colours = {many}\nshares = W * (X[rows] - X.mean(axis=0))",
        f"shares = W * np.array({many})",
        f"shares = explain(X, weights={many})",
    ):
        assert read_parameter_usage(shares, [PARAMETERS, cell], (0,)).literals == {}


def test_a_parameter_turned_into_an_array_is_not_set_again(shares: ExerciseDefinition) -> None:
    """`rows = np.array(rows)` still uses the parameter."""
    usage = read_parameter_usage(shares, [PARAMETERS, "rows = np.array(rows)"], (0,))
    assert (usage.reassigned, usage.unread) == ({}, ())


def test_a_variable_beside_the_parameter_is_named(shares: ExerciseDefinition) -> None:
    """What is used instead of a parameter is told with its cell."""
    cells = [f"{PARAMETERS}\nmine = [1, 2]", "shares = X[mine]"]
    assert read_parameter_usage(shares, cells, (0,)).stand_in == ("mine", 1)
    cells = [f"{PARAMETERS}\nmine = rows[:2]", "shares = X[mine]"]
    assert read_parameter_usage(shares, cells, (0,)).stand_in is None


def test_any_text_is_looked_at(shares: ExerciseDefinition) -> None:
    """Half a line, magics, a million digits, dots, spaces or empty lines cost linear time."""
    started = time.process_time()
    for unit in ("9", "1.", "1e", " ", "\n", "rows ", "\n rows", "#", "'"):
        read_parameter_usage(shares, [PARAMETERS, unit * 300_000], (0,))
    read_parameter_usage(shares, [PARAMETERS, "%%bash\nls 'x", "x = (", "\x00"], (0,))
    assert time.process_time() - started < 10
