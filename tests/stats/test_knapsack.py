"""Choice under a budget against enumeration of every subset."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svcq_lib.stats.knapsack import choose


def worth(x, values, joint):
    return x @ values + sum(w * x[i] * x[j] for (i, j), w in joint.items())


def best(values, costs, budget, requires, excludes, joint):
    found = 0.0
    for one in product((0, 1), repeat=len(values)):
        x = np.array(one, dtype=float)
        fits = x @ costs <= budget + 1e-9
        fits &= all(x[i] <= x[j] for i, j in requires) and all(x[i] + x[j] <= 1 for i, j in excludes)
        found = max(found, worth(x, values, joint)) if fits else found
    return found


def test_hand_case():
    assert choose([6, 5, 5], [3, 2, 2], 4).tolist() == [False, True, True]


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_no_subset_is_better(seed):
    rng = np.random.default_rng(seed)
    values, costs = rng.normal(size=5), rng.uniform(0.1, 1, 5)
    budget, joint = (
        float(rng.uniform(0, costs.sum())),
        {(0, 1): float(rng.normal()), (2, 4): float(rng.normal())},
    )
    requires, excludes = [(3, 2)], [(0, 4)]
    chosen = choose(values, costs, budget, requires=requires, excludes=excludes, joint=joint)
    assert chosen @ costs <= budget + 1e-6
    assert chosen[2] or not chosen[3]
    assert not (chosen[0] and chosen[4])
    expected = best(values, costs, budget, requires, excludes, joint)
    assert worth(chosen.astype(float), values, joint) == pytest.approx(expected, abs=1e-6)


def test_rules_bind():
    assert choose([9, -1], [1, 1], 2, requires=[(0, 1)]).tolist() == [True, True]
    assert choose([9, -1], [1, 1], 1, requires=[(0, 1)]).tolist() == [False, False]
    assert choose([3, 2], [1, 1], 2, excludes=[(0, 1)]).tolist() == [True, False]
    assert choose([3, 2], [1, 1], 2, joint={(0, 1): -2.5}).tolist() == [True, False]


def test_edges():
    assert choose([], [], 1).tolist() == []
    assert not choose([-1, -2], [1, 1], 5).any()
    assert choose([1, 1], [0, 0], 0).all()
    assert not choose([1, 1], [1, 1], 0).any()
