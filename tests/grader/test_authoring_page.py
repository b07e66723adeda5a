"""The page for authors: what it tells a newcomer to write is a sound exercise."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from grader.authoring import write_notebooks
from grader.check import SHORT, check_exercise
from grader.exercise import load_exercise
from grader.lock import write_lock

if TYPE_CHECKING:
    from grader.sandbox.job import Sandbox

PAGE = Path(__file__).parents[2] / "docs" / "features" / "authoring-exercises.md"
FILE = re.compile(
    r"^`(?P<name>[a-z./-]+)`[^\n]*:\n\n(?P<fence>`{3,})[a-z]+\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


def test_the_exercise_of_the_page_is_sound(tmp_path: Path, runner: Sandbox) -> None:
    """Written file by file as the page says, the exercise passes its checks."""
    page = PAGE.read_text("utf-8").partition("## Notebooks as Markdown")[0]
    folder = tmp_path / "linear-contributions"
    for match in FILE.finditer(page):
        file = folder / match["name"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(match["text"], encoding="utf-8")
    write_notebooks(folder)
    write_lock(load_exercise(folder))
    found = check_exercise(folder, tmp_path / "references", SHORT, runner)
    assert found.problems == []
    assert found.samples == 1
    assert [rate.named for rate in found.detection.values()] == [1, 1, 1]
