"""McDonald's omega.

References: psych 2.2.9 omega() on Thurstone's correlations, HolzingerSwineford1939 and bfi (minres, oblimin,
Schmid–Leiman; 1e-4), lavaan and semTools (1e-5). Missing answers: pairwise for psych on bfi, listwise for lavaan.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svcq_lib.measures.omega import omega_hierarchical, omega_interval, omega_total
from svcq_lib.measures.reliability import (
    alpha_standardized,
    cronbach_alpha_from_covariance,
    guttman_lambda6,
)
from svcq_lib.stats.cfa import cfa
from svcq_lib.stats.factors import schmid_leiman

THURSTONE = """
.828
.776 .779
.439 .493 .460
.432 .464 .425 .674
.447 .489 .443 .590 .541
.447 .432 .401 .381 .402 .288
.541 .537 .534 .350 .367 .320 .555
.380 .358 .359 .424 .446 .325 .598 .452
"""  # nine ability tests, n = 213


def thurstone():
    R = np.eye(9)
    for i, line in enumerate(THURSTONE.split("\n")[1:-1], start=1):
        R[i, :i] = R[:i, i] = [float(one) for one in line.split()]
    return R


def read(real_data, name, columns):
    return pd.read_csv(real_data / "psychometric_ref" / f"{name}.csv")[columns]


def test_tau_equivalent_items_have_omega_alpha():
    C = np.full((4, 4), 0.5) + 0.5 * np.eye(4)
    assert omega_total(np.full(4, np.sqrt(0.5)), np.full(4, 0.5)) == pytest.approx(
        cronbach_alpha_from_covariance(C)
    )


def test_thurstone():  # S8
    found = omega_hierarchical(thurstone(), 3)
    assert found == pytest.approx((0.7360703, 0.9308254), abs=1e-6)
    assert cronbach_alpha_from_covariance(thurstone()) == pytest.approx(0.8914575, abs=5e-8)


def test_holzinger_swineford(real_data):  # omega_psych_HS
    R = read(real_data, "HolzingerSwineford1939", [f"x{i}" for i in range(1, 10)]).corr().to_numpy()
    assert omega_hierarchical(R, 3) == pytest.approx((0.449242434070805, 0.850835073356625), abs=1e-4)
    assert guttman_lambda6(R) == pytest.approx(0.808486740821259, abs=1e-12)


def test_bfi(real_data):  # S7, pairwise
    R = read(real_data, "bfi", [f"{trait}{i}" for trait in "ACENO" for i in range(1, 6)]).corr().to_numpy()
    assert omega_hierarchical(R, 5) == pytest.approx((0.4617, 0.8748), abs=5.1e-5)
    key = np.sign(schmid_leiman(R, 5).general)  # psych turns the items that load negatively
    assert alpha_standardized(R * np.outer(key, key)) == pytest.approx(0.8188, abs=5.1e-5)


def test_agreeableness(real_data):  # omega_1f_bfi_A, listwise
    x = read(real_data, "bfi", ["A1", "A2", "A3", "A4", "A5"]).dropna().to_numpy()
    x[:, 0] = 7 - x[:, 0]
    fit = cfa(np.cov(x.T, bias=True), len(x), [0] * 5)
    assert omega_total(fit.loadings, fit.uniqueness) == pytest.approx(0.712128965485149, abs=1e-6)


def test_dimensions_of_holzinger_swineford(real_data):  # omega_HS_semTools, row omega
    x = read(real_data, "HolzingerSwineford1939", [f"x{i}" for i in range(1, 10)]).to_numpy()
    fit = cfa(np.cov(x.T, bias=True), len(x), np.repeat([0, 1, 2], 3))
    found = [omega_total(fit.loadings[at : at + 3], fit.uniqueness[at : at + 3]) for at in (0, 3, 6)]
    assert found == pytest.approx([0.625318015570728, 0.885175360316964, 0.687760037205504], abs=1e-5)
    alphas = [cronbach_alpha_from_covariance(np.cov(x[:, at : at + 3].T)) for at in (0, 3, 6)]
    assert alphas == pytest.approx([0.626117131884981, 0.882706912875796, 0.688455022985003], abs=1e-12)


def test_the_sign_of_items_does_not_matter():
    R = thurstone()
    signs = np.array([1, -1, 1, 1, -1, 1, 1, 1, 1])
    assert omega_hierarchical(R * np.outer(signs, signs), 3) == pytest.approx(
        omega_hierarchical(R, 3), abs=1e-5
    )


def test_the_interval_covers_omega():
    rng = np.random.default_rng(20261121)
    loading = np.array([0.8, 0.7, 0.6, 0.5])
    truth = omega_total(loading, 1 - loading**2)
    C = np.outer(loading, loading) + np.diag(1 - loading**2)
    inside = []
    for _ in range(400):
        fit = cfa(np.cov(rng.multivariate_normal(np.zeros(4), C, size=200).T, bias=True), 200, [0] * 4)
        low, high = omega_interval(fit.loadings, fit.uniqueness, fit.parameter_covariance)
        inside.append(low < truth < high)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.03)


def test_where_omega_is_undefined_it_is_nan():
    assert np.isnan(omega_total([0.0, 0.0], [0.0, 0.0]))
    assert np.isnan(omega_interval([1.0, 1.0], [0.0, 0.0], np.eye(4))).all()
