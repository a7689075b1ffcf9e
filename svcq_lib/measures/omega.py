"""McDonald's omega: how much of a scale's variance its factors make."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from svcq_lib.stats.factors import schmid_leiman

Array = NDArray[np.float64]


class HierarchicalOmega(NamedTuple):
    """Omega of a whole questionnaire.

    Attributes
    ----------
    hierarchical : float
        Share of the total score's variance that one general factor makes.
    total : float
        Share that all common factors make.
    """

    hierarchical: float
    total: float


def omega_total(loadings: ArrayLike, uniqueness: ArrayLike) -> float:
    """Return omega of a scale with one factor.

    Parameters
    ----------
    loadings : array-like, shape (k,)
        Loadings of the items on a factor with variance 1, in the items' units.
    uniqueness : array-like, shape (k,)
        Unique variances in the same units.

    Returns
    -------
    float
        (Σλ)² / ((Σλ)² + Σθ); NaN where the total does not vary.

    Notes
    -----
    McDonald (1999, *Test Theory*), ω of congeneric items. R: ``semTools::reliability``, row omega.

    Examples
    --------
    >>> round(omega_total([0.6, 0.7, 0.8], [0.64, 0.51, 0.36]), 4)
    0.7449
    """
    common, unique = np.sum(loadings) ** 2, np.sum(uniqueness)
    return float(common / (common + unique)) if common + unique > 0 else np.nan


def omega_interval(
    loadings: ArrayLike, uniqueness: ArrayLike, covariance: ArrayLike, level: float = 0.95
) -> tuple[float, float]:
    """Return a confidence interval of omega.

    Parameters
    ----------
    loadings, uniqueness : array-like, shape (k,)
        As in `omega_total`.
    covariance : array-like, shape (2k, 2k)
        Sampling covariance of the loadings and the unique variances.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        Limits; NaN where the covariance or omega is undefined.

    Notes
    -----
    Delta method (Raykov 2002, *Struct. Equ. Modeling* 9:195) on ln(1 − ω), so that no limit exceeds 1; none is below 0.

    Examples
    --------
    >>> low, high = omega_interval([0.6, 0.7, 0.8], [0.64, 0.51, 0.36], 0.002 * np.eye(6))
    >>> round(low, 3), round(high, 3)
    (0.709, 0.776)
    """
    total, unique = float(np.sum(loadings)), float(np.sum(uniqueness))
    if not unique > 0:
        return np.nan, np.nan
    k = len(np.asarray(loadings))
    # ln(1 − ω) = ln Σθ − ln((Σλ)² + Σθ)
    whole = total**2 + unique
    slope = np.concatenate([np.full(k, -2 * total / whole), np.full(k, 1 / unique - 1 / whole)])
    error = float(np.sqrt(max(slope @ np.asarray(covariance, dtype=float) @ slope, 0.0)))
    z = float(special.ndtri((1 + level) / 2))
    miss = unique / whole
    if not np.isfinite(error):
        return np.nan, np.nan
    # ω is never negative; beyond e⁵⁰ the limit is 0 whatever it is
    low = max(0.0, 1 - miss * float(np.exp(min(z * error, 50.0))))
    return low, float(1 - miss * np.exp(-z * error))


def omega_hierarchical(R: ArrayLike, k: int) -> HierarchicalOmega:
    """Return omega of items that share a general factor beside group factors.

    Parameters
    ----------
    R : array-like, shape (p, p)
        A positive definite correlation matrix.
    k : int
        Number of group factors.

    Returns
    -------
    HierarchicalOmega
        Of the sum of the items, those with a negative general loading turned round.

    Raises
    ------
    MethodError
        As `svcq_lib.stats.factors.minres`.

    Notes
    -----
    By an exploratory Schmid–Leiman solution: ω_h = (Σ general)² / ΣR, ω_t = 1 − Σ uniqueness / ΣR. Zinbarg, Revelle,
    Yovel and Li (2005, *Psychometrika* 70:123). R: ``psych::omega``.

    Examples
    --------
    >>> R = np.full((4, 4), 0.5) + 0.5 * np.eye(4)
    >>> found = omega_hierarchical(R, 1)
    >>> round(found.hierarchical, 3), round(found.total, 3)
    (0.8, 0.8)
    """
    R = np.asarray(R, dtype=float)
    split = schmid_leiman(R, k)
    key = np.where(split.general < 0, -1.0, 1.0)
    total = key @ R @ key
    return HierarchicalOmega(
        float(np.abs(split.general).sum() ** 2 / total), float(1 - split.uniqueness.sum() / total)
    )
