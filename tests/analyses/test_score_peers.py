"""A unit beside all others: against direct computation, against the groups of the whole study, and edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svcq_lib.analyses.scores import needs, scores
from svcq_lib.evidence.needs import EvidenceNeeds

TOML = """
[responses]
{roles}
segments = ["unit", "channel"]
[outcomes.csat]
kind = "csat"
column = "csat"
scale = [1, 5]
[outcomes.nps]
kind = "nps"
column = "nps"
[outcomes.effort]
kind = "ces"
column = "effort"
scale = [1, 7]
high_is = "hard"
[outcomes.again]
kind = "binary"
column = "again"
"""
SHARED = ["difference", "difference_low", "difference_high", "p_value"]
DESIGNS = ("", 'weight = "w"', 'weight = "w"\nstrata = "stratum"', 'weight = "w"\ncluster = "psu"')


def answers(n=900, seed=2):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "csat": rng.integers(1, 6, n), "nps": rng.integers(0, 11, n), "effort": rng.integers(1, 8, n),
            "again": rng.integers(0, 2, n), "unit": rng.choice(["a", "b", "c"], n, p=[0.2, 0.5, 0.3]),
            "channel": rng.choice(["phone", "counter"], n), "w": rng.uniform(0.5, 2, n),
            "stratum": rng.choice(["s", "t"], n), "psu": rng.integers(0, 40, n),
        }
    )  # fmt: skip


def test_a_unit_by_hand(make_study):
    frame = answers()
    found = scores(make_study(frame, TOML.format(roles="")).where(unit="a")).peers.set_index("outcome")
    own, rest = frame[frame["unit"] == "a"], frame[frame["unit"] != "a"]
    assert found["n"].tolist() == [len(own)] * 4
    assert found["n_peers"].tolist() == [len(rest)] * 4
    row = found.loc["effort"]
    assert (row["estimate"], row["peers"]) == pytest.approx((own["effort"].mean(), rest["effort"].mean()))
    assert row["difference"] == pytest.approx(own["effort"].mean() - rest["effort"].mean())
    # high effort is bad: the effect size is turned, and its limits with it
    assert row["effect_size"] == pytest.approx(-row["difference"] / rest["effort"].std(ddof=1), rel=1e-3)
    assert row["effect_size_low"] == pytest.approx(
        row["effect_size"] * row["difference_high"] / row["difference"]
    )
    index = found.loc["csat"]
    assert index["difference"] == pytest.approx(25 * (own["csat"].mean() - rest["csat"].mean()))
    assert index["effect_size"] == pytest.approx(
        index["difference"] / (25 * rest["csat"].std(ddof=1)), rel=1e-3
    )
    net = found.loc["nps"]
    scored = np.where(rest["nps"] >= 9, 100, np.where(rest["nps"] <= 6, -100, 0))
    assert net["effect_size"] == pytest.approx(net["difference"] / scored.std(ddof=1), rel=1e-3)


@pytest.mark.parametrize("roles", DESIGNS)
def test_it_is_the_unit_s_row_among_all_groups(make_study, roles):
    study = make_study(answers(), TOML.format(roles=roles))
    whole = scores(study).segments
    for unit in ("a", "c"):
        own = scores(study.where(unit=unit), adjust_method="none").peers.set_index("outcome")
        group = whole[(whole["segment"] == "unit") & (whole["level"] == unit)].set_index("outcome")
        pd.testing.assert_frame_equal(own[SHARED], group[SHARED].loc[own.index], rtol=1e-9)


def test_it_is_the_unit_s_row_under_margins(make_study):
    margins = "[weights.margins.channel]\ncounts = {phone = 300, counter = 700}\n"
    study = make_study(answers(), TOML.format(roles="") + margins)
    whole = scores(study).segments
    own = scores(study.where(unit="b")).peers.set_index("outcome")
    group = whole[(whole["segment"] == "unit") & (whole["level"] == "b")].set_index("outcome")
    pd.testing.assert_frame_equal(own[SHARED], group[SHARED].loc[own.index], rtol=1e-9)


def test_the_rest_is_of_the_same_period(demo):
    whole = scores(demo.during("2025-Q2")).segments
    own = scores(demo.where(branch="B07").during("2025-Q2")).peers.set_index("outcome")
    group = whole[(whole["segment"] == "branch") & (whole["level"] == "B07")].set_index("outcome")
    pd.testing.assert_frame_equal(own[SHARED], group[SHARED].loc[own.index], rtol=1e-9)


def test_a_unit_of_two_segments_stands_against_everything_else(make_study):
    frame = answers()
    study = make_study(frame, TOML.format(roles="")).where(unit="a", channel="phone")
    found = scores(study).peers
    own = (frame["unit"] == "a") & (frame["channel"] == "phone")
    assert found["n"].tolist() == [own.sum()] * 4
    assert found["n_peers"].tolist() == [(~own).sum()] * 4


def test_tests_are_adjusted_over_the_figures(make_study):
    study = make_study(answers(), TOML.format(roles="")).where(unit="a")
    found = scores(study).peers
    assert (found["p_adjusted"] >= found["p_value"]).all()
    assert found["p_adjusted"].min() == pytest.approx(min(1, 4 * found["p_value"].min()))
    bare = scores(study, adjust_method="none").peers
    assert bare["p_adjusted"].tolist() == bare["p_value"].tolist()


@pytest.mark.parametrize("unit", ["few", "most"])
def test_a_small_side_is_not_given_away(make_study, unit):
    frame = answers(100).assign(unit=np.where(np.arange(100) < 3, "few", "most"))
    found = scores(make_study(frame, TOML.format(roles="")).where(unit=unit)).peers
    assert found["suppressed"].all()
    shown = ["estimate", "peers", *SHARED, "p_adjusted", "effect_size", "effect_size_high"]
    assert found[shown].isna().all(axis=None)


@pytest.mark.parametrize(("filters", "peers"), [({}, True), ({"unit": "a"}, False)])
def test_without_a_unit_or_when_it_is_not_wanted_nothing_is_compared(make_study, filters, peers):
    study = make_study(answers(), TOML.format(roles="")).where(**filters)
    assert scores(study, peers=peers).peers.empty
    assert not any(one.peers for one in needs(study, peers=peers).cells.values())


def test_a_study_of_one_unit_has_no_others(make_study):
    frame = answers(60).assign(unit="only")
    assert scores(make_study(frame, TOML.format(roles="")).where(unit="only")).peers.empty


def test_its_needs_say_that_it_reads_rows_outside_the_filters(make_study):
    study = make_study(answers(), TOML.format(roles="")).where(unit="a")
    asked = needs(study)
    (beside,) = [one for one in asked.cells.values() if one.peers]
    assert beside.by == ("segment.unit",)
    inside, outside = asked.by_filter()
    assert set(outside.cells) == {"scores.peers"}
    assert (inside | outside).cells == asked.cells
    assert (inside.tallies, outside.tallies) == (asked.tallies, {})
    assert EvidenceNeeds().by_filter()[1].cells == {}


def test_nothing_else_changes_with_the_comparison(make_study):
    study = make_study(answers(), TOML.format(roles="")).where(unit="a")
    one, other = scores(study), scores(study, peers=False)
    for name in ("headline", "segments", "distribution"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert one.notes == other.notes
