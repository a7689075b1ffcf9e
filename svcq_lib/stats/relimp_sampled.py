"""LMG shares where the exact sum over all subsets is too long: many predictors, or many bootstrap replicates.

For one order of entry the increases of R-squared are the squared elements of L^-1 r, with L the Cholesky
factor of R in that order; LMG is their mean over all orders. Orders are drawn in balanced cycles: the p
rotations of a random order and their reverses, so that every predictor enters at every position equally often
and, as its antithesis, from the other end. That cancels most of the sampling error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import MethodError
from svcq_lib.stats.predictors import checked_point, usable
from svcq_lib.stats.relimp import lmg
from svcq_lib.stats.subsets import subset_r_squared

Array = NDArray[np.float64]

_EXACT_TERMS = 13
_EXACT_BLOCK = 16  # replicates swept together: 2**13 subsets of 16 fit the processor's cache
_ORDERS_BLOCK = 256


def lmg_sampled(R: ArrayLike, r: ArrayLike, n_permutations: int, seed: int) -> tuple[Array, Array]:
    """Return LMG shares estimated from random orders of entry.

    Parameters
    ----------
    R : array-like, shape (p, p)
        Correlation matrix of the predictors; any p.
    r : array-like, shape (p,)
        Correlations with the outcome.
    n_permutations : int
        Number of orders, rounded up to whole cycles of 2 p orders, two cycles at least.
    seed : int
        Seed of the generator.

    Returns
    -------
    shares : array, shape (p,)
        Estimates that sum to R-squared exactly.
    mc_error : array, shape (p,)
        Monte Carlo standard error of each share, from the variation between cycles.

    Raises
    ------
    MethodError
        An improper matrix (see `svcq_lib.stats.relimp.lmg`).

    Notes
    -----
    Castro, Gómez and Tejada (2009, *Computers & Operations Research* 36:1726); antithetic and balanced
    orders: Mitchell et al. (2022, *J. Machine Learning Research* 23(43)).
    """
    R, r = checked_point(R, r)
    p = r.size
    orders = balanced_orders(p, max(n_permutations, 4 * p), seed)
    shares = np.empty(orders.shape)
    for start in range(0, len(orders), _ORDERS_BLOCK):
        block = orders[start : start + _ORDERS_BLOCK]
        increases = _increases(R[block[:, :, None], block[:, None, :]], r[block])
        np.put_along_axis(shares[start : start + len(block)], block, increases, axis=1)
    cycles = shares.reshape(-1, 2 * p, p).mean(axis=1)
    return cycles.mean(axis=0), cycles.std(axis=0, ddof=1) / np.sqrt(len(cycles))


def lmg_replicates(
    R: ArrayLike,
    r: ArrayLike,
    *,
    point_R: ArrayLike,
    point_r: ArrayLike,
    n_permutations: int = 100,
    seed: int = 0,
) -> Array:
    """Return the LMG shares of bootstrap replicates.

    Parameters
    ----------
    R : array-like, shape (b, p, p)
        Correlation matrices of the predictors in each replicate.
    r : array-like, shape (b, p)
        Correlations with the outcome in each replicate.
    point_R, point_r : array-like, shapes (p, p) and (p,)
        The estimate that the replicates vary around; p up to 28.
    n_permutations : int
        Number of orders of entry for more than 13 predictors, rounded up to whole cycles of 2 p orders.
    seed : int
        Seed of those orders.

    Returns
    -------
    array, shape (b, p)
        Each row sums to the replicate's own R-squared; NaN for a replicate whose matrix is undefined or
        improper.

    Raises
    ------
    MethodError
        Shapes that do not fit, or an improper point estimate.

    Notes
    -----
    Exact up to 13 predictors. Beyond, a control variate: the exact shares of the point estimate plus the
    mean, over the same random orders, of the difference between replicate and point estimate. A replicate is
    close to the point estimate, so the difference varies little between orders: with 100 orders the standard
    errors are within some 2 per cent of exact ones.
    """
    R, r = np.asarray(R, dtype=float), np.asarray(r, dtype=float)
    point_R, point_r = checked_point(point_R, point_r)
    p = point_r.size
    if R.shape[1:] != (p, p) or r.shape != (R.shape[0], p):
        raise MethodError(
            f"Replicates need R of shape (b, {p}, {p}) and r of shape (b, {p}); got {R.shape}, {r.shape}."
        )
    good = usable(R, r)
    out = np.full(r.shape, np.nan)
    if p <= _EXACT_TERMS:
        out[good] = _exact(R[good], r[good])
    else:
        orders = balanced_orders(p, n_permutations, seed)
        difference = _mean_over_orders(R[good], r[good], orders) - _mean_over_orders(
            point_R[None], point_r[None], orders
        )
        out[good] = lmg(point_R, point_r) + difference
    return out


def balanced_orders(p: int, n_permutations: int, seed: int) -> NDArray[np.intp]:
    """Return random orders of entry in which every predictor has every position equally often.

    Parameters
    ----------
    p : int
        Number of predictors.
    n_permutations : int
        Number of orders wanted; rounded up to whole cycles.
    seed : int
        Seed of the generator.

    Returns
    -------
    array of int, shape (cycles * 2 * p, p)
        Cycle after cycle: the p rotations of a random order, then the reverse of each.
    """
    cycles = max(-(-n_permutations // (2 * p)), 1)
    rng = np.random.Generator(np.random.PCG64(seed))
    starts = rng.permuted(np.tile(np.arange(p), (cycles, 1)), axis=1)
    rotations = starts[:, (np.arange(p)[:, None] + np.arange(p)) % p]
    return np.concatenate([rotations, rotations[:, :, ::-1]], axis=1).reshape(-1, p)


def _exact(R: Array, r: Array) -> Array:
    shares = np.empty(r.shape)
    weights = _shapley_weights(r.shape[1])
    for start in range(0, len(r), _EXACT_BLOCK):
        block = slice(start, start + _EXACT_BLOCK)
        shares[block] = (weights @ subset_r_squared(R[block], r[block])).T
    return shares


def _shapley_weights(p: int) -> Array:
    """Return the (p, 2**p) table whose product with all R-squared values is the LMG shares."""
    size = np.bitwise_count(np.arange(1 << p)).astype(int)
    inside = (np.arange(1 << p) >> np.arange(p)[:, None] & 1).astype(bool)
    # an order puts a given set of `others` predictors before i with probability 1 / (p * C(p - 1, others))
    others = np.clip(np.where(inside, size - 1, size), 0, p - 1)
    sets = np.cumprod(np.r_[1.0, (p - np.arange(1, p)) / np.arange(1, p)])
    return np.asarray(np.where(inside, 1.0, -1.0) / (p * sets[others]))


def _mean_over_orders(R: Array, r: Array, orders: NDArray[np.intp]) -> Array:
    total = np.zeros(r.shape)
    for order in orders:
        total[:, order] += _increases(R[:, order[:, None], order], r[:, order])
    return total / len(orders)


def _increases(R: Array, r: Array) -> Array:
    """Return the increases of R-squared when predictors enter in the order given, for a stack."""
    b, p = r.shape
    table = np.empty((b, p + 1, p + 1))
    table[:, :p, :p] = R
    table[:, p, :p] = r
    # cholesky reads the lower triangle only; any last pivot above R-squared does, and 2 is always enough
    table[:, p, p] = 2.0
    return np.asarray(np.linalg.cholesky(table)[:, p, :p] ** 2)
