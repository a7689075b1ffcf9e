"""What importance shares pure noise would get: the reference that a share, never below zero, needs."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.stats.predictors import checked_point
from svcq_lib.stats.relimp import relative_weights
from svcq_lib.stats.relimp_sampled import lmg_replicates

Array = NDArray[np.float64]


def noise_shares(
    R: ArrayLike,
    r: ArrayLike,
    lmg_shares: ArrayLike,
    n: float,
    *,
    method: Literal["lmg", "relative_weights"] = "lmg",
    n_draws: int = 300,
    seed: int = 0,
) -> Array:
    """Return the shares of R-squared that columns of noise get, each added alone to the predictors.

    Parameters
    ----------
    R : array-like, shape (p, p)
        Correlation matrix of the predictors.
    r : array-like, shape (p,)
        Correlations with the outcome.
    lmg_shares : array-like, shape (p,)
        LMG shares of the predictors, in units of R-squared.
    n : float
        Answers that the correlations stand on.
    method : {"lmg", "relative_weights"}
        How R-squared is shared out.
    n_draws : int
        Columns of noise.
    seed : int
        Seed of a PCG64 generator.

    Returns
    -------
    array, shape (n_draws,)
        Shares from 0 to 1; NaN where a draw cannot be decomposed.

    Raises
    ------
    MethodError
        An improper matrix.

    Notes
    -----
    A column of n independent normal numbers has correlations c = L u with predictors and outcome, where L L' is
    their correlation matrix and u the first entries of a random direction in n − 1 dimensions: for large n,
    normal with covariance L L'/n. Of a column without any correlation the LMG share is exactly 0 and the others
    keep theirs: the centre that `svcq_lib.stats.relimp_sampled.lmg_replicates` draws around.
    """
    R, r = checked_point(R, r)
    p = r.size
    drawn = _noise_correlations(np.block([[R, r[:, None]], [r[None], np.ones((1, 1))]]), n, n_draws, seed)
    wide, outcome = np.empty((n_draws, p + 1, p + 1)), np.empty((n_draws, p + 1))
    wide[:, :p, :p], wide[:, p, p] = R, 1.0
    wide[:, :p, p] = wide[:, p, :p] = drawn[:, :p]
    outcome[:, :p], outcome[:, p] = r, drawn[:, p]
    if method == "relative_weights":
        parts = relative_weights(wide, outcome)
    else:
        centre = np.eye(p + 1)
        centre[:p, :p] = R
        known = np.r_[np.asarray(lmg_shares, dtype=float), 0.0]
        parts = lmg_replicates(
            wide, outcome, point_R=centre, point_r=np.r_[r, 0.0], point_shares=known, seed=seed
        )
    return np.asarray(parts[:, p] / parts.sum(axis=1))


def _noise_correlations(matrix: Array, n: float, n_draws: int, seed: int) -> Array:
    """Return the sample correlations, shape (n_draws, k), of noise with k variables over n rows."""
    rng = np.random.Generator(np.random.PCG64(seed))
    k = len(matrix)
    inside = rng.normal(size=(n_draws, k))
    outside = rng.chisquare(max(n - 1 - k, 1.0), size=n_draws)
    direction = inside / np.sqrt((inside**2).sum(axis=1) + outside)[:, None]
    return np.asarray(direction @ np.linalg.cholesky(matrix).T)
