"""Claims of the last courses' lessons that no output shows, computed from the lessons' own code."""

from __future__ import annotations

import pytest

from tests.courses.authoring.test_lesson_facts import facts, prose

WORK = "interpretability-at-work"
MISLED = f"{WORK}/01-not-being-misled"
EVALUATING = f"{WORK}/02-evaluating-explanations"
FAIRNESS = f"{WORK}/03-fairness-and-ethics"
DOCUMENTING = f"{WORK}/07-documentation-and-reproducibility"
BUSINESS = f"{WORK}/09-business-questions"
TESTING = f"{WORK}/11-conformal-prediction-and-testing"
BY_HAND = "shapley-values/02-exact-values-by-hand"
SCALES = "shapley-values/06-probability-or-log-odds"


def test_a_range_that_contains_zero_says_that_some_model_does_without() -> None:
    """In the lesson's own set one feature is near zero in some good models and used in others."""
    found = facts(
        MISLED,
        """
low, high = tables[good].min(axis=0), tables[good].max(axis=0)
facts = {"low": low.min(), "widest": float((high / low.clip(1e-9)).max()), "good": int(good.sum())}
""",
    )
    text = prose(MISLED)

    assert found["good"] > 1
    assert found["low"] < 0.01
    assert found["widest"] > 5
    assert "some good model does without the feature" in text
    assert "no member of the set needs" not in text


def test_the_global_list_is_as_good_at_deletion_though_it_names_other_features() -> None:
    """The exact values name the list's two features in less than half of the rows."""
    found = facts(
        EVALUATING,
        """
top = np.sort(np.argsort(-np.abs(reference), axis=1)[:, :2], axis=1)
facts = {
    "same": float((top == [0, 1]).all(axis=1).mean()),
    "gap": abs(deletion(reference) - deletion(explanations["global, same for all"])),
}
""",
    )

    assert round(100 * found["same"]) == 45
    assert found["gap"] < 0.05
    assert "in 45 % of the rows only" in prose(EVALUATING)


def test_dropping_the_district_moves_the_groups_towards_each_other() -> None:
    """Approvals rise in one group and fall in the other; correct records make the column idle."""
    found = facts(
        FAIRNESS,
        """
def rates(columns, labels):
    fitted = LogisticRegression().fit(X[train][:, :columns], labels[train])
    score = fitted.predict_proba(X[test][:, :columns])[:, 1]
    approved = [float((score[g == k] >= 0.6).mean()) for k in (0, 1)]
    of_good = [float((score[(g == k) & (y == 1)] >= 0.6).mean()) for k in (0, 1)]
    return approved, of_good, float(fitted.coef_[0][-1])


facts = {
    "with": rates(3, recorded), "dropped": rates(2, recorded),
    "both": rates(2, repays), "kept": rates(3, repays),
}
""",
    )

    (before, _, weight), (after, _, _) = found["with"], found["dropped"]
    assert weight < -0.5
    assert [f"{rate:.2f}" for rate in before + after] == ["0.50", "0.19", "0.43", "0.26"]
    assert after[0] < before[0]
    assert after[1] > before[1]
    assert abs(found["kept"][2]) < 0.005
    for kept, both in zip(found["kept"][:2], found["both"][:2], strict=True):
        assert kept == pytest.approx(both, abs=0.005)
    assert "lowers the approvals for both groups" not in prose(FAIRNESS)


def test_another_seed_changes_reasons_and_hardly_a_prediction() -> None:
    """The task's feedback says that predictions hardly change: 1 of 100 test labels does."""
    found = facts(
        DOCUMENTING,
        """
A, B, a, b = train_test_split(
    data.data, data.target, test_size=100, random_state=0, stratify=data.target
)
fitted = [
    GradientBoostingClassifier(
        n_estimators=80, max_depth=2, subsample=0.8, random_state=seed
    ).fit(A, a)
    for seed in (0, 1)
]
answers = [one.predict(B) for one in fitted]
scores = [one.score(B, b) for one in fitted]
facts = {"other": float((answers[0] != answers[1]).mean()), "scores": scores}
""",
    )

    assert found["other"] <= 0.02
    assert abs(found["scores"][0] - found["scores"][1]) <= 0.02


def test_the_adjusted_estimate_falls_short_by_shrinkage_and_by_chance() -> None:
    """Four times the trees give -11.3, the right form of model -11.7, the truth is -12.9."""
    found = facts(
        BUSINESS,
        """
more = GradientBoostingClassifier(n_estimators=600, max_depth=3, random_state=0)
right_form = LogisticRegression(max_iter=2000)
facts = {
    "more": 100 * what_if(more.fit(known, left), known),
    "form": 100 * what_if(right_form.fit(known, left), known), "truth": 100 * truth,
}
""",
    )
    text = prose(BUSINESS)

    assert found["truth"] < found["form"] < found["more"] < -10.2
    assert f"{-found['more']:.1f}" == "11.3"
    assert f"{-found['form']:.1f}" == "11.7"
    assert "11.3" in text
    assert "11.7" in text


def test_the_size_of_a_test_uses_the_mean_of_the_two_rates() -> None:
    """With the mean rate the rule is within 3 % of the formula that it abbreviates."""
    found = facts(TESTING, "facts = {'needed': needed}")
    p, q, mean = 0.10, 0.12, 0.11
    spread = 1.959964 * (2 * mean * (1 - mean)) ** 0.5
    spread += 0.841621 * (p * (1 - p) + q * (1 - q)) ** 0.5

    assert found["needed"] == pytest.approx((spread / (q - p)) ** 2, rel=0.03)


def test_a_share_is_the_mean_with_and_without_its_partner() -> None:
    """By the weights of the table: 35.6 without the body-mass index, 54.5 with it."""
    found = facts(
        BY_HAND,
        """
sums = {True: [0.0, 0.0], False: [0.0, 0.0]}
for s in coalitions:
    if 2 not in s:
        weight = factorial(len(s)) * factorial(n - len(s) - 1) / factorial(n)
        sums[0 in s][0] += weight * (v[tuple(sorted((*s, 2)))] - v[s])
        sums[0 in s][1] += weight
facts = {str(known): total / weight for known, (total, weight) in sums.items()}
""",
    )

    assert [f"{found[known]:.1f}" for known in ("False", "True")] == ["35.6", "54.5"]
    assert "mean of 35.6 without the body-mass index and 54.5 with it" in prose(BY_HAND)


def test_the_sign_turns_by_where_the_steps_lie_on_the_curve() -> None:
    """Against benign patients +1.62 and +0.04, against malignant ones -1.82 and -0.18."""
    found = facts(
        SCALES,
        """
everyone = X_train


def against(rows):
    global X_train
    X_train = everyone[rows]
    one = coalition_means(X_test[[patient]])
    return [float(shares(one, scale)[0][0]) for scale in (0, 1)]


cosine = (g * p).sum(axis=1) / np.linalg.norm(g, axis=1) / np.linalg.norm(p, axis=1)
facts = {
    "benign": against(y_train == 0), "malignant": against(y_train == 1),
    "cosine": float(np.median(cosine)),
}
""",
    )

    assert [f"{value:.2f}" for value in found["benign"]] == ["1.62", "0.04"]
    assert [f"{value:.2f}" for value in found["malignant"]] == ["-1.82", "-0.18"]
    assert found["cosine"] > 0.95
    assert "by 1.62 on average" in prose(SCALES)
