"""The grading process: the same grade as in the caller, and no death of it hurts the caller."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.errors import NotebookRefused, PlatformError
from grader.exercise import load_exercise
from grader.grading import grade_notebook, regrade
from grader.grading_process import GradingProcesses, limits, messages
from grader.grading_process.messages import ChildError
from grader.grading_process.processes import _Conversation, _matches, _Means
from grader.reference import ReferenceStore
from grader.reference_shelf import shelf_at
from grader.report import GradeReport, VariantMatch
from grader.sandbox.job import CellError, Verdict
from grader.sandbox.pool import BubblewrapSandbox
from grader.variants import choose_hidden, hidden_pool
from tests.grader.conftest import SHARES_REFERENCE, SHARES_YAML, write_exercise
from tests.grader.learner import SECRET, SOLUTION, notebook
from tests.grader.object_storage import BUCKET, client, storage_process, stored
from tests.grader.sandbox import light

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.exercise import ExerciseDefinition
    from grader.sandbox.job import Event

CHECKOUT = Path(__file__).resolve().parents[3]
SELECT_KNOWS = 1023


@pytest.fixture(scope="session")
def sandbox() -> Iterator[BubblewrapSandbox]:
    """A light sandbox with one slot: a slot that is not given back would block the next run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        python = light.environment(folder / "environment")
        with BubblewrapSandbox(python=python, warm=True, concurrency=1) as opened:
            yield opened


@pytest.fixture(scope="session")
def processes() -> Iterator[GradingProcesses]:
    """One warm grading process, replaced when it dies."""
    with contextlib.closing(GradingProcesses(count=1)) as opened:
        yield opened


def author(tmp_path: Path, body: str) -> ExerciseDefinition:
    """An exercise whose author's code runs `body` before it returns."""
    reference = SHARES_REFERENCE.replace("def reference(", f"{body}\n\n\ndef reference(", 1)
    return load_exercise(write_exercise(tmp_path / "shares", SHARES_YAML, reference))


def test_children_share_references_through_the_caller(
    sandbox: BubblewrapSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the second host nothing is computed; no child has the storage's account."""
    log = tmp_path / "computed"
    body = f"    open({str(log)!r}, 'a').write('once ')\n    return _explained(parameters"
    reference = SHARES_REFERENCE.replace("    return _explained(parameters", body, 1)
    exercise = load_exercise(write_exercise(tmp_path / "shares", SHARES_YAML, reference))
    text = notebook(exercise)
    with storage_process() as variables, contextlib.closing(client(variables)) as storage:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with contextlib.closing(GradingProcesses(count=1)) as processes:
            for host in ("first", "second"):
                store = ReferenceStore(tmp_path / host, shelf=shelf_at(f"s3://{BUCKET}"))
                report = processes.grade(
                    exercise, text, sandbox=sandbox, references=store, secret=SECRET
                )
                assert report.passed
            (child,) = processes.process_ids
            environment = Path(f"/proc/{child}/environ").read_bytes()
        kept = stored(storage)

    assert log.read_text().split() == ["once", "once"]  # the visible variant, and the hidden one
    assert len(kept) == 2
    assert all(name.endswith(".npz") for name in kept)
    assert b"AWS_" not in environment


def test_the_grade_is_that_of_the_caller_s_own_process(
    shares: ExerciseDefinition,
    references: ReferenceStore,
    sandbox: BubblewrapSandbox,
    processes: GradingProcesses,
) -> None:
    """Report, executed notebook and answers are the same; the page and the events come too."""
    text = notebook(shares, f"{SOLUTION}\nshares = -shares\nprint('<told>')")
    events: list[Event] = []
    found = processes.grade(
        shares,
        text,
        sandbox=sandbox,
        references=references,
        secret=SECRET,
        on_event=events.append,
    )
    expected = grade_notebook(shares, text, sandbox=sandbox, references=references, secret=SECRET)
    for report in (found, expected):
        assert report.page is None or "&lt;told&gt;" in report.page
    same = replace(found, page=None, timings=expected.timings)
    assert json.dumps(same.as_json()) == json.dumps(expected.as_json())
    assert (found.executed, len(found.answers)) == (expected.executed, len(expected.answers))
    assert found.page is not None
    assert {event.kind for event in events} >= {"start", "cell", "end"}


def test_a_refused_notebook_is_refused_by_its_reason(
    shares: ExerciseDefinition,
    references: ReferenceStore,
    sandbox: BubblewrapSandbox,
    processes: GradingProcesses,
) -> None:
    """What the grader refuses keeps its reason; the process stays."""
    before = processes.process_ids
    with pytest.raises(NotebookRefused) as refusal:
        processes.grade(shares, b"{}", sandbox=sandbox, references=references)
    assert refusal.value.reason == "not_a_notebook"
    assert processes.process_ids == before


def test_a_killed_process_costs_one_submission(
    shares: ExerciseDefinition,
    references: ReferenceStore,
    sandbox: BubblewrapSandbox,
    processes: GradingProcesses,
) -> None:
    """Its death is a platform error, its run and its slot are free, the next job is graded."""
    killed = processes.process_ids

    def kill(event: Event) -> None:
        if event.kind == "cell":
            for number in killed:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)

    text = notebook(shares, f"import time\ntime.sleep(5)\n{SOLUTION}")
    with pytest.raises(PlatformError):
        processes.grade(
            shares, text, sandbox=sandbox, references=references, secret=SECRET, on_event=kill
        )
    started = time.monotonic()
    report = processes.grade(
        shares, notebook(shares), sandbox=sandbox, references=references, secret=SECRET
    )
    assert report.passed
    assert processes.process_ids != killed
    assert time.monotonic() - started < limits.READY_SECONDS


def test_a_process_that_died_while_it_waited_costs_nothing(
    shares: ExerciseDefinition,
    references: ReferenceStore,
    sandbox: BubblewrapSandbox,
    processes: GradingProcesses,
) -> None:
    """The next job finds another in its place."""
    processes.grade(shares, notebook(shares), sandbox=sandbox, references=references)
    (waiting,) = processes.process_ids
    end(waiting)
    report = processes.grade(shares, notebook(shares), sandbox=sandbox, references=references)
    assert report.passed
    assert waiting not in processes.process_ids


def end(pid: int) -> None:
    """Kill a process, and wait until it has ended."""
    gone = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    ended = select.poll()
    ended.register(gone, select.POLLIN)
    assert ended.poll(60_000)
    os.close(gone)


def test_where_no_process_can_be_started_no_place_is_lost(
    shares: ExerciseDefinition,
    references: ReferenceStore,
    sandbox: BubblewrapSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A child that is due serves on, a dead one costs its job; later jobs are graded again."""
    text = notebook(shares)
    with contextlib.closing(GradingProcesses(count=1, jobs=1)) as processes:
        with monkeypatch.context() as machine:
            machine.setattr(sys, "executable", "/nonexistent/python")
            assert processes.grade(shares, text, sandbox=sandbox, references=references).passed
            (child,) = processes.process_ids
            end(child)
            with pytest.raises(FileNotFoundError):
                processes.grade(shares, text, sandbox=sandbox, references=references)
        assert processes.grade(shares, text, sandbox=sandbox, references=references).passed


def latest_run() -> int:
    """Return the process below this one that a fork server has forked last: a notebook's own."""
    waiting, found = [os.getpid()], []
    while waiting:
        for children in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                pids = [int(pid) for pid in children.read_text().split()]
                waiting += pids
                found += [(_started(pid), pid) for pid in pids if _is_forked(pid)]
    return max(found)[1]


def _is_forked(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return b"\0inside.server\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def _started(pid: int) -> tuple[int, int]:
    """Return when a process was started, in ticks; its id decides between two of one tick."""
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]), pid
    return 0, pid


@pytest.mark.parametrize("times", [1, 2])
def test_a_run_that_is_killed_from_outside_is_made_once_more(
    shares: ExerciseDefinition,
    references: ReferenceStore,
    sandbox: BubblewrapSandbox,
    processes: GradingProcesses,
    times: int,
) -> None:
    """As by the kernel of a machine without memory; killed twice, it counts as the notebook's."""
    left = [times]

    def kill(event: Event) -> None:
        if event.kind == "cell" and event.cell == event.cells - 1 and left[0]:
            left[0] -= 1
            os.kill(latest_run(), signal.SIGKILL)

    text = notebook(shares, f"import time\ntime.sleep(5)\n{SOLUTION}")
    report = processes.grade(shares, text, sandbox=sandbox, references=references, on_event=kill)
    assert left == [0]
    assert report.passed is (times == 1)
    assert report.verdict is (Verdict.OK if times == 1 else Verdict.RUNTIME_ERROR)


@pytest.mark.parametrize(
    "body",
    ["import os\nos._exit(3)", "hoard = bytearray(2**31)", "import ctypes\nctypes.string_at(0)"],
    ids=["exit", "memory", "crash"],
)
def test_author_code_cannot_end_the_caller(
    tmp_path: Path,
    references: ReferenceStore,
    sandbox: BubblewrapSandbox,
    processes: GradingProcesses,
    body: str,
) -> None:
    """An exit, two GiB of memory and a crash in reference.py are platform errors."""
    exercise = author(tmp_path, body)
    with pytest.raises(PlatformError):
        processes.grade(exercise, b"{}", sandbox=sandbox, references=references)


def until_replaced(
    processes: GradingProcesses,
    first: int,
    shares: ExerciseDefinition,
    sandbox: BubblewrapSandbox,
    references: ReferenceStore,
) -> None:
    """Give jobs until the first process has gone."""
    deadline = time.monotonic() + limits.READY_SECONDS
    while first in processes.process_ids and time.monotonic() < deadline:
        with pytest.raises(NotebookRefused):
            processes.grade(shares, b"{}", sandbox=sandbox, references=references)
    assert first not in processes.process_ids


def test_a_process_is_replaced_after_its_jobs(
    shares: ExerciseDefinition, references: ReferenceStore, sandbox: BubblewrapSandbox
) -> None:
    """After its jobs a process serves on until its successor is warm, and then goes."""
    with contextlib.closing(GradingProcesses(count=1, jobs=1)) as processes:
        (first,) = processes.process_ids
        until_replaced(processes, first, shares, sandbox, references)
    assert not Path(f"/proc/{first}").exists()


def test_a_process_is_replaced_where_many_files_are_open(
    shares: ExerciseDefinition, references: ReferenceStore, sandbox: BubblewrapSandbox
) -> None:
    """Descriptors beyond 1,023, which select() does not know, are as good as others."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4096), hard), hard))
    with contextlib.ExitStack() as opened:
        while opened.enter_context(Path(os.devnull).open("rb")).fileno() <= SELECT_KNOWS:
            pass
        processes = opened.enter_context(contextlib.closing(GradingProcesses(count=1, jobs=1)))
        (first,) = processes.process_ids
        until_replaced(processes, first, shares, sandbox, references)


def test_the_site_s_secrets_are_not_in_its_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Variables of the site do not reach the process that reads learners' bytes."""
    monkeypatch.setenv("WHYBOX_SECRET_KEY", "a secret of the site")
    with contextlib.closing(GradingProcesses(count=1)) as processes:
        (number,) = processes.process_ids
        assert b"a secret of the site" not in Path(f"/proc/{number}/environ").read_bytes()


def test_cpu_time_is_limited_by_the_kernel() -> None:
    """A loop ends by SIGXCPU a second or two after its budget."""
    program = "from grader.grading_process import limits\nlimits.limit_cpu(1)\nwhile True: pass"
    done = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, check=False, timeout=60)
    assert done.returncode == -signal.SIGXCPU


class FakeChild(threading.Thread):
    """The other end of the line, which sends what the test says and then closes."""

    def __init__(self, *sent: tuple[str, list[bytes]]) -> None:
        super().__init__(daemon=True)
        self.line, self._own = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._sent = sent
        self.start()

    def run(self) -> None:
        """Take the job, send, close."""
        with self._own:
            messages.close(messages.receive(self._own)[1])
            for kind, contents in self._sent:
                messages.send(self._own, {"kind": kind}, contents)


def answered(*sent: tuple[str, list[bytes]]) -> GradeReport:
    """Hold a conversation with a fake child."""
    child = FakeChild(*sent)
    with child.line:
        return _Conversation(child.line, _Means()).hold({"kind": "job"}, b"", b"")


REPORT = GradeReport(
    Verdict.RUNTIME_ERROR, 1.0, 2.0, False, error=CellError(0, "E", "m"), failing_source="x"
)
FILES = [json.dumps(REPORT.as_json()).encode(), b"{}", b"packed"]


def test_a_death_over_the_page_costs_the_page_only() -> None:
    """The grade was there before: it stands, without a page."""
    expected = replace(REPORT, executed="{}", answers=b"packed")
    assert answered((messages.GRADED, FILES)) == expected
    assert answered((messages.GRADED, FILES), (messages.PAGE, [b"<p>"])).page == "<p>"


@pytest.mark.parametrize(
    "sent",
    [
        (),
        (("nonsense", []),),
        ((messages.GRADED, []),),
        ((messages.GRADED, [b"[", b"", b""]),),
        ((messages.GRADED, [b"[" * 100_000, b"", b""]),),
        ((messages.GRADED, [b'{"verdict": "great"}', b"", b""]),),
        ((messages.GRADED, [bytes(messages.REPORT_BYTES + 1), b"", b""]),),
    ],
)
def test_what_a_child_never_sends_is_a_platform_error(
    sent: tuple[tuple[str, list[bytes]], ...],
) -> None:
    """Silence, unknown messages, missing, broken and oversized files end the job."""
    with pytest.raises(ChildError):
        answered(*sent)


def test_stored_answers_are_graded_again_in_the_process(
    shares: ExerciseDefinition,
    references: ReferenceStore,
    sandbox: BubblewrapSandbox,
    processes: GradingProcesses,
) -> None:
    """The marks are those of the caller's own process; unreadable answers cost no process."""
    text = notebook(shares, f"{SOLUTION}\nshares = -shares")
    report = processes.grade(shares, text, sandbox=sandbox, references=references, secret=SECRET)
    before = processes.process_ids
    found = processes.regrade(shares, report.answers, references=references)
    expected = regrade(shares, report.answers, references=references)
    told = [json.dumps(asdict(replace(one, mark_seconds=0.0))) for one in (found, expected)]
    assert told[0] == told[1]
    with pytest.raises(PlatformError, match="cannot be read"):
        processes.regrade(shares, b"nothing", references=references)
    assert processes.process_ids == before


def test_another_variants_answers_are_told_beside_the_grade(
    shares: ExerciseDefinition,
    references: ReferenceStore,
    sandbox: BubblewrapSandbox,
    processes: GradingProcesses,
) -> None:
    """They are no part of the report's JSON, which a learner may read, and change no mark."""
    other, mine = hidden_pool(shares, SECRET)[:2], choose_hidden(shares, SECRET, 1)
    passed_on = next(one for one in other if one != mine)
    for variant in hidden_pool(shares, SECRET):
        references.get(shares, variant)
    values = references.get(shares, passed_on).outputs["shares"].mean.tolist()
    text = notebook(shares, f"{SOLUTION}\nshares = np.array({values!r})")
    report = processes.grade(shares, text, sandbox=sandbox, references=references, secret=SECRET)
    assert {(one.output, one.variant) for one in report.matches} == {("shares", passed_on.id)}
    assert "matches" not in report.as_json()
    honest = processes.grade(
        shares, notebook(shares), sandbox=sandbox, references=references, secret=SECRET
    )
    assert (honest.passed, honest.matches) == (True, ())


def test_a_strange_list_of_matches_is_left_out() -> None:
    """What a child says is checked: other shapes, long names and long lists are dropped."""
    good = {"run": "visible", "output": "phi", "variant": "hidden-1", "literal": True}
    for told in ("x", None, 3, [3], [{"run": 1}], [good | {"output": "x" * 101}]):
        assert _matches(told) == ()
    assert _matches([good] * 50) == (VariantMatch("visible", "phi", "hidden-1", literal=True),) * 20
