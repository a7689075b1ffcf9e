"""A change or a difference of a mean split into who was served (mix) and how well (performance)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


class Split(NamedTuple):
    """Parts of a change.

    Attributes
    ----------
    mix, performance : ndarray, shape (..., levels) or (...)
        What the shares and what the means contribute.
    """

    mix: Array
    performance: Array


def kitagawa(
    share_before: ArrayLike, mean_before: ArrayLike, share_after: ArrayLike, mean_after: ArrayLike
) -> Split:
    """Split the change of a mean over groups into mix and performance.

    Parameters
    ----------
    share_before, mean_before, share_after, mean_after : array-like, shape (..., levels)
        Shares (sum 1) and means of the groups at both times. A group absent at one time (NaN mean) has no change of
        its own: its mean is taken from the other time.

    Returns
    -------
    Split
        Per group, shape (..., levels): (s₂ − s₁)(m̄ − M̄) and (m₂ − m₁) s̄, bars for means of both times and M̄ that
        of the whole, so that a growing group counts for the mix by how far it lies from the whole. Summed over the
        groups they are Kitagawa's parts and add up to the change exactly.

    Notes
    -----
    Kitagawa (1955), *Journal of the American Statistical Association* 50.

    Examples
    --------
    >>> found = kitagawa([0.5, 0.5], [10, 20], [0.25, 0.75], [12, 20])
    >>> float(found.mix.sum()), float(found.performance.sum())
    (2.25, 0.75)
    """
    s1, m1, s2, m2 = (
        np.asarray(one, dtype=float) for one in (share_before, mean_before, share_after, mean_after)
    )
    m1, m2 = np.where(np.isnan(m1), m2, m1), np.where(np.isnan(m2), m1, m2)
    m1, m2 = np.nan_to_num(m1), np.nan_to_num(m2)
    whole = ((s1 * m1).sum(axis=-1, keepdims=True) + (s2 * m2).sum(axis=-1, keepdims=True)) / 2
    return Split((s2 - s1) * ((m1 + m2) / 2 - whole), (m2 - m1) * (s1 + s2) / 2)


def oaxaca_blinder(
    x_before: ArrayLike, beta_before: ArrayLike, x_after: ArrayLike, beta_after: ArrayLike
) -> Split:
    """Split the change of a mean into that of the covariates and that of the coefficients.

    Parameters
    ----------
    x_before, x_after : array-like, shape (..., p)
        Means of the covariates, the constant included.
    beta_before, beta_after : array-like, shape (..., p)
        Regression coefficients at both times.

    Returns
    -------
    Split
        Shape (...): Δx̄′ β̄ (explained: mix) and x̄̄′ Δβ (unexplained: performance), with coefficients and covariates of
        both times averaged, so that neither time is the reference; with one saturated covariate it is Kitagawa's.

    Notes
    -----
    Oaxaca (1973), *International Economic Review* 14; Blinder (1973), *Journal of Human Resources* 8; equal weights:
    Reimers (1983), *Review of Economics and Statistics* 65.
    """
    x1, b1, x2, b2 = (np.asarray(one, dtype=float) for one in (x_before, beta_before, x_after, beta_after))
    mix = ((x2 - x1) * (b1 + b2) / 2).sum(axis=-1)
    return Split(mix, ((b2 - b1) * (x1 + x2) / 2).sum(axis=-1))
