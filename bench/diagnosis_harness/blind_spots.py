"""Write what each exercise declares that its grading cannot see into the learners' page.

python -m bench.diagnosis_harness.blind_spots [content/] [--page FILE]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grader.__main__ import exercise_folders
from grader.exercise import load_exercise

PAGE = Path("docs/features/what-grading-can-see.md")
BEGIN, END = "<!-- blind spots: begin -->", "<!-- blind spots: end -->"


def declared(content: Path) -> str:
    """Return the blind spots of all exercises as Markdown."""
    lines = []
    for folder in exercise_folders(content):
        exercise = load_exercise(folder)
        if exercise.blind_spots:
            lines += [f"**{exercise.title}**", ""]
            lines += [f"- {spot}" for spot in exercise.blind_spots] + [""]
    return "\n".join(lines)


def main() -> int:
    """Replace the generated part of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("content", type=Path, nargs="?", default=Path("content"))
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    before, _, rest = options.page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    text = f"{before}{BEGIN}\n\n{declared(options.content)}\n{END}{after}"
    options.page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
