"""Draws and variance shares. References: scipy.stats quantiles (1e-9); Ishigami's function (analytic, ±0.02)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from svcq_lib.errors import MethodError
from svcq_lib.stats import montecarlo

U = np.linspace(0.001, 0.999, 101)
TRIPLES = st.tuples(st.floats(-10, 10), st.floats(0, 5), st.floats(0, 5)).map(
    lambda t: (t[0], t[0] + t[1], t[0] + t[1] + t[2])
)


def test_scipy_quantiles():
    np.testing.assert_allclose(montecarlo.triangular(U, 1, 2, 5), stats.triang.ppf(U, 0.25, 1, 4), atol=1e-9)
    np.testing.assert_allclose(montecarlo.pert(U, 1, 2, 5), stats.beta.ppf(U, 2, 4, 1, 4), atol=1e-9)
    np.testing.assert_allclose(montecarlo.normal(U, 3, 2), stats.norm.ppf(U, 3, 2), atol=1e-9)
    np.testing.assert_allclose(montecarlo.lognormal(U, 3, 0.4), stats.lognorm.ppf(U, 0.4, scale=3), atol=1e-9)
    np.testing.assert_allclose(montecarlo.beta(U, 0.3, 20), stats.beta.ppf(U, 6, 14), atol=1e-9)


@given(TRIPLES, st.sampled_from(["triangular", "pert"]))
def test_draws_stay_between_and_rise(triple, shape):
    drawn = montecarlo.between(U, *triple, shape)
    assert (drawn >= triple[0] - 1e-9).all()
    assert (drawn <= triple[2] + 1e-9).all()
    assert (np.diff(drawn) >= -1e-9).all()


@pytest.mark.parametrize("shape", ["triangular", "pert"])
def test_means(shape):
    expected = {"triangular": (1 + 2 + 6) / 3, "pert": (1 + 8 + 6) / 6}[shape]
    drawn = montecarlo.between((np.arange(200_000) + 0.5) / 200_000, 1, 2, 6, shape)
    assert drawn.mean() == pytest.approx(expected, abs=1e-4)


def test_ishigami():
    # Saltelli and others (2008): first-order indices .314, .442, 0 of sin x + 7 sin² y + .1 z⁴ sin x
    x = np.random.default_rng(3).uniform(-np.pi, np.pi, (20_000, 3))
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    np.testing.assert_allclose(montecarlo.first_order_shares(x, y), [0.314, 0.442, 0.0], atol=0.02)


def test_additive_shares_add_up():
    x = np.random.default_rng(4).normal(size=(20_000, 3))
    shares = montecarlo.first_order_shares(x, x @ [1.0, 2.0, 3.0])
    np.testing.assert_allclose(shares, np.array([1, 4, 9]) / 14, atol=0.02)
    assert shares.sum() == pytest.approx(1, abs=0.02)


def test_constants():
    x = np.column_stack([np.ones(100), np.arange(100.0)])
    assert montecarlo.first_order_shares(x, x[:, 1])[0] == 0
    assert np.isnan(montecarlo.first_order_shares(x, np.ones(100))).all()
    assert (montecarlo.pert(U, 2, 2, 2) == 2).all()
    assert (montecarlo.triangular(U, 2, 2, 2) == 2).all()
    assert (montecarlo.normal(U, 2, 0) == 2).all()


@pytest.mark.parametrize("draw", [montecarlo.triangular, montecarlo.pert])
def test_limits_must_rise(draw):
    with pytest.raises(MethodError, match="must rise; got 3, 2, 5"):
        draw(U, 3, 2, 5)
