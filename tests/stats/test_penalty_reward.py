"""Coefficients of both ends of a scale.

Reference: ordinary least squares of statsmodels on the same 0/1 columns, 1e-9.
"""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given
from hypothesis import strategies as st

from svcq_lib.errors import MethodError
from svcq_lib.stats import penalty_reward


def test_by_hand():
    assert penalty_reward.impact_range(0.2, -0.6) == pytest.approx(0.8)
    assert penalty_reward.asymmetry(0.2, -0.6) == pytest.approx(-0.5)


def test_coefficients_are_those_of_least_squares():
    rng = np.random.default_rng(5)
    answers = rng.integers(1, 8, size=(400, 3))
    columns = np.column_stack([answers >= 6, answers <= 2]).astype(float)
    y = columns @ [0.3, 0.0, 0.1, -0.4, -0.2, 0.1] + rng.normal(size=400)
    fitted = sm.OLS(y, sm.add_constant(columns)).fit().params[1:]
    matrix = np.corrcoef(np.column_stack([y, columns]), rowvar=False)
    spread = columns.std(axis=0)
    found = penalty_reward.coefficients(matrix[1:, 1:], matrix[1:, 0], spread, y.std())
    np.testing.assert_allclose(found, fitted, atol=1e-9)
    stack = penalty_reward.coefficients(
        np.stack([matrix[1:, 1:]] * 2), np.stack([matrix[1:, 0]] * 2), np.stack([spread] * 2), [y.std()] * 2
    )
    np.testing.assert_allclose(stack, np.stack([fitted] * 2), atol=1e-9)


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0.1, 10))
def test_asymmetry_is_bounded_odd_and_free_of_units(reward, penalty, unit):
    assume(abs(reward) + abs(penalty) > 1e-6)
    value = penalty_reward.asymmetry(reward, penalty)
    assert -1 <= value <= 1
    assert penalty_reward.asymmetry(penalty, reward) == pytest.approx(-value)
    assert penalty_reward.asymmetry(unit * reward, unit * penalty) == pytest.approx(value, abs=1e-9)


@given(st.floats(-3, 3), st.floats(1, 2), st.floats(3, 5), st.floats(6, 7))
def test_a_straight_line_has_no_bend_though_it_may_be_uneven(slope, low, middle, high):
    reward, penalty = slope * (high - middle), slope * (low - middle)
    assert penalty_reward.bend(reward, penalty, low, middle, high) == pytest.approx(0, abs=1e-9)


def test_bend_by_hand():
    # 0.3 per point above the middle, 0.4 per point below it
    assert penalty_reward.bend(0.6, -1.2, 1.0, 4.0, 6.0) == pytest.approx(-0.1)


def test_bands_hold_their_replicates():
    values = np.array([[-0.5, 0.1], [-0.4, 0.1], [0.0, np.nan], [0.41, -0.1]])
    shares = penalty_reward.band_shares(values, [-0.4, -0.1, 0.1, 0.4])
    # on an edge belongs to the band nearer to 0
    np.testing.assert_allclose(shares[0], [0.25, 0.25, 0.25, 0, 0.25])
    np.testing.assert_allclose(shares[1], [0, 0, 1, 0, 0])


def test_no_effect_has_no_asymmetry():
    assert np.isnan(penalty_reward.asymmetry(0.0, 0.0))
    assert np.isnan(penalty_reward.band_shares(np.full((2, 1), np.nan), [0.0])).all()


def test_a_singular_matrix_is_refused():
    with pytest.raises(MethodError, match="combinations"):
        penalty_reward.coefficients(np.ones((2, 2)), [0.1, 0.1], [1.0, 1.0], 1.0)
