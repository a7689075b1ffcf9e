"""Shares of R² of one correlation matrix, and of its bootstrap replicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses import estimates
from svcq_lib.evidence.collect import Evidence
from svcq_lib.stats import intervals, matrices, noise, relimp, relimp_sampled

Array = NDArray[np.float64]
Method = Literal["lmg", "relative_weights"]
EXACT_TERMS = 28
SAMPLED_ORDERS = 2000
NOISE_COLUMNS = 300
NOISE_LEVEL = 0.95


@dataclass(frozen=True)
class Parts:
    """Point estimates of one correlation matrix, outcome first."""

    lmg: Array
    relative_weights: Array
    beta: Array
    vif: Array
    correlation: Array
    r_squared: float


def decompose(matrix: Array) -> Parts:
    """Return the point estimates of a correlation matrix, outcome first."""
    R, r = matrix[1:, 1:], matrix[1:, 0]
    shares = (
        relimp.lmg(R, r) if len(r) <= EXACT_TERMS else relimp_sampled.lmg_sampled(R, r, SAMPLED_ORDERS, 0)[0]
    )
    return Parts(
        shares,
        relimp.relative_weights(R, r),
        relimp.standardized_beta(R, r),
        relimp.vif(R),
        r,
        float(relimp.r_squared(R, r)),
    )


@dataclass(frozen=True)
class Replicates:
    """Bootstrap draws: shares and betas (replicates, drivers), R² (replicates,), and how many failed."""

    share: Array
    beta: Array
    r_squared: Array
    failed: int


def replicates(
    evidence: Evidence, point: Array, shares: Array, rows: list[int], method: Method, n_boot: int, seed: int
) -> Replicates:
    """Return the decomposition of every bootstrap replicate that allows one."""
    draws = estimates.draw_blocks(evidence.design, n_boot, seed)
    sums = estimates.bootstrap_sums(evidence, "drivers.pairs", draws)
    matrix = matrices.correlation_from_moments(**sums)[:, rows][:, :, rows]
    for i in np.flatnonzero(
        np.isfinite(matrix).all(axis=(1, 2)) & ~matrices.is_positive_definite(matrix, 1e-4)
    ):
        matrix[i] = matrices.repair_correlation(matrix[i]).matrix
    R, r = matrix[:, 1:, 1:], matrix[:, 1:, 0]
    if method == "relative_weights":
        parts = relimp.relative_weights(R, r)
    else:
        parts = relimp_sampled.lmg_replicates(
            R, r, point_R=point[1:, 1:], point_r=point[1:, 0], point_shares=shares, seed=seed
        )
    good = np.isfinite(parts).all(axis=1)
    total = parts[good].sum(axis=1)
    return Replicates(
        parts[good] / total[:, None], relimp.standardized_beta(R[good], r[good]), total, int((~good).sum())
    )


def noise_shares(matrix: Array, point: Parts, n: float, method: Method, seed: int) -> tuple[float, float]:
    """Return the mean and the upper quantile of the share that a column of noise gets."""
    R, r = matrix[1:, 1:], matrix[1:, 0]
    shares = noise.noise_shares(R, r, point.lmg, n, method=method, n_draws=NOISE_COLUMNS, seed=seed)
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


def importance(
    names: list[str],
    dimension: dict[str, str],
    point: Parts,
    draws: Replicates,
    method: Method,
    ci_level: float,
) -> pd.DataFrame:
    """Return the table that the result describes, without performance."""
    share = (point.lmg if method == "lmg" else point.relative_weights) / point.r_squared
    low, high = limits(draws.share, ci_level)
    ranks = (-draws.share).argsort(axis=1).argsort(axis=1) + 1
    rank_low, rank_high = (np.round(one) for one in limits(ranks.astype(float), ci_level))
    beta_low, beta_high = limits(draws.beta, ci_level)
    table = pd.DataFrame(
        {
            "term": names,
            "dimension": [dimension[name] for name in names],
            "share": share,
            "conf_low": low,
            "conf_high": high,
            "rank": (-share).argsort().argsort() + 1,
            "rank_low": rank_low,
            "rank_high": rank_high,
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
    method: Method,
    point: Parts,
    draws: Replicates,
    base: float,
    n_outcome: float,
    terms: int,
    ci_level: float,
) -> pd.DataFrame:
    """Return how much the drivers explain together."""
    low, high = limits(draws.r_squared, ci_level)
    adjusted = 1 - (1 - point.r_squared) * (base - 1) / (base - terms - 1) if base > terms + 1 else np.nan
    return pd.DataFrame(
        [
            {
                "outcome": outcome,
                "method": method,
                "r_squared": point.r_squared,
                "r_squared_low": float(low),
                "r_squared_high": float(high),
                "adj_r_squared": adjusted,
                "n": base,
                "n_outcome": n_outcome,
                "terms": terms,
            }
        ]
    )
