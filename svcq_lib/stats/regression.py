"""Weighted least squares with errors for clusters and for time series.

The wild cluster bootstrap is a module of its own, :mod:`svcq_lib.stats.wild`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import MethodError
from svcq_lib.stats import wald

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Kind = Literal["CR0", "CR1", "CR2"]
_TINY = 1e-10


class Fit(NamedTuple):
    """A weighted least-squares fit of k regressors to n rows.

    Attributes
    ----------
    coef : array, shape (k,)
        Coefficients; one of many solutions where regressors depend on each other.
    residuals : array, shape (n,)
        y − Xb.
    x, weights : array, shapes (n, k) and (n,)
        What was fitted.
    bread : array, shape (k, k)
        (X′WX)⁻¹, a generalised inverse where regressors depend on each other.
    rank : int
        Rank of X.
    """

    coef: Array
    residuals: Array
    x: Array
    weights: Array
    bread: Array
    rank: int


def wls(x: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> Fit:
    """Fit a regression by weighted least squares.

    Parameters
    ----------
    x : array-like, shape (n, k)
        Regressors, with a constant if there is to be one.
    y : array-like, shape (n,)
        Outcome.
    weights : array-like, shape (n,), optional
        Weights, none negative; all alike by default.

    Returns
    -------
    Fit
        b = (X′WX)⁻¹X′Wy. R: ``lm(y ~ x - 1, weights = w)``.

    Raises
    ------
    MethodError
        If there are no more rows of positive weight than independent regressors.

    Examples
    --------
    >>> wls([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]], [1.0, 2.0, 6.0]).coef.round(2).tolist()
    [0.5, 2.5]
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    tall = np.sqrt(w)[:, None] * x
    size = np.sqrt((tall**2).sum(axis=0))
    size[size == 0] = 1.0
    values, vectors = np.linalg.eigh((tall / size).T @ (tall / size))
    kept = values > _TINY * max(float(values.max(initial=0.0)), 1e-300)
    rank = int(kept.sum())
    if (w > 0).sum() <= rank:
        raise MethodError(
            f"{int((w > 0).sum())} rows cannot carry {rank} coefficients and an error. Use fewer terms."
        )
    half = vectors[:, kept] / np.sqrt(values[kept])
    bread = (half @ half.T) / np.outer(size, size)
    coef = bread @ (x.T @ (w * y))
    return Fit(coef, y - x @ coef, x, w, bread, rank)


def classic_covariance(fit: Fit, n: float, within: float = 0.0) -> Array:
    """Return the covariance of coefficients under independent errors of one variance.

    Parameters
    ----------
    fit : Fit
        A fit to rows, or to means of cells with weights n.
    n : float
        Number of rows that the cells stand for.
    within : float
        Sum of squares inside the cells, Σ(x − x̄)²; 0 if the fit is to rows.

    Returns
    -------
    array, shape (k, k)
        s²(X′WX)⁻¹ with s² = (Σwe² + within)/(n − k): that of the rows, from sums alone. R: ``vcov(lm(...))``.
    """
    s2 = (float(fit.weights @ fit.residuals**2) + within) / (n - fit.rank)
    return s2 * fit.bread


def newey_west(fit: Fit, time: ArrayLike, lag: int) -> Array:
    """Return the covariance of coefficients where errors of neighbouring times go together.

    Parameters
    ----------
    fit : Fit
        A fit to one row per time.
    time : array-like, shape (n,)
        Number of the period of each row; periods may be missing.
    lag : int
        Largest distance at which errors are allowed to go together.

    Returns
    -------
    array, shape (k, k)
        Bartlett's kernel 1 − d/(lag + 1) of the distance d in periods, times n/(n − k). Newey and West (1987,
        *Econometrica* 55:703). R: ``sandwich::NeweyWest(prewhite = FALSE, adjust = TRUE, lag = lag)``.
    """
    at = np.asarray(time, dtype=float)
    kernel = np.maximum(0.0, 1 - np.abs(at[:, None] - at[None, :]) / (lag + 1))
    scores = fit.x * (fit.weights * fit.residuals)[:, None]
    n = len(fit.residuals)
    return n / (n - fit.rank) * fit.bread @ (scores.T @ kernel @ scores) @ fit.bread


def default_lag(n: int) -> int:
    """Return the usual lag of Newey and West's covariance, ⌊4 (n/100)^(2/9)⌋.

    Parameters
    ----------
    n : int
        Number of periods.

    Returns
    -------
    int
        The lag. Newey and West (1994, *Review of Economic Studies* 61:631).

    Examples
    --------
    >>> default_lag(18), default_lag(192)
    (2, 4)
    """
    return int(4 * (n / 100) ** (2 / 9))


def cluster_covariance(fit: Fit, clusters: ArrayLike, kind: Kind = "CR2") -> Array:
    """Return the covariance of coefficients where rows of one cluster go together.

    Parameters
    ----------
    fit : Fit
        A fit.
    clusters : array-like, shape (n,)
        Cluster of each row.
    kind : {"CR0", "CR1", "CR2"}
        CR0 is the plain sandwich; CR1 multiplies it by G/(G − 1) · (n − 1)/(n − k) as Stata does; CR2 (Bell and
        McCaffrey 2002) scales each cluster's residuals by (I − H)^(−1/2), unbiased if errors are independent.

    Returns
    -------
    array, shape (k, k)
        NaN with a single cluster. R: ``clubSandwich::vcovCR(type = kind)``.
    """
    codes = _codes(clusters)
    groups = int(codes.max()) + 1
    if groups < 2:
        return np.full(fit.bread.shape, np.nan)
    scores = np.stack([one.T @ e for one, e in _adjusted(fit, codes, kind)])
    n = len(fit.residuals)
    factor = groups / (groups - 1) * (n - 1) / (n - fit.rank) if kind == "CR1" else 1.0
    return factor * fit.bread @ (scores.T @ scores) @ fit.bread


def satterthwaite_df(fit: Fit, clusters: ArrayLike, coefficients: ArrayLike) -> Array:
    """Return the degrees of freedom of coefficients' t statistics with CR2 errors.

    Parameters
    ----------
    fit : Fit
        A fit.
    clusters : array-like, shape (n,)
        Cluster of each row.
    coefficients : array-like of int, shape (q,)
        Which coefficients.

    Returns
    -------
    array, shape (q,)
        tr(B)²/tr(B²) of the quadratic form of the variance under independent errors; NaN with a single cluster.
        Pustejovsky and Tipton (2018, *JBES* 36:672). R: ``clubSandwich::coef_test(test = "Satterthwaite")``.
    """
    codes, asked = _codes(clusters), np.asarray(coefficients, dtype=np.intp)
    if codes.max() < 1:
        return np.full(asked.shape, np.nan)
    root = np.sqrt(fit.weights)[:, None]
    tall = root * fit.x
    scaled = np.zeros((len(codes), len(asked)))
    for group, (one, _) in enumerate(_adjusted(fit, codes, "CR2")):
        scaled[codes == group] = (one / root[codes == group]) @ fit.bread[:, asked]
    return np.array([_df_of(scaled[:, i], codes, tall, fit.bread) for i in range(len(asked))])


def _df_of(scaled: Array, codes: Codes, tall: Array, bread: Array) -> float:
    """Return tr(B)²/tr(B²), with B between clusters, of one coefficient's scaled rows."""
    groups = int(codes.max()) + 1
    toward = np.zeros((groups, tall.shape[1]))
    np.add.at(toward, codes, scaled[:, None] * tall)
    form = np.diag(np.bincount(codes, weights=scaled**2)) - toward @ bread @ toward.T
    square = float((form**2).sum())
    return float(np.trace(form) ** 2 / square) if square > 0 else float("nan")


def _codes(clusters: ArrayLike) -> Codes:
    return np.unique(np.asarray(clusters), return_inverse=True)[1].astype(np.intp)


def _adjusted(fit: Fit, codes: Codes, kind: Kind) -> list[tuple[Array, Array]]:
    """Return per cluster the weighted regressors, scaled for CR2, and the residuals that they multiply."""
    found = []
    for group in range(int(codes.max()) + 1):
        mask = codes == group
        x, root = fit.x[mask], np.sqrt(fit.weights[mask])
        tall = root[:, None] * x
        if kind == "CR2":
            values, vectors = np.linalg.eigh(np.eye(len(x)) - tall @ fit.bread @ tall.T)
            # a direction that the cluster's own dummies fit exactly carries no residual: leave it out
            inverse = np.where(values > 1e-8, 1 / np.sqrt(np.maximum(values, 1e-8)), 0.0)
            tall = (vectors * inverse) @ (vectors.T @ tall)
        found.append((root[:, None] * tall, fit.residuals[mask]))
    return found


def joint_test(fit: Fit, clusters: ArrayLike, coefficients: ArrayLike) -> tuple[float, float, float, float]:
    """Test whether several coefficients are all zero, with cluster-robust errors.

    Parameters
    ----------
    fit : Fit
        A fit.
    clusters : array-like, shape (n,)
        Cluster of each row.
    coefficients : array-like of int, shape (q,)
        Which coefficients.

    Returns
    -------
    statistic, df, df_error, p_value : float
        F = (η − q + 1)/(q η) · b′V⁻¹b with q and η − q + 1 degrees of freedom (Hotelling's approximation) and CR2
        errors; η is the smallest of the coefficients' Satterthwaite degrees of freedom, well below G where clusters
        differ in size or few are treated. NaN where G ≤ q or V is singular; b′V⁻¹b/q without a p-value where η < q.
        Pustejovsky and Tipton (2018, *JBES* 36:672), whose η is that of the whole form.
    """
    at = np.asarray(coefficients, dtype=np.intp)
    q, groups = len(at), int(_codes(clusters).max()) + 1
    nothing = (float("nan"), float(q), float(groups - q), float("nan"))
    if q == 0 or groups <= q:
        return nothing
    covariance = cluster_covariance(fit, clusters, "CR2")[np.ix_(at, at)]
    if not np.isfinite(covariance).all() or np.linalg.matrix_rank(covariance) < q:
        return nothing
    eta = float(satterthwaite_df(fit, clusters, at).min())
    if not eta >= q:
        return float(fit.coef[at] @ np.linalg.solve(covariance, fit.coef[at])) / q, float(q), np.nan, np.nan
    found = wald.joint_test(fit.coef[at], covariance, eta)
    return found.statistic, found.df, found.df_residual, found.p_value
