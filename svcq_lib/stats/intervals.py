"""Confidence intervals and p-values, vectorised.

An interval comes back as a pair (low, high). A sample size may be an effective one, so it need not be whole;
where it is zero or less, or an input is undefined, the answer is NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from svcq_lib.errors import ParameterError

Array = NDArray[np.float64]
Interval = tuple[Array, Array]


def z_quantile(level: float) -> float:
    """Return the standard normal quantile of a two-sided interval.

    Parameters
    ----------
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    float
        1.96 for 0.95.

    Raises
    ------
    ParameterError
        A level outside (0, 1).
    """
    return float(special.ndtri(_upper(level)))


def wilson(p: ArrayLike, n: ArrayLike, level: float = 0.95, df: ArrayLike = np.inf) -> Interval:
    """Return Wilson's interval of a share.

    Parameters
    ----------
    p : array-like
        Observed share, 0 to 1.
    n : array-like
        Sample size, possibly effective.
    level : float
        Confidence level.
    df : array-like
        Degrees of freedom of the share's error, where a design leaves few: Student's t then takes the place of z.

    Returns
    -------
    tuple of array
        Limits inside [0, 1].

    Notes
    -----
    (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n). Wilson (1927); Newcombe (1998, *Statistics in
    Medicine* 17:857). R: ``prop.test(correct = FALSE)``.
    """
    p, n = _positive_base(p, n)
    df = np.asarray(df, dtype=float)
    z = special.stdtrit(np.where(df > 0, df, np.nan), _upper(level))
    centre = p + z**2 / (2 * n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    return np.clip((centre - half) / scale, 0.0, 1.0), np.clip((centre + half) / scale, 0.0, 1.0)


def t_interval(estimate: ArrayLike, se: ArrayLike, df: ArrayLike, level: float = 0.95) -> Interval:
    """Return a Student interval.

    Parameters
    ----------
    estimate, se : array-like
        Estimate and its standard error.
    df : array-like
        Degrees of freedom; infinite gives the normal interval.
    level : float
        Confidence level.

    Returns
    -------
    tuple of array
        estimate ∓ t · se.
    """
    estimate = np.asarray(estimate, dtype=float)
    df = np.asarray(df, dtype=float)
    half = special.stdtrit(np.where(df > 0, df, np.nan), _upper(level)) * np.asarray(se, dtype=float)
    return estimate - half, estimate + half


def normal_interval(estimate: ArrayLike, se: ArrayLike, level: float = 0.95) -> Interval:
    """Return a normal interval.

    Parameters
    ----------
    estimate, se : array-like
        Estimate and its standard error.
    level : float
        Confidence level.

    Returns
    -------
    tuple of array
        estimate ∓ z · se.
    """
    estimate = np.asarray(estimate, dtype=float)
    half = z_quantile(level) * np.asarray(se, dtype=float)
    return estimate - half, estimate + half


def percentile_interval(draws: ArrayLike, level: float = 0.95, axis: int = 0) -> Interval:
    """Return the percentile interval of bootstrap draws.

    Parameters
    ----------
    draws : array-like
        Draws; undefined ones (NaN) are left out.
    level : float
        Confidence level.
    axis : int
        Axis of the draws.

    Returns
    -------
    tuple of array
        Quantiles by linear interpolation (R's type 7); NaN where no draw is defined.
    """
    ordered = np.sort(np.moveaxis(np.asarray(draws, dtype=float), axis, 0), axis=0)  # NaN go last
    last = np.isfinite(ordered).sum(axis=0) - 1
    upper = _upper(level)
    return _sorted_quantile(ordered, last, 1 - upper), _sorted_quantile(ordered, last, upper)


def z_p_value(statistic: ArrayLike) -> Array:
    """Return the two-sided normal p-value.

    Parameters
    ----------
    statistic : array-like
        Test statistic.

    Returns
    -------
    array
        p-value.
    """
    return np.asarray(2 * special.ndtr(-np.abs(np.asarray(statistic, dtype=float))))


def t_p_value(statistic: ArrayLike, df: ArrayLike) -> Array:
    """Return the two-sided Student p-value.

    Parameters
    ----------
    statistic : array-like
        Test statistic.
    df : array-like
        Degrees of freedom; NaN comes back where they are zero or less.

    Returns
    -------
    array
        p-value.
    """
    df = np.asarray(df, dtype=float)
    return np.asarray(
        2 * special.stdtr(np.where(df > 0, df, np.nan), -np.abs(np.asarray(statistic, dtype=float)))
    )


def feldt(alpha: ArrayLike, n: ArrayLike, k: ArrayLike, level: float = 0.95) -> Interval:
    """Return Feldt's interval of Cronbach's alpha.

    Parameters
    ----------
    alpha : array-like
        Estimate of alpha.
    n : array-like
        Number of respondents, at least 2.
    k : array-like
        Number of items, at least 2.
    level : float
        Confidence level.

    Returns
    -------
    tuple of array
        Limits; the lower one can be negative.

    Notes
    -----
    (1 − α) / (1 − α̂) has an F distribution with (n − 1)(k − 1) and n − 1 degrees of freedom if items are
    essentially tau-equivalent and normal. Feldt, Woodruff and Salih (1987). R: ``psych::alpha.ci``.
    """
    alpha, n, k = (np.asarray(one, dtype=float) for one in (alpha, n, k))
    enough = (n >= 2) & (k >= 2)
    df1 = np.where(enough, n - 1, np.nan)
    df2 = df1 * (k - 1)
    upper = _upper(level)
    low = 1 - (1 - alpha) * special.fdtri(df1, df2, upper)
    return np.asarray(low), np.asarray(1 - (1 - alpha) * special.fdtri(df1, df2, 1 - upper))


def bonett(alpha: ArrayLike, n: ArrayLike, k: ArrayLike, level: float = 0.95) -> Interval:
    """Return Bonett's interval of Cronbach's alpha.

    Parameters
    ----------
    alpha : array-like
        Estimate of alpha, below 1.
    n : array-like
        Number of respondents, at least 3.
    k : array-like
        Number of items, at least 2.
    level : float
        Confidence level.

    Returns
    -------
    tuple of array
        Limits.

    Notes
    -----
    Normal interval of ln(1 − α̂) − ln(n/(n − 1)) with variance 2k / ((k − 1)(n − 2)). Bonett (2002, *J.
    Educational and Behavioral Statistics* 27:335).
    """
    alpha, n, k = (np.asarray(one, dtype=float) for one in (alpha, n, k))
    enough = (n >= 3) & (k >= 2) & (alpha < 1)
    n, k, alpha = (np.where(enough, one, np.nan) for one in (n, k, alpha))
    log = np.log(1 - alpha) - np.log(n / (n - 1))
    half = z_quantile(level) * np.sqrt(2 * k / ((k - 1) * (n - 2)))
    return np.asarray(1 - np.exp(log + half)), np.asarray(1 - np.exp(log - half))


def _upper(level: float) -> float:
    if not 0 < level < 1:
        raise ParameterError(f"A confidence level lies between 0 and 1, such as 0.95; got {level}.")
    return (1 + level) / 2


def _positive_base(p: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    n = np.asarray(n, dtype=float)
    return np.asarray(p, dtype=float), np.where(n > 0, n, np.nan)


def _sorted_quantile(ordered: Array, last: NDArray[np.intp], q: float) -> Array:
    position = q * np.maximum(last, 0)
    below = np.floor(position).astype(np.intp)
    above = np.minimum(below + 1, np.maximum(last, 0))
    low = np.take_along_axis(ordered, below[None], axis=0)[0]
    high = np.take_along_axis(ordered, above[None], axis=0)[0]
    return np.where(last >= 0, low + (position - below) * (high - low), np.nan)
