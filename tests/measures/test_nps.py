"""Net Promoter Score.

References: N1-N3 closed forms worked out from published set-ups (printed to 3-7 digits); nps_fixed R 4.2.2
(1e-9); SFO 2017 from the data set's README.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import DataError, ParameterError
from svcq_lib.measures import nps
from svcq_lib.stats.linearize import mean_estimate

ANSWERS = st.lists(st.integers(0, 10), min_size=1, max_size=60)
CASES = [  # p, d, n, Wald, adjusted
    (0.4, 0.3, 500, (2.719, 17.281), (2.687, 17.194)),  # N1
    (0.5, 0.2, 100, (14.692, 45.308), (14.051, 44.201)),  # N2
    (10 / 18, 3 / 18, 18, None, (0.779, 65.888)),  # N3
]


def test_hand_case():
    assert nps.nps([10, 9, 8, 7, 6, 0, np.nan]) == pytest.approx(0.0)
    assert nps.nps([10, 9, 9, 7]) == 75.0
    assert nps.nps([10, 0], weights=[3, 1]) == 50.0
    assert nps.nps_shares([10, 9, 8, 7, 6, 0]) == pytest.approx((1 / 3, 1 / 3, 1 / 3))


@pytest.mark.parametrize(("p", "d", "n", "wald", "adjusted"), CASES)
def test_intervals(p, d, n, wald, adjusted):
    found = [float(one) for one in nps.nps_interval(p, d, n)]
    assert found == pytest.approx(adjusted, abs=5.1e-4)
    if wald:
        found = [float(one) for one in nps.nps_interval(p, d, n, method="wald")]
        assert found == pytest.approx(wald, abs=5.1e-4)


def test_standard_errors():  # N1, N3
    assert float(np.sqrt(nps.nps_variance(0.4, 0.3) / 500)) == pytest.approx(0.03714835, abs=5.1e-9)
    assert float(np.sqrt(nps.nps_variance(10 / 18, 3 / 18) / 18)) == pytest.approx(0.178105, abs=5.1e-7)
    assert float(nps.nps_variance(0.5, 0.2)) == pytest.approx(0.61)  # N2
    assert float(np.sqrt(nps.nps_variance(0.5, 0.2) / 100)) == pytest.approx(0.0781025, abs=5.1e-8)
    assert float(nps.nps_from_shares(10 / 18, 3 / 18)) == pytest.approx(38.889, abs=5.1e-4)


@pytest.mark.parametrize(
    ("p", "d", "n", "centre", "error"),
    [(0.4, 0.3, 500, 9.9404, 3.700857), (10 / 18, 3 / 18, 18, 33.333, None)],
)
def test_adjusted_estimates(
    p, d, n, centre, error
):  # N1, N3: three answers more, a quarter of them at each end
    low, high = (float(one) for one in nps.nps_interval(p, d, n))
    assert (low + high) / 2 == pytest.approx(centre, abs=5.1e-4 if error is None else 5.1e-5)
    if error is not None:
        assert (high - low) / (2 * 1.959963985) == pytest.approx(error, abs=5.1e-7)


def test_fixed_counts():  # nps_fixed: 120 promoters, 60 passives, 40 detractors
    scores = np.repeat([9, 8, 3], [120, 60, 40])
    shares = nps.nps_shares(scores)
    assert nps.nps(scores) == pytest.approx(36.3636363636364, abs=1e-9)
    se = 100 * np.sqrt(nps.nps_variance(shares.promoters, shares.detractors) / 220)
    assert float(se) == pytest.approx(5.20070503224869, abs=1e-9)
    net = mean_estimate((scores >= 9).astype(float) - (scores <= 6))
    assert 100 * float(np.sqrt(net.variance)) == pytest.approx(5.21256526437269, abs=1e-9)


def test_sfo_2017(real_data):
    survey = pd.read_csv(real_data / "sfo" / "2017_SFO_Customer_Survey.csv", low_memory=False)
    scores = survey["NETPRO"].where(survey["NETPRO"] <= 10)  # 11 is blank
    assert nps.nps(scores) == pytest.approx(39.84, abs=0.0051)
    assert nps.nps(scores, weights=survey["WEIGHT"]) == pytest.approx(40.40, abs=0.0051)
    with pytest.raises(DataError, match="found 11"):
        nps.nps(survey["NETPRO"])


@given(ANSWERS)
def test_shares_sum_to_one_and_the_score_is_their_difference(scores):
    shares = nps.nps_shares(scores)
    assert sum(shares) == pytest.approx(1.0)
    assert nps.nps(scores) == pytest.approx(100 * (shares.promoters - shares.detractors))
    net = [1 if x >= 9 else -1 if x <= 6 else 0 for x in scores]
    assert nps.nps(scores) == pytest.approx(100 * np.mean(net))
    assert float(nps.nps_variance(shares.promoters, shares.detractors)) == pytest.approx(
        np.var(net), abs=1e-12
    )


@given(ANSWERS, st.floats(0.1, 50))
def test_the_unit_of_weights_does_not_matter(scores, unit):
    assert nps.nps(scores, weights=np.full(len(scores), unit)) == pytest.approx(nps.nps(scores))


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 1000), st.sampled_from(["wald", "adjusted"]))
def test_interval_stays_on_the_scale(p, rest, n, method):
    low, high = nps.nps_interval(p, (1 - p) * rest, n, 0.95, method)
    assert -100 <= low <= high <= 100


def test_adjusted_interval_keeps_its_level_in_a_small_sample():
    rng = np.random.default_rng(5)
    counts = rng.multinomial(20, [0.5, 0.3, 0.2], size=20_000)
    low, high = nps.nps_interval(counts[:, 0] / 20, counts[:, 2] / 20, 20)
    assert 0.935 < ((low <= 30) & (high >= 30)).mean() < 0.97


def test_no_answers_give_nan():
    assert np.isnan(nps.nps([]))
    assert np.isnan(nps.nps([np.nan]))
    assert np.isnan(nps.nps_shares([])).all()
    assert np.isnan(nps.nps_interval(0.5, 0.2, 0)).all()


@pytest.mark.parametrize(("wrong", "named"), [(11, "11"), (-1, "-1"), (8.5, "8.5"), (99, "99")])
def test_answers_off_the_scale_are_named(wrong, named):
    with pytest.raises(DataError, match=f"whole numbers from 0 to 10; found {named}"):
        nps.nps([10, wrong])


def test_unknown_method_names_the_choices():
    with pytest.raises(ParameterError, match=r"'exact'\. Choose one of wald, adjusted"):
        nps.nps_interval(0.5, 0.2, 10, method="exact")
