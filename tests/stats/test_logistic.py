"""Weighted logistic regression. References: statsmodels GLM with robust and clustered covariance (1e-8)."""

import numpy as np
import pytest
import statsmodels.api as sm

from svcq_lib.errors import MethodError
from svcq_lib.stats.logistic import logistic


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(5)
    x = rng.normal(7, 1.8, 3000)
    y = (rng.random(3000) < 1 / (1 + np.exp(-(0.5 + 0.2 * x)))).astype(float)
    return np.column_stack([np.ones(3000), x]), y, rng.uniform(0.5, 2, 3000), rng.integers(0, 40, 3000)


def test_hand_case():
    # one yes of four against three of four: log odds −log 3 and log 3
    X = np.column_stack([np.ones(8), np.repeat([0, 1], 4)])
    fit = logistic(X, [1, 0, 0, 0, 1, 1, 1, 0])
    np.testing.assert_allclose(fit.coefficients, [-np.log(3), 2 * np.log(3)], atol=1e-9)


@pytest.mark.filterwarnings("ignore:cov_type not fully supported")  # with weights; the sandwich is the same
def test_statsmodels(data):
    X, y, w, units = data
    model = sm.GLM(y, X, family=sm.families.Binomial(), var_weights=w)
    plain = model.fit(cov_type="HC0")
    fit = logistic(X, y, w)
    np.testing.assert_allclose(fit.coefficients, plain.params, atol=1e-8)
    np.testing.assert_allclose(fit.covariance * 2999 / 3000, plain.cov_params(), rtol=1e-6)
    clustered = model.fit(cov_type="cluster", cov_kwds={"groups": units, "use_correction": False})
    found = logistic(X, y, w, units=units).covariance
    np.testing.assert_allclose(found * 39 / 40, clustered.cov_params(), rtol=1e-6)


def test_truth_is_covered():
    rng, hits = np.random.default_rng(6), 0
    for _ in range(200):
        x = rng.normal(7, 1.8, 800)
        y = rng.random(800) < 1 / (1 + np.exp(-(0.5 + 0.2 * x)))
        fit = logistic(np.column_stack([np.ones(800), x]), y)
        hits += abs(fit.coefficients[1] - 0.2) < 1.96 * np.sqrt(fit.covariance[1, 1])
    assert 182 <= hits <= 198  # 190 ± 2.6 binomial standard errors


def test_a_scaled_weight_changes_nothing(data):
    X, y, w, _ = data
    one, other = logistic(X, y, w), logistic(X, y, 10 * w)
    np.testing.assert_allclose(one.coefficients, other.coefficients)
    np.testing.assert_allclose(one.covariance, other.covariance)


def test_strata_of_one_unit_keep_a_variance(data):
    X, y, w, units = data
    found = logistic(X, y, w, units=units, strata=units).covariance
    assert (np.diag(found) > 0).all()


@pytest.mark.parametrize("y", [[0, 0, 0, 0], [0, 0, 1, 1]])
def test_constant_or_separated(y):
    with pytest.raises(MethodError, match="constant, or a predictor separates"):
        logistic(np.column_stack([np.ones(4), [1, 2, 3, 4]]), y)
