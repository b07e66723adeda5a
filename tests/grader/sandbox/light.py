"""A learners' environment of only IPython and NumPy: real, and booted within a second."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

FULL = Path(__file__).resolve().parents[3] / ".venv-sandbox"
PACKAGES = (
    "IPython",
    "asttokens",
    "executing",
    "ipython_pygments_lexers.py",
    "matplotlib_inline",
    "numpy",
    "numpy.libs",
    "prompt_toolkit",
    "pure_eval",
    "pygments",
    "stack_data",
    "traitlets",
    "typing_extensions.py",
    "wcwidth",
)


def environment(folder: Path) -> Path:
    """Create the environment in `folder` by hard links and return its interpreter."""
    (site,) = FULL.glob("lib/python3.*/site-packages")
    target = folder / site.relative_to(FULL)
    target.mkdir(parents=True)
    for name in PACKAGES:
        source = site / name
        if source.is_dir():
            shutil.copytree(source, target / name, copy_function=_linked)
        elif source.exists():
            _linked(source, target / name)
    (folder / "bin").mkdir()
    shutil.copy(FULL / "pyvenv.cfg", folder / "pyvenv.cfg")
    python = folder / "bin" / "python"
    python.symlink_to((FULL / "bin" / "python").resolve())
    return python


def _linked(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
