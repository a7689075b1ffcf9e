"""Weighted logistic regression with standard errors that fit the sampling design."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from svcq_lib.errors import MethodError

Array = NDArray[np.float64]
_STEPS, _ENOUGH = 50, 1e-10


class Logistic(NamedTuple):
    """A fitted model.

    Attributes
    ----------
    coefficients : array, shape (p,)
        Log odds ratios.
    covariance : array, shape (p, p)
        Their linearised covariance.
    n : int
        Rows.
    """

    coefficients: Array
    covariance: Array
    n: int


def logistic(
    X: ArrayLike,
    y: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    units: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> Logistic:
    """Fit a logistic regression by pseudo maximum likelihood.

    Parameters
    ----------
    X : array-like, shape (n, p)
        Predictors, with a column of ones if an intercept is wanted.
    y : array-like, shape (n,)
        0 or 1.
    weights : array-like, shape (n,), optional
        Survey weights.
    units : array-like of int, shape (n,), optional
        Sampling unit (cluster) of each row; each row is its own without it.
    strata : array-like of int, shape (n,), optional
        Stratum of each row; units are nested in strata.

    Returns
    -------
    Logistic
        Coefficients and sandwich covariance, R's ``survey::svyglm(family = quasibinomial)``.

    Raises
    ------
    MethodError
        If the fit does not converge: the outcome is constant, or a predictor separates it.

    Notes
    -----
    Newton's method (iteratively reweighted least squares); covariance A⁻¹BA⁻¹ with B from the weighted scores added up
    by unit, centred within strata (Binder 1983, *International Statistical Review* 51:279).
    """
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    beta = np.zeros(X.shape[1])
    for _ in range(_STEPS):
        p = special.expit(X @ beta)
        information = (X * (w * p * (1 - p))[:, None]).T @ X
        # a separated outcome drives the information to zero
        if np.linalg.cond(information) > 1e12:
            break
        step = np.linalg.solve(information, X.T @ (w * (y - p)))
        beta = beta + step
        if float(np.abs(step).max()) < _ENOUGH * (1 + float(np.abs(beta).max())):
            bread = np.linalg.inv(information)
            meat = _meat(X * (w * (y - p))[:, None], units, strata)
            return Logistic(beta, bread @ meat @ bread, len(y))
    raise MethodError(
        "the logistic regression does not converge: the outcome is constant, or a predictor separates its "
        "values. Use more data."
    )


def _meat(scores: Array, units: ArrayLike | None, strata: ArrayLike | None) -> Array:
    """Return the covariance of the total of the scores between units within strata."""
    unit = np.arange(len(scores)) if units is None else np.unique(np.asarray(units), return_inverse=True)[1]
    first = np.unique(unit, return_index=True)[1]
    totals = np.zeros((len(first), scores.shape[1]))
    np.add.at(totals, unit, scores)
    layer = np.zeros(len(first), int) if strata is None else np.unique(strata, return_inverse=True)[1][first]
    size = np.bincount(layer)
    means = np.stack([np.bincount(layer, column) for column in totals.T], axis=1) / size[:, None]
    # the only unit of a stratum is compared with the mean of all
    means[size == 1] = totals.mean(axis=0)
    factor = np.where(size > 1, size / np.maximum(size - 1, 1), 1.0)[layer]
    apart = totals - means[layer]
    return np.asarray((apart * factor[:, None]).T @ apart)
