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
        Cell of each row, below 2³²; −1 leaves the row out.

    Returns
    -------
    order, starts, cells : ndarray of int
        Rows sorted by cell (stable), first position of each cell in that order, code of each cell.
    """
    order = np.argsort((codes & 0xFFFF).astype(np.uint16), kind="stable")  # numpy sorts 16 bits by radix
    if codes.max(initial=0) > 0xFFFF or codes.min(initial=0) < 0:
        order = order[np.argsort((codes[order] >> 16).astype(np.int16), kind="stable")]
    found = codes[order]
    first = int(np.searchsorted(found, 0))
    found = found[first:]
    starts = np.flatnonzero(np.diff(found, prepend=-1))
    return order[first:], starts, found[starts]


def single_sums(columns: Sequence[Answers], weights: Array | None, starts: Codes | None = None) -> Sums:
    """Return the sums of single columns by cell.

    Parameters
    ----------
    columns : sequence of Answers
        p columns of n rows, sorted by cell.
    weights : ndarray, shape (n,), optional
        Weights in the same order; without them each row counts once.
    starts : ndarray of int, optional
        First row of each cell; without them all rows are one cell.

    Returns
    -------
    dict of str to ndarray
        See :class:`~svcq_lib.evidence.moments.Moments`; shape (cells, p). Without weights only
        ``PLAIN_VECTOR_SUMS``.
    """
    n = len(columns[0].values)
    found = [
        _whole_column(one, n) if weights is None and starts is None else _by_cell(one, weights, starts)
        for one in columns
    ]
    names = PLAIN_VECTOR_SUMS if weights is None else tuple(found[0])
    return {name: np.array([one[name] for one in found]).reshape(len(columns), -1).T for name in names}


def _whole_column(one: Answers, n: int) -> Sums:
    x = one.values
    sums = {"n": n - np.count_nonzero(one.absent), "swx": x.sum(), "swx2": x @ x}
    return {name: np.array([total], dtype=float) for name, total in sums.items()}


def _by_cell(one: Answers, weights: Array | None, starts: Codes | None) -> Sums:
    x, cells = one.values, np.zeros(1, dtype=np.intp) if starts is None else starts
    rows = np.diff(cells, append=len(x)).astype(float)
    missing = np.searchsorted(np.flatnonzero(one.absent), [*cells, len(x)])
    n = rows - np.diff(missing)
    if weights is None:
        return {"n": n, "swx": np.add.reduceat(x, cells), "swx2": np.add.reduceat(x * x, cells)}
    w = weights * ~one.absent
    w2, wx = w * w, w * x
    w2x = w2 * x
    terms = {"sw": w, "sw2": w2, "sw4": w2 * w2, "swx": wx, "swx2": wx * x, "sw2x": w2x, "sw2x2": w2x * x}
    return {"n": n} | {name: np.add.reduceat(term, cells) for name, term in terms.items()}


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
    p, n = len(columns), len(columns[0].values)
    exact = weights is None and largest is not None and max(largest, 1.0) ** 2 * n < EXACT
    x = np.empty((p + 1, n), dtype=np.float32 if exact else np.float64)
    absent = np.empty((p, n), dtype=bool)
    for j, one in enumerate(columns):
        x[j], absent[j] = one.values, one.absent
    lacking = absent.any(axis=0)
    x[p] = ~lacking  # a last column, so that the products hold sums over rows with all answers, too
    products = _products(x if weights is None else x * weights, x, _slices(starts, n))
    some = np.flatnonzero(lacking & ~absent.all(axis=0))
    part = _partial_sums(
        x[:p].take(some, axis=1),
        absent.take(some, axis=1),
        None if weights is None else weights[some],
        _slices(np.searchsorted(some, starts), len(some)),
    )
    whole = np.add.reduceat(x[p], starts, dtype=float)
    every = {"n": whole[:, None, None], "sw": products[:, p:, p:], "swx": products[:, :p, p:]}
    squares = np.diagonal(products, axis1=1, axis2=2)[:, :p] - np.diagonal(part["swxx"], axis1=1, axis2=2)
    every["swxx"] = np.where(whole[:, None] > 0, squares, 0.0)[:, :, None]
    return {name: one + every[name] for name, one in part.items()} | {"swxy": products[:, :p, :p]}


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
    return single_sums(_answers(values), weights, starts)


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
