"""The child's program: imports what grading needs, then serves one job after another."""

from __future__ import annotations

import json
import pickle
import signal
import socket
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import lime.lime_tabular  # noqa: F401 - warm: what reference.py files import
import shap  # noqa: F401 - the same

import grader.explainers.tabular_lime
import grader.explainers.trees  # noqa: F401 - the same
from grader.errors import GraderError, NotebookRefused, SandboxUnavailable
from grader.grading import grade_notebook, regrade
from grader.grading_process import limits, messages
from grader.grading_process.lent_sandbox import LentSandbox
from grader.grading_process.lent_shelf import LentShelf
from grader.grading_process.rehearsal import Rehearsals
from grader.notebook_page import render_notebook
from grader.other_variants import find_matches
from grader.reference import ReferenceStore
from grader.report import GradeReport, Timings
from grader.sandbox.job import Verdict
from grader.variants import choose_hidden, visible_variant

if TYPE_CHECKING:
    from grader.exercise import ExerciseDefinition
    from grader.report import VariantMatch
    from grader.sandbox.job import Event


PLACES: Final = 6
"""Lines of a traceback that are logged of an unforeseen error."""


class Child:
    """Serves the jobs of one caller, one at a time."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._stores: dict[str, ReferenceStore] = {}
        self._rehearsals = Rehearsals()

    def serve(self) -> None:
        """Serve until the caller closes the line."""
        messages.send(self._line, {"kind": messages.READY})
        while True:
            try:
                job, files = messages.receive(self._line)
            except messages.ChildError:
                return
            notebook, definition = (
                messages.read_file(number, most=64 * messages.MIB) for number in files
            )
            messages.close(files)
            try:
                self._grade(job, notebook, definition)
            except OSError:
                return  # the caller is gone, and with it whoever wants the grade

    def _grade(self, job: dict[str, Any], notebook: bytes, definition: bytes) -> None:
        try:
            report = self._report(job, notebook, definition)
        except NotebookRefused as refusal:
            self._refuse("NotebookRefused", str(refusal), refusal.reason)
        except SandboxUnavailable as fault:
            self._refuse("SandboxUnavailable", fault.reason, fault.fix)
        except GraderError as error:
            self._refuse(type(error).__name__, str(error), "")
        except Exception as error:  # noqa: BLE001 - the caller logs it; unknown means platform
            # Where, not what: the words of an unforeseen error may quote the learner.
            self._refuse(type(error).__name__, _places(error), "")
        else:
            self._log(f"graded in {report.timings.mark_seconds:.2f} s")
            executed = report.executed or ""
            if len(executed.encode()) > messages.EXECUTED_BYTES:
                executed = ""
            files = [json.dumps(report.as_json()).encode(), executed.encode(), report.answers]
            messages.send(self._line, {"kind": messages.GRADED}, files)
            limits.limit_cpu(limits.PAGE_CPU_SECONDS)
            page = render_notebook(json.loads(executed)) if executed else ""
            matches = [asdict(match) for match in self._matches(job, definition, report.answers)]
            facts = {"kind": messages.PAGE, "matches": matches}
            messages.send(self._line, facts, [page.encode()])

    def _matches(
        self, job: dict[str, Any], definition: bytes, answers: bytes
    ) -> tuple[VariantMatch, ...]:
        """Compare with other variants; whatever fails here costs no grade and no page."""
        if job["secret"] is None or not answers:
            return ()
        try:
            return find_matches(
                pickle.loads(definition),  # noqa: S301 - from the caller, never from a learner
                answers,
                references=self._stores[job["references"]],
                secret=bytes.fromhex(job["secret"]),
            )
        except Exception:  # noqa: BLE001 - nobody waits for this
            return ()

    def _report(self, job: dict[str, Any], notebook: bytes, definition: bytes) -> GradeReport:
        exercise = pickle.loads(definition)  # noqa: S301 - from the caller, never from a learner
        secret = None if job["secret"] is None else bytes.fromhex(job["secret"])
        store = self._store(Path(job["references"]), shared=job["shared"])
        limits.limit_cpu(limits.REFERENCE_CPU_SECONDS)
        if job["kind"] == messages.REGRADE:
            return _regraded(exercise, notebook, store, job["attempt"])
        variants = [visible_variant(exercise)]
        self._log(f"grading {exercise.slug}, attempt {job['attempt']}")
        store.get(exercise, variants[0], misconceptions=True)
        hidden = None if secret is None else choose_hidden(exercise, secret, job["attempt"])
        if hidden is not None:
            store.get(exercise, hidden)
            variants.append(hidden)
        limits.limit_cpu(limits.GRADING_CPU_SECONDS)
        self._rehearsals.start(exercise, variants, store)
        return grade_notebook(
            exercise,
            notebook,
            sandbox=LentSandbox(self._line),
            references=store,
            secret=secret,
            attempt=job["attempt"],
            on_event=self._tell,
        )

    def _store(self, folder: Path, *, shared: bool) -> ReferenceStore:
        shelf = LentShelf(self._line) if shared else None
        return self._stores.setdefault(str(folder), ReferenceStore(folder, shelf=shelf))

    def _tell(self, event: Event) -> None:
        facts = {"kind": messages.EVENT, "event": event.kind}
        messages.send(self._line, facts | {"cell": event.cell, "cells": event.cells})

    def _log(self, text: str) -> None:
        messages.send(self._line, {"kind": messages.LOG, "text": text})

    def _refuse(self, kind: str, text: str, fix: str) -> None:
        facts = {"kind": messages.REFUSED, "error": kind, "text": text[:2000], "fix": fix[:2000]}
        messages.send(self._line, facts)


def _places(error: BaseException) -> str:
    """Return the last lines of the program that an error came through, without its words."""
    frames = traceback.extract_tb(error.__traceback__)[-PLACES:]
    return "at " + ", ".join(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames
    )


def _regraded(
    exercise: ExerciseDefinition, answers: bytes, store: ReferenceStore, attempt: int
) -> GradeReport:
    """Return the marks of stored answers in the shape of a report; nothing was run."""
    marks = regrade(exercise, answers, references=store, attempt=attempt)
    return GradeReport(
        verdict=Verdict.OK,
        score=marks.score,
        max_score=exercise.max_score,
        passed=marks.passed,
        criteria=marks.criteria,
        misconception=marks.misconception,
        timings=Timings(mark_seconds=marks.mark_seconds),
        plot=marks.plot,
    )


def main() -> None:
    """Serve the line whose descriptor is the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the caller, which closes the line
    line = socket.socket(fileno=int(sys.argv[1]))
    limits.limit_memory()
    Child(line).serve()


if __name__ == "__main__":
    main()
