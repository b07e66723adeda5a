"""Running lessons' code: outputs, numbers in the text, warnings, translations."""

from pathlib import Path

import pytest

from courses.authoring.snippets import (
    all_translation_problems,
    lesson_files,
    main,
    read_lesson,
    run_lessons,
    translation_problems,
)

CONTENT = Path(__file__).resolve().parents[3] / "content"
LAW_ONLY = {"04-regulation"}
"""Lessons whose subject has no code; that of the refusal's reasons follows them."""
COURSES = sorted(path.name for path in (CONTENT / "courses").iterdir() if path.is_dir())

MINUS = "\N{MINUS SIGN}"
TEXT = """---
title: A lesson
---
## Code

The mean is `2.50`, not `{minus}1.25`; `x.y` is no number, and `7` is no decimal.

```python run
values = [1, 2, 3, 4]
print(f"{sum(values) / 4:.2f}")
```

```text output
2.50
```

```python run
print(f"{-sum(values) / 8:.2f}")
```

```python
this is a fragment and is not run
```
""".replace("{minus}", MINUS)


def written(tmp_path: Path, text: str, name: str = "01-lesson") -> Path:
    """Return the lesson.md with this text."""
    path = tmp_path / name / "lesson.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path) -> list[str]:
    """Return what is wrong with one lesson."""
    [ran] = run_lessons([path])
    return ran.problems()


def test_blocks_and_numbers_are_read_with_their_lines(tmp_path: Path) -> None:
    """Only run-blocks count, an output belongs to the block before it, lines are the file's."""
    lesson = read_lesson(written(tmp_path, TEXT))

    assert [(block.line, block.output) for block in lesson.blocks] == [(8, "2.50\n"), (17, None)]
    assert lesson.numbers == ((6, "2.50"), (6, f"{MINUS}1.25"))


def test_a_lesson_that_says_what_its_code_prints_is_right(tmp_path: Path) -> None:
    """Blocks share one namespace; a true minus sign in the text matches a hyphen in the output."""
    assert problems(written(tmp_path, TEXT)) == []


def test_another_output_is_a_problem(tmp_path: Path) -> None:
    """The message names file and line and shows both texts."""
    path = written(tmp_path, TEXT.replace("2.50\n```", "2.51\n```"))

    [problem] = problems(path)

    assert problem.startswith(f"{path}:8: prints something else")
    assert "2.51" in problem


def test_a_number_that_no_code_prints_is_a_problem(tmp_path: Path) -> None:
    """A number in backticks must come from the lesson's code."""
    path = written(tmp_path, TEXT.replace("`2.50`", "`2.55`"))

    assert problems(path) == [f"{path}:6: `2.55` is printed by no code block of this lesson."]


def test_code_that_fails_is_named_by_its_line(tmp_path: Path) -> None:
    """Blocks after the failing one are not run."""
    path = written(tmp_path, TEXT.replace('print(f"{-sum', 'raise ValueError(f"{-sum'))

    found = problems(path)

    assert found[0].startswith(f"{path}:17: the code fails.")
    assert "ValueError" in found[0]


def test_a_warning_is_a_problem(tmp_path: Path) -> None:
    """A reader who runs the code should see no warning that the text does not show."""
    text = TEXT.replace("values = [1", "import warnings; warnings.warn('odd')\nvalues = [1")

    assert any("the code warns: UserWarning: odd" in problem for problem in problems(
        written(tmp_path, text)
    ))  # fmt: skip


def test_lessons_do_not_see_each_other(tmp_path: Path) -> None:
    """Each lesson has a namespace of its own."""
    first = written(tmp_path, "```python run\nsecret = 1\n```\n", "01-first")
    second = written(tmp_path, "```python run\nprint(secret)\n```\n", "02-second")

    ran = run_lessons([first, second])

    assert ran[0].problems() == []
    assert "NameError" in ran[1].problems()[0]


def test_outputs_can_be_filled_in(tmp_path: Path) -> None:
    """`--write` replaces shown outputs by printed ones and leaves the rest alone."""
    path = written(tmp_path, TEXT.replace("2.50\n```", "?\n?\n```"))

    assert main([str(tmp_path), "--write"]) == 0

    assert path.read_text(encoding="utf-8") == TEXT
    assert main([str(tmp_path)]) == 0


def test_outputs_of_code_that_fails_are_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--write` says what is wrong instead of writing half an output."""
    text = TEXT.replace('print(f"{sum', 'print("half"); raise ValueError(f"{sum')
    path = written(tmp_path, text)

    assert main([str(tmp_path), "--write"]) == 1

    assert path.read_text(encoding="utf-8") == text
    assert "ValueError" in capsys.readouterr().err


def test_a_translation_shows_the_same_code_and_numbers(tmp_path: Path) -> None:
    """Words may differ, blocks and numbers may not."""
    original = written(tmp_path, TEXT, "en")

    same = written(tmp_path, TEXT.replace("The mean is", "La moyenne vaut"), "fr")
    other = written(tmp_path, TEXT.replace("[1, 2, 3, 4]", "[1, 2, 3, 5]"), "de")
    missing = written(tmp_path, TEXT.replace("`2.50`", "2,50"), "es")

    assert translation_problems(original, same) == []
    assert "code or output blocks differ" in translation_problems(original, other)[0]
    assert "2.50 stand" in translation_problems(original, missing)[0]


@pytest.mark.parametrize("course", COURSES)
def test_all_lessons_say_what_their_code_prints(course: str) -> None:
    """Every code block of every lesson runs, and the text agrees with what it prints.

    Slow: the code of a whole course runs, since nothing less shows that readers get these numbers.
    """
    runs = run_lessons(lesson_files(CONTENT / "courses" / course))

    assert runs
    assert [problem for ran in runs for problem in ran.problems()] == []
    assert {ran.lesson.path.parent.name for ran in runs if not ran.lesson.blocks} <= LAW_ONLY


def test_all_translations_agree_with_their_originals() -> None:
    """Translated lessons hold the code, outputs and numbers of the originals."""
    assert all_translation_problems(CONTENT) == []
