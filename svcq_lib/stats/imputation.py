"""Multiple imputation by chained normal regressions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import MethodError

Array = NDArray[np.float64]

_RIDGE = 1e-6  # keeps a regression solvable where two questions were answered alike


def impute(
    x: ArrayLike, weights: ArrayLike | None = None, *, m: int = 20, cycles: int = 5, seed: int = 0
) -> Iterator[Array]:
    """Yield completed copies of a table with missing values.

    Parameters
    ----------
    x : array-like, shape (n, k)
        Values; NaN where missing.
    weights : array-like, shape (n,), optional
        Survey weights.
    m : int
        Number of copies.
    cycles : int
        Rounds over the columns before a copy is given; each copy starts anew from the means.
    seed : int
        Seed of a PCG64 generator.

    Yields
    ------
    array, shape (n, k)
        The table with missing values drawn.

    Raises
    ------
    MethodError
        A column without any value.

    Notes
    -----
    A column's missing values are drawn from its regression on all other columns, with coefficients and residual
    variance drawn from their posterior (van Buuren and Groothuis-Oudshoorn 2011, *J. Stat. Software* 45(3),
    ``mice(method = "norm")``); values are neither rounded nor cut at the ends of a scale, which would bias
    correlations. Products of columns are kept and updated one column at a time, so that no regression reads the whole
    table.
    """
    x = np.asarray(x, dtype=float)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    w = w * w.sum() / (w**2).sum()  # weights that sum to the effective sample size
    blank = np.isnan(x)
    if blank.all(axis=0).any():
        raise MethodError(
            f"Column {int(blank.all(axis=0).argmax())} has no value to learn from. Leave it out."
        )
    rng = np.random.Generator(np.random.PCG64(seed))
    holes = [np.flatnonzero(one) for one in blank.T]
    order = sorted((j for j, one in enumerate(holes) if len(one)), key=lambda j: len(holes[j]))
    for _ in range(m):
        full = np.c_[np.where(blank, np.nanmean(x, axis=0), x), np.ones(len(x))]
        for _ in range(cycles if order else 0):
            _cycle(full, w, holes, order, rng)
        yield full[:, :-1].copy()


def _cycle(
    full: Array, w: Array, holes: list[NDArray[np.intp]], order: list[int], rng: np.random.Generator
) -> None:
    """Draw the missing values of every column once, in place; the last column is the constant."""
    products = (full.T * w) @ full
    k = full.shape[1]
    for j in order:
        rows, others = holes[j], np.delete(np.arange(k), j)
        at, own = full[rows], w[rows]
        # the rows in which the column was answered: all of them less its holes
        seen = products - (at.T * own) @ at
        cross = seen[np.ix_(others, others)]
        cross[np.diag_indices(k - 1)] *= 1 + _RIDGE
        inverse = np.linalg.inv(cross)
        slope = inverse @ seen[others, j]
        left = max(seen[j, j] - slope @ seen[others, j], 0.0)
        df = max(w.sum() - own.sum() - (k - 1), 1.0)
        sigma = np.sqrt(left / rng.chisquare(df))
        slope = slope + sigma * np.linalg.cholesky((inverse + inverse.T) / 2) @ rng.normal(size=k - 1)
        full[rows, j] = at[:, others] @ slope + sigma * rng.normal(size=len(rows))
        products[:, j] = products[j] = (full * w[:, None]).T @ full[:, j]
