"""AVE, composite reliability, Fornell–Larcker and HTMT.

References: semTools 0.5-6 on HolzingerSwineford1939 (1e-5), complete answers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.measures import validity
from svcq_lib.stats.cfa import cfa


def test_ave_of_holzinger_swineford(real_data):  # omega_HS_semTools, row avevar
    table = pd.read_csv(real_data / "psychometric_ref" / "HolzingerSwineford1939.csv")
    x = table[[f"x{i}" for i in range(1, 10)]].to_numpy()
    fit = cfa(np.cov(x.T, bias=True), len(x), np.repeat([0, 1, 2], 3))
    parts = [(fit.loadings[at : at + 3], fit.uniqueness[at : at + 3]) for at in (0, 3, 6)]
    found = [validity.average_variance_extracted(*one) for one in parts]
    assert found == pytest.approx([0.370558944697399, 0.721016349188685, 0.424488329820249], abs=1e-5)


@given(st.lists(st.floats(0.05, 0.95), min_size=2, max_size=6))
def test_standardized_items_need_no_unique_variances(loadings):
    loading = np.array(loadings)
    ave = validity.average_variance_extracted(loading)
    assert ave == pytest.approx(np.mean(loading**2))
    assert ave == pytest.approx(validity.average_variance_extracted(loading, 1 - loading**2))
    assert validity.composite_reliability(loading) >= ave - 1e-12


def test_htmt_of_a_simple_structure_is_the_factor_correlation():
    loading, factor, phi = np.array([0.7] * 3 + [0.8] * 4), np.repeat([0, 1], [3, 4]), 0.6
    between = np.where(factor[:, None] == factor, 1.0, phi)
    R = np.outer(loading, loading) * between
    np.fill_diagonal(R, 1)
    assert validity.htmt(R, factor)[0, 1] == pytest.approx(phi)
    both = validity.htmt(np.stack([R, R]), factor)
    assert both[1] == pytest.approx(validity.htmt(R, factor))


def test_a_dimension_of_one_item_has_no_htmt():
    found = validity.htmt(np.full((3, 3), 0.5) + 0.5 * np.eye(3), [0, 0, 1])
    assert np.isnan(found[0, 1])
    assert (np.diagonal(found) == 1).all()


def test_fornell_larcker_compares_both_dimensions():
    found = validity.fornell_larcker([0.6, 0.5, 0.3], [[1, 0.6, 0.5], [0.6, 1, 0.6], [0.5, 0.6, 1]])
    assert found.tolist() == [[True, True, True], [True, True, False], [True, False, True]]
