"""Answers as large as a run may send: what is kept of them for regrading is bounded."""

from __future__ import annotations

import numpy as np

from grader.explanation import (
    MAX_STORED_BYTES,
    ParameterUsage,
    RunAnswers,
    pack,
    unpack,
)
from grader.sandbox.job import MIB, Answer


def run(answers: dict[str, Answer]) -> RunAnswers:
    """Make the answers of one run."""
    return RunAnswers("visible", {}, "ok", answers)


def test_ninety_six_mib_of_answers_are_not_kept() -> None:
    """Random numbers cannot be compressed: without the bound each run would keep 48 MiB."""
    noise = np.random.default_rng(0).normal(size=16 * MIB // 8)
    large = {name: Answer(name, "ndarray", array=noise) for name in "abc"}
    small = Answer("d", "ndarray", array=np.arange(3.0))

    packed = pack([run(large | {"d": small})] * 2, ParameterUsage())

    assert len(packed) < MIB
    kept = unpack(packed)[0][0].answers
    assert kept["a"].refusal == "too_large"
    assert np.array_equal(np.asarray(kept["d"].array), np.arange(3.0))


def test_many_answers_share_one_bound() -> None:
    """Answers below the single bound are kept until their sum reaches the submission's."""
    noise = np.random.default_rng(0).normal(size=3 * MIB // 8)
    many = {f"a{number}": Answer(f"a{number}", "ndarray", array=noise) for number in range(20)}

    packed = pack([run(many), run(many)], ParameterUsage())

    assert len(packed) < MAX_STORED_BYTES + MIB
    kept = [answer for one in unpack(packed)[0] for answer in one.answers.values()]
    assert sum(answer.array is not None for answer in kept) == 4


def test_names_count_too() -> None:
    """A table with a hundred thousand long names is as large as its names."""
    names = tuple("n" * 200 for _ in range(100_000))
    table = Answer("a", "DataFrame", array=np.zeros((100_000, 1)), index=names)

    kept = unpack(pack([run({"a": table})], ParameterUsage()))[0][0].answers

    assert kept["a"].refusal == "too_large"
