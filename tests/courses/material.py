"""Small content trees for tests: real files, as authors write them."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LIGHT = '<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt"><g/></svg>'

FRONT = """\
---
title: {title}
summary: What {title} is about.
objectives: [See one thing, Say another, Do a third]
topics: [shap]
sources:
  - {{text: "Shapley, L. S. (1953). A value for n-person games.", url: "https://example.org/1953"}}
---
"""
BODY = """\

## Why it matters

Words before a formula $f(x) = x^2$ and a *reason*.

## Intuition

![Two bars, the upper one longer.](figures/bars.svg "Bars with $x$.")

## Method

$$\\phi_i = \\sum_{S} w(S)$$

| a | b |
|---|---|
| 1 | 2 |

## Code

```python run
print("zebra")
```

```text output
zebra
```

## How one is misled

By [links](https://example.org/).

## Check yourself

> What is $1 + 1$?

**Answer.** Two.

And still two.

> Another?

**Answer.** Yes.
"""
QUIZ = """\
pass_percent: 75
questions:
  - id: one
    kind: single
    prompt: Which *one*?
    choices:
      - {id: right, text: "The $r$ight", correct: true, explanation: "Because."}
      - {id: left, text: The left, explanation: "That is a mirror."}
      - {id: none, text: None of them, explanation: "One is."}
  - id: many
    kind: multiple
    prompt: Which ones?
    choices:
      - {id: a, text: A, correct: true, explanation: "A holds."}
      - {id: b, text: B, correct: true, explanation: "B holds."}
      - {id: c, text: C, explanation: "C does not."}
  - id: sum
    kind: numeric
    prompt: What is $2 \\cdot {a} + {b}$?
    draw: {a: [3, 5, 7, 11, 13], b: [20, 30, 40]}
    answer: 2 * a + b
    tolerance: 0.01
    unit: points
    explanation: Twice {a} and {b}.
    wrong:
      - {value: a + b, tolerance: 0.01, explanation: "You forgot to double {a}."}
  - id: steps
    kind: order
    prompt: In which order?
    items:
      - {id: first, text: First}
      - {id: second, text: Second}
      - {id: third, text: Third}
    explanation: One after the other.
"""


class Material:
    """A content folder that tests fill."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str) -> Path:
        """Write a file below the folder, its indentation taken away."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")
        return file

    def replace(self, path: str, old: str, new: str) -> int:
        """Replace a text that stands in a file and return its line."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert text.count(old) >= 1, f"{old!r} is not in {path}"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def course(
        self, slug: str = "tiny", *, lessons: int = 2, exercises: tuple[str, ...] = ("toy",)
    ) -> Material:
        """Write a whole course."""
        names = [f"{number:02d}-page-{number}" for number in range(1, lessons + 1)]
        parts = [f"  - lesson: {name}" for name in names]
        parts += [f"  - exercise: {exercise}" for exercise in exercises]
        lines = "\n".join(parts) if parts else "  []"
        self.write(
            f"courses/{slug}/course.yaml",
            "\n".join(
                [
                    f"title: The {slug} course",
                    f"summary: A {slug} course for tests.",
                    "description: |",
                    "  It has **parts**.",
                    "level: beginner",
                    'version: "1.0"',
                    "language: en",
                    "author: {name: The authors, about: They write.}",
                    "topics: [shap, lime]",
                    "careers: [researcher]",
                    "skills: [Do this, Do that]",
                    "prerequisites: [Patience]",
                    "parts:",
                    lines,
                    "",
                ]
            ),
        )
        for number, name in enumerate(names, start=1):
            self.lesson(f"courses/{slug}/{name}", f"Page {number}")
        for exercise in exercises:
            self.write(
                f"exercises/{exercise}/exercise.yaml",
                f"title: The {exercise} exercise\nsummary: Try it.\nminutes: 30\n",
            )
        return self

    def lesson(self, folder: str, title: str) -> None:
        """Write a lesson with its quiz and figure."""
        (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / folder / "lesson.md").write_text(FRONT.format(title=title) + BODY)
        (self.root / folder / "quiz.yaml").write_text(QUIZ)
        for theme in ("light", "dark"):
            self.write(
                f"{folder}/figures/bars.{theme}.svg", LIGHT.replace("<g/>", f"<!--{theme}-->")
            )

    def path(self, slug: str = "path", courses: tuple[str, ...] = ("tiny",)) -> None:
        """Write a path."""
        self.write(
            f"paths/{slug}.yaml",
            f"slug: {slug}\ntitle: The path\nsummary: In order.\ncourses: [{', '.join(courses)}]\n"
            "text: |\n  ## What it is\n\n  A path.\n",
        )


def right_answers() -> dict[str, object]:
    """Return right answers to the quiz, but for the number, which is drawn."""
    return {"one": "right", "many": ["a", "b"], "steps": ["first", "second", "third"]}
