"""Differences of correlated estimates: the independent case is tested with the analyses that use it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from svcq_lib.stats import comparison, intervals


def test_miles_per_gallon_by_gearbox(real_data):  # welch_mtcars: R 4.2.2 t.test(mpg ~ am), 1e-9
    cars = pd.read_csv(real_data / "r_datasets" / "mtcars.csv")
    parts = [(one.mean(), one.sem(), len(one)) for _, one in cars.groupby("am")["mpg"]]
    found = comparison.welch(*parts[0], *parts[1])
    got = [float(one) for one in (found.statistic, found.p_value, found.conf_low, found.conf_high)]
    expected = [-3.76712314514493, 0.00137363833307103, -11.2801943550402, -3.20968418746996]
    assert got == pytest.approx(expected, rel=1e-9)


def test_shares_are_tested_as_by_r():  # prop2: R 4.2.2 prop.test, 42 of 60 and 60 of 110
    limits = [tuple(float(one) for one in intervals.wilson(*one)) for one in ((0.7, 60), (60 / 110, 110))]
    found = comparison.shares(0.7, limits[0], 60, 60 / 110, limits[1], 110)
    assert float(found.statistic) ** 2 == pytest.approx(3.86363636363636, rel=1e-12)
    assert float(found.p_value) == pytest.approx(0.0493432754704705, rel=1e-9)


def test_a_correlation_makes_the_paired_test():
    # the error of a mean difference is that of the pairs once the correlation is known; df is capped at n − 1
    rng = np.random.default_rng(1)
    x = rng.normal(size=30)
    y = x + 0.3 * rng.normal(size=30)
    parts = [(one.mean(), stats.sem(one), 30) for one in (x, y)]
    found = comparison.welch(*parts[0], *parts[1], correlation=np.corrcoef(x, y)[0, 1], df_most=29)
    paired = stats.ttest_rel(x, y)  # scipy
    assert float(found.statistic) == pytest.approx(paired.statistic)
    assert float(found.p_value) == pytest.approx(paired.pvalue)
    assert (float(found.conf_low), float(found.conf_high)) == pytest.approx(
        tuple(paired.confidence_interval())
    )


def test_shares_without_a_correlation_are_newcombes():  # N5: Newcombe (1998), 56/70 against 48/80, .0524 to .3339
    limits = [tuple(float(one) for one in intervals.wilson(p, n)) for p, n in ((0.8, 70), (0.6, 80))]
    found = comparison.shares(0.8, limits[0], 70, 0.6, limits[1], 80)
    assert (float(found.conf_low), float(found.conf_high)) == pytest.approx((0.0524, 0.3339), abs=5.1e-5)
    table = stats.chi2_contingency([[56, 14], [48, 32]], correction=False)  # scipy
    assert float(found.p_value) == pytest.approx(table.pvalue)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 500), st.integers(1, 500))
def test_a_difference_of_shares_turns_round_with_its_samples(p1, p2, n1, n2):
    one, other = ((p, intervals.wilson(p, n), n) for p, n in ((p1, n1), (p2, n2)))
    found, back = comparison.shares(*one, *other), comparison.shares(*other, *one)
    assert float(found.conf_low) == pytest.approx(-float(back.conf_high), abs=1e-12)
    assert float(found.conf_high) == pytest.approx(-float(back.conf_low), abs=1e-12)
    assert -1 - 1e-12 <= found.conf_low <= p1 - p2 + 1e-12


def test_shares_that_go_together_differ_more_surely():
    limits = [tuple(float(one) for one in intervals.wilson(p, 100)) for p in (0.6, 0.5)]
    widths, p_values = [], []
    for correlation in (-0.5, 0.0, 0.5, 1.0):
        found = comparison.shares(0.6, limits[0], 100, 0.5, limits[1], 100, correlation=correlation)
        widths.append(float(found.conf_high - found.conf_low))
        p_values.append(float(found.p_value))
    assert widths == sorted(widths, reverse=True)
    assert p_values[:3] == sorted(p_values[:3], reverse=True)
    assert np.isnan(p_values[3])  # nothing is left to vary


def test_shares_from_their_limits_have_newcombe_s_interval():  # 42 of 60 and 60 of 110, Wilson limits
    limits = [tuple(float(one) for one in intervals.wilson(*one)) for one in ((0.7, 60), (60 / 110, 110))]
    known = comparison.shares(0.7, limits[0], 60, 60 / 110, limits[1], 110)
    found = comparison.from_limits(0.7, limits[0], 60 / 110, limits[1])
    assert (float(found.conf_low), float(found.conf_high)) == pytest.approx(
        (float(known.conf_low), float(known.conf_high)), rel=1e-12
    )


def test_normal_limits_give_the_plain_test():
    ends = [tuple(float(one) for one in intervals.normal_interval(*one)) for one in ((5.0, 0.2), (4.4, 0.15))]
    found = comparison.from_limits(5.0, ends[0], 4.4, ends[1])
    assert float(found.std_error) == pytest.approx(0.25)
    assert float(found.p_value) == pytest.approx(2 * stats.norm.sf(0.6 / 0.25))
    assert (float(found.conf_low), float(found.conf_high)) == pytest.approx(
        stats.norm.interval(0.95, 0.6, 0.25)
    )


@given(
    st.tuples(*[st.floats(-5, 5)] * 2), st.tuples(*[st.floats(0.01, 3)] * 4), st.sampled_from([0.8, 0.95, 0.99])
)  # fmt: skip
def test_the_test_agrees_with_the_interval(estimates, arms, level):
    (one, other), (a, b, c, d) = estimates, arms
    found = comparison.from_limits(one, (one - a, one + b), other, (other - c, other + d), level)
    outside = found.conf_low > 0 or found.conf_high < 0
    if abs(found.p_value - (1 - level)) > 1e-9:
        assert (found.p_value < 1 - level) == outside
    turned = comparison.from_limits(other, (other - c, other + d), one, (one - a, one + b), level)
    assert float(turned.conf_low) == pytest.approx(-float(found.conf_high))
    if one != other:
        assert float(turned.p_value) == pytest.approx(float(found.p_value))


def test_without_width_or_limits_nothing_is_tested():
    nan = float("nan")
    found = comparison.from_limits([5.0, 5.0], ([5.0, nan], [5.0, nan]), [4.0, 4.0], ([3.0, 3.0], [4.5, 4.5]))
    assert np.isnan(found.p_value).all()
    assert np.isnan(found.conf_low).all()
    assert found.difference.tolist() == [1.0, 1.0]
