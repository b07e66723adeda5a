"""The data sets of lessons: found by code, in figures, and where links point."""

import csv
import re
import struct
from pathlib import Path

from courses.authoring.figures import digest
from courses.authoring.lesson_data import data_files_named, data_folder
from courses.authoring.snippets import run_lessons

CONTENT = Path(__file__).resolve().parents[3] / "content"

LESSON = """---
title: A lesson
---
```python run
from pathlib import Path

print(Path("data/two.csv").read_text().strip())
```

```text output
a,b
```
"""


def lesson(content: Path, code: str = LESSON) -> Path:
    """Return the lesson.md of a content folder with one data set."""
    (content / "data").mkdir(parents=True)
    (content / "data" / "two.csv").write_text("a,b\n")
    path = content / "courses" / "course" / "01-lesson" / "lesson.md"
    path.parent.mkdir(parents=True)
    path.write_text(code)
    return path


def test_the_code_of_a_lesson_reads_the_data_sets_of_its_content(tmp_path: Path) -> None:
    """Beside the code lies data/, and the original's in a translation."""
    path = lesson(tmp_path)
    translated = tmp_path / "l10n" / "fr" / "courses" / "course" / "01-lesson" / "lesson.md"
    translated.parent.mkdir(parents=True)
    translated.write_text(LESSON)

    for ran in run_lessons([path, translated]):
        assert ran.problems() == []


def test_without_data_sets_the_code_still_runs(tmp_path: Path) -> None:
    """A content folder needs none."""
    path = tmp_path / "courses" / "course" / "01-lesson" / "lesson.md"
    path.parent.mkdir(parents=True)
    path.write_text("---\ntitle: A\n---\n```python run\nprint(1)\n```\n\n```text output\n1\n```\n")

    [ran] = run_lessons([path])

    assert data_folder(path) is None
    assert ran.problems() == []


def test_a_figure_is_stale_when_the_data_that_it_names_have_changed(tmp_path: Path) -> None:
    """Its digest covers the data sets in its code, and no other."""
    folder = lesson(tmp_path).parent
    (folder / "figures.py").write_text('TABLE = "data/two.csv"\n')
    before = digest(folder)
    (tmp_path / "data" / "three.csv").write_text("c\n")
    assert digest(folder) == before

    (tmp_path / "data" / "two.csv").write_text("a,b\n1,2\n")

    assert digest(folder) != before
    assert data_files_named([b"read('data/gone.csv')"], folder) == []


def test_each_link_to_a_data_set_finds_it_and_each_is_described() -> None:
    """A lesson's /data/ link names a file, and the README tells its rows, source and licence."""
    readme = (CONTENT / "data" / "README.md").read_text(encoding="utf-8")
    for path in sorted(CONTENT.rglob("lesson.md")):
        for name in re.findall(r"\(/data/([^)]*)\)", path.read_text(encoding="utf-8")):
            assert (CONTENT / "data" / name).is_file(), path
    for file in sorted((CONTENT / "data").glob("*.csv")):
        rows = len(list(csv.reader(file.read_text(encoding="utf-8").splitlines()))) - 1
        assert f"| `{file.name}` | {rows:,} |" in readme


def test_each_picture_is_described_and_of_the_size_that_the_network_reads() -> None:
    """224 by 224 pixels in colour, as its header says; the README names its licence."""
    readme = (CONTENT / "data" / "README.md").read_text(encoding="utf-8")
    pictures = sorted((CONTENT / "data").glob("*.png"))
    assert pictures
    for file in pictures:
        header = file.read_bytes()[:26]
        assert struct.unpack(">II", header[16:24]) == (224, 224)
        assert header[24:26] == bytes([8, 2])
        [line] = [line for line in readme.splitlines() if line.startswith(f"| `{file.name}` ")]
        assert "CC0 1.0" in line or "CC BY 2.0" in line


def test_the_code_of_a_lesson_finds_the_library_of_real_networks(tmp_path: Path) -> None:
    """`import whybox_models` works as in a notebook, and a model that is not there says so."""
    code = """import whybox_models

print("minilm" in whybox_models.MODELS)
try:
    whybox_models.load("nothing")
except ValueError:
    print("no such model")"""
    path = tmp_path / "courses" / "course" / "01-lesson" / "lesson.md"
    path.parent.mkdir(parents=True)
    shown = "True\nno such model"
    path.write_text(
        f"---\ntitle: A\n---\n```python run\n{code}\n```\n\n```text output\n{shown}\n```\n"
    )

    [ran] = run_lessons([path])

    assert ran.problems() == []


def test_an_exercise_has_the_same_table_as_the_lessons() -> None:
    """A data set that an exercise brings under the name of a lesson's is that one, byte by byte."""
    for copy in sorted((CONTENT / "exercises").glob("*/data/*.csv")):
        lessons_own = CONTENT / "data" / copy.name
        assert lessons_own.is_file(), copy
        assert lessons_own.read_bytes() == copy.read_bytes(), copy
