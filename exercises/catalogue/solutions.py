"""An exercise's solution.ipynb as a page, rendered when the exercise is loaded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html
from nbconvert.exporters import MarkdownExporter
from nbformat.v4 import new_notebook

from courses.markup.problems import InvalidContentError
from courses.markup.rendering import Source, render_page
from grader.family_texts import FAMILIES
from grader.notebook import read_notebook

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from grader.exercise import ExerciseDefinition

FILE = "solution.ipynb"
TEMPLATE = (
    "{% extends 'markdown/index.md.j2' %}{% block input %}{{ cell.source | fenced }}{% endblock %}"
)


def solution_of(exercise: ExerciseDefinition) -> dict[str, Any] | None:
    """Return the fields of an exercise's `ModelSolution`; None where it has no solution.

    Raises:
        NotebookRefused: the file is no notebook.
    """
    file = exercise.folder / FILE
    if not file.is_file():
        return None
    exporter, source = _exporter(), Source(file=f"{exercise.slug}/{FILE}")
    cells = read_notebook(file.read_bytes()).cells
    html = "\n".join(_html(_markdown(exporter, cell), source) for cell in cells)
    return {"html": html, "lessons": _lessons(exercise)}


def _exporter() -> MarkdownExporter:
    """Return nbconvert's exporter of notebooks as Markdown, with fences that hold any code."""
    exporter = MarkdownExporter(  # type: ignore[no-untyped-call]
        raw_template=TEMPLATE, exclude_output=True
    )
    exporter.register_filter("fenced", _fenced)  # type: ignore[no-untyped-call]
    return exporter


def _markdown(exporter: MarkdownExporter, cell: NotebookNode) -> str:
    """Return one cell as Markdown; a notebook's title becomes a heading like the others."""
    notebook = new_notebook(cells=[cell])  # type: ignore[no-untyped-call]
    text, _resources = exporter.from_notebook_node(notebook)
    return text if cell.cell_type == "code" else re.sub(r"^# ", "## ", text, flags=re.MULTILINE)


def _fenced(code: str) -> str:
    longest = max((len(ticks) for ticks in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{code}\n{fence}\n"


def _html(text: str, source: Source) -> str:
    try:
        return render_page(text, source).html
    except InvalidContentError:  # a notebook may hold what a lesson may not, such as a picture
        return str(format_html("<pre>{}</pre>", text))


def _lessons(exercise: ExerciseDefinition) -> list[dict[str, str]]:
    lessons = []
    for one in exercise.misconceptions:
        title, message, _question = FAMILIES.get(one.family or one.id, ("", "", ""))
        lessons.append({"title": one.title or title, "message": one.message or message})
    return [lesson for lesson in lessons if lesson["title"]]
