"""Intervals and p-values.

References: Newcombe (1998) as printed (N4, N5); R 4.2.2 prop.test, t.test, psych 2.2.9 alpha.ci (1e-9).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import ParameterError
from svcq_lib.stats import intervals
from svcq_lib.stats.linearize import mean_estimate

# hand-computed


def test_normal_interval():
    low, high = intervals.normal_interval(10.0, 2.0)
    assert (float(low), float(high)) == pytest.approx((10 - 1.959963985 * 2, 10 + 1.959963985 * 2))


def test_percentile_interval_interpolates_and_leaves_nan_out():
    low, high = intervals.percentile_interval([4.0, np.nan, 0.0, 1.0, 3.0, 2.0], level=0.9)
    assert (float(low), float(high)) == pytest.approx((0.2, 3.8))


# reference values


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_newcombe_1998(x, n, low, high):  # N4
    assert [float(one) for one in intervals.wilson(x / n, n)] == pytest.approx([low, high], abs=5.1e-5)


def test_wilson_prop_test():  # prop_wilson
    found = [float(one) for one in intervals.wilson(0.7, 60)]
    assert found == pytest.approx([0.574912920530855, 0.801018338612309], abs=1e-12)


def test_paired_t_sleep(real_data):  # paired_t_sleep
    extra = pd.read_csv(real_data / "r_datasets" / "sleep.csv")["extra"].to_numpy()
    found = mean_estimate(extra[:10] - extra[10:])
    se = np.sqrt(found.variance)
    assert float(found.estimate / se) == pytest.approx(-4.06212768338204, abs=1e-9)
    assert float(intervals.t_p_value(found.estimate / se, found.df)) == pytest.approx(
        0.00283289019738427, rel=1e-9
    )
    limits = [float(one) for one in intervals.t_interval(found.estimate, se, found.df)]
    assert limits == pytest.approx([-2.45988576327698, -0.700114236723018], abs=1e-9)


def test_feldt():  # alpha_ci_attitude_feldt, alpha_bfi_A
    found = [float(one) for one in intervals.feldt(0.84314276956476, 30, 7)]
    assert found == pytest.approx([0.739375685643107, 0.915773072159982], abs=1e-9)
    found = [float(one) for one in intervals.feldt(0.703755894374836, 2709, 5)]
    assert found == pytest.approx([0.685744635049661, 0.721035962795739], abs=1e-9)


def test_bonett_by_its_formula():
    alpha, n, k = 0.8, 50, 4
    half = 1.959963984540054 * np.sqrt(2 * k / ((k - 1) * (n - 2)))
    centre = np.log(0.2) - np.log(50 / 49)
    expected = [1 - np.exp(centre + half), 1 - np.exp(centre - half)]
    assert [float(one) for one in intervals.bonett(alpha, n, k)] == pytest.approx(expected)


# invariants


@given(st.floats(0, 1), st.floats(0.5, 1e6), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_wilson_holds_the_share_and_stays_inside(p, n, level):
    low, high = intervals.wilson(p, n, level)
    assert 0 <= low <= p + 1e-12
    assert p - 1e-12 <= high <= 1


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.sampled_from([0.5, 0.9, 0.95]))
def test_percentile_interval_is_numpy_quantile(draws, level):
    low, high = intervals.percentile_interval(draws, level)
    assert float(low) == pytest.approx(np.quantile(draws, (1 - level) / 2), abs=1e-6)
    assert float(high) == pytest.approx(np.quantile(draws, (1 + level) / 2), abs=1e-6)


def test_a_large_df_is_normal():
    assert float(intervals.t_interval(0.0, 1.0, np.inf)[1]) == pytest.approx(1.959963985)
    assert float(intervals.t_p_value(1.96, np.inf)) == pytest.approx(float(intervals.z_p_value(1.96)))


# simulated truth


def test_wilson_covers_its_share():
    rng = np.random.default_rng(3)
    observed = rng.binomial(40, 0.15, size=20_000) / 40
    low, high = intervals.wilson(observed, 40)
    assert 0.93 < ((low <= 0.15) & (high >= 0.15)).mean() < 0.97


def test_a_share_of_few_clusters_is_covered_with_students_t():
    rng, clusters, rows, draws = np.random.default_rng(5), 12, 40, 4_000
    chance = 1 / (1 + np.exp(-(np.log(0.3 / 0.7) + 0.5 * rng.normal(size=(draws, clusters)))))
    x = rng.binomial(rows, chance)
    p = x.sum(axis=1) / (clusters * rows)
    z = (x - p[:, None] * rows) / (clusters * rows)
    n = p * (1 - p) / (clusters / (clusters - 1) * (z**2).sum(axis=1))
    true = (1 / (1 + np.exp(-(np.log(0.3 / 0.7) + 0.5 * rng.normal(size=1_000_000))))).mean()
    covered = []
    for df in (np.inf, clusters - 1):
        low, high = intervals.wilson(p, n, df=df)
        covered.append(float(((low <= true) & (high >= true)).mean()))
    assert covered[0] < 0.935
    assert 0.94 < covered[1] < 0.965


# edges and errors


@pytest.mark.parametrize("n", [0, -1, np.nan])
def test_no_base_gives_nan(n):
    assert np.isnan(intervals.wilson(0.5, n)).all()
    assert np.isnan(intervals.t_interval(1.0, 1.0, n)).all()
    assert np.isnan(intervals.t_p_value(1.0, n))
    assert np.isnan(intervals.feldt(0.8, n, 5)).all()
    assert np.isnan(intervals.bonett(0.8, n, 5)).all()


def test_columns_of_draws_are_treated_apart():
    draws = np.array([[1.0, np.nan, np.nan], [3.0, 5.0, np.nan]])
    low, high = intervals.percentile_interval(draws, 0.5)
    np.testing.assert_allclose(low, [1.5, 5, np.nan])
    np.testing.assert_allclose(high, [2.5, 5, np.nan])
    np.testing.assert_allclose(intervals.percentile_interval(draws.T, 0.5, axis=1)[0], low)


@pytest.mark.parametrize("level", [0, 1, 95, -0.5])
def test_impossible_level_is_refused(level):
    with pytest.raises(ParameterError, match=f"between 0 and 1, such as 0.95; got {level}"):
        intervals.wilson(0.5, 10, level)
