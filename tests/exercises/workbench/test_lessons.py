"""The code of lessons as something to work on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from courses.markup.rendering import Source, render_page
from exercises.workbench.workspaces import lesson_workspace

TEXT = """```python run
a = "<b>" if 1 < 2 else '&'
```

```python
shown only
```

```python run
print(a)
```
"""


def _lesson(text: str) -> Any:
    html = render_page(text, Source(file="lesson.md")).html
    return SimpleNamespace(course=SimpleNamespace(slug="tiny"), slug="page-1", html=html)


def test_the_blocks_that_run_are_cells_with_the_code_as_it_was_written() -> None:
    """Colours and escapes of the page are gone; blocks that are only shown are none."""
    workspace = lesson_workspace(_lesson(TEXT))

    assert workspace.scope == "lesson:tiny/page-1"
    assert [(cell["id"], cell["source"]) for cell in workspace.starter["cells"]] == [
        ("b1", "a = \"<b>\" if 1 < 2 else '&'"),
        ("b2", "print(a)"),
    ]


def test_an_edited_lesson_has_the_blocks_of_today() -> None:
    """What the lesson has no more is left out; a new block stands as it is in the lesson."""
    workspace = lesson_workspace(_lesson(TEXT))
    mine = {"id": "b2", "cell_type": "code", "source": "mine", "metadata": {}}
    gone = {**mine, "id": "b9"}
    document = workspace.arranged({"metadata": {}, "cells": [gone, mine]})

    assert [(cell["id"], cell["source"][:4]) for cell in document["cells"]] == [
        ("b1", "a = "),
        ("b2", "mine"),
    ]
