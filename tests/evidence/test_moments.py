"""Moments: adding, totalling and complementing cells never changes what the rows say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.evidence import kernel
from svcq_lib.evidence.moments import CROSS_SUMS, VECTOR_SUMS, Accumulator, Moments

rng = np.random.default_rng(11)
N = 120
VALUES = rng.integers(1, 8, (N, 2)).astype(float)
VALUES[rng.random(VALUES.shape) < 0.2] = np.nan
WEIGHTS = rng.choice([0.5, 1.0, 2.0], N)
REGION, MONTH = rng.choice(["n", "s", "w"], N), rng.choice(["01", "02"], N)


def moments(rows: np.ndarray, cross: bool = False) -> Moments:
    """The moments of some rows by region and month."""
    keys = pd.DataFrame({"region": REGION[rows], "month": MONTH[rows]})
    codes = keys.groupby(["region", "month"], sort=False).ngroup().to_numpy()
    order, starts, cells = kernel.sort_cells(codes)
    sums = (kernel.cross_sums if cross else kernel.vector_sums)(
        VALUES[rows][order], WEIGHTS[rows][order], starts
    )
    distinct = keys.drop_duplicates(ignore_index=True).loc[cells].reset_index(drop=True)
    return Moments(("a", "b"), distinct, sums)


def by_key(found: Moments, *keys: str) -> dict[tuple[object, ...], dict[str, np.ndarray]]:
    names = found.keys[list(keys)].itertuples(index=False, name=None)
    return {key: {name: one[i] for name, one in found.sums.items()} for i, key in enumerate(names)}


def same(one: Moments, other: Moments, *keys: str) -> None:
    left, right = by_key(one, *keys), by_key(other, *keys)
    assert left.keys() == right.keys()
    for key, sums in left.items():
        for name, array in sums.items():
            assert array == pytest.approx(right[key][name]), (key, name)


EVERY = np.arange(N)


@given(st.lists(st.booleans(), min_size=N, max_size=N), st.booleans())
def test_two_disjoint_sets_of_rows_add_up_to_all(mask, cross):
    here = np.array(mask)
    same(moments(EVERY[here], cross) + moments(EVERY[~here], cross), moments(EVERY, cross), "region", "month")


@given(st.permutations(range(N)))
def test_the_order_of_rows_does_not_matter(order):
    same(moments(np.array(order)), moments(EVERY), "region", "month")


def test_totals_over_a_key():
    whole = moments(EVERY)
    answered = ~np.isnan(VALUES[:, 0])
    regions = by_key(whole.total(["region"]), "region")
    for region in "nsw":
        rows = answered & (region == REGION)
        assert regions[(region,)]["n"][0] == rows.sum()
        assert regions[(region,)]["swx"][0] == pytest.approx((WEIGHTS[rows] * VALUES[rows, 0]).sum())
    total = whole.total()
    assert (len(total.keys), total.sums["n"].shape) == (1, (1, 2))
    assert total.sums["n"][0, 0] == answered.sum()
    assert whole.total(["region"]).total().sums["sw2x2"] == pytest.approx(total.sums["sw2x2"])


@pytest.mark.parametrize("cross", [False, True])
def test_a_complement_is_the_total_less_the_cell(cross):
    by_region = moments(EVERY, cross).total(["region"])
    rest = by_key(by_region.complements("region").total(["region"]), "region")
    total = by_region.total()
    for (region,), sums in by_key(by_region, "region").items():
        for name, array in sums.items():
            assert rest[(region,)][name] == pytest.approx(total.sums[name][0] - array)


def test_a_single_level_has_no_complement():
    one = moments(EVERY[REGION == "n"]).total(["region"])
    assert len(one.complements("region").keys) == 0


def test_where_keeps_the_cells_of_a_value():
    found = moments(EVERY).where(region="n", month="01")
    assert found.keys.to_numpy().tolist() == [["n", "01"]]
    assert found.sums["n"].shape == (1, 2)
    assert found.column("b") == 1
    assert not found.cross
    assert moments(EVERY, cross=True).cross


@pytest.mark.parametrize(("names", "shape"), [(VECTOR_SUMS, (2,)), (CROSS_SUMS, (2, 2))])
def test_an_accumulator_grows_with_its_cells(names, shape):
    adding = Accumulator(dict.fromkeys(names, shape))
    adding.add(np.zeros(0, dtype=np.intp), {})
    for codes in ([0, 3], [3, 40], [0]):
        adding.add(np.array(codes), {name: np.ones((len(codes), *shape)) for name in names})
    found = adding.result()
    assert found[names[0]].shape == (41, *shape)
    assert [found[names[-1]][cell].min() for cell in (0, 1, 3, 40)] == [2, 0, 2, 1]
