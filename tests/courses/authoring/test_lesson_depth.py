"""What the lessons conclude on groups, causes, interactions, recalibration and attention.

As in `test_lesson_facts`: each test runs the code blocks of one lesson and asks a probe.
"""

import pytest

from tests.courses.authoring.test_lesson_facts import facts, prose, right_choices


def test_owen_values_by_hand_are_those_of_the_partition_explainer() -> None:
    """Enumerated orders and shap agree, and a group's shares add up to the group as one player."""
    lesson = "shapley-values/10-groups-and-causes"
    found = facts(
        lesson,
        """
facts = {
    "gap": np.abs(by_shap.values[0] - grouped).max(),
    "quotient": abs(grouped[:3].sum() - lipids), "plain": abs(plain[:3].sum() - lipids),
    "whole": abs(grouped.sum() - plain.sum()),
}
""",
    )

    assert found["gap"] < 1e-9
    assert found["quotient"] < 1e-9
    assert found["plain"] > 0.1
    assert found["whole"] < 1e-9
    assert right_choices(lesson, "quotient") == ["The Shapley value of the group as one player"]


def test_causal_and_asymmetric_shares_use_the_arrow_and_the_conditional_ones_do_not() -> None:
    """An unread effect gets a share by conditioning alone; a cause gets one in all three games."""
    found = facts(
        "shapley-values/10-groups-and-causes",
        """
games = ("interventional", "conditional", "asymmetric", "causal")
facts = {
    game: {"reads_rent": two_shares((0.0, 1.5), game), "reads_income": two_shares((1.5, 0.0), game)}
    for game in games
}
""",
    )

    unread_rent = {game: shares["reads_income"][1] for game, shares in found.items()}
    assert unread_rent.pop("conditional") == pytest.approx(1.5 * 0.9 * 0.9 / 2)
    assert set(unread_rent.values()) == {0.0}
    assert found["interventional"]["reads_rent"][0] == 0
    assert found["causal"]["reads_rent"][0] == pytest.approx(1.5 * 0.9 * 0.5 / 2)
    assert found["asymmetric"]["reads_rent"][0] == pytest.approx(1.5 * 0.9 * 0.5)
    for shares in found.values():
        assert sum(shares["reads_rent"]) == pytest.approx(1.5 * 0.9)
        assert sum(shares["reads_income"]) == pytest.approx(1.5 * 0.5)


def test_three_interaction_indices_divide_an_effect_of_three_players_differently() -> None:
    """All add up to the game; they differ in where the effect of all three goes."""
    found = facts(
        "shapley-values/07-interactions",
        """
facts = {
    "sii": [float(c) for c in (*main.values(), *sii.values())],
    "taylor": [float(c) for c in (*alone.values(), *taylor.values())],
    "faith": list(faith),
}
""",
    )

    assert found["sii"] == pytest.approx([11, 5, -1, 15, 9, 3])
    assert found["taylor"] == pytest.approx([12, 6, 0, 14, 8, 2])
    assert found["faith"] == pytest.approx(found["sii"])
    assert all(sum(cells) == pytest.approx(42) for cells in found.values())


def test_conditional_importance_parts_from_shuffling_for_near_duplicates_only() -> None:
    """Independent columns keep their importance; each near-duplicate adds little to the other."""
    found = facts(
        "interpretability-at-work/01-not-being-misled",
        """
facts = {
    name: [single[j], conditional_importance(model, X_test, j)] for j, name in enumerate(names)
}
""",
    )

    for name in ("tenure", "calls", "price"):
        shuffled, conditional = found[name]
        assert conditional == pytest.approx(shuffled, abs=0.01)
    for name in ("data use", "streaming"):
        shuffled, conditional = found[name]
        assert conditional < shuffled / 4


def test_a_shift_recalibrates_without_changing_the_order() -> None:
    """The mean probability and the loss are repaired, the AUC and the shares are not touched."""
    found = facts(
        "interpretability-at-work/08-monitoring-and-drift",
        """
def loss_of(p):
    return -np.log(np.where(y_later == 1, p, 1 - p)).mean()


facts = {
    "loss": {title: loss_of(p) for title, p in answers.items()},
    "auc": {title: roc_auc_score(y_later, p) for title, p in answers.items()},
    "gap": {title: abs(p.mean() - y_later.mean()) for title, p in answers.items()},
}
""",
    )

    assert found["gap"]["shifted"] < 0.03
    assert found["gap"]["as it is"] > 0.15
    assert found["loss"]["shifted"] < found["loss"]["as it is"] - 0.1
    assert found["auc"]["shifted"] == pytest.approx(found["auc"]["as it is"], abs=1e-9)
    assert found["loss"]["shifted"] < found["loss"]["isotonic"]


def test_one_more_column_corrects_a_confounder_and_spoils_mediator_and_collider() -> None:
    """The slopes are those that the diagrams imply, and the fit is better each time."""
    lesson = "interpretability-at-work/10-diagrams-of-causes"
    found = facts(
        lesson,
        """
facts = {}
for title, (x, z, y) in tables.items():
    (alone,), r2 = fit(y, x)
    (with_z, _), better = fit(y, x, z)
    facts[title] = [alone, with_z, better - r2]
""",
    )

    assert found["first"][:2] == pytest.approx([2.6, 1.0], abs=0.02)
    assert found["second"][:2] == pytest.approx([1.0, 0.2], abs=0.02)
    assert found["third"][:2] == pytest.approx([1.0, 0.0], abs=0.02)
    assert all(gain > 0.1 for *_, gain in found.values())
    assert "not for mediators, not for colliders" in prose(lesson)


def test_both_lessons_on_attention_speak_of_the_same_model() -> None:
    """The short form of the second lesson trains to the attention of the first."""
    probe = "facts = {'reads': reads[:20].round(6).tolist(), 'logits': logits[:20].tolist()}"
    first = facts("inside-deep-networks/07-a-small-transformer", probe)
    second = facts("inside-deep-networks/08-attention", probe)

    for ours, theirs in zip(first["logits"], second["logits"], strict=True):
        assert ours == pytest.approx(theirs, abs=1e-4)
    for i in range(20):
        for head in (0, 1):
            assert first["reads"][i][head] == pytest.approx(second["reads"][i][head], abs=1e-4)


def test_study_figures_of_the_meta_analysis_are_those_of_its_abstract() -> None:
    """The lesson says of people with AI what the cited abstract says, and not more."""
    text = prose("interpretability-at-work/02-evaluating-explanations")

    assert "106 experiments" in text
    assert "on average worse than the better of the two alone" in text
    assert "not on explanations alone" in text
