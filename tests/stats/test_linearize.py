"""Design-based standard errors. Reference: R 4.2.2, package survey 4.1-1, on its api samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import MethodError
from svcq_lib.stats import linearize
from svcq_lib.stats.intervals import normal_interval, t_interval, t_p_value

RTOL = 1e-8  # the weights in the files carry about ten digits


def psu_sums(frame, weight, columns, rows=None):
    """Sums of every row as its own sampling unit; rows outside the domain stay as zeros."""
    w = frame[weight].to_numpy() * (1.0 if rows is None else rows.to_numpy())
    return w[:, None] * np.ones(len(columns)), w[:, None] * frame[columns].to_numpy(dtype=float)


@pytest.fixture(scope="module")
def strat(real_data):
    return pd.read_csv(real_data / "psychometric_ref" / "apistrat.csv")


@pytest.fixture(scope="module")
def clus(real_data):
    return pd.read_csv(real_data / "psychometric_ref" / "apiclus1.csv")


def fractions(strat):
    by = strat.groupby("stype")
    return (by.size() / by["fpc"].first()).to_numpy()


def simple(frame, column):
    """Variance of the mean in a simple random sample of the same size: what a design effect is against."""
    n, spread = len(frame), float(linearize.mean_estimate(frame[column], frame["pw"]).std_dev)
    return spread**2 / n * (1 - n / frame["pw"].sum())


# hand-computed


def test_unweighted_mean_is_the_textbook():
    found = linearize.mean_estimate([1.0, 2.0, 3.0, np.nan, 6.0])
    assert float(found.estimate) == 3.0
    assert float(found.variance) == pytest.approx((14 / 3) / 4)
    assert float(found.std_dev) == pytest.approx(np.sqrt(14 / 3))
    assert (float(found.n), float(found.n_eff), float(found.df)) == (4, 4, 3)


def test_weighted_mean():
    # mean (2 * 1 + 1 * 4) / 3 = 2; sum w2 (x - mean)2 = 4 + 4; times 2 / 1 / 9
    found = linearize.mean_from_sums(2, 3, 5, 17, 6, 18, 8, 20)
    assert float(found.estimate) == 2.0
    assert float(found.variance) == pytest.approx(16 / 9)
    assert float(found.std_dev) == pytest.approx(2.0)
    assert float(found.n_eff) == pytest.approx(9 / 5)
    assert float(found.df) == 1.0  # at least: 25 / 17 - 1 is less


def test_uneven_weights_leave_fewer_degrees_of_freedom():
    # (1 + 1 + 1 + 1 + 4)2 / (1 + 1 + 1 + 1 + 16) - 1
    assert float(linearize.mean_estimate([1.0, 2, 4, 5, 3], [1, 1, 1, 1, 2]).df) == pytest.approx(64 / 20 - 1)
    assert float(linearize.mean_estimate([1.0, 2, 4, 5, 3], [0.3] * 5).df) == pytest.approx(4)


def test_two_psus_in_each_of_two_strata():
    found = linearize.total_variance_from_psus([1.0, 3.0, 2.0, 2.0], ["a", "a", "b", "b"], [0.5, 0.0])
    assert float(found.variance) == pytest.approx(0.5 * 2 * 2)
    assert found.df == 2


# reference values


def test_stratified_mean(strat):  # svy_strat_mean, N6
    sw, swx = psu_sums(strat, "pw", ["api00", "api99"])
    mean = swx.sum(axis=0) / sw.sum(axis=0)
    found = linearize.ratio_variance_from_psus(sw, swx, mean, strat["stype"], fractions(strat))
    np.testing.assert_allclose(mean, [662.287363159321, 629.394844783961], rtol=RTOL)
    np.testing.assert_allclose(np.sqrt(found.variance), [9.40894080278458, 9.96394729866688], rtol=RTOL)
    assert found.df == 197
    limits = [float(one[0]) for one in normal_interval(mean, np.sqrt(found.variance))]
    assert limits == pytest.approx([643.846, 680.729], abs=5.1e-4)
    assert found.variance[0] / simple(strat, "api00") == pytest.approx(1.20445726853772, rel=RTOL)


def test_share_of_a_stratified_sample(strat):  # N6, P(api00 > 700)
    above = (strat["api00"] > 700).to_numpy(dtype=float)
    sw, swx = psu_sums(strat.assign(above=above), "pw", ["above"])
    share = swx.sum() / sw.sum()
    found = linearize.ratio_variance_from_psus(sw, swx, share, strat["stype"], fractions(strat))
    assert share == pytest.approx(0.4043, abs=5.1e-5)
    # R's limits are normal ones of the log odds; the reports show Wilson's instead
    odds = t_interval(
        np.log(share / (1 - share)), np.sqrt(found.variance[0]) / (share * (1 - share)), found.df
    )
    assert [1 / (1 + np.exp(-float(one))) for one in odds] == pytest.approx([0.3331, 0.48], abs=5.1e-4)


def test_stratified_total(strat):  # svy_strat_total
    totals = strat["pw"] * strat["enroll"]
    found = linearize.total_variance_from_psus(totals, strat["stype"], fractions(strat))
    assert totals.sum() == pytest.approx(3687177.53243828, rel=RTOL)
    assert np.sqrt(float(found.variance)) == pytest.approx(114641.71610078, rel=RTOL)


def test_without_finite_population_correction(strat):  # svy_strat_nofpc
    sw, swx = psu_sums(strat, "pw", ["api00"])
    found = linearize.ratio_variance_from_psus(sw, swx, swx.sum() / sw.sum(), strat["stype"])
    assert np.sqrt(found.variance[0]) == pytest.approx(9.53613229692516, rel=RTOL)


def test_weights_only(strat):  # svy_weights_only
    found = linearize.mean_estimate(strat["api00"], strat["pw"])
    assert float(found.estimate) == pytest.approx(662.287363159321, rel=RTOL)
    assert np.sqrt(float(found.variance)) == pytest.approx(9.58542887637313, rel=RTOL)
    assert float(found.n_eff) == pytest.approx(168.581331280756, rel=RTOL)


@pytest.mark.parametrize(
    ("domain", "mean", "se"),
    [("E", 674.43, 12.3824797939073), ("H", 625.82, 14.9371291853931), ("M", 636.6, 16.2147073081845)],
)
def test_domains(strat, domain, mean, se):  # svy_by
    sw, swx = psu_sums(strat, "pw", ["api00"], strat["stype"] == domain)
    estimate = swx.sum() / sw.sum()
    found = linearize.ratio_variance_from_psus(sw, swx, estimate, strat["stype"], fractions(strat))
    assert estimate == pytest.approx(mean, rel=RTOL)
    assert np.sqrt(found.variance[0]) == pytest.approx(se, rel=RTOL)


def test_clusters(clus):  # svy_clus1, N7
    by = clus.assign(wx=clus["pw"] * clus["api00"]).groupby("dnum")[["pw", "wx"]].sum()
    mean = by["wx"].sum() / by["pw"].sum()
    found = linearize.ratio_variance_from_psus(by["pw"], by["wx"], mean, np.zeros(len(by)), len(by) / 757)
    assert mean == pytest.approx(644.169398907104, rel=RTOL)
    assert np.sqrt(float(found.variance)) == pytest.approx(23.542240693781, rel=RTOL)
    assert found.df == 14
    assert float(found.variance) / simple(clus, "api00") == pytest.approx(9.34586945059095, rel=RTOL)


# invariants


@given(st.integers(0, 1000), st.floats(0.01, 100), st.floats(-1e3, 1e3), st.floats(0.1, 10))
def test_scale_of_weights_and_answers(seed, weight_unit, origin, unit):
    rng = np.random.default_rng(seed)
    x, w = rng.integers(1, 8, 30).astype(float), rng.uniform(0.5, 2, 30)
    first = linearize.mean_estimate(x, w)
    moved = linearize.mean_estimate(origin + unit * x, weight_unit * w)
    assert float(moved.estimate) == pytest.approx(origin + unit * float(first.estimate), rel=1e-9, abs=1e-9)
    assert float(moved.variance) == pytest.approx(unit**2 * float(first.variance), rel=1e-7)
    assert float(moved.n_eff) == pytest.approx(float(first.n_eff), rel=1e-9)


@given(st.integers(0, 1000))
def test_each_row_a_psu_is_the_weights_only_design(seed):
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=25), rng.uniform(0.5, 2, 25)
    mean = linearize.mean_estimate(x, w)
    found = linearize.ratio_variance_from_psus(w, w * x, mean.estimate, np.zeros(25))
    assert float(found.variance) == pytest.approx(float(mean.variance), rel=1e-9)


# simulated truth


def test_standard_error_of_clustered_answers():
    rng = np.random.default_rng(11)
    errors, means = [], []
    for _ in range(300):
        x = rng.normal(size=40)[:, None] + rng.normal(size=(40, 5))
        sw, swx = np.full(40, 5.0), x.sum(axis=1)
        means.append(swx.sum() / sw.sum())
        errors.append(linearize.ratio_variance_from_psus(sw, swx, means[-1], np.zeros(40)).variance)
    assert np.sqrt(np.mean(errors)) == pytest.approx(np.std(means), rel=0.12)


def test_unevenly_weighted_answers_keep_the_size_of_a_test_far_out_in_the_tail():
    rng, level = np.random.default_rng(20261121), 0.002  # a twenty-fifth of 5 %
    w, x = np.exp(0.5 * rng.normal(size=(50, 60_000))), rng.normal(size=(50, 60_000))
    sums = (w, w**2, w**4, w * x, w * x**2, w**2 * x, w**2 * x**2)
    found = linearize.mean_from_sums(50, *(one.sum(axis=0) for one in sums))
    t = found.estimate / np.sqrt(found.variance)
    size, naive = (float((t_p_value(t, df) < level).mean()) for df in (found.df, found.n - 1))
    assert 0.5 * level < size < 1.1 * level
    assert naive > 1.2 * level


# edges and errors


@pytest.mark.parametrize("x", [[], [np.nan], [4.0]])
def test_too_few_answers_have_no_error(x):
    found = linearize.mean_estimate(np.array(x, dtype=float))
    assert float(found.n) == np.isfinite(x).sum()
    assert np.isnan([found.variance, found.std_dev, found.df]).all()
    assert np.isnan(found.estimate) == (found.n == 0)


@pytest.mark.parametrize("value", [0.1, 7.0, 1e6])
def test_equal_answers_have_no_variance(value):
    n, w = 3, np.array([0.3, 0.7, 1.1])
    parts = (
        w.sum(),
        (w**2).sum(),
        (w**4).sum(),
        (w * value).sum(),
        (w * value**2).sum(),
        (w**2 * value).sum(),
    )
    found = linearize.mean_from_sums(n, *parts, (w**2 * value**2).sum())
    assert (float(found.variance), float(found.std_dev)) == (0.0, 0.0)


def test_rows_without_weight_are_left_out():
    found = linearize.mean_estimate([1.0, 3.0, 100.0, 100.0], [1.0, 1.0, 0.0, np.nan])
    assert (float(found.estimate), float(found.n)) == (2.0, 2.0)


def test_lonely_psu_fails_or_is_compared_with_all():
    z, strata = [1.0, 2.0, 6.0], ["a", "a", "b"]
    with pytest.raises(MethodError, match=r"\['b'\] have one"):
        linearize.total_variance_from_psus(z, strata)
    found = linearize.total_variance_from_psus(z, strata, lonely="adjust")
    assert float(found.variance) == pytest.approx(2 * 0.5 + (6 - 3) ** 2)
    assert found.df == 1


def test_one_psu_in_all_is_refused():
    with pytest.raises(MethodError, match="two sampling units"):
        linearize.total_variance_from_psus([1.0], [0], lonely="adjust")
