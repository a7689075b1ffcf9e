"""Gaps of segments and periods, and of groups too small to show."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from svcq_lib.stats.multiplicity import adjust

from .test_gaps import by_term, many, small, two


def test_segments_against_all_others(make_study):
    frame = many()
    found = small(make_study(frame, two('segments = ["level"]')))
    rows = found.segments.set_index(["level", "term"])
    gap = frame["P3"] - frame["E3"]
    a, rest = gap[frame["level"] == "a"], gap[frame["level"] != "a"]
    assert rows.loc[("a", "place"), "estimate"] == pytest.approx(a.mean())
    assert rows.loc[("a", "place"), "difference"] == pytest.approx(a.mean() - rest.mean())
    welch = stats.ttest_ind(a, rest, equal_var=False, nan_policy="omit")  # scipy
    assert rows.loc[("a", "place"), "difference_high"] == pytest.approx(welch.confidence_interval().high)
    assert rows.loc[("a", "place"), "p_value"] == pytest.approx(welch.pvalue)
    assert set(rows.index.get_level_values("term")) == {"overall", "staff", "place"}
    one = found.segments[found.segments["term"] != "overall"]  # one family: levels and dimensions
    assert one["p_adjusted"].to_numpy() == pytest.approx(
        adjust(one["p_value"].to_numpy(), "holm"), nan_ok=True
    )


def test_differences_of_groups_and_periods_know_the_clusters(make_study):
    frame, rng = many(), np.random.default_rng(3)
    frame["house"] = np.arange(len(frame)) % 8
    frame["level"] = np.where(frame["house"] < 4, "a", "b")
    frame["day"] = np.where(np.arange(len(frame)) // 8 % 2 == 0, "2026-04-01", "2026-05-01")
    frame["P3"] = (frame["P3"] + rng.normal(0, 2, 8)[frame["house"]]).round().clip(1, 7)
    toml = two('segments = ["level"]\ncluster = "house"\ndate = "day"\nperiod = "month"')
    found = small(make_study(frame, toml))
    own = (frame["P3"] - frame["E3"]).groupby(frame["house"]).agg(["mean", "size"])
    # four houses against four: six degrees of freedom, not hundreds
    row = found.segments.set_index(["level", "term"]).loc[("a", "place")]
    width = row["difference_high"] - row["difference_low"]
    sides = [own.loc[:3, "mean"], own.loc[4:, "mean"]]
    assert width == pytest.approx(
        2 * stats.t.ppf(0.975, 6) * np.sqrt(sum(one.var() / 4 for one in sides)), rel=0.1
    )
    # what houses differ in for good is in both months, and no part of the change
    change = found.changes.set_index(["since", "term"]).loc[("previous", "place")]
    gap = frame["P3"] - frame["E3"]
    parts = (gap - gap.groupby(frame["day"]).transform("mean")) / gap.groupby(frame["day"]).transform("count")
    z = parts.groupby([frame["day"], frame["house"]]).sum().unstack(0)
    error = np.sqrt(8 / 7 * ((z["2026-05-01"] - z["2026-04-01"]) ** 2).sum())
    half = stats.t.ppf(0.975, 6) * error
    assert change["change_high"] - change["change_low"] == pytest.approx(2 * half)


@pytest.mark.parametrize("threshold", [5, 40])
def test_small_groups_are_blank_everywhere(make_study, threshold):
    frame = many()
    frame["level"] = np.where(frame.index < 30, "few", "rest")
    frame["day"] = "2026-05-01"
    frame.loc[frame.index < 150, "day"] = "2026-04-01"
    frame.loc[frame.index < 20, "day"] = "2026-03-01"
    toml = two('segments = ["level"]\ndate = "day"\nperiod = "month"')
    found = small(make_study(frame, f"{toml}[thresholds]\nsuppress = {threshold}\n"))
    few = found.segments[found.segments["level"] == "few"]
    figures = [
        "estimate",
        "std_error",
        "conf_low",
        "conf_high",
        "difference",
        "difference_low",
        "p_value",
        "p_adjusted",
    ]
    hidden = threshold > 30
    assert (few["suppressed"] == hidden).all()
    assert few[figures].isna().all(axis=None) == hidden
    # the only other level must not tell it either
    rest = found.segments[found.segments["level"] == "rest"]
    assert rest["estimate"].isna().all() == hidden
    assert rest["difference"].isna().all() == hidden
    march = found.periods[found.periods["period"] == "2026-03"]
    assert march["estimate"].isna().all() == hidden
    since = found.changes.set_index(["since", "term"])
    assert since.loc["first", "change"].isna().all() == hidden
    assert since.loc["previous", "change"].notna().all()
    assert ("suppressed_cells" in {one.code for one in found.notes}) == hidden


def test_a_study_below_the_threshold_shows_nothing(make_study):
    found = small(make_study(many(4), two()))
    for table in (found.items, found.dimensions, found.overall):
        figures = table.drop(columns=["term", "dimension", "n", "suppressed"], errors="ignore")
        assert figures.isna().all(axis=None)
        assert table["suppressed"].all()


def test_a_single_level_has_nothing_to_differ_from(make_study):
    found = small(make_study(many().assign(level="a"), two('segments = ["level"]')))
    assert found.segments["estimate"].notna().all()
    assert found.segments["difference"].isna().all()


def test_strata_of_one_respondent_do_not_stop_the_bootstrap(make_study):
    frame = many().assign(area=["lonely", *["x"] * 149, *["y"] * 150])
    found = small(make_study(frame, two('strata = "area"')))
    assert found.dimensions["share_low"].notna().all()
    alone = small(make_study(frame.assign(area="one"), two('cluster = "area"')))
    assert alone.items["gap"].notna().all()
    assert alone.items[["conf_low", "p_value"]].isna().all(axis=None)
    assert alone.dimensions["share_low"].isna().all()


def test_periods_and_the_change(make_study):
    frame = many()
    frame["day"] = np.where(frame.index < 150, "2026-02-10", "2026-05-10")
    found = small(make_study(frame, two('date = "day"')))
    gap = (frame["P3"] - frame["E3"]).groupby(frame["day"]).mean().tolist()
    place = found.periods[found.periods["term"] == "place"]
    assert place["period"].tolist() == ["2026-Q1", "2026-Q2"]
    assert place["estimate"].tolist() == pytest.approx(gap)
    change = by_term(found.changes).loc["place"]
    assert change["change"] == pytest.approx(gap[1] - gap[0])
    assert (change["since"], change["period"], change["previous"]) == ("previous", "2026-Q2", "2026-Q1")
