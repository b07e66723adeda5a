"""Compares runs with checkpoints to runs without, over random edits of random notebooks.

``python -m bench.notebook_edits [--runs 2000] [--seed 1] [--seconds N]`` prints how many runs were
compared, how many cells came from a checkpoint, and the differences (exit code 1), if any.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from grader.sandbox import open_sandbox
from grader.sandbox.job import Job, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.sandbox.job import Event, Run, Sandbox

LIMITS: Final = Limits(wall_seconds=20, cpu_seconds=20)
FIRST: Final = """import asyncio, gc, mmap, multiprocessing, os, random, signal
import sys, threading, time
from pathlib import Path
import numpy as np
random.seed(3); np.random.seed(3)
values = []"""
OWN_KILLS: Final = "# kills\n"
"""How a cell begins that kills its own process or its parent: outside a chain that process is init,
which such a signal does not reach. What came before is the same in both."""

CELLS: Final = tuple(
    r"""
values.append({n}); print(values)

print(random.random(), np.random.rand())

random.seed({n})

rng = np.random.default_rng({n}); print(rng.integers(1000))

print(globals().get('rng') and rng.integers(1000))

{n} + len(values)

print(_, len(In), sorted(Out))

1 / ({n} % 2)

raise ValueError('{n}')

def broken(:

undefined_{n}

sys.exit({n})

exit

Path('note.txt').write_text('{n}'); print(sorted(os.listdir('.')))

with open('note.txt', 'a') as file: file.write('+{n}')
print(Path('note.txt').read_text())

print(Path('note.txt').exists() and Path('note.txt').read_text(), sorted(os.listdir('.')))

Path('note.txt').unlink(missing_ok=True)

Path('folder/inner').mkdir(parents=True, exist_ok=True)
Path('folder/inner/{n}').touch()

print(sorted(str(path) for path in Path('folder').rglob('*')))

Path('folder').exists() and os.chdir('folder')
print(os.getcwd(), sorted(os.listdir('.')))

os.chdir(Path.home())

Path('link').is_symlink() or Path('link').symlink_to('note.txt')
print(os.readlink('link'))

Path('/tmp/t{n}').write_text('t'); print(sorted(Path('/tmp').glob('t*')))

Path('/dev/shm/s{n}').write_text('s'); print(sorted(Path('/dev/shm').glob('s*')))

Path('closed').mkdir(exist_ok=True)
Path('closed').chmod(0)
print(oct(os.stat('closed').st_mode))

kept = open('kept.txt', 'a+'); kept.write('{n}'); kept.flush(); kept.seek(0)

print('kept' in globals() and kept.read(1), 'kept' in globals() and kept.tell())

np.save('array.npy', np.arange({n})); print(np.load('array.npy').sum())

Path('array.npy').exists() and globals().update(mapped=np.load('array.npy', mmap_mode='r'))

print('mapped' in globals() and mapped.sum())

shared = mmap.mmap(-1, 16); shared[0] = {n} % 250; print(shared[0])

if 'shared' in globals(): shared[0] = (shared[0] + 1) % 250; print(shared[0])

worker = threading.Thread(target=values.append, args=('t{n}',)); worker.start(); worker.join()

threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print(threading.active_count())

print(threading.active_count(), len(multiprocessing.active_children()))

with multiprocessing.Pool(2) as pool: print(pool.map(abs, [-{n}, 2]))

left = multiprocessing.Process(target=time.sleep, args=(60,), daemon=True); left.start()

lock = multiprocessing.Lock(); lock.acquire(); print(lock.acquire(block=False))

child = os.fork()
if child == 0: os._exit({n} % 100)

if 'child' in globals(): print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])); del child

os.register_at_fork(before=lambda: print('before'), after_in_child=lambda: values.clear())

signal.signal(signal.SIGALRM, lambda *_: print('alarm'))
left = signal.setitimer(signal.ITIMER_REAL, 60)

signal.signal(signal.SIGALRM, lambda *_: print('alarm'))
left = signal.setitimer(signal.ITIMER_REAL, 0.05); time.sleep(1)

print(signal.getitimer(signal.ITIMER_REAL)[0] > 0)

signal.signal(signal.SIGTERM, lambda *_: print('term')); os.kill(os.getpid(), signal.SIGTERM)

await asyncio.sleep(0); print('awaited')

task = asyncio.create_task(asyncio.sleep(0.01)); print('begun')

sys.stderr.write('error {n}\n'); print('out', end='')

display({n}); display('two')

handle = display({n}, display_id=True); handle.update('now {n}')

from IPython.display import clear_output
print('gone'); clear_output(); print('stays')

os.environ['NUMBER'] = '{n}'; print(os.environ.get('NUMBER'))

print(os.environ.get('NUMBER'), sys.getrecursionlimit()); sys.setrecursionlimit(1000 + {n})

class Number:
    def __repr__(self): return 'number {n}'
Number()

words = iter(range({n})); next(words, None)

print(next(words, None) if 'words' in globals() else None)

block = bytearray(3 * 2**30)

table = np.ones(({n}, 1000)); table[0] += 1; print(table.sum())

print(table.sum() if 'table' in globals() else None); table = None; gc.collect();

'a' * 200_000

for i in range(300): print('line', i)

%precision 3
0.123456 * {n}

os._exit({n} % 100)

# kills
os.kill(os.getpid(), signal.SIGKILL)

# kills
os.kill(os.getpid(), signal.SIGTERM); time.sleep(0.5); print('alive')

# kills
os.kill(os.getppid(), signal.SIGKILL); time.sleep(0.05); print('orphan')

# kills
os.kill(os.getppid(), signal.SIGTERM); print('still here')

# kills
os.abort()
""".strip().split("\n\n")
)
PLOTS: Final = tuple(
    r"""
import matplotlib.pyplot as plt
plt.plot([1, {n}, 3]); plt.title('title {n}')

import matplotlib.pyplot as plt
figure, axes = plt.subplots(); axes.bar([1, 2], [{n}, 1]); plt.show()

axes.set_xlabel('label {n}') if 'axes' in globals() else None
display(figure) if 'figure' in globals() else None

import matplotlib.pyplot as plt
plt.savefig('plot.png'); print(Path('plot.png').stat().st_size > 0)

import pandas as pd
frame = pd.DataFrame({{'a': np.random.rand(3)}}); frame

from sklearn.ensemble import RandomForestClassifier, HistGradientBoostingClassifier
features = np.random.default_rng({n}).normal(size=(60, 3)); labels = features[:, 0] > 0
model = HistGradientBoostingClassifier(max_iter=5).fit(features, labels)
print(model.predict_proba(features[:2]))

from sklearn.ensemble import RandomForestClassifier
if 'features' in globals():
    forest = RandomForestClassifier(10, random_state=0, n_jobs=2).fit(features, labels)
    import shap
    print(shap.TreeExplainer(forest).shap_values(features[:2]).round(6).tolist())
""".strip().split("\n\n")
)


@dataclass
class Compared:
    """What has been compared so far.

    Attributes:
        runs: runs with checkpoints, each against a run without.
        cells: cells of those runs.
        cached: cells that came from a checkpoint.
        differences: what was not the same, in words.
    """

    runs: int = 0
    cells: int = 0
    cached: int = 0
    differences: list[str] = field(default_factory=list)


def edited(rng: random.Random, pieces: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of one run after the other, as somebody edits a notebook."""

    def cell() -> str:
        return rng.choice(pieces).format(n=rng.randrange(1, 9))

    cells = [FIRST, *(cell() for _ in range(rng.randrange(2, 6)))]
    while True:
        yield tuple(cells[: rng.randrange(2, len(cells) + 1)])
        place = rng.randrange(1, len(cells))
        change = rng.random()
        if change < 0.4:  # noqa: PLR2004 - shares of the kinds of edits
            cells[place] = cell()
        elif change < 0.6:  # noqa: PLR2004 - the same
            cells.insert(place, cell())
        elif change < 0.7 and len(cells) > 2:  # noqa: PLR2004 - the same
            del cells[place]
        elif change < 0.8:  # noqa: PLR2004 - the same
            cells[-1] = cell()


def compare(sandbox: Sandbox, *, seed: int, runs: int, pieces: Sequence[str] = CELLS) -> Compared:
    """Run one random notebook, edited `runs` times, with checkpoints and without."""
    rng = random.Random(seed)  # noqa: S311 - reproducible on purpose
    done = Compared()
    for number, cells in enumerate(itertools.islice(edited(rng, pieces), runs)):
        events: list[Event] = []
        name = f"edits-{seed}"
        warm = sandbox.run(
            Job(cells=cells, outputs=(), limits=LIMITS, chain=name), on_event=events.append
        )
        first = next((n for n, cell in enumerate(cells) if cell.startswith(OWN_KILLS)), None)
        # Without a checkpoint: in a chain that has none yet, and in no chain.
        in_chain = f"{name}-cold-{number}"
        others = [(in_chain, None), (None, first)] if first is not None else []
        for chain, end in others or [(in_chain if number % 2 else None, None)]:
            cold = sandbox.run(Job(cells=cells, outputs=(), limits=LIMITS, chain=chain))
            done.runs += 1
            if seen(warm, end) != seen(cold, end):
                shown = "\n---\n".join(cells)
                done.differences.append(
                    f"seed {seed}, run {number}:\n{shown}\n"
                    f"with: {seen(warm, end)}\nwithout: {seen(cold, end)}"
                )
        done.cells += len(cells)
        done.cached += sum(event.kind == "cell_end" and event.cached for event in events)
    return done


def seen(run: Run, end: int | None = None) -> tuple[Any, ...]:
    """Return what a learner sees of a run: all of it, or of the cells before `end`."""
    if end is not None and (run.error is None or run.error.cell is None or run.error.cell >= end):
        return (_shown(run)[:end],)
    error = run.error and (run.error.cell, run.error.name, run.error.message, run.error.line)
    return run.verdict, error, _shown(run)


def _shown(run: Run) -> list[tuple[Any, ...]]:
    return [
        (
            [
                {key: value for key, value in output.items() if key != "traceback"}
                for output in cell.outputs
            ],
            cell.execution_count,
            cell.truncated,
        )
        for cell in run.cells
    ]


def main() -> int:
    """Compare many runs in a sandbox with the learners' full stack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1e9, help="end after so long")
    asked = parser.parse_args()
    total = Compared()
    each = 20
    ends_at = time.monotonic() + asked.seconds
    with open_sandbox(concurrency=1) as sandbox:
        for seed in range(asked.seed, asked.seed + max(1, asked.runs // each)):
            if time.monotonic() > ends_at:
                break
            one = compare(sandbox, seed=seed, runs=each, pieces=CELLS + PLOTS)
            total.runs += one.runs
            total.cells += one.cells
            total.cached += one.cached
            total.differences += one.differences
            for difference in one.differences:
                sys.stderr.write(f"{difference}\n")
    sys.stdout.write(
        f"{total.runs} runs of {total.cells} cells compared with runs without checkpoints; "
        f"{total.cached} cells came from a checkpoint; {len(total.differences)} differences\n"
    )
    return 1 if total.differences else 0


if __name__ == "__main__":
    sys.exit(main())
