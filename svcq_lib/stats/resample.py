"""Bootstrap by blocks: a table of weights times the blocks' sums replaces a thousand refits."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import MethodError

Array = NDArray[np.float64]


def block_weights(
    n_blocks: int,
    n_boot: int,
    seed: int,
    strata: ArrayLike | None = None,
    fraction: ArrayLike | None = None,
) -> Array:
    """Return how often each block counts in each bootstrap replicate.

    Parameters
    ----------
    n_blocks : int
        Number of blocks: sampling clusters, rows, or random groups of rows.
    n_boot : int
        Number of replicates.
    seed : int
        Seed of a PCG64 generator; the same seed gives the same table on every machine.
    strata : array-like, shape (n_blocks,), optional
        Stratum of each block; replicates are drawn within strata.
    fraction : array-like, shape (n_blocks,), optional
        Share f of its population that each block's stratum has in the sample; 0 (an endless population) if absent.

    Returns
    -------
    array, shape (n_boot, n_blocks)
        Multiplicities with mean 1; in each row and stratum they add up to the number of blocks.

    Raises
    ------
    MethodError
        A stratum with a single block, which tells nothing about variation, or a fraction outside 0–1.

    Notes
    -----
    Rescaled bootstrap: in a stratum of n blocks, n − 1 are drawn with replacement and each draw counts n/(n −
    1), so that the variance of a total over replicates has the usual n − 1 in expectation. With a fraction, a
    weight w becomes 1 + √(1 − f) (w − 1), which leaves 1 − f of that variance and no weight below 0. Rao and Wu (1988,
    *JASA* 83:231); weights as in Rao, Wu and Yue (1992, *Survey Methodology* 18:209). R:
    ``as.svrepdesign(type = "subbootstrap")``.
    """
    codes = np.zeros(n_blocks, dtype=int) if strata is None else np.asarray(strata)
    if codes.shape != (n_blocks,):
        raise MethodError(
            f"Strata must name one stratum for each of {n_blocks} blocks; got shape {codes.shape}."
        )
    names, index = np.unique(codes, return_inverse=True)
    size = np.bincount(index, minlength=names.size)
    if n_blocks < 2 or (size < 2).any():
        raise MethodError(
            f"A bootstrap needs two blocks in every stratum; strata {names[size < 2].tolist()} have one. "
            "Merge them with a similar stratum."
        )
    rng = np.random.Generator(np.random.PCG64(seed))
    weights = np.empty((n_boot, n_blocks))
    for stratum, n in enumerate(size):
        weights[:, index == stratum] = _rescaled_counts(rng, int(n), n_boot)
    return weights if fraction is None else _shrunk(weights, np.asarray(fraction, dtype=float))


def replicate_sums(weights: Array, block_sums: ArrayLike) -> Array:
    """Return the sums of every replicate.

    Parameters
    ----------
    weights : array, shape (b, k)
        Multiplicities of `block_weights`.
    block_sums : array-like, shape (k, ...)
        Sums of every block: counts, weighted sums, cross-products.

    Returns
    -------
    array, shape (b, ...)
        One matrix product over all columns.
    """
    block_sums = np.asarray(block_sums, dtype=float)
    flat = weights @ block_sums.reshape(block_sums.shape[0], -1)
    return np.asarray(flat.reshape(weights.shape[0], *block_sums.shape[1:]))


def _shrunk(weights: Array, fraction: Array) -> Array:
    """Pull weights towards 1, the more the larger the part of the population that was seen."""
    if fraction.shape != weights.shape[1:] or not ((fraction >= 0) & (fraction <= 1)).all():
        raise MethodError(f"Fractions must be a number from 0 to 1 for each of {weights.shape[1]} blocks.")
    return np.asarray(1 + np.sqrt(1 - fraction) * (weights - 1))


def _rescaled_counts(rng: np.random.Generator, n: int, n_boot: int) -> Array:
    drawn = rng.integers(0, n, size=(n_boot, n - 1))
    drawn += n * np.arange(n_boot)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=n_boot * n).reshape(n_boot, n)
    return np.asarray(counts * (n / (n - 1)))
