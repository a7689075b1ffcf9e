"""SERVQUAL gaps. References: R 4.2.2 t.test(paired = TRUE) (1e-9); ACSI gaps from the data set's README."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import DataError
from svcq_lib.measures import servqual
from svcq_lib.stats.intervals import t_interval, t_p_value

NAN = np.nan


def answers(seed, n=30, k=4, share=0.2):
    rng = np.random.default_rng(seed)
    both = rng.integers(1, 8, size=(2, n, k)).astype(float)
    both[rng.random(both.shape) < share] = NAN
    return both


# hand-computed


def test_item_gap_is_paired():
    gap = servqual.item_gap([7, 6, 5, NAN], [5, 6, NAN, 1])
    assert float(gap.estimate) == -1.0
    assert float(gap.n) == 2
    assert float(gap.variance) == pytest.approx(1.0)
    assert float(servqual.item_gap([7, 6], [5, 6], weights=[1, 3]).estimate) == -0.5


def test_dimension_gap_weighs_respondents_alike():
    gap = servqual.dimension_gap([[7, 7], [6, NAN], [NAN, 5]], [[5, 6], [6, 2], [1, NAN]])
    assert float(gap.estimate) == pytest.approx((-1.5 + 0) / 2)
    assert float(gap.n) == 2


def test_scores_of_service_quality():
    gaps = [[-1.0, -2.0], [0.0, NAN]]
    np.testing.assert_allclose(servqual.overall_gap(gaps), [-1.5, NAN])
    np.testing.assert_allclose(servqual.weighted_gap(gaps, [[60, 40], [50, 50]]), [-1.4, NAN])
    np.testing.assert_allclose(servqual.weighted_gap([-1.0, -2.0], [[60, 40], [0, 0]]), [-1.4, NAN])


def test_reliability_of_a_difference():
    # equal spreads and reliabilities: (rho - r) / (1 - r)
    assert float(servqual.difference_score_reliability(2, 0.9, 2, 0.9, 0.8)) == pytest.approx(0.5)
    assert np.isnan(servqual.difference_score_reliability(1, 0.9, 1, 0.9, 1.0))


# reference values


def test_attitude_gap(real_data):  # paired_t_attitude_gap
    attitude = pd.read_csv(real_data / "psychometric_ref" / "attitude.csv")
    gap = servqual.item_gap(attitude["complaints"], attitude["rating"])
    t = gap.estimate / np.sqrt(gap.variance)
    assert float(gap.estimate) == pytest.approx(-1.96666666666667, abs=1e-9)
    assert float(t) == pytest.approx(-1.41569385269414, abs=1e-9)
    assert float(t_p_value(t, gap.df)) == pytest.approx(0.167515934242479, abs=1e-9)
    assert float(servqual.effect_size_dz(gap.estimate, gap.std_dev)) == pytest.approx(
        -0.258469152547325, abs=1e-9
    )
    limits = [float(one) for one in t_interval(gap.estimate, np.sqrt(gap.variance), gap.df)]
    assert limits == pytest.approx([-4.80787767793606, 0.874544344602729], abs=1e-9)


def test_acsi_gaps(real_data):
    acsi = pd.read_csv(real_data / "acsi" / "acsi_2015_raw.csv")
    expectation, perception = (
        acsi[[f"{name}{end}" for name in ("OVERALL", "CUSTOM", "WRONG")]].apply(
            pd.to_numeric, errors="coerce"
        )
        for end in "XQ"
    )
    kept = [one.where((one >= 1) & (one <= 10)) for one in (expectation, perception)]
    gaps = servqual.item_gap(*(one.to_numpy(dtype=float) for one in kept))
    np.testing.assert_allclose(gaps.estimate, [-0.1687, -0.2002, 0.0464], atol=5.1e-5)


# invariants


@given(st.integers(0, 1000))
def test_item_gap_is_the_one_sample_t_of_differences(seed):
    expectation, perception = answers(seed)
    gap = servqual.item_gap(expectation, perception)
    for j in range(expectation.shape[1]):
        d = (perception - expectation)[:, j]
        d = d[np.isfinite(d)]
        assert float(gap.estimate[j]) == pytest.approx(d.mean(), abs=1e-12)
        assert float(gap.variance[j]) == pytest.approx(d.var(ddof=1) / d.size, abs=1e-12)


@given(st.integers(0, 1000), st.floats(-3, 3))
def test_moving_perception_moves_the_gap(seed, shift):
    expectation, perception = answers(seed)
    before, after = (servqual.dimension_gap(expectation, one) for one in (perception, perception + shift))
    assert float(after.estimate) == pytest.approx(float(before.estimate) + shift, abs=1e-9)
    assert float(after.variance) == pytest.approx(float(before.variance), abs=1e-9)


@given(st.lists(st.floats(-6, 0), min_size=5, max_size=5), st.floats(1, 100))
def test_equal_points_give_the_unweighted_score(gaps, points):
    weighted = servqual.weighted_gap(gaps, [points] * 5)
    assert float(weighted) == pytest.approx(float(servqual.overall_gap(gaps)), abs=1e-9)


@given(st.integers(0, 1000))
def test_complete_answers_let_means_commute(seed):
    expectation, perception = answers(seed, share=0.0)
    items = servqual.item_gap(expectation, perception)
    assert float(servqual.dimension_gap(expectation, perception).estimate) == pytest.approx(
        items.estimate.mean()
    )


# simulated truth


def test_difference_scores_are_as_unreliable_as_the_formula_says():
    rng = np.random.default_rng(4)
    true = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], size=100_000)
    first, second = (true + 0.5 * rng.normal(size=true.shape) for _ in range(2))
    retest = np.corrcoef(first[:, 0] - first[:, 1], second[:, 0] - second[:, 1])[0, 1]
    sd = np.sqrt(1.25)
    assert float(servqual.difference_score_reliability(sd, 0.8, sd, 0.8, 0.7 / 1.25)) == pytest.approx(
        retest, abs=0.01
    )


# edges and errors


def test_no_pair_gives_nan():
    gap = servqual.item_gap([NAN, 3], [2, NAN])
    assert np.isnan(gap.estimate)
    assert float(gap.n) == 0
    assert np.isnan(servqual.respondent_gap([[NAN, 3]], [[2, NAN]])).all()


def test_equal_gaps_have_no_effect_size():
    gap = servqual.item_gap([5, 6, 7], [4, 5, 6])
    assert float(gap.variance) == 0.0
    assert np.isnan(servqual.effect_size_dz(gap.estimate, gap.std_dev))


def test_other_shapes_are_refused():
    with pytest.raises(DataError, match=r"\(2,\) and \(3,\)"):
        servqual.item_gap([1, 2], [1, 2, 3])


def test_negative_points_are_refused():
    with pytest.raises(DataError, match="found -5"):
        servqual.weighted_gap([-1.0, -1.0], [105, -5])
