"""The learner's code against checkpoints: at worst it ruins its own chain."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from grader.sandbox import open_sandbox, processes
from grader.sandbox.job import MIB, Job, Limits, Verdict
from tests.grader.sandbox.attacks.attack import PREAMBLE
from tests.grader.sandbox.test_battery import BATTERY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from grader.sandbox.job import Run, Sandbox
    from grader.sandbox.pool import BubblewrapSandbox
    from tests.grader.sandbox.attacks.attack import Attack

OF_A_CHAIN = ("signalling the parent", "inherited descriptors")
"""What is there in a chain: the parent is a checkpoint of the same notebook, and there is a line to
the host. The tests below show what these are good for."""
CHAIN_BATTERY = tuple(attack for attack in BATTERY if attack.name not in OF_A_CHAIN)
LIMITS = Limits(wall_seconds=20, cpu_seconds=20)

OTHERS = """
def everyone():
    return [pid for pid in range(1, os.getpid() + 20) if pid != os.getpid()]
"""
TAMPERING = {
    "memory of the parent": """
def attack():
    done = []
    for pid in everyone():
        try:
            with open(f"/proc/{pid}/mem", "r+b") as memory: done.append(pid)
        except OSError: pass
    return done""",
    "descriptors of the parent": """
def attack():
    done = []
    for pid in everyone():
        try: done += os.listdir(f"/proc/{pid}/fd")
        except OSError: pass
    return done""",
    "environment and maps of the parent": """
def attack():
    done = []
    for pid in everyone():
        for name in ("environ", "maps", "auxv"):
            try: done.append(Path(f"/proc/{pid}/{name}").read_bytes()[:9])
            except OSError: pass
    return done""",
    "tracing the parent": """
def attack():
    return [pid for pid in everyone() if libc.ptrace(16, pid, 0, 0) == 0]""",
    "memory by process_vm_writev": """
def attack():
    return [pid for pid in everyone() if libc.process_vm_writev(pid, None, 0, None, 0, 0) == 0]""",
    "a descriptor of the parent by its pidfd": """
def attack():
    done = []
    for pid in everyone():
        try:
            got = libc.syscall(438, os.pidfd_open(pid), 3, 0)
            if got >= 0: done.append(pid)
        except OSError: pass
    return done""",
    "the parent in /proc": """
def attack():
    return [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]""",
    "more processes than allowed to the chain": """
def attack():
    made = []
    try:
        for _ in range(400):
            child = os.fork()
            if child == 0:
                signal.pause(); os._exit(0)
            made.append(child)
    except OSError: pass
    finally:
        for child in made: os.kill(child, 9); os.waitpid(child, 0)
    return len(made) if len(made) > 110 else None""",
}
RUIN = {
    "killing every process": "os.kill(-1, signal.SIGKILL)",
    "killing the parent": "os.kill(os.getppid(), signal.SIGKILL)",
    "killing init": "os.kill(1, signal.SIGKILL)",
    "stopping every process": "for pid in everyone():\n    try: os.kill(pid, signal.SIGSTOP)\n"
    "    except OSError: pass",
    "limits of every process": "for pid in everyone():\n"
    "    try: resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1))\n    except OSError: pass",
    "closing the line": "for number in range(3, 20):\n    try: os.close(number)\n"
    "    except OSError: pass",
    "writing on the line": "import struct\nfor number in range(3, 20):\n"
    "    try: os.write(number, struct.pack('>cIid', b'H', 0, 0, 0.0) * 50)\n"
    "    except OSError: pass",
    "reading the line": "import threading\nfor number in range(3, 20):\n"
    "    if os.path.lexists(f'/proc/self/fd/{number}'):\n"
    "        threading.Thread(target=os.read, args=(os.dup(number), 99), daemon=True).start()",
    "descriptors for the host": "import array\nfor number in range(3, 20):\n    try:\n"
    "        made = socket.socket(fileno=os.dup(number))\n"
    "        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0] * 50))]\n"
    "        made.sendmsg([b'H' * 17], rights)\n    except OSError: pass",
    "another code for waiting": "import sys\nsys.modules['inside.checkpoints'].Checkpoints.wait = "
    "lambda self: os._exit(0)",
    "waiting that computes": "def spin(self):\n    while True: pass\n"
    "import sys\nsys.modules['inside.checkpoints'].Checkpoints.wait = spin",
    "a lie about states": "import sys\nmodule = sys.modules['inside.checkpoints']\n"
    "module.hazards.is_fit = lambda *_: True\nimport threading\n"
    "threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()",
    "forged offers": "import struct\nfor _ in range(50):\n    for number in range(3, 6):\n"
    "        try: os.write(number, struct.pack('>cI', b'K', 11) + b'{\"cell\": 1}')\n"
    "        except OSError: pass",
    "children that outlive the cell": "for _ in range(20):\n    if os.fork() == 0:\n"
    "        signal.signal(signal.SIGTERM, signal.SIG_IGN); os.setsid()\n"
    "        while True: pass",
    "a fork bomb that goes on": "if os.fork() == 0:\n    while True:\n        try: os.fork()\n"
    "        except OSError: pass",
    "an at-fork hook that ends": "os.register_at_fork(before=lambda: os._exit(1))",
    "waking the stopped": "if os.fork() == 0:\n    os.setsid()\n    while True:\n"
    "        for pid in range(1, 40):\n            try: os.kill(pid, signal.SIGCONT)\n"
    "            except OSError: pass",
}


@pytest.fixture(scope="module")
def kept(light_python: Path) -> Iterator[BubblewrapSandbox]:
    """A sandbox of its own, so that its chains are these tests'."""
    with open_sandbox(python=light_python, concurrency=2) as sandbox:
        yield sandbox


def _run(sandbox: Sandbox, *cells: str, chain: str) -> Run:
    return sandbox.run(Job(cells=cells, outputs=(), chain=chain, limits=LIMITS))


def _text(run: Run, cell: int) -> str:
    return "".join(output.get("text", "") for output in run.cells[cell].outputs)


@pytest.mark.parametrize("attack", CHAIN_BATTERY, ids=lambda attack: attack.name)
def test_the_battery_is_blocked_from_a_checkpoint(
    sandbox: Sandbox, facts: Mapping[str, object], attack: Attack
) -> None:
    """An attack achieves nothing in a process that was forked from a checkpoint either."""
    cells = (*attack.cells(facts), "print(outcome)")
    for _ in range(2):
        run = _run(sandbox, *cells, chain=attack.name)
        assert run.verdict is Verdict.OK, run.error
        assert _text(run, 3).startswith("blocked: ")


@pytest.mark.parametrize("name", TAMPERING)
def test_a_run_cannot_tamper_with_what_it_was_forked_from(
    kept: BubblewrapSandbox, name: str
) -> None:
    """Checkpoints cannot be traced, read, limited or seen by what runs after them."""
    cells = (PREAMBLE, "x = 1", OTHERS, TAMPERING[name], "evidence = attack()\nprint(evidence)")
    for _ in range(2):
        run = _run(kept, *cells, chain=name)
        assert _text(run, 4) in ("None\n", "[]\n"), (run.error, _text(run, 4))


def test_a_run_has_one_pipe_and_one_line(kept: BubblewrapSandbox) -> None:
    """Neither a checkpoint's line nor its pipe is open in what it forks."""
    listing = (
        "import os\nlinks = []\nfor name in os.listdir('/proc/self/fd'):\n"
        "    if os.path.lexists(f'/proc/self/fd/{name}'):\n"
        "        links.append(os.readlink(f'/proc/self/fd/{name}').split(':')[0])\n"
        "print(sorted(links))"
    )
    expected = "['/dev/null', '/dev/null', '/dev/null', 'pipe', 'socket']\n"
    for _ in range(2):
        run = _run(kept, listing, "x = 1", listing, chain="descriptors")
        assert [_text(run, 0), _text(run, 2)] == [expected] * 2


@pytest.mark.parametrize("name", RUIN)
def test_at_worst_a_learner_ruins_the_own_chain(kept: BubblewrapSandbox, name: str) -> None:
    """The next run is right, others' chains and graded runs see nothing, nothing goes on."""
    other = f"other of {name}"
    stamp = "import os; stamp = os.urandom(8).hex(); print(stamp)"
    before = _text(_run(kept, stamp, "1", chain=other), 0)
    _run(kept, PREAMBLE, "x = 1", OTHERS, RUIN[name], "y = 2", chain=name)
    started_at = time.monotonic()
    again = _run(kept, PREAMBLE, "x = 1", "print(x)", chain=name)
    assert time.monotonic() - started_at < 30  # a broken line costs a bounded time
    assert (again.verdict, _text(again, 2)) == (Verdict.OK, "1\n")
    assert _text(_run(kept, stamp, "1", chain=other), 0) == before
    graded = kept.run(Job(cells=("a = 1",), outputs=("a",), limits=LIMITS))
    assert graded.verdict is Verdict.OK
    for one in kept.chains._kept.values():
        states = {processes.state(pid) for pid in processes.tree(one.chain.memory.pid)[1:]}
        assert states <= {"T", "Z", "X"}


def test_memory_that_checkpoints_hoard_is_within_one_limit(kept: BubblewrapSandbox) -> None:
    """A chain is one process tree with one memory limit: cells that each hold their own copy."""
    limits = Limits(memory_bytes=192 * MIB, wall_seconds=30)
    grow = ["block = bytes(os.urandom(1) * 40 * 2**20)"] * 8
    job = Job(cells=("import os", *grow, "1"), outputs=(), chain="hoard", limits=limits)
    run = kept.run(job)
    assert run.verdict is Verdict.OK
    used = kept.chains.usage()["hoard"][1] if "hoard" in kept.chains.names() else 0
    assert used < limits.memory_bytes + 64 * MIB
