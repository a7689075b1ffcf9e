"""Customer satisfaction (CSAT): mean, 0-100 index, top box and median."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import ParameterError
from svcq_lib.measures.answers import tally
from svcq_lib.stats.linearize import mean_estimate

Array = NDArray[np.float64]


def mean_score(scores: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Return the mean of answers.

    Parameters
    ----------
    scores : array-like, shape (n,)
        Answers; NaN are left out.
    weights : array-like, shape (n,), optional
        Weights.

    Returns
    -------
    float
        Σwx / Σw; NaN without answers.

    Notes
    -----
    Source: any textbook. `svcq_lib.stats.linearize.mean_estimate` adds its standard error.

    Examples
    --------
    >>> mean_score([5, 4, 3, float("nan")])
    4.0
    >>> mean_score([5, 4, 3], weights=[2, 1, 1])
    4.25
    """
    return float(mean_estimate(scores, weights).estimate)


def index_100(mean: ArrayLike, low: float, high: float) -> Array:
    """Return a score moved to the scale from 0 to 100.

    Parameters
    ----------
    mean : array-like
        A mean, or a limit of its interval.
    low, high : float
        Lowest and highest possible answer.

    Returns
    -------
    array
        100 (mean − low) / (high − low), in the shape of the input.

    Raises
    ------
    ParameterError
        A scale that does not run upwards.

    Notes
    -----
    Source: the American Customer Satisfaction Index uses it for 1-10 answers (Fornell et al. 1996, *J.
    Marketing* 60(4):7).

    Examples
    --------
    >>> float(index_100(4, 1, 5))
    75.0
    """
    if not low < high:
        raise ParameterError(f"A scale runs from low to high; got {low:g} to {high:g}.")
    return np.asarray(100 * (np.asarray(mean, dtype=float) - low) / (high - low))


def top_box(scores: ArrayLike, threshold: float, *, weights: ArrayLike | None = None) -> float:
    """Return the share of answers at or above a threshold.

    Parameters
    ----------
    scores : array-like, shape (n,)
        Answers; NaN are left out.
    threshold : float
        Lowest answer that counts: 4 on a 1-5 scale gives the top-2-box share.
    weights : array-like, shape (n,), optional
        Weights.

    Returns
    -------
    float
        Share from 0 to 1; NaN without answers.

    Notes
    -----
    Interval: `svcq_lib.stats.intervals.wilson`. Source: Morgan and Rego (2006, *Marketing Science* 25:426).

    Examples
    --------
    >>> top_box([5, 4, 3, 1], 4)
    0.5
    """
    return top_box_from_tally(*tally(scores, weights), threshold)


def top_box_from_tally(levels: ArrayLike, counts: ArrayLike, threshold: float) -> float:
    """Return the share of answers at or above a threshold, from counts.

    Parameters
    ----------
    levels, counts : array-like, shape (k,)
        Levels and their counts, or sums of weights.
    threshold : float
        Lowest level that counts.

    Returns
    -------
    float
        Share from 0 to 1; NaN without answers.

    Examples
    --------
    >>> top_box_from_tally([1, 2, 3, 4, 5], [0, 1, 2, 3, 4], 4)
    0.7
    """
    levels, counts = np.asarray(levels, dtype=float), np.asarray(counts, dtype=float)
    total = counts.sum()
    return float(counts[levels >= threshold].sum() / total) if total > 0 else np.nan


def median_from_tally(levels: ArrayLike, counts: ArrayLike) -> float:
    """Return the median from counts.

    Parameters
    ----------
    levels : array-like, shape (k,)
        Levels in ascending order.
    counts : array-like, shape (k,)
        Their counts, or sums of weights.

    Returns
    -------
    float
        The level where half of the answers are reached; the mean of two levels if the half falls between
        them; NaN without answers.

    Notes
    -----
    Exact for answers on a scale, whatever their number. Source: any textbook.

    Examples
    --------
    >>> median_from_tally([1, 2, 3, 4, 5], [0, 1, 2, 3, 4])
    4.0
    >>> median_from_tally([1, 2], [3, 3])
    1.5
    """
    levels, counts = np.asarray(levels, dtype=float), np.asarray(counts, dtype=float)
    levels, counts = levels[counts > 0], counts[counts > 0]
    if levels.size == 0:
        return np.nan
    reached = np.cumsum(counts) / counts.sum()
    position = int(np.argmax(reached >= 0.5 - 1e-12))
    between = reached[position] <= 0.5 + 1e-12 and position + 1 < levels.size
    return float((levels[position] + levels[position + 1]) / 2 if between else levels[position])
