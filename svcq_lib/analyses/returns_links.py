"""The estimated links of the chain: the driver model, and retention from the study's own customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses import estimates
from svcq_lib.analyses.returns_chain import RetentionLink
from svcq_lib.errors import MethodError
from svcq_lib.evidence.collect import Design, Evidence
from svcq_lib.stats import matrices
from svcq_lib.stats.intervals import normal_interval
from svcq_lib.stats.logistic import logistic

Array = NDArray[np.float64]
LEAST_LEAVERS = 20
"""Least customers who left, and who stayed, for the study's own link from satisfaction to retention."""
BORROWED_RETENTION = "quality_repurchase"
"""Row of the elasticities that stands in where the study says nothing on retention."""


@dataclass(frozen=True, eq=False)
class Slopes:
    """Points of satisfaction per point of each item, all items together.

    Attributes
    ----------
    estimate : array, shape (items,)
        The slopes.
    replicates : array, shape (replicates, items)
        The same in bootstrap replicates.
    max_change : float
        How far correlations had to be moved to make them proper; 0 if they were.
    failed : int
        Replicates without a proper matrix, left out.
    """

    estimate: Array
    replicates: Array
    max_change: float = 0.0
    failed: int = 0


@dataclass(frozen=True)
class Link:
    """One estimated or declared number with its uncertainty.

    Attributes
    ----------
    origin : {"own", "declared", "borrowed"}
        Estimated from this study, stated by its author, or taken from elsewhere.
    low, likely, high : float
        Limits of the interval and estimate (own), or the three declared values.
    std_error : float
        Of an own estimate; 0 otherwise.
    n : float
        Rows behind an own estimate; NaN otherwise.
    """

    origin: RetentionLink
    low: float
    likely: float
    high: float
    std_error: float = 0.0
    n: float = float("nan")


def satisfaction_slopes(covariance: Array) -> Array:
    """Return regression slopes from covariances.

    Parameters
    ----------
    covariance : array, shape (..., 1 + items, 1 + items)
        Of the outcome (first) and the items.

    Returns
    -------
    array, shape (..., items)
        Least-squares slopes; 0 for an item that does not vary, NaN where the covariances are improper.
    """
    S = np.array(covariance[..., 1:, 1:], dtype=float)
    s = np.array(covariance[..., 1:, 0], dtype=float)
    still = ~(np.diagonal(S, axis1=-2, axis2=-1) > 0)
    for one, flat in zip(S.reshape(-1, *S.shape[-2:]), still.reshape(-1, still.shape[-1]), strict=True):
        one[flat, :] = one[:, flat] = 0.0
        one[flat, flat] = 1.0
    s[still] = 0.0
    proper = matrices.is_positive_definite(matrices.cov_to_cor(S))
    safe = np.where(proper[..., None, None], S, np.eye(S.shape[-1]))
    found = np.linalg.solve(safe, np.nan_to_num(s)[..., None])[..., 0]
    return np.asarray(np.where(proper[..., None], found, np.nan))


def estimated_slopes(evidence: Evidence, name: str, n_boot: int, seed: int) -> Slopes:
    """Return the driver model of satisfaction with its bootstrap.

    Parameters
    ----------
    evidence : Evidence
        With moments of the outcome (first) and the items, by block.
    name : str
        The request.
    n_boot, seed : int
        Of the bootstrap.

    Returns
    -------
    Slopes
        Slopes and replicates.

    Raises
    ------
    MethodError
        If there are too few answers for so many items, or nothing varies between blocks.
    """
    sums = {key: array[0] for key, array in evidence.moments[name].total().sums.items()}
    items = len(sums["n"]) - 1
    n = float(sums["n"].min())
    if n < items + 10:
        raise MethodError(
            f"the driver model behind the return has {items} items and {n:g} answers to all pairs of them; it "
            f"needs {items + 10}. Widen the choice of answers."
        )
    point = _covariance(sums)
    change = 0.0
    if not np.isfinite(satisfaction_slopes(point)).all():
        fixed = matrices.repair_correlation(matrices.cov_to_cor(point))
        sd = np.sqrt(np.diagonal(point))
        point, change = fixed.matrix * np.outer(sd, sd), fixed.max_change
    draws = estimates.draw_blocks(evidence.design, n_boot, seed)
    found = satisfaction_slopes(_covariance(estimates.bootstrap_sums(evidence, name, draws)))
    good = np.isfinite(found).all(axis=-1)
    if not good.any():
        raise MethodError(
            "the driver model behind the return cannot be resampled: the design has a single cluster, or the "
            "answers are too few. Widen the choice of answers."
        )
    return Slopes(satisfaction_slopes(point), found[good], change, int((~good).sum()))


def _covariance(sums: Mapping[str, Array]) -> Array:
    return matrices.covariance_from_moments(*[sums[key] for key in ("n", "sw", "swx", "swxy")])


def own_retention(
    rows: pd.DataFrame, satisfaction: str, stayed: str, design: Design, level: float
) -> Link | None:
    """Estimate the link from satisfaction to retention from the study's own customers.

    Parameters
    ----------
    rows : DataFrame
        Rows with both columns, weight, stratum and cluster.
    satisfaction, stayed : str
        Columns of the score and of 1 (stayed) or 0 (left).
    design : Design
        How the sample was drawn.
    level : float
        Level of the interval.

    Returns
    -------
    Link or None
        Log odds ratio per point; None where fewer than `LEAST_LEAVERS` left or stayed, or the fit fails.
    """
    known = rows[rows[satisfaction].notna() & rows[stayed].notna()]
    y = known[stayed].to_numpy(dtype=float)
    x = known[satisfaction].to_numpy(dtype=float)
    if min(y.sum(), len(y) - y.sum()) < LEAST_LEAVERS or np.ptp(x) == 0:
        return None
    codes = {
        name: pd.factorize(known[name])[0] if known[name].notna().any() else None
        for name in ("cluster", "stratum")
    }
    try:
        fit = logistic(
            np.column_stack([np.ones(len(x)), x]), y, known["weight"].to_numpy(dtype=float),
            units=codes["cluster"] if design.kind == "cluster" else None, strata=codes["stratum"],
        )  # fmt: skip
    except MethodError:
        return None
    slope, error = float(fit.coefficients[1]), float(np.sqrt(fit.covariance[1, 1]))
    low, high = normal_interval(slope, error, level)
    return Link("own", float(low), slope, float(high), error, float(fit.n))
