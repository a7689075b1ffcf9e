"""The league table: what each unit is worth after shrinkage, how sure its rank is, who cannot be told apart."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses import compare, estimates
from svcq_lib.analyses.benchmark_case_mix import adjusted
from svcq_lib.analyses.benchmark_compared import Compared
from svcq_lib.analyses.outcomes import measured_means
from svcq_lib.evidence.collect import Evidence
from svcq_lib.stats import intervals, shrinkage
from svcq_lib.stats.multiplicity import Method, adjust
from svcq_lib.stats.shrinkage import TauMethod
from svcq_lib.study import Study

Array = NDArray[np.float64]
Basis = Literal["adjusted", "raw"]
RAW = (
    "estimate", "std_error", "conf_low", "conf_high", "difference", "difference_low", "difference_high", "p_value",
    "n_eff", "adjusted", "adjusted_error", "adjusted_low", "adjusted_high", "adjusted_difference",
    "adjusted_difference_low", "adjusted_difference_high", "adjusted_p",
)  # fmt: skip
LEAST_UNITS = 3
"""Fewer units say nothing about how far units lie apart."""
PART = 0.25
"""Share of the units that is the top, and the bottom, quarter."""


def raw_table(study: Study, evidence: Evidence, compared: Compared, ci_level: float) -> pd.DataFrame:
    """Return one row per unit: its figure, that at equal case mix, and its difference from all others.

    Parameters
    ----------
    study : Study
        The study.
    evidence : Evidence
        With moments ``benchmark.unit`` and, with case mix, ``benchmark.mix``.
    compared : Compared
        What is compared.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        unit, estimate …, difference … (from all others), adjusted …, n, n_eff, suppressed.
    """
    key, cells = compared.unit_key, evidence.moments["benchmark.unit"]
    one = [compared.measured]
    table = measured_means(cells, evidence.design, one, (key,), ci_level=ci_level)
    others = cells.complements(key)
    rest = measured_means(others, evidence.design, one, (key,), ci_level=ci_level)
    # a difference from a hidden rest would give that rest away
    rest = estimates.suppress(rest, study.thresholds.suppress, (*estimates.INTERVAL, "n_eff"))
    rest = estimates.aligned(rest, table, [key])
    named = table.assign(column=compared.column)
    away = compare.differences(cells, others, evidence.design, (named, rest), (key,), ci_level=ci_level)
    table = table.join(away)
    table = table.rename(columns={key: "unit"})
    mix = evidence.moments.get("benchmark.mix")
    fair = adjusted(mix, evidence.design, compared, ci_level=ci_level) if mix is not None else pd.DataFrame()
    table = table.join(fair, on="unit") if len(fair) else table.assign(**dict.fromkeys(RAW[9:], np.nan))
    return estimates.suppress(table, study.thresholds.suppress, RAW, parts_of="outcome")


def league(
    table: pd.DataFrame,
    compared: Compared,
    *,
    basis: Basis,
    tau_method: TauMethod,
    adjust_method: Method,
    ci_level: float,
    flag: int,
    n_draws: int,
    seed: int,
) -> tuple[pd.DataFrame, Array, shrinkage.Pooled | None]:
    """Add to the units' table what shrinkage says.

    Parameters
    ----------
    table : DataFrame
        From :func:`raw_table`, with ``held`` (units whose data look wrong).
    compared : Compared
        What is compared.
    basis : {"adjusted", "raw"}
        Figures that are shrunk and ranked.
    tau_method : {"reml", "dl"}
        How the variance between units is found.
    adjust_method : {"holm", "bh", "by", "none"}
        Multiplicity control of the verdicts over the units.
    ci_level : float
        Level of intervals and verdicts.
    flag : int
        Units with fewer answers take the pooled spread where theirs is smaller.
    n_draws, seed : int
        Draws of the posterior.

    Returns
    -------
    table : DataFrame
        Best unit first, with p_adjusted, verdict, shrunken …, shrinkage, rank …, p_top, p_bottom, tier, distance …,
        needed.
    draws : ndarray, shape (n_draws, units ranked)
        Joint draws of the ranked units in the order of the table.
    pooled : Pooled or None
        Common mean and variance between units on the model's scale.
    """
    value, error, away, p = _columns(basis)
    table = table.assign(p_adjusted=adjust(table[p].to_numpy(), adjust_method))
    table["verdict"] = _verdicts(table["p_adjusted"], table[away], compared.good, 1 - ci_level)
    raw = pd.Series(adjust(table["p_value"].to_numpy(), adjust_method), table.index)
    table["verdict_raw"] = _verdicts(raw, table["difference"], compared.good, 1 - ci_level)
    ranked = (table[value].notna() & table[error].notna() & ~table["held"]).to_numpy()
    if ranked.sum() < LEAST_UNITS:
        return _unranked(table, value, compared), np.zeros((n_draws, 0)), None
    kept = table[ranked]
    y, se = _model_scale(kept, value, error, compared, flag)
    if not (se > 0).all():  # every unit answers alike: there is nothing to rank
        return _unranked(table, value, compared), np.zeros((n_draws, 0)), None
    common = shrinkage.pooled(y, se, tau_method)
    found = shrinkage.posterior(y, se, method=tau_method, n_draws=n_draws, seed=seed)
    draws = np.sin(np.clip(found.draws, 0, np.pi / 2)) ** 2 if compared.is_share else found.draws
    more = _of_draws(kept, draws, compared, ci_level).assign(shrinkage=found.shrinkage)
    more["needed"] = needed(kept, away, adjust_method, ci_level)
    table = table.join(more).sort_values(
        ["rank", value], ascending=[True, compared.good < 0], na_position="last", kind="stable"
    )
    at = {label: i for i, label in enumerate(kept.index)}
    order = [at[label] for label in table.index if label in at]
    return table.reset_index(drop=True), draws[:, order], common


def _columns(basis: Basis) -> tuple[str, str, str, str]:
    if basis == "adjusted":
        return "adjusted", "adjusted_error", "adjusted_difference", "adjusted_p"
    return "estimate", "std_error", "difference", "p_value"


def _verdicts(p: pd.Series, difference: pd.Series, good: int, alpha: float) -> list[str]:
    return [
        "unclear" if not one < alpha else "better" if good * d > 0 else "worse"
        for one, d in zip(p, difference, strict=True)
    ]


def _unranked(table: pd.DataFrame, value: str, compared: Compared) -> pd.DataFrame:
    blank = (
        "shrunken", "shrunken_low", "shrunken_high", "shrinkage", "rank", "expected_rank", "rank_low", "rank_high",
        "p_top", "p_bottom", "tier", "distance", "distance_low", "distance_high", "needed",
    )  # fmt: skip
    table = table.assign(**dict.fromkeys(blank, np.nan))
    return table.sort_values(value, ascending=compared.good < 0, na_position="last", ignore_index=True)


def _model_scale(
    kept: pd.DataFrame, value: str, error: str, compared: Compared, flag: int
) -> tuple[Array, Array]:
    """Return figures and errors on the scale on which they are nearly normal: arcsine roots for shares."""
    y, se, n = kept[value].to_numpy(), kept[error].to_numpy(), kept["n_eff"].to_numpy()
    if compared.is_share:
        y = np.clip(y, 0, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            size = y * (1 - y) / se**2
        size = np.where(np.isfinite(size) & (size > 0), size, n)
        return np.arcsin(np.sqrt(y)), 1 / (2 * np.sqrt(size))
    # the error of a small unit is itself poorly known; a lucky small one would be taken for certainty
    spread = np.sqrt(np.average(se**2 * n, weights=n))
    small = (kept["n"].to_numpy() < flag) | ~(se > 0)
    return y, np.where(small, np.maximum(se, spread / np.sqrt(n)), se)


def _of_draws(kept: pd.DataFrame, draws: Array, compared: Compared, ci_level: float) -> pd.DataFrame:
    good = compared.good
    low, high = intervals.percentile_interval(draws, ci_level, axis=0)
    middle = draws.mean(axis=0)
    found = shrinkage.ranks(good * draws, ci_level=ci_level, part=PART)
    order = np.argsort(-good * middle, kind="stable")
    rank = np.empty(len(order))
    rank[order] = np.arange(1, len(order) + 1)
    best = shrinkage.best_practice(draws, part=PART, high_is_good=good > 0)
    away = draws - best[:, None]
    away_low, away_high = intervals.percentile_interval(away, ci_level, axis=0)
    columns = {
        "shrunken": middle, "shrunken_low": low, "shrunken_high": high, "rank": rank,
        "expected_rank": found.expected, "rank_low": found.low, "rank_high": found.high,
        "p_top": found.p_top, "p_bottom": found.p_bottom,
        "tier": shrinkage.tiers(good * draws, order, ci_level=ci_level),
        "distance": away.mean(axis=0), "distance_low": away_low, "distance_high": away_high,
    }  # fmt: skip
    return pd.DataFrame(columns, index=kept.index)


def needed(table: pd.DataFrame, away: str, method: Method, ci_level: float) -> Array:
    """Return the answers with which a unit would get a verdict at its present distance from the others.

    Parameters
    ----------
    table : DataFrame
        Units with ``n``, ``verdict`` and the difference from all others with its limits.
    away : str
        Column of that difference.
    method : {"holm", "bh", "by", "none"}
        Multiplicity control of the verdicts.
    ci_level : float
        Level of the limits and of the verdicts.

    Returns
    -------
    ndarray
        n (z SE / distance)², rounded up, since an error shrinks with √n. z is that of the level which the first of the
        m units without a verdict has to pass: α/m for Holm, α (k − m + 1)/k for Benjamini and Hochberg. There is no
        allowance for chance in the distance: with that many answers about half of such units get a verdict.
    """
    k, m = len(table), max(int((table["verdict"] == "unclear").sum()), 1)
    alpha = 1 - ci_level
    alpha *= {"none": 1.0, "bh": (k - m + 1) / k}.get(method, 1 / m)
    distance = np.abs(table[away].to_numpy())
    error = (table[f"{away}_high"] - table[f"{away}_low"]).to_numpy() / 2 / intervals.z_quantile(ci_level)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = intervals.z_quantile(1 - alpha) * error / distance
    return np.asarray(np.ceil(table["n"].to_numpy() * ratio**2))
