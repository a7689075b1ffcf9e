"""Raking: factors that bring the margins of a weighted table to known shares, and what that does to errors.

Weights that are multiplied by one factor per joint cell of the margins need no rows: the sums of the cells suffice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import MethodError

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


class Raked(NamedTuple):
    """Factors by joint cell, and how well they reach the margins.

    Attributes
    ----------
    factors : array, shape (cells,)
        Multiplier of every weight of a joint cell.
    iterations : int
        Rounds over all margins.
    error_before, error : float
        Largest distance of a level's share from its target, before and after.
    """

    factors: Array
    iterations: int
    error_before: float
    error: float


def rake(
    cell_weights: ArrayLike,
    cell_levels: ArrayLike,
    targets: Sequence[ArrayLike],
    *,
    total: float | None = None,
    eps: float = 1e-12,
    max_iterations: int = 1000,
) -> Raked:
    """Return the factors that bring every margin of a weighted table to its target.

    Parameters
    ----------
    cell_weights : array-like, shape (cells,)
        Sum of the (design) weights in each joint cell of the margins.
    cell_levels : array-like of int, shape (margins, cells)
        Level of each joint cell in each margin, counted from 0.
    targets : sequence of array-like
        Size or share of each level in the population, one array per margin.
    total : float, optional
        Sum of the raked weights; by default that of the given ones.
    eps : float
        Largest distance of a share from its target at which the rounds end.
    max_iterations : int
        Most rounds.

    Returns
    -------
    Raked
        Factors and errors of the margins.

    Raises
    ------
    MethodError
        A level with people in the population but no weight, or rounds that do not converge.

    Notes
    -----
    Each round sets, margin by margin, w ← w · target_c / Σ_c w. Starting from the design weights keeps what
    is known of the design. Source: Deming and Stephan (1940), *Annals of Mathematical Statistics* 11. R:
    ``rake`` of package survey.

    Examples
    --------
    >>> found = rake([2, 2, 4], [[0, 0, 1], [0, 1, 1]], [[0.5, 0.5], [0.4, 0.6]])
    >>> [round(float(one), 3) for one in found.factors]
    [1.6, 0.4, 1.0]
    """
    weights = np.asarray(cell_weights, dtype=float)
    levels = np.atleast_2d(np.asarray(cell_levels, dtype=np.intp))
    shares = [np.asarray(one, dtype=float) / np.sum(one) for one in targets]
    _require_weight(weights, levels, shares)
    w = weights / weights.sum()
    before = margin_error(w, levels, shares)
    for iteration in range(1, max_iterations + 1):
        for codes, share in zip(levels, shares, strict=True):
            have = np.bincount(codes, w, minlength=len(share))
            w = w * np.divide(share, have, out=np.zeros_like(share), where=have > 0)[codes]
        error = margin_error(w, levels, shares)
        if error < eps:
            size = weights.sum() if total is None else total
            factors = np.divide(w * size, weights, out=np.ones_like(w), where=weights > 0)
            return Raked(factors, iteration, before, error)
    raise MethodError(
        f"raking did not converge in {max_iterations} rounds: a share is still {error:.2g} off its target. "
        "The margins contradict each other in the cells that have answers; merge levels or leave a margin out."
    )


def _require_weight(weights: Array, levels: Codes, shares: Sequence[Array]) -> None:
    for position, (codes, share) in enumerate(zip(levels, shares, strict=True)):
        empty = np.flatnonzero((np.bincount(codes, weights, minlength=len(share)) <= 0) & (share > 0))
        if empty.size:
            raise MethodError(
                f"margin {position} has people but no answers at level(s) {empty.tolist()}. "
                "Merge these levels with others, or leave the margin out."
            )


def margin_error(cell_weights: Array, cell_levels: Codes, shares: Sequence[Array]) -> float:
    """Return the largest distance of a level's weighted share from its target.

    Parameters
    ----------
    cell_weights : array, shape (cells,)
        Sum of the weights in each joint cell.
    cell_levels : array of int, shape (margins, cells)
        Level of each joint cell in each margin.
    shares : sequence of array
        Target shares by margin.

    Returns
    -------
    float
        Between 0 and 1.
    """
    w = cell_weights / cell_weights.sum()
    return max(
        float(np.abs(np.bincount(codes, w, minlength=len(share)) - share).max())
        for codes, share in zip(cell_levels, shares, strict=True)
    )


def kish(n: ArrayLike, sw: ArrayLike, sw2: ArrayLike) -> tuple[Array, Array]:
    """Return Kish's effective sample size and the design effect of unequal weights.

    Parameters
    ----------
    n, sw, sw2 : array-like
        Number of rows, sum of the weights, sum of the squared weights.

    Returns
    -------
    n_eff, deff : array
        (Σw)²/Σw² and n Σw²/(Σw)²; NaN without rows.

    Notes
    -----
    Source: Kish (1965), *Survey Sampling*, section 11.7.
    """
    n, sw, sw2 = (np.asarray(one, dtype=float) for one in (n, sw, sw2))
    with np.errstate(divide="ignore", invalid="ignore"):
        n_eff = np.where(sw2 > 0, sw**2 / sw2, np.nan)
        return n_eff, n / n_eff


def margin_effects(cell_totals: ArrayLike, cell_weights: ArrayLike, cell_levels: ArrayLike) -> Array:
    """Return what the margins explain of a variable: its weighted regression on their main effects.

    Parameters
    ----------
    cell_totals : array-like, shape (cells, ...)
        Weighted total of the variable in each joint cell.
    cell_weights : array-like, shape (cells,)
        Sum of the weights in each joint cell.
    cell_levels : array-like of int, shape (margins, cells)
        Level of each joint cell in each margin.

    Returns
    -------
    array, shape (cells, ...)
        Fitted value of each joint cell. After calibration the variable's total varies like that of its
        residuals from these.

    Notes
    -----
    Source: Deville and Särndal (1992), *JASA* 87: the regression uses the design weights.
    """
    totals, weights = np.asarray(cell_totals, dtype=float), np.asarray(cell_weights, dtype=float)
    levels = np.atleast_2d(np.asarray(cell_levels, dtype=np.intp))
    x = np.hstack([np.eye(int(codes.max()) + 1)[codes] for codes in levels])
    flat = totals.reshape(len(weights), -1)
    # the levels of each margin sum to one, so only the fit is unique, not the coefficients
    effects = np.linalg.pinv(x.T @ (weights[:, None] * x), hermitian=True) @ (x.T @ flat)
    return (x @ effects).reshape(totals.shape)
