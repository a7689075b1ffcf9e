"""R-squared of every subset of predictors, from their correlation matrix.

One *sweep* takes a stack of residual covariance matrices and splits each in two: the first predictor left out
(its row and column are dropped) and the first predictor let in (the rest is conditioned on it). After p
sweeps the one number left of each matrix is the R-squared of its subset. All 2**p subsets cost about 3 * 2**p
multiplications, against p**3 / 3 for each subset when every regression is solved anew.

A subset is an integer whose bit k says whether predictor k is in it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MAX_TERMS = 28
_FLAT_BITS = 16  # a block of 2**16 subsets keeps the workspaces of all levels in the processor's cache
_HIGH_BITS = 14  # the table of half-swept matrices stays near 30 MB
_LOW_BITS = 12


def subset_r_squared(R: Array, r: Array) -> Array:
    """Return the R-squared of every subset, for a stack of correlation matrices.

    Parameters
    ----------
    R : array, shape (b, p, p)
        Positive definite correlation matrices of the predictors.
    r : array, shape (b, p)
        Correlations of the predictors with the outcome.

    Returns
    -------
    array, shape (2**p, b)
        Row S holds the R-squared of subset S; row 0 is zero.
    """
    table = _augmented(R, r)
    p, b = table.shape[0] - 1, table.shape[2]
    return -_sweep_all(table, _workspaces(p, b)).reshape(1 << p, b)


def r_squared_by_size(R: Array, r: Array) -> tuple[Array, Array]:
    """Return sums of R-squared over the subsets of each size.

    Parameters
    ----------
    R : array, shape (p, p)
        Positive definite correlation matrix, p up to 28.
    r : array, shape (p,)
        Correlations with the outcome.

    Returns
    -------
    with_term : array, shape (p, p + 1)
        Row i, column s: the sum over the subsets of size s that hold predictor i.
    all_sets : array, shape (p + 1,)
        The sum over all subsets of size s.

    Notes
    -----
    The first predictors (the high part) are swept once for all; the last ones (the low part) block by block
    in buffers that are allocated once, so memory does not grow with 2**p. Sums by size are enough: every
    weight of the Shapley value depends on the size of the subset alone.
    """
    p = r.shape[0]
    high = min(max(p - _LOW_BITS, 0), _HIGH_BITS)
    low = p - high
    table = _augmented(R[None], r[None])
    for _ in range(high):
        m = table.shape[0] - 1
        table = _sweep(table, np.empty((m, m, 2 * table.shape[2])))
    by_low, by_high = _block_sums(table, low)
    sizes = _one_hot_sizes(low)
    high_sizes = _one_hot_sizes(high).T
    with_term = np.empty((p, p + 1))
    for i in range(high):
        inside = _has_bit(high, i)
        with_term[i] = _antidiagonal_sums(by_high[:, inside] @ high_sizes[inside])
    for i in range(low):
        inside = _has_bit(low, i)
        with_term[high + i] = _antidiagonal_sums(sizes[:, inside] @ by_low[:, inside].T)
    return with_term, _antidiagonal_sums(by_high @ high_sizes)


def shapley_weights(p: int) -> Array:
    """Return the weight of every subset in the Shapley value of each predictor.

    Parameters
    ----------
    p : int
        Number of predictors.

    Returns
    -------
    array, shape (p, 2**p)
        Its product with the values of all subsets is the Shapley value: positive where the predictor is in, negative
        where it is not.
    """
    size = np.bitwise_count(np.arange(1 << p)).astype(int)
    inside = (np.arange(1 << p) >> np.arange(p)[:, None] & 1).astype(bool)
    # an order puts a given set of `others` predictors before i with probability 1 / (p * C(p - 1, others))
    others = np.clip(np.where(inside, size - 1, size), 0, p - 1)
    sets = np.cumprod(np.r_[1.0, (p - np.arange(1, p)) / np.arange(1, p)])
    return np.asarray(np.where(inside, 1.0, -1.0) / (p * sets[others]))


def _block_sums(table: Array, low: int) -> tuple[Array, Array]:
    """Sum R-squared by (size of high part, low subset) and by (size of low part, high subset)."""
    n_high = table.shape[2]
    high = n_high.bit_length() - 1
    width = min(max(1 << (_FLAT_BITS - low), 1), n_high)
    buffers = _workspaces(low, width)
    sizes = _one_hot_sizes(low)
    popcount = np.bitwise_count(np.arange(n_high))
    by_low = np.zeros((high + 1, 1 << low))
    by_high = np.empty((low + 1, n_high))
    for size in range(high + 1):
        members = np.flatnonzero(popcount == size)
        for start in range(0, members.size, width):
            block = members[start : start + width]
            r_squared = -_sweep_all(table[:, :, block], buffers).reshape(1 << low, block.size)
            by_low[size] += r_squared @ np.ones(block.size)
            by_high[:, block] = sizes @ r_squared
    return by_low, by_high


def _augmented(R: Array, r: Array) -> Array:
    """Join predictors and outcome, stack last; zero as the outcome's variance leaves -R2 at the end."""
    b, p = r.shape
    table = np.zeros((p + 1, p + 1, b))
    table[:p, :p] = np.moveaxis(R, 0, -1)
    table[:p, p] = r.T
    return table


def _workspaces(p: int, width: int) -> list[Array]:
    return [np.empty((p - k, p - k, width << (k + 1))) for k in range(p)]


def _sweep_all(table: Array, buffers: Sequence[Array]) -> Array:
    for buffer in buffers:
        table = _sweep(table, buffer[:, :, : 2 * table.shape[2]])
    return table[0, 0]


def _sweep(table: Array, out: Array) -> Array:
    """Write both halves of a split, upper triangles only."""
    n = table.shape[2]
    pivot = table[0]
    inverse = 1.0 / pivot[0]
    for i in range(out.shape[0]):
        rest = table[i + 1, i + 1 :]
        out[i, i:, :n] = rest
        conditioned = out[i, i:, n:]
        np.multiply(pivot[i + 1 :], pivot[i + 1] * inverse, out=conditioned)
        np.subtract(rest, conditioned, out=conditioned)
    return out


def _one_hot_sizes(bits: int) -> Array:
    """Return a (bits + 1, 2**bits) table: which subsets have which size."""
    popcount = np.bitwise_count(np.arange(1 << bits))
    return (popcount == np.arange(bits + 1)[:, None]).astype(float)


def _has_bit(bits: int, k: int) -> NDArray[np.bool_]:
    return (np.arange(1 << bits) >> k & 1).astype(bool)


def _antidiagonal_sums(table: Array) -> Array:
    """Add a (low size, high size) table up by total size."""
    rows, columns = table.shape
    out = np.zeros(rows + columns - 1)
    for column in range(columns):
        out[column : column + rows] += table[:, column]
    return out
