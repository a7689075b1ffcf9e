"""Confirmatory factor analysis and invariance.

References: lavaan 0.6-14 on HolzingerSwineford1939 (χ², information criteria 1e-4; indices 1e-6; loadings 1e-5, the
accuracy of the reference), and the digits that lavaan's tutorial prints. Complete answers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svcq_lib.errors import MethodError, ParameterError
from svcq_lib.stats.cfa import cfa, invariance

THREE = np.repeat([0, 1, 2], 3)


@pytest.fixture(scope="module")
def answers(real_data):
    return pd.read_csv(real_data / "psychometric_ref" / "HolzingerSwineford1939.csv")


def items(table):
    return table[[f"x{i}" for i in range(1, 10)]].to_numpy()


def ml(x):
    return np.cov(x.T, bias=True)


def implied(loading, factor, correlation, unique):
    L = np.zeros((len(factor), int(max(factor)) + 1))
    L[np.arange(len(factor)), factor] = loading
    return L @ correlation @ L.T + np.diag(unique)


# hand-computed


def test_one_factor_of_three_items_solves_its_three_correlations():
    R = np.array([[1, 0.42, 0.48], [0.42, 1, 0.56], [0.48, 0.56, 1]])  # loadings .6 .7 .8
    fit = cfa(R, 100, [0, 0, 0])
    assert fit.std_loadings == pytest.approx([0.6, 0.7, 0.8], abs=1e-6)
    assert (fit.df, fit.chi2) == (0, pytest.approx(0, abs=1e-8))
    assert np.isnan([fit.p_value, fit.cfi, fit.rmsea]).all()


# reference


def test_fit_of_lavaans_example(answers):
    x = items(answers)
    fit = cfa(ml(x), 301, THREE)
    assert fit.chi2 == pytest.approx(85.3055217699727, abs=1e-5)
    assert (fit.df, fit.baseline_df) == (24, 36)
    assert fit.baseline_chi2 == pytest.approx(918.851589292384, abs=1e-8)
    assert fit.p_value == pytest.approx(8.50255321704907e-09, rel=1e-4)
    expected = [
        0.930559651799336,
        0.895839477699004,
        0.0921214845101686,
        0.0714184904399382,
        0.113678016811963,
    ]
    assert [fit.cfi, fit.tli, fit.rmsea, fit.rmsea_low, fit.rmsea_high] == pytest.approx(expected, abs=1e-6)
    assert fit.srmr == pytest.approx(0.0652050571843865, abs=1e-6)
    assert [fit.log_likelihood, fit.aic, fit.bic] == pytest.approx(
        [-3737.7449266262, 7517.48985325239, 7595.33916881212], abs=1e-5
    )
    assert fit.converged
    assert not fit.heywood
    with_means = cfa(ml(x), 301, THREE, means=x.mean(axis=0))
    assert with_means.aic - fit.aic == pytest.approx(18)


def test_estimates_of_lavaans_example(answers):
    fit = cfa(ml(items(answers)), 301, THREE)
    expected = [0.771880420352354, 0.423600991987846, 0.581132323928107, 0.851582222377847, 0.855065446372579,
                0.838010073941927, 0.569514683989511, 0.723044432769852, 0.665009218815763]  # fmt: skip
    assert fit.std_loadings == pytest.approx(expected, abs=1e-5)
    correlations = [0.458509300355974, 0.470534544464427, 0.282984730415918]
    assert fit.factor_correlation[np.tril_indices(3, -1)] == pytest.approx(correlations, abs=2e-5)
    # printed by standardizedSolution in the tutorial
    errors = [0.055, 0.060, 0.055, 0.023, 0.022, 0.023, 0.053, 0.051, 0.051]
    assert fit.std_errors == pytest.approx(errors, abs=6e-4)


def test_one_factor_fits_badly(answers):
    fit = cfa(ml(items(answers)), 301, [0] * 9)
    expected = [312.264159376546, 27, 0.676883223821131, 0.569177631761508, 0.187352061116354, 0.168989401799944,
                0.206306005059017, 0.143141748796018, 7738.44849085897, 7805.17647562445]  # fmt: skip
    found = [
        fit.chi2,
        fit.df,
        fit.cfi,
        fit.tli,
        fit.rmsea,
        fit.rmsea_low,
        fit.rmsea_high,
        fit.srmr,
        fit.aic,
        fit.bic,
    ]
    assert found == pytest.approx(expected, abs=1e-5)
    assert fit.log_likelihood == pytest.approx(-3851.22424542948, abs=1e-5)


def test_invariance_between_schools(answers):
    groups = [items(one) for _, one in answers.groupby("school", sort=False)]
    levels = invariance(
        [ml(x) for x in groups], [x.mean(axis=0) for x in groups], [len(x) for x in groups], THREE,
        ("configural", "metric", "scalar", "means"),
    )  # fmt: skip
    assert [one.df for one in levels] == [48, 54, 60, 63]
    chi2 = [115.851343875559, 124.043544179993, 164.102830925183, 204.605]
    assert [one.chi2 for one in levels] == pytest.approx(chi2, abs=5e-4)
    assert [one.chi2 for one in levels[:3]] == pytest.approx(chi2[:3], abs=1e-6)
    cfi = [0.923398380408964, 0.920923468576775, 0.882471812680586]
    assert [one.cfi for one in levels[:3]] == pytest.approx(cfi, abs=1e-9)
    assert levels[3].cfi == pytest.approx(0.840, abs=5e-4)
    rmsea = [0.0969148567676119, 0.0928365358682976, 0.107371098089257]
    assert [one.rmsea for one in levels[:3]] == pytest.approx(rmsea, abs=1e-6)
    assert levels[1].chi2_difference == pytest.approx(8.192, abs=1e-3)
    assert levels[1].p_difference == pytest.approx(0.2244, abs=1e-4)
    assert levels[2].delta_cfi == pytest.approx(0.882472 - 0.920923, abs=2e-6)
    assert all(one.converged for one in levels)


# invariants


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.floats(0.1, 50), min_size=6, max_size=6))
def test_units_of_the_items_do_not_matter(seed, units):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(80, 2))[:, [0, 0, 0, 1, 1, 1]] + rng.normal(size=(80, 6))
    factor, scale = [0, 0, 0, 1, 1, 1], np.asarray(units)
    one, other = cfa(ml(x), 80, factor), cfa(ml(x * scale), 80, factor)
    assert other.chi2 == pytest.approx(one.chi2, abs=1e-4)
    assert other.std_loadings == pytest.approx(one.std_loadings, abs=1e-3)
    assert other.loadings / scale == pytest.approx(one.loadings, rel=1e-2, abs=1e-3)


def test_equal_groups_are_invariant():
    R = implied([0.6, 0.7, 0.8, 0.5], [0] * 4, np.eye(1), [0.64, 0.51, 0.36, 0.75])
    levels = invariance([R, R, R], np.zeros((3, 4)), [50, 60, 70], [0] * 4)
    assert [one.chi2 for one in levels] == pytest.approx([0, 0, 0], abs=1e-7)
    assert [one.cfi for one in levels] == [1, 1, 1]


def test_groups_of_other_spread_and_level_are_scalar_invariant():
    loading, factor = [0.6, 0.7, 0.8, 0.5, 0.6, 0.7], [0, 0, 0, 1, 1, 1]
    between = np.array([[1, 0.4], [0.4, 1]])
    spread, shift = np.diag([1.5, 0.7]), np.array([0.5, -0.3])
    L = np.zeros((6, 2))
    L[range(6), factor] = loading
    C = [implied(loading, factor, phi, np.full(6, 0.5)) for phi in (between, spread @ between @ spread)]
    levels = invariance(
        C, [np.zeros(6), L @ shift], [100, 150], factor, ("configural", "metric", "scalar", "means")
    )
    assert [one.chi2 for one in levels[:3]] == pytest.approx([0, 0, 0], abs=1e-6)
    assert levels[3].p_difference < 1e-3


# simulated truth


def test_intervals_cover_the_loadings_and_the_test_keeps_its_level():
    rng = np.random.default_rng(20261121)
    loading, factor = np.array([0.8, 0.7, 0.6, 0.7, 0.6, 0.5]), [0, 0, 0, 1, 1, 1]
    C = implied(loading, factor, np.array([[1, 0.5], [0.5, 1]]), 1 - loading**2)
    fits = [cfa(ml(rng.multivariate_normal(np.zeros(6), C, size=400)), 400, factor) for _ in range(300)]
    inside = [np.abs(fit.std_loadings - loading) < 1.96 * fit.std_errors for fit in fits]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.025)
    assert np.mean([fit.p_value < 0.05 for fit in fits]) == pytest.approx(0.05, abs=0.04)


# edges


def test_a_negative_variance_is_reported():
    fit = cfa(np.array([[1, 0.8, 0.8], [0.8, 1, 0.4], [0.8, 0.4, 1]]), 100, [0, 0, 0])
    assert fit.uniqueness[0] == pytest.approx(1 - 1.6, abs=1e-4)
    assert fit.heywood


def test_a_factor_with_one_item_is_that_item(answers):
    x = items(answers)[:, [0, 1, 2, 3]]
    fit = cfa(ml(x), 301, [0, 0, 0, 1])
    assert fit.uniqueness[3] == 0
    assert fit.std_loadings[3] == pytest.approx(1)
    assert np.isfinite(fit.std_errors).all()


def test_items_keyed_the_other_way_load_negatively():
    signs = np.diag([1, -1, 1, 1])
    R = signs @ implied([0.6, 0.7, 0.8, 0.5], [0] * 4, np.eye(1), [0.64, 0.51, 0.36, 0.75]) @ signs
    assert cfa(R, 100, [0] * 4).std_loadings == pytest.approx([0.6, -0.7, 0.8, 0.5], abs=1e-5)


# errors


@pytest.mark.parametrize(
    ("C", "factor", "said"),
    [
        (np.eye(2), [0, 0], "4 parameters and only 3 covariances"),
        (np.ones((3, 3)), [0, 0, 0], "not positive definite"),
        (np.eye(3), [0, 0, 2], "numbered from 0"),
        (np.eye(3), [0, 0], "shape"),
    ],
)
def test_what_cannot_be_fitted_is_refused(C, factor, said):
    with pytest.raises(MethodError, match=said):
        cfa(C, 100, factor)


def test_invariance_names_what_is_wrong():
    R = np.eye(3)
    with pytest.raises(MethodError, match="two groups"):
        invariance([R], np.zeros((1, 3)), [10], [0, 0, 0])
    with pytest.raises(ParameterError, match="strict"):
        invariance([R, R], np.zeros((2, 3)), [10, 10], [0, 0, 0], ("strict",))
    with pytest.raises(MethodError, match=r"group\(s\) \[1\]"):
        invariance([R, np.ones((3, 3))], np.zeros((2, 3)), [10, 10], [0, 0, 0])
