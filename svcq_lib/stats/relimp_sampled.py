"""LMG shares where the exact sum over all subsets is too long: many predictors, or many bootstrap replicates.

LMG is the mean, over all orders of entry, of the increases of R-squared. Orders are drawn in balanced cycles:
a random order is closed to a ring, and a cycle is the 2 p orders that start anywhere on the ring and walk it
one way or the other. Every predictor then enters at every position equally often and, as its antithesis, from
the other end, which cancels most of the sampling error; and all 2 p orders pass through the same p (p - 1)
arcs of the ring, whose R-squared come from p eliminations.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import MethodError
from svcq_lib.stats.predictors import checked_point, usable
from svcq_lib.stats.relimp import lmg
from svcq_lib.stats.subsets import shapley_weights, subset_r_squared

Array = NDArray[np.float64]

_EXACT_TERMS = 13
_EXACT_BLOCK = 16  # replicates swept together: 2**13 subsets of 16 fit the processor's cache
_CYCLES_BLOCK = 256


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
    rings = random_rings(p, max(n_permutations, 4 * p), seed)
    whole = _joined(R[None], r[None])[:, :, 0]
    shares = np.empty(rings.shape)
    for start in range(0, len(rings), _CYCLES_BLOCK):
        ring = rings[start : start + _CYCLES_BLOCK]
        places = np.c_[ring, np.full(len(ring), p)].T
        by_place = _cycle_means(whole[places[:, None], places], np.arange(p))
        np.put_along_axis(shares[start : start + len(ring)], ring, by_place.T, axis=1)
    return shares.mean(axis=0), shares.std(axis=0, ddof=1) / np.sqrt(len(shares))


def lmg_replicates(
    R: ArrayLike,
    r: ArrayLike,
    *,
    point_R: ArrayLike,
    point_r: ArrayLike,
    point_shares: ArrayLike | None = None,
    n_permutations: int = 500,
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
        The estimate that the replicates vary around.
    point_shares : array-like, shape (p,), optional
        Its LMG shares, such as those of `lmg_sampled`; computed exactly if absent, which needs p up to 28.
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
    Exact up to 13 predictors. Beyond, a control variate: the shares of the point estimate plus the mean, over
    the same random orders, of the difference between replicate and point estimate. A replicate is close to
    the point estimate, so this difference varies little between orders.
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
        centre = lmg(point_R, point_r) if point_shares is None else np.asarray(point_shares, dtype=float)
        if centre.shape != (p,):
            raise MethodError(f"Point shares need shape ({p},); got {centre.shape}.")
        rings = random_rings(p, n_permutations, seed)
        out[good] = centre + _around_point(R[good], r[good], point_R, point_r, rings)
    return out


def random_rings(p: int, n_permutations: int, seed: int) -> NDArray[np.intp]:
    """Return random rings of predictors, each the source of 2 p orders of entry.

    Parameters
    ----------
    p : int
        Number of predictors.
    n_permutations : int
        Number of orders wanted; rounded up to whole cycles.
    seed : int
        Seed of a PCG64 generator.

    Returns
    -------
    array of int, shape (cycles, p)
        One ring per row.
    """
    cycles = max(-(-n_permutations // (2 * p)), 1)
    rng = np.random.Generator(np.random.PCG64(seed))
    return rng.permuted(np.tile(np.arange(p), (cycles, 1)), axis=1)


def _exact(R: Array, r: Array) -> Array:
    shares = np.empty(r.shape)
    weights = shapley_weights(r.shape[1])
    for start in range(0, len(r), _EXACT_BLOCK):
        block = slice(start, start + _EXACT_BLOCK)
        shares[block] = (weights @ subset_r_squared(R[block], r[block])).T
    return shares


def _around_point(R: Array, r: Array, point_R: Array, point_r: Array, rings: NDArray[np.intp]) -> Array:
    """Return how far the replicates' shares, shape (b, p), lie from those of the point estimate."""
    table = _joined(np.concatenate([R, point_R[None]]), np.concatenate([r, point_r[None]]))
    means = np.zeros((r.shape[1], len(r) + 1))
    for ring in rings:
        means += _cycle_means(table, ring)
    return ((means[:, :-1] - means[:, -1:]) / len(rings)).T


def _joined(R: Array, r: Array) -> Array:
    """Join predictors and outcome, stack last."""
    b, p = r.shape
    table = np.zeros((p + 1, p + 1, b))
    table[:p, :p] = np.moveaxis(R, 0, -1)
    table[:p, p] = table[p, :p] = r.T
    return table


def _cycle_means(table: Array, ring: NDArray[np.intp]) -> Array:
    """Return the mean increases, shape (p, b), over the 2 p orders of one ring."""
    p, b = ring.size, table.shape[2]
    arcs = np.zeros((p, p + 1, b))  # R-squared of the arc that begins at a place and has a length
    for start in range(p):
        order = np.r_[np.roll(ring, -start), p]
        arcs[start, 1:] = np.cumsum(_increases(table[order[:, None], order]), axis=0)
    # walking back, the predictor at `start` joins the arc that begins one place later
    total = arcs[:, 1:].sum(axis=1) - np.roll(arcs, -1, axis=0)[:, :-1].sum(axis=1)
    places = np.arange(p)
    for length in range(p):
        # walking on, it joins the arc of this length that ends one place earlier
        begin = (places - length) % p
        total += arcs[begin, length + 1] - arcs[begin, length]
    means = np.empty((p, b))
    means[ring] = total / (2 * p)
    return means


def _increases(table: Array) -> Array:
    """Return the increases of R-squared when predictors enter in the table's order; the table is used up."""
    p = table.shape[0] - 1
    out = np.empty((p, table.shape[2]))
    for k in range(p):
        pivot = table[k]
        inverse = 1.0 / pivot[k]
        out[k] = pivot[p] ** 2 * inverse
        for i in range(k + 1, p):
            table[i, i:] -= pivot[i] * inverse * pivot[i:]
    return out
