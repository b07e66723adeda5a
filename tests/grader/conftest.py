"""Small exercises in plain numpy on disk, and one real sandbox for all tests of a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.authoring import write_notebooks
from grader.exercise import load_exercise
from grader.reference import ReferenceStore
from grader.sandbox import open_sandbox
from tests.grader.learner import Marker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.exercise import ExerciseDefinition
    from grader.sandbox.job import Sandbox

SHARES_YAML = """\
version: 1
title: Shares of a linear model
summary: Explain a linear model.
level: introductory
minutes: 5
statement: Compute the shares.
outputs:
  fx: {dtype: float, shape: [5], meaning: The output.}
  shares:
    dtype: float
    shape: [5, 6]
    meaning: Weight times the distance from the mean.
    columns: [zeta, alpha, beta, gamma, delta, eta]
  base: {dtype: float, shape: [], meaning: The mean output.}
parameters:
  rows:
    value: [1, 2, 3, 5, 8]
    meaning: Which rows.
    draw: {sample: {from: [0, 40], size: 5}}
rubric:
  - {id: fx, title: The output, kind: agreement, output: fx, threshold: 0.01, points: 10}
  - id: adds_up
    title: It adds up
    kind: local_accuracy
    output: shares
    base: base
    fx: fx
    threshold: 0.01
    requires: [fx]
    points: 20
  - {id: shares, title: The shares, kind: agreement, output: shares, threshold: 0.01, points: 50}
  - {id: base, title: The base, kind: agreement, output: base, threshold: 0.01, points: 20}
pass_score: 80
misconceptions:
  - id: opposite_class
    title: shares for the opposite outcome
    message: Everything has the opposite sign.
    question: Which outcome is explained?
  - id: no_mean
    title: weight times value without the mean
    message: The mean was not taken off.
    question: What does the base stand for?
  - sign
  - absolute
  - normalised
  - shifted_rows
  - sorted_features
  - {family: base_forgotten, output: base}
limits: {wall_seconds: 10}
figure: {output: shares, title: Your shares, rows: [0, 1], top: 3}
hints: [one, two, three, four]
"""

SHARES_REFERENCE = '''\
"""Reference: shares of a linear model."""

import numpy as np

GENERATOR = np.random.default_rng(11)
X = GENERATOR.normal(size=(40, 6))
W = np.array([1.5, -2.0, 0.7, 3.0, -1.1, 0.4])


def _explained(rows):
    shares = W * (X[rows] - X.mean(axis=0))
    return {"fx": X[rows] @ W + 2, "shares": shares, "base": X.mean(axis=0) @ W + 2}


def reference(parameters, seed):
    return _explained(parameters["rows"])


def every_row(parameters):
    return {"shares": _explained(range(40))["shares"]}


def single_backgrounds(parameters):
    return {"shares": np.stack([W * (X[parameters["rows"]] - row) for row in X[:20]])}


def other_outputs(parameters):
    return {"the logistic of the output": 1 / (1 + np.exp(-_explained(parameters["rows"])["fx"]))}


def mistake_opposite_class(parameters, seed):
    found = _explained(parameters["rows"])
    return {"shares": -found["shares"], "base": -found["base"]}


def mistake_no_mean(parameters, seed):
    return {"shares": W * X[parameters["rows"]]}
'''

SHARES_STARTER = """\
# Shares

```python parameters parameters
rows = [1, 2, 3, 5, 8]
```

```python data
import numpy as np

generator = np.random.default_rng(11)
X = generator.normal(size=(40, 6))
W = np.array([1.5, -2.0, 0.7, 3.0, -1.1, 0.4])
```

```python answer
fx = np.zeros(5)
shares = np.zeros((5, 6))
base = 0.0
```
"""

SHARES_SOLUTION = """\
```python answer
fx = X[rows] @ W + 2
shares = W * (X[rows] - X.mean(axis=0))
base = X.mean(axis=0) @ W + 2
```
"""

NOISY_YAML = """\
version: 1
title: A noisy mean
summary: Estimate by sampling.
level: introductory
minutes: 5
statement: Sample.
outputs:
  means: {dtype: float, shape: [2, 6], meaning: Estimated means.}
  verdict: {dtype: string, shape: [], choices: [high, low], meaning: Which.}
seeds: 100
rubric:
  - {id: means, title: The means, kind: envelope, output: means, points: 8}
  - {id: verdict, title: The verdict, kind: exact, output: verdict, points: 1}
  - id: ordered
    title: The verdict follows
    kind: recomputed
    output: verdict
    function: own_verdict
    threshold: 0
    points: 1
pass_score: 9
misconceptions:
  - sign
  - {id: few, title: few samples, message: Too few., question: "How many?"}
hints: [one, two, three, four]
"""

NOISY_REFERENCE = '''\
"""Reference: means of 400 draws."""

import numpy as np

TRUE = np.array([[1.0, -2.0, 3.0, 0.5, -0.7, 2.2], [0.3, 1.2, -1.0, 2.0, 4.0, -3.0]])
SCATTER = np.array([0.1, 3.0, 0.2, 0.5, 2.0, 1.0])


def _means(seed, size):
    noise = np.random.default_rng(seed).normal(size=(size, 2, 6)).mean(axis=0)
    return TRUE + SCATTER * noise


def reference(parameters, seed):
    return {"means": _means(seed, 400), "verdict": "high"}


def own_verdict(parameters, answers):
    return "high" if answers["means"].sum() > 0 else "low"


def mistake_few(parameters, seed):
    return {"means": _means(seed, 8)}
'''


def write_exercise(folder: Path, yaml: str, reference: str) -> Path:
    """Write an exercise without notebooks of its own beyond a starter and a solution."""
    folder.mkdir(parents=True)
    (folder / "exercise.yaml").write_text(yaml, encoding="utf-8")
    (folder / "reference.py").write_text(reference, encoding="utf-8")
    (folder / "starter.md").write_text(SHARES_STARTER, encoding="utf-8")
    (folder / "solution.md").write_text(SHARES_SOLUTION, encoding="utf-8")
    write_notebooks(folder)
    return folder


@pytest.fixture
def shares_folder(tmp_path: Path) -> Path:
    """Give the folder of a deterministic exercise, to be changed at will."""
    return write_exercise(tmp_path / "linear-shares", SHARES_YAML, SHARES_REFERENCE)


@pytest.fixture
def noisy_folder(tmp_path: Path) -> Path:
    """Give the folder of a stochastic exercise, to be changed at will."""
    return write_exercise(tmp_path / "noisy-mean", NOISY_YAML, NOISY_REFERENCE)


@pytest.fixture(scope="session")
def shares(tmp_path_factory: pytest.TempPathFactory) -> ExerciseDefinition:
    """Give a deterministic exercise: attributions, base value, model output."""
    folder = tmp_path_factory.mktemp("content") / "linear-shares"
    return load_exercise(write_exercise(folder, SHARES_YAML, SHARES_REFERENCE))


@pytest.fixture(scope="session")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> ExerciseDefinition:
    """Give a stochastic exercise without parameters."""
    folder = tmp_path_factory.mktemp("content") / "noisy-mean"
    return load_exercise(write_exercise(folder, NOISY_YAML, NOISY_REFERENCE))


@pytest.fixture(scope="session")
def references(tmp_path_factory: pytest.TempPathFactory) -> ReferenceStore:
    """Give a store that starts empty."""
    return ReferenceStore(tmp_path_factory.mktemp("references"))


@pytest.fixture(scope="session")
def runner() -> Iterator[Sandbox]:
    """Give a real, warm sandbox."""
    with open_sandbox(concurrency=2) as sandbox:
        yield sandbox


@pytest.fixture
def mark(shares: ExerciseDefinition, runner: Sandbox, references: ReferenceStore) -> Marker:
    """Give a marker for the deterministic exercise."""
    return Marker(shares, runner, references)
