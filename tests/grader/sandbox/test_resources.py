"""Exceeding a resource limit ends in a verdict with limit and peak, and never harms the host."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from grader.sandbox.job import MIB, Job, Limits, Run, Verdict

if TYPE_CHECKING:
    from grader.sandbox.job import Sandbox

LIMITS = Limits(
    wall_seconds=15,
    cpu_seconds=15,
    memory_bytes=256 * MIB,
    processes=32,
    scratch_bytes=16 * MIB,
    cell_output_bytes=MIB // 2,
    total_output_bytes=MIB,
)

MEMORY = {
    "one large block": "x = bytearray(8 * 2**30)",
    "many small blocks": "x = [bytearray(2**22) for _ in range(2000)]",
    "an array": "import numpy as np\nx = np.ones(2**30)",
    "shared memory": "import mmap\nm = mmap.mmap(-1, 2**30)\n"
    "for i in range(0, 2**30, 4096): m[i] = 1",
    "shared memory out of sight": "import mmap\nm = mmap.mmap(-1, 2**30)\n"
    "for i in range(0, 2**30, 2**20):\n"
    "    m[i:i + 2**20] = b'x' * 2**20\n    m.madvise(mmap.MADV_DONTNEED, i, 2**20)\n"
    "import time\ntime.sleep(1)",
    "children, each within the limit": "import os, time\n"
    "for _ in range(8):\n"
    "    if os.fork() == 0:\n"
    "        x = bytearray(2**20) * 100\n        time.sleep(30)\n"
    "time.sleep(30)",
    "deep recursion in native code": "import json\njson.dumps(x := [1])\n"
    "x = 'a' * 2**28\nl = [x + str(i) for i in range(50)]",
}


def run(sandbox: Sandbox, *cells: str, limits: Limits = LIMITS) -> Run:
    """Run cells with tight limits."""
    return sandbox.run(Job(cells=cells, outputs=("kept",), limits=limits))


@pytest.mark.parametrize("source", MEMORY.values(), ids=MEMORY)
def test_memory_is_bounded(sandbox: Sandbox, source: str) -> None:
    """Too much memory of any kind ends the run and reports limit and peak."""
    outcome = run(sandbox, "kept = 1", source)
    assert outcome.verdict is Verdict.MEMORY_LIMIT
    assert outcome.limit == LIMITS.memory_bytes
    assert outcome.peak is not None
    assert outcome.peak >= outcome.limit
    assert outcome.peak < 8 * outcome.limit
    assert outcome.answers["kept"].array == 1


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("with open('big', 'wb') as f:\n    for _ in range(64): f.write(bytes(2**20))", "OSError"),
        ("for i in range(10):\n    open(f'/tmp/{i}', 'wb').write(bytes(2**22))", "OSError"),
        ("for i in range(10):\n    open(f'/dev/shm/{i}', 'wb').write(bytes(2**22))", "OSError"),
        ("for i in range(100_000): open(f'f{i}', 'w').close()", "OSError"),
        ("import os\nfor i in range(100_000): os.mkdir(f'd{i}')", "OSError"),
        ("import os\nkept = [os.open('/dev/null', os.O_RDONLY) for _ in range(5000)]", "OSError"),
    ],
    ids=["one file", "temporary files", "shared files", "inodes", "folders", "descriptors"],
)
def test_files_are_bounded(sandbox: Sandbox, source: str, error: str) -> None:
    """A full disk, no more inodes or descriptors: an error in the learner's own run."""
    outcome = run(sandbox, source)
    assert outcome.verdict is Verdict.RUNTIME_ERROR
    assert outcome.error is not None
    assert outcome.error.name == error


OUTPUTS = {
    "endless lines": "while True: print('x' * 100)",
    "endless without a line": "import sys\nwhile True: sys.stdout.write('x' * 1000)",
    "three hundred thousand outputs": "for i in range(300_000): display(i)",
    "empty outputs without end": "while True: display({}, raw=True)",
    "endless errors": "import sys\nwhile True: print('x' * 100, file=sys.stderr)",
    "endless clearing": "from IPython.display import clear_output\n"
    "while True:\n    clear_output()\n    print('x' * 1000)",
}


@pytest.mark.parametrize("source", OUTPUTS.values(), ids=OUTPUTS)
def test_output_is_bounded(sandbox: Sandbox, source: str) -> None:
    """Endless output ends the run soon; the first part is kept, with a truncation marker."""
    outcome = run(sandbox, "print('first')", source)
    assert outcome.verdict is Verdict.OUTPUT_LIMIT
    assert outcome.limit == LIMITS.total_output_bytes
    assert outcome.peak is not None
    assert outcome.peak > outcome.limit
    assert outcome.wall_seconds < LIMITS.wall_seconds
    assert outcome.cells[0].outputs[0]["text"] == "first\n"
    assert len(repr(outcome.cells)) < 3 * LIMITS.total_output_bytes


def test_a_long_cell_is_truncated_and_the_run_goes_on(sandbox: Sandbox) -> None:
    """Output above the cell's limit but below the run's is truncated with a marker, no failure."""
    outcome = run(sandbox, "for i in range(700): print('x' * 1000)", "kept = 1")
    assert outcome.verdict is Verdict.OK
    assert outcome.cells[0].truncated
    assert outcome.cells[0].outputs[-1]["text"].endswith("[output truncated]\n")
    assert not outcome.cells[1].truncated


@pytest.mark.parametrize(
    "source",
    [
        "from IPython.display import HTML\ndisplay(HTML('x' * 50_000_000))",
        (
            "x = []\nfor _ in range(300): x = [x]\n"
            "display({'application/json': x, 'text/plain': 'deep'}, raw=True)"
        ),
        "'y' * 50_000_000",
    ],
    ids=["one huge display", "deep JSON", "a huge last value"],
)
def test_one_huge_display_is_dropped(sandbox: Sandbox, source: str) -> None:
    """It leaves at most a marker, and uses no memory of the host."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = run(sandbox, source, limits=Limits(wall_seconds=15))
    assert outcome.verdict is Verdict.OK
    assert len(repr(outcome.cells)) < 10_000
    grown_bytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown_bytes < 64 * MIB


TIME = {
    "a loop": "while True: pass",
    "a loop that catches everything": "while True:\n    try:\n        while True: pass\n"
    "    except BaseException: pass",
    "sleep": "import time\ntime.sleep(600)",
    "ignored signals": "import signal\n"
    "for s in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:\n"
    "    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\n"
    "while True: pass",
    "a stopped child": "import os, signal\npid = os.fork()\n"
    "if pid == 0: os.kill(os.getpid(), signal.SIGSTOP)\nos.waitpid(pid, 0)",
    "stopping itself": "import os, signal, time\nos.kill(os.getpid(), signal.SIGSTOP)\n"
    "time.sleep(600)",
    "native code that does not return": "import re\nre.match('(a*)*b', 'a' * 60)",
    "a lock": "import threading\nl = threading.Lock()\nl.acquire()\nl.acquire()",
    "a thread that stays": "import threading, time\n"
    "t = threading.Thread(target=time.sleep, args=(600,))\nt.start()\nt.join()",
    "a terminal that waits": "import os\nmain, side = os.openpty()\nos.read(main, 1)",
}


@pytest.mark.parametrize("source", TIME.values(), ids=TIME)
def test_time_is_bounded(sandbox: Sandbox, source: str) -> None:
    """Whatever it waits for, the run ends soon after its limit, and earlier outputs are kept."""
    started_at = time.monotonic()
    outcome = run(sandbox, "print('first'); kept = 1", source, limits=Limits(wall_seconds=0.7))
    elapsed = time.monotonic() - started_at
    assert outcome.verdict is Verdict.TIME_LIMIT
    assert outcome.limit == 0.7
    assert outcome.peak is not None
    assert 0.7 <= outcome.peak < 5
    assert elapsed < 10
    assert outcome.answers["kept"].array == 1
    assert outcome.cells[0].outputs[0]["text"] == "first\n"
    assert outcome.cells[0].execution_count == 1


def test_processor_time_is_bounded(sandbox: Sandbox) -> None:
    """Using too much CPU time is a time limit too, in CPU seconds."""
    outcome = run(sandbox, "while True: pass", limits=Limits(wall_seconds=20, cpu_seconds=1))
    assert outcome.verdict is Verdict.TIME_LIMIT
    assert outcome.limit == 1
    assert outcome.peak is not None
    assert 1 <= outcome.peak < 5


SLOW_DEATHS = {
    "many mappings in many processes": "import mmap, os, time\nheld = []\n"
    "for _ in range(12_000):\n"
    "    held.append(mmap.mmap(-1, 4096, flags=34))\n"
    "    held.append(mmap.mmap(-1, 4096, flags=34, prot=1))\n"
    "while True:\n    try:\n        if os.fork() == 0: time.sleep(600)\n"
    "    except OSError: time.sleep(600)",
    "many mappings, few at a time": "import mmap, os, time\n"
    "for _ in range(28):\n    if os.fork() == 0:\n"
    "        held = [mmap.mmap(-1, 4096, flags=34, prot=1 + i % 2 * 2) for i in range(1500)]\n"
    "        time.sleep(600)\ntime.sleep(600)",
    "memory in small pages, shared by many": "import mmap, os, time\n"
    "held = mmap.mmap(-1, 200 * 2**20, flags=34)\nheld.madvise(15)\n"
    "for i in range(0, len(held), 4096): held[i] = 1\n"
    "while True:\n    try:\n        if os.fork() == 0: time.sleep(600)\n"
    "    except OSError: time.sleep(600)",
}


@pytest.mark.parametrize("source", SLOW_DEATHS.values(), ids=SLOW_DEATHS)
def test_a_tree_that_is_slow_to_end_costs_only_its_own_run(sandbox: Sandbox, source: str) -> None:
    """The kernel's work for a huge tree is the run's own cost: a verdict; the next run works."""
    outcome = run(sandbox, "kept = 1", source, limits=replace(LIMITS, wall_seconds=3))
    assert outcome.verdict in (Verdict.RUNTIME_ERROR, Verdict.TIME_LIMIT, Verdict.MEMORY_LIMIT)
    assert outcome.answers["kept"].array == 1
    assert outcome.wall_seconds < 15
    assert run(sandbox, "kept = 2").answers["kept"].array == 2


def test_too_many_mappings_are_named(sandbox: Sandbox) -> None:
    """Mappings cost kernel time that no other limit counts: a bound ends the run."""
    outcome = run(sandbox, SLOW_DEATHS["many mappings in many processes"])
    assert outcome.verdict is Verdict.RUNTIME_ERROR
    assert outcome.error is not None
    assert "memory mappings" in outcome.error.message


def test_waiting_for_a_core_is_not_counted(sandbox: Sandbox) -> None:
    """On a busy machine a run gets the time that it waited for a core on top of its limit."""
    load = [
        subprocess.Popen(
            ["taskset", "-c", str(core), sys.executable, "-c", "while True: pass"],
            start_new_session=True,  # the kernel may share the cores between sessions
        )
        for core in sorted(os.sched_getaffinity(0))
        for _ in range(4)
    ]
    try:
        outcome = run(
            sandbox,
            "import time\nend = time.process_time() + 0.6\n"
            "while time.process_time() < end: pass\nkept = 1",
            limits=replace(LIMITS, wall_seconds=2),
        )
    finally:
        for process in load:
            process.kill()
            process.wait()
    assert outcome.verdict is Verdict.OK
    assert outcome.wall_seconds > 2


BOMBS = {
    "processes": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "threads": "import threading, time\nwhile True:\n"
    "    try: threading.Thread(target=time.sleep, args=(600,)).start()\n"
    "    except BaseException: pass",
}


@pytest.mark.parametrize("source", BOMBS.values(), ids=BOMBS)
def test_fork_and_thread_bombs_are_contained(sandbox: Sandbox, source: str) -> None:
    """A fork or thread bomb ends its own run only, and the next run is unaffected."""
    bomb = run(sandbox, source, limits=Limits(wall_seconds=1, processes=32))
    assert bomb.verdict in (Verdict.TIME_LIMIT, Verdict.MEMORY_LIMIT)
    after = run(sandbox, "kept = 2")
    assert after.verdict is Verdict.OK
    assert after.answers["kept"].array == 2


def test_ordinary_parallel_work_is_not_a_bomb(warm: Sandbox) -> None:
    """Joblib's processes and scikit-learn's n_jobs work within the limits."""
    outcome = run(
        warm,
        "from sklearn.ensemble import RandomForestClassifier as R\n"
        "from sklearn.model_selection import GridSearchCV\nimport numpy as np\n"
        "x = np.random.default_rng(0).normal(size=(60, 3)); y = x[:, 0] > 0\n"
        "R(n_estimators=8, n_jobs=2, random_state=0).fit(x, y)\n"
        "g = GridSearchCV(R(4), {'max_depth': [1, 2]}, n_jobs=2, cv=2).fit(x, y)\n"
        "import multiprocessing as m\n"
        "with m.get_context('fork').Pool(2) as pool: kept = sum(pool.map(abs, [-1, -2]))",
        limits=Limits(wall_seconds=60),
    )
    assert outcome.error is None
    assert outcome.verdict is Verdict.OK
    assert outcome.answers["kept"].array == 3
