"""The one kernel: a batch of rows in, sums per cell out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def sort_cells(codes: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
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


def vector_sums(values: Array, weights: Array, starts: NDArray[np.intp]) -> dict[str, Array]:
    """Return the sums of single columns.

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
    answered = ~np.isnan(values)
    x = np.where(answered, values, 0.0)
    w = np.where(answered, weights[:, None], 0.0)
    terms = {"n": answered.astype(float), "sw": w, "sw2": w * w, "swx": w * x}
    terms |= {"sw4": terms["sw2"] ** 2, "swx2": terms["swx"] * x}
    terms |= {"sw2x": terms["sw2"] * x, "sw2x2": terms["sw2"] * x * x}
    return {name: np.add.reduceat(term, starts, axis=0) for name, term in terms.items()}


def cross_sums(values: Array, weights: Array, starts: NDArray[np.intp]) -> dict[str, Array]:
    """Return the sums of pairs of columns, over rows where both are answered.

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
    answered = (~np.isnan(values)).astype(float)
    x = np.where(answered > 0, values, 0.0)
    wx, wm = x * weights[:, None], answered * weights[:, None]
    p = values.shape[1]
    sums = {name: np.empty((len(starts), p, p)) for name in ("n", "sw", "swx", "swxx", "swxy")}
    for cell, rows in enumerate(_slices(starts, len(values))):
        m = answered[rows]
        sums["n"][cell] = m.T @ m
        sums["sw"][cell] = wm[rows].T @ m
        sums["swx"][cell] = wx[rows].T @ m
        sums["swxx"][cell] = (wx[rows] * x[rows]).T @ m
        sums["swxy"][cell] = wx[rows].T @ x[rows]
    return sums


def _slices(starts: NDArray[np.intp], n: int) -> list[slice]:
    ends = [*starts[1:].tolist(), n]
    return [slice(start, end) for start, end in zip(starts.tolist(), ends, strict=True)]
