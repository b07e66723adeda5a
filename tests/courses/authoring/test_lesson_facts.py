"""What the lessons conclude, asked of their own code.

That a lesson prints what it shows is tested elsewhere. Here its conclusions are: each test runs the
code blocks of one lesson, and then a probe of its own in the same namespace.
"""

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from courses.authoring.programs import models_environment

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
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "data").symlink_to(CHECKOUT / "content" / "data")
        run = subprocess.run(
            [str(PYTHON), "-W", "ignore", "-c", RUN_AND_ASK],
            input=json.dumps({"blocks": BLOCK.findall(text), "probe": probe}),
            capture_output=True, text=True, timeout=300, check=False, cwd=scratch,
            env={**os.environ, **models_environment(), "OMP_NUM_THREADS": "1"},
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
    lesson = "inside-deep-networks/08-attention"
    found = facts(
        lesson,
        """
import numpy as np
split = own + parts.sum(axis=(1, 2))
praised = x_new[[1]].copy()
praised[:, 4] = encode([["lovely"]])[0, 0]
facts = {
    "praised": margin(praised)[0],
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
    assert found["praised"] > 0
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
fall = model.predict(homes.assign(rooms=6.0)) - model.predict(homes.assign(rooms=4.0))
facts = {
    "by_hand": by_hand, "shown": list(np.diff(local)), "share": share,
    "of_small_homes": fall[homes["size"] < 80].sum() / fall.sum(),
}
""",
    )

    assert found["shown"] == pytest.approx(found["by_hand"])
    assert found["by_hand"] == pytest.approx([21.6, 13.9, 12.3, 7.8, -7.4], abs=0.05)
    assert found["share"] == pytest.approx(0.25, abs=0.02)
    assert found["of_small_homes"] > 0.5
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
        "interpretability-at-work/06-explaining-to-others",
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
    lesson = "interpretability-at-work/08-monitoring-and-drift"
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
    assert found["flipped"][0] > 0.2
    assert max(abs(share) for share in found["flipped"][1:]) < 0.1
    text = prose(lesson).split("{why-it-matters}")[1]
    assert all(name in text for name in ("Gama", "Siddiqi", "Rabanser", "Lundberg", "Sculley"))


def test_the_mean_only_of_the_conformal_lesson_is_the_mean() -> None:
    """The poor model of the comparison predicts the training mean for every row."""
    found = facts(
        "interpretability-at-work/11-conformal-prediction-and-testing",
        """
poor = models["mean only"]().fit(X[:200], y[:200]).predict(X)
facts = {"largest": np.abs(poor - y[:200].mean()).max()}
""",
    )

    assert found["largest"] < 1e-9


def test_the_published_tcav_test_passes_meaningless_concepts() -> None:
    """Random image sets and a t-test as published; sets without meaning pass far too often."""
    lesson = "inside-deep-networks/09-probes-and-concepts"
    found = facts(
        lesson,
        """
facts = {
    "meaningless": np.mean(nothing), "loop": int(rejected(with_loop).sum()),
    "runs_differ_in_random_images": bool(scores(np.arange(60)).std(axis=0).max() > 0),
}
""",
    )

    assert found["runs_differ_in_random_images"]
    assert found["loop"] >= 8
    assert found["meaningless"] > 0.2
    assert "shuffled labels.\n\n**Feature" in prose(lesson)
    assert "from the same images with shuffled labels" not in prose(lesson)


def test_sparsity_and_agreement_of_seeds_need_no_truth_and_point_the_right_way() -> None:
    """The best reconstruction has the densest features and no agreement; directions have names."""
    lesson = "inside-deep-networks/12-patching-and-sparse-features"
    found = facts(
        lesson,
        """
facts = {}
for penalty in (0.01, 0.3):
    first, second = trained[penalty, 48], autoencoder(48, penalty, seed=1)
    f = encode(first, a)
    facts[str(penalty)] = {
        "l0": (f > 0.001).sum(axis=1).mean(),
        "agreement": ((first["U"] @ second["U"].T).max(axis=1) > 0.9).mean(),
        "unexplained": ((f @ first["U"] + first["c"] - a) ** 2).sum(),
        "found": int(((true @ first["U"].T).max(axis=1) > 0.9).sum()),
    }
""",
    )
    dense, sparse = found["0.01"], found["0.3"]

    assert dense["unexplained"] < sparse["unexplained"]
    assert dense["found"] < sparse["found"]
    assert dense["l0"] > sparse["l0"]
    assert dense["agreement"] < sparse["agreement"]
    text = prose(lesson)
    assert all(word in text for word in ("**Denoising**", "**Noising**", "corrupted", "L0"))


def test_the_randomisation_check_is_taught_with_its_published_criticism() -> None:
    """Both critics are cited where the check's limits are named."""
    text = prose("inside-deep-networks/03-gradients-and-saliency").split("{how-one-is-misled}")[1]

    assert "Yona and Greenfeld (2021)" in text
    assert "Binder and colleagues (2023)" in text


def test_conditional_shares_of_a_linear_model_come_from_the_impute_masker() -> None:
    """`shap.maskers.Impute` gives the lesson's conditional shares within the table's noise."""
    lesson = "shapley-values/03-what-missing-means"
    found = facts(
        lesson,
        """
facts = {"library": list(explainer.shap_values(x[None])[0]),
         "by_hand": list(shapley(conditional(score))), "masker": type(masker).__name__}
""",
    )

    assert found["masker"] == "Impute"
    assert found["library"] == pytest.approx(found["by_hand"], abs=0.08)
    assert "another package" not in prose(lesson).split("shap.maskers.Impute")[0]


def test_shap_returns_zeros_for_interactions_against_a_background() -> None:
    """What the lesson says about the silent zeros is what the installed library does."""
    lesson = "shapley-values/07-interactions"
    found = facts(
        lesson,
        """
facts = {"with": np.abs(asked).max(), "without": np.abs(values).max(),
         "game": with_background.feature_perturbation}
""",
    )

    assert found["game"] == "interventional"
    assert found["with"] == 0
    assert found["without"] > 1
    assert "no exception is raised" in prose(lesson)


def test_importance_of_a_linear_column_holds_with_correlation_and_refitting_does_not() -> None:
    """Shuffling costs twice the coefficient's square times the variance, correlated or not."""
    found = facts(
        "explaining-any-model/02-permutation-importance",
        """
column = "adverts"
rest = X_train.drop(columns=column)
slope = linear.coef_[list(X_test).index(column)]
rises = [shuffled_loss(linear, X_test, y_test, [column], rng) - start for _ in range(100)]
refit = LinearRegression().fit(rest, y_train)
facts = {
    "correlation": X_train[column].corr(X_train["clicks"]),
    "shuffling": np.mean(rises), "formula": 2 * slope**2 * X_test[column].var(),
    "refit": np.mean((y_test - refit.predict(X_test[rest.columns])) ** 2) - start,
}
""",
    )

    assert found["correlation"] > 0.95
    assert found["shuffling"] == pytest.approx(found["formula"], rel=0.05)
    assert found["refit"] < 0.05 * found["formula"]


def test_the_size_of_a_tree_is_chosen_without_the_test_rows() -> None:
    """The choice follows from cross-validation; the test rows are used once, for the chosen one."""
    text = (COURSES / "transparent-models/03-trees-and-rules/lesson.md").read_text(encoding="utf-8")
    [pruning] = [code for code in BLOCK.findall(text) if "ccp_alpha=alpha" in code]

    assert pruning.count("X_test") == 1
    assert pruning.index("chosen = ") < pruning.index("X_test")


@pytest.mark.parametrize("language", ["courses", "l10n/fr/courses"])
def test_names_and_terms_of_the_field_are_right(language: str) -> None:
    """XAI is older than DARPA's programme; gaps have their names; wines have cultivars."""
    history, gaps, wines = (
        prose(f"../{language}/foundations/{lesson}")
        for lesson in (
            "02-black-boxes", "05-collecting-and-cleaning-data", "04-python-you-need",
        )
    )  # fmt: skip

    assert "van Lent, Fisher" in history
    assert all(f"({name}" in gaps for name in ("MCAR", "MAR", "MNAR"))
    assert "cultivar" in wines
    assert "grower" not in wines
    assert "producteur" not in wines


def test_no_lesson_prints_a_statistic_called_spread() -> None:
    """A standard deviation, a relative distance and a MAD are called what they are."""
    outputs = {
        path.parent.name: re.findall(r"```text output\n(.*?)```", path.read_text(), re.DOTALL)
        for path in COURSES.glob("*/*/lesson.md")
    }

    assert [name for name, shown in outputs.items() if "spread" in "".join(shown)] == []
    noun = re.compile(r"\b(?:a|the|The) spreads?\b|\bspread of\b")
    quizzes = COURSES.glob("*/*/quiz.yaml")
    assert [path.parent.name for path in quizzes if noun.search(path.read_text())] == []
