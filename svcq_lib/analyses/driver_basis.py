"""From answers to the correlations that drivers are decomposed from, once and in every bootstrap replicate.

Whatever the model and the treatment of missing answers, an outcome and its drivers end as one correlation matrix with
covariates taken out. Everything that follows (shares, ranks, groups, dominance, noise floor) knows only this matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses.driver_needs import Missing, Plan
from svcq_lib.stats import matrices, ordinal, partial
from svcq_lib.stats.imputation import impute

Array = NDArray[np.float64]
Model = Literal["linear", "logit", "ordinal"]
IMPUTATIONS = 20
SMALLEST_ROOT = 1e-4


@dataclass(frozen=True)
class Basis:
    """Correlations of an outcome (first), its drivers and what is held constant.

    Attributes
    ----------
    matrix : ndarray, shape (k, k)
        Correlations as estimated, proper or not; NaN where undefined.
    draws : ndarray, shape (n_boot, k, k)
        The same in each bootstrap replicate.
    held : list of int
        Positions that are held constant.
    n : ndarray, shape (terms + 1, terms + 1)
        Answers that each pair of outcome and drivers stands on.
    """

    matrix: Array
    draws: Array
    held: list[int]
    n: Array


@dataclass(frozen=True)
class Reduced:
    """Proper correlations of outcome and drivers beyond what is held constant.

    Attributes
    ----------
    matrix : ndarray, shape (p + 1, p + 1)
        Positive definite, outcome first.
    left : ndarray, shape (p + 1,)
        Share of each one's variance that covariates leave.
    draws : ndarray, shape (n_boot, p + 1, p + 1)
        Replicates; NaN or improper where they cannot be used.
    draws_left : ndarray, shape (n_boot, p + 1)
        As ``left``, in each replicate.
    plain : ndarray, shape (p,)
        Correlations with the outcome before anything is held constant.
    repaired : float
        Largest change of a correlation that made the matrix proper.
    """

    matrix: Array
    left: Array
    draws: Array
    draws_left: Array
    plain: Array
    repaired: float


def matrix_of(sums: dict[str, Array], missing: Missing) -> Array:
    """Return correlations from sums of pairs.

    Parameters
    ----------
    sums : dict of str to ndarray, shape (..., k, k)
        Of a request for pairs.
    missing : {"pairwise", "listwise", "dummy"}
        For "dummy", missing answers are filled with the mean and their indicators follow behind the columns.

    Returns
    -------
    ndarray, shape (..., k, k) or (..., 2 k − 1, 2 k − 1)
        NaN where undefined.
    """
    if missing == "dummy":
        return matrices.cov_to_cor(partial.filled_covariance(sums))
    return matrices.correlation_from_moments(**sums)


def basis_of_sums(
    plan: Plan, sums: dict[str, Array], draws: dict[str, Array] | None, missing: Missing
) -> Basis:
    """Return the basis that sums of pairs give.

    Parameters
    ----------
    plan : Plan
        The columns.
    sums : dict of str to ndarray, shape (k, k)
        Sums of all rows.
    draws : dict of str to ndarray, shape (n_boot, k, k), optional
        Sums of each replicate.
    missing : {"pairwise", "listwise", "dummy"}
        How missing answers are treated.

    Returns
    -------
    Basis
        Pearson correlations.
    """
    matrix = matrix_of(sums, missing)
    own = 1 + len(plan.terms)
    replicates = np.empty((0, *matrix.shape)) if draws is None else matrix_of(draws, missing)
    return Basis(matrix, replicates, list(range(own, len(matrix))), sums["n"][:own, :own])


def latent_basis(plan: Plan, rows: pd.DataFrame, draws: Array | None) -> Basis:
    """Return the basis of the latent outcome behind a binary or ordinal one.

    Parameters
    ----------
    plan : Plan
        The columns.
    rows : DataFrame
        Rows of ``drivers.rows``; only complete ones count.
    draws : ndarray, shape (n_boot, blocks), optional
        How often each block counts.

    Returns
    -------
    Basis
        Correlations with the latent outcome of the fitted model; replicates are those of the score bootstrap.

    Raises
    ------
    MethodError
        If the model has no finite estimate.
    """
    whole = rows.dropna(subset=list(plan.columns))
    values = whole[list(plan.columns)].to_numpy(dtype=float)
    y, x, w = values[:, 0], values[:, 1:], whole["weight"].to_numpy(dtype=float)
    w = w * len(w) / w.sum() if len(w) else w
    fit = ordinal.fit_ordinal(x, y, w)
    matrix = _latent(fit.beta, np.cov(x.T, aweights=w, ddof=0)[None])[0]
    replicates = np.empty((0, *matrix.shape))
    if draws is not None:
        block = whole["block"].to_numpy(dtype=np.intp)
        scores = draws @ _by_block(ordinal.scores(fit.beta, fit.cuts, x, y, w), block, draws.shape[1])
        beta = fit.beta + (scores @ fit.covariance)[:, : x.shape[1]]
        replicates = _latent(beta, _covariances(x, w, block, draws))
    own = 1 + len(plan.terms)
    n = np.full((own, own), float(len(whole)))
    return Basis(matrix, replicates, plan.held, n)


def imputed_basis(
    plan: Plan, rows: pd.DataFrame, draws: Array | None, seed: int, m: int = IMPUTATIONS
) -> Basis:
    """Return the basis of rows whose missing answers are imputed several times.

    Parameters
    ----------
    plan : Plan
        The columns.
    rows : DataFrame
        Rows of ``drivers.rows``; those without the outcome are left out.
    draws : ndarray, shape (n_boot, blocks), optional
        How often each block counts; they are dealt out to the imputations, so that the replicates vary with the sample
        and with what was imputed (Schomaker and Heumann 2018, *Statistics in Medicine* 37).
    seed : int
        Seed of the imputation.
    m : int
        Number of imputations.

    Returns
    -------
    Basis
        Correlations of the covariances averaged over the imputations.
    """
    kept = rows[rows[plan.columns[0]].notna()]
    values = kept[list(plan.columns)].to_numpy(dtype=float)
    w, block = kept["weight"].to_numpy(dtype=float), kept["block"].to_numpy(dtype=np.intp)
    k = values.shape[1]
    total, replicates = np.zeros((k, k)), np.empty((0 if draws is None else len(draws), k, k))
    for i, full in enumerate(impute(values, w, m=m, seed=seed)):
        total += np.cov(full.T, aweights=w, ddof=0)
        if draws is not None:
            replicates[i::m] = matrices.cov_to_cor(_covariances(full, w, block, draws[i::m]))
    seen = np.isfinite(values[:, : 1 + len(plan.terms)]).astype(float)
    return Basis(matrices.cov_to_cor(total), replicates, plan.held, seen.T @ seen)


def _latent(beta: Array, covariance: Array) -> Array:
    """Return correlations of the latent outcome and the predictors, outcome first."""
    r = ordinal.latent_correlations(beta, covariance)[0]
    k = covariance.shape[-1] + 1
    out = np.ones((len(covariance), k, k))
    out[:, 1:, 1:] = matrices.cov_to_cor(covariance)
    out[:, 0, 1:] = out[:, 1:, 0] = r
    return out


def _by_block(rows: Array, block: NDArray[np.intp], size: int) -> Array:
    out = np.zeros((size, *rows.shape[1:]))
    np.add.at(out, block, rows)
    return out


def _covariances(x: Array, w: Array, block: NDArray[np.intp], draws: Array) -> Array:
    """Return the covariances of complete rows in each replicate, shape (n_boot, k, k)."""
    k = x.shape[1]
    one = np.c_[np.ones(len(x)), x - x.mean(axis=0)]
    order = np.argsort(block, kind="stable")
    present, starts = np.unique(block[order], return_index=True)
    upper = np.triu_indices(k + 1)
    products = np.empty((len(present), len(upper[0])))
    for c, (i, j) in enumerate(zip(*upper, strict=True)):
        products[:, c] = np.add.reduceat((w * one[:, i] * one[:, j])[order], starts)
    sums = np.empty((len(draws), k + 1, k + 1))
    sums[:, upper[0], upper[1]] = sums[:, upper[1], upper[0]] = draws[:, present] @ products
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums[:, 0, 1:] / sums[:, :1, 0]
        return np.asarray(sums[:, 1:, 1:] / sums[:, :1, :1] - mean[:, :, None] * mean[:, None, :])


def varying(basis: Basis) -> list[int]:
    """Return the drivers that vary wherever they are paired, and beyond the covariates.

    Parameters
    ----------
    basis : Basis
        As estimated.

    Returns
    -------
    list of int
        Their positions; pairs too few to tell are left to the base.
    """
    own = len(basis.n)
    undefined = ~np.isfinite(basis.matrix[:own, :own]) & (basis.n >= 2)
    kept = [i for i in range(1, own) if not undefined[0, i]]
    while kept and undefined[np.ix_(kept, kept)].any():
        kept.pop(int(undefined[np.ix_(kept, kept)].sum(axis=1).argmax()))
    held = [i for i in basis.held if np.isfinite(basis.matrix[i, i])]
    rows = [*kept, *held]
    whole = np.nan_to_num(basis.matrix[np.ix_(rows, rows)])
    left = partial.partial_out(whole, range(len(kept), len(rows)))[1] if held else np.ones(len(kept))
    return [one for one, share in zip(kept, left, strict=True) if np.isfinite(share)]


def reduced(basis: Basis, kept: Sequence[int]) -> Reduced:
    """Return proper correlations of the outcome and some drivers, with covariates taken out.

    Parameters
    ----------
    basis : Basis
        As estimated.
    kept : sequence of int
        Positions of the drivers.

    Returns
    -------
    Reduced
        An improper matrix is repaired, here and in the replicates.
    """
    held = [i for i in basis.held if np.isfinite(basis.matrix[i, i])]
    rows, out = [0, *kept, *held], list(range(1 + len(kept), 1 + len(kept) + len(held)))
    own = np.ix_(rows, rows)
    matrix, left = partial.partial_out(np.nan_to_num(basis.matrix[own]) if out else basis.matrix[own], out)
    fixed = matrices.repair_correlation(matrix, SMALLEST_ROOT)
    drawn = basis.draws[:, rows][:, :, rows]
    if out:  # what is constant in a replicate explains nothing there
        drawn[:, out] = np.nan_to_num(drawn[:, out])
        drawn[:, :, out] = np.nan_to_num(drawn[:, :, out])
    usable = np.isfinite(drawn).all(axis=(1, 2))
    draws, draws_left = np.full((len(drawn), *matrix.shape), np.nan), np.full((len(drawn), len(left)), np.nan)
    draws[usable], draws_left[usable] = partial.partial_out(drawn[usable], out)
    whole = np.isfinite(draws).all(axis=(1, 2))
    for i in np.flatnonzero(whole & ~matrices.is_positive_definite(draws, SMALLEST_ROOT)):
        draws[i] = matrices.repair_correlation(draws[i]).matrix
    plain = basis.matrix[0, list(kept)]
    return Reduced(fixed.matrix, left, draws, draws_left, plain, fixed.max_change)
