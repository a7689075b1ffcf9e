"""Exploratory factor analysis.

References: R psych 2.2.9 on the Thurstone correlations of that package (n = 213) and on bfi, 25 items (pairwise answers
1e-6, listwise 1e-12; minres and oblimin 1e-4); R 4.2.2 eigen.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svcq_lib.errors import MethodError
from svcq_lib.stats import factors

BFI_EIGENVALUES = [
    5.13431117720727, 2.75188666799641, 2.14270195401111, 1.85232761172026, 1.5481628486211, 1.0735824724971,
    0.839538930150313, 0.799206181330629, 0.718989187645397, 0.688088787743005, 0.676373360627061, 0.651799840452446,
    0.623252953367419, 0.59656283993716, 0.563090826319733, 0.543305330862331, 0.514517519726945, 0.494503145196099,
    0.482639515036001, 0.448920999315091, 0.42336610822015, 0.400671450625182, 0.387804479074422, 0.381856794134332,
    0.262539018183043,
]  # fmt: skip


@pytest.fixture(scope="module")
def bfi(real_data):
    table = pd.read_csv(real_data / "psychometric_ref" / "bfi.csv")
    return table[[f"{trait}{i}" for trait in "ACENO" for i in range(1, 6)]]


def simple_structure(between=0.4):
    L = np.zeros((9, 3))
    L[np.arange(9), np.repeat([0, 1, 2], 3)] = [0.8, 0.7, 0.6, 0.7, 0.6, 0.5, 0.75, 0.6, 0.7]
    phi = np.array([[1, between, between / 2], [between, 1, between / 3], [between / 2, between / 3, 1]])
    common = L @ phi @ L.T
    return L, phi, common + np.diag(1 - np.diagonal(common))


# hand-computed


def test_two_variables():
    R = np.array([[1, 0.5], [0.5, 1]])
    assert factors.kmo(R)[0] == pytest.approx(0.5)  # the partial correlation is the correlation
    chi2, df, p = factors.bartlett_sphericity(R, 100)
    assert (chi2, df) == (pytest.approx(-(99 - 1.5) * np.log(0.75)), 1)
    assert p == pytest.approx(1.2e-7, rel=0.1)


# reference


def test_adequacy_of_bfi(bfi):
    pairwise, complete = bfi.corr(), bfi.dropna()
    assert factors.kmo(pairwise)[0] == pytest.approx(0.8458975, abs=5e-8)
    assert factors.bartlett_sphericity(pairwise, 2800)[:2] == (pytest.approx(20163.79, abs=5e-3), 300)
    assert factors.kmo(complete.corr())[0] == pytest.approx(0.84864523094684, abs=1e-12)
    chi2, df, _ = factors.bartlett_sphericity(complete.corr(), len(complete))
    assert (chi2, df) == (pytest.approx(18146.065577235, abs=1e-6), 300)


def test_adequacy_of_attitude(real_data):
    R = (
        pd.read_csv(real_data / "psychometric_ref" / "attitude.csv")
        .select_dtypes("number")
        .iloc[:, -7:]
        .corr()
    )
    assert factors.kmo(R)[0] == pytest.approx(0.76328, abs=5e-6)
    assert factors.bartlett_sphericity(R, 30)[:2] == (pytest.approx(98.75278, abs=5e-6), 21)


def test_eigenvalues_of_bfi(bfi):
    complete = bfi.dropna()
    found = factors.parallel_analysis(complete.corr(), len(complete))
    assert found.eigenvalues == pytest.approx(BFI_EIGENVALUES, abs=1e-12)
    assert (found.eigenvalues > found.noise_high).sum() == found.suggested == 5  # the traits


# invariants


def test_minres_and_oblimin_recover_a_simple_structure():
    L, phi, R = simple_structure()
    A = factors.minres(R, 3)
    assert A @ A.T + np.diag(1 - (A**2).sum(axis=1)) == pytest.approx(R, abs=1e-6)
    rotated = factors.oblimin(A)
    order = np.abs(rotated.loadings).argmax(axis=0).argsort()
    signs = np.sign(rotated.loadings.sum(axis=0))[order]
    assert rotated.loadings[:, order] * signs == pytest.approx(L, abs=1e-4)
    assert rotated.factor_correlation[np.ix_(order, order)] * np.outer(signs, signs) == pytest.approx(
        phi, abs=1e-4
    )


@settings(max_examples=20, deadline=None)
@given(st.floats(0.05, 0.6), st.integers(1, 3))
def test_schmid_leiman_keeps_what_the_factors_reproduce(between, k):
    R = simple_structure(between)[2]
    found, A = factors.schmid_leiman(R, k), factors.minres(R, k)
    parts = np.column_stack([found.general, found.group])
    assert parts @ parts.T == pytest.approx(A @ A.T, abs=1e-6)
    assert found.general.sum() > 0


def test_schmid_leiman_of_one_factor_is_that_factor():
    loading = np.array([0.8, 0.7, 0.6, 0.5])
    R = np.outer(loading, loading) + np.diag(1 - loading**2)
    assert factors.schmid_leiman(R, 1).general == pytest.approx(loading, abs=1e-6)


# simulated truth


@pytest.mark.parametrize("n", [200, 2000])
def test_parallel_analysis_finds_the_number_of_factors(n):
    R = simple_structure(0.3)[2]
    rng = np.random.default_rng(1)
    found = [np.corrcoef(rng.multivariate_normal(np.zeros(9), R, size=n).T) for _ in range(20)]
    assert np.mean([factors.parallel_analysis(one, n).suggested == 3 for one in found]) >= 0.9


def test_noise_has_as_large_eigenvalues_as_simulated_rows():
    rng = np.random.default_rng(2)
    rows = [np.linalg.eigvalsh(np.corrcoef(rng.normal(size=(60, 5)).T))[::-1] for _ in range(1000)]
    found = factors.parallel_analysis(np.eye(5), 60, n_sim=1000)
    assert found.noise_mean == pytest.approx(np.mean(rows, axis=0), abs=0.02)
    assert found.noise_high == pytest.approx(np.quantile(rows, 0.95, axis=0), abs=0.03)
    assert found.suggested == 0


def test_parallel_analysis_repeats_itself():
    R = simple_structure()[2]
    one, other = (factors.parallel_analysis(R, 100, seed=3) for _ in range(2))
    assert (one.noise_high == other.noise_high).all()


# edges and errors


def test_uncorrelated_variables_have_no_adequacy():
    assert np.isnan(factors.kmo(np.eye(3))[0])
    assert factors.bartlett_sphericity(np.eye(3), 100)[2] == 1


def test_what_cannot_be_factored_is_refused():
    with pytest.raises(MethodError, match="not positive definite"):
        factors.kmo(np.ones((3, 3)))
    with pytest.raises(MethodError, match="1 to 2 factors; got 3"):
        factors.minres(np.eye(3), 3)
    with pytest.raises(MethodError, match="more respondents than variables"):
        factors.parallel_analysis(np.eye(3), 3)
