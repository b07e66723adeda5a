"""What the projects' own checks refuse, and what they pass on to the reviewer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from grader.author_code import author_code
from grader.exercise import load_exercise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from grader.criteria import Finding

    Answers = dict[str, NDArray[Any]]

pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
"""Importing shap sets up colour maps in a way that matplotlib deprecates."""
EXERCISES = Path(__file__).parents[2] / "content" / "exercises"


class Project:
    """The functions of one project's reference, with the visible parameters."""

    def __init__(self, slug: str) -> None:
        self.exercise = load_exercise(EXERCISES / slug)
        self.parameters: Mapping[str, Any] = self.exercise.visible_parameters
        self.code = author_code(self.exercise)
        right = self.code.reference(dict(self.parameters), 0)
        self.answers: Answers = {name: np.asarray(value) for name, value in right.items()}

    def says(self, function: str, **changes: Any) -> Finding | bool:
        """What one of the author's functions finds of the reference's answers with changes."""
        found: Finding | bool = getattr(self.code, function)(
            dict(self.parameters), {**self.answers, **changes}
        )
        return found

    def finding(self, function: str, **changes: Any) -> Finding:
        """The same where it is a finding."""
        found = self.says(function, **changes)
        assert not isinstance(found, bool)
        return found


def test_nearly_identical_techniques_are_shown_to_the_reviewer() -> None:
    """A technique that is another with noise passes, with a note that names both."""
    project = Project("project-compare-techniques")
    attributions = project.answers["attributions"]
    size = np.abs(attributions[0]).mean()
    noise = np.random.default_rng(1).normal(0, 0.2 * size, attributions[0].shape)
    alike = np.concatenate([attributions, attributions[:1] + noise])
    methods = np.array([*project.answers["methods"], "twin"])
    found = project.finding("different", attributions=alike, methods=methods)
    assert found.passed
    assert "TreeSHAP and twin" in str(found.facts["note"])


def test_techniques_of_the_wrong_sign_do_not_speak_of_the_model() -> None:
    """Sizes alone are not enough: positive values have to speak for a higher output."""
    project = Project("project-compare-techniques")
    attributions = project.answers["attributions"]
    assert project.says("about_the_model")
    assert project.says("about_the_model", attributions=1000 * attributions)
    assert not project.says("about_the_model", attributions=-attributions)


def test_a_black_box_that_is_the_prediction_with_noise_is_shown_to_the_reviewer() -> None:
    """Noise on one's own prediction is no other model; the reviewer is told."""
    project = Project("project-interpretable-model")
    prediction = project.answers["prediction"]
    noise = np.random.default_rng(1).normal(0, 0.02, prediction.shape)
    held_out = project.code._held_out(dict(project.parameters), project.answers)[1]
    noisy = prediction + noise
    cost = project.code._skill(held_out, noisy) - project.code._skill(held_out, prediction)
    found = project.finding("cost_is_right", black_box=noisy, cost=np.asarray(cost))
    assert found.passed
    assert "as noise does" in str(found.facts["note"])
    assert "note" not in project.finding("cost_is_right").facts


def test_contributions_lie_between_the_least_and_the_largest_marginal_one() -> None:
    """Shapley values do; a random split of the same sums, or a value just beyond, does not."""
    project = Project("project-interactive-visualisation")
    contributions = project.answers["contributions"]
    assert project.finding("within_marginals").passed
    total = contributions.sum(axis=1, keepdims=True)
    moving = contributions != 0
    shares = np.random.default_rng(1).normal(size=contributions.shape) * moving
    split = shares * total / shares.sum(axis=1, keepdims=True)
    assert not project.finding("within_marginals", contributions=split).passed
    scenario = tuple(project.code._scenarios(dict(project.parameters))[0])
    low, high = project.code._marginals(scenario)
    for edge, beyond in ((low, -1.0), (high, 1.0)):
        at_edge, past = contributions.copy(), contributions.copy()
        at_edge[0], past[0] = edge, edge + beyond
        assert project.finding("within_marginals", contributions=at_edge).passed
        assert not project.finding("within_marginals", contributions=past).passed


def test_values_of_one_technique_under_the_name_of_another_are_refused() -> None:
    """TreeSHAP's own values called LIME, or an ablation called SHAP, are wrong for certain."""
    project = Project("project-compare-techniques")
    assert project.finding("different").passed
    for names in (
        ["LIME", "ablation", "noisy TreeSHAP"],
        ["TreeSHAP", "KernelSHAP", "noisy TreeSHAP"],
        ["ablation", "TreeSHAP", "noisy TreeSHAP"],
    ):
        found = project.finding("different", methods=np.array(names))
        assert not found.passed
        assert "Do names and values belong?" in str(found.facts["what"])
    # Names that say nothing, or that the values may have, are the reviewer's to read.
    for names in (["A", "B", "C"], ["arbre", "one feature becomes average, no SHAP", "C"]):
        assert project.finding("different", methods=np.array(names)).passed


def test_a_segment_that_is_no_rule_is_shown_to_the_reviewer() -> None:
    """A rule on features, or all but a rule, has no note; rows chosen by their errors have one."""
    project = Project("project-interpretable-model")
    answers = project.answers
    test, target = project.code._held_out(dict(project.parameters), answers)
    loss = (target - answers["prediction"]) ** 2

    def note(segment: NDArray[np.bool_]) -> str:
        errors = np.array([loss[segment].mean(), loss[~segment].mean()])
        found = project.finding("segment_is_right", segment=segment, segment_error=errors)
        assert found.passed
        return str(found.facts.get("note", ""))

    tenure, fee = test[:, 1], test[:, 0]
    assert not note(tenure < 6)
    assert not note((tenure < 4) | (fee > 70))
    assert "chosen by features?" in note(loss > np.quantile(loss, 0.8))
    turned = tenure < 6
    turned[np.flatnonzero(tenure > 20)[0]] = True
    assert "chosen by features?" in note(turned)


@pytest.fixture
def behaviour() -> Project:
    """Return the project that explains a behaviour, with its own answer on the Austen model."""
    return Project("project-explain-a-behaviour")


def test_scores_are_asked_of_the_network_again(behaviour: Project) -> None:
    """Rounded scores pass; those of another component, or of the target alone, do not."""
    answers = behaviour.answers
    checks = {
        "scores": "scores_are_right",
        "altered_scores": "altered_are_right",
        "ablated": "ablated_are_right",
        "test_scores": "tests_are_right",
    }
    for name, check in checks.items():
        assert behaviour.finding(check).passed
        assert behaviour.finding(check, **{name: answers[name].round(3)}).passed
        assert not behaviour.finding(check, **{name: answers[name] + 0.2}).passed
    assert not behaviour.finding("ablated_are_right", ablated=answers["scores"]).passed


def test_each_control_is_asked_about(behaviour: Project) -> None:
    """Whichever of the five has other scores, it is found; as with one control's for all."""
    scores = behaviour.answers["control_scores"]
    assert behaviour.finding("controls_are_right").passed
    assert behaviour.finding("controls_are_right", control_scores=scores.round(3)).passed
    for number in range(len(scores)):
        others = scores.copy()
        others[number] += 0.2
        found = behaviour.finding("controls_are_right", control_scores=others)
        assert f"without control {number}" in str(found.facts["what"])
    last = np.broadcast_to(scores[-1], scores.shape)
    assert not behaviour.finding("controls_are_right", control_scores=last).passed


def test_a_removal_that_moves_a_cosine_by_little_is_seen(behaviour: Project) -> None:
    """MiniLM's scores are differences of cosines, of which a head takes a few thousandths."""
    text, between = "The {} were {} that day.", ("It was good.", "It was bad.")
    pairs = (("rooms", "lovely"), ("dishes", "charming"), ("songs", "wonderful"), ("films", "fine"))
    cases = [(text.format(*pair), *between) for pair in pairs]
    whole, without = (
        np.array([behaviour.code._score("minilm", case, units) for case in cases])
        for units in ((), ((2, 5),))
    )
    answers = {
        "model": np.asarray("minilm"),
        "cases": np.array(cases),
        "component": np.array([[2, 5]]),
    }
    assert behaviour.finding("ablated_are_right", **answers, ablated=without.round(3)).passed
    assert not behaviour.finding("ablated_are_right", **answers, ablated=whole).passed


def test_controls_are_those_that_the_seed_draws(behaviour: Project) -> None:
    """Neither chosen ones pass nor those of another seed."""
    assert behaviour.says("controls_are_drawn")
    assert not behaviour.says("controls_are_drawn", controls=behaviour.answers["controls"][::-1])
    other = behaviour.code._drawn("austen", ((1, 3),), behaviour.parameters["seed"] + 1)
    assert not behaviour.says("controls_are_drawn", controls=other)


def test_the_units_of_a_control_stand_in_any_order(behaviour: Project) -> None:
    """What is left without them is the same; controls in another order are other ones."""
    component = np.array([[1, 3], [0, 1]])
    drawn = behaviour.code._drawn("austen", ((1, 3), (0, 1)), behaviour.parameters["seed"])
    assert behaviour.says("controls_are_drawn", component=component, controls=drawn[:, ::-1])
    assert not behaviour.says("controls_are_drawn", component=component, controls=drawn[::-1])


def test_a_claim_that_fails_passes_if_it_is_said(behaviour: Project) -> None:
    """What holds follows from the numbers; a failure is shown to the reviewer."""
    assert behaviour.finding("conclusions_follow").facts == {}
    promised = np.asarray(1.0)
    lost = np.array([0.5, 0.1, 0.2, 0.0, 0.0, 0.0])
    wished = behaviour.finding("conclusions_follow", least=promised, lost=lost)
    said = np.array([True, False, True])
    honest = behaviour.finding("conclusions_follow", least=promised, lost=lost, holds=said)
    assert not wished.passed
    assert honest.passed
    assert "the component" in str(honest.facts["note"])


def test_shares_follow_from_scores_that_were_rounded_after_them(behaviour: Project) -> None:
    """With cosines that differ by little too; shares of all cases, or of another part, do not."""
    generator = np.random.default_rng(0)
    scores = generator.normal(0.05, 0.02, 16)
    kept = np.array([0.5, 0.9, 0.95, 1.0, 0.92, 1.05])[:, None]
    left = kept * scores + generator.normal(0, 0.005, (6, 16))
    small = {"model": np.asarray("minilm"), "scores": scores, "ablated": left[0]}
    small["control_scores"] = left[1:]
    lost = behaviour.code.lost_by_own_numbers(dict(behaviour.parameters), small)
    rounded = {name: small[name].round(3) for name in ("scores", "ablated", "control_scores")}
    assert behaviour.says("lost_follows", **small, lost=lost)
    assert behaviour.says("lost_follows", **{**small, **rounded}, lost=lost)
    over_all = 1 - left.mean(axis=1) / scores.mean()
    assert not behaviour.says("lost_follows", **{**small, **rounded}, lost=over_all)
    assert not behaviour.says("lost_follows", **small, lost=lost[::-1])
    assert behaviour.says("lost_follows")
    assert not behaviour.says("lost_follows", lost=behaviour.answers["lost"] + 0.02)


def test_what_the_network_cannot_be_asked_is_said(behaviour: Project) -> None:
    """Components of two kinds, targets that are the foil, scenes that are none, long texts."""
    answers = behaviour.answers
    mixed = np.array([[1, 3], [2, -1]])
    assert "of one kind" in str(behaviour.finding("complete", component=mixed).facts["what"])
    outside = np.array([[4, 0]])
    assert "of one kind" in str(behaviour.finding("complete", component=outside).facts["what"])
    same = answers["cases"].copy()
    same[:, 2] = same[:, 1]
    assert "are the same" in str(behaviour.finding("scores_are_right", cases=same).facts["what"])
    picture = {"model": np.asarray("efficientnet"), "cases": np.array([["cat", "285", "967"]] * 14)}
    assert "is no scene" in str(behaviour.finding("scores_are_right", **picture).facts["what"])
    long = np.array(["word " * 100] * len(answers["cases"]))
    assert "400 characters" in str(behaviour.finding("complete", altered=long).facts["what"])


def test_a_test_is_no_case_and_a_claim_is_a_sentence(behaviour: Project) -> None:
    """Texts that were seen cannot refute, and one word promises nothing."""
    answers = behaviour.answers
    seen = behaviour.finding("tests_are_right", tests=answers["cases"][:6])
    assert "among your cases" in str(seen.facts["what"])
    tests = answers["tests"].copy()
    tests[1], tests[3] = tests[0], tests[2]
    same = behaviour.finding("tests_are_right", tests=tests, test_scores=answers["test_scores"])
    assert "are the same" in str(same.facts["what"])
    turned = answers["tests"].copy()
    turned[1] = turned[0][[0, 2, 1]]
    assert "are the same" in str(behaviour.finding("tests_are_right", tests=turned).facts["what"])
    assert behaviour.finding("stated").passed
    assert not behaviour.finding("stated", claim=np.asarray("Attention.")).passed
    assert not behaviour.finding("stated", rival=answers["claim"]).passed
    assert not behaviour.finding("stated", least=np.asarray(0.01)).passed


@pytest.fixture
def feature() -> Project:
    """Return the exercise that reads one feature of the sparse autoencoder."""
    return Project("read-an-sae-feature")


def test_a_rule_has_to_carry_over(feature: Project) -> None:
    """Frequent words have no recall, a rare one no strength; shares belong to the rule."""
    assert feature.finding("rule_holds").passed
    assert not feature.finding("rule_holds", rule=np.array(["the", "of", "letter"])).passed
    assert not feature.finding("rule_holds", rule=np.array(["printed"])).passed
    assert not feature.finding("rule_holds", rule=np.array(["letter"] * 2)).passed
    nine = np.array([f"letter{number}" for number in range(9)])
    assert not feature.finding("rule_holds", rule=nine).passed
    exchanged = feature.finding("quality_is_right", quality=feature.answers["quality"][[1, 0, 2]])
    assert "exchanged" in str(exchanged.facts["what"])
    where_made = feature.code.mistake_same_passages(dict(feature.parameters), 0)
    found = feature.finding("quality_is_right", **where_made)
    assert "not in those held out" in str(found.facts["what"])


def test_any_control_that_is_like_the_feature_passes(feature: Project) -> None:
    """Every one of the possible controls; not the feature, a dead one, or a number beyond."""
    controls = feature.code._controls(dict(feature.parameters))
    for control in (controls[0], controls[-1]):
        assert feature.says("control_is_alive", control=np.asarray(control))
        assert feature.finding("control_is_alike", control=np.asarray(control)).passed
    own = np.asarray(feature.parameters["feature"])
    assert "itself" in str(feature.finding("control_is_alike", control=own).facts["what"])
    dead = feature.code.mistake_dead_control(dict(feature.parameters), 0)
    for nothing in (dead["control"], np.asarray(-1), np.asarray(512)):
        assert not feature.says("control_is_alive", control=nothing)
    beyond = {"control": np.asarray(512), "control_effects": np.zeros(8)}
    assert not feature.says("control_effects_are_right", **beyond)


def test_a_control_may_be_taken_off_at_the_special_positions_too(feature: Project) -> None:
    """Feature 277 is active at [CLS] of every passage: its effects pass with and without."""
    asked = (feature.parameters["feature"], feature.parameters["seed"], 277)
    within, everywhere = (
        feature.code._removed(*asked, everywhere=everywhere)[0] for everywhere in (False, True)
    )
    assert 277 in feature.code._controls(dict(feature.parameters))
    assert np.abs(within - everywhere).max() > np.abs(within).max()
    for effects in (within, everywhere):
        own = {"control": np.asarray(277), "control_effects": effects}
        assert feature.says("control_effects_are_right", **own)
    between = {"control": np.asarray(277), "control_effects": (within + everywhere) / 2}
    assert not feature.says("control_effects_are_right", **between)


def test_the_verdict_is_that_of_ones_own_numbers(feature: Project) -> None:
    """Four verdicts, one for each outcome of the two rules."""
    small, large = np.full(8, 0.001), np.full(8, 0.1)
    for precision, effects, verdict in (
        (0.9, large, "name and effect"),
        (0.9, small, "name only"),
        (0.1, large, "effect only"),
        (0.1, -large, "neither"),
    ):
        numbers = {
            "quality": np.array([precision, 1.0, 0.5]),
            "effects": effects,
            "control_effects": np.full(8, -0.01),
        }
        assert feature.says("verdict_follows", verdict=np.asarray(verdict), **numbers)
        assert not feature.says("verdict_follows", verdict=np.asarray("unclear"), **numbers)
