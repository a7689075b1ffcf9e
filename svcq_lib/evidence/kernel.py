"""The one kernel: answers of a batch in, sums per cell out.

Columns lie in rows of a matrix, so that each is contiguous; a value without an answer is 0 and marked as absent.
Sums of pairs are matrix products. Only rows that lack some of the answers need the products that count who answered
both: in all others these are sums of single columns. Products of whole numbers that stay exact in single precision
are computed in it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from svcq_lib.evidence.columns import Answers

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Sums = dict[str, Array]

PLAIN_VECTOR_SUMS = ("n", "swx", "swx2")
PLAIN_CROSS_SUMS = ("n", "swx", "swxx", "swxy")
"""What differs between rows that count once; the other sums equal one of these."""

EXACT = float(1 << 24)  # whole numbers below are exact in single precision


def sort_cells(codes: Codes) -> tuple[Codes, Codes, Codes]:
    """Return row order, starts and cell codes that bring each cell's rows together.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Cell of each row; −1 leaves the row out.

    Returns
    -------
    order, starts, cells : ndarray of int
        Rows sorted by cell (stable), first position of each cell in that order, code of each cell.
    """
    order = np.argsort(codes, kind="stable")
    order = order[np.searchsorted(codes[order], 0) :]
    cells, starts = np.unique(codes[order], return_index=True)
    return order, starts, cells


def single_sums(
    columns: Sequence[Answers], weights: Array | None, codes: Codes | None, n_cells: int = 1
) -> Sums:
    """Return the sums of single columns by cell.

    Parameters
    ----------
    columns : sequence of Answers
        p columns of n rows.
    weights : ndarray, shape (n,), optional
        Weights; without them each row counts once.
    codes : ndarray of int, shape (n,), optional
        Cell of each row, −1 for none; without them all rows are one cell.
    n_cells : int
        Number of cells.

    Returns
    -------
    dict of str to ndarray
        See :class:`~svcq_lib.evidence.moments.Moments`; shape (cells, p). Without weights only
        ``PLAIN_VECTOR_SUMS``.
    """
    adding = _Adding(codes, n_cells)
    found = [_single(one, weights, adding) for one in columns]
    return {name: np.column_stack([one[name] for one in found]) for name in found[0]}


class _Adding:
    """Adds up a column by cell."""

    def __init__(self, codes: Codes | None, n_cells: int) -> None:
        self.kept = None if codes is None or codes.min(initial=0) >= 0 else np.flatnonzero(codes >= 0)
        self.codes = codes if codes is None or self.kept is None else codes[self.kept]
        self.n_cells = n_cells

    def total(self, values: Array) -> Array:
        if self.codes is None:
            return np.array([values.sum()])
        own = values if self.kept is None else values[self.kept]
        return np.bincount(self.codes, own, minlength=self.n_cells).astype(float, copy=False)

    def product(self, left: Array, right: Array) -> Array:
        return np.array([left @ right]) if self.codes is None else self.total(left * right)

    def count(self, present: NDArray[np.bool_]) -> Array:
        if self.codes is None:
            return np.array([float(np.count_nonzero(present))])
        own = present if self.kept is None else present[self.kept]
        return np.bincount(self.codes[own], minlength=self.n_cells).astype(float)


def _single(one: Answers, weights: Array | None, adding: _Adding) -> Sums:
    x, present = one.values, ~one.absent
    if weights is None:
        return {"n": adding.count(present), "swx": adding.total(x), "swx2": adding.product(x, x)}
    w = weights * present
    w2, wx = w * w, w * x
    w2x = w2 * x
    return {
        "n": adding.count(present),
        "sw": adding.total(w),
        "sw2": adding.total(w2),
        "sw4": adding.product(w2, w2),
        "swx": adding.total(wx),
        "swx2": adding.product(wx, x),
        "sw2x": adding.total(w2x),
        "sw2x2": adding.product(w2x, x),
    }


def pair_sums(
    columns: Sequence[Answers], weights: Array | None, starts: Codes, largest: float | None = None
) -> Sums:
    """Return the sums of pairs of columns by cell, over rows where both are answered.

    Parameters
    ----------
    columns : sequence of Answers
        p columns of n rows, sorted by cell.
    weights : ndarray, shape (n,), optional
        Weights in the same order; without them each row counts once.
    starts : ndarray of int
        First row of each cell.
    largest : float, optional
        Largest absolute value if all values are whole numbers.

    Returns
    -------
    dict of str to ndarray
        See :class:`~svcq_lib.evidence.moments.Moments`; shape (cells, p, p). Without weights only
        ``PLAIN_CROSS_SUMS``.
    """
    n = len(columns[0].values)
    exact = weights is None and largest is not None and max(largest, 1.0) ** 2 * n < EXACT
    kind = np.float32 if exact else np.float64
    x = np.empty((len(columns), n), dtype=kind)
    absent = np.empty((len(columns), n), dtype=bool)
    for j, one in enumerate(columns):
        x[j], absent[j] = one.values, one.absent
    lacking = absent.sum(axis=0)
    whole, partial = lacking == 0, np.flatnonzero((lacking > 0) & (lacking < len(columns)))
    products = _products(x if weights is None else x * weights, x, _slices(starts, n))
    counted = _partial_sums(
        x[:, partial],
        absent[:, partial],
        None if weights is None else weights[partial],
        _slices(np.searchsorted(partial, starts), len(partial)),
    )
    full = _full_sums(x, weights, whole, starts)
    return {name: counted[name] + one for name, one in full.items()} | {"swxy": products}


def _full_sums(
    x: NDArray[np.floating], weights: Array | None, whole: NDArray[np.bool_], starts: Codes
) -> Sums:
    """Return the sums over rows with all answers, where who answered both is everybody."""
    w = whole.astype(float) if weights is None else weights * whole
    wx = x * w.astype(x.dtype)
    found = {"n": np.add.reduceat(whole.astype(float), starts)[:, None, None]}
    if weights is not None:
        found["sw"] = np.add.reduceat(w, starts)[:, None, None]
    found["swx"] = np.add.reduceat(wx, starts, axis=1).astype(float).T[:, :, None]
    wx *= x
    found["swxx"] = np.add.reduceat(wx, starts, axis=1).astype(float).T[:, :, None]
    return found


def _partial_sums(
    x: NDArray[np.floating], absent: NDArray[np.bool_], weights: Array | None, slices: Sequence[slice]
) -> Sums:
    """Return the sums over rows that lack some of the answers."""
    present = (~absent).astype(x.dtype)
    wx = x if weights is None else x * weights
    terms = [present, wx, wx * x] if weights is None else [present, present * weights, wx, wx * x]
    found = _products(np.concatenate(terms), present, slices)
    names = [name for name in ("n", "sw", "swx", "swxx") if weights is not None or name != "sw"]
    return dict(zip(names, np.split(found, len(names), axis=1), strict=True))


def _products(left: NDArray[np.floating], right: NDArray[np.floating], slices: Sequence[slice]) -> Array:
    found = np.empty((len(slices), len(left), len(right)))
    for cell, rows in enumerate(slices):
        found[cell] = left[:, rows] @ right[:, rows].T
    return found


def _slices(starts: Codes, n: int) -> list[slice]:
    ends = [*starts[1:].tolist(), n]
    return [slice(start, end) for start, end in zip(starts.tolist(), ends, strict=True)]


def vector_sums(values: Array, weights: Array, starts: Codes) -> Sums:
    """Return the sums of single columns of an array.

    Parameters
    ----------
    values : ndarray, shape (n, p)
        Answers sorted by cell; NaN is no answer.
    weights : ndarray, shape (n,)
        Weights in the same order.
    starts : ndarray of int
        First row of each cell.

    Returns
    -------
    dict of str to ndarray
        See :class:`~svcq_lib.evidence.moments.Moments`; shape (cells, p).
    """
    codes = np.repeat(np.arange(len(starts)), np.diff([*starts, len(values)]))
    return single_sums(_answers(values), weights, codes, len(starts))


def cross_sums(values: Array, weights: Array, starts: Codes) -> Sums:
    """Return the sums of pairs of columns of an array, over rows where both are answered.

    Parameters
    ----------
    values : ndarray, shape (n, p)
        Answers sorted by cell; NaN is no answer.
    weights : ndarray, shape (n,)
        Weights in the same order.
    starts : ndarray of int
        First row of each cell.

    Returns
    -------
    dict of str to ndarray
        See :class:`~svcq_lib.evidence.moments.Moments`; shape (cells, p, p).
    """
    return pair_sums(_answers(values), weights, starts)


def _answers(values: Array) -> list[Answers]:
    absent = np.isnan(values)
    return [
        Answers(x, none) for x, none in zip(np.where(absent, 0.0, values).T.copy(), absent.T, strict=True)
    ]
