"""Factor models in which each item belongs to one factor: what is free or equal, where to begin, what comes out."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from svcq_lib.stats.cfa_fit import Parts, Solution, Structure, parts_of
from svcq_lib.stats.matrices import cov_to_cor, is_positive_definite

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Level = Literal["configural", "metric", "scalar", "means"]


def structure_of(factor: Index, groups: int = 1, level: Level = "configural") -> Structure:
    """Return the model of a level of invariance.

    Parameters
    ----------
    factor : array of int, shape (p,)
        Factor of each item.
    groups : int
        Number of groups.
    level : {"configural", "metric", "scalar", "means"}
        What is equal in all groups: nothing, loadings, also intercepts, also factor means.

    Returns
    -------
    Structure
        Means are left out where every intercept is free, because they fit perfectly there.
    """
    p, k = len(factor), int(factor.max()) + 1
    equal, modelled = level != "configural", level in ("scalar", "means")
    later = np.arange(groups) > 0
    several = np.bincount(factor)[factor] > 1
    variances = (equal & later)[:, None, None] & np.eye(k, dtype=bool)
    below = np.tril(np.ones((k, k), dtype=bool), -1) | variances
    used = 0
    numbered = []
    for free, shared in (
        (np.ones((groups, p), dtype=bool), equal),
        (np.broadcast_to(several, (groups, p)), False),
        (below, False),
        (np.full((groups, p), modelled), True),
        (np.broadcast_to((later & (level == "scalar"))[:, None], (groups, k)), False),
    ):
        counted = free[:1] if shared else free
        position = np.where(counted, used + np.cumsum(counted).reshape(counted.shape) - 1, -1)
        numbered.append(np.broadcast_to(position, free.shape).astype(np.intp))
        used += int(counted.sum())
    loading, unique, covariance, intercept, mean = numbered
    covariance = np.maximum(covariance, np.swapaxes(covariance, 1, 2))
    return Structure(factor, loading, unique, covariance, intercept, mean)


def vector_of(structure: Structure, parts: Parts) -> Array:
    """Return the free parameters that given matrices have.

    Parameters
    ----------
    structure : Structure
        The model.
    parts : Parts
        Its matrices.

    Returns
    -------
    array, shape (q,)
        Of elements held equal, the last one's value.
    """
    x = np.zeros(structure.free + 1)
    x[structure.loading] = parts.loading[:, np.arange(len(structure.factor_of)), structure.factor_of]
    for name in ("unique", "covariance", "intercept", "mean"):
        x[getattr(structure, name)] = getattr(parts, name)
    return x[:-1]


def start_of(structure: Structure, C: Array) -> Array:
    """Return where to begin the fit of one group.

    Parameters
    ----------
    structure : Structure
        The model of one group.
    C : array, shape (p, p)
        Covariances of the items.

    Returns
    -------
    array, shape (q,)
        Loadings from the first component of each factor's items, and the correlations of the components.
    """
    R, sd, factor = cov_to_cor(C), np.sqrt(np.diagonal(C)), structure.factor_of
    k = structure.covariance.shape[1]
    standard, weights = np.ones(len(factor)), np.zeros((len(factor), k))
    for one in range(k):
        items = np.flatnonzero(factor == one)
        values, vectors = np.linalg.eigh(R[np.ix_(items, items)])
        vector = vectors[:, -1] * (1 if vectors[:, -1].sum() >= 0 else -1)
        weights[items, one] = vector
        if len(items) > 1:
            mean_r = np.clip((values[-1] - 1) / (len(items) - 1), 0.05, 0.9)
            standard[items] = np.clip(vector * np.sqrt(len(items) * mean_r), -0.95, 0.95)
    unique = np.where(structure.unique[0] >= 0, np.diagonal(C) * (1 - standard**2), 0.0)
    loading = np.zeros((1, len(factor), k))
    loading[0, np.arange(len(factor)), factor] = standard * sd
    between = cov_to_cor(weights.T @ R @ weights)
    empty = np.zeros((1, len(factor)))
    return vector_of(structure, Parts(loading, between[None], unique[None], empty, np.zeros((1, k))))


def aligned(parts: Parts, share: Array) -> Parts:
    """Return the matrices of groups that were fitted alone on one common scale and origin.

    Parameters
    ----------
    parts : Parts
        Matrices of each group with factor variances of 1.
    share : array, shape (g,)
        Each group's share of the respondents.

    Returns
    -------
    Parts
        To begin the fit of a restricted model with.
    """
    first = parts.loading[0]
    scale = np.einsum("gpk,pk->gk", parts.loading, first) / (first**2).sum(axis=0)
    scale = np.where(np.abs(scale) > 0.1, scale, 0.1)
    common = np.einsum("g,gpk->pk", share, parts.loading / scale[:, None, :])
    away = parts.intercept - parts.intercept[0]
    means = away @ common / (common**2).sum(axis=0)
    origin = share @ (parts.intercept - means @ common.T)
    return Parts(
        np.broadcast_to(common, parts.loading.shape),
        parts.covariance * scale[:, :, None] * scale[:, None, :],
        parts.unique,
        np.broadcast_to(origin, parts.intercept.shape),
        means,
    )


class Estimates(NamedTuple):
    """What one group's fit estimated: the first fields of :class:`svcq_lib.stats.cfa.CfaFit`."""

    loadings: Array
    std_loadings: Array
    std_errors: Array
    factor_correlation: Array
    factor_errors: Array
    uniqueness: Array
    parameter_covariance: Array


def estimates_of(structure: Structure, solution: Solution, n: float) -> Estimates:
    """Return the estimates of one group and their standard errors.

    Parameters
    ----------
    structure : Structure
        The model of one group.
    solution : Solution
        Its fit.
    n : float
        Respondents.

    Returns
    -------
    Estimates
        Errors from the expected information, by the delta method for standardized loadings; NaN where the
        information is singular.
    """
    parts, factor = parts_of(structure, solution.parameters), structure.factor_of
    items = np.arange(len(factor))
    loading, unique = parts.loading[0, items, factor], parts.unique[0]
    sampling = np.full((structure.free + 1,) * 2, np.nan)
    scale = np.sqrt(np.diagonal(solution.hessian))
    scaled = solution.hessian / np.outer(scale, scale) if (scale > 0).all() else solution.hessian
    if is_positive_definite(scaled, 1e-10):
        sampling[:-1, :-1] = 2 / n * np.linalg.inv(scaled) / np.outer(scale, scale)
    sampling[-1], sampling[:, -1] = 0.0, 0.0  # fixed elements have no error
    both = np.concatenate([structure.loading[0], structure.unique[0]])
    sampling_both = sampling[np.ix_(both, both)]
    variance = loading**2 + unique
    by_loading, by_unique = unique / variance**1.5, -loading / (2 * variance**1.5)
    p = len(items)
    squared = (
        by_loading**2 * sampling_both[items, items]
        + by_unique**2 * sampling_both[p + items, p + items]
        + 2 * by_loading * by_unique * sampling_both[items, p + items]
    )
    between = structure.covariance[0]
    return Estimates(
        loadings=loading,
        std_loadings=loading / np.sqrt(variance),
        std_errors=np.sqrt(np.maximum(squared, 0.0)),
        factor_correlation=parts.covariance[0],
        factor_errors=np.sqrt(sampling[between, between]),
        uniqueness=unique,
        parameter_covariance=sampling_both,
    )
