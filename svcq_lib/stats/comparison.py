"""Differences of two independent estimates, safe for small samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.stats.intervals import ZTest, t_interval, t_p_value, z_p_value

Array = NDArray[np.float64]


def welch(
    est1: ArrayLike,
    se1: ArrayLike,
    n1: ArrayLike,
    est2: ArrayLike,
    se2: ArrayLike,
    n2: ArrayLike,
    level: float = 0.95,
) -> ZTest:
    """Test the difference of two means with Student's t and Welch–Satterthwaite degrees of freedom.

    Parameters
    ----------
    est1, se1, n1, est2, se2, n2 : array-like
        Means, their standard errors and numbers of answers.
    level : float
        Confidence level of the interval.

    Returns
    -------
    ZTest
        Difference first − second; statistic, interval and p-value are NaN where a sample has fewer than two answers
        or no spread at all: the same answer throughout a small sample is no proof of certainty.

    Notes
    -----
    Source: Welch (1947), *Biometrika* 34.
    """
    est1, se1, n1, est2, se2, n2 = (np.asarray(one, dtype=float) for one in (est1, se1, n1, est2, se2, n2))
    usable = (n1 > 1) & (n2 > 1) & (se1 > 0) & (se2 > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        v1, v2 = np.where(usable, se1**2, np.nan), np.where(usable, se2**2, np.nan)
        df = (v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1))
        error, difference = np.sqrt(v1 + v2), est1 - est2
        statistic = difference / error
    low, high = t_interval(difference, error, df, level)
    return ZTest(difference, error, low, high, statistic, t_p_value(statistic, df))


def shares(
    p1: ArrayLike,
    limits1: tuple[ArrayLike, ArrayLike],
    n1: ArrayLike,
    p2: ArrayLike,
    limits2: tuple[ArrayLike, ArrayLike],
    n2: ArrayLike,
) -> ZTest:
    """Test the difference of two shares: Newcombe's interval and the pooled score test.

    Parameters
    ----------
    p1, p2 : array-like
        Shares.
    limits1, limits2 : tuple of array-like
        Their Wilson limits.
    n1, n2 : array-like
        (Effective) numbers of answers.

    Returns
    -------
    ZTest
        Difference first − second.

    Notes
    -----
    Source: Newcombe (1998), *Statistics in Medicine* 17, method 10; the score test is Pearson's χ² of the 2 × 2 table.
    """
    p1, n1, p2, n2 = (np.asarray(one, dtype=float) for one in (p1, n1, p2, n2))
    low1, high1, low2, high2 = (np.asarray(one, dtype=float) for one in (*limits1, *limits2))
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (n1 * p1 + n2 * p2) / (n1 + n2)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
        statistic = np.where(error > 0, (p1 - p2) / error, np.nan)
        low = p1 - p2 - np.sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2)
        high = p1 - p2 + np.sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2)
    return ZTest(p1 - p2, error, low, high, statistic, z_p_value(statistic))
