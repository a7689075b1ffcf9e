"""Answers as measures take them: missing ones left out, counted by level, refused when off the scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import DataError

Array = NDArray[np.float64]


def tally(scores: ArrayLike, weights: ArrayLike | None = None) -> tuple[Array, Array]:
    """Count answers by level.

    Parameters
    ----------
    scores : array-like, shape (n,)
        Answers; NaN are left out.
    weights : array-like, shape (n,), optional
        Weights; a missing or zero weight leaves the answer out.

    Returns
    -------
    levels, counts : array
        Levels in ascending order and their counts, or sums of weights.

    Raises
    ------
    DataError
        Weights of another length than the scores, or negative ones.

    Examples
    --------
    >>> levels, counts = tally([5, 4, float("nan"), 5])
    >>> levels.tolist(), counts.tolist()
    ([4.0, 5.0], [1.0, 2.0])
    """
    x = np.asarray(scores, dtype=float)
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=float)
    if x.ndim != 1 or w.shape != x.shape:
        raise DataError(f"Scores and weights must be lists of one length; got {x.shape} and {w.shape}.")
    if (w < 0).any():
        raise DataError(f"Weights cannot be negative; {int((w < 0).sum())} of {w.size} are.")
    counted = np.isfinite(x) & (w > 0)
    levels, position = np.unique(x[counted], return_inverse=True)
    return levels, np.bincount(position, weights=w[counted], minlength=levels.size).astype(float)


def refuse_levels(levels: Array, wrong: NDArray[np.bool_], measure: str, allowed: str) -> None:
    """Raise an error that names the levels that a measure cannot use.

    Parameters
    ----------
    levels : array
        Levels found.
    wrong : array of bool
        Which of them are refused.
    measure : str
        Name of the measure.
    allowed : str
        The answers it takes, in words.

    Raises
    ------
    DataError
        Any level is wrong.

    Examples
    --------
    >>> refuse_levels(np.array([3.0, 11.0]), np.array([False, True]), "NPS", "0 to 10")
    Traceback (most recent call last):
    svcq_lib.errors.DataError: NPS takes 0 to 10; found 11. Correct them or declare them missing.
    """
    if wrong.any():
        found = ", ".join(f"{level:g}" for level in levels[wrong][:10])
        raise DataError(f"{measure} takes {allowed}; found {found}. Correct them or declare them missing.")
