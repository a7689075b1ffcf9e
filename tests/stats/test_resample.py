"""Bootstrap by blocks, held to known variances."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import MethodError
from svcq_lib.stats.resample import block_weights, replicate_sums


def test_two_blocks():
    weights = block_weights(2, 50, seed=0)
    assert {tuple(row) for row in weights.tolist()} == {(0.0, 2.0), (2.0, 0.0)}


def test_replicate_sums_by_hand():
    sums = replicate_sums(np.array([[1.0, 1.0], [2.0, 0.0]]), [[[1, 2]], [[3, 4]]])
    assert sums.tolist() == [[[4, 6]], [[2, 4]]]


@given(st.integers(0, 100), st.lists(st.integers(0, 3), min_size=2, max_size=20))
def test_every_stratum_keeps_its_size(seed, codes):
    strata = np.array(codes + codes)
    weights = block_weights(len(strata), 20, seed, strata)
    for stratum in np.unique(strata):
        inside = strata == stratum
        np.testing.assert_allclose(weights[:, inside].sum(axis=1), inside.sum())


def test_the_same_seed_gives_the_same_table():
    assert (block_weights(30, 5, seed=4) == block_weights(30, 5, seed=4)).all()
    assert (block_weights(30, 5, seed=4) != block_weights(30, 5, seed=5)).any()


def test_variance_of_a_mean_is_s2_over_n():
    x = np.random.default_rng(0).normal(size=12)
    means = replicate_sums(block_weights(12, 40_000, seed=1), x) / 12
    assert means.var() == pytest.approx(x.var(ddof=1) / 12, rel=0.04)


def test_variance_of_a_stratified_total():
    x = np.array([1.0, 5.0, 2.0, 10.0, 30.0, 20.0, 26.0])
    strata = [0, 0, 0, 1, 1, 1, 1]
    totals = replicate_sums(block_weights(7, 40_000, seed=1, strata=strata), x)
    assert totals.var() == pytest.approx(3 * x[:3].var(ddof=1) + 4 * x[3:].var(ddof=1), rel=0.04)


def test_fractions_shrink_the_variance_of_a_stratified_total():
    x = np.array([1.0, 5.0, 2.0, 10.0, 30.0, 20.0, 26.0])
    fraction = np.array([0.75] * 3 + [0.2] * 4)
    weights = block_weights(7, 40_000, seed=1, strata=[0, 0, 0, 1, 1, 1, 1], fraction=fraction)
    expected = 0.25 * 3 * x[:3].var(ddof=1) + 0.8 * 4 * x[3:].var(ddof=1)
    assert replicate_sums(weights, x).var() == pytest.approx(expected, rel=0.04)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights[:, :3].sum(axis=1), 3)


def test_the_whole_population_does_not_vary():
    assert (block_weights(4, 5, seed=1, fraction=np.ones(4)) == 1).all()


def test_the_bootstrap_gives_the_error_of_a_stratified_mean(real_data):
    # R: survey 4.1-1, svymean(~api00) of apistrat with strata, weights and fpc
    frame = pd.read_csv(real_data / "psychometric_ref" / "apistrat.csv")
    fraction = frame.groupby("stype")["fpc"].transform("size") / frame["fpc"]
    weights = block_weights(len(frame), 20_000, seed=2, strata=frame["stype"], fraction=fraction)
    sums = replicate_sums(weights, np.c_[frame["pw"], frame["pw"] * frame["api00"]])
    assert (sums[:, 1] / sums[:, 0]).std() == pytest.approx(9.40894080278458, rel=0.02)  # svy_strat_mean


@pytest.mark.parametrize("fraction", [[0.1, 0.2], [0.1, 0.2, 1.2], [0.1, -0.1, 0.2]])
def test_fractions_that_cannot_be_are_refused(fraction):
    with pytest.raises(MethodError, match="from 0 to 1 for each of 3 blocks"):
        block_weights(3, 10, 0, fraction=fraction)


def test_a_single_block_is_refused():
    with pytest.raises(MethodError, match=r"strata \[1\] have one"):
        block_weights(3, 10, 0, [0, 0, 1])
    with pytest.raises(MethodError, match="two blocks"):
        block_weights(1, 10, 0)


def test_strata_of_another_length_are_refused():
    with pytest.raises(MethodError, match="each of 3 blocks"):
        block_weights(3, 10, 0, [0, 0])
