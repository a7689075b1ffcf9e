"""Shares of noise, held to noise that was really appended to rows."""

from __future__ import annotations

import numpy as np
import pytest

from svcq_lib.errors import MethodError
from svcq_lib.stats import relimp
from svcq_lib.stats.noise import noise_shares


def rows(p, n=200, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) + rng.normal(size=(n, 1))
    return np.c_[x, x @ np.linspace(0.2, 1, p) + 2 * rng.normal(size=n)]


def split(C):
    return C[:-1, :-1], C[:-1, -1]


@pytest.mark.parametrize("method", ["lmg", "relative_weights"])
def test_shares_are_those_of_noise_appended_to_the_rows(method):
    data, rng = rows(4), np.random.default_rng(1)
    measure = getattr(relimp, method)
    appended = []
    for _ in range(1500):
        parts = measure(*split(np.corrcoef(np.c_[rng.normal(size=200), data].T)))
        appended.append(parts[0] / parts.sum())
    R, r = split(np.corrcoef(data.T))
    found = noise_shares(R, r, relimp.lmg(R, r), 200, method=method, n_draws=3000)
    assert found.mean() == pytest.approx(np.mean(appended), rel=0.1)
    assert np.quantile(found, 0.95) == pytest.approx(np.quantile(appended, 0.95), rel=0.15)


@pytest.mark.parametrize("p", [3, 16, 30])
def test_noise_fades_with_the_base(p):
    R, r = split(np.corrcoef(rows(p, n=500).T))
    shares = relimp.lmg(R, r) if p < 20 else np.full(p, float(relimp.r_squared(R, r)) / p)
    small, large = (noise_shares(R, r, shares, n, n_draws=60) for n in (200, 20_000))
    assert ((small >= 0) & (small < 1)).all()
    assert small.mean() / large.mean() == pytest.approx(100, rel=0.2)


def test_the_smallest_base_still_gives_shares():
    R, r = split(np.corrcoef(rows(3, n=30).T))
    found = noise_shares(R, r, relimp.lmg(R, r), 5, n_draws=50)
    assert np.isfinite(found).mean() > 0.9
    assert noise_shares(R, r, relimp.lmg(R, r), 5, n_draws=50).tolist() == found.tolist()


def test_an_improper_matrix_is_refused():
    with pytest.raises(MethodError):
        noise_shares(np.ones((2, 2)), [0.1, 0.1], [0.0, 0.0], 100)
