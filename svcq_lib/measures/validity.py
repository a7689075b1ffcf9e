"""Whether the items of a dimension belong together and apart from those of others: AVE, CR, Fornell–Larcker, HTMT."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.measures.omega import omega_total

Array = NDArray[np.float64]


def average_variance_extracted(loadings: ArrayLike, uniqueness: ArrayLike | None = None) -> float:
    """Return the share of the items' variance that their factor explains.

    Parameters
    ----------
    loadings : array-like, shape (k,)
        Loadings on a factor with variance 1.
    uniqueness : array-like, shape (k,), optional
        Unique variances; without them the loadings are taken as standardized (θ = 1 − λ²).

    Returns
    -------
    float
        Σλ² / (Σλ² + Σθ), for standardized loadings the mean of λ².

    Notes
    -----
    Fornell and Larcker (1981, *J. Marketing Research* 18:39); at least .50 by their convention. R:
    ``semTools::reliability``, row avevar (unstandardized).

    Examples
    --------
    >>> round(average_variance_extracted([0.6, 0.8]), 4)
    0.5
    """
    loading = np.asarray(loadings, dtype=float)
    explained = (loading**2).sum()
    unique = (1 - loading**2).sum() if uniqueness is None else np.sum(uniqueness)
    return float(explained / (explained + unique))


def composite_reliability(std_loadings: ArrayLike) -> float:
    """Return the reliability of a factor's standardized items.

    Parameters
    ----------
    std_loadings : array-like, shape (k,)
        Standardized loadings.

    Returns
    -------
    float
        (Σλ)² / ((Σλ)² + Σ(1 − λ²)): omega of the standardized items.

    Notes
    -----
    Fornell and Larcker (1981); Jöreskog (1971, *Psychometrika* 36:109).

    Examples
    --------
    >>> round(composite_reliability([0.6, 0.8]), 4)
    0.6622
    """
    loading = np.asarray(std_loadings, dtype=float)
    return omega_total(loading, 1 - loading**2)


def fornell_larcker(ave: ArrayLike, factor_correlation: ArrayLike) -> NDArray[np.bool_]:
    """Tell which pairs of factors share less variance than each explains in its own items.

    Parameters
    ----------
    ave : array-like, shape (k,)
        Average variance extracted.
    factor_correlation : array-like, shape (k, k)
        Correlations of the factors.

    Returns
    -------
    array of bool, shape (k, k)
        Whether r² is below both AVE; True on the diagonal.

    Notes
    -----
    Fornell and Larcker (1981).

    Examples
    --------
    >>> fornell_larcker([0.5, 0.3], [[1, 0.6], [0.6, 1]]).tolist()
    [[True, False], [False, True]]
    """
    ave = np.asarray(ave, dtype=float)
    shared = np.asarray(factor_correlation, dtype=float) ** 2
    return np.asarray((shared < np.minimum(ave[:, None], ave)) | np.eye(len(ave), dtype=bool))


def htmt(R: ArrayLike, factor_of: ArrayLike) -> Array:
    """Return the heterotrait–monotrait ratio of every pair of dimensions.

    Parameters
    ----------
    R : array-like, shape (..., p, p)
        Correlations of the items; leading axes are replicates.
    factor_of : array-like of int, shape (p,)
        Dimension of each item, numbered from 0.

    Returns
    -------
    array, shape (..., k, k)
        Mean absolute correlation between two dimensions' items over the geometric mean of those within each; 1 on
        the diagonal, NaN with a dimension of one item.

    Notes
    -----
    Henseler, Ringle and Sarstedt (2015, *J. Acad. Marketing Science* 43:115), absolute correlations; above .85 or .90
    two dimensions are hard to tell apart. R: ``semTools::htmt(absolute = TRUE)``.

    Examples
    --------
    >>> R = np.full((4, 4), 0.3)
    >>> R[:2, :2] = R[2:, 2:] = 0.6
    >>> round(float(htmt(R, [0, 0, 1, 1])[0, 1]), 4)
    0.5
    """
    r, factor = np.abs(np.asarray(R, dtype=float)), np.asarray(factor_of, dtype=np.intp)
    member = (factor[:, None] == np.arange(factor.max() + 1)).astype(float)
    size = member.sum(axis=0)
    diagonal = np.arange(len(factor))
    off = r.copy()
    off[..., diagonal, diagonal] = 0.0
    sums = member.T @ off @ member
    with np.errstate(divide="ignore", invalid="ignore"):
        within = np.sqrt(np.diagonal(sums, axis1=-2, axis2=-1) / (size * (size - 1)))
        ratio = sums / np.outer(size, size) / (within[..., :, None] * within[..., None, :])
    diagonal = np.arange(len(size))
    ratio[..., diagonal, diagonal] = 1.0
    return np.asarray(ratio)
