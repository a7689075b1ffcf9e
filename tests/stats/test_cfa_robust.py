"""Scaling of χ². Reference: lavaan 0.6-14, ``estimator = "MLR"`` on HolzingerSwineford1939; complete answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from svcq_lib.stats.cfa import cfa
from svcq_lib.stats.cfa_robust import scaling_factor

THREE = np.repeat([0, 1, 2], 3)
TWO = np.repeat([0, 1], 3)


def two_factors(rng, n, tails=0):
    """Answers of two factors; of a t law of so many degrees of freedom if there are to be heavy tails."""
    scores = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], size=n)
    x = 0.7 * scores[:, TWO] + np.sqrt(0.51) * rng.normal(size=(n, 6))
    return x / np.sqrt(rng.chisquare(tails, size=(n, 1)) / tails) if tails else x


def chi2(x, factor):
    return cfa(np.cov(x.T, bias=True), len(x), factor).chi2


# hand-computed


def test_elliptical_answers_are_scaled_by_their_kurtosis():
    # with a t law of 12 degrees of freedom fourth moments are (12 − 2)/(12 − 4) = 1.25 times the normal ones
    x = two_factors(np.random.default_rng(1), 100_000, tails=12)
    assert scaling_factor(x, TWO) == pytest.approx(1.25, abs=0.03)


def test_normal_answers_need_no_scaling():
    assert scaling_factor(two_factors(np.random.default_rng(2), 50_000), TWO) == pytest.approx(1, abs=0.02)


# reference


def test_lavaans_example(real_data):  # S4
    table = pd.read_csv(real_data / "psychometric_ref" / "HolzingerSwineford1939.csv")
    x = table[[f"x{i}" for i in range(1, 10)]].to_numpy()
    found = scaling_factor(x, THREE)
    assert found == pytest.approx(0.979, abs=5e-4)
    # lavaan stops 1e-5 before the best loadings, which moves its third decimal by one: 87.1311 at the minimum
    assert chi2(x, THREE) / found == pytest.approx(87.132, abs=1.1e-3)


# invariants


def test_units_order_and_size_of_weights_do_not_matter():
    rng = np.random.default_rng(3)
    x, w = two_factors(rng, 300, tails=10), rng.uniform(0.5, 2, 300)
    found, order = scaling_factor(x, TWO, w), rng.permutation(300)
    assert scaling_factor((5 + 3 * x)[order], TWO, 7 * w[order]) == pytest.approx(found, rel=1e-6)
    assert scaling_factor(x, TWO, np.full(300, 2.0)) == pytest.approx(scaling_factor(x, TWO), rel=1e-9)


def test_only_complete_rows_count():
    rng = np.random.default_rng(4)
    x = two_factors(rng, 300)
    holes = np.where(rng.random(x.shape) < 0.03, np.nan, x)
    complete = ~np.isnan(holes).any(axis=1)
    assert scaling_factor(holes, TWO) == scaling_factor(x[complete], TWO)


# simulated truth


def test_the_scaled_test_keeps_its_level_where_the_plain_one_does_not():
    rng = np.random.default_rng(20261121)
    plain, scaled = [], []
    for _ in range(250):
        x = two_factors(rng, 600, tails=10)
        value = chi2(x, TWO)
        plain.append(stats.chi2.sf(value, 8) < 0.05)
        scaled.append(stats.chi2.sf(value / scaling_factor(x, TWO), 8) < 0.05)
    assert np.mean(plain) > 0.1
    assert np.mean(scaled) == pytest.approx(0.05, abs=0.04)


# edges


def test_where_there_is_nothing_to_scale_it_is_nan():
    x = two_factors(np.random.default_rng(5), 200)
    assert np.isnan(scaling_factor(x[:, :3], [0, 0, 0]))  # no degrees of freedom
    assert np.isnan(scaling_factor(x[:11], TWO))  # too few rows
    assert np.isnan(scaling_factor(np.full((20, 6), np.nan), TWO))
    assert np.isnan(scaling_factor(np.c_[x[:, :5], np.ones(200)], TWO))  # a constant item
    assert np.isfinite(scaling_factor(x[:, :4], [0, 0, 0, 1]))  # a factor with one item
