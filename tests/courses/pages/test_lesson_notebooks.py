"""A lesson as a notebook: text, code, output, figures, in the language of the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat
from django.conf import settings as site
from django.test import Client

from courses.authoring.loading import load
from courses.lessons.notebooks import Lecture, lesson_notebook

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from courses.models import Course
    from tests.courses.material import Material

ADDRESS = "/courses/tiny/page-1.ipynb"
LECTURE = Lecture("T", "S", "https://x.org/l/", "https://x.org", {"a.light.svg": "https://x.org/a"})


def made(text: str) -> list[dict[str, Any]]:
    """Return the cells of a notebook that is made from some Markdown."""
    cells: list[dict[str, Any]] = json.loads(lesson_notebook(text, LECTURE))["cells"]
    return cells


def written(cell: dict[str, Any]) -> str:
    """Return what stands in a cell."""
    return "".join(cell["source"])


def test_a_lesson_can_be_taken_along(
    course: Course, material: Material, settings: Settings
) -> None:
    """The file is a valid notebook with the page's code and what it printed."""
    settings.CONTENT_DIR = material.root

    answer = Client().get(ADDRESS)

    assert answer["Content-Disposition"] == 'attachment; filename="page-1.ipynb"'
    notebook = nbformat.reads(answer.content.decode(), as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    (code,) = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code.source == 'print("zebra")'
    assert code.outputs[0].text == "zebra\n"
    first = notebook.cells[0].source
    assert first.startswith("# Page 1\n")
    assert f"<{site.SITE_URL}/courses/tiny/page-1/>" in first
    assert f"![Two bars, the upper one longer.]({site.SITE_URL}/figures/" in first


def test_the_page_offers_the_notebook(course: Course) -> None:
    """A link on the page leads there."""
    assert f'href="{ADDRESS}"' in Client().get("/courses/tiny/page-1/").content.decode()


def test_a_translated_lesson_is_translated_in_its_notebook(
    course: Course, material: Material, settings: Settings
) -> None:
    """The reader of French takes the French text along."""
    settings.CONTENT_DIR = material.root
    material.lesson("l10n/fr/courses/tiny/01-page-1", "La page")
    load(material.root)

    french = Client().get(ADDRESS, headers={"accept-language": "fr"}).content.decode()

    assert written(json.loads(french)["cells"][0]).startswith("# La page\n")


def test_what_is_not_there_is_not_found(
    course: Course, material: Material, settings: Settings
) -> None:
    """An unknown lesson, and a file that is gone."""
    settings.CONTENT_DIR = material.root / "elsewhere"

    assert Client().get("/courses/tiny/page-9.ipynb").status_code == 404
    assert Client().get(ADDRESS).status_code == 404


def test_what_is_for_the_renderer_does_not_stand_in_the_notebook() -> None:
    """Front matter, roles of headings, marks of boxes and tasks with their answers are left out."""
    cells = made(
        "---\ntitle: T\n---\n## Why {why-it-matters code}\n\n> [!aside]\n> By the way.\n\n"
        "```yaml task\nanswer: secret\n```\n\nEnd.\n"
    )

    text = written(cells[0])
    assert len(cells) == 1
    assert "## Why\n" in text
    assert "> By the way." in text
    assert "question" in text
    for left_out in ("{why", "[!", "secret", "title:"):
        assert left_out not in text


def test_output_goes_with_the_code_right_before_it_only() -> None:
    """After a question that asks to predict it, the output stands in the text below."""
    cells = made(
        "```python run\na\n```\n\n```text output\n1\n```\n\n"
        "```python run\nb\n```\n\n```yaml task\nx: 1\n```\n\n```text output\n2\n```\n"
    )

    first, second = [cell for cell in cells if cell["cell_type"] == "code"]
    assert first["outputs"][0]["text"] == ["1\n"]
    assert second["outputs"] == []
    assert "```text output\n2\n```" in written(cells[-1])


def test_figures_have_addresses_that_hold_outside_the_page() -> None:
    """A drawing is named with the host; an interactive figure is told and linked."""
    cells = made('![Bars.](figures/a.svg "Of $x$.")\n\n![Move it.](interactive:play)\n')

    text = written(cells[0])
    assert "![Bars.](https://x.org/a)" in text
    assert "*Of $x$.*" in text
    assert "*Move it.* (<https://x.org/l/>)" in text


def test_data_sets_are_named_with_their_address() -> None:
    """Whoever runs the code elsewhere learns where the file is and where to put it."""
    cells = made('```python run\nread("data/two.csv")\n```\n')

    assert "[two.csv](https://x.org/data/two.csv)" in written(cells[0])
