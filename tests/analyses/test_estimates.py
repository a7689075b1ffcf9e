"""Estimates under each sampling design, through study files, and small bases that are not shown.

References: R 4.2.2 t.test and package survey 4.1-1 on apistrat and apiclus1 (exported with 15 digits), relative
tolerance 1e-9; Newcombe (1998) as printed. No answer is missing in these columns.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from svcq_lib.analyses import estimates, scores
from svcq_lib.evidence import kernel
from svcq_lib.evidence.collect import Design, collect
from svcq_lib.evidence.moments import Moments
from svcq_lib.evidence.needs import Cells, EvidenceNeeds

API = """
[responses]
{design}
[responses.segments.stype]
[outcomes.api00]
kind = "score"
column = "api00"
scale = [200, 1000]
[outcomes.api99]
kind = "score"
column = "api99"
scale = [200, 1000]
"""
FPC = 'weight = "pw"\nstrata = "stype"\nfpc = { E = 4421, H = 755, M = 1018 }'
SIMPLE = Design(
    "simple", pd.DataFrame({"stratum": [""], "n": [0], "fraction": [0.0]}), np.zeros(1, dtype=np.intp)
)


def api(make_study, real_data, file: str, design: str) -> scores.ScoresResult:
    frame = pd.read_csv(real_data / "psychometric_ref" / file)
    return scores.scores(make_study(frame, API.format(design=design)))


def moments(values: np.ndarray, weights: np.ndarray | None = None) -> Moments:
    """Moments of columns in one cell."""
    w = np.ones(len(values)) if weights is None else weights
    sums = kernel.vector_sums(values, w, np.array([0]))
    return Moments(tuple("abcdef"[: values.shape[1]]), pd.DataFrame(index=[0]), sums)


# hand-computed


def test_a_mean_by_hand():
    row = estimates.means(moments(np.array([[1.0], [2.0], [6.0]])), SIMPLE).iloc[0]
    # mean 3, s² = (4 + 1 + 9) / 2 = 7, SE = √(7/3), t(2) = 4.30265
    assert row["estimate"] == 3
    assert row["std_dev"] == pytest.approx(np.sqrt(7))
    assert row["std_error"] == pytest.approx(np.sqrt(7 / 3))
    assert row["conf_high"] == pytest.approx(3 + 4.302652729911275 * np.sqrt(7 / 3))
    assert (row["n"], row["df"], row["n_eff"]) == (3, 2, 3)


def test_a_difference_by_hand():
    samples = np.array([4.0, 6, 8, 5, 9]), np.array([1.0, 2, 2, 4, 3, 1])
    tables = [
        pd.DataFrame({"estimate": [x.mean(), np.nan], "std_error": [stats.sem(x), 1.0], "n": len(x)}).assign(
            conf_low=np.nan, conf_high=np.nan, n_eff=len(x)
        )
        for x in samples
    ]
    row = estimates.compare(*tables, "change").iloc[0]
    welch = stats.ttest_ind(*samples, equal_var=False)  # scipy
    assert row["p_value"] == pytest.approx(welch.pvalue)
    assert (row["change_low"], row["change_high"]) == pytest.approx(tuple(welch.confidence_interval()))
    assert estimates.compare(*tables).iloc[1].isna().all()


def test_the_same_answer_throughout_a_small_group_proves_nothing():
    few = pd.DataFrame(
        {
            "estimate": [1.0],
            "std_error": [0.0],
            "conf_low": [0.61],
            "conf_high": [1.0],
            "n": [6],
            "n_eff": [6],
        }
    )
    many = pd.DataFrame(
        {
            "estimate": [0.8],
            "std_error": [0.0163],
            "conf_low": [0.766],
            "conf_high": [0.83],
            "n": [594],
            "n_eff": [594],
        }
    )
    mean = estimates.compare(few, many, "difference").iloc[0]
    assert np.isnan(mean["p_value"])
    share = estimates.compare(few.assign(measure="share"), many.assign(measure="share"), "difference").iloc[0]
    table = stats.chi2_contingency([[6, 0], [475, 119]], correction=False)  # scipy, shares 1 and .7997
    assert share["p_value"] == pytest.approx(table.pvalue, rel=0.01)
    assert share["difference_low"] < 0 < share["difference_high"]


@pytest.mark.parametrize("n", [5, 10, 20])
def test_small_groups_keep_the_level_of_the_test(n):
    # 4,000 groups without a true difference: the share of p < .05 within three Monte-Carlo errors above .05
    rng = np.random.default_rng(20261121)
    first, second = rng.normal(size=(4000, n)), rng.normal(size=(4000, 400))
    tables = [
        pd.DataFrame({"estimate": x.mean(axis=1), "std_error": stats.sem(x, axis=1), "n": x.shape[1]}).assign(
            conf_low=np.nan, conf_high=np.nan, n_eff=x.shape[1]
        )
        for x in (first, second)
    ]
    rate = (estimates.compare(*tables)["p_value"] < 0.05).mean()
    assert rate < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)


def test_rows_are_aligned_by_their_keys():
    table = pd.DataFrame({"level": ["b", "a", "c"], "term": ["x", "x", "x"]}, index=[4, 7, 9])
    other = pd.DataFrame({"level": ["a", "b"], "term": ["x", "x"], "estimate": [1.0, 2.0]})
    found = estimates.aligned(other, table, ["level", "term"])
    assert found["estimate"].tolist()[:2] == [2.0, 1.0]
    assert np.isnan(found["estimate"].iloc[2])
    assert found.index.tolist() == [4, 7, 9]


# reference values


def test_unweighted_is_students_t(real_data):
    extra = pd.read_csv(real_data / "r_datasets" / "sleep.csv")["extra"].to_numpy()
    row = estimates.means(moments((extra[:10] - extra[10:])[:, None]), SIMPLE).iloc[0]  # paired_t_sleep
    assert row[["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx(
        [-1.58, -2.45988576327698, -0.700114236723018], rel=1e-9
    )


@pytest.mark.parametrize(
    ("file", "design", "mean", "std_error"),
    [
        ("apistrat.csv", 'weight = "pw"', 662.287363159321, 9.58542887637313),  # svy_weights_only
        (
            "apistrat.csv",
            'weight = "pw"\nstrata = "stype"',
            662.287363159321,
            9.53613229692516,
        ),  # svy_strat_nofpc
        ("apistrat.csv", FPC, 662.287363159321, 9.40894080278458),  # svy_strat_mean
        (
            "apiclus1.csv",
            'weight = "pw"\ncluster = "dnum"\nfpc = 757',
            644.169398907104,
            23.542240693781,
        ),  # svy_clus1
    ],
)
def test_designs(make_study, real_data, file, design, mean, std_error):
    row = api(make_study, real_data, file, design).headline.iloc[0]
    assert row["outcome"] == "api00"
    assert (row["estimate"], row["std_error"]) == pytest.approx((mean, std_error), rel=1e-9)


def test_second_outcome_interval_and_effective_size_of_the_stratified_sample(make_study, real_data):
    found = api(make_study, real_data, "apistrat.csv", FPC)
    rows = found.headline.set_index("outcome")
    assert rows.loc["api00", "n_eff"] == pytest.approx(
        168.581331280756, rel=1e-9
    )  # svy_weights_only, kish_neff
    half = stats.t.ppf(0.975, 197) * 9.40894080278458  # degf 200 schools − 3 strata
    assert rows.loc["api00", "conf_high"] == pytest.approx(662.287363159321 + half, rel=1e-9)
    assert rows.loc["api99", "n"] == 200


def test_domains_of_a_stratified_sample(make_study, real_data):  # svy_by
    table = api(make_study, real_data, "apistrat.csv", FPC).segments
    rows = table[table["outcome"] == "api00"].set_index("level")
    assert rows.loc[["E", "H", "M"], "estimate"].tolist() == pytest.approx([674.43, 625.82, 636.6])
    assert rows.loc[["E", "H", "M"], "std_error"].tolist() == pytest.approx(
        [12.3824797939073, 14.9371291853931, 16.2147073081845], rel=1e-9
    )


def test_domains_that_cross_the_clusters(make_study, real_data):
    # linearised by hand: z of a district is its sum of w (x − mean of the domain) over the domain's weights
    frame = pd.read_csv(real_data / "psychometric_ref" / "apiclus1.csv")
    design = 'weight = "pw"\ncluster = "dnum"\nfpc = 757'
    table = api(make_study, real_data, "apiclus1.csv", design).segments
    rows = table[table["outcome"] == "api00"].set_index("level")
    for level in ("E", "H", "M"):
        one = frame[frame["stype"] == level]
        mean = np.average(one["api00"], weights=one["pw"])
        z = (one["pw"] * (one["api00"] - mean)).groupby(one["dnum"]).sum() / one["pw"].sum()
        z = z.reindex(frame["dnum"].unique(), fill_value=0.0)
        assert rows.loc[level, "estimate"] == pytest.approx(mean)
        assert rows.loc[level, "std_error"] == pytest.approx(np.sqrt((1 - 15 / 757) * 15 * z.var()), rel=1e-9)


def test_a_simple_sample_of_a_known_population_is_corrected(make_study, real_data):
    plain = api(make_study, real_data, "apistrat.csv", "").headline.iloc[0]
    known = api(make_study, real_data, "apistrat.csv", "fpc = 6194").headline.iloc[0]
    assert known["std_error"] == pytest.approx(plain["std_error"] * np.sqrt(1 - 200 / 6194))


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_shares_have_wilsons_interval(x, n, low, high):  # Newcombe 1998, as printed
    table = estimates.means(moments(np.repeat([1.0, 0.0], [x, n - x])[:, None]), SIMPLE)
    row = estimates.share_intervals(table).iloc[0]
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((low, high), abs=5.1e-5)


def test_weights_widen_a_shares_interval():
    answers, weights = np.repeat([1.0, 0.0], [30, 70])[:, None], np.tile([0.2, 1.8], 50)
    plain = estimates.share_intervals(estimates.means(moments(answers), SIMPLE)).iloc[0]
    weighted = estimates.share_intervals(estimates.means(moments(answers, weights), SIMPLE)).iloc[0]
    assert weighted["estimate"] == pytest.approx(plain["estimate"])
    assert weighted["conf_high"] - weighted["conf_low"] > 1.2 * (plain["conf_high"] - plain["conf_low"])


# invariants


def test_weights_of_any_unit_give_the_same():
    rng = np.random.default_rng(1)
    values, weights = rng.normal(size=(50, 2)), rng.uniform(0.5, 2, 50)
    one, other = (estimates.means(moments(values, weights * k), SIMPLE) for k in (1, 1000))
    pd.testing.assert_frame_equal(one, other)


# simulated truth


def test_intervals_of_a_stratified_sample_cover():
    # 600 samples of 2 strata (20 and 30 rows, unequal weights); nominal 95 % ± 3 Monte Carlo errors
    rng, repeats = np.random.default_rng(8), 600
    design = Design(
        "strata",
        pd.DataFrame({"stratum": ["a", "b"], "n": [20, 30], "fraction": [0.0, 0.0]}),
        np.array([0, 1]),
    )
    truth = (3.0 * 4.0 + 1.0 * 6.0) / 4
    samples = np.concatenate([rng.normal(4, 1, (20, repeats)), rng.normal(6, 1, (30, repeats))])
    sums = kernel.vector_sums(samples, np.repeat([3 / 20, 1 / 30], [20, 30]), np.array([0, 20]))
    keys = pd.DataFrame({"stratum": ["a", "b"]})
    found = estimates.means(Moments(tuple(f"x{i}" for i in range(repeats)), keys, sums), design)
    covered = found["conf_low"].le(truth) & found["conf_high"].ge(truth)
    assert len(covered) == repeats
    assert covered.mean() == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / repeats))


# edges


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_answers_allow_no_error(n):
    values = np.full((4, 1), np.nan)
    values[:n] = 3.0
    row = estimates.means(moments(values), SIMPLE).iloc[0]
    assert row["n"] == n
    assert np.isnan(row["std_error"])
    assert np.isnan(row["conf_low"])
    assert np.isnan(row["estimate"]) == (n == 0)


def test_answers_that_are_all_alike_have_no_error():
    row = estimates.means(moments(np.full((10, 1), 6.7)), SIMPLE).iloc[0]
    assert (row["std_error"], row["conf_low"], row["conf_high"]) == pytest.approx((0, 6.7, 6.7))


@pytest.mark.parametrize("design", ['cluster = "only"', 'strata = "only"\ncluster = "id"', 'strata = "id"'])
def test_a_design_of_single_units_gives_means_without_intervals(make_study, design):
    frame = pd.DataFrame({"id": ["a", "b", "c", "d", "e", "f"], "only": "x", "o": [1, 2, 3, 4, 5, 5]})
    toml = f'[responses]\n{design}\n[outcomes.o]\nkind = "score"\ncolumn = "o"\nscale = [1, 5]\n'
    evidence = collect(make_study(frame, toml), EvidenceNeeds(cells={"all": Cells(("outcome.o",))}))
    row = estimates.means(evidence.moments["all"], evidence.design).iloc[0]
    assert row["estimate"] == pytest.approx(20 / 6)
    assert np.isnan(row["conf_low"]) == (design != 'strata = "only"\ncluster = "id"')


# suppression


def test_rows_under_the_threshold_are_blank():
    table = pd.DataFrame(
        {"n": [4.0, 5.0], "estimate": [1.0, 2.0], "conf_low": [0.0, 1.0], "kept": [7.0, 8.0]}
    )
    found = estimates.suppress(table, 5, ("estimate", "conf_low", "conf_high"))
    assert found["suppressed"].tolist() == [True, False]
    assert found.iloc[0][["estimate", "conf_low"]].isna().all()
    assert found.iloc[1][["estimate", "conf_low"]].tolist() == [2.0, 1.0]
    assert (found["kept"].tolist(), found["n"].tolist()) == ([7.0, 8.0], [4.0, 5.0])
    assert table["estimate"].tolist() == [1.0, 2.0]
