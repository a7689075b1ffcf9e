"""How much of an outcome's variance each predictor explains, from correlations.

Everything starts from R, the correlation matrix of the predictors, and r, their correlations with the
outcome; weights and missing answers are dealt with where R and r are made. Functions that are cheap also take
stacks (leading axes), for bootstrap replicates: a replicate that is undefined or not positive definite gives
NaN, while a single matrix of that kind is refused.
"""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import MethodError
from svcq_lib.stats.predictors import beta_of, checked_point, over_stack
from svcq_lib.stats.subsets import MAX_TERMS, r_squared_by_size, subset_r_squared

Array = NDArray[np.float64]

MAX_PAIRWISE = 16
"""Predictors up to which complete dominance is told: it keeps all 2**p values at once."""


def lmg(R: ArrayLike, r: ArrayLike) -> Array:
    """Return the exact LMG (Shapley) share of each predictor in R-squared.

    Parameters
    ----------
    R : array-like, shape (p, p)
        Correlation matrix of the predictors, p from 1 to 28.
    r : array-like, shape (p,)
        Correlations of the predictors with the outcome.

    Returns
    -------
    array, shape (p,)
        Average increase of R-squared when a predictor enters, over all orders of entry; sums to R-squared.

    Raises
    ------
    MethodError
        More than 28 predictors, or a matrix that is undefined, singular or indefinite.

    Notes
    -----
    LMG_i = sum over S without i of |S|! (p - |S| - 1)! / p! * (R2(S + i) - R2(S)). Lindeman, Merenda and Gold
    (1980); Grömping (2006, *J. Stat. Software* 17(1)). R: ``relaimpo::calc.relimp(type = "lmg")``.
    """
    return np.asarray(dominance_levels(R, r).mean(axis=1))


def dominance_levels(R: ArrayLike, r: ArrayLike) -> Array:
    """Return the mean contribution of each predictor by number of predictors already in the model.

    Parameters
    ----------
    R : array-like, shape (p, p)
        Correlation matrix of the predictors, p from 1 to 28.
    r : array-like, shape (p,)
        Correlations with the outcome.

    Returns
    -------
    array, shape (p, p)
        Row i, column k: mean of R2(S + i) - R2(S) over the sets S of k other predictors. Predictor i
        dominates j *conditionally* if its row is larger in every column; row means are the LMG shares.

    Raises
    ------
    MethodError
        As `lmg`.

    Notes
    -----
    Azen and Budescu (2003, *Psychological Methods* 8:129).
    """
    R, r = checked_point(R, r)
    p = r.size
    if p > MAX_TERMS:
        raise MethodError(
            f"Exact LMG goes up to {MAX_TERMS} predictors; {p} were given. Use lmg_sampled (random orders, "
            "with a Monte Carlo error), relative_weights, or fewer predictors."
        )
    with_term, all_sets = r_squared_by_size(R, r)
    sets = np.array([comb(p - 1, k) for k in range(p)], dtype=float)
    return (with_term[:, 1:] - (all_sets[:-1] - with_term[:, :-1])) / sets


def complete_dominance(R: ArrayLike, r: ArrayLike) -> NDArray[np.bool_]:
    """Tell which predictors add more than which others in every submodel.

    Parameters
    ----------
    R : array-like, shape (p, p)
        Correlation matrix of the predictors, p from 1 to 16.
    r : array-like, shape (p,)
        Correlations with the outcome.

    Returns
    -------
    array of bool, shape (p, p)
        Element (i, j): R2(S + i) > R2(S + j) for every set S without both.

    Raises
    ------
    MethodError
        More than 16 predictors, or an improper matrix.

    Notes
    -----
    Azen and Budescu (2003). R: ``dominanceanalysis::dominanceAnalysis``.
    """
    R, r = checked_point(R, r)
    p = r.size
    if p > MAX_PAIRWISE:
        raise MethodError(f"Complete dominance goes up to {MAX_PAIRWISE} predictors; {p} were given.")
    r_squared = subset_r_squared(R[None], r[None])[:, 0]
    subsets = np.arange(1 << p)
    dominates = np.zeros((p, p), dtype=bool)
    for i in range(p):
        for j in range(p):
            if i != j:
                others = subsets[(subsets >> i & 1 == 0) & (subsets >> j & 1 == 0)]
                dominates[i, j] = (r_squared[others | 1 << i] > r_squared[others | 1 << j]).all()
    return dominates


def relative_weights(R: ArrayLike, r: ArrayLike) -> Array:
    """Return Johnson's relative weights.

    Parameters
    ----------
    R : array-like, shape (..., p, p)
        Correlation matrices of the predictors.
    r : array-like, shape (..., p)
        Correlations with the outcome.

    Returns
    -------
    array, shape (..., p)
        Shares of R-squared that sum to it; for two predictors equal to LMG.

    Notes
    -----
    With L the symmetric square root of R and b = L^-1 r: (L * L) (b * b). Johnson (2000, *Multivariate
    Behavioral Research* 35:1). Genizi's (1993) decomposition, ``type = "genizi"`` of relaimpo, is the same
    numbers.
    """
    return over_stack(R, r, _johnson)


def car(R: ArrayLike, r: ArrayLike) -> Array:
    """Return squared CAR scores, the correlations of the outcome with the decorrelated predictors.

    Parameters
    ----------
    R : array-like, shape (..., p, p)
        Correlation matrices of the predictors.
    r : array-like, shape (..., p)
        Correlations with the outcome.

    Returns
    -------
    array, shape (..., p)
        (R^-1/2 r)**2, which sum to R-squared. Zuber and Strimmer (2011).
    """
    return over_stack(R, r, lambda R, r: _decorrelated(R, r)[1] ** 2)


def standardized_beta(R: ArrayLike, r: ArrayLike) -> Array:
    """Return standardized regression coefficients, R^-1 r.

    Parameters
    ----------
    R : array-like, shape (..., p, p)
        Correlation matrices of the predictors.
    r : array-like, shape (..., p)
        Correlations with the outcome.

    Returns
    -------
    array, shape (..., p)
        Change of the outcome, in standard deviations, per standard deviation of a predictor.
    """
    return over_stack(R, r, beta_of)


def r_squared(R: ArrayLike, r: ArrayLike) -> Array:
    """Return the R-squared of the model with all predictors.

    Parameters
    ----------
    R : array-like, shape (..., p, p)
        Correlation matrices of the predictors.
    r : array-like, shape (..., p)
        Correlations with the outcome.

    Returns
    -------
    array, shape (...)
        r' R^-1 r.
    """
    return np.asarray((standardized_beta(R, r) * np.asarray(r, dtype=float)).sum(axis=-1))


def first(R: ArrayLike, r: ArrayLike) -> Array:
    """Return each predictor's R-squared when it is alone in the model.

    Parameters
    ----------
    R : array-like, shape (..., p, p)
        Not used; given so that all methods are called alike.
    r : array-like, shape (..., p)
        Correlations with the outcome.

    Returns
    -------
    array, shape (..., p)
        r**2; the sum exceeds R-squared when predictors share what they explain.
    """
    return np.asarray(r, dtype=float) ** 2


def last(R: ArrayLike, r: ArrayLike) -> Array:
    """Return each predictor's increase of R-squared when it enters last.

    Parameters
    ----------
    R : array-like, shape (..., p, p)
        Correlation matrices of the predictors.
    r : array-like, shape (..., p)
        Correlations with the outcome.

    Returns
    -------
    array, shape (..., p)
        beta**2 / VIF.
    """
    return standardized_beta(R, r) ** 2 / vif(R)


def betasq(R: ArrayLike, r: ArrayLike) -> Array:
    """Return squared standardized coefficients.

    Parameters
    ----------
    R : array-like, shape (..., p, p)
        Correlation matrices of the predictors.
    r : array-like, shape (..., p)
        Correlations with the outcome.

    Returns
    -------
    array, shape (..., p)
        beta**2; does not sum to R-squared.
    """
    return standardized_beta(R, r) ** 2


def pratt(R: ArrayLike, r: ArrayLike) -> Array:
    """Return Pratt's measure.

    Parameters
    ----------
    R : array-like, shape (..., p, p)
        Correlation matrices of the predictors.
    r : array-like, shape (..., p)
        Correlations with the outcome.

    Returns
    -------
    array, shape (..., p)
        beta * r, which sums to R-squared but can be negative.
    """
    return standardized_beta(R, r) * np.asarray(r, dtype=float)


def vif(R: ArrayLike) -> Array:
    """Return variance inflation factors, the diagonal of R^-1.

    Parameters
    ----------
    R : array-like, shape (..., p, p)
        Correlation matrices of the predictors.

    Returns
    -------
    array, shape (..., p)
        1 for a predictor that is uncorrelated with the others.
    """
    R = np.asarray(R, dtype=float)
    return over_stack(
        R, np.zeros(R.shape[:-1]), lambda R, r: np.diagonal(np.linalg.inv(R), axis1=-2, axis2=-1)
    )


def _decorrelated(R: Array, r: Array) -> tuple[Array, Array]:
    """Return the symmetric square root of R, and R^-1/2 r."""
    values, vectors = np.linalg.eigh(R)
    transposed = np.swapaxes(vectors, -1, -2)
    root = (vectors * np.sqrt(values)[..., None, :]) @ transposed
    return root, ((vectors / np.sqrt(values)[..., None, :]) @ transposed @ r[..., None])[..., 0]


def _johnson(R: Array, r: Array) -> Array:
    root, b = _decorrelated(R, r)
    return np.asarray((root**2 @ (b**2)[..., None])[..., 0])
