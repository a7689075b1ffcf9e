"""The kernel against plain loops over rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from svcq_lib.evidence import kernel
from svcq_lib.evidence.columns import Kinds
from svcq_lib.stats.matrices import correlation_from_moments

NAN = np.nan

# hand-computed


def test_rows_are_brought_together_by_cell_and_minus_one_is_left_out():
    order, starts, cells = kernel.sort_cells(np.array([2, -1, 0, 2, 0]))
    assert (order.tolist(), starts.tolist(), cells.tolist()) == ([2, 4, 0, 3], [0, 2], [0, 2])
    order, starts, cells = kernel.sort_cells(np.array([-1, -1]))
    assert (order.size, starts.size, cells.size) == (0, 0, 0)


def test_vector_sums_by_hand():
    found = kernel.vector_sums(np.array([[2.0], [NAN], [3.0]]), np.array([0.5, 9.0, 2.0]), np.array([0]))
    assert {name: float(one[0, 0]) for name, one in found.items()} == {
        "n": 2, "sw": 2.5, "sw2": 4.25, "sw4": 16.0625, "swx": 7.0, "swx2": 20.0, "sw2x": 12.5, "sw2x2": 37.0,
    }  # fmt: skip


def test_cross_sums_count_only_rows_where_both_are_answered():
    values = np.array([[1.0, 4.0], [2.0, NAN], [3.0, 5.0]])
    found = kernel.cross_sums(values, np.array([1.0, 1.0, 2.0]), np.array([0]))
    assert found["n"][0].tolist() == [[3, 2], [2, 2]]
    assert found["sw"][0].tolist() == [[4, 3], [3, 3]]
    assert found["swx"][0].tolist() == [[9, 7], [14, 14]]
    assert found["swxx"][0].tolist() == [[23, 19], [66, 66]]
    assert found["swxy"][0].tolist() == [[23, 34], [34, 66]]


# brute force

ROWS = st.integers(1, 25).flatmap(
    lambda n: st.tuples(
        arrays(float, (n, 3), elements=st.sampled_from([NAN, 1.0, 2.0, 3.5, 7.0])),
        arrays(float, n, elements=st.sampled_from([0.25, 1.0, 3.0])),
        arrays(np.intp, n, elements=st.integers(-1, 3)),
    )
)


@given(ROWS)
def test_every_sum_equals_a_loop(rows):
    values, weights, codes = rows
    order, starts, cells = kernel.sort_cells(codes)
    assume(len(cells) > 0)
    vector = kernel.vector_sums(values[order], weights[order], starts)
    cross = kernel.cross_sums(values[order], weights[order], starts)
    for position, cell in enumerate(cells):
        x, w = values[codes == cell], weights[codes == cell]
        for j in range(3):
            here = ~np.isnan(x[:, j])
            xj, wj = x[here, j], w[here]
            expected = {
                "n": here.sum(), "sw": wj.sum(), "sw2": (wj**2).sum(), "sw4": (wj**4).sum(),
                "swx": (wj * xj).sum(), "swx2": (wj * xj**2).sum(), "sw2x": (wj**2 * xj).sum(),
                "sw2x2": (wj**2 * xj**2).sum(),
            }  # fmt: skip
            assert {name: vector[name][position, j] for name in expected} == pytest.approx(expected)
            for k in range(3):
                both = here & ~np.isnan(x[:, k])
                xi, xk, wi = x[both, j], x[both, k], w[both]
                expected = {
                    "n": both.sum(), "sw": wi.sum(), "swx": (wi * xi).sum(), "swxx": (wi * xi**2).sum(),
                    "swxy": (wi * xi * xk).sum(),
                }  # fmt: skip
                assert {name: cross[name][position, j, k] for name in expected} == pytest.approx(expected)


def test_pairwise_correlations_equal_those_of_pandas():
    rng = np.random.default_rng(5)
    values = rng.normal(size=(300, 4)) @ rng.normal(size=(4, 4))
    values[rng.random(values.shape) < 0.3] = NAN
    sums = kernel.cross_sums(values, np.ones(300), np.array([0]))
    found = correlation_from_moments(**{name: one[0] for name, one in sums.items()})
    assert found == pytest.approx(pd.DataFrame(values).corr(min_periods=2).to_numpy(), abs=1e-12)


def test_weighted_correlation_equals_that_of_repeated_rows():
    rng = np.random.default_rng(6)
    values, times = rng.normal(size=(40, 3)), rng.integers(1, 5, 40)
    sums = kernel.cross_sums(values, times.astype(float), np.array([0]))
    found = correlation_from_moments(**{name: one[0] for name, one in sums.items()})
    assert found == pytest.approx(np.corrcoef(np.repeat(values, times, axis=0).T), abs=1e-12)


# the trap


def test_sums_of_single_columns_would_give_a_correlation_above_one():
    x = np.array([-3.0, 3.0, 0.0, 0.0, 0.0, 0.0])
    y = np.array([-3.0, 3.0, NAN, NAN, NAN, NAN])
    sums = kernel.cross_sums(np.column_stack([x, y]), np.ones(6), np.array([0]))
    naive = np.nanmean(x * y) / np.sqrt(np.nanvar(x) * np.nanvar(y))
    assert naive > 1.7
    found = correlation_from_moments(**{name: one[0] for name, one in sums.items()})
    assert found[0, 1] == pytest.approx(1.0)


@given(
    arrays(bool, (20, 2), elements=st.booleans()),
    arrays(np.int8, (20, 3), elements=st.integers(0, 1)),
    arrays(np.intp, 20, elements=st.integers(0, 2)),
    st.booleans(),
)
def test_columns_that_are_answered_together_need_one_column_for_all(masks, flags, codes, weighted):
    """Two columns under one mask and a third under its own: 0 and 1 but for the first."""
    of = np.array([0, 0, 1])
    values = np.where(masks[:, of], flags * np.array([5.0, 1.0, 1.0]), NAN)
    order, starts, _ = kernel.sort_cells(codes)
    weights = np.linspace(0.5, 2.0, 20)[order]
    full = kernel.cross_sums(values[order], weights if weighted else np.ones(20), starts)
    x = np.column_stack([np.nan_to_num(values[order]), np.ones(20)])
    found = kernel.pair_sums(x, masks[order], weights if weighted else None, starts, Kinds(of))
    for name, one in found.items():
        whole = one[:, of] if name in ("n", "sw") else one
        np.testing.assert_allclose(whole[:, :, of] if name != "swxy" else whole, full[name], atol=1e-12)


@pytest.mark.parametrize("missing", [0.0, 0.02, 0.6])
@pytest.mark.parametrize("kind", ["whole", "real", "weighted"])
def test_pairs_are_the_same_however_many_answers_are_missing(missing, kind):
    """Few are taken away from the sums of all rows, many are left out of the products: against plain loops."""
    rng = np.random.default_rng(7)
    n, p = 600, 5
    values = rng.integers(1, 8, (n, p)).astype(float) + (0.25 if kind == "real" else 0.0)
    values[rng.random((n, p)) < missing] = NAN
    values[:200, 4] = NAN if missing else 1.0  # in the first cell nobody answers both of the last two
    values[200:220, 3] = NAN if missing else 1.0
    weights = rng.random(n) + 0.5 if kind == "weighted" else np.ones(n)
    starts = np.array([0, 200, 201, 450])
    present = ~np.isnan(values)
    x = np.zeros((n, 16), dtype=np.float32 if kind == "whole" else np.float64)
    x[:, :p], x[:, p] = np.where(present, values, 0.0), 1.0
    asked = None if present.all() else present
    found = kernel.pair_sums(x, asked, weights if kind == "weighted" else None, starts, Kinds(np.arange(p)))
    names = kernel.PLAIN_CROSS_SUMS + (("sw",) if kind == "weighted" else ())
    assert set(found) == set(names)
    for cell, (start, end) in enumerate(zip(starts, [*starts[1:], n], strict=True)):
        for i in range(p):
            for j in range(p):
                both = (present[:, i] & present[:, j])[start:end]
                v, u, w = (one[start:end][both] for one in (values[:, i], values[:, j], weights))
                known = {"n": both.sum(), "sw": w.sum(), "swx": w @ v, "swxx": w @ v**2, "swxy": w @ (u * v)}
                for name in names:
                    assert found[name][cell, i, j] == pytest.approx(known[name], rel=1e-12, abs=0.0), name
