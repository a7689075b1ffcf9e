"""Joint tests: Hotelling's T² of scipy's t test for one mean, covariances of means by numpy."""

import numpy as np
import pytest
from scipy import stats

from svcq_lib.stats.wald import joint_test, mean_covariance


def test_units_of_one_row_give_the_covariance_of_means():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0.3], [0, 0, 1]])
    found = mean_covariance(np.ones_like(x), x, np.zeros(40, int))
    assert found.estimate == pytest.approx(x.mean(axis=0))
    assert found.covariance == pytest.approx(np.cov(x.T) / 40)
    assert found.df == 39


def test_strata_and_sampled_fractions_take_their_part_away():
    rng = np.random.default_rng(2)
    x, strata = rng.normal(size=(60, 2)), np.repeat([0, 1], 30)
    shifted = x + 5 * strata[:, None]
    one = mean_covariance(np.ones_like(x), x, strata)
    other = mean_covariance(np.ones_like(x), shifted, strata)
    assert other.covariance == pytest.approx(one.covariance)
    halved = mean_covariance(np.ones_like(x), x, strata, [0.5, 0.5])
    assert halved.covariance == pytest.approx(one.covariance / 2)
    assert one.df == 58


def test_one_quantity_is_a_t_test():
    x = np.array([0.3, -0.1, 0.8, 0.5, 0.2, 0.9])
    found = joint_test([x.mean()], [[x.var(ddof=1) / 6]], 5)
    expected = stats.ttest_1samp(x, 0)
    assert found.statistic == pytest.approx(expected.statistic**2)
    assert found.p_value == pytest.approx(expected.pvalue)


def test_hotelling_holds_its_level():
    rng = np.random.default_rng(3)
    found = []
    for _ in range(400):
        x = rng.normal(size=(15, 4))
        part = mean_covariance(np.ones_like(x), x, np.zeros(15, int))
        found.append(joint_test(part.estimate, part.covariance, part.df).p_value)
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 400))


@pytest.mark.parametrize(
    ("estimate", "covariance", "df"),
    [([1.0, 1.0], [[1.0, 1.0], [1.0, 1.0]], 20), ([1.0, 1.0], np.eye(2), 1), ([np.nan], [[1.0]], 9)],
)
def test_what_cannot_be_tested_is_not(estimate, covariance, df):
    assert np.isnan(joint_test(estimate, np.reshape(covariance, (len(estimate), -1)), df).p_value)
