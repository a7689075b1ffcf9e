"""The chain from lifts to cash. References: closed forms of annuities and customer lifetime value (1e-9)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svcq_lib.analyses.returns_chain import (
    PARTS,
    Draws,
    Programme,
    Terms,
    cash_flows,
    lifted,
    net_present_value,
    retained,
)
from svcq_lib.measures import finance


def programme(months, *, k=1, effect=1.0, headroom=4.0, cost=0.0):
    """Return k initiatives on one item, with a constant effect and a cost in the first month."""
    spent = np.zeros((k, months))
    spent[:, 0] = cost
    nothing = np.zeros((k, months))
    costs = {"fixed_cost": spent, "running_cost": nothing, "reserves": nothing}
    names = tuple(f"I{i}" for i in range(k))
    return Programme(
        names,
        np.full((k, months), effect),
        np.ones((k, 1), bool),
        np.array([headroom]),
        np.full(k, 1 / k),
        costs,
    )


def draws(*, lifts=((0.5,),), slope=2.0, retention_slope=0.1, **values):
    """Return one draw: 100 customers who bring 1 a month at a margin of one half, of whom 80 % stay."""
    known = {
        "customers": 100,
        "revenue_per_customer": 1,
        "contribution_margin": 0.5,
        "retention": 0.8,
        **values,
    }
    return Draws(
        np.array(lifts, dtype=float), np.full((1, 1), slope), np.array([retention_slope]),
        {name: np.array([float(value)]) for name, value in known.items()},
    )  # fmt: skip


def terms(months, **other):
    """Return terms by month without discounting."""
    fixed = {
        "retention_link": "declared",
        "retention_months": 1.0,
        "revenue_months": 1.0,
        "service_months": 1.0,
    }
    return Terms(**{"months": months, "discount_rate": 0.0, **fixed, **other})


def test_hand_case():
    # lift .5 × slope 2 = 1 point; retention .8 + .1 = .9; 10 more customers after a month, .9·10 + 10 = 19 after two
    flows = cash_flows(
        programme(3, cost=7),
        draws(price_per_csat_point=0.01, cost_to_serve=2, cost_saving=0.1),
        terms(3),
    )
    np.testing.assert_allclose(flows["retention_gain"], [[0, 5, 9.5]])
    np.testing.assert_allclose(flows["price_gain"], [[0.5, 0.55, 0.595]])
    np.testing.assert_allclose(flows["service_saving"], [[20, 22, 23.8]])
    np.testing.assert_allclose(flows["fixed_cost"], [[-7, 0, 0]])
    assert set(flows) == set(PARTS)


@pytest.mark.parametrize("rate", [0.05, 0.12])
def test_a_cohort_is_worth_the_difference_of_two_lifetime_values(rate):
    found = net_present_value(programme(600), draws(), terms(600, discount_rate=rate, customer_base="cohort"))
    monthly = (1 + rate) ** (1 / 12) - 1
    expected = 100 * np.subtract(*[finance.clv(0.5, kept, monthly, first_now=True) for kept in (0.9, 0.8)])
    assert found[0] == pytest.approx(expected, rel=1e-9)
    # m(1 + r)/(1 + r − ρ) less m is m·ρ/(1 + r − ρ): the same difference without the margin of today
    assert expected == pytest.approx(
        100 * np.subtract(*[finance.clv(0.5, kept, monthly) for kept in (0.9, 0.8)])
    )


def test_a_steady_base_has_its_closed_form():
    # D_t = N Δ (1 − ρ^t)/(1 − ρ), summed with the discount factor
    r, kept, change = 1.05 ** (1 / 12) - 1, 0.9, 0.1
    expected = 0.5 * 100 * change / (1 - kept) * ((1 + r) / r - (1 + r) / (1 + r - kept))
    found = net_present_value(programme(9000), draws(), terms(9000, discount_rate=0.05))
    assert found[0] == pytest.approx(expected, rel=1e-9)


def test_a_saving_is_an_annuity():
    r = 1.08 ** (1 / 12) - 1
    drawn = draws(retention_slope=0, cost_to_serve=3, cost_saving=0.2)
    found = net_present_value(programme(36), drawn, terms(36, discount_rate=0.08))
    assert found[0] == pytest.approx(100 * 3 * 0.2 * (1 - (1 + r) ** -36) / r * (1 + r), rel=1e-9)


def test_taxes_scale_and_grow_nothing():
    before = net_present_value(programme(12, cost=9), draws(), terms(12))
    after = net_present_value(programme(12, cost=9), draws(), terms(12, tax_rate=0.25))
    assert after[0] == pytest.approx(0.75 * before[0])


@settings(max_examples=30)
@given(st.lists(st.floats(-1, 3), min_size=2, max_size=5), st.floats(0.1, 4), st.permutations(range(2)))
def test_joint_lifts_keep_to_the_scale_and_do_not_depend_on_the_order(lifts, headroom, order):
    made = programme(2, k=len(lifts), headroom=headroom)
    drawn = draws(lifts=[lifts], slope=1.0)
    everything = list(range(len(lifts)))
    rise = lifted(made, drawn, everything)
    assert (rise <= headroom + 1e-9).all()
    np.testing.assert_allclose(lifted(made, drawn, [*order, *everything[2:]]), rise)
    np.testing.assert_allclose(lifted(made, drawn, [0]), min(lifts[0], headroom), atol=1e-12)
    if min(lifts) >= 0:
        assert (rise <= sum(min(one, headroom) for one in lifts) + 1e-9).all()


def test_no_room_above_and_nothing_chosen_bring_nothing():
    assert (lifted(programme(3, headroom=0.0), draws(), [0]) == 0).all()
    flows = cash_flows(programme(3, cost=5), draws(), terms(3), chosen=[])
    assert all((flow == 0).all() for flow in flows.values())


def test_half_of_the_association_is_half_of_the_rise():
    made, drawn = programme(2), draws(retention_slope=0, price_per_csat_point=0.01)
    full, half = (net_present_value(made, drawn, terms(2, causal_share=one)) for one in (1.0, 0.5))
    assert half[0] == pytest.approx(full[0] / 2)


@pytest.mark.parametrize(
    ("link", "slope", "expected"),
    [("own", 0.5, 0.8 * np.exp(0.5) / (0.2 + 0.8 * np.exp(0.5))), ("declared", 0.05, 0.85), ("declared", 0.5, 1.0),
     ("borrowed", 0.05, 0.84)],
)  # fmt: skip
def test_links_to_retention(link, slope, expected):
    found = retained(np.array([0.8]), np.array([1.0]), np.array([slope]), link)
    assert found[0] == pytest.approx(expected)
