"""Shares of R² of one correlation matrix and of its bootstrap replicates: the table of drivers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from svcq_lib.analyses.driver_basis import Reduced
from svcq_lib.stats import intervals, noise, relimp, relimp_sampled

Array = NDArray[np.float64]
Method = Literal["lmg", "relative_weights"]
EXACT_TERMS = 28
SAMPLED_ORDERS = 2000
REPLICATE_ORDERS = 500
NOISE_COLUMNS = 300
NOISE_LEVEL = 0.95


@dataclass(frozen=True)
class Parts:
    """Point estimates in units of the outcome's variance, beyond what is held constant.

    Attributes
    ----------
    lmg, relative_weights, beta, vif, correlation : ndarray, shape (p,)
        By driver; ``correlation`` is that before anything is held constant.
    mc_error : ndarray, shape (p,)
        Monte-Carlo standard error of ``lmg``; zero where it is exact.
    levels : ndarray, shape (p, p), or None
        Mean contribution by number of drivers already in the model; None beyond the exact range.
    r_squared : float
        What the drivers explain beyond the covariates.
    r_squared_covariates : float
        What the covariates explain alone.
    """

    lmg: Array
    relative_weights: Array
    beta: Array
    vif: Array
    correlation: Array
    mc_error: Array
    levels: Array | None
    r_squared: float
    r_squared_covariates: float

    def share(self, method: Method) -> Array:
        """Return shares of what the drivers explain; they sum to 1."""
        return np.asarray(getattr(self, method) / self.r_squared)


def decompose(basis: Reduced) -> Parts:
    """Return the point estimates of a correlation matrix.

    Parameters
    ----------
    basis : Reduced
        Proper correlations.

    Returns
    -------
    Parts
        LMG is exact up to 28 drivers, then sampled.
    """
    R, r, left = basis.matrix[1:, 1:], basis.matrix[1:, 0], basis.left
    levels, error = None, np.zeros(len(r))
    if len(r) <= EXACT_TERMS:
        levels = left[0] * relimp.dominance_levels(R, r)
        lmg = levels.mean(axis=1)
    else:
        shares, spread = relimp_sampled.lmg_sampled(R, r, SAMPLED_ORDERS, 0)
        lmg, error = left[0] * shares, left[0] * spread
    return Parts(
        lmg=lmg,
        relative_weights=left[0] * relimp.relative_weights(R, r),
        beta=relimp.standardized_beta(R, r) * np.sqrt(left[0] / left[1:]),
        vif=relimp.vif(R) / left[1:],
        correlation=basis.plain,
        mc_error=error,
        levels=levels,
        r_squared=float(left[0] * relimp.r_squared(R, r)),
        r_squared_covariates=float(1 - left[0]),
    )


@dataclass(frozen=True)
class Replicates:
    """Bootstrap draws that could be decomposed.

    Attributes
    ----------
    share, beta : ndarray, shape (good, p)
        Shares and standardized coefficients.
    r_squared : ndarray, shape (good,)
        What the drivers explain.
    good : ndarray of bool, shape (n_boot,)
        Which of the draws these are.
    """

    share: Array
    beta: Array
    r_squared: Array
    good: NDArray[np.bool_]

    @property
    def failed(self) -> int:
        """Return how many draws could not be decomposed."""
        return int((~self.good).sum())


def replicates(
    basis: Reduced, point: Parts, method: Method, seed: int, orders: int = REPLICATE_ORDERS
) -> Replicates:
    """Return the decomposition of every bootstrap replicate that allows one.

    Parameters
    ----------
    basis : Reduced
        Proper correlations and their replicates.
    point : Parts
        The estimate that the replicates vary around.
    method : {"lmg", "relative_weights"}
        How R² is shared out.
    seed : int
        Seed of the orders that LMG of many drivers is sampled from.
    orders : int
        Number of these orders.

    Returns
    -------
    Replicates
        Shares, coefficients and R².
    """
    R, r = basis.draws[:, 1:, 1:], basis.draws[:, 1:, 0]
    if method == "relative_weights":
        parts = relimp.relative_weights(R, r)
    else:
        parts = relimp_sampled.lmg_replicates(
            R,
            r,
            point_R=basis.matrix[1:, 1:],
            point_r=basis.matrix[1:, 0],
            point_shares=point.lmg / basis.left[0],
            n_permutations=orders,
            seed=seed,
        )
    good = np.asarray(np.isfinite(parts).all(axis=1))
    total, left = parts[good].sum(axis=1), basis.draws_left[good]
    beta = relimp.standardized_beta(R[good], r[good]) * np.sqrt(left[:, :1] / left[:, 1:])
    return Replicates(parts[good] / total[:, None], beta, left[:, 0] * total, good)


def noise_floor(basis: Reduced, point: Parts, n: float, method: Method, seed: int) -> tuple[float, float]:
    """Return the mean and the upper quantile of the share that a column of noise gets.

    Parameters
    ----------
    basis : Reduced
        Proper correlations.
    point : Parts
        Their decomposition.
    n : float
        Answers that the correlations stand on.
    method : {"lmg", "relative_weights"}
        How R² is shared out.
    seed : int
        Seed of the noise.

    Returns
    -------
    tuple of float
        NaN if no column of noise could be decomposed.
    """
    R, r = basis.matrix[1:, 1:], basis.matrix[1:, 0]
    shares = noise.noise_shares(
        R, r, point.lmg / basis.left[0], n, method=method, n_draws=NOISE_COLUMNS, seed=seed
    )
    shares = shares[np.isfinite(shares)]
    return (
        (float(shares.mean()), float(np.quantile(shares, NOISE_LEVEL))) if len(shares) else (np.nan, np.nan)
    )


def limits(draws: Array, ci_level: float) -> tuple[Array, Array]:
    """Return the percentile interval of draws; NaN if no replicate could be decomposed."""
    if len(draws) == 0:
        none = np.full(draws.shape[1:], np.nan)
        return none, none
    return intervals.percentile_interval(draws, ci_level, axis=0)


def ranked(share: Array, draws: Array, ci_level: float) -> dict[str, Array]:
    """Return shares and ranks with percentile intervals.

    Parameters
    ----------
    share : ndarray, shape (p,)
        Shares of R².
    draws : ndarray, shape (replicates, p)
        Their replicates.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    dict of str to ndarray
        share, conf_low, conf_high, rank, rank_low, rank_high.
    """
    low, high = limits(draws, ci_level)
    ranks = (-draws).argsort(axis=1).argsort(axis=1) + 1
    rank_low, rank_high = (np.round(one) for one in limits(ranks.astype(float), ci_level))
    rank = ((-share).argsort().argsort() + 1).astype(float)
    names = ("share", "conf_low", "conf_high", "rank", "rank_low", "rank_high")
    return dict(zip(names, (share, low, high, rank, rank_low, rank_high), strict=True))


def importance(
    names: list[str],
    dimension: dict[str, str],
    point: Parts,
    draws: Replicates,
    method: Method,
    ci_level: float,
) -> pd.DataFrame:
    """Return the table of drivers, strongest first, without performance.

    Parameters
    ----------
    names : list of str
        The drivers.
    dimension : dict of str to str
        Driver → dimension.
    point : Parts
        Estimates.
    draws : Replicates
        Their bootstrap.
    method : {"lmg", "relative_weights"}
        How R² is shared out.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        As :class:`~svcq_lib.analyses.drivers.DriverResult` describes it.
    """
    beta_low, beta_high = limits(draws.beta, ci_level)
    exact = method == "lmg"
    table = pd.DataFrame(
        {
            "term": names,
            "dimension": [dimension[name] for name in names],
            **ranked(point.share(method), draws.share, ci_level),
            "mc_error": point.mc_error / point.r_squared if exact else np.zeros(len(names)),
            "lmg": point.lmg,
            "relative_weights": point.relative_weights,
            "beta": point.beta,
            "beta_low": beta_low,
            "beta_high": beta_high,
            "correlation": point.correlation,
            "vif": point.vif,
        }
    )
    return table.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def fit(
    outcome: str,
    how: dict[str, str],
    point: Parts,
    draws: Replicates,
    base: tuple[float, float],
    information: float,
    ci_level: float,
) -> pd.DataFrame:
    """Return how much the drivers explain together, one row.

    Parameters
    ----------
    outcome : str
        The outcome.
    how : dict of str to str
        method, model, missing.
    point : Parts
        Estimates.
    draws : Replicates
        Their bootstrap.
    base : tuple of float
        Answers of the smallest pair, and with the outcome.
    information : float
        Answers that carry as much as the smallest pair does under its weights.
    ci_level : float
        Level of the interval.

    Returns
    -------
    DataFrame
        As :class:`~svcq_lib.analyses.drivers.DriverResult` describes it.
    """
    n, terms = base[0], len(point.lmg)
    low, high = r_squared_interval(point.r_squared, draws.r_squared, information, terms, ci_level)
    adjusted = 1 - (1 - point.r_squared) * (n - 1) / (n - terms - 1) if n > terms + 1 else np.nan
    return pd.DataFrame(
        [
            {
                "outcome": outcome,
                **how,
                "r_squared": point.r_squared,
                "r_squared_low": low,
                "r_squared_high": high,
                "r_squared_covariates": point.r_squared_covariates,
                # a latent R² is not a share of a sum of squares, and with covariates neither is what is left
                "adj_r_squared": adjusted
                if how["model"] == "linear" and not point.r_squared_covariates
                else np.nan,
                "n": n,
                "n_outcome": base[1],
                "terms": terms,
            }
        ]
    )


def r_squared_interval(
    r_squared: float, draws: Array, n: float, terms: int, ci_level: float
) -> tuple[float, float]:
    """Return an interval of the population's R².

    Parameters
    ----------
    r_squared : float
        Of the sample.
    draws : array, shape (replicates,)
        Of bootstrap samples.
    n : float
        Answers that carry as much as the sample does under its weights.
    terms : int
        Drivers.
    ci_level : float
        Level of the interval.

    Returns
    -------
    low, high : float
        The wider of two on each side: logit(adjusted R²) ± z · sd(logit R²*), which knows the design, and the
        noncentral F's, which keeps its level where R² is small. A sample's R² is too high by about p(1 − R²)/n and a
        bootstrap sample's is so once more, which percentiles of the draws would keep. NaN without draws.
        Steiger (2004), *Psychological Methods* 9:164.
    """
    used = draws[np.isfinite(draws)]
    if len(used) < 2 or n <= terms + 1:
        return float("nan"), float("nan")
    inside = 0.5 / n
    adjusted = np.clip(1 - (1 - r_squared) * (n - 1) / (n - terms - 1), inside, 1 - inside)
    spread = float(special.logit(np.clip(used, inside, 1 - inside)).std(ddof=1))
    low, high = special.expit(intervals.normal_interval(special.logit(adjusted), spread, ci_level))
    df = n - terms - 1
    statistic = r_squared / terms / max((1 - r_squared) / df, 1e-300)
    tails = (1 + ci_level) / 2, (1 - ci_level) / 2
    size = np.nan_to_num([special.ncfdtrinc(terms, df, tail, statistic) for tail in tails])
    lower, upper = size / (size + n)
    return float(min(low, lower)), float(max(high, upper))
