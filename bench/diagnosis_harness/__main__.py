"""Grade small edits of the solutions and count what the grading gets wrong.

    python -m bench.diagnosis_harness [content/] [--exercise SLUG ...] [--seeds 7 8]
        [--results FOLDER] [--references FOLDER] [--page FILE] [--verbose]

Each seed draws the parameters of the edits and the secret of the hidden variants. The results of
one exercise and seed are written to ``FOLDER/SLUG-SEED.json``; with `--page` the table over all
results in the folder that belong to the given seeds replaces the generated part of the page. No
notebook is confined: the cases are this repository's own.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

from bench.diagnosis_harness.case import Case, solution_cells
from bench.diagnosis_harness.drawing import drawn_cases
from bench.diagnosis_harness.forks import ForkSandbox
from bench.diagnosis_harness.judging import Judge
from bench.diagnosis_harness.table import by_exercise, is_wrong, table
from grader.__main__ import exercise_folders
from grader.exercise import load_exercise
from grader.reference import ReferenceStore

if TYPE_CHECKING:
    from bench.diagnosis_harness.judging import Result

NAMING = ("match", "resembles")
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"


def main() -> int:
    """Run the exercises asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("content", type=Path, nargs="?", default=Path("content"))
    parser.add_argument("--exercise", nargs="*", default=[])
    parser.add_argument("--seeds", type=int, nargs="+", default=[7])
    parser.add_argument("--results", type=Path, default=Path("var/diagnosis-harness"))
    parser.add_argument("--references", type=Path, default=Path("var/references"))
    parser.add_argument("--page", type=Path, help="Markdown page whose generated part is replaced")
    parser.add_argument(
        "--runs",
        type=Path,
        help="keep what the notebooks submitted, to grade it again without running",
    )
    parser.add_argument("--only-table", action="store_true", help="run nothing")
    parser.add_argument("--verbose", action="store_true", help="print every wrong statement")
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    folders = exercise_folders(options.content)
    chosen = [f for f in folders if not options.exercise or f.name in options.exercise]
    if not options.only_table:
        store = ReferenceStore(options.references)
        for folder in chosen:
            for seed in options.seeds:
                _run(folder, seed, store, options.results, options.runs)
    rows = [
        row
        for file in sorted(options.results.glob("*.json"))
        for row in json.loads(file.read_text(encoding="utf-8"))
        if row["seed"] in options.seeds and row["exercise"] in {f.name for f in chosen}
    ]
    if not rows:
        return 1
    text = f"{table(rows)}\n\n{by_exercise(rows)}\n"
    sys.stdout.write(text)
    if options.verbose:
        sys.stdout.write("\n".join(_details(rows)) + "\n")
    if options.page:
        _write(options.page, f"Seeds: {', '.join(map(str, options.seeds))}.\n\n{text}")
    return 0


def _run(folder: Path, seed: int, store: ReferenceStore, results: Path, runs: Path | None) -> None:
    started = time.perf_counter()
    exercise, cells = load_exercise(folder), solution_cells(folder)
    kept = runs / f"{exercise.slug}-{seed}.pickle" if runs else None
    sandbox = ForkSandbox(kept)
    solution = Case("the solution itself", "correct").notebook(cells)
    judge = Judge(exercise, sandbox, store, seed, solution)
    cases = [
        (case, case.notebook(cells), variant)
        for case in drawn_cases(exercise, seed)
        for variant in judge.variants(case)
    ]
    sandbox.prepare([job for _, text, variant in cases for job in judge.jobs(text, variant)])
    found: list[Result] = [judge.judge(*case) for case in cases]
    file = results / f"{exercise.slug}-{seed}.json"
    file.write_text(json.dumps([result.as_json() for result in found]), encoding="utf-8")
    seconds = time.perf_counter() - started
    sys.stderr.write(f"{exercise.slug}, seed {seed}: {len(found)} cases, {seconds:.0f} s\n")


def _details(rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        ids = " or ".join(row["ids"])
        what = f"{row['exercise']}/{row['seed']}: {row['case']}"
        what += f" (hidden variant {row['variant']})" if row["variant"] else ""
        if row["kind"] == "correct" and not row["full"]:
            lines.append(f"failed    {what} ({row['score']:g}, {row['verdict']})")
        elif is_wrong(row) and row["passed"]:
            lines.append(f"passed    {what} ({row['score']:g})")
        if is_wrong(row) and row["said"] in NAMING and not row["right"]:
            lines.append(f"{row['said']:9} {what} called {ids}")
        if is_wrong(row) and row["left_out_said"] in NAMING and not row["left_out_right"]:
            left = " or ".join(row["left_out_ids"])
            lines.append(f"left out: {row['left_out_said']:9} {what} called {left}")
        plain = row["said"] == "match" and row["right"]
        if is_wrong(row) and row["holds"] and row["kind"] == "redrawn" and not plain:
            lines.append(f"unnamed   {what} ({row['said']} {ids})")
        if row["verdict"] != "ok":
            lines.append(f"{row['verdict']} {what}")
    return lines


def _write(page: Path, text: str) -> None:
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
