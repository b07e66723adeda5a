"""The author's gate: proves every exercise sound, in parallel, and prints a table.

Nothing here marks by other rules than `grader.grading` does; it only brings the answers: notebooks
run in the sandbox, and answers computed by the author's own code with fresh seeds.
"""

from __future__ import annotations

import os
import secrets
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from grader.authoring import exercise_notebooks
from grader.errors import ContentError, GraderError, NotebookRefused, SandboxUnavailable
from grader.exercise import load_exercise
from grader.explanation import Clue, RunAnswers
from grader.grading import grade_notebook, mark_answers
from grader.lock import moved
from grader.misconceptions.families import Companions, family_candidates
from grader.notebook import code_cells, find_parameters_cell, read_notebook
from grader.reference import ReferenceStore, author_code, reference_arrays
from grader.sandbox.job import MIB, Answer, Job, Verdict
from grader.variants import VISIBLE, Variant, hidden_variant, visible_variant
from grader.yaml_tree import read_yaml_tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import TextIO

    from numpy.typing import NDArray

    from grader.exercise import Exercise, Misconception
    from grader.grading import Marks
    from grader.report import GradeReport
    from grader.sandbox.job import Sandbox

SAMPLES_SECRET = b"the variant that samples are checked with"
"""Fixed, so that a second check finds its references; no deployment draws from it."""
HONEST_REJECTION = 0.005
CONFIDENCE = 0.999
FRESH_SEED = 10_000
"""Seeds from here on are never used for a reference."""
TIME_SHARE = 0.5
MEMORY_SHARE = 0.8
"""How much of its limits the solution may use: learners' machines and detours need the rest."""


@dataclass(frozen=True)
class Effort:
    """How much is tried."""

    variants: int
    honest: int
    repeats: int


FULL = Effort(variants=20, honest=400, repeats=5)
SHORT = Effort(variants=2, honest=40, repeats=2)


@dataclass
class Findings:
    """What the check of one exercise found out."""

    slug: str
    problems: list[str] = field(default_factory=list)
    variants: int = 0
    samples: int = 0
    mistakes: int = 0
    named: int = 0
    tried: int = 0
    named_tries: int = 0
    groups: set[tuple[str, ...]] = field(default_factory=set)
    honest: int = 0
    rejected: int = 0
    run_seconds: float = 0.0
    peak_mib: float = 0.0
    mark_ms: float = 0.0
    seconds: float = 0.0

    def need(self, condition: bool, problem: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Note `problem` unless `condition` holds."""
        if not condition:
            self.problems.append(problem)


def check_content(
    folders: Sequence[Path],
    *,
    references: Path,
    short: bool,
    jobs: int,
    page: Path | None,
    stream: TextIO,
) -> bool:
    """Check the exercises in `folders`, print a table and the problems; True when all are sound.

    Args:
        folders: exercise folders.
        references: where reference values are cached.
        short: fewer variants and seeds.
        jobs: exercises at a time.
        page: where to write the table as Markdown; None writes none.
        stream: where to print.

    Raises:
        SandboxUnavailable: nothing can be run safely here.
    """
    effort = SHORT if short else FULL
    results: list[Findings] = []
    # Forking a process that holds a sandbox's threads and sockets would share them: spawn.
    with ProcessPoolExecutor(max(jobs, 1), mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(check_exercise, folder, references, effort) for folder in folders]
        for done, future in enumerate(as_completed(waiting), start=1):
            found = future.result()
            word = "sound" if not found.problems else f"{len(found.problems)} problem(s)"
            line = f"[{done}/{len(folders)}] {found.slug}: {word} ({found.seconds:.0f} s)"
            print(line, file=stream, flush=True)
            results.append(found)
    results.sort(key=lambda found: found.slug)
    text = table(results)
    print(f"\n{text}", file=stream)
    for found in results:
        for problem in found.problems:
            print(f"{found.slug}: {problem}", file=stream)
    if page is not None:
        page.write_text(report_page(results, effort), encoding="utf-8")
    return not any(found.problems for found in results)


def check_exercise(folder: Path, references: Path, effort: Effort) -> Findings:
    """Check one exercise with a sandbox of its own; every problem is noted, none ends the check."""
    from grader.sandbox import open_sandbox  # noqa: PLC0415 - Linux only; the rest needs it not

    found = Findings(folder.name)
    started = time.perf_counter()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        exercise = load_exercise(folder)
        store = ReferenceStore(references)
        _check_files(exercise, found)
        sandbox = open_sandbox()
        try:
            _check_notebooks(exercise, store, sandbox, effort, found)
            _check_samples(exercise, store, sandbox, found)
        finally:
            sandbox.close()
        _check_mistakes(exercise, store, effort, found)
        _check_honest(exercise, store, effort, found)
    except SandboxUnavailable:
        raise
    except GraderError as error:
        found.problems.append(str(error))
    found.seconds = time.perf_counter() - started
    return found


def _check_files(exercise: Exercise, found: Findings) -> None:
    """The notebooks are those of the Markdown, the values those of the lock, the mistakes known."""
    for file, text in exercise_notebooks(exercise.folder).items():
        same = file.is_file() and file.read_text(encoding="utf-8") == text
        place = file.relative_to(exercise.folder)
        found.need(same, f"{place} is not what its Markdown says: run `python -m grader notebooks`")
    found.problems += moved(exercise)
    prefix = "mistake_"
    written = {
        name.removeprefix(prefix) for name in vars(author_code(exercise)) if name.startswith(prefix)
    }
    declared = {each.id for each in exercise.misconceptions if not each.family}
    for name in sorted(written - declared):
        found.problems.append(
            f"reference.py has mistake_{name}, which exercise.yaml does not declare"
        )
    for name in sorted(declared - written):
        found.problems.append(f"misconception {name} has no mistake_{name} in reference.py")


def _check_notebooks(
    exercise: Exercise,
    store: ReferenceStore,
    sandbox: Sandbox,
    effort: Effort,
    found: Findings,
) -> None:
    """The starter runs and does not pass; the solution passes on fresh variants within limits."""
    starter = exercise.starter.read_bytes()
    report = grade_notebook(exercise, starter, sandbox=sandbox, references=store)
    found.need(report.verdict == Verdict.OK, f"starter.ipynb ends with {_ending(report)}")
    found.need(not report.passed, "starter.ipynb passes as it is")
    solution = exercise.folder / "solution.ipynb"
    if not solution.is_file():
        found.problems.append("solution.ipynb is missing")
        return
    secret = secrets.token_bytes(16)
    count = effort.variants if exercise.variants else 1
    variants = [
        hidden_variant(exercise, secret, index) if exercise.variants else visible_variant(exercise)
        for index in range(count)
    ]
    document = read_notebook(solution.read_bytes())
    place = find_parameters_cell(document, required=bool(exercise.parameters))
    names = tuple(output.name for output in exercise.outputs)
    cells = tuple(cell.source for cell in code_cells(document))
    for variant in variants:
        parameters = variant.parameters if place is not None else {}
        run = sandbox.run(Job(cells, names, parameters, place, exercise.limits, exercise.data))
        answers = RunAnswers(variant.id, variant.parameters, str(run.verdict), run.answers)
        marks = mark_answers(exercise, [answers], Clue(), references=store)
        full = marks.score == exercise.max_score and run.verdict is Verdict.OK
        found.need(full, f"the solution earns {marks.score:g} with {dict(variant.parameters)}")
        found.variants += full
        found.run_seconds = max(found.run_seconds, run.wall_seconds)
        found.peak_mib = max(found.peak_mib, run.peak_memory_bytes / MIB)
        found.mark_ms = max(found.mark_ms, 1000 * marks.mark_seconds)
    limits = exercise.limits
    found.need(
        found.run_seconds <= TIME_SHARE * limits.wall_seconds,
        f"the solution takes {found.run_seconds:.0f} s of {limits.wall_seconds:.0f} s",
    )
    found.need(
        found.peak_mib <= MEMORY_SHARE * limits.memory_bytes / MIB,
        f"the solution takes {found.peak_mib:.0f} MiB of {limits.memory_bytes // MIB} MiB",
    )


def _ending(report: GradeReport) -> str:
    error = report.error
    return f"{report.verdict}" + (f": {error.name}: {error.message}" if error else "")


def _check_samples(
    exercise: Exercise, store: ReferenceStore, sandbox: Sandbox, found: Findings
) -> None:
    folders = sorted(path.parent for path in exercise.folder.glob("samples/*/expected.yaml"))
    found.need(bool(folders), "there are no samples")
    for folder in folders:
        wrong = check_sample(exercise, folder, store, sandbox)
        found.samples += not wrong
        found.problems += [f"samples/{folder.name}: {problem}" for problem in wrong]


def check_sample(
    exercise: Exercise, folder: Path, store: ReferenceStore, sandbox: Sandbox
) -> list[str]:
    """Grade one sample; returns in which points the grade is not the expected one.

    Raises:
        ContentError: expected.yaml cannot be read, or holds an unknown key.
    """
    file = folder / "expected.yaml"
    expected, lines = read_yaml_tree(file)
    known = {"passed", "score", "misconception", "criteria", "messages", "verdict", "refused"}
    if not isinstance(expected, dict) or not set(expected) <= known:
        unknown = sorted(set(expected) - known) if isinstance(expected, dict) else []
        key = unknown[0] if unknown else ""
        raise ContentError("is no key of a sample", file=file, key=key, line=lines.get(key))
    try:
        report = grade_notebook(
            exercise,
            (folder / "submission.ipynb").read_bytes(),
            sandbox=sandbox,
            references=store,
            secret=SAMPLES_SECRET,
        )
    except NotebookRefused as refusal:
        wanted = expected.get("refused")
        return [] if wanted == refusal.reason else [f"refused ({refusal.reason})"]
    except OSError as error:
        return [f"submission.ipynb cannot be read ({error.strerror})"]
    return _differences(expected, report)


def _differences(expected: Mapping[str, Any], report: GradeReport) -> list[str]:
    results = {result.id: result for result in report.criteria}
    wrong: list[str] = []

    def same(what: str, wanted: Any, got: Any) -> None:
        if wanted != got:
            wrong.append(f"{what}: {wanted} expected, {got} found")

    if "refused" in expected:
        return [f"not refused ({expected['refused']} expected)"]
    same("verdict", expected.get("verdict", "ok"), str(report.verdict))
    if "passed" in expected:
        same("passed", expected["passed"], report.passed)
    if "score" in expected:
        wanted = expected["score"]
        low, high = wanted if isinstance(wanted, list) else (wanted, wanted)
        if not low <= report.score <= high:
            wrong.append(f"score: {wanted} expected, {report.score:g} found")
    if "misconception" in expected:
        named = report.misconception
        same("misconception", expected["misconception"] and sorted(expected["misconception"]),
             sorted(named.ids) if named else None)  # fmt: skip
    for key, value in expected.get("criteria", {}).items():
        same(f"criterion {key}", value, results[key].passed if key in results else None)
    for key, value in expected.get("messages", {}).items():
        same(f"message of {key}", value, results[key].message_id if key in results else None)
    return wrong


def _check_mistakes(
    exercise: Exercise, store: ReferenceStore, effort: Effort, found: Findings
) -> None:
    """Each declared mistake, computed with seeds that no reference used, is caught and named."""
    for misconception in exercise.misconceptions:
        found.mistakes += 1
        repeats = effort.repeats if exercise.seeds > 1 else 1
        named = 0
        for repeat in range(repeats):
            for outputs in fresh_mistakes(exercise, store, misconception, FRESH_SEED + repeat):
                marks = mark_simulated(exercise, store, outputs)
                if marks.score == exercise.max_score:
                    found.problems.append(f"misconception {misconception.id} is not caught")
                    continue
                found.tried += 1
                good = _named(marks, misconception, found)
                found.named_tries += good
                named += good
        found.named += named > 0
        if not named:
            found.problems.append(f"misconception {misconception.id} is caught, but never named")


def _named(marks: Marks, misconception: Misconception, found: Findings) -> bool:
    """Named on its own, or in a group that the author declared."""
    diagnosis = marks.misconception
    if diagnosis is None or diagnosis.certainty != "match":
        return False
    if len(diagnosis.ids) > 1:
        found.groups.add(diagnosis.ids)
    return misconception.id in diagnosis.ids


def fresh_mistakes(
    exercise: Exercise, store: ReferenceStore, misconception: Misconception, seed: int
) -> list[dict[str, NDArray[Any]]]:
    """The outputs under one mistake with a fresh seed: one set per form that the mistake takes."""
    variant = visible_variant(exercise)
    parameters = dict(variant.parameters)
    reference = store.get(exercise, variant, mistakes=True)
    honest = reference_arrays(exercise, "reference", parameters, seed, reference.labels)
    if not misconception.family:
        name = f"mistake_{misconception.id}"
        changed = reference_arrays(exercise, name, parameters, seed, reference.labels)
        return [{**honest, **changed}]
    output = exercise.output(misconception.output)
    companions = Companions(exercise, reference, output.name)
    samples = honest[output.name][None]
    candidates = family_candidates(misconception.family, samples, output, companions)
    true = honest[output.name]
    # A form that changes nothing here (values that were sorted all along) is no mistake.
    return [
        {**honest, output.name: candidate[0]}
        for candidate in candidates
        if not np.allclose(candidate[0], true, rtol=1e-9, atol=0)
    ]


def mark_simulated(
    exercise: Exercise,
    store: ReferenceStore,
    outputs: Mapping[str, NDArray[Any]],
    variant: Variant | None = None,
) -> Marks:
    """Mark computed outputs as if a visible run had left them behind."""
    variant = variant or visible_variant(exercise)
    reference = store.get(exercise, variant, mistakes=variant.id == VISIBLE)
    answers = {
        name: Answer(name, "ndarray", np.asarray(array), index=reference.labels.get(name))
        for name, array in outputs.items()
    }
    run = RunAnswers(variant.id, variant.parameters, "ok", answers)
    return mark_answers(exercise, [run], Clue(), references=store)


def _check_honest(
    exercise: Exercise, store: ReferenceStore, effort: Effort, found: Findings
) -> None:
    """Honest runs with fresh seeds are rejected no more often than promised."""
    if exercise.seeds == 1:
        return
    variant = visible_variant(exercise)
    labels = store.get(exercise, variant, mistakes=True).labels
    for seed in range(FRESH_SEED, FRESH_SEED + effort.honest):
        outputs = reference_arrays(exercise, "reference", dict(variant.parameters), seed, labels)
        marks = mark_simulated(exercise, store, outputs)
        found.honest += 1
        found.rejected += marks.score < exercise.max_score
    allowed = int(stats.binom.ppf(CONFIDENCE, found.honest, HONEST_REJECTION))
    found.need(
        found.rejected <= allowed,
        f"{found.rejected} of {found.honest} honest runs are rejected; at most {allowed} may be",
    )


COLUMNS = (
    "exercise", "sound", "variants", "samples", "mistakes named", "either/or", "honest rejected",
    "run s", "peak MiB", "mark ms", "check s",
)  # fmt: skip


def table(results: Sequence[Findings]) -> str:
    """The findings as a Markdown table."""
    rows = [
        (
            found.slug,
            "yes" if not found.problems else "no",
            str(found.variants),
            str(found.samples),
            f"{found.named}/{found.mistakes}",
            "; ".join(" or ".join(group) for group in sorted(found.groups)) or "-",
            f"{found.rejected}/{found.honest}" if found.honest else "deterministic",
            f"{found.run_seconds:.1f}",
            f"{found.peak_mib:.0f}",
            f"{found.mark_ms:.1f}",
            f"{found.seconds:.0f}",
        )
        for found in results
    ]
    widths = [max(len(row[i]) for row in (COLUMNS, *rows)) for i in range(len(COLUMNS))]

    def line(cells: Sequence[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return f"| {' | '.join(padded)} |"

    rule = f"|{'|'.join('-' * (width + 2) for width in widths)}|"
    return "\n".join([line(COLUMNS), rule, *(line(row) for row in rows)])


def report_page(results: Sequence[Findings], effort: Effort) -> str:
    """The table as a page, with what its columns mean and what is not sound."""
    problems = [f"- {found.slug}: {problem}" for found in results for problem in found.problems]
    legend = (
        "*variants*: fresh drawings of the parameters on which the solution earned every point "
        f"({effort.variants} where something is drawn). *samples*: notebooks that got exactly the "
        "expected grade. *mistakes named*: computed anew with seeds that no reference used, caught "
        "and named plainly. *either/or*: mistakes that the answer cannot tell apart. *honest "
        "rejected*: of so many honest runs with fresh seeds. *run s* and *peak MiB*: the solution "
        "in the sandbox, the worst of its runs."
    )
    lines = [
        "# The exercises, checked",
        "",
        "Written by `python -m grader check content/ --report <this file>`.",
        "",
        table(results),
        "",
        legend,
        "",
        *(problems or ["Every exercise is sound."]),
    ]
    return "\n".join(lines) + "\n"
