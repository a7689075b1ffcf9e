"""Joint tests of several means under a sampling design."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array = NDArray[np.float64]


class MeanCovariance(NamedTuple):
    """Means and how they vary together.

    Attributes
    ----------
    estimate : array, shape (m,)
        Weighted means.
    covariance : array, shape (m, m)
        Their covariance.
    df : int
        Sampling units minus strata.
    """

    estimate: Array
    covariance: Array
    df: int


class FTest(NamedTuple):
    """A joint test that several quantities are zero.

    Attributes
    ----------
    statistic : float
        F.
    df, df_residual : float
        Degrees of freedom of its numerator and denominator.
    p_value : float
        Upper tail probability; NaN where the test cannot be made.
    """

    statistic: float
    df: float
    df_residual: float
    p_value: float


def mean_covariance(
    sw: ArrayLike, swx: ArrayLike, strata: ArrayLike, fraction: ArrayLike | None = None
) -> MeanCovariance:
    """Return means and their linearised covariance between sampling units.

    Parameters
    ----------
    sw, swx : array-like, shape (units, m)
        Σw and Σwx of each unit; zeros where a unit has no such rows.
    strata : array-like, shape (units,)
        Stratum of each unit, numbered from 0.
    fraction : array-like, shape (strata,), optional
        Share of the stratum's population that was drawn.

    Returns
    -------
    MeanCovariance
        With z = (Σwx − mean Σw) / Σw the covariance is Σ_h (1 − f_h) n_h/(n_h − 1) Σ (z − z̄_h)(z − z̄_h)ᵀ; a stratum
        of one unit is held against the mean of all.

    Notes
    -----
    Särndal, Swensson and Wretman (1992, section 5.5). R: ``vcov(svymean(...))`` of package survey.
    """
    sw, swx, strata = np.asarray(sw, dtype=float), np.asarray(swx, dtype=float), np.asarray(strata, dtype=int)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = sw.sum(axis=0)
        estimate = swx.sum(axis=0) / total
        z = (swx - estimate * sw) / total
    size = np.bincount(strata)
    centre = np.zeros((size.size, z.shape[1]))
    np.add.at(centre, strata, z)
    centre /= np.maximum(size, 1)[:, None]
    centre[size == 1] = z.mean(axis=0)
    kept = 1 - (np.zeros(size.size) if fraction is None else np.asarray(fraction, dtype=float))
    factor = kept * np.where(size > 1, size / np.maximum(size - 1, 1), 1.0)
    deviation = (z - centre[strata]) * np.sqrt(factor[strata])[:, None]
    return MeanCovariance(estimate, deviation.T @ deviation, len(z) - int((size > 0).sum()))


def joint_test(estimate: ArrayLike, covariance: ArrayLike, df: float) -> FTest:
    """Test that several estimates are all zero.

    Parameters
    ----------
    estimate : array-like, shape (q,)
        Estimates.
    covariance : array-like, shape (q, q)
        Their covariance, itself estimated with ``df`` degrees of freedom.
    df : float
        Degrees of freedom of the covariance.

    Returns
    -------
    FTest
        Hotelling's T² as F = (df − q + 1)/(df q) · estimateᵀ covariance⁻¹ estimate with q and df − q + 1 degrees of
        freedom; NaN where df < q or the covariance is singular.

    Notes
    -----
    Korn and Graubard (1990, *The American Statistician* 44:270). R: ``regTermTest(method = "Wald")``.

    Examples
    --------
    >>> found = joint_test([2.0], [[1.0]], 10)
    >>> found.statistic, round(found.p_value, 4)
    (4.0, 0.0734)
    """
    estimate, covariance = np.asarray(estimate, dtype=float), np.asarray(covariance, dtype=float)
    q = estimate.size
    rest = df - q + 1
    none = FTest(np.nan, float(q), float(rest), np.nan)
    if q == 0 or rest < 1 or not (np.isfinite(covariance).all() and np.isfinite(estimate).all()):
        return none
    values, vectors = np.linalg.eigh(covariance)
    if values[0] <= 1e-12 * max(values[-1], 1e-300):
        return none
    square = float((((vectors.T @ estimate) ** 2) / values).sum())
    statistic = rest / (df * q) * square
    return FTest(statistic, float(q), float(rest), float(special.fdtrc(q, rest, statistic)))
