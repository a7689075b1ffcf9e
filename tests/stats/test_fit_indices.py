"""Fit indices; reference: scipy.stats.ncx2 for the interval, hand calculation for the rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from svcq_lib.stats.fit_indices import fit_indices, noncentrality, srmr


def test_indices_by_hand():
    found = fit_indices(30, 10, 210, 20, 201)
    assert found.cfi == pytest.approx(1 - 20 / 190)
    assert found.tli == pytest.approx((10.5 - 3) / 9.5)
    assert found.rmsea == pytest.approx(np.sqrt(20 / 2010))
    assert found.p_value == pytest.approx(stats.chi2.sf(30, 10))


def test_rmsea_grows_with_the_number_of_groups():
    one, two = fit_indices(30, 10, 210, 20, 201), fit_indices(30, 10, 210, 20, 201, groups=2)
    assert np.array(two[5:]) == pytest.approx(np.sqrt(2) * np.array(one[5:]))


def test_srmr_by_hand():
    observed, implied = np.array([[[4, 1], [1, 1]]]), np.array([[[4, 0], [0, 1]]])
    assert srmr(observed, implied, [1.0]) == pytest.approx(np.sqrt(0.25 / 3))
    assert srmr(observed, implied, [1.0], [[2, 0]]) == pytest.approx(np.sqrt((0.25 + 1) / 5))


@given(st.floats(1, 20_000), st.integers(1, 300), st.sampled_from([0.05, 0.5, 0.95]))
def test_noncentrality_inverts_the_distribution(chi2, df, p):
    centre = noncentrality(chi2, df, p)
    if centre == 0:
        assert stats.chi2.cdf(chi2, df) <= p + 1e-9
    else:
        assert stats.ncx2.cdf(chi2, df, centre) == pytest.approx(p, abs=1e-6)


def test_a_perfect_fit_and_nothing_to_test():
    assert fit_indices(0, 10, 100, 15, 100)[3:] == (1, pytest.approx(1 + 10 / 85 * 15 / 10), 0, 0, 0)
    assert np.isnan(fit_indices(0, 0, 100, 3, 100)[2:]).all()
