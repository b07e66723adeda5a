"""The learners' Python: the paths of its interpreter, library and packages on the host."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SandboxUnavailable

ENVIRONMENT_VARIABLE = "WHYBOX_SANDBOX_PYTHON"
MODELS_VARIABLE = "WHYBOX_MODELS"
LIBRARY = Path(__file__).resolve().parents[1] / "models" / "whybox_models"
"""The teaching library for real networks, which notebooks import by its own name."""
_QUESTION = (
    "import json, site, sys, sysconfig; print(json.dumps([sys._base_executable, sys.base_prefix,"
    " sysconfig.get_path('stdlib'), sysconfig.get_path('purelib'),"
    " site.getsitepackages([sys.base_prefix])]))"
)


@dataclass(frozen=True)
class Environment:
    """One pinned set of packages and its interpreter.

    Attributes:
        interpreter: the real binary, symbolic links resolved.
        library: the interpreter's ``lib`` folder, which holds its standard library.
        packages: the environment's ``site-packages``.
        foreign: the interpreter's own package folders, which are not part of the environment.
    """

    interpreter: Path
    library: Path
    packages: Path
    foreign: tuple[Path, ...]

    def fingerprint(self) -> str:
        """Return a digest that changes when a package or the runner itself changes."""
        runner = Path(__file__).parent / "inside"
        own = [*runner.glob("*.py"), *LIBRARY.glob("*.py")]
        parts = [self.interpreter, *self.packages.glob("*.dist-info"), *own]
        facts = sorted(f"{part}:{part.stat().st_mtime_ns}" for part in parts)
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def models_folder() -> Path | None:
    """Return the folder of the real networks' weights, made if missing; None if it cannot be.

    The folder itself is mounted, so that a model which is fetched later appears in it.
    """
    named = os.environ.get(MODELS_VARIABLE)
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "var" / "models"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder


def default_python() -> Path:
    """Return the interpreter named by the setting, or the one in the checkout."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return Path(named)
    return Path(__file__).resolve().parents[2] / ".venv-sandbox" / "bin" / "python"


def discover(python: Path) -> Environment:
    """Return the paths of `python` as it reports them.

    Raises:
        SandboxUnavailable: there is no such interpreter, or it fails.
    """
    fix = f"run `make run` once, or set {ENVIRONMENT_VARIABLE} to the learners' interpreter"
    try:
        answer = subprocess.run(
            [python, "-I", "-c", _QUESTION], capture_output=True, check=True, timeout=60
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxUnavailable(f"{python} does not run: {error}.", fix=fix) from error
    executable, base, library, packages, foreign = json.loads(answer)
    return Environment(
        interpreter=Path(executable).resolve(),
        library=Path(library).resolve().parent if Path(base) != Path("/usr") else Path("/usr/lib"),
        packages=Path(packages),
        foreign=tuple(Path(folder) for folder in foreign if Path(folder).is_dir()),
    )
