"""Customer Effort Score: hand-computed cases and its mirror symmetry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import DataError, ParameterError
from svcq_lib.measures.ces import ces, ces_from_tally


def test_hand_case():
    assert ces([7, 6, 5, 2, np.nan], 1, 7, high_is="easy") == (5.0, 0.5)
    assert ces([7, 6, 5, 2], 1, 7, high_is="hard") == (3.0, 0.25)
    assert ces([7, 1], 1, 7, high_is="easy", weights=[3, 1]) == (5.5, 0.75)
    assert ces([7, 6, 5, 2], 1, 7, high_is="easy", easy_boxes=3).share_easy == 0.75


@given(st.lists(st.integers(1, 7), min_size=1, max_size=40))
def test_mirrored_answers_with_the_other_direction_give_the_same(scores):
    mirrored = [8 - x for x in scores]
    easy, hard = ces(scores, 1, 7, high_is="easy"), ces(mirrored, 1, 7, high_is="hard")
    assert easy == pytest.approx(hard)
    assert easy.mean == pytest.approx(np.mean(scores))


def test_no_answers_give_nan():
    assert np.isnan(ces([], 1, 7, high_is="easy")).all()
    assert np.isnan(ces_from_tally([1, 7], [0, 0], 1, 7, high_is="hard")).all()


def test_answer_off_the_scale_is_named():
    with pytest.raises(DataError, match="CES takes answers from 1 to 7; found 0, 8"):
        ces([3, 8, 0], 1, 7, high_is="easy")


def test_direction_must_be_declared():
    with pytest.raises(TypeError, match="high_is"):
        ces([3], 1, 7)
    with pytest.raises(ParameterError, match="'easy' or 'hard'; got 'low'"):
        ces([3], 1, 7, high_is="low")
