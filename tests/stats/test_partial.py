"""Partial correlations and dummy-adjusted covariances, held to regressions on rows."""

from __future__ import annotations

import numpy as np
import pytest

from svcq_lib.stats import matrices, partial, relimp


def rows(n=200, p=5, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) + rng.normal(size=(n, 1))
    return np.c_[x @ rng.normal(size=p) + rng.normal(size=n), x]


def explained(y, x):
    x = np.c_[np.ones(len(y)), x]
    fitted = x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return ((fitted - y.mean()) ** 2).sum() / ((y - y.mean()) ** 2).sum()


def test_hand_case():
    R = np.array([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1.0]])
    found, left = partial.partial_out(R, [2])
    assert found[0, 1] == pytest.approx((0.5 - 0.24) / np.sqrt(0.64 * 0.84))
    assert left == pytest.approx([0.64, 0.84])


def test_taking_out_is_adding_first():
    data = rows()
    found, left = partial.partial_out(np.corrcoef(data.T), [4, 5])
    beyond = left[0] * relimp.r_squared(found[1:, 1:], found[1:, 0])
    y = data[:, 0]
    assert beyond == pytest.approx(explained(y, data[:, 1:]) - explained(y, data[:, 4:]))
    # LMG of what is left is the mean increase over the orders that begin with the covariates
    subset = explained(y, data[:, [1, 4, 5]]) - explained(y, data[:, 4:])
    assert left[0] * found[0, 1] ** 2 == pytest.approx(subset)


def test_nothing_to_take_out():
    R = np.corrcoef(rows().T)
    found, left = partial.partial_out(R, [])
    assert found == pytest.approx(R)
    assert left.tolist() == [1.0] * 6


def test_combinations_among_the_held_do_no_harm():
    data = rows()
    twice = np.corrcoef(np.c_[data, data[:, 5], data[:, 4] + data[:, 5]].T)
    assert partial.partial_out(twice, [4, 5, 6, 7])[0] == pytest.approx(
        partial.partial_out(np.corrcoef(data.T), [4, 5])[0], abs=1e-8
    )


def test_a_variable_that_the_held_ones_determine_is_undefined():
    data = rows()
    data = np.c_[data, data[:, 5]]
    found, left = partial.partial_out(np.corrcoef(data.T), [5])
    assert np.isnan(left).tolist() == [False] * 5 + [True]
    assert np.isfinite(found[:5, :5]).all()


def sums_of(data, w):
    seen = np.isfinite(data).astype(float)
    filled = np.where(np.isfinite(data), data, 0.0)
    weighted = w[:, None]
    return {
        "sw": (seen * weighted).T @ seen,
        "swx": (filled * weighted).T @ seen,
        "swxy": (filled * weighted).T @ filled,
    }


@pytest.mark.parametrize("weighted", [False, True])
def test_filled_covariances_are_those_of_filled_rows(weighted):
    data, rng = rows(seed=3), np.random.default_rng(4)
    data[:, 1:][rng.random((200, 5)) < 0.3] = np.nan
    w = rng.uniform(0.5, 2, 200) if weighted else np.ones(200)
    found = partial.filled_covariance(sums_of(data, w))
    mean = np.array([np.average(x[np.isfinite(x)], weights=w[np.isfinite(x)]) for x in data.T])
    whole = np.c_[np.where(np.isfinite(data), data, mean), np.isnan(data[:, 1:])]
    assert found == pytest.approx(np.cov(whole.T, aweights=w, ddof=0))


def test_dummy_adjustment_is_the_regression_on_filled_rows():
    data, rng = rows(seed=5), np.random.default_rng(6)
    data[:, 1:4][rng.random((200, 3)) < 0.2] = np.nan
    correlations = matrices.cov_to_cor(partial.filled_covariance(sums_of(data, np.ones(200))))
    found, left = partial.partial_out(correlations[:9, :9], [6, 7, 8])
    mean = np.nanmean(data[:, 1:], axis=0)
    x, dummies = np.where(np.isfinite(data[:, 1:]), data[:, 1:], mean), np.isnan(data[:, 1:4])
    y = data[:, 0]
    expected = explained(y, np.c_[x, dummies]) - explained(y, dummies)
    assert left[0] * relimp.r_squared(found[1:, 1:], found[1:, 0]) == pytest.approx(expected)
