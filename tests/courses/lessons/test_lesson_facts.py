"""What the lessons conclude, asked of their own code.

That a lesson prints what it shows is tested elsewhere. Here its conclusions are: each test runs the
code blocks of one lesson, and then a probe of its own in the same namespace.
"""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[3]
COURSES = CHECKOUT / "content" / "courses"
PYTHON = os.environ.get("WHYBOX_SANDBOX_PYTHON") or CHECKOUT / ".venv-sandbox" / "bin" / "python"
BLOCK = re.compile(r"```python run\n(.*?)```", flags=re.DOTALL)
RUN_AND_ASK = """
import contextlib, io, json, sys
asked, names = json.load(sys.stdin), {}
with contextlib.redirect_stdout(io.StringIO()):
    for code in asked["blocks"]:
        exec(code, names)
exec(asked["probe"], names)
print(json.dumps(names["facts"], default=float))
"""


def prose(lesson: str) -> str:
    """Return the text of a lesson without its code and outputs."""
    text = (COURSES / lesson / "lesson.md").read_text(encoding="utf-8")
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def facts(lesson: str, probe: str) -> dict[str, Any]:
    """Run a lesson's code, then the probe, and return the `facts` that the probe sets."""
    text = (COURSES / lesson / "lesson.md").read_text(encoding="utf-8")
    run = subprocess.run(
        [str(PYTHON), "-W", "ignore", "-c", RUN_AND_ASK],
        input=json.dumps({"blocks": BLOCK.findall(text), "probe": probe}),
        capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def right_choices(lesson: str, question: str) -> list[str]:
    """Return the texts of the right choices of a quiz question."""
    quiz = yaml.safe_load((COURSES / lesson / "quiz.yaml").read_text(encoding="utf-8"))
    [asked] = [one for one in quiz["questions"] if one["id"] == question]
    return [choice["text"] for choice in asked["choices"] if choice.get("correct")]


def test_the_attended_word_carries_the_margin_and_has_substitutes() -> None:
    """The exact split and the replacement disagree, and text and quiz say which says what."""
    lesson = "inside-deep-networks/05-attention"
    found = facts(
        lesson,
        """
import numpy as np
split = own + parts.sum(axis=(1, 2))
facts = {
    "exact": bool(np.allclose(split, margin(x_new))),
    "plot": parts[1, 1, 5], "margin": margin(x_new)[1], "replaced": effect[1, 4],
    "word": new_texts[1][4],
    "share": most.mean() / margin(x_new)[rows].mean(),
    "replaced_fillers": effect[rows, words_read[rows]][neutral].mean(),
}
""",
    )

    assert found["exact"]
    assert found["word"] == "plot"
    assert found["plot"] < found["margin"] < -10
    assert abs(found["replaced"]) < 2
    assert found["share"] > 0.9
    assert abs(found["replaced_fillers"]) < 1
    assert "no influence at all" not in prose(lesson)
    assert "other words would have brought nearly the same" in right_choices(lesson, "plot-word")[0]


def test_ale_of_a_count_uses_both_neighbours_of_a_step() -> None:
    """The curve falls from five rooms to six, for each step is taken from both of its ends."""
    lesson = "explaining-any-model/04-ale-and-interactions"
    found = facts(
        lesson,
        """
import numpy as np
by_hand = []
for low in range(1, 6):
    near = homes[homes["rooms"].isin([low, low + 1])]
    moved = [model.predict(near.assign(rooms=float(low + up))).mean() for up in (0, 1)]
    by_hand.append(moved[1] - moved[0])
share, deviation = h_squared(model.predict, sample, "shoe_size", "door")
facts = {"by_hand": by_hand, "shown": list(np.diff(local)), "share": share}
""",
    )

    assert found["shown"] == pytest.approx(found["by_hand"])
    assert found["by_hand"] == pytest.approx([21.6, 13.9, 12.3, 7.8, -7.4], abs=0.05)
    assert found["share"] == pytest.approx(0.25, abs=0.02)
    assert "a quarter of its small variance" in prose(lesson)
    assert "half of nearly nothing" not in prose(lesson)
