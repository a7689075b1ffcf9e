"""Rows with the same answer throughout: the arrays of a scan against the data contract's expression."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from svcq_lib.evidence.batch import laid_out
from svcq_lib.evidence.straight import straight_lined
from svcq_lib.sources import rules
from svcq_lib.study import Column, Scale


def table(n: int, items: int) -> pl.DataFrame:
    rng = np.random.default_rng(3)
    values = rng.integers(1, 4, (n, items))
    values[rng.random(n) < 0.4] = 2
    gone = rng.random((n, items)) < rng.choice([0.0, 0.1, 0.7, 1.0], size=(n, 1))
    names = [f"perception.q{i}" for i in range(items)]
    frame = pl.DataFrame(values, schema=dict.fromkeys(names, pl.Int8))
    return frame.with_columns(
        pl.when(pl.Series(~gone[:, i])).then(pl.col(name)).alias(name) for i, name in enumerate(names)
    )


@pytest.mark.parametrize("shift", [0.0, 0.5, -500.0])
@pytest.mark.parametrize("items", [5, 6, 9])
def test_the_same_rows_as_those_of_the_data_contract(items, shift):
    frame = table(20_000, items)
    names = frame.columns
    if shift:  # some columns are no short integers
        odd = [name for i, name in enumerate(names) if i % 2]
        frame = frame.with_columns(pl.col(odd).cast(pl.Float64))
        frame = frame.with_columns(pl.col(names).cast(pl.Float64) + shift) if shift < 0 else frame
    scale = Scale(low=-600, high=600)
    columns = {name: Column(column=name, scale=scale if shift else Scale(low=1, high=7)) for name in names}
    told = frame.with_columns(outcome=pl.lit(1, pl.Int8))
    found = straight_lined(laid_out(told, columns | {"outcome": Column(column="outcome")}))
    known = frame.select(rules.straight_lined(names).alias("x"))["x"].to_numpy()
    assert found.tolist() == np.broadcast_to(known, len(found)).tolist()
    assert found.any() == (items >= rules.STRAIGHT_ITEMS)
