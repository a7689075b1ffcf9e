"""Control charts against printed limits.

XmR: NHSRplotthedots' vignette *deviations* and its test snapshots (screened in R, unscreened in the NHS Excel tools);
NIST/SEMATECH e-Handbook 6.3.2 (flow rate, EWMA); Montgomery through qcc (viscosity, orange juice, circuits); qcc's own
tests (EWMA, CUSUM). Digits as printed there.
"""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.stats import control

DEVIATIONS = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
NORMAL = [
    -0.56047565, -0.23017749, 1.55870831, 0.07050839, 0.12928774, 1.71506499, 0.46091621, -1.26506123, -0.68685285,
    -0.44566197, 1.22408180, 0.35981383, 0.40077145, 0.11068272, -0.55584113, 1.78691314, 0.49785048, -1.96661716,
    0.70135590, -0.47279141,
]  # fmt: skip
FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
VISCOSITY = [
    33.75, 33.05, 34.00, 33.81, 33.46, 34.02, 33.68, 33.27, 33.49, 33.20, 33.62, 33.00, 33.54, 33.12, 33.84,
]  # fmt: skip
AVERAGED = [
    52, 47, 53, 49.3, 50.1, 47, 51, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1,
]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "screen", "mean", "lower", "upper"),
    [
        (DEVIATIONS, True, 1.944444, -0.715556, 4.604444),
        (DEVIATIONS, False, 1.944444, -3.062614, 6.951503),
        (NORMAL, True, 0.1416238, -3.01138, 3.294627),
        ([*NORMAL[:14], 10, *NORMAL[15:]], True, 0.6694159, -2.383666, 3.722497),
        ([*NORMAL[:14], 10, *NORMAL[15:]], False, 0.6694159, -4.596625, 5.935457),
    ],
)
def test_xmr_is_that_of_making_data_count(values, screen, mean, lower, upper):
    found = control.xmr(values, screen=screen)
    np.testing.assert_allclose(
        [found.centre, found.lower, found.upper], [mean, lower, upper], atol=6e-7, rtol=1e-6
    )


def test_a_shock_is_the_only_special_cause_once_its_ranges_are_screened():
    assert np.flatnonzero(control.special_causes(DEVIATIONS, control.xmr(DEVIATIONS))).tolist() == [4]
    assert not control.special_causes(NORMAL, control.xmr(NORMAL)).any()


@pytest.mark.parametrize(
    ("values", "centre", "lower", "upper", "mean_range", "digits"),
    [(FLOW, 50.81, 45.8159, 55.8041, 1.8778, 4), (VISCOSITY, 33.523, 32.245, 34.802, 0.4807, 3)],
)
def test_individuals_are_those_of_nist_and_montgomery(values, centre, lower, upper, mean_range, digits):
    found = control.xmr(values, screen=False)
    half = 3 * float(found.sigma)  # they use 3 / 1.128, unrounded
    got = [found.centre, found.centre - half, found.centre + half]
    np.testing.assert_allclose(got, [centre, lower, upper], atol=0.51 * 10.0**-digits)
    assert float(found.sigma) * control.D2 == pytest.approx(mean_range, abs=5.1e-5)


def test_ewma_is_that_of_nist():
    averages, limits = control.ewma(AVERAGED, weight=0.3, start=50, sigma=2.0539)
    expected = [
        50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36, 49.52, 50.05, 49.38,
        49.92, 50.73, 51.23, 51.94, 51.99,
    ]  # fmt: skip
    np.testing.assert_allclose(averages, expected, atol=5.1e-3)
    np.testing.assert_allclose(
        [limits.lower[-1], limits.upper[-1]], [47.4115, 52.5884], atol=1e-4
    )  # NIST cuts digits


def test_ewma_limits_open_as_in_qcc():
    averages, limits = control.ewma([11, 13, 12], weight=0.5, start=10, sigma=2, width=2)
    np.testing.assert_allclose(averages, [10.5, 11.75, 11.875])
    np.testing.assert_allclose(limits.sigma, np.sqrt([1, 1.25, 1.3125]))


def test_cusum_is_that_of_qcc():
    upper, lower = control.cusum([1.5, 0.5, 0.6, -1.5, -0.5, -0.8])
    np.testing.assert_allclose(upper, [1, 1, 1.1, 0, 0, 0])
    np.testing.assert_allclose(lower, [0, 0, 0, -1, -1, -1.3])
    assert np.flatnonzero((upper > 1) | (lower < -1)).tolist() == [2, 5]  # strictly beyond h = 1


def _spc(real_data, name):
    lines = (real_data / "spc_qcc" / name).read_text(encoding="utf-8").split("\n")
    header = lines[0].replace('"', "").split()
    rows = [line.replace('"', "").split()[-len(header) :] for line in lines[1:] if line.strip()]
    return [dict(zip(header, row, strict=True)) for row in rows]


def assert_limits(found, centre, lower, upper):
    np.testing.assert_allclose(
        [found.centre, found.lower[0], found.upper[0]], [centre, lower, upper], rtol=1e-6
    )


def test_proportions_and_counts_are_those_of_montgomery(real_data):
    juice = [row for row in _spc(real_data, "orangejuice.txt") if row["trial"] == "TRUE"]
    found = control.proportions([float(row["D"]) for row in juice], [float(row["size"]) for row in juice])
    assert_limits(found, 0.2313333, 0.05242755, 0.4102391)
    circuit = [row for row in _spc(real_data, "circuit.txt") if row["trial"] == "TRUE"]
    found = control.rates([float(row["x"]) for row in circuit], 1.0)
    np.testing.assert_allclose(
        [found.centre, found.lower[0], found.upper[0]], [19.84615, 6.481447, 33.21086], rtol=1e-6
    )
    found = control.rates([float(row["x"]) for row in _spc(real_data, "pcmanufact.txt")], 5.0)
    np.testing.assert_allclose(
        [found.centre, found.lower[0], found.upper[0]], [1.93, 0.06613305, 3.793867], rtol=1e-6
    )


def _reference(real_data, name):
    text = (real_data.parent / "reference_values.json").read_text(encoding="utf-8")
    return json.loads(text)["references"][name]["value"]


def test_charts_are_those_of_qcc(real_data):  # B7, pchart_orangejuice, uchart_circuit, xbarR_pistonrings
    juice = [row for row in _spc(real_data, "orangejuice.txt") if row["trial"] == "TRUE"]
    circuit = [row for row in _spc(real_data, "circuit.txt") if row["trial"] == "TRUE"]
    for name, chart, rows, count in (
        ("pchart_orangejuice", control.proportions, juice, "D"),
        ("uchart_circuit", control.rates, circuit, "x"),
    ):
        found = chart([float(row[count]) for row in rows], [float(row["size"]) for row in rows])
        expected = [_reference(real_data, name)[key] for key in ("center", "lcl", "ucl")]
        np.testing.assert_allclose([found.centre, found.lower[0], found.upper[0]], expected, rtol=1e-12)
    rings = [float(row["diameter"]) for row in _spc(real_data, "pistonrings.txt") if row["trial"] == "TRUE"]
    means, ranges = control.means_and_ranges(np.reshape(rings, (25, 5)))
    expected = _reference(real_data, "xbarR_pistonrings")
    got = [*means[:3], float(means.sigma) * np.sqrt(5)]
    np.testing.assert_allclose(got, [expected[key] for key in ("center", "lcl", "ucl", "sd")], rtol=1e-12)
    np.testing.assert_allclose(
        ranges[:3], [expected[key] for key in ("Rbar", "Rlcl", "Rucl")], atol=2e-7
    )  # d3 has five digits


def test_flow_of_the_nile_is_that_of_qcc(real_data):  # xmr_nile
    nile = pytest.importorskip("statsmodels.api").datasets.nile.load_pandas().data["volume"]
    found, expected = control.xmr(nile, screen=False), _reference(real_data, "xmr_nile")
    half = 3 * found.sigma  # qcc multiplies by 3 / 1.128, unrounded
    got = [found.centre, found.sigma, found.centre - half, found.centre + half, found.sigma * control.D2]
    np.testing.assert_allclose(
        got, [expected[key] for key in ("center", "sd", "lcl", "ucl", "mrbar")], rtol=1e-12
    )


def test_varying_sizes_are_those_of_the_formula_in_r(real_data):
    rows = _reference(real_data, "pchart_formula_var_n")["values"]
    found = control.proportions([12, 9, 15, 7, 20], [row[0] for row in rows])
    np.testing.assert_allclose(found.lower, [row[2] for row in rows])
    np.testing.assert_allclose(found.upper, [row[3] for row in rows])


def test_laney_widens_by_the_spread_between_periods():
    rng = np.random.default_rng(3)
    even = rng.binomial(5000, 0.3, 60)
    uneven = rng.binomial(5000, np.clip(rng.normal(0.3, 0.03, 60), 0, 1))
    sizes = np.full(60, 5000)

    def widening(x):
        plain, laney = (control.proportions(x, sizes, laney=one).sigma[0] for one in (False, True))
        return laney / plain

    assert widening(even) == pytest.approx(1, abs=0.25)
    assert widening(uneven) > 3


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 0.1, -0.1, 0.05, -0.05, 0.1, 0, -0.1, 5], [0] * 8 + [1]),
        ([1, 2, 3, 4, 5, 6, 7], [2] * 7),
        ([1, 2, 3, 4, 5, 6, 6], [0] * 7),
    ],
)
def test_rules_in_their_order(values, expected):
    limits = control.Limits(*(np.asarray(float(one)) for one in (0 if expected[-1] == 1 else 4, -4, 12, 4)))
    if expected[-1] == 1:
        limits = control.Limits(*(np.asarray(float(one)) for one in (0, -3, 3, 1)))
    assert control.special_causes(values, limits).tolist() == expected


def test_two_of_three_near_a_limit_and_seven_on_a_side():
    limits = control.Limits(*(np.asarray(float(one)) for one in (0, -3, 3, 1)))
    assert control.special_causes([0, 2.5, 1, 2.6, 0], limits).tolist() == [0, 3, 0, 3, 0]
    assert control.special_causes([0, 2.5, -1, 2.6, 0], limits).tolist() == [0] * 5
    assert control.special_causes([0.5, 0.4, 0.6, 0.4, 0.5, 0.6, 0.4, -1], limits).tolist() == [4] * 7 + [0]


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30), st.floats(-100, 100))
def test_limits_move_with_the_values(values, shift):
    one, other = control.xmr(values), control.xmr([value + shift for value in values])
    assert other.upper - other.lower == pytest.approx(one.upper - one.lower, rel=1e-6, abs=1e-6)
    assert other.centre == pytest.approx(one.centre + shift, rel=1e-6, abs=1e-6)


def test_one_value_has_no_chart():
    with pytest.raises(ValueError, match="at least two values, not 1"):
        control.xmr([3])
