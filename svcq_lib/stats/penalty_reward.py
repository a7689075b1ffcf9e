"""What a value at either end of its scale goes with: coefficients of 0/1 columns and how uneven they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.stats.relimp import standardized_beta

Array = NDArray[np.float64]


def coefficients(R: ArrayLike, r: ArrayLike, sd: ArrayLike, sd_outcome: ArrayLike) -> Array:
    """Return regression coefficients in units of the outcome, from correlations and standard deviations.

    Parameters
    ----------
    R : array-like, shape (..., k, k)
        Correlation matrices of the columns.
    r : array-like, shape (..., k)
        Correlations with the outcome.
    sd : array-like, shape (..., k)
        Standard deviations of the columns.
    sd_outcome : array-like, shape (...)
        Standard deviation of the outcome.

    Returns
    -------
    array, shape (..., k)
        b = beta * sd_outcome / sd; NaN for the improper matrices of a stack.

    Raises
    ------
    MethodError
        A single matrix that is improper.
    """
    outcome = np.asarray(sd_outcome, dtype=float)[..., None]
    return np.asarray(standardized_beta(R, r) * outcome / np.asarray(sd, dtype=float))


def impact_range(reward: ArrayLike, penalty: ArrayLike) -> Array:
    """Return how far the outcome moves from one end to the other.

    Parameters
    ----------
    reward, penalty : array-like, shape (...)
        Coefficients of the upper and of the lower end.

    Returns
    -------
    array, shape (...)
        abs(reward) + abs(penalty).
    """
    return np.asarray(np.abs(reward) + np.abs(penalty))


def asymmetry(reward: ArrayLike, penalty: ArrayLike) -> Array:
    """Return which end moves the outcome more.

    Parameters
    ----------
    reward, penalty : array-like, shape (...)
        Coefficients of the upper and of the lower end.

    Returns
    -------
    array, shape (...)
        (abs(reward) − abs(penalty)) / (abs(reward) + abs(penalty)): 1 if only the upper end does, −1 if only the
        lower one does; NaN if neither does.

    Notes
    -----
    Mikulić and Prebežac (2008, *Managing Service Quality* 18(6)).

    Examples
    --------
    >>> float(asymmetry(1.0, -3.0))
    -0.5
    """
    up, down = np.abs(reward), np.abs(penalty)
    whole = np.asarray(up + down, dtype=float)
    return np.asarray(np.divide(up - down, whole, out=np.full(whole.shape, np.nan), where=whole > 0))


def bend(reward: ArrayLike, penalty: ArrayLike, low: ArrayLike, middle: ArrayLike, high: ArrayLike) -> Array:
    """Return how much steeper the outcome rises above the middle of a scale than below it.

    Parameters
    ----------
    reward, penalty : array-like, shape (..., p)
        Coefficients of the upper and of the lower end.
    low, middle, high : array-like, shape (p,)
        Mean value in the lower end, between the ends and in the upper end.

    Returns
    -------
    array, shape (..., p)
        reward / (high − middle) + penalty / (middle − low): units of the outcome per unit of the scale; 0 for a
        straight line, whose `asymmetry` is not 0 unless the middle lies halfway between the ends.

    Examples
    --------
    >>> float(bend(2.0, -3.0, 1.0, 4.0, 6.0))  # a straight line of slope 1
    0.0
    """
    low, middle, high = (np.asarray(one, dtype=float) for one in (low, middle, high))
    return np.asarray(reward / (high - middle) + penalty / (middle - low))


def band_shares(values: ArrayLike, edges: ArrayLike) -> Array:
    """Return how often each column's replicates fall between which edges.

    Parameters
    ----------
    values : array-like, shape (b, p)
        Replicates; NaN is left out.
    edges : array-like, shape (k,)
        Inner edges, ascending; a value on an edge belongs to the band nearer to 0.

    Returns
    -------
    array, shape (p, k + 1)
        Shares of the replicates that add up to 1; NaN for a column without any.
    """
    values, edges = np.asarray(values, dtype=float), np.asarray(edges, dtype=float)
    beyond = np.where(edges > 0, values[..., None] > edges, values[..., None] >= edges)
    bands = np.where(np.isfinite(values), beyond.sum(axis=-1), -1)
    counts = (bands[..., None] == np.arange(len(edges) + 1)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.asarray(counts / counts.sum(axis=1, keepdims=True))
