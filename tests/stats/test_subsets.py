"""R-squared of all subsets, held to regressions solved one by one."""

from __future__ import annotations

import numpy as np
import pytest

from svcq_lib.stats import subsets


def correlations(p, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60 + p, p)) + rng.normal(size=(60 + p, 1))
    C = np.corrcoef(np.c_[x @ rng.normal(size=p) + rng.normal(size=60 + p), x].T)
    return C[1:, 1:], C[1:, 0]


def one_by_one(R, r):
    p = len(r)
    found = np.zeros(1 << p)
    for subset in range(1, 1 << p):
        s = [k for k in range(p) if subset >> k & 1]
        found[subset] = r[s] @ np.linalg.solve(R[np.ix_(s, s)], r[s])
    return found


def test_hand_case():
    found = subsets.subset_r_squared(np.eye(2)[None], np.array([[0.6, 0.8]]))[:, 0]
    np.testing.assert_allclose(found, [0, 0.36, 0.64, 1.0], atol=1e-15)


@pytest.mark.parametrize("p", [1, 4, 7])
def test_every_subset(p):
    members = [correlations(p, seed) for seed in range(3)]
    found = subsets.subset_r_squared(np.array([m[0] for m in members]), np.array([m[1] for m in members]))
    np.testing.assert_allclose(found, np.array([one_by_one(*m) for m in members]).T, atol=1e-12)


@pytest.mark.parametrize("p", [1, 6, 14])
def test_sums_by_size(p):
    R, r = correlations(p)
    with_term, all_sets = subsets.r_squared_by_size(R, r)
    values = subsets.subset_r_squared(R[None], r[None])[:, 0]
    numbers = np.arange(1 << p)
    size = np.bitwise_count(numbers)
    np.testing.assert_allclose(all_sets, np.bincount(size, values, p + 1), rtol=1e-12, atol=1e-12)
    for i in range(p):
        inside = numbers >> i & 1 == 1
        expected = np.bincount(size[inside], values[inside], p + 1)
        np.testing.assert_allclose(with_term[i], expected, rtol=1e-12, atol=1e-12)
