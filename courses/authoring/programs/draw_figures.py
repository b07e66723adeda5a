"""The program that draws one lesson's figures in the sandbox environment.

Reads {"source": path of figures.py, "words": {English: other language}} as JSON; answers
{"files": {name: text}, "unused": [words that stand in no figure]}: for each function named in
`__all__` either <name>.light.svg and <name>.dark.svg, or <name>.json.
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
from matplotlib.text import Text

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


class Translation:
    """Puts words of another language in the place of a figure's own."""

    def __init__(self, words: dict[str, str]) -> None:
        self.words = words
        self.unused = set(words)

    def word(self, text: str) -> str:
        """Return the word in the other language, or the text itself."""
        self.unused.discard(text)
        return self.words.get(text, text)

    def of_data(self, value: Any) -> Any:
        """Return plain data with each text translated; keys stay."""
        if isinstance(value, dict):
            return {key: self.of_data(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.of_data(entry) for entry in value]
        return self.word(value) if isinstance(value, str) else value

    def of_figure(self, figure: Figure) -> None:
        """Translate a figure's texts in their places."""
        figure.canvas.draw()  # only now do the labels of ticks stand
        for axes in figure.axes:
            limits = axes.axis()
            for axis in (axes.xaxis, axes.yaxis):
                labels = [label.get_text() for label in axis.get_ticklabels()]
                if self.words.keys() & set(labels):
                    axis.set_ticks(axis.get_ticklocs(), [self.word(label) for label in labels])
            axes.axis(limits)
        for text in figure.findobj(Text):
            if text.get_text() in self.words:
                text.set_text(self.word(text.get_text()))


def draw(source: Path, translation: Translation) -> dict[str, str]:
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
                    data = translation.of_data(made)
                    text = json.dumps(data, indent=1, allow_nan=False, ensure_ascii=False)
                    files[f"{name}.json"] = text + "\n"
                    break
                if not isinstance(made, Figure):
                    raise TypeError(f"{source}: {name} returned {type(made).__name__}, no Figure.")
                translation.of_figure(made)
                files[f"{name}.{theme.name}.svg"] = _svg(made)
            plt.close("all")
    return files


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    translation = Translation(request["words"])
    files = draw(Path(request["source"]), translation)
    json.dump({"files": files, "unused": sorted(translation.unused)}, sys.stdout)


if __name__ == "__main__":
    main()
