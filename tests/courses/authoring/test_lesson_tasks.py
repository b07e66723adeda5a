"""Micro-tasks in lesson.md: read, checked, rendered, and their claims run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from courses.authoring.lesson_page import LessonPage, render_lesson
from courses.authoring.snippets import run_lessons, translation_problems
from courses.markup.problems import InvalidContentError
from courses.markup.rendering import Source
from courses.microtasks.definitions import Task, placeholder, plain_line

DOCS = Path(__file__).resolve().parents[3] / "docs" / "features" / "lesson-tasks.md"
PREPARATION = """
```python run
import numpy as np, shap
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
X = np.zeros((568, 30))
X_train = np.full((10, 1), 0.31)
model = DecisionTreeRegressor().fit([[0.0], [1.0]], [0.31, 0.31])
contributions, base = np.array([-0.5, -0.24]), 0.31
```
"""
FIRST = """
## What is asked {why-it-matters}

Ten words stand in front of the first of the tasks.

"""
LAST = """
## And then {method how-one-is-misled}

More of it.

## Try {check-yourself}

> Why?

Because.
"""


def documented(kind: str) -> list[str]:
    """Return the examples of the documentation that hold a task of this kind."""
    examples = re.findall(r"^````markdown\n(.*?)^````$", DOCS.read_text(), re.DOTALL | re.MULTILINE)
    return [one for one in examples if f"kind: {kind}\n" in one]


def page(tasks: str) -> LessonPage:
    """Return a lesson with these tasks as a page."""
    return render_lesson(FIRST + tasks + LAST, Source("lesson.md"))


def reasons(tasks: str) -> str:
    """Return why a lesson with these tasks is refused."""
    with pytest.raises(InvalidContentError) as refused:
        page(tasks)
    return str(refused.value)


def checked(tmp_path: Path, tasks: str) -> list[str]:
    """Return what is wrong with what these tasks claim."""
    path = tmp_path / "lesson.md"
    path.write_text("---\ntitle: A lesson\n---\n" + PREPARATION + tasks, encoding="utf-8")
    [ran] = run_lessons([path])
    return ran.problems()


PREDICT = """
```python run
print(2.5, 7)
```

```yaml task
id: how-many
kind: predict
prompt: How many?
answer: 7
tolerance: 0.5
explanation: Since *it is so*.
```

```text output
2.5 7
```
"""
FAULT = """
```yaml task
id: the-fault
kind: find-the-fault
prompt: Which line?
code: |
  total = 0
  for one in [1, 2]:
      total = one
  print(total)
fault: 3
lines:
  - line: 1
    explanation: It has to start somewhere.
fixed: total += one
output: |
  2
fixed_output: |
  3
explanation: It forgets.
```
"""
COMPLETE = """
```yaml task
id: the-sum
kind: complete-the-line
prompt: Complete it.
code: |
  print(sum([1, 2], ____))
answers: [start=1, "1"]
wrong:
  - text: "2"
    explanation: One more than needed.
output: |
  4
explanation: The second argument is where it starts.
```
"""
DEFEND = """
```yaml task
id: the-defence
kind: defend
prompt: Say why.
model: Because of *this*.
rubric: [names this, names that]
```
"""


@pytest.mark.parametrize("kind", ["predict", "find-the-fault", "complete-the-line", "defend"])
def test_the_examples_of_the_documentation_are_read(kind: str) -> None:
    """Authors copy them."""
    examples = documented(kind)

    assert examples
    for example in examples:
        before = "```python run\nprint(1)\n```\n\n" if example.startswith("```yaml") else ""
        if "printed:" in example:
            example = before + example + "\n```text output\n1\n```\n"  # noqa: PLW2901
        assert all(task.kind == kind for task in page(example).tasks)


def test_the_claims_of_the_documented_examples_hold(tmp_path: Path) -> None:
    """The sum is printed, the faulty code prints its shape, each answer completes the line."""
    kinds = ("predict", "find-the-fault", "complete-the-line")
    examples = [one for kind in kinds for one in documented(kind)]
    tasks = "\n".join(one for one in examples if "printed:" not in one)

    assert checked(tmp_path, tasks) == []


def test_a_task_stands_in_the_page_as_a_placeholder() -> None:
    """The page holds its place, the search its prompt; a predicted output is folded away."""
    rendered = page(PREDICT + FAULT + COMPLETE + DEFEND)

    for task in rendered.tasks:
        assert placeholder(task.id) in rendered.html
        assert Task.from_json(task.to_json()) == task
    assert "code-output" not in rendered.html
    assert "How many?" in rendered.text
    assert [task.form for task in rendered.tasks] == ["number", "choice", "line", "text"]
    assert rendered.tasks[0].block == "b1"
    assert rendered.tasks[0].output == "2.5 7\n"


def test_the_lines_of_a_fault_are_choices() -> None:
    """The fault is the right one; a line may have an explanation of its own."""
    [task] = page(FAULT).tasks

    assert [choice.id for choice in task.choices if choice.correct] == ["line-3"]
    assert [choice.explanation for choice in task.choices] == [
        "It has to start somewhere.", "", "", ""
    ]  # fmt: skip
    assert "total" in task.fixed


def test_the_time_to_the_first_task_is_that_of_the_text_before_it() -> None:
    """Fourteen words are read in 14 / 220 minutes; figures and code would count as well."""
    assert page(DEFEND).seconds_to_first_task == pytest.approx(60 * 14 / 220)
    assert page("").seconds_to_first_task is None


@pytest.mark.parametrize(
    ("tasks", "old", "new", "reason"),
    [
        (PREDICT, "kind: predict", "kind: guess", "'guess'"),
        (PREDICT, "answer: 7", "answer: seven", "answer"),
        (PREDICT, "prompt: How many?", "prompts: How many?", "prompt"),
        (PREDICT, "```text output\n2.5 7\n```", "", "stands between"),
        (PREDICT, "id: how-many", "id: [", "Invalid YAML"),
        (FAULT, "fault: 3", "fault: 5", "nothing on line 5"),
        (FAULT, "line: 1\n", "line: 9\n", "nothing on line 9"),
        (COMPLETE, "____", "_", "exactly one blank"),
        (COMPLETE, 'text: "2"', 'text: " start = 1 "', "accepted as right"),
        (DEFEND, "[names this, names that]", "[names this]", "rubric"),
        (DEFEND + DEFEND, "", "", "taken already"),
    ],
)
def test_a_task_that_cannot_be_asked_is_refused(
    tasks: str, old: str, new: str, reason: str
) -> None:
    """The report names the reason; nothing is loaded."""
    assert reason in reasons(tasks.replace(old, new))


@pytest.mark.parametrize(
    ("tasks", "old", "new", "reason"),
    [
        (PREDICT, "answer: 7", "answer: 8", "does not print 8"),
        (FAULT, "output: |\n  2", "output: |\n  5", "The code prints something else"),
        (FAULT, "fixed_output: |\n  3", "fixed_output: |\n  4", "The fixed code prints"),
        (FAULT, "total += one", "total += two", "NameError"),
        (COMPLETE, "[start=1,", "[start=2,", "With 'start=2' the code prints something else"),
        (COMPLETE, "[start=1,", "[stop=1,", "TypeError"),
    ],
)
def test_a_claim_that_the_code_does_not_bear_out_is_reported(
    tmp_path: Path, tasks: str, old: str, new: str, reason: str
) -> None:
    """Stated outputs are compared with what is printed, like those of the lesson's blocks."""
    assert checked(tmp_path, tasks) == []

    [problem] = checked(tmp_path, tasks.replace(old, new))

    assert reason in problem
    assert re.match(r".*lesson\.md:\d+: ", problem)


def test_a_choice_is_borne_out_by_what_the_block_prints(tmp_path: Path) -> None:
    """`printed` is looked for in the output."""
    tasks = PREDICT.replace(
        "answer: 7\ntolerance: 0.5",
        "choices:\n  - {id: a, text: A, explanation: x, correct: true}\n"
        '  - {id: b, text: B, explanation: y}\nprinted: "5 7"',
    )

    assert checked(tmp_path, tasks) == []
    assert "does not print '5 8'" in checked(tmp_path, tasks.replace('"5 7"', '"5 8"'))[0]


def test_answers_without_an_output_print_the_same(tmp_path: Path) -> None:
    """Two answers that give different results are not both right."""
    tasks = COMPLETE.replace("output: |\n  4\n", "").replace('"1"]', '"3"]')

    [problem] = checked(tmp_path, tasks)

    assert "something else than with the first" in problem


def test_a_translation_asks_the_same(tmp_path: Path) -> None:
    """Words may differ; ids, answers and roles may not."""
    original, translation = tmp_path / "lesson.md", tmp_path / "l10n" / "lesson.md"
    translation.parent.mkdir()
    text = "---\ntitle: A\n---\n" + FIRST + FAULT + DEFEND + LAST
    original.write_text(text)
    translation.write_text(text.replace("Which line?", "Quelle ligne ?").replace("And", "Et"))
    assert translation_problems(original, translation) == []

    translation.write_text(text.replace("fault: 3", "fault: 2"))
    assert "micro-tasks differ" in translation_problems(original, translation)[0]
    translation.write_text(text.replace("{method how", "{how"))
    assert "other roles" in translation_problems(original, translation)[0]


@pytest.mark.parametrize(
    ("typed", "accepted", "same"),
    [
        (" data = X ", "data=X", True),
        ('f("a")', "f('a')", True),
        ("x;", "x", True),
        ("not x", "notx", False),
        ("X", "x", False),
        ("a   in  b", "a in b", True),
        ("1 0", "10", False),
    ],
)
def test_completions_are_compared_without_what_means_nothing(
    typed: str, accepted: str, *, same: bool
) -> None:
    """Spaces around signs, quotes and a final semicolon do not count; names and numbers do."""
    assert (plain_line(typed) == plain_line(accepted)) is same
