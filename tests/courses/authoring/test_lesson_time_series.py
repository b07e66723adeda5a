"""What the lesson on time series concludes, asked of its own code."""

import pytest

from tests.courses.authoring.test_lesson_facts import facts, prose, right_choices

SERIES = "shapley-values/12-time-series"


def test_a_random_split_flatters_only_the_model_that_cannot_go_on() -> None:
    """Trees are three times as wrong on later months, below a ceiling; the linear model is not."""
    found = facts(
        SERIES,
        """
trees = GradientBoostingRegressor(random_state=0)
drawn_error = error(trees.fit(rows[at_random], target[at_random]), ~at_random)
later_error = error(trees.fit(rows[past], target[past]), ~past)
facts = {
    "drawn": drawn_error, "later": later_error, "naive": naive, "months": [len(sales), len(rows)],
    "ceiling": float(np.exp(trees.predict(rows[~past])).max()),
    "highest": int(sales[sales.index < "2010"].max()), "sold": int(sales.max()),
    "level": sales[sales.index >= "2010"].mean() / sales[sales.index < "2000"].mean(),
}
""",
    )

    assert found["later"] > 3 * found["drawn"]
    assert found["later"] > found["naive"]
    assert found["ceiling"] < found["highest"] == 10843
    assert found["sold"] == 14740
    assert found["level"] > 2
    assert found["months"] == [309, 294]


def test_two_lags_are_one_growth_rate() -> None:
    """The six recent columns cancel to 0.018, and the growth coding forecasts equally well."""
    found = facts(
        SERIES,
        """
growth_rate = log_sales - log_sales.shift(12)
coded = pd.DataFrame({k: growth_rate.shift(k) for k in (1, 2, 3)}).loc[rows.index]
coded["days"] = rows["days"]
coded.columns = coded.columns.astype(str)
fitted = LinearRegression().fit(coded[past], (target - rows["lag 12"])[past])
off = np.exp(rows["lag 12"] + fitted.predict(coded) - target) - 1
coded_shares = fitted.coef_ * (coded - coded[past].mean())
pair = shares.loc[month, ["lag 1", "lag 13"]].sum()
by_growth = model.coef_[0] * (
    growth_rate.shift(1)[month] - growth_rate.shift(1)[rows.index[past]].mean()
)
facts = {
    "recent": grouped.loc[month, "recent growth"], "days_last": shares[~past].abs().mean().idxmin(),
    "means": grouped[~past].abs().mean().to_dict(), "pair": pair, "by_growth": by_growth,
    "largest": shares.loc[month].idxmax(), "weights": [model.coef_[0], model.coef_[4]],
    "coded": 100 * np.abs(off[~past]).mean(), "plain": error(model, ~past),
    "coded_shares": coded_shares[~past].abs().mean()[:3].max(),
}
""",
    )

    assert round(found["recent"], 3) == 0.018
    assert found["largest"] == "lag 1"
    assert found["days_last"] == "days"
    assert found["means"]["calendar"] > found["means"]["recent growth"]
    assert [round(weight, 3) for weight in found["weights"]] == [0.272, -0.269]
    assert found["pair"] == pytest.approx(found["by_growth"], abs=0.005)
    assert found["coded"] == pytest.approx(found["plain"], abs=0.05)
    assert found["coded_shares"] < 0.02


def test_permuting_a_lag_without_its_counterpart_makes_up_histories() -> None:
    """One half costs five times the pair; what is lost depends on the blocks."""
    found = facts(SERIES, "facts = {'rises': rises}")
    rises = found["rises"]

    assert rises["lag 1"][0] > 4.5 * rises["lag 1 with lag 13"][0]
    assert rises["lag 1"][0] > 2.5 * rises["recent growth, all six"][0]
    assert rises["lag 1 with lag 13"][0] < 1
    anywhere, month, year = rises["lag 12"]
    assert month < year < anywhere
    assert max(rises["days"]) - min(rises["days"]) < 0.2
    assert right_choices(SERIES, "permuted-apart") == [
        "Without its counterpart it makes up growth rates that never occurred."
    ]


def test_a_background_with_the_future_turns_a_sign() -> None:
    """Last year lowers the forecast against the whole file, and raises it against the past."""
    found = facts(
        SERIES,
        """
level = {
    name: float(model.coef_[3] * (rows.loc[now, "lag 12"] - chosen["lag 12"].mean()))
    for name, chosen in backgrounds.items()
}
facts = {
    "level": level, "column": rows.columns[3],
    "known": bool((known.index < now).all()),
    "januaries": len(backgrounds["five Januaries before"]),
}
""",
    )

    assert found["column"] == "lag 12"
    assert found["known"]
    assert found["januaries"] == 5
    level = {name: round(share, 3) for name, share in found["level"].items()}
    assert level == {
        "all months of the file": -0.068,
        "all months before": 0.077,
        "the last 36 before": -0.295,
        "five Januaries before": 0.010,
    }


def test_a_centred_window_leaks_with_or_without_a_perfect_score() -> None:
    """Three months give the target away; five and twelve leave the error where it was."""
    found = facts(
        SERIES,
        """
def off(length):
    smooth = log_sales.rolling(length, min_periods=length // 2 + 1, center=True).mean()
    wider = rows.assign(level=smooth.shift(1))
    return error_of(LinearRegression().fit(wider[past], target[past]).predict(wider[~past]))


def error_of(forecast):
    return 100 * float(np.abs(np.exp(forecast - true) - 1).mean())


facts = {str(length): off(length) for length in (3, 5, 12)}
""",
    )

    assert round(found["3"], 6) == 0
    assert [f"{found[length]:.1f}" for length in ("5", "12")] == ["1.9", "1.9"]


def test_a_month_acts_through_the_months_after_it() -> None:
    """Two months later the response is the square of one weight plus the other; blocks widen."""
    found = facts(
        SERIES,
        """
facts = {
    "two": response[2] / response[0], "square": weight["lag 1"] ** 2 + weight["lag 2"],
    "year": response[12] / response[0], "widths": [float(np.ptp(interval(n))) for n in (1, 12)],
}
""",
    )

    assert found["two"] == pytest.approx(found["square"])
    assert f"{found['square']:.3f}" == "0.232"
    assert found["year"] > 0.9
    assert found["widths"][1] / found["widths"][0] == pytest.approx(8 / 7, abs=0.03)
    assert "grows by a seventh" in prose(SERIES)
