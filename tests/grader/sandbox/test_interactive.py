"""What the notebook in the browser asks of the sandbox: live outputs, interrupts, questions."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from grader.sandbox.job import Job, Question, Verdict

if TYPE_CHECKING:
    from grader.sandbox.job import Event, Sandbox

ENDLESS = "print('begun')\nwhile True:\n    pass"
STUBBORN = """while True:
    try:
        while True:
            pass
    except KeyboardInterrupt:
        pass"""


def _interrupted(own: Sandbox, source: str) -> tuple[Verdict, str]:
    interrupt = threading.Event()

    def stop_once_it_runs(event: Event) -> None:
        if event.kind == "cell":
            threading.Timer(0.3, interrupt.set).start()

    run = own.run(
        Job(cells=(source, "late = 1"), outputs=()),
        on_event=stop_once_it_runs,
        interrupt=interrupt,
    )
    assert run.error is not None
    assert run.cells[1].execution_count is None
    return run.verdict, run.error.name


@pytest.mark.parametrize("chain", [None, "interrupted"])
@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.01, 0.02, 0.05])
def test_an_interrupt_before_the_first_cell_is_felt_in_it(
    own: Sandbox, chain: str | None, seconds: float
) -> None:
    """Whoever interrupts at once ends the run, never the sandbox that others use too."""
    interrupt = threading.Event()
    waiting = threading.Timer(seconds, interrupt.set)
    waiting.start()
    if not seconds:
        waiting.join()
    cells = ("import time\nfor _ in range(1000): time.sleep(0.01)", "late = 1")
    run = own.run(Job(cells=cells, outputs=(), chain=chain), interrupt=interrupt)

    assert run.verdict is Verdict.RUNTIME_ERROR
    assert run.error is not None
    assert (run.error.name, run.error.cell) == ("KeyboardInterrupt", 0)
    assert run.cells[1].execution_count is None


def test_outputs_are_told_as_they_are_made(own: Sandbox) -> None:
    """Each piece of a stream and each display comes before its cell ends; an error has its line."""
    events: list[Event] = []
    own.run(Job(cells=("print('a')", "1\n1 / 0"), outputs=()), on_event=events.append)

    kinds = [event.kind for event in events]
    assert kinds.index("output") < kinds.index("cell_end")
    shown = [event.output for event in events if event.output is not None]
    assert "".join(one["text"] for one in shown if one["output_type"] == "stream") == "a\n"
    assert [one["line"] for one in shown if one["output_type"] == "error"] == [2]
    assert [event.failed for event in events if event.kind == "cell_end"] == [False, True]


@pytest.mark.parametrize("source", [ENDLESS, STUBBORN])
def test_an_interrupt_ends_a_run(own: Sandbox, source: str) -> None:
    """By its KeyboardInterrupt, or by a kill two seconds later when it catches that."""
    verdict, _name = _interrupted(own, source)

    assert verdict is Verdict.RUNTIME_ERROR


def test_completions_come_from_what_has_run_and_from_imports(own: Sandbox) -> None:
    """Attributes of a value of the cells before; modules that the written cell imports."""
    source = "import json\njson.du"
    run = own.run(
        Job(cells=("word = 'a'",), outputs=(), question=Question("complete", source, len(source)))
    )
    assert run.reply is not None
    assert [item["label"] for item in run.reply["items"]] == ["dump", "dumps"]
    run = own.run(
        Job(cells=("word = 'a'",), outputs=(), question=Question("complete", "word.isal", 9))
    )
    assert run.reply is not None
    assert [item["label"] for item in run.reply["items"]] == ["isalnum", "isalpha"]


def test_a_question_runs_none_of_the_cell_that_is_written(own: Sandbox) -> None:
    """Only attributes are looked up: a call in the source is not made."""
    source = "print('ran')\nopen('made', 'w')\nprin"
    run = own.run(Job(cells=(), outputs=(), question=Question("complete", source, len(source))))

    assert run.verdict is Verdict.OK
    assert run.reply is not None
    assert {"print"} <= {item["label"] for item in run.reply["items"]}


@pytest.mark.parametrize(
    "method",
    [
        "def __dir__(self):\n        while True: pass",
        "def __getattr__(self, name):\n        import os\n        os._exit(3)",
        "def __dir__(self):\n        return ['a' * 10**6 + str(i) for i in range(1000)]",
    ],
)
def test_a_look_up_that_never_ends_has_no_answer(own: Sandbox, method: str) -> None:
    """What a learner's own class does in a look-up is bounded in time and size."""
    source = f"class Slow:\n    {method}\nslow = Slow()"
    run = own.run(Job(cells=(source,), outputs=(), question=Question("complete", "slow.a", 6)))

    assert run.verdict is Verdict.OK
    assert len(str(run.reply)) < 300_000
