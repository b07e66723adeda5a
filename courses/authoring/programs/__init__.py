"""The environment in which lessons' figures and code are run: the one that learners get.

The builders in this package import nothing heavy. They hand a JSON document to a small program
that the sandbox environment's Python runs, and read a JSON document back. The material is the
site's own, reviewed like code, so no sandbox is needed here; learners' notebooks never come here.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

REPOSITORY: Final = Path(__file__).resolve().parents[3]
PROGRAMS: Final = Path(__file__).resolve().parent
LIBRARIES: Final = REPOSITORY / "grader" / "models"
"""Where `whybox_models` lies, which the code of lessons imports as a learner's notebook does."""


class WorkbenchError(Exception):
    """The environment is missing, or a program in it ended without an answer."""


def workbench_python() -> Path:
    """Return the Python of the sandbox environment.

    Raises:
        WorkbenchError: there is none.
    """
    default = REPOSITORY / ".venv-sandbox" / "bin" / "python"
    python = Path(os.environ.get("WHYBOX_SANDBOX_PYTHON") or default)
    if not python.exists():
        raise WorkbenchError(
            f"{python}: no Python there. `make run` makes the sandbox environment; "
            "WHYBOX_SANDBOX_PYTHON names another one."
        )
    return python


def models_environment() -> dict[str, str]:
    """Return the variables by which code finds the library of real networks and their weights."""
    return {
        "PYTHONPATH": str(LIBRARIES),
        "WHYBOX_MODELS": os.environ.get("WHYBOX_MODELS") or str(REPOSITORY / "var" / "models"),
    }


def run_program(
    name: str, request: dict[str, Any], *, wall_seconds: float, folder: Path | None = None
) -> Any:
    """Run a program of this package in the sandbox environment and return its answer.

    Args:
        name: the program's file name.
        request: what it reads as JSON on its standard input.
        wall_seconds: after this it is stopped.
        folder: where it runs; None for this process's own folder.

    Raises:
        WorkbenchError: it took too long, failed, or answered with something else than JSON.
    """
    environment = {
        **os.environ,
        **models_environment(),
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }
    try:
        ended = subprocess.run(
            [str(workbench_python()), str(PROGRAMS / name)],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=wall_seconds,
            check=False,
            env=environment,
            cwd=folder,
        )
    except subprocess.TimeoutExpired as error:
        raise WorkbenchError(f"{name}: stopped after {wall_seconds:g} seconds.") from error
    if ended.returncode != 0:
        raise WorkbenchError(f"{name} ended with {ended.returncode}:\n{ended.stderr.strip()}")
    try:
        return json.loads(ended.stdout)
    except ValueError as error:
        raise WorkbenchError(f"{name} answered with no JSON:\n{ended.stdout[:400]}") from error
