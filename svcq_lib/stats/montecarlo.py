"""Draws from stated distributions, and which input the variance of an output comes from."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from svcq_lib.errors import MethodError

Array = NDArray[np.float64]
Shape = Literal["triangular", "pert"]


def triangular(u: ArrayLike, low: float, likely: float, high: float) -> Array:
    """Return quantiles of the triangular distribution.

    Parameters
    ----------
    u : array-like, shape (...)
        Probabilities from 0 to 1; uniform random numbers give draws.
    low, likely, high : float
        Smallest, most frequent and largest value; equal limits give the constant.

    Returns
    -------
    array, shape (...)
        Quantiles.

    Raises
    ------
    MethodError
        If the three do not rise.

    Examples
    --------
    >>> triangular([0, 0.5, 1], 0, 1, 2).tolist()
    [0.0, 1.0, 2.0]
    """
    u = np.asarray(u, dtype=float)
    _require_order(low, likely, high)
    if high == low:
        return np.full(u.shape, float(low))
    split, width = (likely - low) / (high - low), high - low
    left = low + np.sqrt(u * width * (likely - low))
    right = high - np.sqrt((1 - u) * width * (high - likely))
    return np.asarray(np.where(u < split, left, right))


def pert(u: ArrayLike, low: float, likely: float, high: float) -> Array:
    """Return quantiles of the PERT distribution, a beta with mean (low + 4 likely + high) / 6.

    Parameters
    ----------
    u : array-like, shape (...)
        Probabilities from 0 to 1; uniform random numbers give draws.
    low, likely, high : float
        Smallest, most frequent and largest value; equal limits give the constant.

    Returns
    -------
    array, shape (...)
        Quantiles.

    Raises
    ------
    MethodError
        If the three do not rise.

    Notes
    -----
    Malcolm and others (1959), *Operations Research* 7:646; shape parameter 4 (Vose, *Risk Analysis*).

    Examples
    --------
    >>> round(float(pert(0.5, 0, 1, 2)), 6)
    1.0
    """
    u = np.asarray(u, dtype=float)
    _require_order(low, likely, high)
    if high == low:
        return np.full(u.shape, float(low))
    split = (likely - low) / (high - low)
    return np.asarray(low + (high - low) * special.betaincinv(1 + 4 * split, 5 - 4 * split, u))


def _require_order(low: float, likely: float, high: float) -> None:
    if not low <= likely <= high:
        raise MethodError(f"low, likely and high must rise; got {low:g}, {likely:g}, {high:g}.")


def normal(u: ArrayLike, mean: float, std_error: float) -> Array:
    """Return quantiles of the normal distribution.

    Parameters
    ----------
    u : array-like, shape (...)
        Probabilities, 0 and 1 excluded.
    mean, std_error : float
        Mean and standard deviation; 0 gives the constant.

    Returns
    -------
    array, shape (...)
        Quantiles.

    Examples
    --------
    >>> round(float(normal(0.975, 1.0, 2.0)), 4)
    4.9199
    """
    u = np.asarray(u, dtype=float)
    return np.asarray(mean + std_error * special.ndtri(u) if std_error > 0 else np.full(u.shape, float(mean)))


def lognormal(u: ArrayLike, median: float, sigma: float) -> Array:
    """Return quantiles of the lognormal distribution.

    Parameters
    ----------
    u : array-like, shape (...)
        Probabilities, 0 and 1 excluded.
    median : float
        Median, positive.
    sigma : float
        Standard deviation of the logarithm.

    Returns
    -------
    array, shape (...)
        Quantiles.

    Examples
    --------
    >>> float(lognormal(0.5, 3.0, 0.4))
    3.0
    """
    return np.asarray(median * np.exp(normal(u, 0.0, sigma)))


def beta(u: ArrayLike, mean: float, size: float) -> Array:
    """Return quantiles of the beta distribution, for shares.

    Parameters
    ----------
    u : array-like, shape (...)
        Probabilities from 0 to 1.
    mean : float
        Mean, between 0 and 1.
    size : float
        How many observations the share is worth: a + b.

    Returns
    -------
    array, shape (...)
        Quantiles.

    Examples
    --------
    >>> round(float(beta(0.5, 0.5, 10)), 6)
    0.5
    """
    return np.asarray(special.betaincinv(mean * size, (1 - mean) * size, np.asarray(u, dtype=float)))


def between(u: ArrayLike, low: float, likely: float, high: float, shape: Shape = "triangular") -> Array:
    """Return quantiles of the distribution chosen for a low, likely and high value.

    Parameters
    ----------
    u : array-like, shape (...)
        Probabilities from 0 to 1.
    low, likely, high : float
        The three values.
    shape : {"triangular", "pert"}
        Which distribution.

    Returns
    -------
    array, shape (...)
        Quantiles.

    Examples
    --------
    >>> float(between(1.0, 0, 1, 3, "pert"))
    3.0
    """
    return (triangular if shape == "triangular" else pert)(u, low, likely, high)


def first_order_shares(inputs: ArrayLike, output: ArrayLike, *, bins: int = 0) -> Array:
    """Return the share of an output's variance that each independent input explains alone.

    Parameters
    ----------
    inputs : array-like, shape (draws, inputs)
        Draws of the inputs, independent of each other.
    output : array-like, shape (draws,)
        The output of each draw.
    bins : int
        Classes of equal size that an input is cut into; 0 chooses the cube root of the number of draws.

    Returns
    -------
    array, shape (inputs,)
        ``Var(E[Y | X]) / Var(Y)``, first-order Sobol indices; 0 for constants, NaN if the output is constant. What
        is missing to 1 is due to interactions.

    Notes
    -----
    Estimated from the given draws by class means (Plischke 2010, *Reliability Engineering and System Safety* 95:354),
    less what pure noise would get, (1 − η²)(bins − 1)/(draws − bins), and never below 0.

    Examples
    --------
    >>> x = np.random.default_rng(1).normal(size=(20_000, 2))
    >>> first_order_shares(x, 2 * x[:, 0] + x[:, 1]).round(1).tolist()
    [0.8, 0.2]
    """
    x, y = np.asarray(inputs, dtype=float), np.asarray(output, dtype=float)
    draws = len(y)
    bins = bins or max(2, round(draws ** (1 / 3)))
    total = float(((y - y.mean()) ** 2).sum())
    if total <= 1e-24 * max(1.0, float((y**2).sum())):
        return np.full(x.shape[1], np.nan)
    edges = np.linspace(0, draws, bins + 1).astype(int)
    found = np.zeros(x.shape[1])
    for j in range(x.shape[1]):
        if np.ptp(x[:, j]) == 0:
            continue
        parts = np.split(y[np.argsort(x[:, j], kind="stable")], edges[1:-1])
        explained = sum(len(part) * (part.mean() - y.mean()) ** 2 for part in parts) / total
        found[j] = max(0.0, explained - (1 - explained) * (bins - 1) / (draws - bins))
    return found
