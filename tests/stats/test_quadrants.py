"""Quarters of a plane.

Reference: Martilla and James (1977), 14 attributes of an automobile dealer's service as tabulated there (K2): the
quarter "concentrate here" holds attributes 1, 2, 9 with lines at the means and 1, 2, 4 with lines at the medians.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from svcq_lib.stats import quadrants

IMPORTANCE = np.array([3.83, 3.63, 3.60, 3.56, 3.41, 3.41, 3.38, 3.37, 3.29, 3.27, 2.52, 2.43, 2.37, 2.05])
PERFORMANCE = np.array([2.63, 2.73, 3.15, 3.00, 3.05, 3.29, 3.03, 3.11, 2.00, 3.02, 2.25, 2.49, 2.35, 3.33])


def upper_left(codes) -> list[int]:
    return (np.flatnonzero(codes == 0) + 1).tolist()


def test_the_lines_of_martilla_and_james():
    assert (IMPORTANCE.mean(), PERFORMANCE.mean()) == pytest.approx((3.1514, 2.8164), abs=5e-5)
    assert (np.median(IMPORTANCE), np.median(PERFORMANCE)) == pytest.approx((3.375, 3.010))


def test_concentrate_here_of_martilla_and_james_depends_on_the_lines():
    means = quadrants.by_lines(PERFORMANCE, IMPORTANCE, PERFORMANCE.mean(), IMPORTANCE.mean())
    medians = quadrants.by_lines(PERFORMANCE, IMPORTANCE, np.median(PERFORMANCE), np.median(IMPORTANCE))
    assert upper_left(means) == [1, 2, 9]
    assert upper_left(medians) == [1, 2, 4]


def test_diagonal_by_hand():
    # z_x = (−1, 0, 1)·√1.5, z_y = (−1, 1, 0)·√1.5: only the second lies above; the first is on the line
    codes = quadrants.by_diagonal([1.0, 2.0, 3.0], [10.0, 30.0, 20.0])
    assert codes.tolist() == [2, 0, 1]


def test_the_diagonal_adds_to_the_upper_left_quarter():
    means = quadrants.by_lines(PERFORMANCE, IMPORTANCE, PERFORMANCE.mean(), IMPORTANCE.mean())
    diagonal = quadrants.by_diagonal(PERFORMANCE, IMPORTANCE)
    assert set(upper_left(means)) <= set(upper_left(diagonal))
    below = diagonal != 0
    np.testing.assert_array_equal(diagonal[below], means[below])


numbers = st.lists(st.integers(-1000, 1000).map(float), min_size=4, max_size=4)


@settings(max_examples=60, deadline=None)
@given(numbers, numbers, st.sampled_from([0.5, 2.0, 8.0]), st.integers(-5, 5))
def test_rescaling_an_axis_moves_no_point(x, y, factor, shift):
    x, y = np.array(x), np.array(y)
    np.testing.assert_array_equal(quadrants.by_diagonal(x, y), quadrants.by_diagonal(x, y * factor))
    moved = quadrants.by_lines(x, y * factor + shift, x.mean(), (y * factor + shift).mean())
    apart = np.abs(y - y.mean()) > 1e-6  # a point on the line may round to either side
    np.testing.assert_array_equal(moved[apart], quadrants.by_lines(x, y, x.mean(), y.mean())[apart])


def test_replicates_are_counted_by_quarter():
    codes = np.array([[0, 3], [0, -1], [1, 3], [0, 3]])
    np.testing.assert_allclose(quadrants.shares(codes), [[0.75, 0.25, 0, 0], [0, 0, 0, 1]])


def test_a_point_without_replicates_has_no_share():
    assert np.isnan(quadrants.shares(np.full((3, 1), -1))).all()


def test_an_undefined_coordinate_has_no_quarter():
    assert quadrants.by_lines([1.0, np.nan], [1.0, 1.0], 0, 0).tolist() == [1, -1]
    assert quadrants.by_diagonal([1.0, 2.0], [np.nan, 1.0]).tolist() == [-1, -1]


def test_one_line_per_replicate():
    x, y = np.array([[1.0, 3.0], [1.0, 3.0]]), np.array([[1.0, 1.0], [1.0, 1.0]])
    codes = quadrants.by_lines(x, y, np.array([2.0, 0.0]), np.array([0.0, 2.0]))
    assert codes.tolist() == [[0, 1], [3, 3]]


def test_rank_correlation_against_scipy():
    ranks = stats.spearmanr(IMPORTANCE, PERFORMANCE).statistic  # two attributes share an importance of 3.41
    assert quadrants.rank_correlation(IMPORTANCE, PERFORMANCE) == pytest.approx(ranks, abs=1e-12)
    both = quadrants.rank_correlation(np.stack([IMPORTANCE] * 2), np.stack([PERFORMANCE, -PERFORMANCE]))
    np.testing.assert_allclose(both, [ranks, -ranks])


def test_equal_points_have_no_rank_correlation():
    assert np.isnan(quadrants.rank_correlation([1.0, 1.0], [1.0, 2.0]))
