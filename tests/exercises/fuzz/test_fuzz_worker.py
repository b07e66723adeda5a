"""Notebooks that do strange things, and messages that are none, in a real worker with a sandbox."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from celery import current_app
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.chaos.faults import send_cut
from courses.models import User
from exercises.models import State, Submission
from exercises.submissions import lifecycle
from exercises.submissions.queue import GRADING_QUEUE
from tests.exercises.submissions.faults import eventually
from tests.exercises.worker_process import TIMEOUT_SECONDS
from tests.malformed import ANY, MIB, sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from exercises.models import Exercise
    from tests.exercises.worker_process import WorkerProcess

pytestmark = pytest.mark.django_db(transaction=True)

NOTEBOOKS: Final = max(2, settings.default.max_examples // 60 if settings.default else 0)
"""Each takes a second or two."""
PATIENCE_SECONDS: Final = 5 * TIMEOUT_SECONDS
"""On a busy machine the first waits for the worker and its references."""
MOST_GROWTH: Final = 256 * MIB
CELLS: Final = (
    r"print('\ud800 \x00')",
    r"raise ValueError('\ud800' * 10_000)",
    r"raise BaseException('x' * 10**7)",
    "class E(Exception):\n    def __str__(self): return 1\nraise E",
    r"import os; os.write(1, bytes(range(256)) * 10_000)",
    r"import os; [os.write(number, b'\x00\xff' * 9) for number in range(3, 9)]",
    r"import sys; sys.stdout = None; print(1)",
    r"from IPython.display import display; display({'text/html': 1, 'x': [[]]}, raw=True)",
    r"from IPython.display import display; display({'image/png': 'A' * 10**7}, raw=True)",
    r"from IPython.display import SVG; SVG('<svg xmlns=\"x\"><script>1</script></svg>')",
    r"phi = [[float('nan')] * 3] * 2; base = float('inf'); fx = None",
    r"phi = 10 ** 5000; base = object(); fx = '\ud800'",
    r"phi = {'a': {'b': [1, [2]]}}; base = []; fx = range(10**9)",
    r"import numpy; phi = numpy.empty(3, dtype=object); base = numpy.array('x'); fx = numpy.nan",
    r"import os; os.kill(os.getpid(), 9)",
    r"import os; os._exit(0)",
    r"import ctypes; ctypes.string_at(0)",
    "import sys; sys.setrecursionlimit(10**6)\ndef f(): return f()\nf()",
    r"x = bytearray(10**12)",
    "%%bash\nexit 3",
    r"get_ipython().run_cell('1/0')",
    r"import gc; [o.clear() for o in gc.get_objects() if type(o) is dict and 'phi' in o]",
    r"del __builtins__; phi",
    r"def (",
    r"",
)


def resident_bytes(pid: int) -> int:
    """Return how much memory a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def test_a_worker_outlives_them(
    worker: WorkerProcess, exercise: Exercise, notebook: Callable[..., bytes]
) -> None:
    """Each gets a verdict that is not a fault of the site; the process is the same at the end.

    Slow: every notebook is run in a sandbox.
    """
    pid = worker.pid
    numbers = itertools.count()
    before: list[int] = []

    def graded(*cells: str) -> Submission:
        user = User.objects.create_user(f"learner-{next(numbers)}@example.org", "a quiet harbour")
        made = lifecycle.submit(user=user, exercise=exercise, notebook=notebook(*cells))
        rows = Submission.objects.filter(pk=made.pk, state__in=(State.GRADED, State.FAILED))
        assert eventually(rows.exists, seconds=PATIENCE_SECONDS)
        return rows.get()

    @given(cells=st.lists(st.sampled_from(CELLS) | st.text(max_size=40), min_size=1, max_size=3))
    @settings(ANY, max_examples=NOTEBOOKS)
    def attack(cells: list[str]) -> None:
        sent("notebooks run by a worker")
        with current_app.connection_for_write() as line, line.channel() as channel:
            send_cut(channel, GRADING_QUEUE)
        assert graded(*cells).state == State.GRADED, cells
        if not before:
            before.append(resident_bytes(pid))

    attack()
    assert graded("phi = 1").verdict
    assert worker.pid == pid
    assert resident_bytes(pid) - before[0] < MOST_GROWTH
