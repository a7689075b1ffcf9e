"""Mix and performance. References: hand-computed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.stats import cellfit
from svcq_lib.stats.decomposition import kitagawa, oaxaca_blinder


def test_two_groups_by_hand():
    found = kitagawa([0.5, 0.5], [10, 20], [0.25, 0.75], [12, 20])
    # 15 → 18: mix 0.25·(20 − 11) = 2.25, performance 2·0.375 = 0.75
    assert found.mix.sum() == pytest.approx(2.25)
    assert found.performance.tolist() == pytest.approx([0.75, 0.0])


@given(st.integers(2, 8), st.integers(0, 10_000))
def test_the_parts_add_up_and_turn_round(levels, seed):
    rng = np.random.default_rng(seed)
    s1, s2 = rng.dirichlet(np.ones(levels)), rng.dirichlet(np.ones(levels))
    m1, m2 = rng.normal(5, 2, levels), rng.normal(5, 2, levels)
    found, back = kitagawa(s1, m1, s2, m2), kitagawa(s2, m2, s1, m1)
    assert found.mix.sum() + found.performance.sum() == pytest.approx(s2 @ m2 - s1 @ m1, abs=1e-9)
    assert found.mix == pytest.approx(-back.mix)
    assert found.performance == pytest.approx(-back.performance)


def test_a_saturated_regression_splits_as_kitagawa():
    rng = np.random.default_rng(1)
    s1, s2, m1, m2 = (
        rng.dirichlet(np.ones(4)),
        rng.dirichlet(np.ones(4)),
        rng.normal(size=4),
        rng.normal(size=4),
    )
    x = np.hstack([np.ones((4, 1)), cellfit.dummies(np.arange(4), 4, drop_first=True)])
    beta = [cellfit.fit(x, s, s * m) for s, m in ((s1, m1), (s2, m2))]
    found = oaxaca_blinder(s1 @ x, beta[0], s2 @ x, beta[1])
    split = kitagawa(s1, m1, s2, m2)
    assert found.mix == pytest.approx(split.mix.sum())
    assert found.performance == pytest.approx(split.performance.sum())


def test_a_group_that_is_new_counts_as_mix():
    found = kitagawa([1.0, 0.0], [4.0, np.nan], [0.5, 0.5], [4.0, 8.0])
    assert found.mix.sum() == pytest.approx(2.0)
    assert found.performance.sum() == pytest.approx(0.0)
