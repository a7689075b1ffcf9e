"""Intraclass correlations.

References: Shrout and Fleiss (1979), table 4, four digits recomputed in R's psych 2.2.9; pingouin's wines (3 digits).
"""

import numpy as np
import pytest

from svcq_lib.measures.agreement import intraclass_correlation

PRINTED = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def test_the_printed_example():
    expected = [0.1657, 0.2898, 0.7148, 0.4428, 0.6201, 0.9093]
    np.testing.assert_allclose(intraclass_correlation(PRINTED), expected, atol=6e-5)


def test_wines():  # S10: four judges of eight wines
    judges = [
        [1, 1, 3, 6, 6, 7, 8, 9],
        [2, 3, 8, 4, 5, 5, 7, 9],
        [0, 3, 1, 3, 5, 6, 7, 9],
        [1, 2, 4, 3, 6, 2, 9, 8],
    ]
    found = intraclass_correlation(np.transpose(judges))
    assert (found.icc1, found.icc3, found.icc1k) == pytest.approx((0.728, 0.729, 0.914), abs=5.1e-4)


def test_a_judge_who_is_stricter_throughout_disagrees_only_in_level():
    table = np.array(PRINTED, dtype=float)
    table[:, 1] = table[:, 0] - 3
    found = intraclass_correlation(table[:, :2])
    assert found.icc3 == pytest.approx(1)
    assert found.icc2 < 0.6


def test_true_agreement_is_recovered():
    rng = np.random.default_rng(11)
    table = rng.normal(0, np.sqrt(0.6), (4000, 1)) + rng.normal(0, np.sqrt(0.4), (4000, 3))
    found = intraclass_correlation(table)
    np.testing.assert_allclose(found[:3], 0.6, atol=0.03)
    np.testing.assert_allclose(found[3:], 3 * 0.6 / (1 + 2 * 0.6), atol=0.03)


def test_equal_judgements_say_nothing():
    assert np.isnan(intraclass_correlation(np.full((4, 3), 2.0)).icc1)


@pytest.mark.parametrize("table", [[[1, 2]], [[1], [2]], [[1, 2], [3, np.nan]]])
def test_too_little_to_agree_on(table):
    with pytest.raises(ValueError, match="two or more things and judges"):
        intraclass_correlation(table)
