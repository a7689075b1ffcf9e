"""Weighted regression from sums of cells in which the covariates are constant, with design-based errors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def dummies(codes: NDArray[np.intp], levels: int, *, drop_first: bool) -> Array:
    """Return indicator columns of a categorical covariate.

    Parameters
    ----------
    codes : ndarray of int, shape (cells,)
        Level of each cell, from 0.
    levels : int
        Number of levels.
    drop_first : bool
        Whether the first level is the reference.

    Returns
    -------
    ndarray, shape (cells, levels) or (cells, levels − 1)
        Zeros and ones.
    """
    return np.eye(levels)[codes][:, int(drop_first) :]


def fit(x: ArrayLike, sw: ArrayLike, swy: ArrayLike) -> Array:
    """Return weighted least-squares coefficients.

    Parameters
    ----------
    x : array-like, shape (cells, p)
        Covariates of each cell.
    sw, swy : array-like, shape (..., cells)
        Sums of w and of w·y; leading axes are replicates.

    Returns
    -------
    ndarray, shape (..., p)
        The coefficients of a regression on the rows; of minimum norm where columns have no data.

    Examples
    --------
    >>> fit([[1, 0], [1, 1]], [2, 3], [8, 18]).round(6).tolist()
    [4.0, 2.0]
    """
    x = np.asarray(x, dtype=float)
    gram = np.einsum("cp,...c,cq->...pq", x, np.asarray(sw, dtype=float), x, optimize=True)
    inverse = np.linalg.pinv(gram, hermitian=True, rcond=1e-10)
    return np.asarray(np.einsum("...pq,...q->...p", inverse, np.asarray(swy, dtype=float) @ x))


def covariance(
    x: ArrayLike,
    sums: Mapping[str, Array],
    beta: ArrayLike,
    units: NDArray[np.intp],
    strata: NDArray[np.intp],
    rows: ArrayLike,
    fraction: ArrayLike,
    *,
    clustered: bool,
) -> Array:
    """Return the linearised (sandwich) covariance of the coefficients.

    Parameters
    ----------
    x : array-like, shape (cells, p)
        Covariates.
    sums : Mapping of str to ndarray, shape (cells,)
        Σw (``sw``), Σw² (``sw2``), Σwy (``swx``), Σw²y (``sw2x``), Σw²y² (``sw2x2``).
    beta : array-like, shape (p,)
        Coefficients.
    units : ndarray of int, shape (cells,)
        Stratum of each cell, or its cluster if clusters were drawn.
    strata : ndarray of int, shape (units,)
        Stratum of each cluster; not used without clusters.
    rows, fraction : array-like, shape (strata,)
        Rows or clusters drawn in each stratum, and their share of the population.
    clustered : bool
        Whether clusters were drawn.

    Returns
    -------
    ndarray, shape (p, p)
        A⁻¹ [Σ_h (1 − f_h) n_h/(n_h − 1) (Σ z z′ − Σz Σz′/n_h)] A⁻¹ with A = Σ w x x′ and scores z = w x (y − x′β), of
        rows or added up by cluster.

    Notes
    -----
    Binder (1983), *International Statistical Review* 51. R: ``survey::svyglm``.
    """
    x, beta = np.asarray(x, dtype=float), np.asarray(beta, dtype=float)
    n, f = np.asarray(rows, dtype=float), np.asarray(fraction, dtype=float)
    fitted = x @ beta
    linear = x * (sums["swx"] - fitted * sums["sw"])[:, None]
    bread = np.linalg.pinv((x * sums["sw"][:, None]).T @ x, hermitian=True, rcond=1e-10)
    factor = np.where(n > 1, (1 - f) * n / np.maximum(n - 1, 1), 0.0)
    p = x.shape[1]
    if clustered:
        totals = np.zeros((len(strata), p))
        np.add.at(totals, units, linear)
        centre = np.zeros((len(n), p))
        np.add.at(centre, strata, totals)
        away = totals - (centre / n[:, None])[strata]
        meat = (away * factor[strata][:, None]).T @ away
    else:
        square = sums["sw2x2"] - 2 * fitted * sums["sw2x"] + fitted**2 * sums["sw2"]
        scores = np.zeros((len(n), p))
        np.add.at(scores, units, linear)
        meat = (x * (square * factor[units])[:, None]).T @ x - (scores * (factor / n)[:, None]).T @ scores
    return np.asarray(bread @ meat @ bread)
