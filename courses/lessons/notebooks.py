"""A lesson as a notebook to take along: its Markdown cut at the blocks of code that run.

Nothing is compiled here, so a page may ask for it; `courses.authoring` renders, at loading.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Mapping

_FRONT_MATTER: Final = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_FENCE: Final = re.compile(r"(`{3,}|~{3,})\s*(.*)")
_ROLES: Final = re.compile(r"\s*\{[a-z -]+\}\s*$")
"""What an author writes behind a heading for the renderer."""
_BOX: Final = re.compile(r"^> \[!\w+\]\s*")
_FIGURE: Final = re.compile(r'!\[(?P<alt>[^\]]*)\]\((?P<target>[^)\s]+)(?:\s+"(?P<caption>.*)")?\)')
_DATA: Final = re.compile(r"\bdata/([a-z0-9_]+\.csv)\b")


@dataclass(frozen=True)
class Lecture:
    """What a notebook says of the lesson that it was made from.

    Attributes:
        address: of the lesson's page, with the host.
        site: the address of the site, without a slash at its end.
        figures: the address of each drawing, with the host, by its file's name.
    """

    title: str
    summary: str
    address: str
    site: str
    figures: Mapping[str, str]


def lesson_notebook(source: str, lecture: Lecture) -> bytes:
    """Return a lesson.md as an .ipynb file: text, code, and what the code printed."""
    text = _FRONT_MATTER.sub("", source, count=1)
    cutting = _Cutting(lecture)
    cutting.text.extend(
        [f"# {lecture.title}", "", lecture.summary, "", _address(lecture, text), ""]
    )
    cutting.cut(text.splitlines())
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "cells": cutting.cells,
    }
    return json.dumps(notebook, ensure_ascii=False, indent=1).encode()


def _address(lecture: Lecture, text: str) -> str:
    """Return where the lesson comes from, and where its data sets are."""
    lines = [_("From the lesson %(address)s") % {"address": f"<{lecture.address}>"}]
    for name in sorted(set(_DATA.findall(text))):
        link = f"[{name}]({lecture.site}/data/{name})"
        lines.append(_("Save %(file)s in a folder `data` beside this notebook.") % {"file": link})
    return "\n\n".join(lines)


@dataclass
class _Cutting:
    """The cells made so far, and the lines of text that are not in one yet."""

    lecture: Lecture
    cells: list[dict[str, Any]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def cut(self, lines: list[str]) -> None:
        at = 0
        while at < len(lines):
            fence = _FENCE.fullmatch(lines[at])
            if fence is None:
                self.text.append(self._line(lines[at]))
                at += 1
                continue
            end = at + 1
            while end < len(lines) and not lines[end].startswith(fence[1]):
                end += 1
            self._fenced(fence[2].split(), lines[at + 1 : end], lines[at : end + 1])
            at = end + 1
        self._end_text()

    def _fenced(self, info: list[str], inside: list[str], whole: list[str]) -> None:
        if info == ["python", "run"]:
            self._end_text()
            self._add("code", inside, execution_count=None, outputs=[])
        elif info == ["yaml", "task"]:
            self.text.extend(["*" + _("Here the lesson's page asks a question.") + "*"])
        elif info == ["text", "output"] and self._follows_code():
            printed = [f"{line}\n" for line in inside]
            stream = {"output_type": "stream", "name": "stdout", "text": printed}
            self.cells[-1]["outputs"] = [stream]
        else:
            self.text.extend(whole)

    def _follows_code(self) -> bool:
        is_code = bool(self.cells) and self.cells[-1]["cell_type"] == "code"
        return is_code and not any(line.strip() for line in self.text)

    def _line(self, line: str) -> str:
        if line.startswith("#"):
            return _ROLES.sub("", line)
        return _FIGURE.sub(self._figure, _BOX.sub("> ", line))

    def _figure(self, found: re.Match[str]) -> str:
        name = found["target"].removeprefix("figures/").removesuffix(".svg")
        address = self.lecture.figures.get(f"{name}.light.svg")
        if address is None:  # a figure that answers to the reader needs its page
            return f"*{found['alt']}* (<{self.lecture.address}>)"
        caption = f"\n\n*{found['caption']}*" if found["caption"] else ""
        return f"![{found['alt']}]({address}){caption}"

    def _end_text(self) -> None:
        if any(line.strip() for line in self.text):
            self._add("markdown", "\n".join(self.text).strip().splitlines())
        self.text = []

    def _add(self, kind: str, lines: list[str], **facts: Any) -> None:
        source = "\n".join(lines).splitlines(keepends=True)
        name = f"{kind}-{len(self.cells) + 1}"
        self.cells.append(
            {"cell_type": kind, "id": name, "metadata": {}, "source": source, **facts}
        )
