"""What a comparison of changes between two groups of units can see: variance, power, smallest visible effect."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array = NDArray[np.float64]


class Components(NamedTuple):
    """Where the variation of answers comes from.

    Attributes
    ----------
    within : float
        Variance of answers inside a unit and period.
    shock : float
        Variance of a unit's mean between periods beyond what its answers explain.
    icc : float
        shock/(shock + within).
    """

    within: float
    shock: float
    icc: float


def components(means: ArrayLike, bases: ArrayLike, within: float) -> Components:
    """Estimate variance components from a table of units by periods.

    Parameters
    ----------
    means, bases : array-like, shape (units, periods)
        Mean and effective number of answers of each cell; cells without answers have base 0.
    within : float
        Pooled variance inside cells.

    Returns
    -------
    Components
        By moments (analysis of variance): the residual mean square of the two-way table without interaction is
        shock + within · mean(1/n); what is below 0 becomes 0. NaN without degrees of freedom.

    Examples
    --------
    >>> components([[1.0, 2.0], [2.0, 3.0]], [[9, 9], [9, 9]], 4.0).shock
    0.0
    """
    y, n = np.asarray(means, dtype=float), np.asarray(bases, dtype=float)
    known = (n > 0) & np.isfinite(y)
    units, periods = y.shape
    rows, columns = np.nonzero(known)
    design = np.hstack([np.eye(units)[rows], np.eye(periods)[columns]])
    left = y[known] - design @ np.linalg.lstsq(design, y[known], rcond=None)[0]
    df = len(left) - np.linalg.matrix_rank(design) if len(left) else 0
    if df < 1:
        return Components(within, float("nan"), float("nan"))
    shock = max(0.0, float(left @ left) / df - within * float((1 / n[known]).mean()))
    return Components(within, shock, shock / (shock + within) if shock + within > 0 else float("nan"))


def did_variance(
    units: tuple[ArrayLike, ArrayLike],
    periods: tuple[ArrayLike, ArrayLike],
    respondents: ArrayLike,
    parts: Components,
) -> Array:
    """Return the variance of a difference-in-differences.

    Parameters
    ----------
    units : tuple of array-like
        Units with and without the programme, G₁ and G₀.
    periods : tuple of array-like
        Periods before and after, T₀ and T₁.
    respondents : array-like
        Answers of a unit in a period, m.
    parts : Components
        Variance components.

    Returns
    -------
    array
        (1/G₁ + 1/G₀)(1/T₀ + 1/T₁)(shock + within/m): what units differ in for good cancels. Shocks are independent
        between periods; if they last, the variance is larger.

    Examples
    --------
    >>> float(did_variance((10, 10), (6, 6), 25, Components(1.0, 0.01, 0.0099)).round(5))
    0.00333
    """
    treated, control = (np.asarray(one, dtype=float) for one in units)
    before, after = (np.asarray(one, dtype=float) for one in periods)
    cell = parts.shock + parts.within / np.asarray(respondents, dtype=float)
    return np.asarray((1 / treated + 1 / control) * (1 / before + 1 / after) * cell)


def power(effect: ArrayLike, variance: ArrayLike, df: ArrayLike, alpha: float = 0.05) -> Array:
    """Return the chance that a two-sided t test finds an effect.

    Parameters
    ----------
    effect : array-like
        The true effect.
    variance : array-like
        Variance of its estimate.
    df : array-like
        Degrees of freedom of the test.
    alpha : float
        Level of the test.

    Returns
    -------
    array
        P(|T| > t) of the noncentral t distribution. R: ``power.t.test(strict = TRUE)`` with this variance.

    Examples
    --------
    >>> float(power(0.0, 1.0, 20).round(3)), float(power(3.0, 1.0, 22).round(3))
    (0.05, 0.818)
    """
    df = np.asarray(df, dtype=float)
    shift = np.abs(np.asarray(effect, dtype=float)) / np.sqrt(np.asarray(variance, dtype=float))
    limit = special.stdtrit(df, 1 - alpha / 2)
    # the tail on the other side has no number in scipy where it is too small to matter
    other = np.nan_to_num(special.nctdtr(df, shift, -limit), nan=0.0)
    return np.where(np.isnan(shift), np.nan, np.asarray(1 - special.nctdtr(df, shift, limit) + other))


def minimal_effect(variance: ArrayLike, df: ArrayLike, wanted: float = 0.8, alpha: float = 0.05) -> Array:
    """Return the smallest effect that a two-sided t test finds with a wanted chance.

    Parameters
    ----------
    variance : array-like
        Variance of the estimate.
    df : array-like
        Degrees of freedom.
    wanted : float
        The chance.
    alpha : float
        Level of the test.

    Returns
    -------
    array
        By bisection of :func:`power`.

    Examples
    --------
    >>> float(minimal_effect(1.0, 22).round(3))
    2.932
    """
    variance, df = np.broadcast_arrays(np.asarray(variance, dtype=float), np.asarray(df, dtype=float))
    low, high = np.zeros(variance.shape), np.full(variance.shape, 40.0)
    for _ in range(60):
        middle = (low + high) / 2
        enough = ~(
            power(middle, 1.0, df, alpha) < wanted
        )  # far out the distribution has no number: power is 1
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.asarray(high * np.sqrt(variance))
