"""Requests that follow from others: the same sums as if they were asked for alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svcq_lib.evidence import follow
from svcq_lib.evidence.collect import collect
from svcq_lib.evidence.needs import Cells, EvidenceNeeds

TOML = """
[responses]
id = "id"
segments = ["region"]
{weight}
[instrument]
scale = [1, 7]
[[instrument.dimensions]]
name = "d"
items = ["a", "b"]
"""
COLUMNS = ("perception.a", "perception.b")


@pytest.fixture(params=["", 'weight = "w"'])
def study(request, make_study):
    rng = np.random.default_rng(5)
    n = 2500  # more rows than blocks
    answer = np.where(rng.random((2, n)) < 0.1, None, rng.integers(1, 8, (2, n)))
    rows = pd.DataFrame(
        {
            "id": [f"R{i}" for i in range(n)],
            "region": rng.choice(["n", "s"], n),
            "w": rng.choice([0.5, 2.0], n),
            "a": answer[0],
            "b": answer[1],
        }
    )
    return make_study(rows, TOML.format(weight=request.param))


@pytest.mark.parametrize(
    "asked",
    [
        Cells(COLUMNS, cross=True),
        Cells(COLUMNS, ("segment.region",), cross=True),
        Cells(COLUMNS, blocks=True),
        Cells(COLUMNS, blocks=True, weighted=False),
        Cells(COLUMNS, cross=True, weighted=False),
    ],
)
def test_what_follows_equals_what_is_added_up(study, asked):
    pairs = Cells(COLUMNS, asked.by, cross=True, blocks=True, weighted=asked.weighted)
    both = EvidenceNeeds(cells={"asked": asked, "pairs": pairs})
    weighted = study.responses.weight is not None
    skipped = follow.source_of(both.cells, "asked", weighted=weighted)
    assert skipped == (None if asked.blocks and weighted and asked.weighted else "pairs")
    together = collect(study, both).moments["asked"]
    alone = collect(study, EvidenceNeeds(cells={"asked": asked})).moments["asked"]
    assert together.keys.equals(alone.keys)
    assert set(together.sums) == set(alone.sums)
    for name, one in alone.sums.items():
        np.testing.assert_allclose(together.sums[name], one, rtol=1e-12)


@pytest.mark.parametrize(
    "other",
    [
        Cells(COLUMNS, cross=True),
        Cells(COLUMNS[::-1], cross=True, blocks=True),
        Cells(COLUMNS, ("period",), cross=True, blocks=True),
        Cells(COLUMNS, cross=True, blocks=True, all_periods=True),
        Cells(COLUMNS, cross=True, blocks=True, peers=True),
    ],
)
def test_nothing_follows_from_other_columns_groups_or_rows(other):
    cells = {"asked": Cells(COLUMNS, cross=True), "other": other}
    assert follow.source_of(cells, "asked", weighted=False) is None
    assert set(follow.scanned(EvidenceNeeds(cells=cells), weighted=False).cells) == {"asked", "other"}
