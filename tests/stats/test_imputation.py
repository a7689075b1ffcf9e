"""Multiple imputation against simulated truth: what was blanked at random given what was seen comes back."""

from __future__ import annotations

import numpy as np
import pytest

from svcq_lib.errors import MethodError
from svcq_lib.stats.imputation import impute


def simulated(n=3000, seed=0):
    """Two columns of which the second is missing more often where the first is high."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    b = 0.6 * a + 0.8 * rng.normal(size=n)
    gone = rng.random(n) < 1 / (1 + np.exp(-2 * a))
    return a, b, np.where(gone, np.nan, b)


def test_nothing_missing_is_nothing_drawn():
    x = np.random.default_rng(0).normal(size=(50, 3))
    assert all((one == x).all() for one in impute(x, m=2))


def test_answers_are_kept_and_copies_differ():
    a, _, b = simulated(200)
    x = np.c_[a, b]
    one, other = impute(x, m=2)
    seen = np.isfinite(x)
    assert (one[seen] == x[seen]).all()
    assert np.isfinite(one).all()
    assert (one[~seen] != other[~seen]).all()


def test_means_and_correlations_come_back():
    a, whole, b = simulated()
    assert abs(np.nanmean(b) - whole.mean()) > 0.2  # the rows that answered mislead
    copies = list(impute(np.c_[a, b], m=10))
    assert np.mean([one[:, 1].mean() for one in copies]) == pytest.approx(whole.mean(), abs=0.06)
    assert np.mean([one[:, 1].std() for one in copies]) == pytest.approx(whole.std(), abs=0.05)
    found = np.mean([np.corrcoef(one.T)[0, 1] for one in copies])
    assert found == pytest.approx(np.corrcoef(a, whole)[0, 1], abs=0.03)


def test_copies_vary_as_rubins_rules_ask():
    # of a mean of which half is missing at random, the variance between copies is the variance lost, s²/n · λ / (1 − λ)
    rng = np.random.default_rng(1)
    x = np.c_[rng.normal(size=2000), np.where(np.arange(2000) % 2, rng.normal(size=2000), np.nan)]
    means = np.array([one[:, 1].mean() for one in impute(x, m=300, cycles=1)])
    assert means.var(ddof=1) == pytest.approx(1 / 2000, rel=0.35)


def test_weights_count():
    a, _, b = simulated(2000, 2)
    b = b + np.where(np.arange(2000) < 1000, 3.0, 0.0)
    w = np.where(np.arange(2000) < 1000, 10.0, 0.1)
    drawn = next(impute(np.c_[a, b], w, m=1))[:, 1]
    gone = np.isnan(b)
    assert drawn[gone].mean() == pytest.approx(3 + 0.6 * a[gone].mean(), abs=0.25)


def test_the_same_seed_gives_the_same_copies():
    a, _, b = simulated(100)
    x = np.c_[a, b]
    one, same, other = (next(impute(x, seed=seed)) for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_the_same_answers_twice_are_no_obstacle():
    a, _, b = simulated(300)
    drawn = next(impute(np.c_[a, a, b], m=1))
    assert np.isfinite(drawn).all()


def test_a_column_without_answers():
    with pytest.raises(MethodError, match="Column 1 has no value"):
        next(impute(np.c_[np.ones(5), np.full(5, np.nan)]))
