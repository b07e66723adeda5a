"""Outputs, answers and errors of a run, in a real sandbox."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np
import pytest

from grader.errors import ExerciseContentError
from grader.sandbox.job import Event, Job, Limits, Run, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.job import Answer, Sandbox


def run(sandbox: Sandbox, *cells: str, outputs: tuple[str, ...] = (), **more: object) -> Run:
    """Run cells with the default limits."""
    return sandbox.run(Job(cells=cells, outputs=outputs, **more))  # type: ignore[arg-type]


def text_of(outcome: Run, cell: int = 0) -> str:
    """Return what a cell printed."""
    return "".join(output.get("text", "") for output in outcome.cells[cell].outputs)


def answer_of(sandbox: Sandbox, source: str) -> Answer:
    """Return the answer ``value`` after a cell."""
    return run(sandbox, source, outputs=("value",)).answers["value"]


def test_a_notebook_runs_to_its_end(sandbox: Sandbox) -> None:
    """Streams, the last value and execution counts are returned as nbformat outputs."""
    outcome = run(sandbox, "print('one')\nimport sys; print('two', file=sys.stderr)", "6 * 7")
    assert outcome.verdict is Verdict.OK
    assert outcome.error is None
    assert [dict(output) for output in outcome.cells[0].outputs] == [
        {"output_type": "stream", "name": "stdout", "text": "one\n"},
        {"output_type": "stream", "name": "stderr", "text": "two\n"},
    ]
    assert [dict(output) for output in outcome.cells[1].outputs] == [
        {
            "output_type": "execute_result",
            "execution_count": 2,
            "data": {"text/plain": "42"},
            "metadata": {},
        }
    ]
    assert [cell.execution_count for cell in outcome.cells] == [1, 2]


def test_an_exception_ends_the_run_and_keeps_earlier_answers(sandbox: Sandbox) -> None:
    """Cell, line, name and message are reported; answers up to and from that cell count."""
    outcome = run(
        sandbox,
        "a = 1",
        "b = 2\n\nraise ValueError('no such luck')",
        "c = 3",
        outputs=("a", "b", "c"),
    )
    assert outcome.verdict is Verdict.RUNTIME_ERROR
    assert outcome.error is not None
    assert (outcome.error.cell, outcome.error.line) == (1, 3)
    assert (outcome.error.name, outcome.error.message) == ("ValueError", "no such luck")
    assert "\x1b" not in outcome.error.traceback
    assert sorted(outcome.answers) == ["a", "b"]
    assert outcome.cells[2].execution_count is None


@pytest.mark.parametrize(
    ("source", "name", "line"),
    [
        ("x = 1\nx = = 2", "SyntaxError", 2),
        ("def f():\n    return 1 / 0\n\nf()", "ZeroDivisionError", 2),
        ("import sys\nsys.exit(3)", "SystemExit", 2),
        ("input('name? ')", "EOFError", 1),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", 1),
        ("exit", "SystemExit", None),
        ("quit()", "SystemExit", None),
        ("%run no_such_file.py", "Exception", None),
        (
            "class Odd(Exception):\n    __str__ = lambda self: 1 / 0\nraise Odd",
            "ZeroDivisionError",
            None,
        ),
    ],
)
def test_each_failure_is_named(warm: Sandbox, source: str, name: str, line: int | None) -> None:
    """Whatever ends a cell, its name and line are reported."""
    outcome = run(warm, source, "print('never')")
    assert outcome.verdict is Verdict.RUNTIME_ERROR
    assert outcome.error is not None
    assert outcome.error.name == name
    assert line in (None, outcome.error.line)
    assert outcome.cells[1].execution_count is None


def test_a_traceback_that_is_only_shown_does_not_end_the_run(warm: Sandbox) -> None:
    """Code may catch an exception, show its traceback, and continue."""
    show = "try:\n    1 / 0\nexcept ZeroDivisionError:\n    get_ipython().showtraceback()"
    outcome = run(warm, show, "kept = 1", outputs=("kept",))
    assert outcome.verdict is Verdict.OK
    assert outcome.error is None
    assert [o["ename"] for o in outcome.cells[0].outputs] == ["ZeroDivisionError"]
    assert outcome.answers["kept"].array == 1


def test_an_error_is_shown_after_any_amount_of_output(warm: Sandbox) -> None:
    """A truncated cell still shows the error that ended it."""
    limits = Limits(cell_output_bytes=10_000)
    outcome = run(warm, "for i in range(1000): print('x' * 50)\n1 / 0", limits=limits)
    assert outcome.verdict is Verdict.RUNTIME_ERROR
    assert outcome.cells[0].truncated
    assert outcome.cells[0].outputs[-1]["ename"] == "ZeroDivisionError"


def test_ipython_syntax_works(warm: Sandbox) -> None:
    """Magics, top-level await, help and the values of earlier cells work as in a notebook."""
    outcome = run(
        warm,
        "%timeit -n1 -r1 pass",
        "import asyncio\nawait asyncio.sleep(0)\nx = await asyncio.sleep(0, 'awaited')",
        "len?",
        "%%capture grabbed\nprint('inside')",
        "print(grabbed.stdout, x, _, Out[5] if 5 in Out else '')",
        "%matplotlib inline\n%who_ls str",
        outputs=("x",),
    )
    assert outcome.error is None
    assert outcome.verdict is Verdict.OK
    assert "per loop" in text_of(outcome, 0)
    assert str(outcome.answers["x"].array) == "awaited"
    assert "inside" in text_of(outcome, 4)


def test_shell_commands_do_nothing_and_cost_nothing(warm: Sandbox) -> None:
    """A notebook that begins with a pip install prints a note and continues."""
    outcome = run(warm, "!pip install shap\n%pip install lime\nfiles = !ls", "print(files)")
    assert outcome.verdict is Verdict.OK
    assert text_of(outcome, 0).count("disabled here") == 3
    assert text_of(outcome, 1) == "[]\n"


def test_figures_are_returned_as_images(warm: Sandbox) -> None:
    """An open figure is shown by its cell and closed, as with matplotlib inline."""
    outcome = run(warm, "import matplotlib.pyplot as plt\nplt.plot([1, 2]);", "plt.gcf().axes")
    (figure,) = [o for o in outcome.cells[0].outputs if o["output_type"] == "display_data"]
    assert base64.b64decode(figure["data"]["image/png"]).startswith(b"\x89PNG")
    (axes,) = [o for o in outcome.cells[1].outputs if o["output_type"] == "execute_result"]
    assert axes["data"]["text/plain"] == "[]"


def test_rich_displays_updates_and_clearing(warm: Sandbox) -> None:
    """Displays can be updated in place and cleared; scripts are left out."""
    outcome = run(
        warm,
        "from IPython.display import *\n"
        "h = display(HTML('<b>1</b>'), display_id=True)\nh.update(HTML('<b>2</b>'))",
        "print('gone')\nclear_output(wait=True)\nprint('stays')",
        "display(Javascript('alert(1)'), JSON({'a': [1]}))",
    )
    (shown,) = outcome.cells[0].outputs
    assert shown["data"]["text/html"] == "<b>2</b>"
    assert text_of(outcome, 1) == "stays\n"
    types = [set(output["data"]) for output in outcome.cells[2].outputs]
    assert types == [{"text/plain"}, {"application/json", "text/plain"}]


def test_parameters_replace_the_notebooks_own(sandbox: Sandbox) -> None:
    """Papermill's convention: the injected values follow the tagged cell."""
    parameters = {"rows": [1, 2], "depth": 3, "name": "it's", "rate": float("inf"), "none": None}
    outcome = run(
        sandbox,
        "rows, depth, name, rate, none = [9], 9, 'x', 9.0, 9",
        "seen = repr((rows, depth, name, rate, none))",
        outputs=("seen",),
        parameters=parameters,
        parameters_cells=(0,),
    )
    assert str(outcome.answers["seen"].array) == repr(([1, 2], 3, "it's", float("inf"), None))
    assert [cell.execution_count for cell in outcome.cells] == [1, 2]


def test_data_is_mounted_read_only_beside_the_notebook(
    sandbox: Sandbox, shared_folder: Path
) -> None:
    """The exercise's files and folders can be read but not written."""
    (shared_folder / "rows.csv").write_text("a,b\n1,2\n")
    (shared_folder / "more").mkdir()
    (shared_folder / "more" / "x.bin").write_bytes(bytes(range(256)) * 1000)
    outcome = run(
        sandbox,
        "import numpy as np\nvalue = np.loadtxt('data/rows.csv', delimiter=',', skiprows=1)",
        "size = len(open('data/more/x.bin', 'rb').read())",
        "open('data/rows.csv', 'w')",
        outputs=("value", "size"),
        data=shared_folder,
    )
    assert outcome.answers["value"].array is not None
    assert outcome.answers["value"].array.tolist() == [1, 2]
    assert outcome.answers["size"].array == 256_000
    assert outcome.error is not None
    assert outcome.error.name == "OSError"
    assert (shared_folder / "rows.csv").read_text() == "a,b\n1,2\n"


def test_missing_data_is_an_error_of_the_content(warm: Sandbox, tmp_path: Path) -> None:
    """A missing data folder is neither the learner's error nor the sandbox's, which stays open."""
    server = warm._server  # type: ignore[attr-defined]
    with pytest.raises(ExerciseContentError, match="is missing"):
        run(warm, "1", data=tmp_path / "none")

    assert run(warm, "1").verdict is Verdict.OK
    assert warm._server is server  # type: ignore[attr-defined]


def test_progress_is_reported_during_the_run(warm: Sandbox) -> None:
    """A page can show "cell 2 of 2" from the events."""
    events: list[Event] = []
    warm.run(Job(cells=("a = 1", "b = 2"), outputs=("a",)), on_event=events.append)
    steps = [(event.kind, event.cell, event.cells) for event in events if event.kind != "tick"]
    assert steps == [
        ("start", 0, 2),
        ("cell", 0, 2),
        ("answer", 0, 2),
        ("cell_end", 0, 2),
        ("cell", 1, 2),
        ("cell_end", 1, 2),
        ("end", 1, 2),
    ]


def test_runs_are_reproducible_only_with_a_seed(warm: Sandbox) -> None:
    """A notebook's own seed gives the same numbers twice; without one each run has its own."""
    seeded = "import numpy as np, random\nnp.random.seed(7); random.seed(7)\n"
    draw = "value = [np.random.rand(), random.random()]"
    first, second = (answer_of(warm, seeded + draw).array for _ in range(2))
    np.testing.assert_array_equal(first, second)
    loose = "import numpy as np, random\n" + draw
    first, second = (answer_of(warm, loose).array for _ in range(2))
    assert not np.any(first == second)


def test_two_runs_can_be_concurrent(sandbox: Sandbox) -> None:
    """The visible and the hidden variant of a notebook share neither time nor state."""
    jobs = tuple(
        Job(
            cells=("x = 0", "import time; time.sleep(1); y = x"),
            outputs=("y",),
            parameters={"x": number},
            parameters_cells=(0,),
        )
        for number in range(2)
    )
    runs = sandbox.run_many(jobs)
    assert [outcome.answers["y"].array for outcome in runs] == [0, 1]
    assert all(outcome.verdict is Verdict.OK for outcome in runs)
    assert all(1.0 < outcome.wall_seconds < 10.0 for outcome in runs)


def test_a_later_value_replaces_an_earlier_one(warm: Sandbox) -> None:
    """An output is collected after each cell that changes it, also in place."""
    outcome = run(warm, "v = [1, 2]", "v.append(3)", "w = 1", outputs=("v",))
    assert outcome.answers["v"].array is not None
    assert outcome.answers["v"].array.tolist() == [1, 2, 3]
    assert outcome.answers["v"].cell == 1


def test_measurements_are_plausible(sandbox: Sandbox) -> None:
    """Time and memory are those of the run, without the server's."""
    cell = "import numpy as np, time\nx = np.ones(12_500_000)\ntime.sleep(0.3)"
    outcome = run(sandbox, cell, limits=Limits(memory_bytes=400 * 2**20))
    assert outcome.verdict is Verdict.OK
    assert 95 * 2**20 < outcome.peak_memory_bytes < 250 * 2**20
    assert outcome.first_cell_seconds is not None
    assert 0.3 <= outcome.wall_seconds < 10
    assert 0 < outcome.cpu_seconds < outcome.wall_seconds * 2


def test_a_notebook_without_cells_succeeds(warm: Sandbox) -> None:
    """A notebook without code cells is not an error."""
    assert run(warm).verdict is Verdict.OK
