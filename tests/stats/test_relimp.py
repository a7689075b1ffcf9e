"""Relative importance.

References: D1-D3 R 4.2.2, relaimpo 2.2-7 (tolerance 1e-9 for 15-digit values, 5e-7 for printed six digits);
D6, D7 Azen and Budescu (2003) as tested by the R package dominanceAnalysis (printed to 3-5 digits);
D8 README of the R package rwa (7 digits). Data without missing answers.
"""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svcq_lib.errors import MethodError
from svcq_lib.stats import relimp
from svcq_lib.stats.matrices import correlation_from_moments

SUM_TO_R2 = (relimp.lmg, relimp.relative_weights, relimp.car, relimp.pratt)


def correlations(frame, weights=None):
    """R and r of a table whose first column is the outcome, from the sums a scan would give."""
    x = frame.to_numpy(dtype=float)
    x = x - x.mean(axis=0)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    ones = np.ones((x.shape[1], x.shape[1]))
    wx = (w[:, None] * x).sum(axis=0)[:, None] * ones
    wxx = (w[:, None] * x**2).sum(axis=0)[:, None] * ones
    C = correlation_from_moments(len(x) * ones, w.sum() * ones, wx, wxx, (w[:, None] * x).T @ x)
    return C[1:, 1:], C[1:, 0]


def random_correlations(seed, p, n=200, shared=1.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) + shared * rng.normal(size=(n, 1))
    y = x @ rng.normal(size=p) + rng.normal(size=n)
    C = np.corrcoef(np.c_[y, x].T)
    return C[1:, 1:], C[1:, 0]


def lmg_by_definition(R, r):
    """The mean over all p! orders, each regression solved anew."""
    p = len(r)
    shares, orders = np.zeros(p), list(permutations(range(p)))
    for order in orders:
        before = 0.0
        for k in range(1, p + 1):
            s = list(order[:k])
            after = r[s] @ np.linalg.solve(R[np.ix_(s, s)], r[s])
            shares[order[k - 1]] += after - before
            before = after
    return shares / len(orders)


@pytest.fixture(scope="module")
def swiss(real_data):
    return pd.read_csv(real_data / "psychometric_ref" / "swiss.csv", index_col="province")


@pytest.fixture(scope="module")
def attitude(real_data):
    return pd.read_csv(real_data / "psychometric_ref" / "attitude.csv")


@pytest.fixture(scope="module")
def mtcars(real_data):
    return pd.read_csv(real_data / "r_datasets" / "mtcars.csv", index_col=0)


# hand-computed


def test_two_predictors_share_what_they_have_in_common_equally():
    # R2 = (.25 + .16 - 2 * .5 * .4 * .3) / (1 - .09) = .29 / .91
    R, r = np.array([[1, 0.3], [0.3, 1]]), np.array([0.5, 0.4])
    r2 = 0.29 / 0.91
    expected = [(0.25 + r2 - 0.16) / 2, (0.16 + r2 - 0.25) / 2]
    np.testing.assert_allclose(relimp.lmg(R, r), expected, atol=1e-14)
    np.testing.assert_allclose(relimp.relative_weights(R, r), expected, atol=1e-14)
    assert relimp.r_squared(R, r) == pytest.approx(r2, abs=1e-14)


def test_one_predictor_has_its_squared_correlation():
    assert relimp.lmg([[1.0]], [0.6]) == pytest.approx([0.36])


@pytest.mark.parametrize("method", [*SUM_TO_R2, relimp.first, relimp.last, relimp.betasq])
def test_uncorrelated_predictors_have_their_squared_correlations(method):
    r = np.array([0.1, -0.5, 0.3])
    np.testing.assert_allclose(method(np.eye(3), r), r**2, atol=1e-15)


# reference values

SWISS_LMG = [0.0570912207680913, 0.171173028900234, 0.260134678624384, 0.105570150373494, 0.112765922926522]
SWISS_LEVELS = [
    [0.124664909905748, 0.0502723262427735, 0.0324454736411993, 0.0352037869252417, 0.0428696071254937],
    [0.417164470500591, 0.237708668959625, 0.132100403913249, 0.0615041826125827, 0.00738741851512448],
    [0.440615646723923, 0.290917065533411, 0.221010477968777, 0.186167509818475, 0.161962693077336],
    [0.215003501618544, 0.10699713444629, 0.0744825276446413, 0.0689949623305691, 0.0623726258274236],
    [0.173518927324862, 0.137953479035721, 0.112330043445002, 0.0830819060945268, 0.0569452587324972],
]
SWISS_JOHNSON = [
    0.0484168958119007,
    0.15470824980616,
    0.271964104645999,
    0.114680029947562,
    0.116965721381105,
]
ATTITUDE_LMG = [
    0.370816194319328, 0.0509037929715442, 0.155765990169141,
    0.120345079403627, 0.00658872254586081, 0.0281822131216471,
]  # fmt: skip
ATTITUDE_JOHNSON = [
    0.362760199658131, 0.0560022787788537, 0.163610910750534,
    0.121780399688217, 0.00825546649643794, 0.0201927371589758,
]  # fmt: skip


def test_swiss(swiss):  # D1, D2, vif_swiss
    R, r = correlations(swiss)
    np.testing.assert_allclose(relimp.lmg(R, r), SWISS_LMG, atol=1e-9)
    np.testing.assert_allclose(relimp.dominance_levels(R, r), SWISS_LEVELS, atol=1e-9)
    np.testing.assert_allclose(relimp.relative_weights(R, r), SWISS_JOHNSON, atol=1e-9)
    assert relimp.r_squared(R, r) == pytest.approx(0.706735001592726, abs=1e-9)
    vif = [2.28412937759729, 3.67541957554434, 2.77494278112695, 1.93716038026313, 1.10754222555695]
    np.testing.assert_allclose(relimp.vif(R), vif, rtol=1e-9)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (relimp.last, [0.042870, 0.007387, 0.161963, 0.062373, 0.056945]),
        (relimp.first, [0.124665, 0.417164, 0.440616, 0.215004, 0.173519]),
        (relimp.betasq, [0.097920, 0.027152, 0.449437, 0.120826, 0.063069]),
        (relimp.pratt, [-0.110486, 0.106427, 0.445005, 0.161177, 0.104612]),
        (relimp.car, [0.000567, 0.151134, 0.323268, 0.115073, 0.116692]),
    ],
)
def test_swiss_by_other_measures(swiss, method, expected):  # D2
    np.testing.assert_allclose(method(*correlations(swiss)), expected, atol=5.1e-7)


def test_swiss_coefficients(swiss):  # lm_swiss
    slopes = [-0.172113970941455, -0.258008239834724, -0.870940062939424, 0.104115330743767, 1.07704814069099]
    sd = swiss.std().to_numpy()
    np.testing.assert_allclose(
        relimp.standardized_beta(*correlations(swiss)) * sd[0] / sd[1:], slopes, rtol=1e-9
    )


def test_swiss_weighted(swiss):  # D3: weights 1, 2, 1, 2, ...
    R, r = correlations(swiss, weights=1.0 + np.arange(len(swiss)) % 2)
    expected = [0.042504, 0.137193, 0.231097, 0.117868, 0.136071]
    np.testing.assert_allclose(relimp.lmg(R, r), expected, atol=5.1e-7)
    assert relimp.r_squared(R, r) == pytest.approx(0.664732, abs=5.1e-7)


def test_genizi_is_johnson(swiss):
    """Johnson's weights from the data's own singular value decomposition instead of the correlations."""
    z = ((swiss - swiss.mean()) / swiss.std(ddof=0)).to_numpy() / np.sqrt(len(swiss))
    left, _, right = np.linalg.svd(z[:, 1:], full_matrices=False)
    orthogonal = left @ right
    loadings = orthogonal.T @ z[:, 1:]
    np.testing.assert_allclose((loadings**2).T @ (orthogonal.T @ z[:, 0]) ** 2, SWISS_JOHNSON, atol=1e-9)


def test_attitude(attitude):  # D9
    R, r = correlations(attitude)
    np.testing.assert_allclose(relimp.lmg(R, r), ATTITUDE_LMG, atol=1e-9)
    np.testing.assert_allclose(relimp.relative_weights(R, r), ATTITUDE_JOHNSON, atol=1e-9)
    assert relimp.r_squared(R, r) == pytest.approx(0.732601992531149, abs=1e-9)
    assert relimp.complete_dominance(R, r)[0].tolist() == [False, True, True, True, True, True]


def test_mtcars(mtcars):  # D8, r2_full
    R, r = correlations(mtcars[["mpg", "cyl", "disp", "hp", "gear"]])
    weights = relimp.relative_weights(R, r)
    np.testing.assert_allclose(weights, [0.2284797, 0.2221469, 0.2321744, 0.0963886], atol=5.1e-8)
    np.testing.assert_allclose(
        100 * weights / weights.sum(), [29.32274, 28.50999, 29.79691, 12.37037], atol=5.1e-6
    )
    assert np.sign(relimp.standardized_beta(R, r)).tolist() == [-1, -1, -1, 1]
    assert relimp.r_squared(R, r) == pytest.approx(0.7791896, abs=5.1e-8)
    assert relimp.r_squared(*correlations(mtcars)) == pytest.approx(0.869015764477765, abs=1e-9)


def test_azen_budescu():  # D6, tolerance of the printed table
    C = np.array(
        [[1, 0.6, 0.3, 0.4, 0.5], [0.6, 1, 0.8, 0.1, 0.3], [0.3, 0.8, 1, 0.1, 0.1], [0.4, 0.1, 0.1, 1, 0.5],
         [0.5, 0.3, 0.1, 0.5, 1]]
    )  # fmt: skip
    R, r = C[1:, 1:], C[1:, 0]
    levels = [[0.360, 0.300, 0.263, 0.246], [0.090, 0.074, 0.069, 0.071], [0.160, 0.095, 0.063, 0.061],
              [0.250, 0.152, 0.073, 0.010]]  # fmt: skip
    np.testing.assert_allclose(relimp.dominance_levels(R, r), levels, atol=0.002)
    np.testing.assert_allclose(relimp.lmg(R, r), [0.2922, 0.0759, 0.0949, 0.1214], atol=5.1e-5)
    assert relimp.r_squared(R, r) == pytest.approx(0.58435, abs=5.1e-6)
    dominates = relimp.complete_dominance(R, r)
    assert dominates[0].tolist() == [False, True, True, True]
    assert not dominates[1:].any()


def test_grades():  # D7: SES, IQ, need for achievement -> grade point average
    R = np.array([[1, 0.3, 0.41], [0.3, 1, 0.16], [0.41, 0.16, 1]])
    r = np.array([0.33, 0.57, 0.50])
    levels = [[0.1089, 0.02328, 0.0000655], [0.3249, 0.24509, 0.22769], [0.2500, 0.16570, 0.14379]]
    np.testing.assert_allclose(relimp.dominance_levels(R, r), levels, atol=5.1e-6)
    assert relimp.dominance_levels(R, r)[0, 2] == pytest.approx(0.0000655, abs=5.1e-8)
    np.testing.assert_allclose(relimp.lmg(R, r), [0.04408, 0.26590, 0.18650], atol=5.1e-6)
    assert relimp.r_squared(R, r) == pytest.approx(0.49647, abs=5.1e-6)


# invariants


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_lmg_is_the_mean_over_all_orders(seed, p):
    R, r = random_correlations(seed, p)
    np.testing.assert_allclose(relimp.lmg(R, r), lmg_by_definition(R, r), atol=1e-10)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 15))
def test_shares_sum_to_r_squared_and_are_positive(seed, p):
    R, r = random_correlations(seed, p)
    total = float(relimp.r_squared(R, r))
    for method in SUM_TO_R2:
        assert method(R, r).sum() == pytest.approx(total, abs=1e-10)
    assert (relimp.lmg(R, r) > 0).all()
    assert (relimp.relative_weights(R, r) > 0).all()


@given(st.integers(0, 10_000))
def test_shapley_equals_johnson_for_two_predictors(seed):  # D12
    R, r = random_correlations(seed, 2)
    np.testing.assert_allclose(relimp.lmg(R, r), relimp.relative_weights(R, r), atol=1e-12)


@pytest.mark.parametrize("p", [5, 13, 17])
def test_order_and_sign_of_predictors_do_not_matter(p):
    R, r = random_correlations(p, p)
    order = np.random.default_rng(0).permutation(p)
    sign = np.where(np.arange(p) % 2, 1.0, -1.0)
    turned = relimp.lmg((R * np.outer(sign, sign))[np.ix_(order, order)], (r * sign)[order])
    np.testing.assert_allclose(turned, relimp.lmg(R, r)[order], atol=1e-12)


def test_a_block_of_uncorrelated_predictors_keeps_its_shares_in_a_large_model():
    """The swept-in-blocks part against a small exact case: 17 predictors of which only 4 matter."""
    R4, r4 = random_correlations(3, 4)
    R, r = np.eye(17), np.zeros(17)
    places = [0, 6, 12, 16]
    R[np.ix_(places, places)], r[places] = R4, r4
    expected = np.zeros(17)
    expected[places] = lmg_by_definition(R4, r4)
    np.testing.assert_allclose(relimp.lmg(R, r), expected, atol=1e-12)


@pytest.mark.parametrize(
    "method", [relimp.relative_weights, relimp.car, relimp.standardized_beta, relimp.last, relimp.pratt]
)
def test_a_stack_equals_its_members(method):
    members = [random_correlations(seed, 4) for seed in range(6)]
    R, r = np.array([one[0] for one in members]), np.array([one[1] for one in members])
    expected = np.array([method(*one) for one in members]).reshape(2, 3, 4)
    np.testing.assert_allclose(method(R.reshape(2, 3, 4, 4), r.reshape(2, 3, 4)), expected, atol=1e-12)
    np.testing.assert_allclose(relimp.vif(R), [relimp.vif(one[0]) for one in members], rtol=1e-12)


# simulated truth


def test_shares_approach_those_of_the_population():
    R = np.array([[1, 0.5, 0.2], [0.5, 1, 0.4], [0.2, 0.4, 1]])
    beta = np.array([0.4, 0.3, 0.1])
    rng = np.random.default_rng(7)
    x = rng.multivariate_normal(np.zeros(3), R, size=200_000)
    y = x @ beta + rng.normal(size=len(x)) * np.sqrt(1 - beta @ R @ beta)
    C = np.corrcoef(np.c_[y, x].T)
    np.testing.assert_allclose(relimp.lmg(C[1:, 1:], C[1:, 0]), relimp.lmg(R, R @ beta), atol=0.01)


# edges and errors


def test_improper_members_of_a_stack_become_nan_and_the_others_stay():
    R, r = random_correlations(1, 3)
    stack = np.array([R, np.full((3, 3), np.nan), np.ones((3, 3)), R])
    answers = relimp.relative_weights(stack, np.array([r, r, r, 5 * r]))
    assert np.isfinite(answers[0]).all()
    assert np.isnan(answers[1:]).all()


def test_a_stack_without_any_proper_member_is_all_nan():
    assert np.isnan(relimp.relative_weights(np.full((2, 3, 3), np.nan), np.ones((2, 3)))).all()


def test_perfect_fit_is_allowed():
    assert relimp.lmg(np.eye(2), np.sqrt([0.5, 0.5])).sum() == pytest.approx(1.0)


@pytest.mark.parametrize("method", [relimp.lmg, relimp.relative_weights, relimp.complete_dominance])
def test_singular_matrix_names_its_columns(method):
    R = np.eye(5)
    R[1, 3] = R[3, 1] = 1.0
    with pytest.raises(MethodError, match=r"columns \[1, 3\] are combinations"):
        method(R, np.full(5, 0.2))


def test_undefined_correlation_names_its_column():
    R = np.eye(3)
    R[2, :] = R[:, 2] = np.nan
    with pytest.raises(MethodError, match=r"columns \[2\] are undefined"):
        relimp.lmg(R, np.full(3, 0.2))


def test_r_squared_above_one_is_refused():
    with pytest.raises(MethodError, match=r"R-squared would be 1\.280"):
        relimp.lmg(np.eye(2), np.array([0.8, 0.8]))


def test_too_many_predictors_name_the_alternative():
    with pytest.raises(MethodError, match=r"up to 28 predictors; 29 were given\. Use lmg_sampled"):
        relimp.lmg(np.eye(29), np.full(29, 0.1))
    with pytest.raises(MethodError, match="up to 16 predictors; 17 were given"):
        relimp.complete_dominance(np.eye(17), np.full(17, 0.1))


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(MethodError, match=r"got \(3, 3\) and \(2,\)"):
        relimp.lmg(np.eye(3), np.array([0.1, 0.2]))
