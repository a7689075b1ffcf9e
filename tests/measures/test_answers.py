"""Counting answers by level."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import DataError
from svcq_lib.measures.answers import refuse_levels, tally


def test_hand_case():
    levels, counts = tally([3, 1, np.nan, 3, 2], weights=[0.5, 1, 9, 1, 0])
    assert levels.tolist() == [1, 3]
    assert counts.tolist() == [1, 1.5]


@given(st.lists(st.integers(0, 10)), st.randoms())
def test_order_does_not_matter_and_nothing_is_lost(scores, random):
    levels, counts = tally(scores)
    assert counts.sum() == len(scores)
    assert (levels * counts).sum() == sum(scores)
    random.shuffle(scores)
    assert tally(scores)[1].tolist() == counts.tolist()


def test_missing_weight_leaves_the_answer_out():
    assert tally([1, 2], weights=[np.nan, 1])[0].tolist() == [2]


def test_at_most_ten_wrong_levels_are_named():
    levels = np.arange(20.0)
    with pytest.raises(DataError, match=r"found 5, 6, 7, 8, 9, 10, 11, 12, 13, 14\. Correct"):
        refuse_levels(levels, levels >= 5, "A score", "0 to 4")
