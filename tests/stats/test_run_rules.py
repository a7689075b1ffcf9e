"""Run rules against the vectors of qcc's own tests (centre 0, standard deviation 1, points counted from 1)."""

import numpy as np
import pytest

from svcq_lib.stats.run_rules import RULES, run_rule, signals

SAWTOOTH = [0.5 if i % 2 else -0.5 for i in range(15)]
OUTSIDE = [1.2, -1.3, 1.4, -1.1, 1.2, -1.3, 1.1, -1.2]


@pytest.mark.parametrize(
    ("rules", "number", "z", "flagged"),
    [
        ("western_electric", 2, [0, 2.5, 1, 2.6, 0], [4]),
        ("western_electric", 3, [0, 1.2, 1.3, 0.2, 1.4, 1.5], [6]),
        ("western_electric", 4, [-1] * 8 + [1], [8]),
        ("nelson", 2, [0.5] * 10 + [-0.5] + [-0.5] * 9, [9, 10, 19, 20]),
        ("nelson", 3, [1, 2, 3, 4, 5, 6, 7, 7, 6, 5, 4, 3, 2, 1], [6, 7, 13, 14]),
        ("nelson", 4, SAWTOOTH, [14, 15]),
        ("nelson", 5, [0, 2.3, 0.4, 2.2, -2.4, -0.2, -2.5], [4, 7]),
        ("nelson", 7, [0.3] * 16 + [1.2], [15, 16]),
        ("nelson", 8, OUTSIDE, [8]),
    ],
)
def test_rules_flag_what_qcc_flags(rules, number, z, flagged):
    assert (np.flatnonzero(run_rule(z, rules, number)) + 1).tolist() == flagged


@pytest.mark.parametrize("rules", RULES)
def test_a_point_outside_is_rule_one_whatever_else_it_is(rules):
    assert signals([0.1, -0.2, 3.5, 0.1], rules).tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize("rules", RULES)
def test_rules_are_even_handed(rules):
    z = np.random.default_rng(5).normal(size=200) + np.repeat([0, 1.5, 0, -1.5], 50)
    assert (signals(z, rules) == signals(-z, rules)).all()
    assert signals(z, rules).any()


def test_common_cause_is_seldom_a_signal():
    z = np.random.default_rng(7).normal(size=20_000)
    assert (run_rule(z, "nelson", 1)).mean() == pytest.approx(0.0027, abs=0.0012)
