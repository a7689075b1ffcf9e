"""Proportional odds.

Reference: the housing survey of MASS (Madsen 1976; Venables and Ripley 2002, section 7.3), R ``MASS::polr`` with
weights = Freq: 4 digits of coefficients and standard errors, deviance 3479.149.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from svcq_lib.errors import MethodError
from svcq_lib.stats import ordinal, relimp

# frequencies by contact (low, high), type (tower, apartment, atrium, terrace), influence (low, medium, high) and
# satisfaction (low, medium, high)
HOUSING = [
    [[21, 21, 28], [34, 22, 36], [10, 11, 36]], [[61, 23, 17], [43, 35, 40], [26, 18, 54]],
    [[13, 9, 10], [8, 8, 12], [6, 7, 9]], [[18, 6, 7], [15, 13, 13], [7, 5, 11]],
    [[14, 19, 37], [17, 23, 40], [3, 5, 23]], [[78, 46, 43], [48, 45, 86], [15, 25, 62]],
    [[20, 23, 20], [10, 22, 24], [7, 10, 21]], [[57, 23, 13], [31, 21, 13], [5, 6, 13]],
]  # fmt: skip


def housing():
    x, y, w = [], [], []
    for block, rows in enumerate(HOUSING):
        contact, kind = divmod(block, 4)
        for influence, frequencies in enumerate(rows):
            for level, frequency in enumerate(frequencies):
                x.append([influence == 1, influence == 2, kind == 1, kind == 2, kind == 3, contact])
                y.append(level)
                w.append(frequency)
    return np.array(x, dtype=float), np.array(y), np.array(w, dtype=float)


def simulated(n, seed=0, cuts=(-1.0, 0.5, 1.5), beta=(0.8, -0.4, 0.0)):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, len(beta))) + 0.5 * rng.normal(size=(n, 1))
    latent = x @ np.array(beta) + rng.logistic(size=n)
    return x, np.searchsorted(np.array(cuts), latent)


def test_one_binary_predictor_by_hand():
    # odds 30:10 and 10:30: the slope is the log odds ratio ln 9, the cutpoint −ln(odds) of the first group
    x, y = np.array([[0.0], [0], [1], [1]]), np.array([0, 1, 0, 1])
    found = ordinal.fit_ordinal(x, y, [30, 10, 10, 30])
    assert found.beta == pytest.approx([np.log(9)])
    assert found.cuts == pytest.approx([np.log(3)])
    assert found.covariance[0, 0] == pytest.approx(2 / 30 + 2 / 10)
    assert found.null_deviance == pytest.approx(-160 * np.log(0.5))


def test_housing():  # D13
    assert sum(np.ravel(HOUSING)) == 1681
    found = ordinal.fit_ordinal(*housing())
    assert found.beta == pytest.approx([0.5664, 1.2888, -0.5724, -0.3662, -1.0910, 0.3603], abs=5e-5)
    errors = np.sqrt(np.diag(found.covariance))
    assert errors[:6] == pytest.approx([0.1047, 0.1272, 0.1192, 0.1552, 0.1515, 0.0955], abs=5.1e-5)
    assert found.cuts == pytest.approx([-0.4961, 0.6907], abs=5e-5)
    assert found.deviance == pytest.approx(3479.149, abs=5e-4)
    assert found.deviance + 2 * len(found.covariance) == pytest.approx(3495.149, abs=5e-4)  # AIC


def test_weights_are_repetitions():
    x, y, w = housing()
    long = np.repeat(np.arange(len(w)), w.astype(int))
    one, other = ordinal.fit_ordinal(x, y, w), ordinal.fit_ordinal(x[long], y[long])
    assert one.beta == pytest.approx(other.beta)
    assert one.covariance == pytest.approx(other.covariance)


@given(st.integers(0, 1000), st.floats(0.1, 20), st.floats(-50, 50))
def test_scale_and_origin_of_a_predictor_do_not_matter(seed, factor, shift):
    x, y = simulated(150, seed)
    one = ordinal.fit_ordinal(x, y)
    other = ordinal.fit_ordinal(x * [factor, 1, 1] + [shift, 0, 0], y)
    assert other.beta * [factor, 1, 1] == pytest.approx(one.beta, abs=1e-6)
    assert other.deviance == pytest.approx(one.deviance)
    assert other.cuts == pytest.approx(one.cuts + shift * other.beta[0], abs=1e-5)


def test_turning_the_outcome_turns_the_slopes():
    x, y = simulated(200, 1)
    one, other = ordinal.fit_ordinal(x, y), ordinal.fit_ordinal(x, -y)
    assert other.beta == pytest.approx(-one.beta, abs=1e-7)
    assert other.cuts == pytest.approx(-one.cuts[::-1], abs=1e-7)


def test_binary_gradient_is_that_of_a_logistic_regression():
    x, y = simulated(300, 2, cuts=(0.3,))
    found = ordinal.fit_ordinal(x, y)
    fitted = expit(x @ found.beta - found.cuts[0])
    assert x.T @ (y - fitted) == pytest.approx(np.zeros(3), abs=1e-6)
    assert (y - fitted).sum() == pytest.approx(0, abs=1e-6)


def test_scores_are_zero_at_the_maximum_and_slopes_elsewhere():
    x, y = simulated(200, 3)
    w = np.random.default_rng(0).uniform(0.5, 2, 200)
    found = ordinal.fit_ordinal(x, y, w)
    parts = ordinal.scores(found.beta, found.cuts, x, y, w)
    assert parts.shape == (200, 6)
    assert parts.sum(axis=0) == pytest.approx(np.zeros(6), abs=1e-4)
    step, moved = 1e-5, []
    for shift in (step, -step):
        beta = np.add(found.beta, [0.1 + shift, 0, 0])
        cuts = np.r_[-np.inf, found.cuts, np.inf]
        upper, lower = cuts[y + 1] - x @ beta, cuts[y] - x @ beta
        moved.append((w * np.log(expit(upper) - expit(lower))).sum())
    slope = ordinal.scores(np.add(found.beta, [0.1, 0, 0]), found.cuts, x, y, w).sum(axis=0)[0]
    assert slope == pytest.approx((moved[0] - moved[1]) / (2 * step), rel=1e-5)


def test_a_large_sample_finds_the_truth():
    x, y = simulated(40_000, 4)
    found = ordinal.fit_ordinal(x, y)
    errors = np.sqrt(np.diag(found.covariance))
    assert (np.abs(np.r_[found.beta - [0.8, -0.4, 0], found.cuts - [-1, 0.5, 1.5]]) < 4 * errors).all()


def test_latent_correlations_give_back_the_latent_r_squared():
    x, y = simulated(5000, 5)
    found, covariance = ordinal.fit_ordinal(x, y), np.cov(x.T)
    r, total = ordinal.latent_correlations(found.beta, covariance)
    R = np.corrcoef(x.T)
    assert relimp.r_squared(R, r) == pytest.approx(total)
    assert relimp.standardized_beta(R, r) == pytest.approx(
        found.beta
        * np.sqrt(np.diag(covariance))
        / np.sqrt(found.beta @ covariance @ found.beta + np.pi**2 / 3)
    )
    assert relimp.lmg(R, r).sum() == pytest.approx(total)


def test_latent_correlations_are_those_of_the_unseen_outcome():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(60_000, 2)) @ [[1, 0.5], [0, 1]]
    latent = x @ [1.0, 0.5] + rng.logistic(size=len(x))
    found = ordinal.fit_ordinal(x, np.digitize(latent, [-2, 0, 1, 3]))
    r, total = ordinal.latent_correlations(found.beta, np.cov(x.T))
    assert r == pytest.approx([np.corrcoef(one, latent)[0, 1] for one in x.T], abs=0.01)
    assert total == pytest.approx(np.corrcoef(x @ [1.0, 0.5], latent)[0, 1] ** 2, abs=0.01)


def test_errors():
    x, _ = simulated(50)
    with pytest.raises(MethodError, match="at least two categories"):
        ordinal.fit_ordinal(x, np.ones(50))
    with pytest.raises(MethodError, match="combinations of each other"):
        ordinal.fit_ordinal(np.c_[x, x[:, 0]], np.arange(50) % 3)
    with pytest.raises(MethodError, match="separated"):
        ordinal.fit_ordinal(np.linspace(-1, 1, 50)[:, None], np.arange(50) > 24)
