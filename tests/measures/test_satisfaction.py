"""Satisfaction measures. Hand-computed; no published table is needed for means and shares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import DataError, ParameterError
from svcq_lib.measures import answers, satisfaction

SCORES = st.lists(st.integers(1, 7), min_size=1, max_size=40)


def test_hand_case():
    scores = [5, 4, 4, 2, np.nan]
    assert satisfaction.mean_score(scores) == 3.75
    assert satisfaction.mean_score(scores, weights=[1, 0, 0, 1, 1]) == 3.5
    assert satisfaction.top_box(scores, 4) == 0.75
    assert satisfaction.top_box(scores, 4, weights=[1, 1, 0, 2, 9]) == 0.5
    assert float(satisfaction.index_100(3.75, 1, 5)) == 68.75
    assert satisfaction.median_from_tally(*answers.tally(scores)) == 4.0


def test_weighted_mean_mtcars(real_data):  # wmean_wvar_mtcars: R weighted.mean
    cars = pd.read_csv(real_data / "r_datasets" / "mtcars.csv")
    assert satisfaction.mean_score(cars["mpg"], weights=cars["qsec"]) == pytest.approx(
        20.3353613698438, rel=1e-12
    )


def test_sfo_2017(real_data):  # data set's own README: Q7ALL mean 4.0644, weighted 4.0712
    survey = pd.read_csv(real_data / "sfo" / "2017_SFO_Customer_Survey.csv", low_memory=False)
    scores = pd.to_numeric(survey["Q7ALL"], errors="coerce")
    assert satisfaction.mean_score(scores) == pytest.approx(4.0644, abs=5.1e-5)
    assert satisfaction.mean_score(scores, weights=survey["WEIGHT"]) == pytest.approx(4.0712, abs=5.1e-5)


@given(
    st.lists(st.integers(1, 10), min_size=3, max_size=3), st.lists(st.floats(0.05, 1), min_size=3, max_size=3)
)
def test_index_of_weighted_items_is_the_acsi_score(items, points):  # B18: 100 Σ w (x − 1) / 9, Σ w = 1
    w = np.array(points) / np.sum(points)
    expected = 100 * (w * (np.array(items) - 1)).sum() / 9
    assert float(satisfaction.index_100(w @ np.array(items), 1, 10)) == pytest.approx(expected, abs=1e-9)


@given(SCORES)
def test_tally_and_array_agree(scores):
    levels, counts = answers.tally(scores)
    assert satisfaction.median_from_tally(levels, counts) == np.median(scores)
    assert satisfaction.mean_score(scores) == pytest.approx((levels * counts).sum() / counts.sum())
    assert satisfaction.top_box(scores, 6) == pytest.approx(np.mean(np.array(scores) >= 6))


@given(SCORES, st.integers(1, 4))
def test_whole_weights_are_repeated_answers(scores, weight):
    weights = np.full(len(scores), weight)
    weights[0] += 1
    repeated = np.repeat(scores, weights)
    assert satisfaction.mean_score(scores, weights=weights) == pytest.approx(repeated.mean())
    assert satisfaction.top_box(scores, 5, weights=weights) == pytest.approx((repeated >= 5).mean())
    assert satisfaction.median_from_tally(*answers.tally(scores, weights)) == np.median(repeated)


@given(SCORES)
def test_index_is_the_mean_of_indexed_answers(scores):
    indexed = satisfaction.index_100(scores, 1, 7)
    assert ((indexed >= 0) & (indexed <= 100)).all()
    assert float(satisfaction.index_100(satisfaction.mean_score(scores), 1, 7)) == pytest.approx(
        indexed.mean()
    )


@pytest.mark.parametrize("scores", [[], [np.nan, np.nan]])
def test_no_answers_give_nan(scores):
    assert np.isnan(satisfaction.mean_score(scores))
    assert np.isnan(satisfaction.top_box(scores, 4))
    assert np.isnan(satisfaction.median_from_tally(*answers.tally(scores)))


def test_index_keeps_the_shape_and_the_gaps():
    np.testing.assert_allclose(satisfaction.index_100([[1, np.nan], [5, 3]], 1, 5), [[0, np.nan], [100, 50]])


def test_errors_say_what_was_found():
    with pytest.raises(ParameterError, match="from low to high; got 5 to 1"):
        satisfaction.index_100(3, 5, 1)
    with pytest.raises(DataError, match="cannot be negative; 1 of 2"):
        satisfaction.top_box([1, 2], 2, weights=[1, -1])
    with pytest.raises(DataError, match=r"\(2,\) and \(3,\)"):
        satisfaction.top_box([1, 2], 2, weights=[1, 1, 1])
