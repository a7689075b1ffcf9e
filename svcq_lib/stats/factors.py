"""Exploratory factor analysis of a correlation matrix, and whether and how far it is worth doing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from svcq_lib.errors import MethodError
from svcq_lib.stats.matrices import cov_to_cor, is_positive_definite

Array = NDArray[np.float64]


class Oblique(NamedTuple):
    """Rotated loadings, shape (p, k), and the factors' correlations, shape (k, k)."""

    loadings: Array
    factor_correlation: Array


class SchmidLeiman(NamedTuple):
    """A general factor and what each group factor adds to it.

    Attributes
    ----------
    general : array, shape (p,)
        Loadings on the general factor.
    group : array, shape (p, k)
        Loadings on the group factors, orthogonal to the general one.
    uniqueness : array, shape (p,)
        1 − communality.
    """

    general: Array
    group: Array
    uniqueness: Array


class ParallelAnalysis(NamedTuple):
    """Eigenvalues beside those of noise.

    Attributes
    ----------
    eigenvalues : array, shape (p,)
        Of the correlation matrix, largest first.
    noise_mean, noise_high : array, shape (p,)
        Mean and upper quantile of the eigenvalues of uncorrelated normal variables.
    suggested : int
        Number of leading eigenvalues above ``noise_high``.
    """

    eigenvalues: Array
    noise_mean: Array
    noise_high: Array
    suggested: int


def kmo(R: ArrayLike) -> tuple[float, Array]:
    """Return Kaiser, Meyer and Olkin's measure of sampling adequacy.

    Parameters
    ----------
    R : array-like, shape (p, p)
        A positive definite correlation matrix.

    Returns
    -------
    overall : float
        Σ r² / (Σ r² + Σ q²) over the pairs, with q the partial correlations given all other variables.
    by_item : array, shape (p,)
        The same within each row.

    Raises
    ------
    MethodError
        A matrix that is not positive definite.

    Notes
    -----
    Kaiser (1970, *Psychometrika* 35:401); Kaiser and Rice (1974). R: ``psych::KMO``.
    """
    C = _definite(R)
    off = ~np.eye(len(C), dtype=bool)
    partial = cov_to_cor(np.linalg.inv(C))
    simple, given = (C**2 * off).sum(axis=1), (partial**2 * off).sum(axis=1)
    total = simple + given
    by_item = np.where(total > 0, simple / np.where(total > 0, total, 1.0), np.nan)
    return float(simple.sum() / total.sum()) if total.sum() > 0 else np.nan, by_item


def bartlett_sphericity(R: ArrayLike, n: float) -> tuple[float, float, float]:
    """Test whether variables are uncorrelated.

    Parameters
    ----------
    R : array-like, shape (p, p)
        A positive definite correlation matrix.
    n : float
        Respondents.

    Returns
    -------
    chi2, df, p_value : float
        χ² = −(n − 1 − (2p + 5)/6) ln|R| with p(p − 1)/2 degrees of freedom.

    Raises
    ------
    MethodError
        A matrix that is not positive definite.

    Notes
    -----
    Bartlett (1951, *Biometrika* 38:337). R: ``psych::cortest.bartlett``.
    """
    C = _definite(R)
    p = len(C)
    chi2 = -(n - 1 - (2 * p + 5) / 6) * float(np.linalg.slogdet(C)[1])
    df = p * (p - 1) / 2
    return chi2, df, float(special.chdtrc(df, max(chi2, 0.0)))


def parallel_analysis(
    R: ArrayLike, n: float, *, n_sim: int = 200, level: float = 0.95, seed: int = 0
) -> ParallelAnalysis:
    """Compare eigenvalues with those that noise of the same size has.

    Parameters
    ----------
    R : array-like, shape (p, p)
        Correlations.
    n : float
        Respondents.
    n_sim : int
        Simulated data sets.
    level : float
        Quantile of the noise that an eigenvalue must exceed.
    seed : int
        Seed of a PCG64 generator.

    Returns
    -------
    ParallelAnalysis
        Components, not common factors.

    Raises
    ------
    MethodError
        Fewer respondents than variables.

    Notes
    -----
    Horn (1965, *Psychometrika* 30:179) with the quantile of Glorfeld (1995). The covariances of n normal rows are drawn
    at once as a Wishart matrix (Bartlett's decomposition), so that the cost does not depend on n.
    """
    C = np.asarray(R, dtype=float)
    p = len(C)
    if n <= p:
        raise MethodError(f"Parallel analysis needs more respondents than variables; got {n:g} and {p}.")
    rng = np.random.Generator(np.random.PCG64(seed))
    root = np.tril(rng.normal(size=(n_sim, p, p)), -1)
    root[:, np.arange(p), np.arange(p)] = np.sqrt(rng.chisquare(n - 1 - np.arange(p), size=(n_sim, p)))
    noise = np.linalg.eigvalsh(cov_to_cor(root @ np.swapaxes(root, 1, 2)))[:, ::-1]
    own, high = np.linalg.eigvalsh(C)[::-1], np.quantile(noise, level, axis=0)
    suggested = int(np.argmin(np.append(own > high, False)))
    return ParallelAnalysis(own, noise.mean(axis=0), high, suggested)


def minres(R: ArrayLike, k: int) -> Array:
    """Return the loadings of k factors that leave the smallest residual correlations.

    Parameters
    ----------
    R : array-like, shape (p, p)
        A positive definite correlation matrix.
    k : int
        Number of factors, less than p.

    Returns
    -------
    array, shape (p, k)
        Unrotated loadings.

    Raises
    ------
    MethodError
        A matrix that is not positive definite, or as many factors as variables.

    Notes
    -----
    Least squares of the off-diagonal residuals (Harman and Jones 1966, *Psychometrika* 31:351) by way of the unique
    variances, which stay at .005 or more (Jöreskog 1977). R: ``psych::fa(fm = "minres")``.
    """
    C = _definite(R)
    if not 0 < k < len(C):
        raise MethodError(f"{len(C)} variables can have 1 to {len(C) - 1} factors; got {k}.")

    def loss(unique: Array) -> tuple[float, Array]:
        values, vectors = np.linalg.eigh(C - np.diag(unique))
        rest, axes = values[:-k], vectors[:, :-k]
        return float(rest @ rest) / 2, -(axes**2) @ rest

    start = 1 / np.diagonal(np.linalg.inv(C))
    found = optimize.minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[(0.005, 1.0)] * len(C),
        options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 1000},
    )  # fmt: skip
    values, vectors = np.linalg.eigh(C - np.diag(found.x))
    return np.asarray(vectors[:, : -k - 1 : -1] * np.sqrt(np.maximum(values[: -k - 1 : -1], 0.0)))


def oblimin(A: ArrayLike, *, max_iterations: int = 1000, tol: float = 1e-5) -> Oblique:
    """Rotate loadings so that each item loads on few factors, which may correlate.

    Parameters
    ----------
    A : array-like, shape (p, k)
        Unrotated loadings.
    max_iterations : int
        Steps at most.
    tol : float
        Length of the projected gradient at which to stop.

    Returns
    -------
    Oblique
        Pattern loadings and factor correlations.

    Notes
    -----
    Direct oblimin with γ = 0 (Jennrich and Sampson 1966) by gradient projection (Jennrich 2002, *Psychometrika* 67:7).
    R: ``GPArotation::oblimin``.
    """
    A = np.asarray(A, dtype=float)
    T, step = np.eye(A.shape[1]), 1.0
    value, slope = _oblimin(A, T)
    for _ in range(max_iterations):
        along = slope - T * (T * slope).sum(axis=0)
        length = float(np.sqrt((along**2).sum()))
        if length < tol:
            break
        step *= 2
        for _ in range(11):
            moved = T - step * along
            moved /= np.sqrt((moved**2).sum(axis=0))
            trial, trial_slope = _oblimin(A, moved)
            if value - trial > 0.5 * length**2 * step:
                break
            step /= 2
        T, value, slope = moved, trial, trial_slope
    return Oblique(A @ np.linalg.inv(T).T, T.T @ T)


def _oblimin(A: Array, T: Array) -> tuple[float, Array]:
    """Return the criterion Σ over pairs of factors of Σ l²m² / 4 and its gradient by the transformation."""
    inverse = np.linalg.inv(T)
    L = A @ inverse.T
    others = (L**2).sum(axis=1, keepdims=True) - L**2
    return float((L**2 * others).sum()) / 4, -(L.T @ (L * others) @ inverse).T


def schmid_leiman(R: ArrayLike, k: int) -> SchmidLeiman:
    """Split correlated factors into a general factor and orthogonal group factors.

    Parameters
    ----------
    R : array-like, shape (p, p)
        A positive definite correlation matrix.
    k : int
        Number of group factors.

    Returns
    -------
    SchmidLeiman
        Loadings; with one factor it is the general one, with two both load equally on it.

    Raises
    ------
    MethodError
        As `minres`.

    Notes
    -----
    Minres, oblimin, and a one-factor minres of the factor correlations. Schmid and Leiman (1957,
    *Psychometrika* 22:53).
    R: ``psych::schmid``.
    """
    A = minres(R, k)
    unique = 1 - (A**2).sum(axis=1)
    if k == 1:
        general = A[:, 0] * (1 if A.sum() >= 0 else -1)
        return SchmidLeiman(general, np.zeros_like(A), unique)
    rotated = oblimin(A)
    signs = np.where(rotated.loadings.sum(axis=0) >= 0, 1.0, -1.0)
    pattern, phi = rotated.loadings * signs, rotated.factor_correlation * signs[:, None] * signs
    second = minres(phi, 1)[:, 0] if k > 2 else np.sqrt(np.abs(phi[0, 1])) * np.array([1, np.sign(phi[0, 1])])
    second = second * (1 if second.sum() >= 0 else -1)
    return SchmidLeiman(pattern @ second, pattern * np.sqrt(np.maximum(1 - second**2, 0.0)), unique)


def _definite(R: ArrayLike) -> Array:
    C = np.asarray(R, dtype=float)
    if not is_positive_definite(C):
        raise MethodError(
            "The correlation matrix is not positive definite: a variable is constant, repeats others or was never "
            "answered together with another. Drop it or repair the correlations."
        )
    return C
