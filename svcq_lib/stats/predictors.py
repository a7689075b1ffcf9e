"""Which correlations of predictors and outcome can be used, and why not the others.

A single matrix is an estimate that somebody will read: if it is improper, that is an error that names the
columns. A stack is a set of bootstrap replicates: an improper one becomes NaN and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import MethodError
from svcq_lib.stats.matrices import collinear_columns, is_positive_definite

Array = NDArray[np.float64]

_R2_SLACK = 1e-8


def checked_point(R: ArrayLike, r: ArrayLike) -> tuple[Array, Array]:
    """Return R and r as arrays, or say why they cannot be used.

    Parameters
    ----------
    R : array-like, shape (p, p)
        Correlation matrix of the predictors.
    r : array-like, shape (p,)
        Correlations with the outcome.

    Returns
    -------
    tuple of array
        Both as float arrays.

    Raises
    ------
    MethodError
        Wrong shapes; undefined correlations; a singular or indefinite matrix; an R-squared above 1. The
        message names the positions of the columns concerned.
    """
    R, r = np.asarray(R, dtype=float), np.asarray(r, dtype=float)
    if r.ndim != 1 or r.size == 0 or R.shape != (r.size, r.size):
        raise MethodError(
            f"Importance needs R of shape (p, p) and r of shape (p,); got {R.shape} and {r.shape}."
        )
    undefined = np.flatnonzero(~np.isfinite(np.diagonal(R)) | ~np.isfinite(r))
    if undefined.size or not np.isfinite(R).all():
        columns = undefined if undefined.size else np.flatnonzero(~np.isfinite(R).all(axis=1))
        raise MethodError(
            f"Correlations of columns {columns.tolist()} are undefined: these are constant or have too few "
            "common answers. Drop them or use more data."
        )
    if not is_positive_definite(R):
        raise MethodError(
            f"The correlation matrix is singular or indefinite; columns {collinear_columns(R).tolist()} are "
            "combinations of each other. Drop one of them, or use complete rows or a repaired matrix."
        )
    total = float(r @ np.linalg.solve(R, r))
    if total > 1 + _R2_SLACK:
        raise MethodError(
            f"The correlations contradict each other: R-squared would be {total:.3f}. They come from "
            "different rows; use complete rows or a repaired matrix."
        )
    return R, r


def usable(R: Array, r: Array) -> NDArray[np.bool_]:
    """Tell which matrices of a stack pass the checks of `checked_point`.

    Parameters
    ----------
    R : array, shape (b, p, p)
        Correlation matrices of the predictors.
    r : array, shape (b, p)
        Correlations with the outcome.

    Returns
    -------
    array of bool, shape (b,)
        False where R is undefined or not positive definite, r undefined, or R-squared above 1.
    """
    good = is_positive_definite(R) & np.isfinite(r).all(axis=-1)
    good[good] = (beta_of(R[good], r[good]) * r[good]).sum(axis=-1) <= 1 + _R2_SLACK
    return good


def over_stack(R: ArrayLike, r: ArrayLike, formula: Callable[[Array, Array], Array]) -> Array:
    """Apply a formula to one matrix, which must be proper, or to the proper ones of a stack.

    Parameters
    ----------
    R : array-like, shape (..., p, p)
        Correlation matrices of the predictors.
    r : array-like, shape (..., p)
        Correlations with the outcome.
    formula : callable
        Takes (b, p, p) and (b, p), returns (b, p).

    Returns
    -------
    array, shape (..., p)
        NaN for the improper matrices of a stack.

    Raises
    ------
    MethodError
        A single matrix that is improper (see `checked_point`).
    """
    R, r = np.asarray(R, dtype=float), np.asarray(r, dtype=float)
    if R.ndim == 2:
        R, r = checked_point(R, r)
        return np.asarray(formula(R[None], r[None])[0])
    p = R.shape[-1]
    flat_R, flat_r = R.reshape(-1, p, p), r.reshape(-1, p)
    good = usable(flat_R, flat_r)
    out = np.full(flat_r.shape, np.nan)
    out[good] = formula(flat_R[good], flat_r[good])
    return out.reshape(r.shape)


def beta_of(R: Array, r: Array) -> Array:
    """Return standardized coefficients without any check.

    Parameters
    ----------
    R : array, shape (..., p, p)
        Proper correlation matrices.
    r : array, shape (..., p)
        Correlations with the outcome.

    Returns
    -------
    array, shape (..., p)
        R^-1 r.
    """
    return np.asarray(np.linalg.solve(R, r[..., None])[..., 0])
