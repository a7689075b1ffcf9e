"""Which quarter of a plane each point lies in, and how often it does so in the replicates of a bootstrap.

Quarters are numbered 0 upper left, 1 upper right, 2 lower left, 3 lower right; −1 where a coordinate is undefined. A
point on a line counts as above or right of it. Points stand on the last axis; leading axes are replicates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


def by_lines(x: ArrayLike, y: ArrayLike, cut_x: ArrayLike, cut_y: ArrayLike) -> Codes:
    """Return the quarter of each point when a vertical and a horizontal line part the plane.

    Parameters
    ----------
    x, y : array-like, shape (..., p)
        The points.
    cut_x, cut_y : array-like, shape (...) or ()
        Where the lines stand.

    Returns
    -------
    array of int, shape (..., p)
        0 to 3, or −1.

    Examples
    --------
    >>> by_lines([1, 3, 1, 3], [5, 5, 2, 2], 2, 4).tolist()
    [0, 1, 2, 3]
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    cut_x, cut_y = np.asarray(cut_x, dtype=float)[..., None], np.asarray(cut_y, dtype=float)[..., None]
    codes = (x >= cut_x) + 2 * (y < cut_y)
    known = np.isfinite(x) & np.isfinite(y) & np.isfinite(cut_x) & np.isfinite(cut_y)
    return np.asarray(np.where(known, codes, -1), dtype=np.intp)


def by_diagonal(x: ArrayLike, y: ArrayLike) -> Codes:
    """Return the quarter of each point when everything above the 45° line belongs to the upper left.

    Parameters
    ----------
    x, y : array-like, shape (..., p)
        The points.

    Returns
    -------
    array of int, shape (..., p)
        0 above the line; below it the quarter that the lines through the means give; −1 where undefined.

    Notes
    -----
    Both axes are put on one scale first: y is rescaled to the mean and standard deviation of x over the points, so
    that the line y = x is the line of equal standard scores, z_y = z_x, and goes through the point of means. On axes
    that share a scale and a spread it is the plain line of Slack (1994, *Int. J. Operations & Production
    Management* 14(5)); that all above it is one zone and the rest keeps its quarters is from Abalo, Varela and
    Manzano (2007, *J. Business Research* 60:115).

    Examples
    --------
    >>> by_diagonal([1.0, 2.0, 3.0], [10.0, 30.0, 20.0]).tolist()
    [2, 0, 1]
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    codes = by_lines(x, y, x.mean(axis=-1), y.mean(axis=-1))
    above = (codes >= 0) & (_standard(y) > _standard(x))
    return np.asarray(np.where(above, 0, codes), dtype=np.intp)


def shares(codes: ArrayLike) -> Array:
    """Return how often each point lies in each quarter.

    Parameters
    ----------
    codes : array-like of int, shape (b, p)
        Quarter of each point in each replicate; −1 leaves the replicate out for this point.

    Returns
    -------
    array, shape (p, 4)
        Shares of the replicates that add up to 1; NaN for a point without any.
    """
    codes = np.asarray(codes)
    counts = (codes[..., None] == np.arange(4)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def rank_correlation(x: ArrayLike, y: ArrayLike) -> Array:
    """Return Spearman's rank correlation of the points.

    Parameters
    ----------
    x, y : array-like, shape (..., p)
        The points; equal values share the mean of their ranks.

    Returns
    -------
    array, shape (...)
        From −1 to 1; NaN if one of both is constant or undefined.
    """
    a, b = _standard(_ranks(np.asarray(x, dtype=float))), _standard(_ranks(np.asarray(y, dtype=float)))
    constant = (a == 0).all(axis=-1) | (b == 0).all(axis=-1)
    return np.asarray(np.where(constant, np.nan, (a * b).mean(axis=-1)))


def _standard(values: Array) -> Array:
    """Return standard scores over the points; 0 where all are equal."""
    apart = values - values.mean(axis=-1, keepdims=True)
    spread = np.sqrt((apart**2).mean(axis=-1, keepdims=True))
    return np.asarray(np.divide(apart, spread, out=np.zeros_like(apart), where=spread > 1e-12))


def _ranks(values: Array) -> Array:
    less = (values[..., :, None] > values[..., None, :]).sum(axis=-1)
    same = (values[..., :, None] == values[..., None, :]).sum(axis=-1)
    return np.asarray(np.where(np.isfinite(values), less + (same + 1) / 2, np.nan))
