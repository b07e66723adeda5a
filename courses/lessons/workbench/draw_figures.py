"""The program that draws one lesson's figures in the sandbox environment.

Reads {"source": path of figures.py} as JSON; answers {"files": {name: text}}: for each function
named in `__all__` either <name>.light.svg and <name>.dark.svg, or <name>.json.
"""

import importlib.util
import inspect
import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import figure_style  # type: ignore[import-not-found]  # beside this program: on its path
import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

_COORDINATES = re.compile(r'(?<=[\s(])(d|x|y|x1|x2|y1|y2|points)="([^"]*)"')
_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")


def _load(source: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("lesson_figures", source)
    if spec is None or spec.loader is None:
        raise ImportError(f"{source}: no Python module.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and functools look modules up by name
    sys.path.insert(0, str(source.parent))
    spec.loader.exec_module(module)
    return module


def _shorten(match: re.Match[str]) -> str:
    """Round coordinates to a hundredth of a point: smaller files, equal on every machine."""
    rounded = _LONG_NUMBER.sub(lambda number: f"{float(number.group()):.2f}", match.group(2))
    return f'{match.group(1)}="{" ".join(rounded.split())}"'


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    root = text.getvalue()
    root = _METADATA.sub("", root[root.index("<svg ") :])
    lines = [line.strip() for line in root.splitlines() if line.strip()]
    return _COORDINATES.sub(_shorten, "\n".join(lines)) + "\n"


def _call(function: Callable[..., Any], theme: figure_style.Theme) -> Any:
    return function(theme) if inspect.signature(function).parameters else function()


def draw(source: Path) -> dict[str, str]:
    """Return the text of each file that the lesson's functions make."""
    files: dict[str, str] = {}
    module = _load(source)
    for name in module.__all__:
        for theme in figure_style.THEMES:
            mpl.rcdefaults()
            mpl.use("Agg")
            with mpl.rc_context(theme.settings()):
                made = _call(getattr(module, name), theme)
                if isinstance(made, dict):
                    text = json.dumps(made, indent=1, allow_nan=False, ensure_ascii=False)
                    files[f"{name}.json"] = text + "\n"
                    break
                if not isinstance(made, Figure):
                    raise TypeError(f"{source}: {name} returned {type(made).__name__}, no Figure.")
                files[f"{name}.{theme.name}.svg"] = _svg(made)
            plt.close("all")
    return files


if __name__ == "__main__":
    answer = {"files": draw(Path(json.load(sys.stdin)["source"]))}
    json.dump(answer, sys.stdout)
