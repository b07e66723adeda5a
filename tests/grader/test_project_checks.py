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
