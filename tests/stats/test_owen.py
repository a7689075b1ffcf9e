"""Owen values and shares of groups.

Reference: R 4.2.2, relaimpo 2.2-7, ``calc.relimp(groups = )`` on swiss (6 digits); no answer is missing there.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import MethodError
from svcq_lib.stats import owen, relimp


def correlations(p, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60 + p, p)) + rng.normal(size=(60 + p, 1))
    C = np.corrcoef(np.c_[x @ rng.normal(size=p) + rng.normal(size=60 + p), x].T)
    return C[1:, 1:], C[1:, 0]


def by_orders(R, r, groups):
    """Owen values by their definition: the mean over all orders that keep groups together."""

    def fit(subset):
        s = list(subset)
        return r[s] @ np.linalg.solve(R[np.ix_(s, s)], r[s]) if s else 0.0

    values, orders = np.zeros(len(r)), 0
    for blocks in itertools.permutations(groups):
        for order in itertools.product(*(itertools.permutations(one) for one in blocks)):
            orders += 1
            seen: list[int] = []
            for one in itertools.chain(*order):
                values[one] += fit([*seen, one]) - fit(seen)
                seen.append(one)
    return values / orders


def test_hand_case():
    # x1, x2 uncorrelated with x3: the group {1, 2} keeps what it explains, its members share it half and half
    R = np.array([[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1.0]])
    r = np.array([0.6, 0.6, 0.5])
    assert owen.group_shares(R[None], r[None], [[0, 1], [2]])[0] == pytest.approx([0.48, 0.25])
    assert owen.owen(R, r, [[0, 1], [2]]) == pytest.approx([0.24, 0.24, 0.25])


def test_groups_of_swiss(real_data):  # D4
    frame = pd.read_csv(real_data / "psychometric_ref" / "swiss.csv")
    names = ["Education", "Examination", "Agriculture", "Catholic", "Infant.Mortality"]
    C = frame[["Fertility", *names]].corr().to_numpy()
    found = owen.group_shares(C[None, 1:, 1:], C[None, 1:, 0], [[0, 1], [2], [3], [4]])[0]
    assert found == pytest.approx([0.398179, 0.073847, 0.115738, 0.118972], abs=5.1e-7)
    members = owen.owen(C[1:, 1:], C[1:, 0], [[0, 1], [2], [3], [4]])
    assert members[:2].sum() == pytest.approx(0.398179, abs=1e-6)
    assert members[2:] == pytest.approx(found[1:])


@pytest.mark.parametrize("groups", [[[0, 3], [1], [2, 4]], [[4, 2, 0], [3, 1]], [[0], [1, 2, 3, 4]]])
def test_values_are_the_means_over_orders(groups):
    R, r = correlations(5, 1)
    assert owen.owen(R, r, groups) == pytest.approx(by_orders(R, r, groups))


@given(st.integers(2, 9), st.integers(0, 10_000), st.data())
def test_values_add_up_to_their_group_and_to_all(p, seed, data):
    R, r = correlations(p, seed)
    label = data.draw(st.lists(st.integers(0, 3), min_size=p, max_size=p))
    groups = [[i for i in range(p) if label[i] == one] for one in sorted(set(label))]
    values, shares = owen.owen(R, r, groups), owen.group_shares(R[None], r[None], groups)[0]
    assert [values[one].sum() for one in groups] == pytest.approx(shares)
    assert values.sum() == pytest.approx(float(relimp.r_squared(R, r)))


def test_groups_of_one_and_one_group_are_shapley_values():
    R, r = correlations(6, 2)
    expected = pytest.approx(relimp.lmg(R, r))
    assert owen.owen(R, r, [[i] for i in range(6)]) == expected
    assert owen.owen(R, r, [list(range(6))]) == expected
    assert owen.group_shares(R[None], r[None], [[i] for i in range(6)])[0] == expected


def test_unions_of_groups_are_regressions():
    R, r = correlations(5, 3)
    groups = [[1, 4], [0], [2, 3]]
    found = owen.group_r_squared(R[None], r[None], groups)[:, 0]
    for chosen in range(8):
        s = [one for k in range(3) if chosen >> k & 1 for one in groups[k]]
        assert found[chosen] == pytest.approx(r[s] @ np.linalg.solve(R[np.ix_(s, s)], r[s]) if s else 0.0)


def test_twenty_two_predictors_in_five_groups_are_exact():
    R, r = correlations(22, 4)
    groups = [list(range(4)), list(range(4, 9)), list(range(9, 13)), list(range(13, 17)), list(range(17, 22))]
    values = owen.owen(R, r, groups)
    union = owen.group_r_squared(R[None], r[None], groups)[:, 0]
    by_hand = sum(
        math.factorial(h) * math.factorial(4 - h) / math.factorial(5) * (union[S | 1] - union[S])
        for S in range(32) if not S & 1 for h in [S.bit_count()]
    )  # fmt: skip
    assert values[:4].sum() == pytest.approx(by_hand)
    assert values.sum() == pytest.approx(float(relimp.r_squared(R, r)))


def test_improper_replicates_become_nan():
    R, r = correlations(3)
    bad = np.array([R, np.ones((3, 3)), np.full((3, 3), np.nan)])
    found = owen.group_shares(bad, np.array([r, r, r]), [[0, 1], [2]])
    assert np.isfinite(found).all(axis=1).tolist() == [True, False, False]


def test_errors():
    R, r = correlations(4)
    with pytest.raises(MethodError, match="each of 4 predictors once"):
        owen.owen(R, r, [[0, 1], [2]])
    with pytest.raises(MethodError, match="each of 4 predictors once"):
        owen.group_shares(R[None], r[None], [[0, 1], [1, 2, 3]])
    with pytest.raises(MethodError, match="up to 12 groups; 13"):
        owen.group_shares(np.eye(13)[None], np.full((1, 13), 0.1), [[i] for i in range(13)])
    with pytest.raises(MethodError, match="up to 16 members"):
        owen.owen(np.eye(18), np.full(18, 0.1), [list(range(17)), [17]])
