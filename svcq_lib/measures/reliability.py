"""Internal consistency of a scale: Cronbach's alpha and what each item does to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import DataError, ParameterError
from svcq_lib.stats.intervals import feldt
from svcq_lib.stats.matrices import covariance_from_moments

Array = NDArray[np.float64]
Missing = Literal["pairwise", "listwise"]


def cronbach_alpha(
    items: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    missing: Missing = "pairwise",
    reverse: Sequence[int] = (),
) -> float:
    """Return Cronbach's alpha of answers.

    Parameters
    ----------
    items : array-like, shape (n, k)
        Answers, one column per item.
    weights : array-like, shape (n,), optional
        Weights.
    missing : {"pairwise", "listwise"}
        Whether each covariance uses the respondents with both answers, or all use those with every answer.
        Both are in use and give different numbers: name the one that was used.
    reverse : sequence of int
        Positions of the items that are worded the other way round.

    Returns
    -------
    float
        Alpha; NaN with fewer than two items or where it is undefined.

    Raises
    ------
    DataError, ParameterError
        As `item_covariance`.

    Notes
    -----
    Cronbach (1951, *Psychometrika* 16:297). R: ``psych::alpha`` (pairwise).

    Examples
    --------
    >>> round(cronbach_alpha([[1, 2], [2, 3], [3, 3], [4, 5]]), 4)
    0.96
    """
    return cronbach_alpha_from_covariance(
        item_covariance(items, weights=weights, missing=missing, reverse=reverse)
    )


def cronbach_alpha_from_covariance(C: ArrayLike) -> float:
    """Return Cronbach's alpha of a covariance matrix.

    Parameters
    ----------
    C : array-like, shape (k, k)
        Covariances of the items.

    Returns
    -------
    float
        k/(k − 1) · (1 − Σ variances / Σ all elements); NaN with fewer than two items, an undefined element or
        a total that does not vary.

    Examples
    --------
    >>> round(cronbach_alpha_from_covariance([[1, 0.5], [0.5, 1]]), 4)
    0.6667
    """
    C = np.asarray(C, dtype=float)
    k, total = C.shape[0], C.sum()
    return float(k / (k - 1) * (1 - np.trace(C) / total)) if k > 1 and total > 0 else np.nan


def alpha_standardized(R: ArrayLike) -> float:
    """Return alpha of standardized items, from their correlations.

    Parameters
    ----------
    R : array-like, shape (k, k)
        Correlations of the items.

    Returns
    -------
    float
        k r̄ / (1 + (k − 1) r̄), with r̄ the mean correlation; NaN as `cronbach_alpha_from_covariance`, which
        gives the same number for a correlation matrix.

    Notes
    -----
    Source: Spearman-Brown formula for k items.

    Examples
    --------
    >>> round(alpha_standardized([[1, 0.5], [0.5, 1]]), 4)
    0.6667
    """
    return cronbach_alpha_from_covariance(R)


def alpha_if_dropped(C: ArrayLike) -> Array:
    """Return alpha of the scale without each item.

    Parameters
    ----------
    C : array-like, shape (k, k)
        Covariances of the items.

    Returns
    -------
    array, shape (k,)
        Larger than alpha for an item that does not fit; NaN with fewer than three items.

    Notes
    -----
    Source: Cronbach's formula. R: ``psych::alpha(...)$alpha.drop``.

    Examples
    --------
    >>> C = [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]]
    >>> alpha_if_dropped(C).round(4).tolist()
    [0.0, 0.0, 0.6667]
    """
    C = np.asarray(C, dtype=float)
    kept = (np.delete(np.arange(len(C)), j) for j in range(len(C)))
    return np.array([cronbach_alpha_from_covariance(C[np.ix_(rest, rest)]) for rest in kept])


def item_rest_correlation(C: ArrayLike) -> Array:
    """Return the correlation of each item with the sum of the others.

    Parameters
    ----------
    C : array-like, shape (k, k)
        Covariances of the items.

    Returns
    -------
    array, shape (k,)
        Corrected item-total correlations; NaN where an item or the rest does not vary.

    Notes
    -----
    Source: Nunnally and Bernstein (1994), *Psychometric Theory*. R: ``psych::alpha(...)$item.stats$r.drop``.

    Examples
    --------
    >>> item_rest_correlation([[1, 0.5], [0.5, 1]]).tolist()
    [0.5, 0.5]
    """
    C = np.asarray(C, dtype=float)
    variance, with_all = np.diagonal(C), C.sum(axis=1)
    scale = variance * (C.sum() - 2 * with_all + variance)
    return np.asarray((with_all - variance) / np.sqrt(np.where(scale > 0, scale, np.nan)))


def guttman_lambda2(C: ArrayLike) -> float:
    """Return Guttman's λ₂, a lower bound of reliability that is never below alpha.

    Parameters
    ----------
    C : array-like, shape (k, k)
        Covariances of the items.

    Returns
    -------
    float
        (Σ off-diagonal + √(k/(k − 1) Σ squared off-diagonal)) / Σ all; NaN as `cronbach_alpha_from_covariance`.

    Notes
    -----
    Guttman (1945, *Psychometrika* 10:255). R: ``psych::guttman``.

    Examples
    --------
    >>> round(guttman_lambda2([[1, 0.5], [0.5, 1]]), 4)
    0.6667
    """
    C = np.asarray(C, dtype=float)
    k, total = C.shape[0], C.sum()
    off = C - np.diag(np.diagonal(C))
    return (
        float((off.sum() + np.sqrt(k / (k - 1) * (off**2).sum())) / total) if k > 1 and total > 0 else np.nan
    )


def guttman_lambda6(R: ArrayLike) -> float:
    """Return Guttman's λ₆, reliability by how well each item is predicted from the others.

    Parameters
    ----------
    R : array-like, shape (k, k)
        A positive definite correlation matrix.

    Returns
    -------
    float
        1 − Σ(1 − squared multiple correlation) / ΣR.

    Notes
    -----
    Guttman (1945). R: ``psych::alpha``, G6.

    Examples
    --------
    >>> round(guttman_lambda6([[1, 0.5], [0.5, 1]]), 4)
    0.5
    """
    R = np.asarray(R, dtype=float)
    return float(1 - (1 / np.diagonal(np.linalg.inv(R))).sum() / R.sum())


def alpha_interval(alpha: float, n: float, k: int, level: float = 0.95) -> tuple[float, float]:
    """Return Feldt's confidence interval of alpha.

    Parameters
    ----------
    alpha : float
        Cronbach's alpha.
    n : float
        Number of respondents; for pairwise covariances the smallest pair's.
    k : int
        Number of items.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        Limits; NaN with fewer than two respondents or items.

    Notes
    -----
    See `svcq_lib.stats.intervals.feldt`; `svcq_lib.stats.intervals.bonett` is the alternative.

    Examples
    --------
    >>> low, high = alpha_interval(0.8431, 30, 7)
    >>> round(low, 3), round(high, 3)
    (0.739, 0.916)
    """
    low, high = feldt(alpha, n, k, level)
    return float(low), float(high)


def item_covariance(
    items: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    missing: Missing = "pairwise",
    reverse: Sequence[int] = (),
) -> Array:
    """Return the covariances of items, from the sums that a scan would hold.

    Parameters
    ----------
    items : array-like, shape (n, k)
        Answers, one column per item.
    weights : array-like, shape (n,), optional
        Weights.
    missing : {"pairwise", "listwise"}
        Which respondents each covariance uses.
    reverse : sequence of int
        Positions of the items whose sign is turned.

    Returns
    -------
    array, shape (k, k)
        Covariances; NaN for pairs with fewer than two respondents.

    Raises
    ------
    DataError
        Items that are not a table, weights of another length or negative, a position that does not exist.
    ParameterError
        Another way of treating missing answers.

    Examples
    --------
    >>> item_covariance([[1, 2], [2, 3], [3, 4]]).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    if missing not in get_args(Missing):
        raise ParameterError(f"missing must be 'pairwise' or 'listwise'; got {missing!r}.")
    x, w = _table(items, weights)
    outside = [position for position in reverse if not 0 <= position < x.shape[1]]
    if outside:
        raise DataError(
            f"There is no item at position {outside}; the table has {x.shape[1]} items, counted from 0."
        )
    x = x * np.where(np.isin(np.arange(x.shape[1]), list(reverse)), -1.0, 1.0)
    present = np.isfinite(x) & (w > 0)[:, None]
    if missing == "listwise":
        present &= present.all(axis=1, keepdims=True)
    m = present.astype(float)
    # about the mean, so that no digits are lost; covariances do not depend on the origin
    x = np.where(present, x - np.where(present, x, 0.0).sum(axis=0) / np.maximum(m.sum(axis=0), 1), 0.0)
    weighted = m * np.where(w > 0, w, 0.0)[:, None]
    return covariance_from_moments(m.T @ m, weighted.T @ m, (weighted * x).T @ m, (weighted * x).T @ x)


def _table(items: ArrayLike, weights: ArrayLike | None) -> tuple[Array, Array]:
    x = np.asarray(items, dtype=float)
    if x.ndim != 2:
        raise DataError(f"Items must be a table with one row per respondent; got shape {x.shape}.")
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    if w.shape != (len(x),) or (w < 0).any():
        raise DataError(f"Weights must be {len(x)} numbers of zero or more, one per respondent.")
    return x, w
