"""Derived columns: what is computed of one respondent, with answers missing."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.evidence.columns import (
    Answers,
    Between,
    Columns,
    Derived,
    Difference,
    Mean,
    PointsWeighted,
    Present,
)

NONE = None
FRAME = pl.DataFrame(
    {
        "p": [5.0, 6.0, NONE, NONE],
        "e": [7.0, NONE, 3.0, NONE],
        "q": [1.0, 2.0, 3.0, NONE],
        "wp": [60.0, 50.0, 50.0, 0.0],
        "we": [40.0, 50.0, NONE, 0.0],
    }
)


def values(derived: Derived, frame: pl.DataFrame = FRAME) -> list[float | None]:
    """The column for the rows of a frame, None where there is no answer, through the columns of a batch."""

    def raw(name: str) -> Answers:
        absent = frame[name].is_null().to_numpy()
        return Answers(np.where(absent, 0.0, frame[name].fill_null(0.0).to_numpy()), absent)

    found, absent = Columns(raw, {"x": derived})["x"]
    assert not found[absent].any()
    return [None if none else float(one) for one, none in zip(found, absent, strict=True)]


@pytest.mark.parametrize(
    ("derived", "expected"),
    [
        (Difference("p", "e"), [-2.0, NONE, NONE, NONE]),
        (Present("p", ("p", "e")), [5.0, NONE, NONE, NONE]),
        (Present("q", ("p",)), [1.0, 2.0, NONE, NONE]),
        (Mean(("p", "e", "q")), [13 / 3, 4.0, 3.0, NONE]),
        (Mean(("p", "e", "q"), 2), [13 / 3, 4.0, 3.0, NONE]),
        (Mean(("p", "e", "q"), 3), [13 / 3, NONE, NONE, NONE]),
        (Mean(("p", "e", "q"), 1, total=True), [13.0, 8.0, 6.0, NONE]),
        (PointsWeighted(("p", "e"), ("wp", "we")), [5.8, NONE, NONE, NONE]),
        (PointsWeighted(("p", "e"), ("wp", "we"), 0), [3.0, NONE, NONE, NONE]),
        (PointsWeighted(("p", "e"), ("wp", "we"), 1), [2.8, NONE, NONE, NONE]),
        (Between("q", 2, 3), [0.0, 1.0, 1.0, NONE]),
    ],
)
def test_by_hand(derived, expected):
    assert values(derived) == pytest.approx(expected)


def test_points_of_nought_weigh_nothing():
    frame = pl.DataFrame({"a": [1.0, 1.0], "b": [3.0, 3.0], "wa": [0.0, 0.0], "wb": [0.0, 10.0]})
    assert values(PointsWeighted(("a", "b"), ("wa", "wb")), frame) == [NONE, 3.0]


ANSWERS = st.lists(
    st.tuples(*[st.one_of(st.none(), st.integers(1, 7).map(float))] * 3), min_size=1, max_size=30
)


@given(ANSWERS, st.integers(1, 3))
def test_a_mean_is_that_of_the_answered_parts(rows, least):
    frame = pl.DataFrame(
        rows, schema=["a", "b", "c"], orient="row", schema_overrides=dict.fromkeys("abc", pl.Float64)
    )
    for row, found in zip(rows, values(Mean(("a", "b", "c"), least), frame), strict=True):
        answered = [one for one in row if one is not None]
        if len(answered) < least:
            assert found is None
        else:
            assert found == pytest.approx(np.mean(answered))


@given(ANSWERS)
def test_contributions_add_up_to_the_weighted_value(rows):
    frame = pl.DataFrame(
        rows, schema=["a", "b", "c"], orient="row", schema_overrides=dict.fromkeys("abc", pl.Float64)
    )
    frame = frame.with_columns(w1=pl.lit(20.0), w2=pl.lit(30.0), w3=pl.lit(50.0))
    parts, points = ("a", "b", "c"), ("w1", "w2", "w3")
    whole = values(PointsWeighted(parts, points), frame)
    pieces = [values(PointsWeighted(parts, points, i), frame) for i in range(3)]
    for total, *part in zip(whole, *pieces, strict=True):
        assert (total is None) == (None in part)
        if total is not None:
            assert sum(part) == pytest.approx(total)
