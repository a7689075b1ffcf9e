"""Money over time. References: numpy-financial's documented examples (1e-6); closed forms of annuities and CLV."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.measures import finance

RATES = st.floats(0.001, 0.3)


def test_hand_case():
    # −100 + 60/1.1 + 60/1.21
    assert finance.npv([-100, 60, 60], 0.1) == pytest.approx(4.132231, abs=1e-6)
    assert finance.payback([-100, 40, 40, 40]) == 2.5
    assert finance.roi(380, 100) == pytest.approx(2.8)
    assert finance.rosq(-25, 100) == -0.25


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ([-100, 39, 59, 55, 20], 0.28094842),
        ([-100, 0, 0, 74], -0.09549583),
        ([-100, 100, 0, -7], np.nan),  # numpy-financial names one of two roots, −0.0833
        ([-5, 10.5, 1, -8, 1], np.nan),  # likewise 0.0886: several roots, none to be named
    ],
)
def test_numpy_financial_irr(flows, expected):
    np.testing.assert_allclose(finance.irr(flows), expected, atol=1e-6)


def test_numpy_financial_npv():
    flows = [-40_000, 5_000, 8_000, 12_000, 30_000]
    assert finance.npv(flows, 0.08) == pytest.approx(3065.222668, abs=1e-5)


@given(RATES, st.integers(1, 60), st.floats(1, 1e6))
def test_an_annuity_has_its_closed_form(rate, periods, amount):
    flows = np.r_[0.0, np.full(periods, amount)]
    assert finance.npv(flows, rate) == pytest.approx(amount * (1 - (1 + rate) ** -periods) / rate, rel=1e-9)


@given(RATES, st.integers(2, 40))
def test_the_internal_rate_of_a_fairly_priced_annuity_is_its_rate(rate, periods):
    price = (1 - (1 + rate) ** -periods) / rate
    found = finance.irr(np.r_[-price, np.ones(periods)])
    assert found == pytest.approx(rate, abs=1e-8)
    assert finance.npv(np.r_[-price, np.ones(periods)], found) == pytest.approx(0, abs=1e-6)


@given(st.floats(0.05, 0.99), RATES, st.floats(1, 1e4))
def test_lifetime_value_is_the_sum_over_all_periods(retention, rate, margin):
    survived = retention ** np.arange(4000)
    now = finance.npv(margin * survived, rate)
    assert finance.clv(margin, retention, rate, first_now=True) == pytest.approx(now, rel=1e-6)
    assert finance.clv(margin, retention, rate) == pytest.approx(now - margin, rel=1e-6, abs=1e-6)
    assert finance.clv(margin, retention, rate) == pytest.approx(margin * retention / (1 + rate - retention))


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30), RATES)
def test_discounted_payback_exists_exactly_where_value_is_not_negative(flows, rate):
    value = finance.npv(flows, rate)
    if abs(value) > 1e-9:
        assert np.isfinite(finance.discounted_payback(flows, rate)) == (value > 0)


def test_payback_is_the_last_crossing():
    assert finance.payback([-10, 15, -10, 10]) == pytest.approx(2.5)
    assert finance.payback([5, 5]) == 0
    assert finance.payback([-5, 2]) == np.inf


def test_draws_are_done_at_once():
    flows = np.array([[-100, 60, 60], [-100, 40, 40]])
    np.testing.assert_allclose(finance.npv(flows, [0.1, 0.0]), [4.132231, -20], atol=1e-6)
    np.testing.assert_allclose(finance.irr(flows), [0.130662, 2 / (np.sqrt(11) - 1) - 1], atol=1e-6)
    np.testing.assert_allclose(finance.payback(flows), [1 + 40 / 60, np.inf])


def test_edges():
    assert np.isnan(finance.irr([1, 2, 3]))
    assert np.isnan(finance.irr([0, 0, 0]))
    assert np.isnan(finance.roi(1, 0))
    assert np.isnan(finance.rosq(1, 0))
    assert finance.clv(1, 1.0, 0.0) == np.inf
    assert finance.npv([7.0], 0.1) == 7
