"""The one kernel: answers of a batch in, sums per cell out.

Columns lie in rows of a matrix, so that each is contiguous; a value without an answer is 0, and masks tell which.
Sums of pairs are matrix products. Only rows that lack some of the answers need the products that count who answered
both: in all others these are sums of single columns. Products of whole numbers that stay exact in single precision
are computed in it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from svcq_lib.evidence.columns import Kinds
from svcq_lib.evidence.rooms import room

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
    x: NDArray[np.floating], present: NDArray[np.bool_], weights: Array | None, starts: Codes, kinds: Kinds
) -> Sums:
    """Return the sums of pairs of columns by cell, over rows where both are answered.

    Parameters
    ----------
    x : ndarray, shape (p + 1, n)
        Answers, sorted by cell, 0 where there is none; the last row is written to.
    present : ndarray of bool, shape (m, n)
        Where there is an answer, for each mask.
    weights : ndarray, shape (n,), optional
        Weights in the same order; without them each row counts once.
    starts : ndarray of int
        First row of each cell.
    kinds : Kinds
        The mask of each column, and which hold 0 and 1 only.

    Returns
    -------
    dict of str to ndarray
        See :class:`~svcq_lib.evidence.moments.Moments`, but with one column j for all that have the same mask: shape
        (cells, m, m) of ``n`` and ``sw``, (cells, p, m) of ``swx`` and ``swxx``, (cells, p, p) of ``swxy``. Without
        weights only ``PLAIN_CROSS_SUMS``.
    """
    p, n = len(x) - 1, x.shape[1]
    complete = np.logical_and.reduce(present)
    x[p] = complete  # a last column, so that the products hold sums over rows with all answers, too
    products = _products(x if weights is None else x * weights, x, starts, n)
    some = np.flatnonzero(np.logical_or.reduce(present) > complete)
    part = _partial_sums(x[:p], present, weights, some, np.searchsorted(some, starts), kinds.binary)
    whole = np.add.reduceat(x[p], starts, dtype=float)
    every = {"n": whole[:, None, None], "sw": products[:, p:, p:], "swx": products[:, :p, p:]}
    own = part["swxx"][:, np.arange(p), kinds.masks]
    squares = np.diagonal(products, axis1=1, axis2=2)[:, :p] - own
    every["swxx"] = np.where(whole[:, None] > 0, squares, 0.0)[:, :, None]
    return {name: one + every[name] for name, one in part.items()} | {"swxy": products[:, :p, :p]}


def _partial_sums(
    x: NDArray[np.floating],
    present: NDArray[np.bool_],
    weights: Array | None,
    some: Codes,
    starts: Codes,
    binary: NDArray[np.bool_],
) -> Sums:
    """Return the sums over those rows that lack some of the answers."""
    p, m, n = len(x), len(present), len(some)
    heads = m if weights is None else 2 * m
    if n == 0:
        sizes = {"n": m, "sw": m, "swx": p, "swxx": p}
        names = [name for name in sizes if weights is not None or name != "sw"]
        return {name: np.zeros((len(starts), sizes[name], m)) for name in names}
    others = np.flatnonzero(~binary)  # the square of 0 and of 1 is the number itself
    terms = room("terms", (heads + p + len(others), n), x.dtype.type)
    answered, values, squares = terms[:m], terms[heads : heads + p], terms[heads + p :]
    answered[:] = present.take(some, axis=1, out=room("some", (m, n), np.bool_), mode="clip")
    x.take(some, axis=1, out=values, mode="clip")
    np.multiply(values[others], values[others], out=squares)
    if weights is not None:
        own = weights[some]
        np.multiply(answered, own, out=terms[m:heads])
        values *= own
        squares *= own
    found = _products(terms, answered, starts, n)
    sums = {"n": found[:, :m], "sw": found[:, m:heads], "swx": found[:, heads : heads + p]}
    sums["swxx"] = sums["swx"].copy()
    sums["swxx"][:, others] = found[:, heads + p :]
    return {name: one for name, one in sums.items() if weights is not None or name != "sw"}


def _products(left: NDArray[np.floating], right: NDArray[np.floating], starts: Codes, n: int) -> Array:
    """Return the products of two matrices over the rows of each cell."""
    found = np.empty((len(starts), len(left), len(right)))
    ends = [*starts[1:].tolist(), n]
    for cell, (start, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
        found[cell] = left[:, start:end] @ right[:, start:end].T
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
    present, p = ~np.isnan(values.T), values.shape[1]
    x = np.zeros((p + 1, len(values)))
    np.copyto(x[:p], values.T, where=present)
    return pair_sums(x, present, weights, starts, Kinds(np.arange(p), np.zeros(p, dtype=bool)))
