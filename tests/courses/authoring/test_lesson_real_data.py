"""What the lessons on real tables conclude, asked of their own code.

As in `test_lesson_facts`: each test runs the code blocks of one lesson and asks a probe.
"""

import math

import pytest

from tests.courses.authoring.test_lesson_facts import facts, prose, right_choices

GAPS = "shapley-values/11-categories-and-gaps"
BREAK_DOWN = "explaining-any-model/10-ceteris-paribus-and-break-down"
CARD = "transparent-models/09-scorecards-and-weight-of-evidence"


def test_a_weight_of_evidence_follows_from_the_four_counts_of_the_text() -> None:
    """The hand-made arithmetic on records is that of the code; evidence adds to log-odds."""
    found = facts(
        CARD,
        """
table = tables["records"]
facts = {
    "counts": table[["good", "bad"]].to_numpy().tolist(), "woe": table["woe"].tolist(),
    "iv": table["iv"].sum(), "worse": bad[train["income"].isna()].mean(),
    "all": [len(loans), int((loans["status"] == "bad").sum())],
}
""",
    )

    assert found["all"] == [4454, 1254]
    assert found["counts"] == [[1995, 570], [244, 308]]
    good, bad = 1995 + 244, 570 + 308
    assert found["woe"] == pytest.approx(
        [math.log(1995 / good * bad / 570), math.log(244 / good * bad / 308)]
    )
    assert [round(weight, 2) for weight in found["woe"]] == [0.32, -1.17]
    assert math.log(good / bad) + found["woe"][1] == pytest.approx(math.log(244 / 308))
    assert f"{good / bad:.2f} {244 / 308:.2f}" == "2.55 0.79"
    assert found["iv"] == pytest.approx((308 / bad - 244 / good) * (found["woe"][0] + 1.169), 1e-3)
    assert round(found["iv"], 2) == 0.36
    assert found["worse"] > 0.5


def test_points_double_the_odds_and_add_up_to_the_logistic_regression() -> None:
    """Before rounding, the points of all test rows are offset + factor times the log-odds."""
    found = facts(
        CARD,
        """
exact = {n: factor * slopes[n] * t["woe"] + per_question for n, t in tables.items()}
sums = sum(kept[n].map(exact[n]) for n in exact)
line = offset + factor * model.decision_function(evidence(kept))
facts = {
    "gap": float(abs(sums - line).max()), "factor": factor, "offset": offset,
    "rounding": float(abs(score(kept) - line).max()),
    "least": int(min(p.min() for p in points.values())),
    "income": points["income"].to_dict(), "records": points["records"].to_dict(),
    "reasons": float((own - typical).sum() - (total - score(groups).mean())),
}
""",
    )

    assert found["gap"] < 1e-9
    assert found["rounding"] <= 4  # eight roundings of at most a half
    assert round(found["factor"], 2) == 28.85
    assert round(found["offset"], 2) == 487.12
    assert found["least"] > 0
    assert (found["income"]["no answer"], found["income"]["up to 160"]) == (30, 76)
    assert round(2 ** (46 / 20), 1) == 4.9
    assert found["records"]["no"] - found["records"]["yes"] == 51
    assert found["income"]["over 160"] - found["income"]["no answer"] == 51
    assert found["records"]["no"] == 75
    assert found["income"]["over 160"] == 81
    assert found["reasons"] == pytest.approx(0, abs=1e-9)


def test_filling_the_gap_misjudges_those_who_have_it() -> None:
    """The filled card is off by more than two standard errors, the other by less than 1.5."""
    found = facts(
        CARD,
        """
seen = good_test[no_income].mean()
facts = {
    "seen": seen, "error": (seen * (1 - seen) / no_income.sum()) ** 0.5,
    "kept": p_kept[no_income].mean(), "filled": p_filled[no_income].mean(),
    "auc": roc_auc_score(good_test, p_kept) - roc_auc_score(good_test, p_filled),
    "interval": [low, high], "slopes": slopes.to_dict(),
}
""",
    )

    assert round(100 * found["error"], 1) == 4.6
    assert found["filled"] > found["seen"] + 2 * found["error"]
    assert abs(found["kept"] - found["seen"]) < 1.5 * found["error"]
    assert 0 < found["auc"] < 0.01
    assert found["interval"][0] < 0 < found["interval"][1]
    assert min(found["slopes"], key=found["slopes"].get) == "assets"
    assert [name for name, slope in found["slopes"].items() if slope > 1] == ["records"]
    assert "60 % of good loans among them" in prose(CARD)
    assert right_choices(CARD, "twice-as-many-bad") == ["The intercept"]


def test_columns_are_added_before_sizes_are_taken() -> None:
    """The tenant's columns are what the report says; size before sum makes a home half again."""
    found = facts(
        GAPS,
        """
row = by_column.loc[tenant]
known_pay = background.loc[background["income=missing"] == 0, "income"]
facts = {
    "row": row[[*homes, "records=no"]].to_dict(), "income": by_feature.loc[tenant, "income"],
    "sum": by_feature.loc[tenant, "home"], "home": X_test.loc[tenant, "home"],
    "half": float(((background["income"] < 115) | (background["income=missing"] == 1)).mean()),
    "twins": float((by_column["records=no"] * by_column["records=yes"]).min()),
    "sizes": sizes.iloc[:, :2].to_numpy().tolist(), "names": list(sizes.index),
    "gaps_in_background": int(background["income=missing"].sum()),
    "local": float(abs(by_feature.sum(axis=1) - by_column.sum(axis=1)).max()),
}
""",
    )

    assert found["home"] == "rent"
    assert round(found["row"]["home=parents"], 2) == 0.07
    assert found["row"]["records=no"] < 0
    assert found["income"] < 0
    assert found["half"] == pytest.approx(0.5, abs=0.06)
    assert found["sum"] == pytest.approx(0.153, abs=5e-4)
    assert found["twins"] >= 0
    added = dict(zip(found["names"], found["sizes"], strict=True))
    assert added["home"][1] / added["home"][0] == pytest.approx(1.52, abs=0.01)
    assert added["records"][1] == pytest.approx(added["records"][0])
    assert found["gaps_in_background"] == 2
    assert found["local"] < 1e-9


def test_features_as_players_add_up_to_the_same_and_differ_where_columns_interact() -> None:
    """The exact game of thirteen players keeps the sum; home and assets differ, records do not."""
    found = facts(
        GAPS,
        """
gap_of = (both["columns summed"] - both["one player"]).abs()
facts = {"sums": both.sum().tolist(), "largest": gap_of.max(), "records": gap_of["records"]}
""",
    )

    assert found["sums"][0] == pytest.approx(found["sums"][1], abs=1e-4)
    assert found["largest"] == pytest.approx(0.012, abs=5e-4)
    assert found["records"] < 1e-3
    # two homes or none: an order with k of n columns known, k uniform from 0 to n
    n = 7
    share = sum(2 * k * (n - k) / (n * (n - 1)) for k in range(n + 1)) / (n + 1)
    assert share == pytest.approx(1 / 3)


def test_the_filling_decides_which_column_gets_the_credit() -> None:
    """The models agree on the rows and the sums; the indicator's share goes from all to nothing."""
    found = facts(
        GAPS,
        """
from scipy.stats import spearmanr
scores = {}
for fill in (125, 0, 1000):
    A, B = A_train.copy(), A_test.copy()
    A.loc[gap_train, "income"] = fill
    B.loc[gap, "income"] = fill
    scores[fill] = fitted(A).decision_function(B)
facts = {
    "credit": {str(fill): shares for fill, shares in credit.items()},
    "ranks": min(spearmanr(scores[125], scores[f]).statistic for f in (0, 1000)),
    "auc": [roc_auc_score(y_test, s) for s in scores.values()],
    "least_income": X_train["income"].min(), "most": X_train["income"].max(),
    "share": float(gap.mean()), "median": medians["income"],
}
""",
    )

    assert found["median"] == 125
    assert 0 < found["least_income"] <= found["most"] < 1000
    assert found["share"] == pytest.approx(1 / 12, abs=0.005)
    assert max(found["auc"]) - min(found["auc"]) < 0.002
    assert found["ranks"] > 0.97
    assert found["credit"]["125"][1] > 1
    assert abs(found["credit"]["0"][1]) < 0.02
    assert all(1.05 < shares[2] < 1.3 for shares in found["credit"].values())
    assert "1.1 to 1.3" in right_choices(GAPS, "who-gets-the-gap")[0]


def test_a_break_down_step_depends_on_the_order_and_adds_up_in_each() -> None:
    """Every order ends at the prediction; the mean of the steps over all is the Shapley value."""
    found = facts(
        BREAK_DOWN,
        """
from itertools import combinations
from math import comb
shapley = []
for j in range(5):
    rest, total = [k for k in range(5) if k != j], 0.0
    for size in range(5):
        for known in combinations(rest, size):
            gain = mean_risk(tuple(sorted((*known, j)))) - mean_risk(known)
            total += gain / (5 * comb(4, size))
    shapley.append(total)
facts = {
    "shapley": shapley, "means": steps.mean(axis=0).tolist(),
    "least": steps.min(axis=0).tolist(), "most": steps.max(axis=0).tolist(),
    "sums": [float(steps.sum(axis=1).min()), float(steps.sum(axis=1).max())],
    "whole": float(risk(x[None])[0] - risk(background).mean()),
    "first": first, "second": second, "above": float(above.mean()),
    "over": float((background[:, 3] > 300).mean()),
    "dear": float(risk(dear[None])[0]),
    "profile": float(profile(dear, 3, np.arange(100, 1501, 10)).max()),
}
""",
    )

    assert found["means"] == pytest.approx(found["shapley"])
    assert found["sums"] == pytest.approx([found["whole"]] * 2)
    assert (round(found["least"][4], 2), round(found["most"][4], 2)) == (0.09, 0.46)
    assert round(found["first"]["price"], 2) == 0.09
    assert round(found["second"]["price"], 2) == 0.43
    changes = {name: found["second"][name] - found["first"][name] for name in found["first"]}
    assert round(changes["price"], 2) == 0.34
    assert min(changes, key=lambda name: changes[name]) == "amount"
    assert found["most"][0] - found["least"][0] < 0.03
    assert found["most"][3] - found["least"][3] > 0.3
    assert found["above"] < 0.001
    assert found["over"] > 0.9
    assert round(found["dear"], 2) == 0.03
    assert found["profile"] < 0.1
