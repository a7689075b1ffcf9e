"""How far the χ² of a factor model is inflated by answers that are not normal (Yuan and Bentler's scaling)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import MethodError
from svcq_lib.stats.cfa import CfaFit, cfa

Array = NDArray[np.float64]
Index = NDArray[np.intp]
_STEP = 1e-5
"""Step of the numerical second derivatives; items have variance 1."""


def scaling_factor(x: ArrayLike, factor_of: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Return what the χ² of a factor model is divided by, so that it keeps its level with skewed or peaked answers.

    Parameters
    ----------
    x : array-like, shape (n, p)
        Answers. Fourth moments need whole rows: respondents with a missing answer are left out.
    factor_of : array-like of int, shape (p,)
        Factor of each item, numbered from 0.
    weights : array-like, shape (n,), optional
        Survey weights; all alike by default. The χ² is then one of the effective sample size.

    Returns
    -------
    float
        About 1 for normal answers, above 1 for heavy tails. NaN without degrees of freedom, with fewer than two
        complete rows per item, or where the model cannot be fitted to them.

    Notes
    -----
    c = [tr(B₁A₁⁻¹) − tr(B₀A₀⁻¹)]/df with the observed information A and the mean product B of the scores, of the
    saturated model (1) and of the factor model (0); the first trace is Mardia's (mean m² − p)/2 of the squared
    Mahalanobis distances m. Yuan and Bentler (2000, *Sociological Methodology* 30:165), as in Mplus. R: lavaan's
    ``test = "yuan.bentler.mplus"``.
    """
    factor = np.asarray(factor_of, dtype=np.intp)
    z, w = _standardized(np.asarray(x, dtype=float), weights)
    n, p = z.shape
    if n < 2 * p:
        return float("nan")
    S = (w[:, None] * z).T @ z / w.sum()
    try:
        fit = cfa(S, n, factor)
    except MethodError:
        return float("nan")
    if fit.df == 0 or not fit.converged:
        return float("nan")
    square = w**2 / (w**2).sum()
    m = np.einsum("ij,ij->i", z @ np.linalg.inv(S), z)
    saturated = float(square @ (m**2 - 2 * m + p)) / 2
    model = _Model(factor, np.bincount(factor)[factor] > 1, int(factor.max()) + 1)
    scores = _scores(model, _parameters(model, fit), z)
    information = _information(model, _parameters(model, fit), S)
    product = (square[:, None] * scores).T @ scores
    try:
        restricted = float(np.trace(np.linalg.solve(information, product)))
    except np.linalg.LinAlgError:
        return float("nan")
    found = (saturated - restricted) / fit.df
    return found if found > 0 else float("nan")


class _Model(NamedTuple):
    """Factor of each item, whether its unique variance is free, and the number of factors."""

    factor: Index
    unique: NDArray[np.bool_]
    k: int


def _standardized(x: Array, weights: ArrayLike | None) -> tuple[Array, Array]:
    """Return complete rows in units of their weighted standard deviations about the mean, and their weights."""
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    kept = ~np.isnan(x).any(axis=1) & (w > 0)
    x, w = x[kept], w[kept]
    if not len(x):
        return x, w
    away = x - np.average(x, axis=0, weights=w)
    spread = np.sqrt(np.average(away**2, axis=0, weights=w))
    return away / np.where(spread > 0, spread, 1.0), w


def _parameters(model: _Model, fit: CfaFit) -> Array:
    """Return loadings, free unique variances and factor correlations in one vector."""
    below = np.tril_indices(model.k, -1)
    return np.concatenate([fit.loadings, fit.uniqueness[model.unique], fit.factor_correlation[below]])


def _matrices(model: _Model, x: Array) -> tuple[Array, Array, Array]:
    """Return Λ, ΛΦ and Σ⁻¹."""
    p, free = len(model.factor), int(model.unique.sum())
    loading, unique, between = np.zeros((p, model.k)), np.zeros(p), np.eye(model.k)
    loading[np.arange(p), model.factor] = x[:p]
    unique[model.unique] = x[p : p + free]
    below = np.tril_indices(model.k, -1)
    between[below] = x[p + free :]
    between.T[below] = x[p + free :]
    with_factor = loading @ between
    return loading, with_factor, np.asarray(np.linalg.inv(with_factor @ loading.T + np.diag(unique)))


def _scores(model: _Model, x: Array, z: Array) -> Array:
    """Return the slopes of each row's log-likelihood, shape (n, q)."""
    loading, with_factor, inverse = _matrices(model, x)
    y = z @ inverse
    a, b = np.tril_indices(model.k, -1)
    seen = y @ loading
    parts = (y * (y @ with_factor)[:, model.factor], (y**2 / 2)[:, model.unique], seen[:, a] * seen[:, b])
    return np.asarray(np.hstack(parts) - _linear(model, loading, with_factor, inverse))


def _linear(model: _Model, loading: Array, with_factor: Array, M: Array) -> Array:
    """Return tr(M ∂Σ)/2 for each parameter: the slope of the log-likelihood if M = Σ⁻¹(S − Σ)Σ⁻¹."""
    items = np.arange(len(model.factor))
    below = np.tril_indices(model.k, -1)
    return np.concatenate([
        (M @ with_factor)[items, model.factor], np.diagonal(M)[model.unique] / 2, (loading.T @ M @ loading)[below],
    ])  # fmt: skip


def _information(model: _Model, x: Array, S: Array) -> Array:
    """Return the negative second derivatives of the mean log-likelihood, shape (q, q)."""

    def slope(at: Array) -> Array:
        loading, with_factor, inverse = _matrices(model, at)
        return _linear(model, loading, with_factor, inverse @ S @ inverse - inverse)

    steps = _STEP * np.eye(len(x))
    found = np.array([slope(x - step) - slope(x + step) for step in steps]) / (2 * _STEP)
    return np.asarray((found + found.T) / 2)
