"""Checkpoints: what is begun again from them, what is kept, for how long, and in which bounds."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from grader.sandbox import open_sandbox, processes
from grader.sandbox.chains import Chains
from grader.sandbox.job import MIB, Job, Limits, Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.sandbox.job import Event, Run
    from grader.sandbox.pool import BubblewrapSandbox

STAMP = "import os; stamp = os.urandom(8).hex(); print(stamp)"
"""Prints something else each time that it is executed."""


@pytest.fixture
def kept(light_python: Path) -> Iterator[BubblewrapSandbox]:
    """A sandbox of its own, so that its chains are this test's."""
    with open_sandbox(python=light_python, concurrency=2) as sandbox:
        yield sandbox


def _run(
    sandbox: BubblewrapSandbox, *cells: str, chain: str = "a", limits: Limits | None = None
) -> tuple[Run, list[int]]:
    """Return a run, and which cells came from a checkpoint."""
    events: list[Event] = []
    job = Job(cells=cells, outputs=(), chain=chain, limits=limits or Limits())
    run = sandbox.run(job, on_event=events.append)
    return run, [event.cell for event in events if event.kind == "cell_end" and event.cached]


def _text(run: Run, cell: int) -> str:
    return "".join(output.get("text", "") for output in run.cells[cell].outputs)


def test_a_second_run_begins_at_the_last_common_cell(kept: BubblewrapSandbox) -> None:
    """Earlier cells keep their state and outputs; the cell that is asked for runs again."""
    first, cached = _run(kept, STAMP, "x = 1", STAMP)
    assert cached == []
    second, cached = _run(kept, STAMP, "x = 1", STAMP)
    assert cached == [0, 1]
    assert _text(second, 0) == _text(first, 0) != ""
    assert _text(second, 2) != _text(first, 2)
    third, cached = _run(kept, STAMP, "x = 2", "print(x, stamp)")
    assert cached == [0]
    assert _text(third, 2) == f"2 {_text(first, 0)}"
    assert [cell.execution_count for cell in third.cells] == [1, 2, 3]


def test_another_notebook_another_limit_and_other_data_share_nothing(
    kept: BubblewrapSandbox, shared_folder: Path
) -> None:
    """A checkpoint serves its own notebook, in the surroundings that it was made in."""
    _run(kept, STAMP, "1")
    assert _run(kept, STAMP, "1", chain="b")[1] == []
    assert _run(kept, STAMP, "1")[1] == [0]
    assert _run(kept, STAMP, "1", limits=Limits(wall_seconds=30))[1] == []
    (shared_folder / "table.csv").write_text("a")
    job = Job(cells=("open('data/table.csv').read()", "1"), outputs=(), chain="a")
    for content, expected in (("a", []), ("a", [0]), ("b", [])):
        (shared_folder / "table.csv").write_text(content)
        events: list[Event] = []
        told = Job(cells=job.cells, outputs=(), chain="a", data=shared_folder)
        kept.run(told, on_event=events.append)
        assert [one.cell for one in events if one.kind == "cell_end" and one.cached] == expected


def test_a_graded_run_uses_no_checkpoint() -> None:
    """A job with outputs cannot name a chain, by construction."""
    with pytest.raises(ValueError, match="no checkpoint"):
        Job(cells=("a = 1",), outputs=("a",), chain="a")


def test_files_are_those_of_the_checkpoint(kept: BubblewrapSandbox) -> None:
    """A later run's changes to the scratch folder are not seen from an earlier state."""
    write = "open('a.txt', 'w').write('1'); import os; os.mkdir('made')"
    show = "import os; print(sorted(os.listdir('.')), open('a.txt').read())"
    _run(kept, write, "open('a.txt', 'a').write('2'); os.rmdir('made'); open('b', 'w')")
    run, cached = _run(kept, write, show)
    assert cached == [0]
    assert _text(run, 1) == "['.shm', '.tmp', 'a.txt', 'made'] 1\n"


@pytest.mark.parametrize(
    "unfit",
    [
        "import threading, time; threading.Timer(9, print).start()",
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'pass'])",
        "file = open('a.txt', 'w+')",
        "import mmap; shared = mmap.mmap(-1, 10)",
        "import signal; signal.alarm(60)",
        "open('big', 'wb').write(bytes(20 * 2**20))",
        "import socket\nwith socket.socket(socket.AF_UNIX) as made: made.bind('socket')",
    ],
)
def test_what_a_fork_would_share_or_lose_is_not_kept(kept: BubblewrapSandbox, unfit: str) -> None:
    """The next run begins at the last state that can be forked."""
    assert _run(kept, "x = 1", unfit, "x = 2", "x")[1] == []
    run, cached = _run(kept, "x = 1", unfit, "x = 2", "x")
    assert run.verdict is Verdict.OK
    assert cached == [0]


def test_time_of_cells_before_counts(kept: BubblewrapSandbox) -> None:
    """The wall time limit is that of the notebook, whether its cells ran now or earlier."""
    limits = Limits(wall_seconds=2, cpu_seconds=20)
    wait = "import time; time.sleep(1.3)"
    assert _run(kept, wait, "1", limits=limits)[0].verdict is Verdict.OK
    run, cached = _run(kept, wait, "time.sleep(1.3)", limits=limits)
    assert cached == [0]
    assert run.verdict is Verdict.TIME_LIMIT


def test_cpu_time_of_cells_before_counts(kept: BubblewrapSandbox) -> None:
    """The same for CPU time."""
    limits = Limits(wall_seconds=60, cpu_seconds=2)
    spin = "import time\nwhile time.process_time() < 1.2: pass"
    assert _run(kept, spin, "1", limits=limits)[0].verdict is Verdict.OK
    run, cached = _run(kept, spin, "while True: pass", limits=limits)
    assert cached == [0]
    assert (run.verdict, run.limit) == (Verdict.TIME_LIMIT, 2)


def test_a_chain_s_memory_never_ends_a_run_that_would_pass_without(
    kept: BubblewrapSandbox,
) -> None:
    """Rewritten arrays are kept once more by each checkpoint; the run is repeated without them."""
    limits = Limits(memory_bytes=256 * MIB)
    cells = ["import numpy as np; x = np.ones(8 * 2**20)", *["x += 1"] * 5, "print(x[0])"]
    for _ in range(2):
        run, _cached = _run(kept, *cells, limits=limits)
        assert (run.verdict, _text(run, 6)) == (Verdict.OK, "6.0\n")


def test_too_much_memory_ends_a_run_from_a_checkpoint(kept: BubblewrapSandbox) -> None:
    """The limit is the same as without."""
    limits = Limits(memory_bytes=128 * MIB)
    _run(kept, "x = 1", "1", limits=limits)
    run, _ = _run(kept, "x = 1", "block = bytearray(200 * 2**20)", limits=limits)
    assert run.verdict is Verdict.MEMORY_LIMIT
    assert _run(kept, "x = 1", "x", limits=limits)[0].verdict is Verdict.OK


def test_an_error_and_an_interrupt_leave_the_cells_before(kept: BubblewrapSandbox) -> None:
    """What was kept before the cell that failed serves the next run."""
    _run(kept, STAMP, "1 / 0")
    assert _run(kept, STAMP, "2")[1] == [0]
    interrupt = threading.Event()
    job = Job(cells=(STAMP, "while True: pass"), outputs=(), chain="a")
    threading.Timer(0.3, interrupt.set).start()
    run = kept.run(job, interrupt=interrupt)
    assert run.error is not None
    assert run.error.name == "KeyboardInterrupt"
    assert _run(kept, STAMP, "2")[1] == [0]


def test_a_run_that_fails_early_leaves_the_chains_of_others(kept: BubblewrapSandbox) -> None:
    """However early it is interrupted: the server stays, and with it what others have."""
    _run(kept, STAMP, "1", chain="other")
    for seconds in (0.0, 0.002, 0.005, 0.01, 0.02):
        interrupt = threading.Event()
        threading.Timer(seconds, interrupt.set).start()
        kept.run(Job(cells=("x = 1", "x"), outputs=(), chain="a"), interrupt=interrupt)
    assert _run(kept, STAMP, "1", chain="other")[1] == [0]


def test_edits_without_end_leave_no_dead_processes_behind(kept: BubblewrapSandbox) -> None:
    """Checkpoints that an edit ends count towards the bound of processes until they are reaped."""
    limits = Limits(processes=32)
    _run(kept, STAMP, "0", "1", "2", "3", limits=limits)
    for number in range(1, 61):
        run, cached = _run(kept, STAMP, str(number), "1", "2", "3", limits=limits)
        assert (run.verdict, cached) == (Verdict.OK, [0])


def test_a_run_that_kills_itself_says_so_and_costs_nothing_else(kept: BubblewrapSandbox) -> None:
    """It is no memory limit, and what was kept before serves the next run."""
    _run(kept, STAMP, "1")
    run, cached = _run(kept, STAMP, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert (run.verdict, cached) == (Verdict.RUNTIME_ERROR, [0])
    assert run.error is not None
    assert run.error.message == "The process was killed by the notebook itself."
    assert _run(kept, STAMP, "2")[1] == [0]


def test_between_runs_every_process_of_a_chain_is_stopped(kept: BubblewrapSandbox) -> None:
    """Nothing of a learner's runs while no run of theirs does."""
    leave = "import os, time\nif os.fork() == 0:\n    time.sleep(60)"
    _run(kept, "x = 1", "y = 2", leave)
    (chain,) = [one.chain for one in kept.chains._kept.values()]
    root, *others = processes.tree(chain.memory.pid)
    assert root == chain.memory.pid
    states = {processes.state(pid) for pid in others}
    assert states <= {"T", "Z"}
    assert sum(processes.state(pid) == "T" for pid in others) == len(chain.checkpoints) == 2


def test_states_that_are_soon_made_again_go_first(kept: BubblewrapSandbox) -> None:
    """Over the budget a chain keeps what was slow to make, and the last two states."""
    slow = "import time; time.sleep(0.3); import os; print(os.urandom(8).hex())"
    cells = ("a = 1", slow, "y = b'y' * 2**22", "x = b'x' * 2**22", "z = 3", STAMP)
    first, _ = _run(kept, *cells)
    ((count, used),) = kept.chains.usage().values()
    kept.chains = Chains(memory_bytes=used * 3 // 2)
    first, _ = _run(kept, *cells)
    _run(kept, *cells, chain="b")
    assert (count, kept.chains.usage()["a"][0]) == (6, 3)

    again, cached = _run(kept, *cells[:5], "print(a, len(x), len(y), z)")
    assert cached == [0, 1, 2, 3, 4]
    assert [_text(again, cell) for cell in cached] == [_text(first, cell) for cell in cached]
    assert _text(again, 5) == f"1 {2**22} {2**22} 3\n"
    again, cached = _run(kept, *cells[:3], "print(a, len(y))")
    assert cached == [0, 1]
    assert _text(again, 1) == _text(first, 1)
    assert _text(again, 3) == f"1 {2**22}\n"


def test_a_state_after_one_that_could_not_be_kept_serves(kept: BubblewrapSandbox) -> None:
    """A cell that leaves a file open is kept with the one that closes it."""
    cells = ("x = 1", "file = open('f', 'w'); print('open')", "file.close(); print('closed')", "x")
    first, _ = _run(kept, *cells)
    again, cached = _run(kept, *cells)
    assert cached == [0, 1, 2]
    assert [_text(again, cell) for cell in range(3)] == [_text(first, cell) for cell in range(3)]
    assert _run(kept, *cells[:2], "file.closed")[1] == [0]


def test_the_least_recently_used_go_first(light_python: Path) -> None:
    """Over the memory budget the oldest chains end."""
    with open_sandbox(python=light_python, checkpoint_bytes=60 * MIB) as sandbox:
        for name in "abcdef":
            _run(sandbox, "x = bytes(10 * 2**20)", "1", chain=name)
        names = sandbox.chains.names()
        assert names == list("abcdef")[-len(names) :]
        assert 1 <= len(names) < 6
        assert _run(sandbox, "x = bytes(10 * 2**20)", "1", chain="a")[1] == []


def test_idle_chains_end(kept: BubblewrapSandbox) -> None:
    """After a while without a run, nothing is left of a chain; its next run begins anew."""
    kept.chains = Chains(memory_bytes=512 * MIB, idle_seconds=1.0)
    _run(kept, STAMP, "1")
    (chain,) = [one.chain for one in kept.chains._kept.values()]
    deadline = time.monotonic() + 10
    while chain.alive and time.monotonic() < deadline:
        time.sleep(0.05)
    assert kept.chains.names() == []
    assert not chain.alive
    assert _run(kept, STAMP, "1")[1] == []


def test_a_lost_server_costs_a_chain_and_no_run(kept: BubblewrapSandbox) -> None:
    """With the fork server every checkpoint ends; the next run is from the top."""
    _run(kept, STAMP, "1")
    assert kept._server is not None
    os.kill(kept._server._supervisor.pid, 9)
    kept._server._supervisor.wait()
    run, cached = _run(kept, STAMP, "1")
    assert (run.verdict, cached) == (Verdict.OK, [])


def test_a_closed_sandbox_leaves_no_process(light_python: Path) -> None:
    """Chains end with their sandbox."""
    with open_sandbox(python=light_python) as sandbox:
        _run(sandbox, STAMP, "1")
        (chain,) = [one.chain for one in sandbox.chains._kept.values()]
        pids = processes.tree(chain.memory.pid)
    assert [pid for pid in pids if processes.state(pid) != "X"] == []


def test_descriptors_do_not_add_up(kept: BubblewrapSandbox) -> None:
    """Runs, misses, errors and evictions leave none open."""
    counts = []
    for turn in range(4):
        for name in "abc":
            for last in ("1", "1 / 0", "import os; os._exit(1)", "import os; os.kill(-1, 9)"):
                _run(kept, "x = 1", "y = 2", last, chain=name)
            _run(kept, f"x = {turn}", chain=name)
        counts.append(len(list(os.scandir("/proc/self/fd"))))
    assert counts[-1] <= counts[0]


def _asked(sandbox: BubblewrapSandbox, *earlier: str, source: str) -> list[str]:
    question = Question("complete", source, len(source), earlier)
    run = sandbox.run(Job(cells=earlier, outputs=(), chain="a", question=question))
    items = (run.reply or {}).get("items", ())
    return [item["label"] for item in items]


def test_a_question_is_answered_from_a_checkpoint_and_runs_no_cell(
    kept: BubblewrapSandbox,
) -> None:
    """Names of what has run; of what has not, only imports; the chain stays as it was."""
    _run(kept, "class Box:\n    lid = 1\nbox = Box()", "open('ran', 'w')")
    cell = "class Box:\n    lid = 1\nbox = Box()"
    assert _asked(kept, cell, source="box.li") == ["lid"]
    assert _asked(kept, cell, "never = 1", source="neve") == []
    assert _asked(kept, cell, "import json", source="json.dum") == ["dump", "dumps"]
    assert _run(kept, cell, "1")[1] == [0]


@pytest.mark.parametrize(
    "body", ["while True: pass", "return [bytes(2**28), bytes(2**28)]", "import os; os._exit(1)"]
)
def test_a_question_has_bounds_and_spoils_nothing(kept: BubblewrapSandbox, body: str) -> None:
    """Time and memory of a look-up are bounded; the checkpoint serves on."""
    cell = f"class Slow:\n    def __dir__(self):\n        {body}\nslow = Slow()"
    _run(kept, cell, "1")
    started_at = time.monotonic()
    _asked(kept, cell, source="slow.a")
    assert time.monotonic() - started_at < 5
    assert _run(kept, cell, "1")[1] == [0]


def test_two_runs_of_one_notebook_at_once_both_end(kept: BubblewrapSandbox) -> None:
    """The later one waits a moment for the chain, then does without."""
    runs: list[Run] = []
    first = threading.Thread(
        target=lambda: runs.append(_run(kept, "import time; time.sleep(4)", "1")[0])
    )
    first.start()
    time.sleep(0.3)
    second, cached = _run(kept, "x = 1", "x")
    first.join()
    assert cached == []
    assert second.verdict is runs[0].verdict is Verdict.OK


def test_a_run_of_an_ordinary_user_s_host_has_checkpoints_too(ordinary: BubblewrapSandbox) -> None:
    """Nothing about them needs root."""
    runs = [ordinary.run(Job(cells=(STAMP, "1"), outputs=(), chain="a")) for _ in range(2)]
    assert _text(runs[0], 0) == _text(runs[1], 0)
