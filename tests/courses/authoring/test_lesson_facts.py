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


def test_models_tried_on_the_same_rows_are_compared_in_pairs() -> None:
    """The paired difference of logistic regression and boosting excludes zero; bars overlap."""
    lesson = "transparent-models/04-scoring-systems-and-rule-lists"
    found = facts(
        lesson,
        """
first, second = "logistic, 10 raw columns", "gradient boosting"
gaps = drawn[first] - drawn[second]
facts = {
    "gap": found[first] - found[second], "interval": list(np.quantile(gaps, (0.025, 0.975))),
    "by_sklearn": roc_auc_score(outcome, rivals[first]), "by_ranks": found[first],
    "overlap": drawn[first].std() + drawn[second].std() > (found[first] - found[second]) / 2,
    "corrected": (largest >= (found[first] - found[second]) / gaps.std()).mean(),
}
facts["overlap"] = bool(facts["overlap"])
""",
    )

    assert found["by_ranks"] == pytest.approx(found["by_sklearn"])
    assert found["gap"] == pytest.approx(0.050, abs=0.0005)
    assert found["interval"] == pytest.approx([0.016, 0.088], abs=0.002)
    assert found["overlap"]
    assert 0.02 < found["corrected"] < 0.08
    assert "cannot be ranked" not in prose(lesson)
    assert "excludes zero" in right_choices(lesson, "why-not-rank")[0]


def test_lime_draws_its_samples_from_the_training_data_not_near_the_row() -> None:
    """The samples' quarters are the training data's; Foundations and the later quiz agree."""
    found = facts(
        "foundations/08-lime-in-ten-minutes",
        """
seen = []
LimeTabularExplainer(X_train, random_state=0).explain_instance(
    X_test[row], lambda rows: (seen.append(rows), model.predict_proba(rows))[1], num_samples=5000
)
drawn = seen[0][1:]
quarters = np.quantile(X_train, (0.25, 0.5, 0.75), axis=0)
own = (X_test[row] > quarters).sum(axis=0)
facts = {"same_quarter": ((drawn[:, None] > quarters).sum(axis=1) == own).mean()}
""",
    )

    assert found["same_quarter"] == pytest.approx(0.25, abs=0.02)
    for lesson in ("courses", "l10n/fr/courses"):
        text = prose(f"../{lesson}/foundations/08-lime-in-ten-minutes")
        assert not re.search(r"many rows near it|beaucoup de lignes autour", text)
    [drawn_from] = right_choices(
        "explaining-any-model/05-lime-on-tables", "where-samples-come-from"
    )
    assert "training data" in drawn_from


def test_the_map_says_what_each_method_needs_besides_predictions() -> None:
    """Permutation importance needs outcomes, SHAP and LIME need rows; none is predictions only."""
    source = (COURSES / "explaining-any-model/01-a-map-of-methods/figures.py").read_text()
    needs = dict(re.findall(r'\("([^"]+)", [\d.]+, [\d.]+, "(\w+)"\)', source))

    assert {needs[name] for name in ("SHAP", "LIME", "PDP, ALE", "anchors")} == {"rows"}
    assert needs["permutation importance"] == "outcomes"
    assert needs["influential instances"] == "fit"
    assert "predictions only" not in source


def test_the_sentence_orders_negative_shares_as_it_orders_positive_ones() -> None:
    """Two shares that keep their order in every refit are ordered, whatever their sign."""
    found = facts(
        "interpretability-at-work/05-explaining-to-others",
        """
def two(sign, rows):
    return "no order" in sentence(0.5, sign * np.array([0.2, 0.1, 0, 0]), sign * rows)


zero = np.zeros((40, 2))
apart = np.hstack([np.tile([0.2, 0.1], (40, 1)), zero])
wide = np.hstack([np.linspace(0.1, 0.3, 40)[:, None] + [0.0, -0.05], zero])
mixed = np.hstack([np.tile([[0.2, 0.1], [0.1, 0.2]], (20, 1)), zero])
facts = {
    name: [bool(two(sign, rows)) for sign in (1, -1)]
    for name, rows in (("apart", apart), ("paired", wide), ("mixed", mixed))
}
""",
    )

    assert found == {"apart": [False] * 2, "paired": [False] * 2, "mixed": [True] * 2}


def test_works_that_the_monitoring_lesson_cites_are_taught_there() -> None:
    """The loss explained names the feature that failed; each source is used in the text."""
    lesson = "interpretability-at-work/07-monitoring-and-drift"
    found = facts(
        lesson,
        """
phi, loss = loss_shares(*customers(300, flipped=True))
rows, labels = customers(50)
shares, mean = loss_shares(rows, labels)
p = model.predict_proba(np.vstack([rows, background]))[:, 1]
each = -np.log(np.where(labels == 1, p[:50], 1 - p[:50]))
empty = np.array([-np.log(np.where(one == 1, p[50:], 1 - p[50:])).mean() for one in labels])
facts = {
    "flipped": list(phi.mean(axis=0)), "adds_up": np.abs(shares.sum(axis=1) - (each - empty)).max()
}
""",
    )

    assert found["adds_up"] < 1e-9
    assert found["flipped"][0] > 0.3
    assert max(abs(share) for share in found["flipped"][1:]) < 0.1
    text = prose(lesson).split("## Why it matters")[1]
    assert all(name in text for name in ("Gama", "Siddiqi", "Rabanser", "Lundberg", "Sculley"))


def test_the_mean_only_of_the_conformal_lesson_is_the_mean() -> None:
    """The poor model of the comparison predicts the training mean for every row."""
    found = facts(
        "interpretability-at-work/09-conformal-prediction-and-testing",
        """
poor = models["mean only"]().fit(X[:200], y[:200]).predict(X)
facts = {"largest": np.abs(poor - y[:200].mean()).max()}
""",
    )

    assert found["largest"] < 1e-9
