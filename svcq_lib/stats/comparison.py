"""Differences of two estimates, independent or correlated, safe for small samples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.stats.intervals import t_interval, t_p_value, z_quantile

Array = NDArray[np.float64]


class Difference(NamedTuple):
    """The difference of two estimates, and its test.

    Attributes
    ----------
    difference, std_error : array
        First minus second, and the standard error that the test uses.
    conf_low, conf_high : array
        Interval of the difference.
    statistic, p_value : array
        Difference / standard error, and its two-sided p-value.
    """

    difference: Array
    std_error: Array
    conf_low: Array
    conf_high: Array
    statistic: Array
    p_value: Array


def welch(
    est1: ArrayLike,
    se1: ArrayLike,
    n1: ArrayLike,
    est2: ArrayLike,
    se2: ArrayLike,
    n2: ArrayLike,
    level: float = 0.95,
    *,
    correlation: ArrayLike = 0.0,
    df_most: ArrayLike = np.inf,
) -> Difference:
    """Test the difference of two means with Student's t and Welch–Satterthwaite degrees of freedom.

    Parameters
    ----------
    est1, se1, n1, est2, se2, n2 : array-like
        Means, their standard errors and numbers of answers (of clusters with answers, where clusters were drawn).
    level : float
        Confidence level of the interval.
    correlation : array-like
        Correlation of the two means' errors, where they come from the same sampling units.
    df_most : array-like
        Most degrees of freedom that the sampling design allows.

    Returns
    -------
    Difference
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
        df = np.minimum((v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1)), df_most)
        together = 2 * np.asarray(correlation, dtype=float) * np.sqrt(v1 * v2)
        error, difference = np.sqrt(np.maximum(v1 + v2 - together, 0)), est1 - est2
        statistic = difference / error
    low, high = t_interval(difference, error, df, level)
    return Difference(difference, error, low, high, statistic, t_p_value(statistic, df))


def shares(
    p1: ArrayLike,
    limits1: tuple[ArrayLike, ArrayLike],
    n1: ArrayLike,
    p2: ArrayLike,
    limits2: tuple[ArrayLike, ArrayLike],
    n2: ArrayLike,
    *,
    correlation: ArrayLike = 0.0,
    df_most: ArrayLike = np.inf,
) -> Difference:
    """Test the difference of two shares: Newcombe's interval and the pooled score test.

    Parameters
    ----------
    p1, p2 : array-like
        Shares.
    limits1, limits2 : tuple of array-like
        Their Wilson limits.
    n1, n2 : array-like
        (Effective) numbers of answers.
    correlation : array-like
        Correlation of the two shares' errors, where they come from the same sampling units.
    df_most : array-like
        Degrees of freedom that the sampling design allows the test: Student's t where there are few clusters.

    Returns
    -------
    Difference
        Difference first − second.

    Notes
    -----
    Source: Newcombe (1998), *Statistics in Medicine* 17, method 10; with a correlation Zou (2007), *Psychological
    Methods* 12. Without one the score test is Pearson's χ² of the 2 × 2 table.
    """
    p1, n1, p2, n2 = (np.asarray(one, dtype=float) for one in (p1, n1, p2, n2))
    low1, high1, low2, high2 = (np.asarray(one, dtype=float) for one in (*limits1, *limits2))
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (n1 * p1 + n2 * p2) / (n1 + n2)
        link = 2 * np.asarray(correlation, dtype=float)
        error = np.sqrt(pooled * (1 - pooled) * np.maximum(1 / n1 + 1 / n2 - link / np.sqrt(n1 * n2), 0))
        statistic = np.where(error > 0, (p1 - p2) / error, np.nan)
        low = p1 - p2 - _length(p1 - low1, high2 - p2, link)
        high = p1 - p2 + _length(high1 - p1, p2 - low2, link)
    return Difference(p1 - p2, error, low, high, statistic, t_p_value(statistic, df_most))


def from_limits(
    est1: ArrayLike,
    limits1: tuple[ArrayLike, ArrayLike],
    est2: ArrayLike,
    limits2: tuple[ArrayLike, ArrayLike],
    level: float = 0.95,
) -> Difference:
    """Test the difference of two independent estimates of which only the intervals are known.

    Parameters
    ----------
    est1, est2 : array-like
        Estimates.
    limits1, limits2 : tuple of array-like
        Their intervals at the same level; they need not be symmetric.
    level : float
        That level, and the level of the interval of the difference.

    Returns
    -------
    Difference
        Difference first − second. Its standard error is that of the side towards 0, so that the test and the interval
        agree; NaN where either interval is missing or has no width.

    Notes
    -----
    The method of variance estimates recovery. Source: Zou and Donner (2008), *Statistics in Medicine* 27.
    """
    est1, est2 = np.asarray(est1, dtype=float), np.asarray(est2, dtype=float)
    low1, high1, low2, high2 = (np.asarray(one, dtype=float) for one in (*limits1, *limits2))
    difference, unlinked = est1 - est2, np.zeros(())
    down, up = _length(est1 - low1, high2 - est2, unlinked), _length(high1 - est1, est2 - low2, unlinked)
    usable = (high1 > low1) & (high2 > low2)
    down, up = np.where(usable, down, np.nan), np.where(usable, up, np.nan)
    error = np.where(difference > 0, down, up) / z_quantile(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(error > 0, difference / error, np.nan)
    p = t_p_value(statistic, np.inf)
    return Difference(difference, error, difference - down, difference + up, statistic, p)


def _length(one: Array, other: Array, link: Array) -> Array:
    return np.sqrt(np.maximum(one**2 + other**2 - link * one * other, 0))
