"""Adjusted p-values. Reference: R 4.2.2 p.adjust (1e-12)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import ParameterError
from svcq_lib.stats.multiplicity import adjust

METHODS = ("holm", "bh", "by")
P = [
    0.001, 0.008, 0.012, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269, 0.275,
    0.34, 0.341, 0.384, 0.569, 0.594, 0.696, 0.762, 0.94, 0.942, 0.975,
]  # fmt: skip
HOLM = [0.025, 0.192, 0.276, 0.858, 0.861, 0.861, *[1.0] * 19]
BH = [
    0.025, 0.1, 0.1, 0.175, 0.175, 0.175, 0.214285714285714, 0.23125, *[0.458333333333333] * 7,
    0.501470588235294, 0.501470588235294, 0.533333333333333,
    0.7425, 0.7425, 0.828571428571429, 0.865909090909091, *[0.975] * 3,
]  # fmt: skip
BY = [
    0.0953989544438377, 0.381595817775351, 0.381595817775351, *[0.667792681106864] * 3, 0.817705323804323,
    0.882440328605498, *[1.0] * 17,
]  # fmt: skip


def test_hand_case():
    np.testing.assert_allclose(adjust([0.04, 0.01, 0.03], "holm"), [0.06, 0.03, 0.06])
    np.testing.assert_allclose(adjust([0.04, 0.01, 0.03], "bh"), [0.04, 0.03, 0.04])


@pytest.mark.parametrize(("method", "expected"), [("holm", HOLM), ("bh", BH), ("by", BY), ("none", P)])
def test_r_p_adjust(method, expected):  # padjust
    np.testing.assert_allclose(adjust(P, method), expected, atol=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.sampled_from(METHODS), st.randoms())
def test_order_does_not_matter_and_adjusting_never_lowers(p, method, random):
    p = np.array(p)
    order = list(range(len(p)))
    random.shuffle(order)
    np.testing.assert_allclose(adjust(p[order], method), adjust(p, method)[order])
    assert (adjust(p, method) >= p - 1e-15).all()
    assert (adjust(p, method) <= 1).all()
    assert (np.diff(adjust(np.sort(p), method)) >= -1e-15).all()


def test_false_findings_stay_at_their_level():
    rng = np.random.default_rng(2)
    any_finding = np.mean([(adjust(rng.random(10), "holm") < 0.05).any() for _ in range(4000)])
    assert 0.035 < any_finding < 0.065


@pytest.mark.parametrize("method", METHODS)
def test_nan_is_not_a_test(method):
    found = adjust([0.01, np.nan, 0.03], method)
    assert np.isnan(found[1])
    np.testing.assert_allclose(found[[0, 2]], adjust([0.01, 0.03], method))
    assert adjust([], method).size == 0
    assert np.isnan(adjust([np.nan], method)).all()


def test_unknown_method_names_the_choices():
    with pytest.raises(ParameterError, match=r"'bonferroni'\. Choose one of holm, bh, by, none"):
        adjust([0.5], "bonferroni")
