"""SERVQUAL: perception minus expectation, for items, dimensions and as a whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import DataError
from svcq_lib.stats.linearize import MeanEstimate, mean_estimate

Array = NDArray[np.float64]


def item_gap(
    expectation: ArrayLike, perception: ArrayLike, *, weights: ArrayLike | None = None
) -> MeanEstimate:
    """Return the mean gap of items, perception minus expectation.

    Parameters
    ----------
    expectation, perception : array-like, shape (n,) or (n, items)
        Answers of the same respondents; a respondent without both is left out of that item.
    weights : array-like, shape (n,), optional
        Weights.

    Returns
    -------
    MeanEstimate
        Mean gap, its variance, the standard deviation of one gap and the base, for each item.

    Raises
    ------
    DataError
        Arrays of different shapes.

    Notes
    -----
    Paired: the means of P and E over different respondents may differ for no other reason than who answered.
    Parasuraman, Zeithaml and Berry (1988, *J. Retailing* 64(1):12).

    Examples
    --------
    >>> gap = item_gap([7, 6, 7], [5, 6, float("nan")])
    >>> float(gap.estimate), int(gap.n)
    (-1.0, 2)
    """
    return mean_estimate(_gaps(expectation, perception), weights)


def dimension_gap(
    expectation: ArrayLike, perception: ArrayLike, *, weights: ArrayLike | None = None
) -> MeanEstimate:
    """Return the mean gap of a dimension.

    Parameters
    ----------
    expectation, perception : array-like, shape (n, items)
        Answers to the items of the dimension.
    weights : array-like, shape (n,), optional
        Weights.

    Returns
    -------
    MeanEstimate
        Mean over respondents of each one's mean gap over the items that he or she answered twice.

    Raises
    ------
    DataError
        Arrays of different shapes.

    Notes
    -----
    Parasuraman, Zeithaml and Berry (1988).

    Examples
    --------
    >>> gap = dimension_gap([[7, 7], [6, 5]], [[5, 6], [6, float("nan")]])
    >>> float(gap.estimate)
    -0.75
    """
    return mean_estimate(respondent_gap(expectation, perception), weights)


def respondent_gap(expectation: ArrayLike, perception: ArrayLike) -> Array:
    """Return each respondent's mean gap over the items of a dimension.

    Parameters
    ----------
    expectation, perception : array-like, shape (n, items)
        Answers to the items of the dimension.

    Returns
    -------
    array, shape (n,)
        Mean over the items with both answers; NaN without any.

    Raises
    ------
    DataError
        Arrays of different shapes.

    Examples
    --------
    >>> respondent_gap([[7, 7], [6, 5]], [[5, 6], [6, float("nan")]]).tolist()
    [-1.5, 0.0]
    """
    gaps = np.atleast_2d(_gaps(expectation, perception))
    answered = np.isfinite(gaps)
    n = answered.sum(axis=1)
    return np.where(n > 0, np.where(answered, gaps, 0.0).sum(axis=1) / np.maximum(n, 1), np.nan)


def overall_gap(gaps: ArrayLike) -> Array:
    """Return the unweighted service-quality score, the mean of the dimension gaps.

    Parameters
    ----------
    gaps : array-like, shape (..., dimensions)
        Dimension gaps of respondents, or their means.

    Returns
    -------
    array, shape (...)
        Mean over dimensions; NaN where one is missing, so that all scores mean the same.

    Notes
    -----
    Parasuraman, Zeithaml and Berry (1988).

    Examples
    --------
    >>> float(overall_gap([-1.0, -0.5, -1.5, 0.0, -0.5]))
    -0.7
    """
    return np.asarray(np.asarray(gaps, dtype=float).mean(axis=-1))


def weighted_gap(gaps: ArrayLike, points: ArrayLike) -> Array:
    """Return the service-quality score weighted by importance points.

    Parameters
    ----------
    gaps : array-like, shape (..., dimensions)
        Dimension gaps of respondents, or their means.
    points : array-like, shape (..., dimensions)
        Importance points, the respondents' own or mean ones; they need not add up to 100.

    Returns
    -------
    array, shape (...)
        Σ points · gap / Σ points; NaN where a gap or points are missing or all points are zero.

    Raises
    ------
    DataError
        Negative points.

    Notes
    -----
    Zeithaml, Parasuraman and Berry (1990), *Delivering Quality Service*.

    Examples
    --------
    >>> float(weighted_gap([-1.0, -2.0], [75, 25]))
    -1.25
    """
    gaps, points = np.asarray(gaps, dtype=float), np.asarray(points, dtype=float)
    if (points < 0).any():
        raise DataError(f"Importance points cannot be negative; found {float(np.nanmin(points)):g}.")
    total = points.sum(axis=-1)
    return np.asarray((gaps * points).sum(axis=-1) / np.where(total > 0, total, np.nan))


def effect_size_dz(mean_gap: ArrayLike, std_dev: ArrayLike) -> Array:
    """Return the effect size of a paired difference.

    Parameters
    ----------
    mean_gap : array-like
        Mean difference.
    std_dev : array-like
        Standard deviation of the differences.

    Returns
    -------
    array
        Cohen's d_z, mean / standard deviation; NaN where all differences are equal.

    Notes
    -----
    Cohen (1988), *Statistical Power Analysis*, section 2.3.5; Lakens (2013, *Frontiers in Psychology* 4:863).

    Examples
    --------
    >>> float(effect_size_dz(-1.0, 2.0))
    -0.5
    """
    std_dev = np.asarray(std_dev, dtype=float)
    return np.asarray(np.asarray(mean_gap, dtype=float) / np.where(std_dev > 0, std_dev, np.nan))


def difference_score_reliability(
    sd_perception: ArrayLike,
    reliability_perception: ArrayLike,
    sd_expectation: ArrayLike,
    reliability_expectation: ArrayLike,
    correlation: ArrayLike,
) -> Array:
    """Return how reliable gaps are, given how reliable their two parts are.

    Parameters
    ----------
    sd_perception, sd_expectation : array-like
        Standard deviations.
    reliability_perception, reliability_expectation : array-like
        Reliabilities, such as Cronbach's alpha.
    correlation : array-like
        Correlation of perception and expectation.

    Returns
    -------
    array
        Reliability of the difference; NaN where the difference does not vary.

    Notes
    -----
    (s_P² ρ_P + s_E² ρ_E − 2 r s_P s_E) / (s_P² + s_E² − 2 r s_P s_E). Peter, Churchill and Brown (1993, *J.
    Consumer Research* 19:655): the more the parts correlate, the less reliable is their difference.

    Examples
    --------
    >>> round(float(difference_score_reliability(1, 0.8, 1, 0.8, 0.5)), 3)
    0.6
    """
    sp, rp, se, re, r = (
        np.asarray(one, dtype=float)
        for one in (
            sd_perception,
            reliability_perception,
            sd_expectation,
            reliability_expectation,
            correlation,
        )
    )
    shared = 2 * r * sp * se
    variance = sp**2 + se**2 - shared
    return np.asarray((sp**2 * rp + se**2 * re - shared) / np.where(variance > 0, variance, np.nan))


def _gaps(expectation: ArrayLike, perception: ArrayLike) -> Array:
    expectation, perception = np.asarray(expectation, dtype=float), np.asarray(perception, dtype=float)
    if expectation.shape != perception.shape:
        raise DataError(
            "Expectation and perception must be the same items of the same respondents; "
            f"got shapes {expectation.shape} and {perception.shape}."
        )
    return np.asarray(perception - expectation)
