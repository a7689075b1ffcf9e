"""Covariance and correlation matrices: from pairwise sums, and what to do when they are not proper."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# A variance below this share of the mean square is rounding noise of the sums, not variation.
_CONSTANT = 1e-12


class RepairedCorrelation(NamedTuple):
    """A correlation matrix made positive definite, and how far it was moved.

    Attributes
    ----------
    matrix : array, shape (p, p)
        The repaired matrix.
    max_change : float
        Largest absolute change of one correlation.
    smallest_eigenvalue : float
        Smallest eigenvalue before the repair.
    """

    matrix: Array
    max_change: float
    smallest_eigenvalue: float


def is_positive_definite(R: ArrayLike, tol: float = 1e-8) -> NDArray[np.bool_]:
    """Tell whether symmetric matrices are safely positive definite.

    Parameters
    ----------
    R : array-like, shape (..., p, p)
        Symmetric matrices.
    tol : float
        Smallest eigenvalue accepted; for a correlation matrix 1e-8 allows variance inflation up to 1e8.

    Returns
    -------
    array of bool, shape (...)
        False also for a matrix with an undefined element.
    """
    R = np.asarray(R, dtype=float)
    finite = np.isfinite(R).all(axis=(-2, -1))
    # eigvalsh refuses NaN, so such matrices are replaced before and reported as False after
    safe = np.where(finite[..., None, None], R, np.eye(R.shape[-1]))
    return np.asarray(finite & (np.linalg.eigvalsh(safe)[..., 0] > tol))


def collinear_columns(R: ArrayLike, tol: float = 1e-8) -> NDArray[np.intp]:
    """Return the columns that make a correlation matrix singular or indefinite.

    Parameters
    ----------
    R : array-like, shape (p, p)
        A correlation matrix without undefined elements.
    tol : float
        Eigenvalues up to this count as zero.

    Returns
    -------
    array of int
        Positions of the columns that take part in a null or negative eigenvector (loading above 0.05);
        empty if the matrix is positive definite.
    """
    values, vectors = np.linalg.eigh(np.asarray(R, dtype=float))
    guilty = np.abs(vectors[:, values <= tol]) > 0.05
    return np.flatnonzero(guilty.any(axis=1))


def repair_correlation(R: ArrayLike, floor: float = 1e-4) -> RepairedCorrelation:
    """Return a positive definite correlation matrix close to one that is not.

    Eigenvalues below the floor are raised to it, the matrix is put together again and rescaled to a unit
    diagonal. It is the named fallback for correlations of pairwise answers in small units; use it with a
    caveat that states ``max_change``.

    Parameters
    ----------
    R : array-like, shape (p, p)
        A symmetric matrix with unit diagonal and no undefined element.
    floor : float
        Smallest eigenvalue wanted, before rescaling.

    Returns
    -------
    RepairedCorrelation
        The matrix itself, unchanged, if its eigenvalues already reach the floor.

    Notes
    -----
    This is the spectral method of Rebonato and Jäckel (1999, *Journal of Risk* 2(2)), not the nearest matrix
    in the Frobenius norm (Higham 2002), which needs iteration and is close to it for small violations.
    """
    R = np.asarray(R, dtype=float)
    values, vectors = np.linalg.eigh(R)
    if values[0] >= floor:
        return RepairedCorrelation(R.copy(), 0.0, float(values[0]))
    rebuilt = (vectors * np.maximum(values, floor)) @ vectors.T
    repaired = cov_to_cor((rebuilt + rebuilt.T) / 2)
    return RepairedCorrelation(repaired, float(np.abs(repaired - R).max()), float(values[0]))


def cov_to_cor(C: ArrayLike) -> Array:
    """Return the correlations of covariance matrices.

    Parameters
    ----------
    C : array-like, shape (..., p, p)
        Covariance matrices.

    Returns
    -------
    array, shape (..., p, p)
        Correlations with a diagonal of exactly 1; NaN in the rows and columns of constant variables.
    """
    C = np.asarray(C, dtype=float)
    variance = np.diagonal(C, axis1=-2, axis2=-1)
    sd = np.sqrt(np.where(variance > 0, variance, np.nan))
    R = C / (sd[..., :, None] * sd[..., None, :])
    return _unit_diagonal(np.asarray(R), np.isfinite(sd))


def covariance_from_moments(n: ArrayLike, sw: ArrayLike, swx: ArrayLike, swxy: ArrayLike) -> Array:
    """Return (weighted) pairwise covariances from sums over the rows where both variables are present.

    Parameters
    ----------
    n, sw : array-like, shape (..., p, p)
        Number of rows and sum of weights of each pair.
    swx : array-like, shape (..., p, p)
        Element (i, j): sum of w * x_i over the rows where x_j is present too.
    swxy : array-like, shape (..., p, p)
        Sum of w * x_i * x_j.

    Returns
    -------
    array, shape (..., p, p)
        sum w (x - mean)(y - mean) / sum w * n / (n - 1); NaN for pairs with fewer than two rows. Without
        weights this is R's ``cov(use = "pairwise")``.
    """
    n, sw, swx, swxy = (np.asarray(one, dtype=float) for one in (n, sw, swx, swxy))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = swx / sw
        covariance = (swxy / sw - mean * np.swapaxes(mean, -1, -2)) * n / (n - 1)
    return np.where((n >= 2) & (sw > 0), covariance, np.nan)


def correlation_from_moments(
    n: ArrayLike, sw: ArrayLike, swx: ArrayLike, swxx: ArrayLike, swxy: ArrayLike
) -> Array:
    """Return (weighted) pairwise correlations from sums over the rows where both variables are present.

    Parameters
    ----------
    n, sw : array-like, shape (..., p, p)
        Number of rows and sum of weights of each pair.
    swx, swxx : array-like, shape (..., p, p)
        Element (i, j): sum of w * x_i, and of w * x_i**2, over the rows where x_j is present too.
    swxy : array-like, shape (..., p, p)
        Sum of w * x_i * x_j.

    Returns
    -------
    array, shape (..., p, p)
        Correlations, each with the means and variances of its own rows (R's ``cor(use = "pairwise")``; with
        weights and complete rows R's ``cov.wt(cor = TRUE)``). NaN where a pair has fewer than two rows or a
        variable is constant on them. The matrix need not be positive definite: see `repair_correlation`.
    """
    n, sw, swx, swxx, swxy = (np.asarray(one, dtype=float) for one in (n, sw, swx, swxx, swxy))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = swx / sw
        mean_square = swxx / sw
        variance = mean_square - mean**2
        variance = np.where((n >= 2) & (variance > _CONSTANT * mean_square), variance, np.nan)
        covariance = swxy / sw - mean * np.swapaxes(mean, -1, -2)
        R = np.clip(covariance / np.sqrt(variance * np.swapaxes(variance, -1, -2)), -1.0, 1.0)
    return _unit_diagonal(R, np.isfinite(np.diagonal(variance, axis1=-2, axis2=-1)))


def _unit_diagonal(R: Array, defined: NDArray[np.bool_]) -> Array:
    diagonal = np.arange(R.shape[-1])
    R[..., diagonal, diagonal] = np.where(defined, 1.0, np.nan)
    return R
