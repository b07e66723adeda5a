"""An exercise's solution.ipynb as a page, rendered when the exercise is loaded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html

from courses.markup.problems import InvalidContentError
from courses.markup.rendering import Source, render_page
from grader.messages import FAMILIES
from grader.notebook import read_notebook

if TYPE_CHECKING:
    from grader.exercise import ExerciseDefinition

FILE = "solution.ipynb"


def solution_of(exercise: ExerciseDefinition) -> dict[str, Any] | None:
    """Return the fields of an exercise's `ModelSolution`; None where it has no solution.

    Raises:
        NotebookRefused: the file is no notebook.
    """
    file = exercise.folder / FILE
    if not file.is_file():
        return None
    cells = read_notebook(file.read_bytes()).cells
    source = Source(file=f"{exercise.slug}/{FILE}")
    html = "\n".join(_cell(str(cell.source), cell.cell_type, source) for cell in cells)
    return {"html": html, "lessons": _lessons(exercise)}


def _cell(text: str, kind: str, source: Source) -> str:
    if kind == "code":
        longest = max((len(ticks) for ticks in re.findall(r"`+", text)), default=0)
        fence = "`" * max(3, longest + 1)
        text = f"{fence}python\n{text}\n{fence}"
    else:
        # The page has a title already: a notebook's own becomes a heading like the others.
        text = re.sub(r"^# ", "## ", text, flags=re.MULTILINE)
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
