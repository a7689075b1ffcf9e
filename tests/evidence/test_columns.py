"""Derived columns: what is computed of one respondent, with answers missing."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.evidence.batch import laid_out
from svcq_lib.evidence.columns import (
    Between,
    Derived,
    Difference,
    Level,
    Masks,
    Mean,
    PointsWeighted,
    Present,
    sources_of,
)
from svcq_lib.evidence.layout import Layout
from svcq_lib.study import Column

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


def columns(
    derived: dict[str, Derived], frame: pl.DataFrame, rows: slice | np.ndarray | None = None
) -> dict[str, list[float | None]]:
    """All columns of some rows of a frame, None where there is no answer, as a scan computes them."""
    names = sorted(sources_of(derived, list(derived)) & set(frame.columns))
    raw = laid_out(frame, {name: Column(column=name) for name in names})
    layout = Layout(derived, list(derived), raw)
    groups = np.array([0, 1, -1] * len(frame))[: len(frame)]

    def level(_: str, level: str) -> tuple[np.ndarray, np.ndarray]:
        codes = groups[slice(None) if rows is None else rows]
        return codes == int(level), codes >= 0

    work = layout.work(raw, slice(0, len(frame)) if rows is None else rows, level)
    found = {}
    for name in derived:
        (own,) = work.values(layout.source((name,)), "test")
        present = work.present[layout.mask(name)]
        assert set(present.tolist()) <= {0, 1}
        assert not own[present == 0].any()
        limit = layout.limit(name)
        assert limit is None or ((np.abs(own) <= limit).all() and (own % 1 == 0).all())
        found[name] = [float(one) if yes else None for one, yes in zip(own.tolist(), present, strict=True)]
    return found


def values(derived: Derived, frame: pl.DataFrame = FRAME) -> list[float | None]:
    """One column."""
    return columns({"x": derived}, frame)["x"]


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


def by_hand(name: str, derived: dict[str, Derived], row: dict[str, float | None], group: int) -> float | None:
    """One column of one row, by its definition."""
    one = derived.get(name)
    get = lambda part: by_hand(part, derived, row, group)  # noqa: E731
    if one is None:
        return row[name]
    if isinstance(one, Level):
        return None if group < 0 else float(group == int(one.level))
    if isinstance(one, Difference):
        left, right = get(one.left), get(one.right)
        return None if left is None or right is None else left - right
    if isinstance(one, Present):
        return None if None in map(get, one.also) else get(one.column)
    if isinstance(one, Between):
        value = get(one.column)
        return None if value is None else float(one.low <= value <= one.high)
    assert isinstance(one, Mean)
    answered = [value for value in map(get, one.parts) if value is not None]
    if len(answered) < one.least:
        return None
    return sum(answered) if one.total else sum(answered) / len(answered)


TREE: dict[str, Derived] = {
    "gap": Difference("a", "b"),
    "wide": Difference("a", "big"),
    "paired": Present("a", ("a", "b")),
    "alone": Present("a", ("a",)),
    "with big": Present("part", ("big", "a")),
    "mean": Mean(("a", "b", "c"), 2),
    "of all": Mean(("a", "b", "c"), 3),
    "sum": Mean(("a", "b"), 0, total=True),
    "big sum": Mean(("big", "a"), 1, total=True),
    "mixed": Mean(("a", "part", "big"), 1),
    "of means": Mean(("mean", "of all"), 1),
    "contrast": Difference("mean", "paired"),
    "gap of gaps": Difference("gap", "sum"),
    "top": Between("a", 6, float("inf")),
    "bottom": Between("b", -float("inf"), 2.5),
    "of a mean": Between("mean", 2.0, 5.0),
    "of big": Between("big", 100, 250),
    "level": Level("segment.x", "1"),
    "level present": Present("level", ("a", "mean")),
}
ONE = st.one_of(st.none(), st.integers(-7, 7).map(float))
BIG = st.one_of(st.none(), st.integers(-300, 300).map(float))
PART = st.one_of(st.none(), st.integers(-20, 20).map(lambda one: one / 4))


@given(st.lists(st.tuples(ONE, ONE, ONE, BIG, PART), min_size=1, max_size=20), st.booleans())
def test_columns_that_stand_on_each_other_are_those_of_each_row(rows, short):
    frame = pl.DataFrame(rows, schema=dict.fromkeys(["a", "b", "c", "big", "part"], pl.Float64), orient="row")
    if short:
        frame = frame.with_columns(pl.col("a", "b", "c").cast(pl.Int8), pl.col("big").cast(pl.Int16))
    found = columns(TREE, frame)
    for i, row in enumerate(frame.cast(pl.Float64).to_dicts()):
        for name in TREE:
            expected = by_hand(name, TREE, row, [0, 1, -1][i % 3])
            assert found[name][i] == (None if expected is None else pytest.approx(expected, abs=1e-12)), name


def test_rows_are_given_in_the_order_that_is_asked_for():
    frame = pl.DataFrame({"a": [1, None, 3, 4], "b": [5, 6, None, 2]})
    tree: dict[str, Derived] = {"gap": Difference("a", "b")}
    assert columns(tree, frame, np.array([3, 0, 2]))["gap"] == [2.0, -4.0, None]
    assert columns(tree, frame, slice(1, 4))["gap"] == [None, None, 2.0]


def test_columns_that_are_answered_together_share_a_mask():
    kinds = Masks(TREE).kinds(["gap", "paired", "a", "alone", "top", "mean", "of a mean", "of all", "level"])
    assert kinds.masks.tolist() == [0, 0, 1, 1, 1, 2, 2, 3, 4]
    assert (kinds.count, kinds.first) == (5, [0, 2, 5, 7, 8])
