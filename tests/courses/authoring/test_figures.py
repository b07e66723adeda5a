"""Drawing lessons' figures: light and dark, the same every time, stale ones found."""

import json
from pathlib import Path

import pytest

from courses.authoring.figures import (
    MAX_BYTES,
    FigureError,
    build,
    build_all,
    lessons_with_figures,
    main,
    problems,
)

CONTENT = Path(__file__).resolve().parents[3] / "content"

SOURCE = """
from figure_style import Theme, canvas
from matplotlib.figure import Figure

__all__ = ["line", "numbers"]


def line(theme: Theme) -> Figure:
    figure, axes = canvas(theme, height=2.0)
    axes.plot([0, 1, 2], [0, 1, 4], label="squares")
    axes.bar(["first", "second"], [1, 2])
    axes.set_xlabel("number")
    axes.legend()
    return figure


def numbers() -> dict:
    return {"renderer": "waterfall", "label": "number", "table": [["n"], ["1"]]}
"""


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    """Return a lesson folder whose figures are not drawn yet."""
    folder = tmp_path / "content" / "courses" / "course" / "01-lesson"
    folder.mkdir(parents=True)
    (folder / "figures.py").write_text(SOURCE)
    return folder


def test_each_function_makes_its_files(lesson: Path) -> None:
    """A function of a theme makes two pictures, a function that returns data one JSON file."""
    written = build(lesson)

    assert [path.name for path in written] == ["line.dark.svg", "line.light.svg", "numbers.json"]
    assert problems(lesson) == []
    assert json.loads((lesson / "figures" / "numbers.json").read_text())["renderer"] == "waterfall"
    light, dark = (
        (lesson / "figures" / f"line.{theme}.svg").read_text() for theme in ("light", "dark")
    )
    assert "#15201d" in light
    assert "#15201d" not in dark
    assert "#e7edea" in dark


def test_drawing_twice_gives_the_same_bytes(lesson: Path) -> None:
    """Figures are committed, so that drawing them again must change nothing."""
    first = {path: path.read_bytes() for path in build(lesson)}
    second = {path: path.read_bytes() for path in build(lesson)}

    assert second == first


def test_only_what_has_changed_is_drawn(lesson: Path) -> None:
    """A second build does nothing until figures.py changes."""
    content = lesson.parents[2]

    assert len(build_all([content])) == 3
    assert build_all([content]) == []
    (lesson / "figures.py").write_text(SOURCE.replace("squares", "quadratic"))
    assert any("not made by the present figures.py" in problem for problem in problems(lesson))
    assert len(build_all([content])) == 3


def test_a_figure_made_by_no_function_is_removed(lesson: Path) -> None:
    """What is left over from a function that is gone does not stay."""
    (lesson / "figures").mkdir()
    orphan = lesson / "figures" / "gone.light.svg"
    orphan.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')

    assert any("gone.light.svg" in problem for problem in problems(lesson))
    build(lesson)
    assert not orphan.exists()


def test_a_missing_theme_is_found(lesson: Path) -> None:
    """A figure without its dark counterpart is a problem."""
    build(lesson)
    (lesson / "figures" / "line.dark.svg").unlink()

    assert any("counterpart" in problem for problem in problems(lesson))


def test_a_figure_that_is_too_big_is_refused(lesson: Path) -> None:
    """A page must stay light; the error says how to fix it."""
    (lesson / "figures.py").write_text(SOURCE.replace("[0, 1, 2], [0, 1, 4]", "range(2000), 'o'"))

    with pytest.raises(FigureError, match=f"allowed are {MAX_BYTES // 1024}"):
        build(lesson)


def test_code_that_fails_is_named(lesson: Path) -> None:
    """An error in figures.py comes out with its traceback, and writes nothing."""
    (lesson / "figures.py").write_text(SOURCE.replace("[0, 1, 4]", "[0, 1]"))

    with pytest.raises(FigureError, match="must have same first dimension"):
        build(lesson)
    assert not (lesson / "figures").exists()


def test_a_function_must_return_a_figure(lesson: Path) -> None:
    """A forgotten return is an error, not a missing picture."""
    (lesson / "figures.py").write_text(SOURCE.replace("    return figure\n", ""))

    with pytest.raises(FigureError, match="returned NoneType"):
        build(lesson)


def test_a_translation_draws_the_figures_in_its_words(lesson: Path) -> None:
    """figures.yaml of a translated lesson changes labels of axes, ticks, legends and data."""
    translated = lesson.parents[2] / "l10n" / "fr" / "courses" / "course" / "01-lesson"
    translated.mkdir(parents=True)
    words = translated / "figures.yaml"
    words.write_text("number: nombre\nsquares: carrés\nfirst: premier\n")
    build(lesson)

    build(translated)

    assert problems(translated) == []
    assert json.loads((translated / "figures" / "numbers.json").read_text())["label"] == "nombre"
    ours, theirs = (folder / "figures" / "line.light.svg" for folder in (lesson, translated))
    for word in ("nombre", "carrés", "premier"):
        assert f"<!-- {word} -->" in theirs.read_text()
        assert f"<!-- {word} -->" not in ours.read_text()
    assert "<!-- second -->" in theirs.read_text()


def test_a_translated_word_that_stands_in_no_figure_is_an_error(lesson: Path) -> None:
    """A slip in figures.yaml must not leave an English label unseen."""
    translated = lesson.parents[2] / "l10n" / "fr" / "courses" / "course" / "01-lesson"
    translated.mkdir(parents=True)
    (translated / "figures.yaml").write_text("numbre: nombre\n")

    with pytest.raises(FigureError, match="stand in no figure of the original: numbre"):
        build(translated)


def test_the_command_line_says_what_is_stale(
    lesson: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` fails until the figures are drawn."""
    content = str(lesson.parents[2])

    assert main([content, "--check"]) == 1
    assert "Run `manage.py build_figures`" in capsys.readouterr().err
    assert main([content]) == 0
    assert main([content, "--check"]) == 0


def test_the_figures_of_all_lessons_are_up_to_date() -> None:
    """What is committed was made by the code beside it."""
    lessons = lessons_with_figures(CONTENT)

    assert lessons
    assert [problem for lesson in lessons for problem in problems(lesson)] == []


@pytest.mark.parametrize("courses", ["courses", "l10n/fr/courses"])
def test_the_first_lesson_quotes_what_its_figure_shows(courses: str) -> None:
    """The chances in the text and the still picture's sentence are those of the figure's table."""
    lesson = CONTENT / courses / "foundations" / "01-why-explain"
    data = json.loads((lesson / "figures" / "patient.json").read_text())
    _, portable, fixed, *_ = data["table"]
    text = (lesson / "lesson.md").read_text().replace("\N{NO-BREAK SPACE}", " ")

    assert f"{portable[-1]}" in text
    assert f"{fixed[-1]}" in text
    assert portable[-1] in data["still"]["sentence"]
    assert portable[4].partition("(")[2].rstrip(")") in data["still"]["sentence"]
