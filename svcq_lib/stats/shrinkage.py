"""Many units measured with error: how much they differ, what each is worth, and how sure their order is.

The model is the normal hierarchy y_i | θ_i ~ N(θ_i, s_i²), θ_i ~ N(μ, τ²) with known standard errors s_i.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.stats import chi2

from svcq_lib.errors import MethodError

Array = NDArray[np.float64]
TauMethod = Literal["reml", "dl"]
GRID = 401
"""Points of the grid of τ."""


class Pooled(NamedTuple):
    """What the units have in common, and how far they lie apart.

    Attributes
    ----------
    mean, std_error : float
        μ and its standard error at the estimated τ².
    tau2 : float
        Variance between units.
    q, df : float
        Cochran's Q and its degrees of freedom.
    """

    mean: float
    std_error: float
    tau2: float
    q: float
    df: float


class Posterior(NamedTuple):
    """What each unit is worth, with the uncertainty of μ and of τ² in it.

    Attributes
    ----------
    mean, std_dev : ndarray, shape (k,)
        Posterior mean and standard deviation of θ_i.
    shrinkage : ndarray, shape (k,)
        Posterior mean of B_i = s_i² / (s_i² + τ²): the weight of the common mean.
    draws : ndarray, shape (n_draws, k)
        Draws of θ, units jointly.
    """

    mean: Array
    std_dev: Array
    shrinkage: Array
    draws: Array


class Ranks(NamedTuple):
    """How sure the order of the units is; rank 1 is the highest value.

    Attributes
    ----------
    expected, low, high : ndarray, shape (k,)
        Mean rank and the limits of its interval.
    p_top, p_bottom : ndarray, shape (k,)
        Probability of being in the top and in the bottom part.
    """

    expected: Array
    low: Array
    high: Array
    p_top: Array
    p_bottom: Array


def pooled(y: ArrayLike, se: ArrayLike, method: TauMethod = "reml") -> Pooled:
    """Return the common mean and the variance between units.

    Parameters
    ----------
    y, se : array-like, shape (k,)
        Estimates and their standard errors (positive).
    method : {"reml", "dl"}
        Restricted maximum likelihood, or DerSimonian and Laird's moment estimator.

    Returns
    -------
    Pooled
        Mean, standard error, τ², Q and its degrees of freedom.

    Raises
    ------
    MethodError
        Fewer than two units, or a standard error that is not positive.

    Notes
    -----
    DL: τ² = max(0, (Q − (k − 1)) / (Σw − Σw²/Σw)), w = 1/s². REML maximises the restricted likelihood of τ², which is
    not negative. DerSimonian and Laird (1986), *Controlled Clinical Trials* 7; Viechtbauer (2005), *Journal of
    Educational and Behavioral Statistics* 30. R: ``metafor::rma``.

    Examples
    --------
    >>> found = pooled([28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18])
    >>> round(found.mean, 4), round(found.std_error, 4), round(found.tau2, 4)
    (7.6856, 4.0719, 0.0)
    """
    y, se = _checked(y, se)
    w = 1 / se**2
    centre = (w * y).sum() / w.sum()
    q, df = float((w * (y - centre) ** 2).sum()), float(y.size - 1)
    moment = (q - df) / (w.sum() - (w**2).sum() / w.sum())
    tau2 = max(0.0, moment) if method == "dl" else _reml(y, se)
    w = 1 / (se**2 + tau2)
    return Pooled(float((w * y).sum() / w.sum()), float(1 / np.sqrt(w.sum())), float(tau2), q, df)


def _checked(y: ArrayLike, se: ArrayLike) -> tuple[Array, Array]:
    y, se = np.asarray(y, dtype=float), np.asarray(se, dtype=float)
    if y.size < 2 or not (np.isfinite(y).all() and np.isfinite(se).all() and (se > 0).all()):
        raise MethodError(
            f"shrinkage needs two or more units with positive standard errors; {y.size} units were given, "
            f"{int((~(se > 0)).sum())} without. Leave out units whose error is unknown or zero."
        )
    return y, se


def restricted_log_likelihood(tau2: ArrayLike, y: ArrayLike, se: ArrayLike) -> Array:
    """Return the restricted log-likelihood of the variance between units, up to a constant.

    Parameters
    ----------
    tau2 : array-like, shape (m,)
        Values of τ².
    y, se : array-like, shape (k,)
        Estimates and standard errors.

    Returns
    -------
    ndarray, shape (m,)
        −½ [Σ log(s² + τ²) + log Σw + Σ w (y − μ̂)²] with w = 1/(s² + τ²).
    """
    y, variance = np.asarray(y, dtype=float), np.asarray(se, dtype=float) ** 2
    total = variance + np.atleast_1d(np.asarray(tau2, dtype=float))[:, None]
    w = 1 / total
    centre = (w * y).sum(axis=1) / w.sum(axis=1)
    spread = (w * (y - centre[:, None]) ** 2).sum(axis=1)
    return np.asarray(-0.5 * (np.log(total).sum(axis=1) + np.log(w.sum(axis=1)) + spread))


def _reml(y: Array, se: Array) -> float:
    grid = _taus(y, se) ** 2
    values = restricted_log_likelihood(grid, y, se)
    best = int(values.argmax())
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    found = minimize_scalar(
        lambda t: -restricted_log_likelihood(t, y, se)[0],
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-10 * max(high, 1e-12)},
    )
    return float(found.x) if -found.fun > values[0] and best > 0 else _boundary(y, se, float(found.x))


def _boundary(y: Array, se: Array, near: float) -> float:
    """Return 0 unless the likelihood is higher just inside."""
    inside, edge = restricted_log_likelihood([near, 0.0], y, se)
    return near if inside > edge + 1e-9 else 0.0


def _taus(y: Array, se: Array) -> Array:
    """Return a grid of τ from 0 to far beyond what the estimates' spread allows."""
    spread = float(np.std(y, ddof=1))
    top = 5 * max(spread, float(np.median(se))) * (1 + 8 / max(y.size - 2, 1))
    # denser near zero, where small differences in τ matter most
    return np.asarray(top * np.linspace(0, 1, GRID) ** 2)


def tau_weights(y: ArrayLike, se: ArrayLike, method: TauMethod = "reml") -> tuple[Array, Array]:
    """Return how plausible each value of τ is: the uncertainty that a single estimate of τ² hides.

    Parameters
    ----------
    y, se : array-like, shape (k,)
        Estimates and standard errors.
    method : {"reml", "dl"}
        The exact restricted likelihood with a flat prior on τ (Gelman 2006, *Bayesian Analysis* 1), or the
        distribution that inverting the moment equation gives: P(τ² ≤ t) = P(χ²_{k−1} ≥ Q(t)) (Viechtbauer 2007,
        *Statistics in Medicine* 26).

    Returns
    -------
    tau, weight : ndarray, shape (grid,)
        Values of τ and weights that sum to 1.
    """
    y, se = _checked(y, se)
    tau = _taus(y, se)
    if method == "reml":
        log = restricted_log_likelihood(tau**2, y, se)
        weight = np.exp(log - log.max()) * np.gradient(tau)
    else:
        w = 1 / (se**2 + tau[:, None] ** 2)
        centre = (w * y).sum(axis=1, keepdims=True) / w.sum(axis=1, keepdims=True)
        below = chi2.sf((w * (y - centre) ** 2).sum(axis=1), y.size - 1)
        weight = np.maximum(np.diff(below, prepend=0.0), 0.0)
    return tau, weight / weight.sum()


def shrink(y: ArrayLike, se: ArrayLike, mean: float, tau2: float) -> tuple[Array, Array]:
    """Return empirical-Bayes estimates at a given mean and variance between units.

    Parameters
    ----------
    y, se : array-like, shape (k,)
        Estimates and standard errors.
    mean, tau2 : float
        μ and τ².

    Returns
    -------
    estimate, shrinkage : ndarray, shape (k,)
        B μ + (1 − B) y with B = s²/(s² + τ²); with τ² = 0 every unit is μ.

    Notes
    -----
    Efron and Morris (1975), *Journal of the American Statistical Association* 70.

    Examples
    --------
    >>> shrink([0.4, 0.2], [0.1, 0.1], 0.3, 0.01)[0].tolist()
    [0.35, 0.25]
    """
    y, variance = np.asarray(y, dtype=float), np.asarray(se, dtype=float) ** 2
    with np.errstate(invalid="ignore"):
        b = np.where(variance + tau2 > 0, variance / (variance + tau2), 0.0)
    return b * mean + (1 - b) * y, b


def posterior(
    y: ArrayLike, se: ArrayLike, *, method: TauMethod = "reml", n_draws: int = 4000, seed: int = 0
) -> Posterior:
    """Return what each unit is worth after borrowing strength from the others.

    Parameters
    ----------
    y, se : array-like, shape (k,)
        Estimates and standard errors.
    method : {"reml", "dl"}
        Where the plausible values of τ² come from, see `tau_weights`.
    n_draws : int
        Joint draws of all units, for ranks.
    seed : int
        Seed of the draws.

    Returns
    -------
    Posterior
        Moments summed over the grid of τ, and draws.
    """
    y, se = _checked(y, se)
    tau, weight = tau_weights(y, se, method)
    w = 1 / (se**2 + tau[:, None] ** 2)
    centre, spread = (w * y).sum(axis=1) / w.sum(axis=1), 1 / w.sum(axis=1)
    b = se**2 * w
    conditional = b * centre[:, None] + (1 - b) * y
    variance = (1 - b) * se**2 + b**2 * spread[:, None]
    mean = weight @ conditional
    std_dev = np.sqrt(weight @ (variance + (conditional - mean) ** 2))
    rng = np.random.default_rng(seed)
    at = rng.choice(tau.size, n_draws, p=weight)
    common = centre[at] + np.sqrt(spread[at]) * rng.standard_normal(n_draws)
    own = np.sqrt(1 - b[at]) * se * rng.standard_normal((n_draws, y.size))
    return Posterior(mean, std_dev, weight @ b, b[at] * common[:, None] + (1 - b[at]) * y + own)


def ranks(draws: Array, *, ci_level: float = 0.95, part: float = 0.25) -> Ranks:
    """Return expected ranks, their intervals and the chance of the top and the bottom part.

    Parameters
    ----------
    draws : ndarray, shape (n_draws, k)
        Joint draws of what the units are worth.
    ci_level : float
        Level of the rank intervals.
    part : float
        Share of the units that counts as the top (bottom) part; at least one unit.

    Returns
    -------
    Ranks
        Rank 1 is the highest. The interval holds every rank that is not in the tails of its distribution.

    Notes
    -----
    Goldstein and Spiegelhalter (1996), *Journal of the Royal Statistical Society A* 159.
    """
    k = draws.shape[1]
    place = (-draws).argsort(axis=1).argsort(axis=1) + 1
    size = max(1, round(part * k))
    tail = (1 - ci_level) / 2
    low = np.quantile(place, tail, axis=0, method="inverted_cdf")
    high = np.quantile(place, 1 - tail, axis=0, method="inverted_cdf")
    return Ranks(
        place.mean(axis=0),
        low.astype(float),
        high.astype(float),
        (place <= size).mean(axis=0),
        (place > k - size).mean(axis=0),
    )


def tiers(draws: Array, order: NDArray[np.intp], *, ci_level: float = 0.95) -> NDArray[np.intp]:
    """Return groups of units that cannot be told apart from the best of their group.

    Parameters
    ----------
    draws : ndarray, shape (n_draws, k)
        Joint draws.
    order : ndarray of int, shape (k,)
        Units from the best to the worst.
    ci_level : float
        A unit opens a new tier if its tier's best is better with a probability above (1 + ci_level) / 2.

    Returns
    -------
    ndarray of int, shape (k,)
        Tier of each unit; 1 is the best.
    """
    sure = (1 + ci_level) / 2
    found = np.ones(len(order), dtype=np.intp)
    best, tier = order[0], 1
    for unit in order[1:]:
        above = (draws[:, best] > draws[:, unit]).mean()
        if max(above, 1 - above) > sure:
            best, tier = unit, tier + 1
        found[unit] = tier
    return found


def best_practice(draws: Array, *, part: float = 0.25, high_is_good: bool = True) -> Array:
    """Return the mean of the best part of the units in each draw.

    Parameters
    ----------
    draws : ndarray, shape (n_draws, k)
        Joint draws of what the units are worth.
    part : float
        Share of the units that counts as best practice; at least one unit.
    high_is_good : bool
        Whether the highest are the best.

    Returns
    -------
    ndarray, shape (n_draws,)
        The level that the best units truly hold, without the luck of the best-looking ones.
    """
    size = max(1, round(part * draws.shape[1]))
    ordered = np.sort(draws, axis=1)
    return np.asarray((ordered[:, -size:] if high_is_good else ordered[:, :size]).mean(axis=1))
