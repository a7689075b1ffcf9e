"""Shrinkage between units.

References: eight schools, R metafor::rma DL and REML (1e-6); posterior medians of the schools, Gelman et al.,
Bayesian Data Analysis, table 5.3 (printed to the unit); baseball, Efron, Large-Scale Inference, table 1.1.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import MethodError
from svcq_lib.stats import shrinkage

SCHOOLS = np.array([28, 8, -3, 7, -1, 1, 18, 12.0]), np.array([15, 10, 16, 11, 9, 11, 10, 18.0])
HITS = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]) / 45
TRUTH = np.array([.346, .298, .276, .222, .273, .270, .263, .210, .269, .230, .264, .256, .303, .264, .226, .286,
                  .316, .200])  # fmt: skip


def units(k: int, tau: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return truth, estimates and standard errors of simulated units."""
    rng = np.random.default_rng(seed)
    se = rng.uniform(0.5, 2.0, k)
    truth = 5 + tau * rng.standard_normal(k)
    return truth, truth + se * rng.standard_normal(k), se


@pytest.mark.parametrize("method", ["reml", "dl"])
def test_eight_schools_pool_completely(method):
    found = shrinkage.pooled(*SCHOOLS, method)
    assert found.mean == pytest.approx(7.685617, abs=1e-6)
    assert found.std_error == pytest.approx(4.071919, abs=1e-6)
    assert found.q == pytest.approx(4.707079, abs=1e-6)
    assert found.tau2 == 0
    estimate, weight = shrinkage.shrink(*SCHOOLS, found.mean, found.tau2)
    assert estimate == pytest.approx(found.mean)
    assert weight.tolist() == [1.0] * 8


def test_the_uncertainty_of_tau_keeps_the_schools_apart():
    draws = shrinkage.posterior(*SCHOOLS, n_draws=40_000, seed=1).draws
    assert np.round(np.median(draws, axis=0)) == pytest.approx([10, 8, 7, 8, 5, 6, 10, 8], abs=1)


def test_baseball():
    mean = HITS.mean()
    variance = mean * (1 - mean) / 45
    factor = 1 - (len(HITS) - 3) * variance / ((HITS - mean) ** 2).sum()
    assert mean == pytest.approx(0.265, abs=5e-4)
    assert factor == pytest.approx(0.2117, abs=5.1e-5)
    # James and Stein's factor is the weight of the own figure, (1 − B) = τ²/(τ² + s²)
    tau2 = variance * factor / (1 - factor)
    estimate, weight = shrinkage.shrink(HITS, np.full(18, np.sqrt(variance)), mean, tau2)
    assert 1 - weight == pytest.approx(factor)
    printed = [.294, .289, .285, .280, .275, .275, .270, .266, .261, .261, *[.256] * 5, .252, .247, .242]  # fmt: skip
    assert estimate == pytest.approx(printed, abs=5.1e-4)
    assert ((estimate - TRUTH) ** 2).sum() == pytest.approx(0.0214, abs=5.1e-5)
    assert ((HITS - TRUTH) ** 2).sum() == pytest.approx(0.0755, abs=5.1e-5)


def test_moment_estimator_by_hand():
    y, se = np.array([1.0, 5.0, 9.0]), np.ones(3)
    # Q = 32, τ² = (32 − 2) / (3 − 3/3) = 15
    found = shrinkage.pooled(y, se, "dl")
    assert found.tau2 == pytest.approx(15)
    assert found.std_error == pytest.approx(np.sqrt(16 / 3))


def test_reml_of_equal_errors_is_the_variance_less_the_noise():
    _, y, _ = units(12, 2.0, 3)
    found = shrinkage.pooled(y, np.ones(12), "reml")
    assert found.tau2 == pytest.approx(y.var(ddof=1) - 1, rel=1e-5)


@given(st.integers(3, 30), st.floats(0.0, 4.0), st.integers(0, 10_000))
def test_shrunken_figures_lie_between_their_own_and_the_mean(k, tau, seed):
    _, y, se = units(k, tau, seed)
    found = shrinkage.pooled(y, se)
    estimate, weight = shrinkage.shrink(y, se, found.mean, found.tau2)
    assert ((weight > 0) & (weight <= 1)).all()
    assert (np.abs(estimate - found.mean) <= np.abs(y - found.mean) + 1e-9).all()
    moved = shrinkage.pooled(3 + 2 * y, 2 * se)
    assert moved.mean == pytest.approx(3 + 2 * found.mean, rel=1e-4, abs=1e-4)
    assert moved.tau2 == pytest.approx(4 * found.tau2, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(("method", "tau"), [("reml", 0.5), ("reml", 1.0), ("reml", 3.0), ("dl", 1.0)])
def test_intervals_of_24_units_cover_at_their_level(method, tau):
    inside, placed = [], []
    for seed in range(150):
        truth, y, se = units(24, tau, 1000 + seed)
        draws = shrinkage.posterior(y, se, method=method, n_draws=1500, seed=seed).draws
        low, high = np.quantile(draws, [0.025, 0.975], axis=0)
        inside.append(((low <= truth) & (truth <= high)).mean())
        ranks, true_rank = shrinkage.ranks(draws), (-truth).argsort().argsort() + 1
        placed.append(((ranks.low <= true_rank) & (true_rank <= ranks.high)).mean())
    # 3,600 units a case: the Monte-Carlo error of a coverage of 95 % is about 0.5 points
    assert 0.93 <= np.mean(inside) <= 0.985
    assert np.mean(placed) >= 0.93


def test_ranks_of_known_draws():
    draws = np.array([[3.0, 2.0, 1.0, 0.0]] * 90 + [[2.0, 3.0, 1.0, 0.0]] * 10)
    found = shrinkage.ranks(draws, part=0.25)
    assert found.expected.tolist() == pytest.approx([1.1, 1.9, 3, 4])
    assert found.p_top.tolist() == [0.9, 0.1, 0, 0]
    assert found.p_bottom.tolist() == [0, 0, 0, 1]
    assert found.low.tolist() == [1, 1, 3, 4]
    assert found.high.tolist() == [2, 2, 3, 4]
    assert shrinkage.tiers(draws, np.arange(4)).tolist() == [1, 1, 2, 3]


def test_best_practice_is_the_mean_of_the_true_best():
    draws = np.array([[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 9.0]])
    assert shrinkage.best_practice(draws, part=0.5).tolist() == [3.5, 6.5]
    assert shrinkage.best_practice(draws, part=0.25, high_is_good=False).tolist() == [1.0, 2.0]


def test_equal_units_are_one_tier():
    found = shrinkage.posterior(np.full(6, 2.0), np.ones(6), n_draws=800)
    assert found.mean == pytest.approx(2.0)
    assert set(shrinkage.tiers(found.draws, np.arange(6))) == {1}


@pytest.mark.parametrize(("y", "se"), [([1.0], [1.0]), ([1.0, 2.0], [1.0, 0.0]), ([1.0, np.nan], [1.0, 1.0])])
def test_units_without_an_error_are_refused(y, se):
    with pytest.raises(MethodError, match="positive standard errors"):
        shrinkage.pooled(y, se)
