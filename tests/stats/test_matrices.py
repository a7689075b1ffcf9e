"""Correlation matrices from sums, and their repair.

References: R 4.2.2 cov.wt and cor.test (1e-9); pandas for pairwise answers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.stats import matrices

IMPOSSIBLE = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])


def pair_sums(x, w=None):
    present = np.isfinite(x).astype(float)
    x = np.where(present > 0, x, 0.0)
    w = np.ones(len(x)) if w is None else np.asarray(w, dtype=float)
    wm, wx = w[:, None] * present, w[:, None] * x
    return present.T @ present, wm.T @ present, wx.T @ present, (wx * x).T @ present, wx.T @ x


def holes(seed, n=40, p=4, share=0.2):
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 8, size=(n, p)).astype(float)
    x[rng.random(x.shape) < share] = np.nan
    return x


def covariance(x, w=None):
    n, sw, swx, _, swxy = pair_sums(x, w)
    return matrices.covariance_from_moments(n, sw, swx, swxy)


# hand-computed


def test_two_by_two():
    x = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 3.0]])
    np.testing.assert_allclose(matrices.correlation_from_moments(*pair_sums(x)), [[1, 0.5], [0.5, 1]])
    np.testing.assert_allclose(covariance(x), [[1, 0.5], [0.5, 1]])
    np.testing.assert_allclose(matrices.cov_to_cor([[4, 3], [3, 9]]), [[1, 0.5], [0.5, 1]])


# reference values


def test_weighted_correlation(real_data):  # wmean_wvar_mtcars
    cars = pd.read_csv(real_data / "r_datasets" / "mtcars.csv")
    x, w = cars[["mpg", "wt"]].to_numpy(), cars["qsec"].to_numpy()
    R = matrices.correlation_from_moments(*pair_sums(x, w))
    assert R[0, 1] == pytest.approx(-0.869585707551087, abs=1e-9)
    # cov.wt divides by 1 - sum of squared normalised weights where this project uses (n - 1) / n
    n, shares = len(x), w / w.sum()
    variance = covariance(x, w)[0, 0] * (n - 1) / n / (1 - (shares**2).sum())
    assert variance == pytest.approx(36.9189640705914, rel=1e-9)


def test_correlation_attitude(real_data):  # cor_ci_attitude
    attitude = pd.read_csv(real_data / "psychometric_ref" / "attitude.csv")
    R = matrices.correlation_from_moments(
        *pair_sums(attitude[["rating", "complaints"]].to_numpy(dtype=float))
    )
    assert R[0, 1] == pytest.approx(0.825417569542146, abs=1e-9)


def test_marginal_sums_would_give_impossible_correlations(real_data):
    """Sums over all answers of each item, instead of pairwise ones, are wrong where answers are missing."""
    survey = pd.read_csv(real_data / "sfo" / "2017_SFO_Customer_Survey.csv", low_memory=False)
    items = [name for name in survey if name.startswith("Q7") and name != "Q7ALL"]
    x = survey[items].where((survey[items] >= 1) & (survey[items] <= 5))  # 0 is blank, 6 is not used
    found = matrices.correlation_from_moments(*pair_sums(x.to_numpy(dtype=float)))
    np.testing.assert_allclose(found, x.corr().to_numpy(), atol=1e-9)
    n, sw, swx, swxx, swxy = pair_sums(x.to_numpy(dtype=float))
    marginal = [np.diag(one)[:, None] * np.ones_like(one) for one in (n, sw, swx, swxx)]
    assert np.abs(matrices.correlation_from_moments(*marginal, swxy) - found).max() > 0.3


# invariants


@given(st.integers(0, 1000))
def test_pairwise_is_pandas(seed):
    x = holes(seed)
    np.testing.assert_allclose(
        matrices.correlation_from_moments(*pair_sums(x)), pd.DataFrame(x).corr(), atol=1e-9
    )
    np.testing.assert_allclose(covariance(x), pd.DataFrame(x).cov(), atol=1e-9)


@given(st.integers(0, 1000))
def test_whole_weights_are_repeated_rows(seed):
    x = holes(seed)
    w = np.random.default_rng(seed).integers(1, 4, len(x))
    weighted = matrices.correlation_from_moments(*pair_sums(x, w))
    repeated = matrices.correlation_from_moments(*pair_sums(np.repeat(x, w, axis=0)))
    np.testing.assert_allclose(weighted, repeated, atol=1e-9)


@given(st.integers(0, 1000), st.integers(2, 6))
def test_repair_gives_a_proper_matrix(seed, p):
    rng = np.random.default_rng(seed)
    R = np.clip(rng.uniform(-1, 1, size=(p, p)), -1, 1)
    R = np.triu(R, 1) + np.triu(R, 1).T + np.eye(p)
    fixed = matrices.repair_correlation(R)
    assert bool(matrices.is_positive_definite(fixed.matrix))
    np.testing.assert_allclose(np.diag(fixed.matrix), 1.0)
    np.testing.assert_allclose(fixed.matrix, fixed.matrix.T)
    assert fixed.max_change == pytest.approx(np.abs(fixed.matrix - R).max())
    assert matrices.repair_correlation(fixed.matrix, floor=1e-6).max_change < 1e-3


# edges


def test_a_proper_matrix_is_not_touched():
    fixed = matrices.repair_correlation(np.eye(3))
    assert fixed.max_change == 0.0
    assert (fixed.matrix == np.eye(3)).all()


def test_improper_matrices_are_told_apart():
    stack = np.array([np.eye(3), IMPOSSIBLE, np.ones((3, 3)), np.full((3, 3), np.nan)])
    assert matrices.is_positive_definite(stack).tolist() == [True, False, False, False]
    assert matrices.repair_correlation(IMPOSSIBLE).smallest_eigenvalue < 0


def test_collinear_columns():
    R = np.eye(4)
    R[0, 2] = R[2, 0] = -1.0
    assert matrices.collinear_columns(R).tolist() == [0, 2]
    assert matrices.collinear_columns(np.eye(4)).size == 0


def test_constant_items_and_single_rows_are_undefined():
    x = np.array([[1.0, 5.0, 2.0], [2.0, 5.0, np.nan], [4.0, 5.0, np.nan]])
    R = matrices.correlation_from_moments(*pair_sums(x))
    assert R[0, 0] == 1.0
    assert np.isnan(R[1]).all()
    assert np.isnan(R[2]).all()
    assert np.isnan(covariance(x)[2]).all()
    assert np.isnan(matrices.cov_to_cor([[1.0, 0.0], [0.0, 0.0]])).tolist() == [[False, True], [True, True]]


def test_cells_are_treated_apart():
    first, second = pair_sums(holes(1)), pair_sums(holes(2))
    stack = [np.stack(two) for two in zip(first, second, strict=True)]
    found = matrices.correlation_from_moments(*stack)
    np.testing.assert_array_equal(found[1], matrices.correlation_from_moments(*second))
