"""Units compared with each other, with others and with the past.

References: statsmodels WLS (HC0) for figures at equal case mix, 1e-6; hand-computed cases; the demonstration's truth.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from svcq_lib.analyses.benchmark import BenchmarkResult, benchmark
from svcq_lib.errors import ParameterError

TOML = """
[responses]
{roles}
[responses.segments.unit]
[responses.segments.group]
[instrument]
scale = [1, 7]
perception = "P{{n}}"
[[instrument.dimensions]]
name = "staff"
items = [1, 2, 3, 4, 5]
[outcomes.rating]
kind = "score"
column = "y"
scale = [0, 100]
[outcomes.happy]
kind = "binary"
column = "b"
[benchmarking]
unit = "unit"
outcome = "rating"
{more}
"""


def toml(roles: str = "", more: str = "", sections: str = "") -> str:
    return TOML.format(roles=roles, more=more) + sections


def answers(n: int, seed: int, units: int = 8, spread: float = 4.0) -> pd.DataFrame:
    """Return answers of units that serve different customers: group "b" rates 20 points lower everywhere."""
    rng = np.random.default_rng(seed)
    unit = rng.integers(0, units, n)
    truth = np.linspace(-spread, spread, units)
    group = rng.random(n) < np.linspace(0.8, 0.2, units)[unit]
    y = np.clip(np.round(60 + truth[unit] - 20 * group + 8 * rng.standard_normal(n), 1), 0, 100)
    latent = rng.standard_normal(n)
    items = {f"P{i}": np.clip(np.round(4 + latent + 0.7 * rng.standard_normal(n)), 1, 7) for i in range(1, 6)}
    names = np.array([f"u{i:02d}" for i in range(units)])[unit]
    return pd.DataFrame(
        {
            "unit": names,
            "group": np.where(group, "b", "a"),
            "y": y,
            "b": (rng.random(n) < 0.7).astype(int),
            **items,
        }
    )


def run(study, **settings: object) -> BenchmarkResult:
    return benchmark(study, n_boot=60, n_draws=600, **settings)  # type: ignore[arg-type]


def by_unit(result: BenchmarkResult) -> pd.DataFrame:
    return result.league.set_index("unit")


# hand-computed


def test_three_units_by_hand(make_study):
    frame = pd.DataFrame(
        {"unit": list("aaabbbccc"), "group": "x", "y": [10, 20, 30, 40, 50, 60, 70, 80, 90.0], "b": 1}
    )
    frame = frame.assign(**{f"P{i}": 4 for i in range(1, 6)})
    result = run(make_study(frame, toml(more="[thresholds]\nsuppress = 1")), case_mix=[])
    table = by_unit(result)
    assert table.loc[["a", "b", "c"], "estimate"].tolist() == [20, 50, 80]
    assert table.loc["a", "std_error"] == pytest.approx(10 / np.sqrt(3))
    assert table.loc["a", "difference"] == pytest.approx(20 - 65)
    assert result.league["unit"].tolist() == ["c", "b", "a"]
    assert result.league["rank"].tolist() == [1, 2, 3]
    assert result.basis == "raw"
    assert result.overall["estimate"].iloc[0] == 50
    # best practice is the best unit where a quarter of the units is less than one
    assert table.loc["c", "distance"] == pytest.approx(0, abs=8)


# reference values


@pytest.mark.parametrize("weighted", [False, True])
def test_equal_case_mix_is_the_regression_s_marginal_mean(make_study, weighted):
    frame = answers(600, 1, units=4).assign(w=lambda one: 1 + (one["P1"] > 4))
    study = make_study(frame, toml('weight = "w"' if weighted else "", 'case_mix = ["group"]'))
    table = by_unit(run(study)).sort_index()
    x = pd.get_dummies(frame["unit"], dtype=float).assign(b=(frame["group"] == "b").astype(float))
    weights = frame["w"] if weighted else pd.Series(1.0, frame.index)
    model = sm.WLS(frame["y"], x, weights=weights).fit(cov_type="HC0")
    share = np.average(x["b"], weights=weights)
    level = np.hstack([np.eye(4), np.full((4, 1), share)])
    assert table["adjusted"].to_numpy() == pytest.approx(level @ model.params.to_numpy())
    cover = model.cov_params().to_numpy() * 600 / 599
    assert table["adjusted_error"].to_numpy() == pytest.approx(
        np.sqrt(np.diag(level @ cover @ level.T)), rel=1e-6
    )


def test_adjustment_restores_the_true_order(make_study):
    frame = answers(6000, 2)
    study = make_study(frame, toml(more='case_mix = ["group"]'))
    table = by_unit(run(study)).sort_index()
    truth = np.linspace(-4, 4, 8)
    away = table["adjusted"] - table["adjusted"].mean()
    assert np.abs(away - truth).max() < 1.5
    # raw figures confound service with customers: 12 points between the ends beside the true 8
    assert table["estimate"].iloc[-1] - table["estimate"].iloc[0] > 16
    covered = (table["shrunken_low"] <= truth + table["adjusted"].mean()) & (
        truth + table["adjusted"].mean() <= table["shrunken_high"]
    )
    assert covered.mean() >= 0.75
    assert table["rank"].tolist() == list(range(8, 0, -1))


# invariants


def test_rows_in_another_order_change_nothing(make_study):
    frame = answers(400, 3)
    one, two = (
        run(make_study(part, toml('id = "id"', 'case_mix = ["group"]')))
        for part in (frame.assign(id=range(400)), frame.assign(id=range(400)).sample(frac=1, random_state=1))
    )
    pd.testing.assert_frame_equal(one.league, two.league)
    pd.testing.assert_frame_equal(one.overall, two.overall)


def test_low_is_better_turns_the_table_round(make_study):
    frame = answers(800, 4)
    high = run(make_study(frame, toml()), case_mix=[])
    low = run(
        make_study(frame, toml().replace("scale = [0, 100]", 'scale = [0, 100]\nbetter = "low"')), case_mix=[]
    )
    assert high.league["unit"].tolist() == low.league["unit"].tolist()[::-1]
    assert not low.high_is_good
    assert by_unit(low).loc[low.league["unit"].iloc[0], "p_top"] > 0.5
    pairs = {"better": "worse", "worse": "better", "unclear": "unclear"}
    assert by_unit(low)["verdict"].map(pairs).to_dict() == by_unit(high)["verdict"].to_dict()


def test_ranks_and_probabilities_are_consistent(make_study):
    result = run(make_study(answers(500, 5), toml(more='case_mix = ["group"]')))
    table = result.league
    assert (
        (table["rank_low"] <= table["expected_rank"]) & (table["expected_rank"] <= table["rank_high"])
    ).all()
    assert table["p_top"].sum() == pytest.approx(2)  # a quarter of eight
    assert table["tier"].is_monotonic_increasing
    assert table["expected_rank"].sum() == pytest.approx(36)
    assert (table["shrinkage"].between(0, 1)).all()


# simulated truth


def test_units_that_are_alike_are_seldom_called_better(make_study):
    claims = 0
    for seed in range(12):
        frame = answers(600, 100 + seed, units=12, spread=0.0)
        claims += (
            run(make_study(frame, toml(more='case_mix = ["group"]'))).league["verdict"] != "unclear"
        ).any()
    assert claims <= 3  # Holm holds 5 % a study: P(more than 3 of 12) is 0.0002


def test_the_demonstration_s_branches_are_found(demo, truth):
    effects = pd.DataFrame(truth["branch_effects"]).T
    before = demo.during("2025-01..2025-06")
    table = by_unit(benchmark(before, outcome="responsiveness", n_boot=20, n_draws=1500)).sort_index()
    true = effects["responsiveness"].loc[table.index]
    assert np.corrcoef(table["shrunken"], true)[0, 1] > 0.7
    level = np.average(table["adjusted"] - true, weights=table["n"])
    inside = (table["shrunken_low"] <= true + level) & (true + level <= table["shrunken_high"])
    assert inside.mean() >= 0.85


def test_a_change_of_customers_is_mix_and_not_performance(make_study):
    rng = np.random.default_rng(6)
    n = 3000
    late = np.arange(n) >= n // 2
    group = rng.random(n) < np.where(late, 0.7, 0.3)
    y = np.clip(60 - 20 * group + 8 * rng.standard_normal(n), 0, 100)
    frame = answers(n, 7).assign(
        group=np.where(group, "b", "a"), y=y, day=np.where(late, "2026-04-10", "2026-01-10")
    )
    result = run(make_study(frame, toml('date = "day"', 'case_mix = ["group"]')))
    row = result.changes[result.changes["segment"] == "group"].iloc[0]
    assert row["mix"] + row["performance"] == pytest.approx(row["change"])
    assert row["mix_low"] < -8 < row["mix_high"]
    assert row["performance_low"] < 0 < row["performance_high"]
    levels = result.change_levels[result.change_levels["segment"] == "group"]
    assert levels["mix"].sum() == pytest.approx(row["mix"])
    assert levels.set_index("level").loc["b", "share"] == pytest.approx(group[late].mean())


# the gate


def test_other_meaning_of_a_question_is_noticed_and_withholds(make_study):
    frame = answers(2400, 8, units=4)
    odd = frame["unit"] == "u00"
    frame.loc[odd, "P1"] = np.clip(frame.loc[odd, "P1"] - 2, 1, 7)
    study = make_study(frame, toml())
    label, withheld, off = (
        run(study, outcome="staff", gate=gate, case_mix=[]) for gate in ("label", "withhold", "off")
    )
    codes = [note.code for note in label.notes]
    assert "invariance_unlike_units" in codes
    assert "invariance_proxy" not in codes
    assert label.league["rank"].notna().all()
    assert withheld.league["rank"].isna().all()
    assert "ranking_withheld" in [note.code for note in withheld.notes]
    assert off.invariance.empty
    sane = run(make_study(answers(2400, 8, units=4), toml()), outcome="rating", case_mix=[])
    assert {"invariance_alike_units", "invariance_proxy"} <= {note.code for note in sane.notes}


# data errors


def test_faulty_units_are_listed_and_not_smoothed_over(make_study):
    frame = answers(2000, 9, units=12, spread=1.0)
    frame.loc[frame["unit"] == "u03", "y"] = 100.0  # no spread, far from all
    copied = frame[frame["unit"] == "u05"].head(3)
    frame = pd.concat([frame[frame["unit"] != "u05"], *[copied] * 50], ignore_index=True)
    frame.loc[frame["unit"] == "u07", "y"] = np.nan
    frame.loc[frame.index[frame["unit"] == "u07"][:40], "y"] = 35.0 + np.arange(40)
    result = run(make_study(frame, toml()), case_mix=[])
    found = set(zip(result.screen["unit"], result.screen["check"], strict=True))
    assert {("u03", "extreme"), ("u03", "spread"), ("u05", "copies"), ("u07", "missing")} <= found
    table = by_unit(result)
    assert table.loc[["u03", "u05"], "held"].all()
    assert table.loc[["u03", "u05"], ["shrunken", "rank"]].isna().all(axis=None)
    assert not table.loc["u07", "held"]
    clean = run(make_study(answers(2000, 9, units=12, spread=1.0), toml()), case_mix=[])
    assert clean.screen.empty


# figures of others


REFERENCE = """
[[benchmarking.references]]
outcome = "rating"
measure = "mean"
value = {value}
label = "Peer"
source = "by hand"
{more}
"""


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("scale = [0, 100]\nyear = 2025", ""),
        ("scale = [1, 5]\nyear = 2025", "scale"),
        ("year = 2025", "definition"),
        ("scale = [0, 100]", "no_year"),
        ("scale = [0, 100]\nyear = 2019", "years"),
    ],
)
def test_figures_of_others_are_compared_only_where_it_is_fair(make_study, more, reason):
    frame = answers(300, 10).assign(day="2026-02-01")
    study = make_study(frame, toml('date = "day"', sections=REFERENCE.format(value=40, more=more)))
    result = run(study, case_mix=[])
    assert (len(result.external), len(result.refused)) == ((1, 0) if not reason else (0, 1))
    if reason:
        assert result.refused["reason"].iloc[0] == reason
    else:
        row = result.external.iloc[0]
        assert row["difference"] == pytest.approx(result.overall["estimate"].iloc[0] - 40)
        assert row["verdict"] == "better"
        assert np.isnan(row["percentile"])


def test_a_spread_of_peers_gives_a_percentile(make_study):
    frame = answers(300, 11)
    more = "scale = [0, 100]\nyear = 2025\nstd_dev = 5.0"
    study = make_study(
        frame, toml(more="year = 2026", sections=REFERENCE.format(value=float(frame["y"].mean()), more=more))
    )
    row = run(study, case_mix=[]).external.iloc[0]
    assert row["percentile"] == pytest.approx(0.5)
    assert row["percentile_low"] < 0.5 < row["percentile_high"]
    assert row["verdict"] == "unclear"
    other = run(study, outcome="happy", case_mix=[])
    assert other.external.empty


def test_an_undated_study_says_that_its_year_is_unknown(make_study):
    study = make_study(
        answers(200, 12), toml(sections=REFERENCE.format(value=40, more="scale = [0, 100]\nyear = 2025"))
    )
    assert run(study, case_mix=[]).refused["reason"].tolist() == ["own_year"]


# the funnel


def test_a_rare_share_is_compared_with_what_its_mix_lets_expect(make_study):
    frame = answers(4000, 13)
    rng = np.random.default_rng(13)
    frame["b"] = (rng.random(4000) < np.where(frame["group"] == "b", 0.08, 0.02)).astype(int)
    study = make_study(frame, toml(more='case_mix = ["group"]'))
    result = run(study, outcome="happy")
    assert result.dispersion["form"].iloc[0] == "rate"
    points = result.funnel
    assert np.average(points["estimate"], weights=points["size"]) == pytest.approx(1, abs=0.1)
    raw = run(study, outcome="happy", case_mix=[])
    assert raw.dispersion["form"].iloc[0] == "proportion"
    assert (raw.funnel["limit_low"] < raw.funnel["warning_low"]).all()


def test_a_true_outlier_leaves_the_funnel_and_the_switches_say_what_decides(make_study):
    frame = answers(4000, 14, units=20, spread=0.0)
    frame.loc[frame["unit"] == "u04", "y"] -= 12
    result = run(make_study(frame.assign(group="a"), toml()), case_mix=[])
    assert result.funnel.set_index("unit").loc["u04", "outside"] == "limit"
    assert result.funnel.set_index("unit").loc["u04", "side"] == "worse"
    assert set(result.switches["default"]) == {"bench_tau", "bench_overdispersion", "bench_limits"}
    assert result.league["unit"].iloc[-1] == "u04"


# edges and errors


def test_two_units_are_compared_but_not_ranked(make_study):
    result = run(make_study(answers(200, 15, units=2), toml(more='case_mix = ["group"]')))
    assert len(result.league) == 2
    assert result.league["rank"].isna().all()
    assert result.league["verdict"].notna().all()
    assert result.switches.empty


def test_a_single_unit_and_constant_answers_do_not_fail(make_study):
    frame = answers(60, 16, units=1).assign(y=50.0, P1=3)
    result = run(make_study(frame, toml()), case_mix=[])
    assert result.league["rank"].isna().all()
    constant = run(make_study(answers(200, 16, units=4).assign(y=50.0), toml()), case_mix=[])
    assert constant.league["estimate"].tolist() == [50.0] * 4
    assert (constant.league["verdict"] == "unclear").all()


def test_small_units_are_hidden_everywhere(make_study):
    frame = answers(400, 17, units=5)
    few = frame["unit"] == "u00"
    frame = pd.concat([frame[~few], frame[few].head(3)], ignore_index=True)
    result = run(make_study(frame, toml()), case_mix=[])
    hidden = result.league[result.league["suppressed"]]
    assert "u00" in hidden["unit"].tolist()
    assert len(hidden) == 2  # the next smallest too: all less the others would give the small one away
    assert hidden[["estimate", "shrunken", "adjusted", "difference", "rank"]].isna().all(axis=None)
    assert not set(hidden["unit"]) & set(result.funnel["unit"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"unit": "shop"}, "'shop' is not a segment .*unit, group"),
        ({"outcome": "joy"}, "outcome 'joy' is not in .*rating"),
        ({"measure": "nps"}, "rating has no measure 'nps'.*mean"),
        ({"case_mix": ["age"]}, "'age' is not a segment"),
        ({"tau_method": "ml"}, "tau_method"),
        ({"gate": "hide"}, "gate"),
    ],
)
def test_wrong_settings_say_what_there_is(make_study, settings, message):
    study = make_study(answers(40, 18, units=2), toml())
    with pytest.raises(ParameterError, match=message):
        run(study, **settings)
