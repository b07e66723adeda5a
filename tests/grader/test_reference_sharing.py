"""Several threads and processes ask for references at once: one computation, the same values."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from grader.exercise import load_exercise
from grader.reference import MEMORY_ENTRIES, ReferenceStore, build_reference
from grader.variants import hidden_variant, visible_variant
from tests.grader.conftest import NOISY_YAML, write_exercise

if TYPE_CHECKING:
    from grader.exercise import ExerciseDefinition

CHECKOUT = Path(__file__).resolve().parents[2]

SHARED_GENERATOR = '''\
"""Reference: draws from the generators that all threads of a process share."""

import random
import time
from pathlib import Path

import numpy as np


def reference(parameters, seed):
    with (Path(__file__).parents[1] / "calls").open("a") as calls:
        calls.write(f"{seed}\\n")
    means = []
    for _ in range(12):
        time.sleep(0.0005)
        means.append(np.random.normal() + random.random())
    return {"means": np.reshape(means, (2, 6)), "verdict": "high"}


def own_verdict(parameters, answers):
    return "high"


def mistake_few(parameters, seed):
    return {"means": np.random.normal(size=(2, 6))}
'''

IN_A_PROCESS = """
import sys
from pathlib import Path
from grader.exercise import load_exercise
from grader.reference import ReferenceStore
from grader.variants import visible_variant

exercise = load_exercise(Path(sys.argv[1]))
found = ReferenceStore(Path(sys.argv[2])).get(exercise, visible_variant(exercise))
print(found.outputs["means"].mean)
"""


@pytest.fixture
def drawing(tmp_path: Path) -> ExerciseDefinition:
    """An exercise whose author draws from the global generators."""
    folder = write_exercise(tmp_path / "shared-generator", NOISY_YAML, SHARED_GENERATOR)
    return load_exercise(folder)


def calls(exercise: ExerciseDefinition) -> int:
    """Count how often the author's reference function was called."""
    return len((exercise.folder.parent / "calls").read_text().splitlines())


def test_threads_share_one_computation(drawing: ExerciseDefinition, tmp_path: Path) -> None:
    """Eight threads that need one reference at the same moment compute it once."""
    store, variant = ReferenceStore(tmp_path / "references"), visible_variant(drawing)
    together = threading.Barrier(8)

    def get(_number: int) -> object:
        together.wait()
        return store.get(drawing, variant).outputs["means"].mean.tobytes()

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(get, range(8)))) == 1
    assert calls(drawing) == 100


def test_processes_share_one_computation(drawing: ExerciseDefinition, tmp_path: Path) -> None:
    """Three processes that need one reference at the same moment compute it once."""
    command = [sys.executable, "-c", IN_A_PROCESS, str(drawing.folder), str(tmp_path / "shared")]
    running = [
        subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    printed = {process.communicate(timeout=120)[0] for process in running}
    assert len(printed) == 1
    assert calls(drawing) == 100


def test_author_code_in_two_threads_gives_what_one_gives(drawing: ExerciseDefinition) -> None:
    """Values drawn from global generators are those of a single thread, and vary by seed."""
    alone = build_reference(drawing, visible_variant(drawing), misconceptions=True)

    def build(_number: int) -> bytes:
        built = build_reference(drawing, visible_variant(drawing), misconceptions=True)
        return built.outputs["means"].samples.tobytes()

    with ThreadPoolExecutor(2) as threads:
        found = set(threads.map(build, range(4)))
    assert found == {alone.outputs["means"].samples.tobytes()}
    assert (alone.outputs["means"].spread > 0).all()


def test_the_caller_s_generators_are_left_alone(drawing: ExerciseDefinition) -> None:
    """Author code leaves the process's own generators where they were."""
    np.random.seed(5)  # noqa: NPY002  # the shared generator is the subject
    expected = np.random.normal()  # noqa: NPY002  # the same
    np.random.seed(5)  # noqa: NPY002  # the same
    build_reference(drawing, visible_variant(drawing), misconceptions=False)
    assert np.random.normal() == expected  # noqa: NPY002  # the same


def test_a_full_memory_is_safe_in_threads(shares: ExerciseDefinition, tmp_path: Path) -> None:
    """Threads that push each other's references out of memory get what they asked for."""
    store = ReferenceStore(tmp_path)
    variants = [hidden_variant(shares, b"s", number) for number in range(MEMORY_ENTRIES + 8)]
    for variant in variants:
        store.get(shares, variant)

    def get(number: int) -> bool:
        found = store.get(shares, variants[number % len(variants)])
        return found.outputs["fx"].mean.shape == (5,)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(get, range(10 * len(variants))))
