"""Power of a comparison of changes, against scipy's noncentral t and against simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from svcq_lib.stats import power
from svcq_lib.stats.power import Components


def test_power_is_the_noncentral_t():
    limit = stats.t.ppf(0.975, 14)
    wanted = stats.nct.sf(limit, 14, 2.5) + stats.nct.cdf(-limit, 14, 2.5)
    assert float(power.power(0.5, 0.04, 14)) == pytest.approx(wanted, rel=1e-9)


@given(st.integers(1, 60), st.floats(1e-4, 10), st.sampled_from([0.5, 0.8, 0.95]))
def test_the_smallest_effect_has_the_power_asked_for(df, variance, wanted):
    effect = power.minimal_effect(variance, df, wanted)
    assert float(power.power(effect, variance, df)) == pytest.approx(wanted, abs=1e-6)


def test_variance_and_power_are_those_of_simulated_pilots():
    rng, parts, m = np.random.default_rng(5), Components(1.0, 0.02, 0.02 / 1.02), 20
    found = []
    for _ in range(2000):
        mean = (
            rng.normal(0, 0.5, (16, 1))
            + rng.normal(0, np.sqrt(0.02 + 1 / m), (16, 9))
            + rng.normal(0, 0.3, (1, 9))
        )
        change = mean[:, 4:].mean(axis=1) - mean[:, :4].mean(axis=1)
        found.append(
            (change[:8].mean() - change[8:].mean(), *stats.ttest_ind(change[:8] + 0.2, change[8:])[1:])
        )
    estimates, p = np.array(found).T
    variance = float(power.did_variance((8, 8), (4, 5), m, parts))
    assert estimates.var() == pytest.approx(variance, rel=0.11)
    assert (p < 0.05).mean() == pytest.approx(float(power.power(0.2, variance, 14)), abs=0.04)


def test_components_are_recovered():
    rng, n = np.random.default_rng(6), np.full((40, 20), 25.0)
    means = (
        rng.normal(0, 1, (40, 1)) + rng.normal(0, 1, (1, 20)) + rng.normal(0, np.sqrt(0.1 + 2 / 25), (40, 20))
    )
    n[0, :3] = 0
    means[0, :3] = np.nan
    found = power.components(means, n, 2.0)
    assert found.shock == pytest.approx(0.1, abs=0.02)
    assert found.icc == pytest.approx(found.shock / (found.shock + 2))


def test_a_single_unit_tells_no_component():
    assert np.isnan(power.components([[1.0, 2.0]], [[5, 5]], 1.0).shock)
    assert np.isnan(power.components(np.empty((0, 0)), np.empty((0, 0)), 1.0).shock)
