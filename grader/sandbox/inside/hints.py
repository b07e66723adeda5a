"""What to do about an error that comes from where the notebook runs, not from its code."""

from __future__ import annotations

import errno
import importlib.util
import socket
import sys
from pathlib import Path
from typing import Final

from . import bounds

PACKAGES: Final = (
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "shap",
    "lime",
    "matplotlib",
    "seaborn",
    "xgboost",
    "lightgbm",
    "tqdm",
    "jinja2",
    "ipywidgets",
)
"""What learners may import, as the documentation lists it; those not installed are left out."""
IMPORT_NAMES: Final = {"scikit-learn": "sklearn"}
INSTEAD: Final = {
    "plotly": "Draw with matplotlib or seaborn.",
    "bokeh": "Draw with matplotlib or seaborn.",
    "altair": "Draw with matplotlib or seaborn.",
    "dalex": "Use shap, lime or sklearn.inspection.",
    "eli5": "Use shap, lime or sklearn.inspection.",
    "interpret": "Use shap, lime or sklearn.inspection.",
    "catboost": "Use xgboost, lightgbm or scikit-learn.",
    "requests": "There is no network here.",
    "kagglehub": "There is no network here: read the exercise's files from data/.",
    "nest_asyncio": "Use await directly in the cell.",
}
NO_NETWORK: Final = (
    "There is no network here. Use the exercise's files in data/, or data sets that come with "
    "scikit-learn (sklearn.datasets.load_...)."
)
WRITE_HERE: Final = (
    "Only the current folder can be written to: use a plain file name, such as 'result.csv'."
)
READ_HERE: Final = (
    "That folder doesn't exist here. The exercise's files, if there are any, are in data/ beside "
    "the notebook."
)
MAX_CAUSES: Final = 10


def hint_for(error: BaseException) -> str:
    """Return what to do about `error`; empty when it is the code's own."""
    causes = _causes(error)
    for cause in causes:
        if isinstance(cause, ModuleNotFoundError):
            return _about_module(str(cause.name or "").partition(".")[0])
    if any(_is_network(cause) for cause in causes):
        return NO_NETWORK
    return _about_path(error) if isinstance(error, OSError) else ""


def installed() -> list[str]:
    """Return the learners' packages that are installed."""
    return [
        name
        for name in PACKAGES
        if importlib.util.find_spec(IMPORT_NAMES.get(name, name)) is not None
    ]


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and len(found) < MAX_CAUSES:
        found.append(current)
        current = current.__cause__ or current.__context__
    return found


def _about_module(name: str) -> str:
    if not name or name in sys.stdlib_module_names:
        return ""
    instead = f" {INSTEAD[name]}" if name in INSTEAD else ""
    return (
        f"{name[:60]} isn't installed here, and nothing can be installed.{instead} "
        f"Available packages: {', '.join(installed())}."
    )


def _is_network(error: BaseException) -> bool:
    if isinstance(error, socket.gaierror) or type(error).__name__ == "URLError":
        return True
    if not isinstance(error, PermissionError) or error.filename is not None:
        return False
    place = error.__traceback__
    while place is not None:
        if Path(place.tb_frame.f_code.co_filename).name == "socket.py":
            return True
        place = place.tb_next
    return False


def _about_path(error: OSError) -> str:
    path = error.filename
    if not isinstance(path, str | bytes):
        return ""
    text = path.decode(errors="replace") if isinstance(path, bytes) else path
    if text.startswith(("http://", "https://", "ftp://")):
        return NO_NETWORK
    inside = not text.startswith("/") or text.startswith(bounds.SCRATCH_PLACES)
    data = text.removeprefix(f"{bounds.HOME}/").removeprefix("./").startswith("data/")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM) and (data or not inside):
        return WRITE_HERE
    if error.errno == errno.ENOENT and not inside:
        return f"{READ_HERE} {WRITE_HERE}"
    return ""
