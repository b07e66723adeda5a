"""The author's gate: proves every exercise sound, in parallel, and prints a table.

Nothing here marks by other rules than `grader.grading` does; it only brings the answers: notebooks
run in the sandbox, and answers computed by the author's own code with fresh seeds.
"""

from __future__ import annotations

import ast
import contextlib
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from multiprocessing import get_context
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.authoring import exercise_notebooks
from grader.criteria import Setting, judge
from grader.errors import GraderError, SandboxUnavailable
from grader.exercise import load_exercise
from grader.explanation import Clue, RunAnswers
from grader.findings import Findings, Power, report_page, table
from grader.forms import honest_forms
from grader.grading import grade_notebook, mark_answers
from grader.lock import moved
from grader.misconceptions.families import Companions, family_candidates
from grader.notebook import code_cells, find_parameters_cell, read_notebook
from grader.reference import ReferenceStore, Replicates, author_code, reference_arrays
from grader.samples import SAMPLES_SECRET, check_sample
from grader.sandbox.job import MIB, Answer, Job, Verdict
from grader.variants import VISIBLE, Variant, hidden_variant, visible_variant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import TextIO

    from numpy.typing import NDArray

    from grader.exercise import Exercise, Misconception
    from grader.grading import Marks
    from grader.reference import Reference
    from grader.report import GradeReport
    from grader.sandbox.job import Run, Sandbox

FRESH_SEED = 10_000
"""Seeds from here on are never used for a reference."""
TIME_SHARE = 0.5
MEMORY_SHARE = 0.8
"""How much of its limits the solution may use: learners' machines and detours need the rest."""
DRAWINGS_PER_VARIANT = 5
"""Where few drawings are possible, so many more are tried before fewer variants must do."""


@dataclass(frozen=True)
class Effort:
    """How much is tried.

    Attributes:
        variants: drawings of the parameters for the solution.
        honest: fresh seeds for honest answers.
        repeats: fresh seeds for each mistake.
        hidden_samples: run every sample with hidden parameters too, not only where the visible run
            does not get the expected grade already.
    """

    variants: int
    honest: int
    repeats: int
    hidden_samples: bool = True


FULL = Effort(variants=20, honest=200, repeats=5)
SHORT = Effort(variants=1, honest=20, repeats=1, hidden_samples=False)


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
    form = "short form" if short else "whole form, minutes for those that vary with a seed"
    print(
        f"Checking {len(folders)} exercise(s), {jobs} at a time ({form})", file=stream, flush=True
    )
    started = time.perf_counter()
    # Forking a process that holds a sandbox's threads and sockets would share them: spawn.
    with ProcessPoolExecutor(max(jobs, 1), mp_context=get_context("spawn")) as pool:
        longest_first = sorted(folders, key=_seeds, reverse=True)
        waiting = [pool.submit(_checked, folder, references, effort) for folder in longest_first]
        for done, future in enumerate(as_completed(waiting), start=1):
            found = future.result()
            word = "sound" if not found.problems else f"{len(found.problems)} problem(s)"
            line = f"[{done}/{len(folders)}] {found.slug}: {word} ({found.seconds:.0f} s)"
            print(line, file=stream, flush=True)
            results.append(found)
    results.sort(key=lambda found: found.slug)
    print(f"\n{table(results)}", file=stream)
    for found in results:
        for problem in found.problems:
            print(f"{found.slug}: {problem}", file=stream)
    if page is not None:
        seconds = time.perf_counter() - started
        how = (
            f"{jobs} exercises at a time on {os.cpu_count()} cores, {seconds / 60:.0f} minutes, "
            f"load {os.getloadavg()[2]:.1f} in the last quarter of an hour"
        )
        page.write_text(report_page(results, how), encoding="utf-8")
    return not any(found.problems for found in results)


def _seeds(folder: Path) -> int:
    """How many seeds a reference takes; what does not load is soon done with."""
    try:
        return load_exercise(folder).seeds
    except GraderError:
        return 0


def _checked(folder: Path, references: Path, effort: Effort) -> Findings:
    """Check one exercise in a process of the pool."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return check_exercise(folder, references, effort, _own_sandbox())


@cache
def _own_sandbox() -> Sandbox:
    """One sandbox for all exercises that a process checks: it takes seconds to warm up."""
    from grader.sandbox import open_sandbox  # noqa: PLC0415 - Linux only; the rest needs it not

    sandbox = open_sandbox()
    # Processes of a pool end without `atexit`.
    Finalize(sandbox, sandbox.close, exitpriority=0)
    return sandbox


def check_exercise(folder: Path, references: Path, effort: Effort, sandbox: Sandbox) -> Findings:
    """Check one exercise; every problem is noted, none ends the check."""
    found = Findings(folder.name)
    started = time.perf_counter()
    try:
        exercise = load_exercise(folder)
        store = ReferenceStore(references)
        _check_files(exercise, found)
        variants = fresh_variants(exercise, effort.variants)
        _check_starter(exercise, store, sandbox, found)
        _check_solution(exercise, store, sandbox, variants, found)
        _check_samples(exercise, store, sandbox, effort, found)
        _check_mistakes(exercise, store, effort.repeats, found)
        if exercise.seeds > 1:
            found.runs = exercise.runs
            _check_honest(exercise, store, effort.honest, found)
            for variant in (visible_variant(exercise), *variants):
                _check_left_out(exercise, store, variant, found)
            allowed = found.rejections_allowed
            problem = f"{found.rejected} of {found.honest} honest runs fail; {allowed} may"
            found.need(found.rejected <= allowed, problem)
    except SandboxUnavailable:
        raise
    except GraderError as error:
        found.problems.append(str(error))
    found.seconds = time.perf_counter() - started
    return found


def fresh_variants(exercise: Exercise, count: int) -> tuple[Variant, ...]:
    """Up to `count` different drawings of the parameters; fewer where fewer can be told apart.

    They follow from what the reference depends on: unchanged content is always checked alike, and
    any change of it draws anew.
    """
    found = {visible_variant(exercise).key: visible_variant(exercise)}
    if exercise.variants:
        secret = exercise.reference_hash.encode()
        for index in range(DRAWINGS_PER_VARIANT * count):
            variant = hidden_variant(exercise, secret, index)
            found.setdefault(variant.key, variant)
            if len(found) > count:
                break
    return tuple(found.values())[1:]


def _check_files(exercise: Exercise, found: Findings) -> None:
    """The notebooks are those of the Markdown, the values those of the lock, the mistakes known."""
    for file, text in exercise_notebooks(exercise.folder).items():
        same = file.is_file() and file.read_text(encoding="utf-8") == text
        place = file.relative_to(exercise.folder)
        found.need(same, f"{place} is not what its Markdown says: run `python -m grader notebooks`")
    found.problems += moved(exercise)
    document = read_notebook(exercise.starter.read_bytes())
    cell = find_parameters_cell(document, required=bool(exercise.parameters))
    written = {} if cell is None else _literals(code_cells(document)[cell].source)
    for name, value in exercise.visible_parameters.items():
        same = name in written and written[name] == value
        found.need(same, f"the starter's parameters cell does not set {name} = {value!r}")
    prefix = "mistake_"
    mistakes = {
        name.removeprefix(prefix) for name in vars(author_code(exercise)) if name.startswith(prefix)
    }
    declared = {each.id for each in exercise.misconceptions if not each.family}
    for name in sorted(mistakes - declared):
        found.problems.append(
            f"reference.py has mistake_{name}, which exercise.yaml does not declare"
        )
    for name in sorted(declared - mistakes):
        found.problems.append(f"misconception {name} has no mistake_{name} in reference.py")


def _literals(code: str) -> dict[str, Any]:
    """The names that a cell sets to written-down values."""
    found: dict[str, Any] = {}
    for node in ast.parse(code).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            with contextlib.suppress(ValueError):
                found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


def _check_starter(
    exercise: Exercise, store: ReferenceStore, sandbox: Sandbox, found: Findings
) -> None:
    """The starter runs as it is, and does not pass."""
    starter = exercise.starter.read_bytes()
    report = grade_notebook(exercise, starter, sandbox=sandbox, references=store)
    found.need(report.verdict == Verdict.OK, f"starter.ipynb ends with {_ending(report)}")
    found.need(not report.passed, "starter.ipynb passes as it is")


def _ending(report: GradeReport) -> str:
    error = report.error
    return f"{report.verdict}" + (f": {error.name}: {error.message}" if error else "")


def _check_solution(
    exercise: Exercise,
    store: ReferenceStore,
    sandbox: Sandbox,
    variants: Sequence[Variant],
    found: Findings,
) -> None:
    """The solution earns every point on all variants and in all honest forms, within limits.

    Without one of its answers it does not, nor do the visible answers under other parameters.
    """
    solution = exercise.folder / "solution.ipynb"
    if not solution.is_file():
        found.problems.append("solution.ipynb is missing")
        return
    visible = visible_variant(exercise)
    labels = store.get(exercise, visible, mistakes=True).labels
    run = _run(exercise, solution, sandbox, visible)
    answers = _answers(visible, run)
    whole = _marked(exercise, [answers], store, found)
    found.need(_full(exercise, whole, run), f"the solution earns {whole.score:g} as it stands")
    runs = [run]
    for variant in variants:
        store.get(exercise, variant)
        run = _run(exercise, solution, sandbox, variant)
        marks = _marked(exercise, [answers, _answers(variant, run)], store, found)
        full = _full(exercise, marks, run)
        found.need(full, f"the solution earns {marks.score:g} with {dict(variant.parameters)}")
        found.variants += full
        runs.append(run)
        pasted = replace(answers, variant=variant.id, parameters=variant.parameters)
        passes = _marked(exercise, [answers, pasted], store, found).passed
        found.need(not passes, f"the visible answers pass with {dict(variant.parameters)}")
    for output in exercise.outputs:
        rest = {name: each for name, each in answers.answers.items() if name != output.name}
        marks = _marked(exercise, [replace(answers, answers=rest)], store, found)
        found.need(marks.score < whole.score, f"nothing is lost without {output.name}")
    for form, cell in honest_forms(exercise, labels).items():
        run = _run(exercise, solution, sandbox, visible, cell)
        marks = _marked(exercise, [_answers(visible, run)], store, found)
        lost = [result.title for result in marks.criteria if not result.passed]
        full = _full(exercise, marks, run)
        found.need(full, f"the solution's answers {form} lose points: {', '.join(lost)}")
        found.forms += full
    limits = exercise.limits
    found.run_seconds = max(run.wall_seconds for run in runs)
    found.peak_mib = max(run.peak_memory_bytes for run in runs) / MIB
    found.need(
        found.run_seconds <= TIME_SHARE * limits.wall_seconds,
        f"the solution takes {found.run_seconds:.0f} s of {limits.wall_seconds:.0f} s",
    )
    found.need(
        found.peak_mib <= MEMORY_SHARE * limits.memory_bytes / MIB,
        f"the solution takes {found.peak_mib:.0f} MiB of {limits.memory_bytes // MIB} MiB",
    )


def _run(
    exercise: Exercise, notebook: Path, sandbox: Sandbox, variant: Variant, last_cell: str = ""
) -> Run:
    document = read_notebook(notebook.read_bytes())
    place = find_parameters_cell(document, required=bool(exercise.parameters))
    cells = [cell.source for cell in code_cells(document)] + ([last_cell] if last_cell else [])
    names = tuple(output.name for output in exercise.outputs)
    parameters = variant.parameters if place is not None else {}
    return sandbox.run(Job(tuple(cells), names, parameters, place, exercise.limits, exercise.data))


def _answers(variant: Variant, run: Run) -> RunAnswers:
    return RunAnswers(variant.id, variant.parameters, str(run.verdict), run.answers)


def _marked(
    exercise: Exercise, runs: Sequence[RunAnswers], store: ReferenceStore, found: Findings
) -> Marks:
    with _timed(found):
        return mark_answers(exercise, runs, Clue(), references=store)


@contextlib.contextmanager
def _timed(found: Findings) -> Iterator[None]:
    """Note the processor time of one marking: the clock would count what else the machine does."""
    started = time.process_time()
    yield
    found.mark_ms.append(1000 * (time.process_time() - started))


def _full(exercise: Exercise, marks: Marks, run: Run) -> bool:
    return marks.score == exercise.max_score and run.verdict is Verdict.OK


def _check_samples(
    exercise: Exercise, store: ReferenceStore, sandbox: Sandbox, effort: Effort, found: Findings
) -> None:
    folders = sorted(path.parent for path in exercise.folder.glob("samples/*/expected.yaml"))
    found.need(bool(folders), "there are no samples")
    for folder in folders:
        for secret in (SAMPLES_SECRET,) if effort.hidden_samples else (None, SAMPLES_SECRET):
            wrong = check_sample(exercise, folder, store, sandbox, secret)
            if not wrong:
                break
        found.samples += not wrong
        found.problems += [f"samples/{folder.name}: {problem}" for problem in wrong]


def _check_mistakes(
    exercise: Exercise, store: ReferenceStore, repeats: int, found: Findings
) -> None:
    """Each declared mistake, computed with seeds that no reference used, is caught and named."""
    found.power = {misconception.id: Power() for misconception in exercise.misconceptions}
    taken: dict[tuple[str, str], None] = {}
    for seed in range(FRESH_SEED, FRESH_SEED + (repeats if exercise.seeds > 1 else 1)):
        for misconception, outputs in fresh_mistakes(exercise, store, seed):
            power = found.power[misconception.id]
            with _timed(found):
                marks = mark_simulated(exercise, store, outputs)
            power.tried += 1
            power.caught += marks.score < exercise.max_score
            diagnosis = marks.misconception
            if diagnosis is None:
                continue
            if diagnosis.certainty != "match":
                power.hedged += misconception.id in diagnosis.ids
                continue
            if misconception.id in diagnosis.ids:
                power.named += 1
                if len(diagnosis.ids) > 1:
                    found.groups.add(diagnosis.ids)
            else:
                taken[misconception.id, " or ".join(diagnosis.ids)] = None
    for name, power in found.power.items():
        of = f"of {power.tried} times"
        found.need(power.tried > 0, f"misconception {name} changes nothing here")
        found.need(
            power.caught == power.tried, f"misconception {name} is caught {power.caught} {of}"
        )
        # What only scatters more than it should is told from noise of any size with a reserve.
        named = power.named + (power.hedged if exercise.seeds > 1 else 0)
        often = 2 * named > power.tried or not power.tried
        found.need(often, f"misconception {name} is named {named} {of}")
    found.problems += [f"misconception {name} is taken for {other}" for name, other in taken]
    _check_groups(exercise, found)


def _check_groups(exercise: Exercise, found: Findings) -> None:
    """What cannot be told apart is what the author declared so."""
    declared = {
        frozenset((each.id, other)) for each in exercise.misconceptions for other in each.resembles
    }
    seen = {frozenset(pair) for group in found.groups for pair in combinations(group, 2)}
    for pair in sorted(map(sorted, seen - declared)):
        words = " and ".join(pair)
        found.problems.append(f"no answer tells {words} apart, which `resembles` does not declare")
    # Where answers vary, a pair may be told apart by one answer and not by the next.
    for pair in sorted(map(sorted, declared - seen)) if exercise.seeds == 1 else ():
        words = " and ".join(pair)
        found.problems.append(f"{words} are told apart, though `resembles` says otherwise")


def fresh_mistakes(
    exercise: Exercise, store: ReferenceStore, seed: int
) -> Iterator[tuple[Misconception, dict[str, NDArray[Any]]]]:
    """The outputs under each mistake with a fresh seed, in each form that the mistake takes."""
    variant = visible_variant(exercise)
    parameters = dict(variant.parameters)
    reference = store.get(exercise, variant, mistakes=True)
    honest = reference_arrays(exercise, "reference", parameters, seed, reference.labels)
    for misconception in exercise.misconceptions:
        if not misconception.family:
            name = f"mistake_{misconception.id}"
            changed = reference_arrays(exercise, name, parameters, seed, reference.labels)
            yield misconception, {**honest, **changed}
            continue
        output = exercise.output(misconception.output)
        companions = Companions(exercise, reference, output.name)
        true = honest[output.name]
        for form in family_candidates(misconception.family, true[None], output, companions):
            # A form that changes nothing here (values that were sorted all along) is no mistake.
            if not np.allclose(form[0], true, rtol=1e-9, atol=0):
                yield misconception, {**honest, output.name: form[0]}


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


def _check_honest(exercise: Exercise, store: ReferenceStore, count: int, found: Findings) -> None:
    """Judge honest answers with fresh seeds by the visible reference."""
    variant = visible_variant(exercise)
    reference = store.get(exercise, variant, mistakes=True)
    for seed in range(FRESH_SEED, FRESH_SEED + count):
        parameters = dict(variant.parameters)
        answers = reference_arrays(exercise, "reference", parameters, seed, reference.labels)
        _judge_honest(exercise, variant, reference, answers, found)


def _check_left_out(
    exercise: Exercise, store: ReferenceStore, variant: Variant, found: Findings
) -> None:
    """Judge each seed of a reference by its others, to which it is as fresh as any."""
    reference = store.get(exercise, variant, mistakes=variant.id == VISIBLE)
    samples = {name: replicates.samples for name, replicates in reference.outputs.items()}
    for seed in range(exercise.seeds):
        outputs = {name: Replicates(np.delete(each, seed, 0)) for name, each in samples.items()}
        others = replace(reference, outputs=outputs)
        answers = {name: np.asarray(each[seed]) for name, each in samples.items()}
        _judge_honest(exercise, variant, others, answers, found)


def _judge_honest(
    exercise: Exercise,
    variant: Variant,
    reference: Reference,
    answers: Mapping[str, NDArray[Any]],
    found: Findings,
) -> None:
    setting = Setting(exercise, variant.parameters, reference, answers)
    found.honest += 1
    found.rejected += not all(judge(each, setting).passed for each in exercise.criteria)
