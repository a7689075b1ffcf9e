"""Cronbach's alpha.

References: R 4.2.2 closed forms and psych 2.2.9 (1e-9 for 15-digit values, 5e-8 for printed seven digits).
How missing answers are treated is named in every test that has any: the same statistic has two right answers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import DataError, ParameterError
from svcq_lib.measures import reliability
from svcq_lib.stats.matrices import cov_to_cor


@pytest.fixture(scope="module")
def attitude(real_data):
    return pd.read_csv(real_data / "psychometric_ref" / "attitude.csv").to_numpy(dtype=float)


@pytest.fixture(scope="module")
def agreeableness(real_data):
    bfi = pd.read_csv(real_data / "psychometric_ref" / "bfi.csv")
    return bfi[["A1", "A2", "A3", "A4", "A5"]].to_numpy(dtype=float)


def answers(seed, n=40, k=4, share=0.0):
    rng = np.random.default_rng(seed)
    x = np.clip(np.round(4 + rng.normal(size=(n, 1)) + rng.normal(size=(n, k))), 1, 7)
    x[rng.random(x.shape) < share] = np.nan
    return x


# hand-computed


def test_two_items_by_hand():
    # variances 5/3 and 19/12, covariance 3/2: 2 (1 - 3.25 / 6.25)
    assert reliability.cronbach_alpha([[1, 2], [2, 3], [3, 3], [4, 5]]) == pytest.approx(0.96)


def test_parallel_items_follow_spearman_brown():
    C = 4 * (0.3 * np.ones((6, 6)) + 0.7 * np.eye(6))
    assert reliability.cronbach_alpha_from_covariance(C) == pytest.approx(6 * 0.3 / (1 + 5 * 0.3))
    assert reliability.alpha_standardized(cov_to_cor(C)) == pytest.approx(6 * 0.3 / (1 + 5 * 0.3))


# reference values


def test_attitude(attitude):  # S6, alpha_attitude, alpha_attitude_psych; no missing answers
    C = reliability.item_covariance(attitude)
    alpha = reliability.cronbach_alpha_from_covariance(C)
    assert alpha == pytest.approx(0.84314276956476, abs=1e-9)
    assert reliability.alpha_standardized(cov_to_cor(C)) == pytest.approx(0.839083803029511, abs=1e-9)
    assert reliability.alpha_interval(alpha, 30, 7) == pytest.approx(
        (0.739375685643107, 0.915773072159982), abs=1e-9
    )
    assert cov_to_cor(C)[np.triu_indices(7, 1)].mean() == pytest.approx(0.426906642649717, abs=1e-12)


def test_attitude_items(attitude):  # alpha_attitude_drop, itemrest_attitude
    C = reliability.item_covariance(attitude)
    dropped = [
        0.809760206308921, 0.79691745727414, 0.827847765938659, 0.803030975022574,
        0.795386574198205, 0.863872311446437, 0.840464868265457,
    ]  # fmt: skip
    rest = [
        0.671262057223664, 0.742109710222239, 0.560711111480256, 0.714445498133676,
        0.7862755938344, 0.265034339196676, 0.460810549468496,
    ]  # fmt: skip
    np.testing.assert_allclose(reliability.alpha_if_dropped(C), dropped, atol=1e-9)
    np.testing.assert_allclose(reliability.item_rest_correlation(C), rest, atol=1e-9)


def test_guttman_bounds_of_attitude(attitude):  # splithalf_guttman6_attitude, alpha_attitude_psych (G6)
    C = reliability.item_covariance(attitude)
    assert reliability.guttman_lambda2(C) == pytest.approx(0.860272454217454, abs=1e-12)
    assert reliability.guttman_lambda6(np.corrcoef(attitude.T)) == pytest.approx(0.875215137360349, abs=1e-12)


# pingouin's documented examples: fifteen people on ten questions, and twelve pupils on eleven with answers missing
SCORES = """
357261426544564 243452345432553 465363545653655 135354335422245 456242571355323
514245226533321 123242125324213 453663242132442 356675463743463 255352352214554
"""
MARKED = """
11111111111 11111111010 .011.111100 11101101100 11111000100 01.01111000
11110010000 11111000000 01011000010 10010100.00 11100000000 10010000000
"""


def test_pingouin_scores():  # S10
    x = np.array([[float(one) for one in line] for line in SCORES.split()]).T
    alpha = reliability.cronbach_alpha(x)
    assert alpha == pytest.approx(0.5917188, abs=5.1e-8)
    assert reliability.alpha_interval(alpha, *x.shape) == pytest.approx((0.195, 0.840), abs=5.1e-4)


def test_pingouin_missing_answers():  # S10
    x = np.array([[np.nan if one == "." else float(one) for one in line] for line in MARKED.split()])
    pairwise = reliability.cronbach_alpha(x, missing="pairwise")
    assert pairwise == pytest.approx(0.7326608, abs=5.1e-8)
    assert reliability.alpha_interval(pairwise, 12, 11) == pytest.approx((0.435, 0.909), abs=5.1e-4)
    listwise = reliability.cronbach_alpha(x, missing="listwise")
    assert listwise == pytest.approx(0.801695, abs=5.1e-7)
    # pingouin's interval counts the three incomplete rows too; with the nine complete ones it is wider
    assert reliability.alpha_interval(listwise, 12, 11) == pytest.approx((0.581, 0.933), abs=5.1e-4)
    assert reliability.alpha_interval(listwise, 9, 11)[0] < 0.54


def test_bfi_pairwise(agreeableness):  # S5, alpha_bfi_A_pairwise
    C = reliability.item_covariance(agreeableness, missing="pairwise", reverse=[0])
    assert reliability.cronbach_alpha_from_covariance(C) == pytest.approx(0.703018446057304, abs=1e-9)
    np.testing.assert_allclose(
        reliability.alpha_if_dropped(C), [0.7185, 0.6172, 0.6003, 0.6858, 0.6430], atol=5.1e-5
    )
    np.testing.assert_allclose(
        reliability.item_rest_correlation(C), [0.3084, 0.5636, 0.5870, 0.3944, 0.4886], atol=5.1e-5
    )
    R = cov_to_cor(C)
    assert R[np.triu_indices(5, 1)].mean() == pytest.approx(0.3319677, abs=5.1e-8)
    assert reliability.alpha_standardized(R) == pytest.approx(0.7130286, abs=5.1e-8)


def test_bfi_listwise(agreeableness):  # alpha_bfi_A
    alpha = reliability.cronbach_alpha(agreeableness, missing="listwise", reverse=[0])
    assert alpha == pytest.approx(0.703755894374836, abs=1e-9)
    C = reliability.item_covariance(agreeableness, missing="listwise", reverse=[0])
    assert reliability.alpha_standardized(cov_to_cor(C)) == pytest.approx(0.713501552634643, abs=1e-9)


def test_holzinger_swineford(real_data):  # alpha_HS_x1_x9; no missing answers
    x = pd.read_csv(real_data / "psychometric_ref" / "HolzingerSwineford1939.csv")[
        [f"x{i}" for i in range(1, 10)]
    ]
    C = reliability.item_covariance(x)
    assert reliability.cronbach_alpha_from_covariance(C) == pytest.approx(0.760488595824792, abs=1e-9)
    assert reliability.alpha_standardized(cov_to_cor(C)) == pytest.approx(0.760402218998014, abs=1e-9)


# invariants


@given(st.integers(0, 1000), st.floats(-50, 50), st.floats(0.1, 10))
def test_origin_and_unit_of_the_scale_do_not_matter(seed, origin, unit):
    x = answers(seed)
    assert reliability.cronbach_alpha(origin + unit * x) == pytest.approx(
        reliability.cronbach_alpha(x), abs=1e-9
    )


@given(st.integers(0, 1000))
def test_complete_answers_have_one_alpha(seed):
    x = answers(seed)
    pairwise = reliability.cronbach_alpha(x, missing="pairwise")
    assert reliability.cronbach_alpha(x, missing="listwise") == pytest.approx(pairwise, abs=1e-12)
    k, total = x.shape[1], x.sum(axis=1)
    by_definition = k / (k - 1) * (1 - x.var(axis=0, ddof=1).sum() / total.var(ddof=1))
    assert pairwise == pytest.approx(by_definition, abs=1e-12)


@given(st.integers(0, 1000))
def test_missing_answers_pairwise_and_listwise_are_pandas(seed):
    x = answers(seed, share=0.2)
    frame = pd.DataFrame(x)
    np.testing.assert_allclose(reliability.item_covariance(x), frame.cov(), atol=1e-9)
    listwise = reliability.item_covariance(x, missing="listwise")
    np.testing.assert_allclose(listwise, frame.dropna().cov(), atol=1e-9)


@given(st.integers(0, 1000))
def test_reversing_twice_and_reversing_all_change_nothing(seed):
    x = answers(seed)
    alpha = reliability.cronbach_alpha(x)
    turned = np.c_[8 - x[:, :1], x[:, 1:]]
    assert reliability.cronbach_alpha(turned, reverse=[0]) == pytest.approx(alpha, abs=1e-12)
    assert reliability.cronbach_alpha(x, reverse=range(4)) == pytest.approx(alpha, abs=1e-12)


@given(st.integers(0, 1000))
def test_item_rest_is_the_correlation_with_the_sum_of_the_others(seed):
    x = answers(seed)
    found = reliability.item_rest_correlation(reliability.item_covariance(x))
    expected = [np.corrcoef(x[:, j], np.delete(x, j, axis=1).sum(axis=1))[0, 1] for j in range(4)]
    np.testing.assert_allclose(found, expected, atol=1e-9)


# simulated truth


def test_alpha_recovers_the_reliability_of_parallel_items_and_its_interval_covers():
    rng = np.random.default_rng(6)
    truth = 5 * 0.5 / (1 + 4 * 0.5)  # one common and one own unit of variance per item
    alphas = np.array([
        reliability.cronbach_alpha(rng.normal(size=(60, 1)) + rng.normal(size=(60, 5))) for _ in range(800)
    ])  # fmt: skip
    assert alphas.mean() == pytest.approx(truth, abs=0.01)
    limits = np.array([reliability.alpha_interval(alpha, 60, 5) for alpha in alphas])
    assert 0.93 < ((limits[:, 0] <= truth) & (limits[:, 1] >= truth)).mean() < 0.97


# edges and errors


def test_where_alpha_is_undefined_it_is_nan():
    assert np.isnan(reliability.cronbach_alpha([[1.0], [2.0]]))
    assert np.isnan(reliability.cronbach_alpha([[1.0, 2.0]]))
    assert np.isnan(reliability.cronbach_alpha([[3.0, 3.0], [3.0, 3.0]]))
    assert np.isnan(reliability.cronbach_alpha(np.full((5, 3), np.nan)))
    assert np.isnan(reliability.alpha_if_dropped(np.eye(2))).all()
    assert np.isnan(reliability.item_rest_correlation([[0.0, 0.0], [0.0, 1.0]])).all()


def test_errors_name_what_is_wrong():
    with pytest.raises(ParameterError, match="'pairwise' or 'listwise'; got 'mean'"):
        reliability.cronbach_alpha([[1, 2], [2, 3]], missing="mean")
    with pytest.raises(DataError, match=r"no item at position \[2\]; the table has 2 items"):
        reliability.cronbach_alpha([[1, 2], [2, 3]], reverse=[2])
    with pytest.raises(DataError, match=r"got shape \(3,\)"):
        reliability.cronbach_alpha([1, 2, 3])
    with pytest.raises(DataError, match="2 numbers of zero or more"):
        reliability.cronbach_alpha([[1, 2], [2, 3]], weights=[1, -1])
