"""The one kernel: answers of a batch in, sums per cell out.

A value without an answer is 0, and masks tell which. Sums of single columns are taken over contiguous columns, sums of
pairs are matrix products of contiguous rows. Those that count only who answered both are sums over all rows less those
over the rows without an answer, which are few. Products of whole numbers that stay exact in single precision are
computed in it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from svcq_lib.evidence.columns import Kinds
from svcq_lib.evidence.rooms import room

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Sums = dict[str, Array]

PLAIN_VECTOR_SUMS = ("n", "swx", "swx2")
PLAIN_CROSS_SUMS = ("n", "swx", "swxx", "swxy")
"""What differs between rows that count once; the other sums equal one of these."""

EXACT = float(1 << 24)  # whole numbers below are exact in single precision
_FEW = 8  # of so many answers at most one is missing where the rows without it are summed apart


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


def plain_sums(x: NDArray[np.floating]) -> tuple[Array, Array]:
    """Return Σx and Σx² of columns in which no answer is 0 and rows count once, over all rows.

    Parameters
    ----------
    x : ndarray, shape (p, n)
        Answers.

    Returns
    -------
    tuple of ndarray, shape (p,)
        Sums.
    """
    ones = np.ones(x.shape[1], dtype=x.dtype)
    return (x @ ones).astype(float), np.einsum("ij,ij->i", x, x).astype(float)


def single_sums(
    x: NDArray[np.floating], present: NDArray[np.bool_], weights: Array | None, starts: Codes
) -> Sums:
    """Return the sums of single columns by cell.

    Parameters
    ----------
    x : ndarray, shape (p, n)
        Answers, sorted by cell; 0 where there is none.
    present : ndarray of bool, shape (p, n)
        Where there is an answer.
    weights : ndarray, shape (n,), optional
        Weights in the same order; without them each row counts once.
    starts : ndarray of int
        First row of each cell.

    Returns
    -------
    dict of str to ndarray
        See :class:`~svcq_lib.evidence.moments.Moments`; shape (cells, p). Without weights only
        ``PLAIN_VECTOR_SUMS``.
    """
    found = [_by_cell(*one, weights, starts) for one in zip(x, present, strict=True)]
    names = PLAIN_VECTOR_SUMS if weights is None else tuple(found[0])
    return {name: np.array([one[name] for one in found]).reshape(len(found), -1).T for name in names}


def _by_cell(
    x: NDArray[np.floating], present: NDArray[np.bool_], weights: Array | None, starts: Codes
) -> Sums:
    missing = np.searchsorted(np.flatnonzero(~present), np.append(starts, len(x)))
    n = (rows_of(starts, len(x)) - (missing[1:] - missing[:-1])).astype(float)
    if weights is None:
        return {"n": n, "swx": np.add.reduceat(x, starts), "swx2": np.add.reduceat(x * x, starts)}
    w = weights * present
    w2, wx = w * w, w * x
    w2x = w2 * x
    terms = {"sw": w, "sw2": w2, "sw4": w2 * w2, "swx": wx, "swx2": wx * x, "sw2x": w2x, "sw2x2": w2x * x}
    return {"n": n} | {name: np.add.reduceat(term, starts) for name, term in terms.items()}


def exact_type(limit: float | None, n: int) -> type[np.floating[Any]]:
    """Return the shortest type in which sums of n products of columns are exact.

    Parameters
    ----------
    limit : float or None
        Largest absolute value of the columns if all values are whole numbers.
    n : int
        Number of products.

    Returns
    -------
    type
        Single precision if it is exact, else double.
    """
    return np.float32 if limit is not None and max(limit, 1.0) ** 2 * n < EXACT else np.float64


def rows_of(starts: Codes, n: int) -> NDArray[np.int64]:
    """Return how many of n rows each cell has."""
    return np.append(starts[1:], n) - starts


def pair_sums(
    x: NDArray[np.floating],
    present: NDArray[np.bool_] | None,
    weights: Array | None,
    starts: Codes,
    kinds: Kinds,
) -> Sums:
    """Return the sums of pairs of columns by cell, over rows where both are answered.

    Parameters
    ----------
    x : ndarray, shape (n, p + 1) or wider
        Answers, sorted by cell, 0 where there is none; then a column of ones, and none or more of zeros.
    present : ndarray of bool, shape (n, m), optional
        Where there is an answer, for each mask; None if there is one everywhere.
    weights : ndarray, shape (n,), optional
        Weights in the same order; without them each row counts once.
    starts : ndarray of int
        First row of each cell.
    kinds : Kinds
        The mask of each column.

    Returns
    -------
    dict of str to ndarray
        See :class:`~svcq_lib.evidence.moments.Moments`, but with one column j for all that have the same mask: shape
        (cells, m, m) of ``n`` and ``sw``, (cells, p, m) of ``swx`` and ``swxx``, (cells, p, p) of ``swxy``. Without
        weights only ``PLAIN_CROSS_SUMS``.
    """
    p = len(kinds.masks)
    heads = x if weights is None else np.multiply(x, weights[:, None], out=room("heads", x.shape, float))
    products = _products(heads, x, starts)
    answered = _Answered(present, kinds.count, starts, x)
    found = answered.sums(products[:, :, p], heads)
    sums = {
        "n": answered.counts(),
        "swx": found[:, :p],
        "swxx": answered.sums(np.diagonal(products, axis1=1, axis2=2), heads, x)[:, :p],
    }
    if weights is not None:
        sums["sw"] = answered.sums(found[:, p], answered.given, weights[:, None])
    if x.dtype == float:  # the difference of rounded sums over the same rows need not be 0
        some = sums["n"] > 0
        sums |= {name: sums[name] * some[:, kinds.masks] for name in ("swx", "swxx")}
        sums |= {name: sums[name] * some for name in sums.keys() & {"sw"}}
    return sums | {"swxy": products[:, :p, :p]}


class _Answered:
    """Sums over the rows that have an answer under each of m masks.

    Where few answers are missing, what lies in the rows without one is taken away from what lies in all rows.
    """

    def __init__(
        self, present: NDArray[np.bool_] | None, m: int, starts: Codes, x: NDArray[np.floating]
    ) -> None:
        n, cells = len(x), len(starts)
        missing = np.zeros(0, dtype=np.intp) if present is None else np.flatnonzero(~present)
        self._starts, self._m, self._rows = starts, m, rows_of(starts, n)
        self._whole, self._absent = len(missing) == 0, None
        self.given = room("given", (n, 0 if self._whole else m), x.dtype.type)
        if present is None or self._whole:
            return
        self.given[:] = present
        if len(missing) * _FEW > n * m:
            return
        rows, masks = np.divmod(missing, m)
        if cells > 1:
            masks += m * (np.searchsorted(starts, rows, side="right") - 1)
        ends = np.append(0, np.cumsum(np.bincount(rows, minlength=n)))
        ones = np.ones(len(missing), dtype=x.dtype)
        self._absent = csc_array((ones, masks, ends), shape=(m * cells, n))

    def counts(self) -> Array:
        """Return the number of rows that have an answer under both of two masks."""
        totals = np.repeat(self._rows[:, None], self._m, axis=1)
        if self._absent is not None:
            gone = np.bincount(self._absent.indices, minlength=self._absent.shape[0])
            totals -= gone.reshape(totals.shape)
        return self.sums(totals, self.given)

    def sums(
        self, totals: NDArray[Any], x: NDArray[np.floating], times: NDArray[np.floating] | None = None
    ) -> Array:
        """Return the sums of columns, times others, by cell and mask; those over all rows are given."""
        if self._whole:
            return np.repeat(totals[:, :, None], self._m, axis=2).astype(float)
        left = x if times is None else np.multiply(x, times, out=room("left", x.shape, x.dtype.type))
        if self._absent is None:
            return _products(left, self.given, self._starts)
        gone = (self._absent @ left).reshape(len(self._starts), self._m, -1)
        return totals[:, :, None] - gone.swapaxes(1, 2)


def _products(left: NDArray[np.floating], right: NDArray[np.floating], starts: Codes) -> Array:
    """Return the products of two matrices over the rows of each cell."""
    found = np.empty((len(starts), left.shape[1], right.shape[1]))
    ends = [*starts[1:].tolist(), len(left)]
    for cell, (start, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
        found[cell] = left[start:end].T @ right[start:end]
    return found


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
    present = ~np.isnan(values.T)
    return single_sums(np.where(present, values.T, 0.0), present, weights, starts)


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
    present, p = ~np.isnan(values), values.shape[1]
    x = np.ones((len(values), p + 1))
    x[:, :p] = np.where(present, values, 0.0)
    return pair_sums(x, present, weights, starts, Kinds(np.arange(p)))
