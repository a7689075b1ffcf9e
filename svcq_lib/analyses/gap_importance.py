"""How much each dimension counts: four choices of importance weights and what each says leads the gap."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses import estimates
from svcq_lib.errors import ParameterError
from svcq_lib.evidence.collect import Evidence
from svcq_lib.stats import intervals, matrices, relimp
from svcq_lib.study import Dimension, Study

Array = NDArray[np.float64]
COLUMNS = [
    "scheme", "term", "importance", "gap", "contribution", "share", "share_low", "share_high", "rank", "p_leads", "n",
]  # fmt: skip


def importance(
    study: Study,
    evidence: Evidence,
    terms: list[Dimension],
    *,
    weights: Mapping[str, float] | pd.DataFrame | None = None,
    draws: Array,
    ci_level: float,
) -> pd.DataFrame:
    """Return each dimension's part of the weighted gap under every choice of weights that the study allows.

    Parameters
    ----------
    study : Study
        The study.
    evidence : Evidence
        With the request ``gaps.shares`` and, for derived weights, ``gaps.model``.
    terms : list of Dimension
        The dimensions.
    weights : Mapping of str to float, or DataFrame, optional
        Weights given by the caller; a table has ``term`` and ``share``, as the importance of a driver analysis.
    draws : ndarray, shape (replicates, blocks)
        How often each block was drawn.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        scheme ("own_points", "mean_points", "derived_weights", "given_weights", "equal_weights"), term, importance
        (weights, sum 1), gap, contribution (importance × gap; for own points the mean over respondents of the
        same), share of their sum with percentile interval, rank (1 = most of the shortfall), p_leads (share of
        replicates in which it ranks first), n.

    Raises
    ------
    ParameterError
        If given weights lack a dimension, are negative or all zero.
    """
    moments = evidence.moments.get("gaps.shares")
    if moments is None or len(terms) < 2:
        return pd.DataFrame(columns=COLUMNS)
    names = [one.name for one in terms]
    given = _given(weights, names)
    sums = estimates.bootstrap_sums(evidence, "gaps.shares", np.vstack([np.ones(draws.shape[1]), draws]))
    n = moments.total().sums["n"][0]
    with np.errstate(divide="ignore", invalid="ignore"):
        means = dict(zip(moments.columns, (sums["swx"] / sums["sw"]).T, strict=True))
    base = dict(zip(moments.columns, n, strict=True))
    gaps = np.stack([means[f"estimate.{name}"] for name in names], axis=1)
    least = min(base[f"estimate.{name}"] for name in names)
    found = _schemes(means, base, gaps, names, least) | _derived(study, evidence, names, gaps, draws)
    if given is not None:
        found["given_weights"] = (np.broadcast_to(given, gaps.shape), gaps * given, least)
    parts = [
        _rows(scheme, names, gaps, *one, ci_level)
        for scheme, one in found.items()
        if one[2] >= study.thresholds.suppress
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _schemes(
    means: Mapping[str, Array], base: Mapping[str, float], gaps: Array, names: list[str], least: float
) -> dict[str, tuple[Array, Array, float]]:
    """Return weights, contributions and base where points were asked, and those of equal weights."""
    found = {}
    if f"contribution.{names[0]}" in means:
        points = np.stack([means[f"points.{name}"] for name in names], axis=1)
        points = points / points.sum(axis=1, keepdims=True)
        own = np.stack([means[f"contribution.{name}"] for name in names], axis=1)
        found["own_points"] = (points, own, base[f"contribution.{names[0]}"])
        found["mean_points"] = (points, points * gaps, least)
    equal = np.full(gaps.shape, 1 / len(names))
    return {**found, "equal_weights": (equal, equal * gaps, least)}


def _derived(
    study: Study, evidence: Evidence, names: list[str], gaps: Array, draws: Array
) -> dict[str, tuple[Array, Array, float]]:
    """Return relative weights of the dimensions' perceptions in explaining satisfaction."""
    moments = evidence.moments.get("gaps.model")
    if moments is None:
        return {}
    n = float(moments.total().sums["n"][0].min())
    if n < max(study.thresholds.flag, 5 * len(names)):
        return {}
    sums = estimates.bootstrap_sums(evidence, "gaps.model", np.vstack([np.ones(draws.shape[1]), draws]))
    at = [moments.column(name) for name in ("whole.outcome", *[f"whole.perception.{name}" for name in names])]
    picked = {key: array[:, at][:, :, at] for key, array in sums.items()}
    correlation = matrices.correlation_from_moments(**picked)
    usable = matrices.is_positive_definite(correlation)
    if not usable[0]:
        return {}
    weights = np.full(gaps.shape, np.nan)
    weights[usable] = relimp.relative_weights(correlation[usable][:, 1:, 1:], correlation[usable][:, 1:, 0])
    weights /= weights.sum(axis=1, keepdims=True)
    return {"derived_weights": (weights, weights * gaps, n)}


def _given(weights: Mapping[str, float] | pd.DataFrame | None, names: list[str]) -> Array | None:
    """Return given weights in the order of the dimensions, as shares."""
    if weights is None:
        return None
    if isinstance(weights, pd.DataFrame):
        weights = dict(zip(weights["term"], weights["share"], strict=True))
    lacking = [name for name in names if name not in weights]
    values = np.array([weights.get(name, np.nan) for name in names], dtype=float)
    if lacking or not np.isfinite(values).all() or (values < 0).any() or not values.sum() > 0:
        why = f"lack {', '.join(lacking)}" if lacking else f"are {[float(one) for one in values]}"
        raise ParameterError(
            f"weights {why}. Give each of {', '.join(names)} a number, none negative, not all zero."
        )
    return np.asarray(values / values.sum())


def _rows(
    scheme: str, names: list[str], gaps: Array, weights: Array, parts: Array, n: float, ci_level: float
) -> pd.DataFrame:
    total = parts.sum(axis=1, keepdims=True)
    shares = parts / np.where(total != 0, total, np.nan)
    low, high = intervals.percentile_interval(shares[1:], ci_level, axis=0)
    usable = np.isfinite(parts[1:]).all(axis=1)
    first = np.argmin(parts[1:][usable], axis=1)
    leads = (
        np.bincount(first, minlength=len(names)) / len(first) if len(first) else np.full(len(names), np.nan)
    )
    rank = pd.Series(parts[0]).rank(method="min")
    columns = [scheme, names, weights[0], gaps[0], parts[0], shares[0], low, high, rank, leads, n]
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
