"""The table of what there is to do in each lesson, and who has nothing."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from courses.authoring.doing import all_doing, doing_page, idle_lessons
from courses.authoring.tree import read_tree

if TYPE_CHECKING:
    from tests.courses.material import Material

LESSON = "courses/tiny/01-page-1/lesson.md"
TASK = """
```yaml task
id: why
kind: defend
prompt: Why?
model: Because.
rubric: [one, two]
```
"""


@pytest.fixture
def active(material: Material) -> Material:
    """Two lessons, the first with a micro-task at the end of its second part."""
    material.course()
    material.replace(LESSON, "## Method", f"{TASK}\n## Method")
    return material


def test_the_table_counts_tasks_and_the_minutes_before_them(active: Material) -> None:
    """Ten seconds for words and formula, fifteen for the figure: below half a minute."""
    first, second = all_doing(read_tree(active.root))
    page = doing_page([first, second])

    assert (first.tasks, first.kinds, first.runnable) == (1, (0, 0, 0, 1), 1)
    assert first.minutes_to_first is not None
    assert 15 / 60 < first.minutes_to_first < 30 / 60
    assert (second.tasks, second.minutes_to_first) == (0, None)
    assert f"| 1 | 0 | 0 | 0 | 1 | 1 | 0 | {first.minutes_to_first:.1f} |" in page
    assert "In all 1 micro-tasks in 1 of 2 lessons" in page


def test_a_lesson_without_a_task_is_named(active: Material) -> None:
    """The command warns of it and prints the table on request."""
    [idle] = idle_lessons(all_doing(read_tree(active.root)))
    assert "02-page-2/lesson.md" in idle.file

    shown, warned = StringIO(), StringIO()
    with pytest.raises(CommandError) as refused:  # the small course has faults of its own
        call_command("check_content", active.root, doing=True, stdout=shown, stderr=warned)

    assert "micro-task" not in str(refused.value)
    assert "minutes to the first" in shown.getvalue()
    assert "02-page-2" in warned.getvalue()
    assert "01-page-1" not in warned.getvalue()
