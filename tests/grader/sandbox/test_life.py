"""The life cycle of servers: start, crash, replacement and cleanup, without losing a run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.errors import SandboxUnavailable
from grader.sandbox import cgroup, open_sandbox
from grader.sandbox.forkserver import SUPERVISOR
from grader.sandbox.job import Event, Job, Limits, Run, Verdict
from grader.sandbox.pool import ENVIRONMENT_CHECK_SECONDS, split_cores
from tests.grader.sandbox import light

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.sandbox.pool import BubblewrapSandbox

ONE = Job(cells=("v = 1",), outputs=("v",))
SLOW = Job(cells=("import time; time.sleep(1.5); v = 2",), outputs=("v",))


@pytest.fixture
def fresh(light_python: Path) -> Iterator[BubblewrapSandbox]:
    """Return a sandbox that a test may break."""
    with open_sandbox(python=light_python) as sandbox:
        sandbox.ready()
        yield sandbox


def tree(root: int) -> list[int]:
    """Return a process and all its descendants."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            waiting += [int(child) for child in children.read_text().split()]
    return found


def of(sandbox: BubblewrapSandbox) -> list[int]:
    """Return the processes of a sandbox: supervisor, bubblewrap twice, server."""
    assert sandbox._server is not None
    return tree(sandbox._server._supervisor.pid)


def gone(pids: list[int]) -> bool:
    """Wait briefly for processes to exit, and return whether all did."""
    return eventually(lambda: not any(_is_running(pid) for pid in pids))


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_supervisor_ends_what_a_killed_bubblewrap_leaves() -> None:
    """Its inner process waits for the outer one for ever if that is killed while it starts."""
    plan = {
        "host": os.getpid(),
        "uid": None,
        "command": ["/bin/sh", "-c", "sleep 600 & echo $!; kill -9 $$"],
        "descriptors": [],
        "groups": [],
    }
    supervisor = [sys.executable, "-I", "-S", str(SUPERVISOR), json.dumps(plan)]

    ended = subprocess.run(supervisor, stdout=subprocess.PIPE, text=True, timeout=60, check=False)

    assert ended.returncode != 0
    assert gone([int(ended.stdout)])


DYING_HOST = """
    import json, os, subprocess, sys
    plan = {
        "host": os.getpid(),
        "uid": None,
        "command": ["/bin/sh", "-c", "echo started; exec sleep 600"],
        "descriptors": [],
        "groups": [sys.argv[2], "test"],
    }
    supervisor = subprocess.Popen([sys.executable, "-I", "-S", sys.argv[1], json.dumps(plan)])
    print(supervisor.pid, flush=True)
    supervisor.wait()
"""


def test_a_stopped_supervisor_still_cleans_up(tmp_path: Path) -> None:
    """SIGTERM after its sandbox has ended strikes nobody, and the control groups are removed."""
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(DYING_HOST), str(SUPERVISOR), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as host:
        assert host.stdout is not None
        words = {host.stdout.readline().strip(), host.stdout.readline().strip()}
        (supervisor,) = map(int, words - {"started"})
        group = tmp_path / f"test-{supervisor}-1"
        (group / "process").mkdir(parents=True)  # the kernel does not release it yet
        host.kill()
    assert eventually(lambda: tree(supervisor) == [supervisor])
    os.kill(supervisor, signal.SIGTERM)
    (group / "process").rmdir()
    assert eventually(lambda: not group.exists())
    assert gone([supervisor])


def eventually(condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Wait until a condition holds, and return whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def groups_of(pids: list[int]) -> list[Path]:
    """Return the control groups that are named after any of the processes."""
    hierarchy = cgroup.hierarchy()
    if hierarchy is None:
        return []
    return [path for pid in pids for path in hierarchy.parent.glob(f"{cgroup.PREFIX}-{pid}-*")]


@pytest.mark.parametrize("which", [0, 1, 2, 3], ids=["supervisor", "outer", "init", "server"])
def test_a_killed_process_is_replaced(fresh: BubblewrapSandbox, which: int) -> None:
    """Whichever process is killed, its whole sandbox exits and the next run gets a new one."""
    before = of(fresh)
    assert len(before) == 4
    os.kill(before[which], signal.SIGKILL)
    assert fresh.run(ONE).verdict is Verdict.OK
    assert gone(before)


def test_a_run_survives_its_server(fresh: BubblewrapSandbox) -> None:
    """A run whose server is killed is repeated and succeeds."""
    events: list[Event] = []
    server = of(fresh)[-1]

    def kill_once(event: Event) -> None:
        if event.kind in ("start", "cell", "answer", "end"):
            events.append(event)
        if event.kind == "cell" and len(events) == 2:
            os.kill(server, signal.SIGKILL)

    outcome = fresh.run(SLOW, on_event=kill_once)
    assert outcome.verdict is Verdict.OK
    assert outcome.answers["v"].array == 2
    assert [event.kind for event in events] == ["start", "cell", "start", "cell", "answer", "end"]


def test_close_leaves_nothing(light_python: Path) -> None:
    """After close there is no process, no mount, no control group, no thread and no descriptor."""
    before = leftovers()
    sandbox = open_sandbox(python=light_python)
    sandbox.run(ONE)
    pids = of(sandbox)
    sandbox.close()
    sandbox.close()
    assert gone(pids)
    assert groups_of(pids) == []
    assert leftovers() == before


def leftovers() -> tuple[object, ...]:
    """Return everything that a sandbox might leave on the machine or in this process."""
    return (
        Path("/proc/self/mounts").read_text(),
        len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - names of descriptors
        threading.active_count(),
    )


def test_close_waits_for_runs_and_refuses_new_ones(fresh: BubblewrapSandbox) -> None:
    """A warm shutdown lets current runs finish and refuses later ones."""
    runs: list[Run] = []
    begun = threading.Event()
    thread = threading.Thread(
        target=lambda: runs.append(fresh.run(SLOW, on_event=lambda _: begun.set()))
    )
    thread.start()
    begun.wait(20)
    fresh.close()
    thread.join(20)
    assert [outcome.verdict for outcome in runs] == [Verdict.OK]
    with pytest.raises(SandboxUnavailable, match="closed"):
        fresh.run(ONE)


def test_close_does_not_wait_for_a_boot() -> None:
    """A server that is still importing is killed at once."""
    sandbox = open_sandbox()
    pids = of(sandbox)
    started_at = time.monotonic()
    sandbox.close()
    assert time.monotonic() - started_at < 3
    assert gone(pids)


HOST = """
    import sys
    from pathlib import Path
    from grader.sandbox import open_sandbox
    from grader.sandbox.job import Job
    sandbox = open_sandbox(python=Path(sys.argv[1]))
    cell = "import os, time\\nif os.fork() == 0: os.setsid(); os.fork()\\ntime.sleep(60)"
    job = Job(cells=(cell,), outputs=())
    sandbox.run(job, on_event=lambda event: print(event.kind, flush=True))
"""


def test_a_killed_host_leaves_nothing(light_python: Path) -> None:
    """SIGKILL of the host ends server, runs and daemons, and removes the control groups."""
    mounts = Path("/proc/self/mounts").read_text()
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOST), light_python],
        stdout=subprocess.PIPE,
        text=True,
        cwd=light.FULL.parent,
    ) as host:
        assert host.stdout is not None
        while host.stdout.readline() != "cell\n":
            assert host.poll() is None
        eventually(lambda: len(tree(host.pid)) >= 8)
        pids = tree(host.pid)[1:]
        assert len(pids) >= 7  # supervisor, bubblewrap twice, server, reaper, init, its daemons
        host.kill()
    assert gone(pids)
    assert eventually(lambda: groups_of(pids) == [])
    assert Path("/proc/self/mounts").read_text() == mounts


def test_the_groups_of_a_killed_supervisor_are_removed(light_python: Path) -> None:
    """A control group whose supervisor no longer exists is removed when the next server starts."""
    hierarchy = cgroup.hierarchy()
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait()
    if hierarchy is not None:
        cgroup.Group(hierarchy, owner=ended.pid, bound_bytes=2**26)
    with open_sandbox(python=light_python):
        assert groups_of([ended.pid]) == []


def test_daemons_end_with_their_run(fresh: BubblewrapSandbox) -> None:
    """A process that started its own session does not survive the notebook."""
    standing = of(fresh)
    cell = (
        "import os, time\n"
        "for _ in range(3):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n        if os.fork() == 0: time.sleep(600)\n        os._exit(0)\n"
    )
    assert fresh.run(Job(cells=(cell,), outputs=())).verdict is Verdict.OK
    assert eventually(lambda: of(fresh) == standing)


def test_a_changed_environment_is_reloaded(tmp_path: Path) -> None:
    """A package installed later is available to the next run, from a new server."""
    tmp_path.parent.chmod(0o755)
    python = light.environment(tmp_path / "environment")
    with open_sandbox(python=python) as sandbox:
        assert sandbox.run(ONE).verdict is Verdict.OK
        before = of(sandbox)
        (site,) = (tmp_path / "environment").glob("lib/*/site-packages")
        (site / "late.py").write_text("number = 7\n")
        (site / "late-1.0.dist-info").mkdir()
        time.sleep(ENVIRONMENT_CHECK_SECONDS)
        outcome = sandbox.run(Job(cells=("import late; v = late.number",), outputs=("v",)))
        assert outcome.answers["v"].array == 7
        assert gone(before)


def test_a_cold_sandbox_keeps_no_server(light_python: Path) -> None:
    """With `warm=False` each run has its own server, and the same isolation."""
    before = servers()
    with open_sandbox(python=light_python, warm=False) as sandbox:
        first, second = sandbox.run_many((ONE, ONE))
        assert first.verdict is second.verdict is Verdict.OK
        assert sandbox._server is None
        assert servers() == before


def servers() -> set[int]:
    """Return the fork servers started by this process, not by other tests' processes."""
    return {pid for pid in tree(os.getpid()) if b"inside.server" in _command(pid)}


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_many_runs_leave_the_server_as_it_was(fresh: BubblewrapSandbox) -> None:
    """Neither memory, descriptors nor zombies grow from run to run."""
    server = of(fresh)[-1]

    def size() -> tuple[int, int]:
        pages = int(Path(f"/proc/{server}/statm").read_text().split()[1])
        descriptors = len(list(Path(f"/proc/{server}/fd").iterdir()))
        return pages, descriptors

    _, descriptors = size()
    for _ in range(5):
        fresh.run(ONE)
    pages, _ = size()
    own = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names of descriptors
    for _ in range(40):
        assert fresh.run(ONE).verdict is Verdict.OK
    assert eventually(lambda: of(fresh)[-1] == server)
    assert eventually(lambda: size()[1] == descriptors)
    assert size()[0] - pages < 256
    assert len(os.listdir("/proc/self/fd")) == own  # noqa: PTH208 - the same


FORK = """
    import os, sys
    from pathlib import Path
    from grader.errors import SandboxUnavailable
    from grader.sandbox import open_sandbox
    from grader.sandbox.job import Job
    sandbox = open_sandbox(python=Path(sys.argv[1]), warm=False)
    if os.fork() == 0:
        try:
            sandbox.run(Job(cells=("1",), outputs=()))
        except SandboxUnavailable as error:
            print(error, flush=True)
        os._exit(0)
    os.wait()
"""


def test_a_sandbox_is_not_inherited(light_python: Path) -> None:
    """A forked worker must open its own sandbox: two hosts must not share a server."""
    words = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(FORK), light_python],
        capture_output=True,
        check=True,
        text=True,
        cwd=light.FULL.parent,
    ).stdout
    assert "opened by another process" in words


def test_a_missing_interpreter_names_the_fix(tmp_path: Path) -> None:
    """Nothing is run without the learners' environment, and the error names the fix."""
    with pytest.raises(SandboxUnavailable, match="WHYBOX_SANDBOX_PYTHON") as caught:
        open_sandbox(python=tmp_path / "python")
    assert caught.value.fix


def test_a_broken_environment_says_what_is_missing(tmp_path: Path) -> None:
    """An environment without IPython is a platform error with the server's stderr."""
    tmp_path.parent.chmod(0o755)
    python = light.environment(tmp_path / "environment")
    (site,) = (tmp_path / "environment").glob("lib/*/site-packages")
    (site / "IPython").rename(site / "Nothing")
    with (
        open_sandbox(python=python) as sandbox,
        pytest.raises(SandboxUnavailable, match="No module named 'IPython'"),
    ):
        sandbox.run(ONE)


def test_no_bubblewrap_no_run(light_python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no mode without isolation."""
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SandboxUnavailable, match="bubblewrap") as caught:
        open_sandbox(python=light_python)
    assert caught.value.fix == "apt-get install bubblewrap"


def test_the_cores_are_divided() -> None:
    """Concurrent runs get separate cores while there are enough."""
    assert split_cores([0, 1, 2, 3], 2) == (frozenset({0, 2}), frozenset({1, 3}))
    assert split_cores([0, 1], 1) == (frozenset({0, 1}),)
    assert split_cores([4, 5], 3) == (frozenset({4}), frozenset({5}), frozenset({4}))


def test_a_run_ends_at_its_limit_even_when_the_machine_is_full(fresh: BubblewrapSandbox) -> None:
    """A third run waits for a slot; waiting does not count towards its time."""
    job = Job(cells=SLOW.cells, outputs=("v",), limits=Limits(wall_seconds=10))
    runs = fresh.run_many((job, job, job))
    assert [outcome.verdict for outcome in runs] == [Verdict.OK] * 3
    assert all(outcome.wall_seconds < 8 for outcome in runs)
