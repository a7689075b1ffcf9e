"""Maximum-likelihood fit of factor models in one or several groups, by damped Fisher scoring."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]

MAX_ITERATIONS = 300
TOLERANCE = 1e-10
"""Newton decrement at which the fit stops: the discrepancy is then within about this much of its minimum."""
SINGULAR = 1e-13
"""Ratio of the eigenvalues of Σ below which it counts as singular."""


class Structure(NamedTuple):
    """Which free parameter each element of each group's model is.

    Every array holds positions in one vector of free parameters; equal positions are parameters held equal. −1 is a
    fixed element: a variance of 1 on the diagonal of ``covariance``, and 0 everywhere else.

    Attributes
    ----------
    factor_of : array of int, shape (p,)
        Factor of each item.
    loading, unique : array of int, shape (g, p)
        Loadings and unique variances.
    covariance : array of int, shape (g, k, k)
        Factor variances and covariances, symmetric.
    intercept : array of int, shape (g, p)
        Item intercepts; all −1 where means are not modelled.
    mean : array of int, shape (g, k)
        Factor means.
    """

    factor_of: Index
    loading: Index
    unique: Index
    covariance: Index
    intercept: Index
    mean: Index

    @property
    def free(self) -> int:
        """Number of free parameters."""
        return 1 + int(max(one.max() for one in self[1:]))


class Sample(NamedTuple):
    """What is fitted: one row per group.

    Attributes
    ----------
    covariance : array, shape (g, p, p)
        Covariances with divisor n.
    mean : array, shape (g, p)
        Means; 0 where they are not modelled.
    share : array, shape (g,)
        Each group's share of the respondents.
    """

    covariance: Array
    mean: Array
    share: Array


class Parts(NamedTuple):
    """The matrices of a model, one per group: loadings, factor covariances, unique variances, intercepts, means."""

    loading: Array
    covariance: Array
    unique: Array
    intercept: Array
    mean: Array

    @property
    def sigma(self) -> Array:
        """Implied covariances, shape (g, p, p)."""
        common = self.loading @ self.covariance @ np.swapaxes(self.loading, 1, 2)
        return np.asarray(common + _diagonal(self.unique))

    @property
    def mu(self) -> Array:
        """Implied means, shape (g, p)."""
        return np.asarray(self.intercept + np.einsum("gpk,gk->gp", self.loading, self.mean))


class Solution(NamedTuple):
    """Where the fit ended.

    Attributes
    ----------
    parameters : array, shape (q,)
        Free parameters.
    discrepancy : array, shape (g,)
        Minimum of the discrepancy in each group; the sum weighted by ``share`` is what was minimised.
    hessian : array, shape (q, q)
        Expected second derivatives of the weighted sum; 2/n times its inverse is the parameters' covariance.
    converged : bool
        Whether the stopping rule was met.
    """

    parameters: Array
    discrepancy: Array
    hessian: Array
    converged: bool


def parts_of(structure: Structure, x: Array) -> Parts:
    """Return the matrices of a model.

    Parameters
    ----------
    structure : Structure
        The model.
    x : array, shape (q,)
        Free parameters.

    Returns
    -------
    Parts
        One set of matrices per group.
    """
    values = np.append(x, 0.0)  # position −1, a fixed element, reads this 0
    groups, p = structure.loading.shape
    loading = np.zeros((groups, p, structure.covariance.shape[1]))
    loading[:, np.arange(p), structure.factor_of] = values[structure.loading]
    covariance = values[structure.covariance]
    fixed = np.diagonal(structure.covariance, axis1=1, axis2=2) < 0
    covariance += _diagonal(fixed.astype(float))
    return Parts(
        loading, covariance, values[structure.unique], values[structure.intercept], values[structure.mean]
    )


def discrepancies(parts: Parts, sample: Sample) -> Array:
    """Return the maximum-likelihood discrepancy of each group.

    Parameters
    ----------
    parts : Parts
        The model's matrices.
    sample : Sample
        What is fitted.

    Returns
    -------
    array, shape (g,)
        ln|Σ| + tr(SΣ⁻¹) − ln|S| − p + (m − μ)'Σ⁻¹(m − μ); infinite where Σ is not positive definite.
    """
    sigma, p = parts.sigma, sample.mean.shape[1]
    if not np.isfinite(sigma).all():
        return np.full(len(sigma), np.inf)
    values = np.linalg.eigvalsh(sigma)
    if (values[:, 0] <= SINGULAR * values[:, -1]).any():
        return np.full(len(sigma), np.inf)
    off = sample.mean - parts.mu
    total = sample.covariance + off[:, :, None] * off[:, None, :]
    trace = np.trace(np.linalg.solve(sigma, total), axis1=1, axis2=2)
    return np.asarray(
        np.linalg.slogdet(sigma)[1] + trace - np.linalg.slogdet(sample.covariance)[1] - p, dtype=float
    )


def minimise(structure: Structure, start: Array, sample: Sample) -> Solution:
    """Fit a model.

    Parameters
    ----------
    structure : Structure
        The model.
    start : array, shape (q,)
        Free parameters to begin with; the covariances that they imply must be positive definite.
    sample : Sample
        What is fitted; covariances must be positive definite.

    Returns
    -------
    Solution
        The minimum, or the last step if there was none within :data:`MAX_ITERATIONS`.

    Notes
    -----
    Fisher scoring with Levenberg–Marquardt damping: a step that does not lower the discrepancy is taken shorter
    and closer to the gradient. Unique variances may turn negative, as in lavaan: an improper solution is reported,
    not hidden by a bound.
    """
    x, damping, converged = start, 0.0, False
    value = float(sample.share @ discrepancies(parts_of(structure, x), sample))
    gradient, hessian = _slopes(structure, x, sample)
    for _ in range(MAX_ITERATIONS):
        step = _step(gradient, hessian, damping)
        converged = -float(gradient @ step) < TOLERANCE and damping < 1e-3
        if converged:
            break
        trial = float(sample.share @ discrepancies(parts_of(structure, x + step), sample))
        if trial < value:
            x, value, damping = x + step, trial, damping / 10 if damping > 1e-8 else 0.0
            gradient, hessian = _slopes(structure, x, sample)
        elif damping > 1e8:
            break
        else:
            damping = max(10 * damping, 1e-4)
    least = np.maximum(discrepancies(parts_of(structure, x), sample), 0.0)  # rounding may leave −1e-15
    return Solution(x, least, hessian, converged)


def _step(gradient: Array, hessian: Array, damping: float) -> Array:
    system = hessian + np.diag(damping * np.diagonal(hessian))
    try:
        return np.asarray(-np.linalg.solve(system, gradient))
    except np.linalg.LinAlgError:
        return np.asarray(-np.linalg.lstsq(system, gradient)[0])


def _slopes(structure: Structure, x: Array, sample: Sample) -> tuple[Array, Array]:
    """Return the gradient and the expected second derivatives of the weighted discrepancy."""
    parts = parts_of(structure, x)
    index, by_sigma, by_mu = _derivatives(structure, parts)
    inverse = np.linalg.inv(parts.sigma)
    off = sample.mean - parts.mu
    pull = np.einsum("gij,gj->gi", inverse, off)
    residual = parts.sigma - sample.covariance
    inner = inverse @ residual @ inverse - pull[:, :, None] * pull[:, None, :]
    slope = np.einsum("glij,gij->gl", by_sigma, inner) - 2 * np.einsum("glj,gj->gl", by_mu, pull)
    root = np.linalg.inv(np.linalg.cholesky(parts.sigma))
    white = (root[:, None] @ by_sigma @ np.swapaxes(root, 1, 2)[:, None]).reshape(*index.shape, -1)
    white_mu = np.sqrt(2) * np.einsum("gij,glj->gli", root, by_mu)
    curve = white @ np.swapaxes(white, 1, 2) + white_mu @ np.swapaxes(white_mu, 1, 2)
    # position −1, a fixed element, falls into one more row and column, which is cut off
    gradient, hessian = np.zeros(structure.free + 1), np.zeros((structure.free + 1,) * 2)
    np.add.at(gradient, index, sample.share[:, None] * slope)
    np.add.at(hessian, (index[:, :, None], index[:, None, :]), sample.share[:, None, None] * curve)
    return gradient[:-1], hessian[:-1, :-1]


def _derivatives(structure: Structure, parts: Parts) -> tuple[Index, Array, Array]:
    """Return the position of every element of the model and the slopes of Σ and μ by it, group by group."""
    groups, p, k = parts.loading.shape
    a, b = np.tril_indices(k)
    items, factor = np.arange(p), structure.factor_of
    index = np.concatenate(
        [
            structure.loading,
            structure.covariance[:, a, b],
            structure.unique,
            structure.intercept,
            structure.mean,
        ],
        axis=1,
    )
    ends = np.cumsum([p, len(a), p, p, k])
    by_sigma, by_mu = np.zeros((groups, ends[-1], p, p)), np.zeros((groups, ends[-1], p))
    with_factor = np.swapaxes((parts.loading @ parts.covariance)[:, :, factor], 1, 2)
    by_sigma[:, items, items, :] += with_factor
    by_sigma[:, items, :, items] += np.moveaxis(with_factor, 1, 0)
    columns = np.swapaxes(parts.loading, 1, 2)
    product = columns[:, a, :, None] * columns[:, b, None, :]
    by_sigma[:, ends[0] : ends[1]] = np.where(
        (a == b)[:, None, None], product, product + np.swapaxes(product, 2, 3)
    )
    by_sigma[:, ends[1] + items, items, items] = 1.0
    by_mu[:, items, items] = parts.mean[:, factor]
    by_mu[:, ends[2] + items, items] = 1.0
    by_mu[:, ends[3] :] = columns
    return index, by_sigma, by_mu


def _diagonal(values: Array) -> Array:
    return np.asarray(values[:, :, None] * np.eye(values.shape[1]))
