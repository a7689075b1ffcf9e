"""Proportional-odds regression with weights, and the latent correlations that it implies.

A binary outcome is the case of two categories. The likelihood is maximised by Newton's method with analytic gradient
and Hessian; the rows' gradients give a bootstrap without refits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, xlogy

from svcq_lib.errors import MethodError

Array = NDArray[np.float64]

LATENT_VARIANCE = np.pi**2 / 3
"""Variance of the logistic distribution: the unexplained part of the latent outcome."""
_STEPS = 60
_TOLERANCE = 1e-9
_LARGEST_SLOPE = 30.0  # per standard deviation: beyond it the outcome is separated and no estimate exists


@dataclass(frozen=True)
class OrdinalFit:
    """Estimates of a proportional-odds model, logit P(y ≤ j) = cut_j − xβ.

    Attributes
    ----------
    beta : array, shape (p,)
        Slopes; positive where a higher x goes with a higher category.
    cuts : array, shape (k − 1,)
        Cutpoints, ascending.
    covariance : array, shape (p + k − 1, p + k − 1)
        Inverse of the observed information, slopes first.
    deviance, null_deviance : float
        −2 log-likelihood of the model and of the cutpoints alone.
    """

    beta: Array
    cuts: Array
    covariance: Array
    deviance: float
    null_deviance: float


def fit_ordinal(x: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> OrdinalFit:
    """Fit a proportional-odds model by maximum (pseudo-)likelihood.

    Parameters
    ----------
    x : array-like, shape (n, p)
        Predictors without missing values.
    y : array-like, shape (n,)
        Outcome; its distinct values, in order, are the categories.
    weights : array-like, shape (n,), optional
        Frequencies or survey weights.

    Returns
    -------
    OrdinalFit
        The estimates.

    Raises
    ------
    MethodError
        Fewer than two categories, predictors that are combinations of each other, or separation: no finite maximum.

    Notes
    -----
    McCullagh (1980), *J. R. Statist. Soc. B* 42. R: ``MASS::polr``.
    """
    x = np.asarray(x, dtype=float)
    levels, codes = np.unique(np.asarray(y, dtype=float), return_inverse=True)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    if len(levels) < 2:
        raise MethodError("An ordinal outcome needs at least two categories. Use rows in which it varies.")
    centre, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    z, p = (x - centre) / spread, x.shape[1]
    share = np.bincount(codes, w)[:-1].cumsum() / w.sum()
    theta = np.r_[np.zeros(p), np.log(share / (1 - share))]
    null = -2 * _log_likelihood(theta, z, codes, w)
    theta = _maximised(theta, z, codes, w)
    try:
        covariance = np.linalg.inv(-_derivatives(theta, z, codes, w)[1])
    except np.linalg.LinAlgError as error:
        raise MethodError("Predictors are combinations of each other. Drop one of them.") from error
    # back to the units of x: slopes shrink by the spread, cutpoints move by what the centre adds
    back = np.eye(len(theta))
    back[:p, :p] = np.diag(1 / spread)
    back[p:, :p] = centre / spread
    found = back @ theta
    return OrdinalFit(
        found[:p], found[p:], back @ covariance @ back.T, -2 * _log_likelihood(theta, z, codes, w), null
    )


def latent_correlations(beta: ArrayLike, covariance: ArrayLike) -> tuple[Array, Array]:
    """Return the correlations of predictors with the latent outcome, and how much of it they explain.

    Parameters
    ----------
    beta : array-like, shape (..., p)
        Slopes of a logit or proportional-odds model.
    covariance : array-like, shape (..., p, p)
        Covariances of the predictors.

    Returns
    -------
    correlations : array, shape (..., p)
        cov(x, xβ) / (sd(x) · sd(y*)) with var(y*) = var(xβ) + π²/3.
    r_squared : array, shape (...)
        McKelvey and Zavoina's R², var(xβ) / var(y*).

    Notes
    -----
    With these correlations every method for a linear outcome decomposes the latent R²: the model is fitted once, and
    what a subset explains is the projection of its linear predictor. McKelvey and Zavoina (1975), *J. Math. Sociology*
    4.
    """
    beta, covariance = np.asarray(beta, dtype=float), np.asarray(covariance, dtype=float)
    along = (covariance @ beta[..., None])[..., 0]
    explained = (along * beta).sum(axis=-1)
    whole = explained + LATENT_VARIANCE
    spread = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    return along / (spread * np.sqrt(whole)[..., None]), explained / whole


def scores(beta: Array, cuts: Array, x: Array, y: Array, weights: Array) -> Array:
    """Return each row's part of the gradient of the log-likelihood.

    Parameters
    ----------
    beta : array, shape (p,)
        Slopes.
    cuts : array, shape (k − 1,)
        Cutpoints.
    x : array, shape (n, p)
        Predictors.
    y : array, shape (n,)
        Outcome with k distinct values.
    weights : array, shape (n,)
        Weights.

    Returns
    -------
    array, shape (n, p + k − 1)
        Slopes first; the sum over rows is zero at the maximum. The covariance of the estimates times sums of these
        over resampled rows is the score bootstrap (Kline and Santos 2012, *J. Econometric Methods* 1).
    """
    codes = np.unique(y, return_inverse=True)[1]
    return _derivatives(np.r_[beta, cuts], np.asarray(x, dtype=float), codes, weights)[0]


def _maximised(theta: Array, z: Array, codes: NDArray[np.intp], w: Array) -> Array:
    """Climb to the maximum by Newton's steps, halved where they overshoot."""
    value = _log_likelihood(theta, z, codes, w)
    for _ in range(_STEPS):
        gradient, hessian = _derivatives(theta, z, codes, w)
        try:
            step = np.linalg.solve(-hessian, gradient.sum(axis=0))
        except np.linalg.LinAlgError as error:
            raise MethodError("Predictors are combinations of each other. Drop one of them.") from error
        size = 1.0
        while size > _TOLERANCE and not _log_likelihood(theta + size * step, z, codes, w) >= value:
            size /= 2
        theta = theta + size * step
        value, before = _log_likelihood(theta, z, codes, w), value
        if np.abs(theta[: z.shape[1]]).max(initial=0.0) > _LARGEST_SLOPE:
            break
        if value - before <= _TOLERANCE * (1 + abs(value)):
            return theta
    raise MethodError("The outcome is separated by the predictors: no finite estimate. Use fewer predictors.")


def _log_likelihood(theta: Array, z: Array, codes: NDArray[np.intp], w: Array) -> float:
    probability = _limits(theta, z, codes)[2]
    return float(xlogy(w, probability).sum()) if (probability > 0).all() else -np.inf


def _limits(theta: Array, z: Array, codes: NDArray[np.intp]) -> tuple[Array, Array, Array]:
    """Return where a row's category ends and begins on the latent scale, and its probability."""
    p = z.shape[1]
    cuts = np.r_[-np.inf, theta[p:], np.inf]
    along = z @ theta[:p]
    upper, lower = cuts[codes + 1] - along, cuts[codes] - along
    # F(u) − F(l) from the side where both are small, or digits cancel
    flip = lower > 0
    high, low = np.where(flip, -lower, upper), np.where(flip, -upper, lower)
    return upper, lower, np.asarray(expit(high) - expit(low))


def _derivatives(theta: Array, z: Array, codes: NDArray[np.intp], w: Array) -> tuple[Array, Array]:
    """Return the rows' gradients, shape (n, size), and the Hessian, shape (size, size)."""
    p = z.shape[1]
    upper, lower, probability = _limits(theta, z, codes)
    f_upper, f_lower = (expit(one) * expit(-one) for one in (upper, lower))
    a, b = f_upper / probability, f_lower / probability
    # with u = D_u θ and l = D_l θ everything is a product with these two designs
    steps = np.eye(len(theta) - p + 2)[:, 1:-1]
    design_upper, design_lower = (np.c_[-z, steps[codes + shift]] for shift in (1, 0))
    gradient = w[:, None] * (a[:, None] * design_upper - b[:, None] * design_lower)
    bend_upper = a * (expit(-upper) - expit(upper)) - a**2
    bend_lower = -b * (expit(-lower) - expit(lower)) - b**2
    crossed = (design_upper.T * (w * a * b)) @ design_lower
    hessian = (
        (design_upper.T * (w * bend_upper)) @ design_upper
        + (design_lower.T * (w * bend_lower)) @ design_lower
        + crossed
        + crossed.T
    )
    return gradient, hessian
