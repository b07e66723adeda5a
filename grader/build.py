"""Compute the references of many exercises, in parallel, before the first learner needs them."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TYPE_CHECKING

from grader.errors import GraderError, WeightsMissing
from grader.exercise import load_exercise
from grader.models.presence import require
from grader.reference import ReferenceStore
from grader.reference_shelf import shelf_at
from grader.variants import VISIBLE, hidden_pool, visible_variant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TextIO

    from grader.exercise import ExerciseDefinition
    from grader.variants import Variant

BAR_WIDTH = 24


def build_references(
    folders: Sequence[Path],
    *,
    references: Path,
    secret: bytes | None,
    jobs: int,
    stream: TextIO,
    shared: str = "",
) -> None:
    """Compute what is missing of the visible variants, and with a secret of the hidden ones.

    What other hosts have put at the address `shared` is fetched, and computed only once.

    Raises:
        GraderError: an exercise's own code failed; the others are built all the same.
    """
    store = ReferenceStore(references)
    work: list[tuple[ExerciseDefinition, Variant]] = []
    for folder in folders:
        exercise = load_exercise(folder)
        try:
            require(exercise.models)
        except WeightsMissing as missing:  # its references are computed when they are needed
            _write_line(f"{exercise.slug} waits for its models: {missing}", stream)
            continue
        hidden = hidden_pool(exercise, secret) if secret else ()
        work += [
            (exercise, variant)
            for variant in (visible_variant(exercise), *hidden)
            if not store.has(exercise, variant, misconceptions=variant.id == VISIBLE)
        ]
    if not work:
        return
    _progress(0, len(work), "references to compute", stream)
    failures: list[str] = []
    # What lies in this process (threads of numpy's, say) must not be forked half-way.
    with ProcessPoolExecutor(max(jobs, 1), mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_build_one, *item, references, shared) for item in work]
        for done, future in enumerate(as_completed(waiting), start=1):
            label, failure = future.result()
            _progress(done, len(work), label, stream)
            if failure:
                failures.append(failure)
    if failures:
        raise GraderError("\n".join(sorted(set(failures))))


def _build_one(
    exercise: ExerciseDefinition, variant: Variant, references: Path, shared: str
) -> tuple[str, str]:
    """What was computed, and why it failed; in a process of its own."""
    label = f"{exercise.slug} {variant.id}"
    try:
        store = ReferenceStore(references, shelf=shelf_at(shared))
        store.get(exercise, variant, misconceptions=variant.id == VISIBLE)
    except GraderError as error:
        return label, str(error)
    return label, ""


def _write_line(text: str, stream: TextIO) -> None:
    stream.write(f"{text}\n")
    stream.flush()


def _progress(done: int, total: int, text: str, stream: TextIO) -> None:
    """One line that is drawn over on a terminal, and one line per step elsewhere."""
    filled = BAR_WIDTH * done // total
    line = f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {done}/{total} {text}"
    if stream.isatty():
        stream.write(f"\r\x1b[2K{line}" + ("\n" if done == total else ""))
    else:
        stream.write(f"{line}\n")
    stream.flush()
