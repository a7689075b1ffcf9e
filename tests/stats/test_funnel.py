"""Funnel limits and over-dispersion.

References: R FunnelPlotR (limits of E = 15, 20, 30; SHMI and CQC of six units, 1e-6); scipy.stats.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from svcq_lib.stats import funnel

O = np.array([100, 150, 180, 80, 120, 225.0])  # noqa: E741
E = np.array([108, 112, 165, 95, 100, 220.0])


def test_funnelplotr_limits():
    low, high = funnel.funnelplotr_limits([15, 20, 30], 0.95)
    assert low == pytest.approx([0.5596924, 0.6108260, 0.6746958], abs=1e-7)
    assert high == pytest.approx([1.649348, 1.544419, 1.427562], abs=1e-6)


def test_shmi_truncates_and_cqc_winsorises():
    shmi = funnel.dispersion(np.sqrt(E) * np.log(O / E), 1 / np.sqrt(E), "truncated")
    assert (shmi.n, shmi.phi, shmi.tau2) == (
        6,
        pytest.approx(2.948033, abs=1e-6),
        pytest.approx(0.01947753, abs=1e-8),
    )
    z, se = funnel.z_scores(O / E, E, 1.0, "rate")
    cqc = funnel.dispersion(z, se, "winsorised")
    assert (cqc.phi, cqc.tau2) == (pytest.approx(2.327178, abs=1e-6), pytest.approx(0.003439780, abs=1e-9))
    low, high = funnel.dispersed_limits([108.0], 1.0, "rate", 0.95, cqc.tau2)
    half = 1.959964 * np.sqrt(1 / (4 * 108) + cqc.tau2)
    assert (low[0], high[0]) == (
        pytest.approx((1 - half) ** 2, rel=1e-6),
        pytest.approx((1 + half) ** 2, rel=1e-6),
    )


def test_shmi_limits_are_log_normal():
    low, high = funnel.shmi_limits([108.0, 1.0], 0.998, 0.01947753)
    half = 3.090232 * np.sqrt([1 / 108 + 0.01947753, 1 + 0.01947753])
    assert low == pytest.approx(np.exp(-half), rel=1e-6)
    assert high == pytest.approx(np.exp(half), rel=1e-6)


def test_truncation_leaves_out_a_tenth_at_each_end():
    z = np.concatenate([np.linspace(-1, 1, 25), [9.0, -9.0, 8.0, -8.0, 7.0]])
    se = np.full(30, 0.1)
    cut = funnel.dispersion(z, se, "truncated")
    kept = np.sort(z)[3:-3]
    assert cut.n == 24
    assert cut.phi == pytest.approx((kept**2).mean())
    # R type 7: the 10 % quantile of 30 values lies at position 3.9
    ordered = np.sort(z)
    ends = ordered[2] + 0.9 * (ordered[3] - ordered[2]), ordered[26] + 0.1 * (ordered[27] - ordered[26])
    pulled = funnel.dispersion(z, se, "winsorised")
    assert pulled.phi == pytest.approx((np.clip(z, *ends) ** 2).mean())
    assert funnel.dispersion(z, se, "none").phi == pytest.approx((z**2).mean())


def test_no_more_scatter_than_chance_is_not_corrected():
    found = funnel.dispersion([0.5, -0.5, 0.2], [0.1, 0.2, 0.1])
    assert found.phi < 1
    assert found.tau2 == 0
    assert np.isnan(funnel.dispersion([], []).phi)


@pytest.mark.parametrize(("form", "size", "target"), [("rate", 20.0, 1.0), ("proportion", 200.0, 0.3)])
def test_quantile_limits_have_the_tails_they_promise(form, size, target):
    law = stats.poisson(size * target) if form == "rate" else stats.binom(int(size), target)
    low, high = (float(one[0]) * size for one in funnel.quantile_limits([size], target, form, 0.95))
    assert law.cdf(np.floor(low) - 1) <= 0.025 <= law.cdf(np.ceil(low))
    assert law.cdf(np.floor(high) - 1) <= 0.975 <= law.cdf(np.ceil(high))
    wide = funnel.quantile_limits([size], target, form, 0.998)
    assert wide.low[0] * size < low < high < wide.high[0] * size


def test_limits_of_means_are_normal():
    low, high = funnel.quantile_limits([25.0], 4.0, "mean", 0.95, spread=2.0)
    assert (low[0], high[0]) == (pytest.approx(4 - 1.959964 * 0.4), pytest.approx(4 + 1.959964 * 0.4))
    alone = funnel.dispersed_limits([25.0], 4.0, "mean", 0.95, 0.0, spread=2.0)
    assert alone.low == pytest.approx(low)


@pytest.mark.parametrize("form", ["proportion", "mean"])
def test_units_that_are_alike_seldom_raise_an_alarm(form):
    rng = np.random.default_rng(4)
    outside = []
    for _ in range(200):
        size = rng.integers(40, 600, 24).astype(float)
        y = (
            rng.binomial(size.astype(int), 0.7) / size
            if form == "proportion"
            else rng.normal(5, 2 / np.sqrt(size))
        )
        target = float(np.average(y, weights=size))
        low, high = funnel.quantile_limits(size, target, form, 0.998, spread=2.0)
        outside.append(((y < low) | (y > high)).mean())
    assert np.mean(outside) < 0.005  # 4,800 units at 0.2 %


def test_spread_between_units_widens_the_limits_enough():
    rng = np.random.default_rng(5)
    rates = []
    for _ in range(100):
        size = rng.integers(200, 900, 40).astype(float)
        y = 5 + 0.3 * rng.standard_normal(40) + 2 / np.sqrt(size) * rng.standard_normal(40)
        target = float(y.mean())
        z, se = funnel.z_scores(y, size, target, "mean", 2.0)
        tau2 = funnel.dispersion(z, se).tau2
        low, high = funnel.dispersed_limits(size, target, "mean", 0.998, tau2, spread=2.0)
        rates.append(((y < low) | (y > high)).mean())
    assert np.mean(rates) < 0.02
