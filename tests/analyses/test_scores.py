"""The scorecard of the demonstration study and of small studies against direct computation in pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from svcq_lib.analyses import estimates
from svcq_lib.analyses.scores import scores
from svcq_lib.errors import DataError, ParameterError
from svcq_lib.stats.multiplicity import adjust
from svcq_lib.study import Study

SMALL = """
[responses]
{roles}
[outcomes.csat]
kind = "csat"
column = "csat"
scale = [1, 5]
[outcomes.nps]
kind = "nps"
column = "nps"
"""


@pytest.fixture(scope="module")
def answers(repo_root) -> pd.DataFrame:
    return pd.read_csv(repo_root / "data" / "demo" / "responses.csv", parse_dates=["date"])


@pytest.fixture(scope="module")
def result(demo):
    return scores(demo)


def small(n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "csat": rng.integers(1, 6, n),
            "nps": rng.integers(0, 11, n),
            "level": np.where(np.arange(n) < 3, "few", "rest"),
            "day": np.where(
                np.arange(n) < 4, "2026-01-05", np.where(np.arange(n) < 100, "2026-02-05", "2026-03-05")
            ),
        }
    )


def weighted_mean(frame: pd.DataFrame, values: pd.Series) -> float:
    kept = values.notna()
    return float(np.average(values[kept], weights=frame.loc[kept, "weight"]))


def stratified_error(frame: pd.DataFrame, values: pd.Series, by: str = "region") -> float:
    """Linearised standard error with rows drawn within strata; rows outside the domain count as nought."""
    z = (frame["weight"] * (values - weighted_mean(frame, values))).fillna(0)
    z /= frame.loc[values.notna(), "weight"].sum()
    parts = [len(one) * one.var() for _, one in z.groupby(frame[by])]
    return float(np.sqrt(sum(parts)))


# the demonstration study against pandas


@pytest.mark.parametrize(
    ("outcome", "measure", "values"),
    [
        ("csat", "mean", lambda d: d["csat"]),
        ("csat", "index_100", lambda d: (d["csat"] - 1) / 9 * 100),
        ("csat", "top_box", lambda d: (d["csat"] >= 9).where(d["csat"].notna()).astype(float)),
        ("ces", "mean", lambda d: d["ces"]),
        ("emotion", "mean", lambda d: d["emotion"]),
        ("repurchase", "share", lambda d: d["repurchase"]),
    ],
)
def test_headline(answers, result, outcome, measure, values):
    x = values(answers)
    row = result.headline.set_index(["outcome", "measure"]).loc[(outcome, measure)]
    assert row["estimate"] == pytest.approx(weighted_mean(answers, x))
    assert row["std_error"] == pytest.approx(stratified_error(answers, x), rel=1e-9)
    w = answers.loc[x.notna(), "weight"]
    assert (row["n"], row["n_eff"]) == (x.notna().sum(), pytest.approx(w.sum() ** 2 / (w**2).sum()))
    if measure in ("mean", "index_100"):
        half = stats.t.ppf(0.975, len(answers) - 4) * row["std_error"]
        assert row["conf_high"] == pytest.approx(row["estimate"] + half)


def test_headline_nps(answers, result):
    answered = answers["nps"].notna()
    net = ((answers["nps"] >= 9).astype(float) - (answers["nps"] <= 6)).where(answered)
    rows = result.headline.set_index(["outcome", "measure"])
    row = rows.loc[("nps", "nps")]
    assert row["estimate"] == pytest.approx(100 * weighted_mean(answers, net))
    n = answered.sum()
    assert row["std_error"] == pytest.approx(
        100 * stratified_error(answers, net) * np.sqrt((n - 1) / n), rel=1e-9
    )
    difference = rows.loc[("nps", "promoters"), "estimate"] - rows.loc[("nps", "detractors"), "estimate"]
    assert row["estimate"] == pytest.approx(100 * difference)


def test_segments(answers, result):
    table = result.segments.set_index(["segment", "level", "outcome"])
    assert set(result.segments["segment"]) == {"region", "branch", "channel", "customer_tier", "age_group"}
    index = (answers["csat"] - 1) / 9 * 100
    here = answers["channel"] == "phone"
    row = table.loc[("channel", "phone", "csat")]
    phone, others = (index.where(mask) for mask in (here, ~here))
    assert row["estimate"] == pytest.approx(weighted_mean(answers, phone))
    difference = weighted_mean(answers, phone) - weighted_mean(answers, others)
    assert row["difference"] == pytest.approx(difference)
    half = 1.959963984540054 * np.hypot(stratified_error(answers, phone), stratified_error(answers, others))
    assert (row["difference_low"], row["difference_high"]) == pytest.approx(
        (difference - half, difference + half), rel=1e-3
    )  # Student's t with thousands of degrees of freedom
    branches = table.loc["branch"].xs("csat", level="outcome")
    assert len(branches) == 24
    assert branches["p_adjusted"].to_numpy() == pytest.approx(adjust(branches["p_value"].to_numpy(), "holm"))


def test_periods_and_changes(answers, result):
    index = (answers["csat"] - 1) / 9 * 100
    quarter = answers["date"].dt.year.astype(str) + "-Q" + answers["date"].dt.quarter.astype(str)
    names = sorted(quarter.unique())
    rows = result.periods.set_index(["outcome", "period"])
    for name in names:
        expected = weighted_mean(answers, index.where(quarter == name))
        assert rows.loc[("csat", name), "estimate"] == pytest.approx(expected)
    changes = result.changes.set_index(["since", "outcome"])
    for since, name in (("previous", names[-2]), ("first", names[0])):
        row = changes.loc[(since, "csat")]
        assert (row["period"], row["previous"]) == (names[-1], name)
        assert row["change"] == pytest.approx(
            rows.loc[("csat", names[-1]), "estimate"] - rows.loc[("csat", name), "estimate"]
        )


def test_distribution(answers, result):
    table = result.distribution[result.distribution["outcome"] == "csat"].set_index("level")
    counts = answers["csat"].value_counts()
    assert table["n"].to_dict() == counts.to_dict()
    assert table["share"].sum() == pytest.approx(1)
    assert table.loc[10, "share"] == pytest.approx(
        weighted_mean(answers, (answers["csat"] == 10).where(answers["csat"].notna()).astype(float))
    )


def test_goals_and_their_verdicts(demo, result):
    assert result.goals["kind"].tolist() == ["target"] * 3 + ["benchmark"] * 3
    for row in result.goals.itertuples():
        better, worse = row.conf_low > row.value, row.conf_high < row.value
        assert row.verdict == ("met" if better else "missed" if worse else "unclear")
        assert row.source
    headline = result.headline.set_index(["outcome", "measure"])
    assert result.goals["estimate"].iloc[0] == headline.loc[("csat", "index_100"), "estimate"]


def test_verdicts_on_both_sides(make_study):
    frame = pd.DataFrame({"csat": [4, 5] * 50, "nps": [9, 8] * 50})
    goals = "".join(
        f'[[targets]]\noutcome = "csat"\nmeasure = "mean"\nvalue = {value}\nlabel = "t"\nsource = "s"\n'
        for value in (4, 4.5, 5)
    )
    assert scores(make_study(frame, SMALL.format(roles="") + goals)).goals["verdict"].tolist() == [
        "met", "unclear", "missed",
    ]  # fmt: skip


def test_a_low_target_is_met_from_below(make_study):
    frame = pd.DataFrame({"csat": [4, 5] * 50, "nps": [9, 8] * 50, "effort": [3, 4] * 50})
    effort = '[outcomes.effort]\nkind = "ces"\ncolumn = "effort"\nscale = [1, 7]\nhigh_is = "hard"\n'
    goals = "".join(
        f'[[targets]]\noutcome = "effort"\nmeasure = "mean"\nvalue = {value}\nlabel = "t"\nsource = "s"\n'
        for value in (3, 3.5, 4)
    )
    found = scores(make_study(frame, SMALL.format(roles="") + effort + goals)).goals["verdict"]
    assert found.tolist() == ["missed", "unclear", "met"]


# restricting


def test_a_filter_equals_the_rows_it_keeps(demo, answers):
    kept = answers[answers["branch"] == "B07"]
    found = scores(demo.where(branch="B07"))
    row = found.headline.set_index(["outcome", "measure"]).loc[("csat", "mean")]
    assert row["estimate"] == pytest.approx(weighted_mean(kept, kept["csat"]))
    assert found.context.filters == {"branch": "B07"}
    assert found.context.n == len(kept)
    own = found.segments[found.segments["segment"] == "branch"]
    assert own["level"].unique().tolist() == ["B07"]
    assert own["difference"].isna().all()


def test_a_period_equals_the_rows_it_keeps(demo, answers):
    kept = answers[(answers["date"] >= "2025-04-01") & (answers["date"] < "2025-07-01")]
    found = scores(demo.during("2025-Q2"))
    row = found.headline.set_index(["outcome", "measure"]).loc[("csat", "mean")]
    assert row["estimate"] == pytest.approx(weighted_mean(kept, kept["csat"]))
    assert (found.context.period, found.context.n) == ("2025-Q2", len(kept))
    assert found.periods["period"].unique().tolist() == ["2025-Q1", "2025-Q2"]
    assert set(found.changes["previous"]) == {"2025-Q1"}


def test_chosen_outcomes_only(demo):
    found = scores(demo, outcomes=["nps"])
    for table in (
        found.headline,
        found.changes,
        found.periods,
        found.segments,
        found.distribution,
        found.goals,
    ):
        assert set(table["outcome"]) == {"nps"}


# suppression


@pytest.mark.parametrize("threshold", [3, 5])
def test_small_groups_are_blank_everywhere(make_study, threshold):
    study = make_study(
        small(),
        SMALL.format(roles='segments = ["level"]\ndate = "day"\nperiod = "month"')
        + f"[thresholds]\nsuppress = {threshold}\n",
    )
    found, hidden = scores(study), threshold > 3
    few = found.segments[found.segments["level"] == "few"]
    figures = [
        "estimate",
        "std_error",
        "conf_low",
        "conf_high",
        "n_eff",
        "difference",
        "p_value",
        "p_adjusted",
    ]
    assert (few["suppressed"] == hidden).all()
    assert few[figures].isna().all(axis=None) == hidden
    # with two levels, the difference of the other one would tell the hidden mean
    rest = found.segments[found.segments["level"] == "rest"]
    assert rest["estimate"].isna().all() == hidden  # the whole minus the rest would tell
    assert rest["difference"].isna().all() == hidden
    january = found.periods[found.periods["period"] == "2026-01"]
    assert january["estimate"].isna().all() == hidden
    since = found.changes.set_index("since")
    assert since.loc["first", ["change", "change_low", "p_value"]].isna().all(axis=None) == hidden
    assert since.loc["previous", "change"].notna().all()
    noted = {one.code: one.facts for one in found.notes}
    assert noted.get("suppressed_cells") == ({"cells": 4, "threshold": 5} if hidden else None)


def test_a_study_below_the_threshold_shows_nothing(make_study):
    goal = '[[targets]]\noutcome = "csat"\nmeasure = "mean"\nvalue = 1\nlabel = "t"\nsource = "s"\n'
    found = scores(make_study(small(4), SMALL.format(roles="") + goal))
    assert found.headline[["estimate", "conf_low", "conf_high", "n_eff"]].isna().all(axis=None)
    assert found.headline["suppressed"].all()
    assert found.distribution.empty
    assert found.goals["estimate"].isna().all()
    assert found.goals["verdict"].tolist() == ["unclear"]


# edges and errors


def test_a_single_respondent(make_study):
    toml = SMALL.format(roles="") + "[thresholds]\nsuppress = 1\n"
    found = scores(make_study(small(1), toml)).headline.set_index("measure")
    assert found["n"].tolist() == [1] * 6
    assert found.loc["mean", "estimate"] == small(1)["csat"].iloc[0]
    assert np.isnan(found.loc["mean", "conf_low"])
    assert found.loc["top_box", ["conf_low", "conf_high"]].between(0, 1).all()


def test_uneven_weights_are_noted(make_study):
    frame = small().assign(w=lambda one: np.where(one.index < 10, 100.0, 1.0))
    found = scores(make_study(frame, SMALL.format(roles='weight = "w"')))
    assert "uneven_weights" in {one.code for one in found.notes}


def test_errors_name_what_there_is(demo: Study, make_study):
    with pytest.raises(ParameterError, match=r"outcome 'cst' is not in study\.toml, which has csat, nps"):
        scores(demo, outcomes=["cst"])
    with pytest.raises(ParameterError, match=r"adjust_method is 'x'\. Set it to one of"):
        scores(demo, adjust_method="x")  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"no answers are left .* for branch=B99, period 2025-Q1\. Widen"):
        scores(demo.where(branch="B99").during("2025-Q1"))
    bare = make_study(
        pd.DataFrame({"a": [1]}), '[responses]\n[[instrument.dimensions]]\nname="d"\nitems=["a"]\n'
    )
    with pytest.raises(
        ParameterError, match=r"has no outcomes to score\. Add a section such as \[outcomes\.csat\]"
    ):
        scores(bare)


def test_listwise_counts_only_those_who_answered_every_outcome(make_study):
    frame = pd.DataFrame({"a": [1, 5, 3, np.nan, 4, 2], "b": [10, np.nan, 9, 8, 7, 6]})
    text = """
[responses]
[outcomes.sat]
kind = "score"
column = "a"
scale = [1, 5]
[outcomes.rec]
kind = "nps"
column = "b"
[thresholds]
suppress = 1
"""
    base = {
        mode: scores(make_study(frame, text, settings=f'missing = "{mode}"')).headline["n"].unique().tolist()
        for mode in ("pairwise", "listwise")
    }
    assert base == {"pairwise": [5], "listwise": [4]}


def test_a_single_hidden_group_takes_the_next_smallest_with_it():
    table = pd.DataFrame({"outcome": "o", "n": [3, 40, 30, 90], "estimate": 1.0})
    assert estimates.suppress(table, 5, ("estimate",), parts_of="outcome")["suppressed"].tolist() == [
        True,
        False,
        True,
        False,
    ]
    two_hidden = table.assign(n=[3, 4, 30, 90])
    assert estimates.suppress(two_hidden, 5, ("estimate",), parts_of="outcome")["suppressed"].tolist() == [
        True,
        True,
        False,
        False,
    ]
    empty = table.assign(n=[0, 40, 30, 90])  # nobody to protect
    assert estimates.suppress(empty, 5, ("estimate",), parts_of="outcome")["suppressed"].sum() == 1
