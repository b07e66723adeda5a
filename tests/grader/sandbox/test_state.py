"""Runs are independent of each other, leave nothing behind, and cannot forge results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from grader.sandbox.job import Job, Limits, Run, Verdict

if TYPE_CHECKING:
    from grader.sandbox.job import Sandbox

FORGE = """
import json, os, struct
(pipe,) = [int(n) for n in os.listdir('/proc/self/fd')
           if n != '0' and os.path.islink(f'/proc/self/fd/{n}')
           and os.readlink(f'/proc/self/fd/{n}').startswith('pipe:')]
def send(kind, body):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    os.write(pipe, struct.pack('>cI', kind, len(raw)) + raw)
def send_answer(header, raw=b''):
    send(b'A', json.dumps(header).encode() + b'\\n' + raw)
HEADER = {'name': 'v', 'source': 'ndarray', 'refusal': None, 'columns': None, 'index': None,
          'arrays': [{'key': '', 'dtype': '<f8', 'shape': [1]}]}
"""


def run(sandbox: Sandbox, *cells: str) -> Run:
    """Run cells that declare one output, ``v``."""
    return sandbox.run(Job(cells=cells, outputs=("v",), limits=Limits(wall_seconds=20)))


def test_nothing_passes_to_the_next_run(sandbox: Sandbox) -> None:
    """Files, environment, modules, builtins and the shell itself are fresh each time."""
    run(
        sandbox,
        "import builtins, numpy, os, pathlib, sys, IPython",
        "for place in ('.', '/tmp', '/dev/shm'): pathlib.Path(place, 'left').write_text('x')",
        "os.environ['LEFT'] = '1'; builtins.left = 1; numpy.left = 1; sys.left = 1\n"
        "numpy.sum = builtins.print = builtins.sum = None\n"
        "get_ipython().run_cell = None; os.umask(0); left = 1",
    )
    after = run(
        sandbox,
        "import builtins, numpy, os, pathlib, sys\n"
        "v = [p for p in ('.', '/tmp', '/dev/shm') if (pathlib.Path(p) / 'left').exists()]\n"
        "v += [m.__name__ for m in (builtins, numpy, sys) if hasattr(m, 'left')]\n"
        "v += [n for n in ('LEFT',) if n in os.environ]\n"
        "v += [n for n in ('left',) if n in globals()]\n"
        "v = len(v) + int(numpy.sum([0]))",
    )
    assert after.error is None
    assert after.answers["v"].array == 0
    assert after.cells[0].execution_count == 1


def test_concurrent_runs_are_isolated(sandbox: Sandbox) -> None:
    """Concurrent runs see no files, processes, sockets or terminals of each other."""
    cell = (
        "import os, pathlib, socket, time\n"
        "for place in ('.', '/tmp', '/dev/shm'):\n"
        "    pathlib.Path(place, f'of-{me}').write_text('x')\n"
        "listener = socket.socket(socket.AF_UNIX)\n"
        "listener.bind(f'\\0of-{me}'); listener.listen()\n"
        "terminal = os.openpty()\n"
        "time.sleep(1)\n"
        "v = [str(p) for place in ('.', '/tmp', '/dev/shm')\n"
        "     for p in pathlib.Path(place).glob(f'of-{1 - me}')]\n"
        "v += [n for n in os.listdir('/proc') if n.isdigit() and n != '1']\n"
        "v += [n for n in os.listdir('/dev/pts') if n not in ('0', 'ptmx')]\n"
        "try: socket.socket(socket.AF_UNIX).connect(f'\\0of-{1 - me}'); v.append('socket')\n"
        "except OSError: pass\n"
        "v = len(v)"
    )
    jobs = tuple(
        Job(cells=("me = 0", cell), outputs=("v",), parameters={"me": me}, parameters_cells=(0,))
        for me in (0, 1)
    )
    for outcome in sandbox.run_many(jobs):
        assert outcome.error is None
        assert outcome.answers["v"].array == 0


def test_a_hostile_concurrent_run_has_no_effect(sandbox: Sandbox) -> None:
    """A run concurrent with a fork bomb gives the same result on its own cores."""
    normal = Job(
        cells=(
            "import numpy as np\nx = np.random.default_rng(3).random((300, 300))",
            "v = (x @ x).sum()",
        ),
        outputs=("v",),
    )
    bomb = Job(
        cells=("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",),
        outputs=(),
        limits=Limits(wall_seconds=2, processes=32),
    )
    alone = sandbox.run(normal)
    bombed, beside = sandbox.run_many((bomb, normal))
    assert bombed.verdict in (Verdict.TIME_LIMIT, Verdict.MEMORY_LIMIT)
    assert beside.verdict is Verdict.OK
    assert beside.answers["v"].array == alone.answers["v"].array


FORGERIES = {
    "noise": "os.write(pipe, b'?' + os.urandom(63))",
    "an unknown kind": "send(b'Q', {})",
    "no JSON": "send(b'S', b'{')",
    "no object": "send(b'S', [1])",
    "deep JSON": "send(b'D', b'[' * 100_000 + b']' * 100_000)",
    "a stream without text": "send(b'S', {'name': 'stdout'})",
    "a stream of another name": "send(b'S', {'name': 'stdin', 'text': 'x'})",
    "a display without data": "send(b'D', {})",
    "an error without a name": "send(b'E', {'name': 1})",
    "another cell": "send(b'C', {'cell': 5})",
    "the same cell again": "send(b'C', {'cell': 0})",
    "the end of another cell": "send(b'X', {'cell': 3, 'execution_count': 1})",
    "more after the end": "send(b'Z', {}); send(b'S', {'name': 'stdout', 'text': 'x'})",
    "a platform failure": "send(b'F', {'failure': 'x'})",
    "an undeclared answer": "send_answer({**HEADER, 'name': 'other'}, bytes(8))",
    "an answer of another source": "send_answer({**HEADER, 'source': ['x']}, bytes(8))",
    "an unknown refusal": "send_answer({**HEADER, 'refusal': {}})",
    "a pickle": "send_answer({**HEADER, 'arrays': "
    "[{'key': '', 'dtype': '|O', 'shape': [1]}]}, bytes(8))",
    "too few bytes": "send_answer(HEADER, bytes(4))",
    "too many bytes": "send_answer(HEADER, bytes(16))",
    "a negative shape": "send_answer({**HEADER, 'arrays': "
    "[{'key': '', 'dtype': '<f8', 'shape': [-1]}]}, bytes(8))",
    "an immense shape": "send_answer({**HEADER, 'arrays': "
    "[{'key': '', 'dtype': '<f8', 'shape': [2**30] * 8}]}, bytes(8))",
    "a boolean that is none": "send_answer({**HEADER, 'arrays': "
    "[{'key': '', 'dtype': '|b1', 'shape': [1]}]}, bytes([7]))",
    "text that is none": "send_answer({**HEADER, 'arrays': "
    "[{'key': '', 'dtype': '<U1', 'shape': [1]}]}, bytes([255] * 4))",
    "immense text": "send_answer({**HEADER, 'arrays': "
    "[{'key': '', 'dtype': '<U99999999', 'shape': [1]}]}, bytes(8))",
    "labels that are none": "send_answer({**HEADER, 'columns': [1]}, bytes(8))",
    "closing the pipe": "os.close(pipe); import time; time.sleep(60)",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_forged_frames_are_bad_output(own: Sandbox, forgery: str) -> None:
    """A frame that the runner never sends ends the run as a learner error."""
    outcome = run(own, "v = 1.0", f"{FORGE}\n{forgery}")
    assert outcome.verdict is Verdict.BAD_OUTPUT
    assert outcome.error is not None
    assert outcome.error.name == "BadOutput"
    array = outcome.answers["v"].array
    assert array is not None
    np.testing.assert_array_equal(array, 1.0)


def test_an_oversized_frame_is_not_read(sandbox: Sandbox) -> None:
    """The declared length alone ends the run: the host allocates nothing."""
    outcome = run(sandbox, FORGE + "os.write(pipe, struct.pack('>cI', b'D', 2**32 - 1))")
    assert outcome.verdict is Verdict.OUTPUT_LIMIT
    assert outcome.peak == 2**32 - 1


def test_invalid_characters_are_replaced(own: Sandbox) -> None:
    """NUL and lone surrogates become the replacement character."""
    outcome = run(own, r"print('a\x00b\ud800c')")
    assert outcome.cells[0].outputs[0]["text"] == "a\ufffdb\ufffdc\n"


INTERRUPT = """
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex('b814000000 cd80 c3'))  # mov eax, getpid; int 0x80; ret
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""

DEATHS = {
    "os._exit": ("import os; os._exit(0)", "exit code 0"),
    "a forged end": (FORGE + "send(b'Z', {}); os._exit(0)", "exit code 0"),
    "a crash": ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    "an abort": ("import os, signal\nsignal.signal(6, signal.SIG_DFL)\nos.abort()", "SIG"),
    "a foreign architecture": (
        "import ctypes; ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 | 39))",
        "system call",
    ),
    "an interrupt of 32 bits": (INTERRUPT, "system call"),
}


@pytest.mark.parametrize(("source", "words"), DEATHS.values(), ids=DEATHS)
def test_a_process_exit_is_a_learner_error(sandbox: Sandbox, source: str, words: str) -> None:
    """An exit or a crash in native code has a message, and keeps earlier answers."""
    outcome = run(sandbox, "v = 1", source, "v = 2")
    assert outcome.verdict is Verdict.RUNTIME_ERROR
    assert outcome.error is not None
    assert outcome.error.cell == 1
    assert words in outcome.error.message
    assert outcome.answers["v"].array == 1
