"""The interval of R², which percentiles of a bootstrap miss where drivers are many for the answers."""

import numpy as np
import pytest

from svcq_lib.analyses.driver_parts import r_squared_interval
from svcq_lib.stats.intervals import percentile_interval


def r_squared(rows, weights):
    mean = weights @ rows / weights.sum()
    c = (rows * weights[:, None]).T @ rows / weights.sum() - np.outer(mean, mean)
    return c[0, 1:] @ np.linalg.solve(c[1:, 1:], c[1:, 0]) / c[0, 0]


@pytest.mark.parametrize(("n", "terms", "true"), [(300, 15, 0.5), (120, 15, 0.05), (300, 6, 0.1)])
def test_the_interval_covers_where_percentiles_do_not(n, terms, true):
    rng, hits, percentiles, studies = np.random.default_rng(9), 0, 0, 150
    slopes = np.full(terms, np.sqrt(true / (1 - true) / terms))
    for _ in range(studies):
        x = rng.normal(size=(n, terms))
        rows = np.column_stack([x @ slopes + rng.normal(size=n), x])
        counts = rng.multinomial(n, np.full(n, 1 / n), size=60).astype(float)
        draws = np.array([r_squared(rows, one) for one in counts])
        low, high = r_squared_interval(r_squared(rows, np.ones(n)), draws, n, terms, 0.95)
        hits += low <= true <= high
        below, above = percentile_interval(draws, 0.95)
        percentiles += below <= true <= above
    assert hits / studies > 0.89  # Monte-Carlo error 2 %
    assert percentiles < hits


@pytest.mark.parametrize(("draws", "n"), [([], 300.0), ([0.5, 0.6], 4.0)])
def test_no_draws_or_too_few_answers_give_no_interval(draws, n):
    assert np.isnan(r_squared_interval(0.5, np.array(draws), n, 5, 0.95)).all()


def test_limits_stay_between_none_and_all():
    for point in (0.0, 1e-6, 0.5, 1 - 1e-9, 1.0):
        low, high = r_squared_interval(point, np.full(10, point) + np.linspace(0, 1e-3, 10), 200, 5, 0.95)
        assert 0 <= low <= high <= 1
