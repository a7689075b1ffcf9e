"""Sampled LMG and LMG of bootstrap replicates, held to the exact shares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svcq_lib.errors import MethodError
from svcq_lib.stats import relimp, relimp_sampled


def data(p, n=300, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) + rng.normal(size=(n, 1))
    return np.c_[x @ rng.normal(size=p) + 2 * rng.normal(size=n), x]


def split(C):
    return C[..., 1:, 1:], C[..., 1:, 0]


def replicates(rows, n_boot, seed=0):
    rng = np.random.default_rng(seed)
    return np.array([np.corrcoef(rows[rng.integers(0, len(rows), len(rows))].T) for _ in range(n_boot)])


# hand-computed


def test_rings_make_whole_cycles():
    rings = relimp_sampled.random_rings(5, 21, seed=1)
    assert rings.shape == (3, 5)
    assert (np.sort(rings, axis=1) == np.arange(5)).all()


def test_one_cycle_is_exact_for_three_predictors():
    """The 2 x 3 orders around a ring of three are all 3! orders."""
    R, r = split(np.corrcoef(data(3).T))
    np.testing.assert_allclose(relimp_sampled.lmg_sampled(R, r, 1, seed=0)[0], relimp.lmg(R, r), atol=1e-13)


def test_two_predictors_are_exact():
    R, r = np.array([[1, 0.3], [0.3, 1]]), np.array([0.5, 0.4])
    shares, error = relimp_sampled.lmg_sampled(R, r, 8, seed=0)
    np.testing.assert_allclose(shares, relimp.lmg(R, r), atol=1e-14)
    np.testing.assert_allclose(error, 0, atol=1e-14)


# invariants


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(2, 9))
def test_sampled_shares_sum_to_r_squared(seed, p):
    R, r = split(np.corrcoef(data(p, seed=seed).T))
    shares, error = relimp_sampled.lmg_sampled(R, r, 40, seed=seed)
    assert shares.sum() == pytest.approx(float(relimp.r_squared(R, r)), abs=1e-10)
    assert (error >= 0).all()


@pytest.mark.parametrize("p", [3, 15])
def test_rows_of_replicates_sum_to_their_own_r_squared(p):
    rows = data(p)
    C = replicates(rows, 40)
    shares = relimp_sampled.lmg_replicates(*split(C), point_R=split(np.corrcoef(rows.T))[0],
                                           point_r=split(np.corrcoef(rows.T))[1])  # fmt: skip
    np.testing.assert_allclose(shares.sum(axis=1), relimp.r_squared(*split(C)), atol=1e-12)


def test_the_same_seed_gives_the_same_shares():
    R, r = split(np.corrcoef(data(6).T))
    first = relimp_sampled.lmg_sampled(R, r, 50, seed=3)
    again = relimp_sampled.lmg_sampled(R, r, 50, seed=3)
    assert first[0].tolist() == again[0].tolist()


# against the exact shares


def test_replicates_are_exact_up_to_13_predictors():
    rows = data(7)
    C, point = replicates(rows, 40), np.corrcoef(rows.T)
    shares = relimp_sampled.lmg_replicates(*split(C), point_R=split(point)[0], point_r=split(point)[1])
    np.testing.assert_allclose(shares, [relimp.lmg(*split(one)) for one in C], atol=1e-12)


def test_control_variate_gives_nearly_the_exact_standard_errors():
    rows = data(14, n=800)
    C, point = replicates(rows, 250), np.corrcoef(rows.T)
    shares = relimp_sampled.lmg_replicates(
        *split(C), point_R=split(point)[0], point_r=split(point)[1], seed=5
    )
    exact = np.array([relimp.lmg(*split(one)) for one in C])
    np.testing.assert_allclose(shares.std(axis=0) / exact.std(axis=0), 1, atol=0.08)
    assert min(np.corrcoef(shares[:, j], exact[:, j])[0, 1] for j in range(14)) > 0.98


def test_monte_carlo_error_tells_how_far_the_estimate_is_off():
    R, r = split(np.corrcoef(data(12).T))
    exact = relimp.lmg(R, r)
    z = np.array([
        (shares - exact) / error
        for shares, error in (relimp_sampled.lmg_sampled(R, r, 480, seed=seed) for seed in range(30))
    ])  # fmt: skip
    assert 0.75 < z.std() < 1.35


def test_more_than_28_predictors_work():
    R, r = split(np.corrcoef(data(35).T))
    shares, error = relimp_sampled.lmg_sampled(R, r, 300, seed=0)
    assert shares.sum() == pytest.approx(float(relimp.r_squared(R, r)), abs=1e-10)
    assert error.max() < 0.1 * shares.max()


def test_replicates_vary_around_the_given_shares():
    rows = data(30, n=800)
    C, (R, r) = replicates(rows, 60), split(np.corrcoef(rows.T))
    point = relimp_sampled.lmg_sampled(R, r, 600, seed=1)[0]
    shares = relimp_sampled.lmg_replicates(*split(C), point_R=R, point_r=r, point_shares=point)
    np.testing.assert_allclose(shares.sum(axis=1), relimp.r_squared(*split(C)), atol=1e-10)
    again = relimp_sampled.lmg_replicates(R[None], r[None], point_R=R, point_r=r, point_shares=point)
    np.testing.assert_allclose(again[0], point, atol=1e-12)


def test_point_shares_of_another_length_are_refused():
    rows = data(14)
    C, (R, r) = replicates(rows, 2), split(np.corrcoef(rows.T))
    with pytest.raises(MethodError, match=r"Point shares need shape \(14,\)"):
        relimp_sampled.lmg_replicates(*split(C), point_R=R, point_r=r, point_shares=[0.1])


# edges and errors


@pytest.mark.parametrize("p", [4, 15])
def test_improper_replicates_become_nan(p):
    rows = data(p)
    C, point = replicates(rows, 3), np.corrcoef(rows.T)
    C[1] = np.nan
    C[2, 1:, 1:] = 1.0
    shares = relimp_sampled.lmg_replicates(*split(C), point_R=split(point)[0], point_r=split(point)[1])
    assert np.isfinite(shares[0]).all()
    assert np.isnan(shares[1:]).all()


def test_shapes_that_do_not_fit_are_refused():
    R, r = split(np.corrcoef(data(4).T))
    with pytest.raises(MethodError, match=r"shape \(b, 4, 4\)"):
        relimp_sampled.lmg_replicates(R[None, :3, :3], r[None, :3], point_R=R, point_r=r)


def test_singular_matrix_is_refused():
    with pytest.raises(MethodError, match=r"columns \[0, 1\]"):
        relimp_sampled.lmg_sampled(np.ones((2, 2)), np.array([0.1, 0.1]), 10, seed=0)
