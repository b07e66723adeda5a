"""The program that runs lessons' code blocks in the sandbox environment.

Reads {"lessons": [{"id", "data", "blocks": [code, ...], "trials": [code, ...]}]} as JSON; `data` is
the folder of the data sets, which the code sees as data/, or nothing. Answers {"lessons": [{"id",
"outputs", "error", "warnings", "cpu_seconds", "trials": [{"printed", "error"}]}]}.
The heavy libraries are imported once; each lesson then runs in a fork of its own, its blocks
sharing one namespace, in an empty folder. The trials run after the blocks, each with the names that
these have left and none of another trial.
"""

import contextlib
import importlib
import io
import json
import multiprocessing
import os
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

WARM_IMPORTS = (
    "numpy",
    "pandas",
    "matplotlib.pyplot",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.datasets",
    "sklearn.inspection",
)
# Not for the reader of a lesson: these speak to the authors of libraries.
_NOT_FOR_READERS = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, ImportWarning)


def run_lesson(lesson: dict[str, Any]) -> dict[str, Any]:
    """Run one lesson's blocks, top to bottom; stop at the first that fails."""
    names: dict[str, Any] = {"__name__": "__main__"}
    outputs: list[str] = []
    error = None
    started_seconds = time.process_time()
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings(record=True) as caught:
        os.chdir(scratch)
        if lesson["data"]:
            Path("data").symlink_to(lesson["data"], target_is_directory=True)
        warnings.simplefilter("default")
        for kind in _NOT_FOR_READERS:
            warnings.simplefilter("ignore", kind)
        for number, code in enumerate(lesson["blocks"], start=1):
            printed = io.StringIO()
            try:
                program = compile(code, f"block {number}", "exec")
                with contextlib.redirect_stdout(printed):
                    exec(program, names)  # noqa: S102  the site's own lesson code, nobody else's
            except Exception:  # noqa: BLE001  whatever the lesson's code raises is what is reported
                error = traceback.format_exc(limit=-2)
                break
            finally:
                outputs.append(printed.getvalue())
        tried = [run_trial(code, names) for code in lesson["trials"]] if error is None else []
        os.chdir("/")
    return {
        "id": lesson["id"],
        "outputs": outputs,
        "error": error,
        "warnings": [f"{warning.category.__name__}: {warning.message}" for warning in caught],
        "cpu_seconds": time.process_time() - started_seconds,
        "trials": tried,
    }


def run_trial(code: str, names: dict[str, Any]) -> dict[str, str]:
    """Run code with the names of the blocks, which it cannot bind anew."""
    printed = io.StringIO()
    try:
        program = compile(code, "trial", "exec")
        with contextlib.redirect_stdout(printed):
            exec(program, dict(names))  # noqa: S102  the site's own lesson code, nobody else's
    except Exception:  # noqa: BLE001  whatever the lesson's code raises is what is reported
        return {"printed": printed.getvalue(), "error": traceback.format_exc(limit=-2)}
    return {"printed": printed.getvalue(), "error": ""}


def main() -> None:
    """Answer one request."""
    lessons = json.load(sys.stdin)["lessons"]
    if len(lessons) > 1:
        for name in WARM_IMPORTS:
            importlib.import_module(name)
    with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
        answers = list(pool.imap(run_lesson, lessons, chunksize=1))
    json.dump({"lessons": answers}, sys.stdout)


if __name__ == "__main__":
    main()
