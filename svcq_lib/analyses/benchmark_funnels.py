"""Which units lie outside what chance allows: the funnel plot's numbers."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses.benchmark_compared import Compared
from svcq_lib.analyses.benchmark_league import Basis
from svcq_lib.evidence.moments import Moments
from svcq_lib.stats import funnel as stats
from svcq_lib.stats.funnel import Dispersion, Form, Overdispersion

Array = NDArray[np.float64]
Limits = Literal["quantile", "funnelplotr"]
RARE = 0.1
"""Shares below this are compared as observed over expected counts, with Poisson limits."""
GRID = 80
"""Sizes at which limits are drawn."""


class Funnel(NamedTuple):
    """A funnel plot.

    Attributes
    ----------
    units : DataFrame
        unit, estimate, size, statistic, warning_low, warning_high (95 %), limit_low, limit_high (99.8 %), outside
        ("inside", "warning", "limit"), side ("better", "worse", ""), n.
    limits : DataFrame
        The same limits over a grid of sizes.
    dispersion : DataFrame, one row
        form, method, target, spread, phi, tau2, n (units that count), warning_level, limit_level.
    """

    units: pd.DataFrame
    limits: pd.DataFrame
    dispersion: pd.DataFrame


def funnel(
    table: pd.DataFrame,
    compared: Compared,
    mix: Moments | None,
    *,
    basis: Basis,
    overdispersion: Overdispersion,
    limits: Limits,
) -> Funnel:
    """Return which units lie outside the control limits around the mean of all.

    Parameters
    ----------
    table : DataFrame
        From :func:`svcq_lib.analyses.benchmark_league.raw_table`, with ``held``.
    compared : Compared
        What is compared.
    mix : Moments or None
        Sums by unit and case mix, for expected counts.
    basis : {"adjusted", "raw"}
        Figures that are plotted.
    overdispersion : {"winsorised", "truncated", "none"}
        How scatter between units widens the limits.
    limits : {"quantile", "funnelplotr"}
        Exact quantiles, or FunnelPlotR's convention.

    Returns
    -------
    Funnel
        Units, limits and dispersion.
    """
    points, form, target, spread = _points(table, compared, mix, basis)
    z, se = stats.z_scores(points["estimate"], points["size"], target, form, spread)
    usable = (~points["held"]).to_numpy()
    found = stats.dispersion(z[usable], se[usable], overdispersion)
    if overdispersion == "none":
        found = found._replace(tau2=0.0)
    points["statistic"] = z / np.sqrt(1 + found.tau2 / se**2)
    drawn = _limits(points["size"].to_numpy(), target, form, spread, found, limits)
    points = points.join(drawn)
    points["outside"] = _outside(points)
    points["side"] = np.where(
        points["outside"] == "inside",
        "",
        np.where(compared.good * (points["estimate"] - target) > 0, "better", "worse"),
    )
    grid = _grid(points["size"].to_numpy())
    lines = _limits(grid, target, form, spread, found, limits)
    lines.insert(0, "size", grid)
    facts = {
        "form": form, "method": overdispersion, "target": target, "spread": spread, "phi": found.phi,
        "tau2": found.tau2, "n": found.n, "warning_level": stats.LEVELS[0], "limit_level": stats.LEVELS[1],
    }  # fmt: skip
    return Funnel(points.drop(columns="held"), lines, pd.DataFrame([facts]))


def _points(
    table: pd.DataFrame, compared: Compared, mix: Moments | None, basis: Basis
) -> tuple[pd.DataFrame, Form, float, float]:
    """Return estimate and size of each unit, the form of the funnel, its target and the spread within units."""
    value, error = ("adjusted", "adjusted_error") if basis == "adjusted" else ("estimate", "std_error")
    shown = table[table[value].notna() & (table["n_eff"] > 0)].reset_index(drop=True)
    y, se, n = (shown[name].to_numpy(dtype=float) for name in (value, error, "n_eff"))
    points = shown[["unit", "n", "held"]].assign(estimate=y)
    if len(points) == 0:
        return points.assign(size=np.nan), "mean", float("nan"), float("nan")
    weight = np.where(shown["held"], 0.0, n) if not shown["held"].all() else n
    target = float(np.average(y, weights=weight))
    if not compared.is_share:
        known = np.isfinite(se) & (se > 0)
        spread = (
            float(np.sqrt(np.average(se[known] ** 2 * n[known], weights=n[known]))) if known.any() else 1.0
        )
        # weights and clusters make answers worth less: the size that the standard error implies
        size = np.where(known, n * _calibration(se, n, spread), n)
        return points.assign(size=size), "mean", target, spread
    size = _implied(y, se, n)
    if mix is not None and compared.mix_keys and basis == "adjusted" and target < RARE:
        expected = _expected(mix, compared).reindex(shown["unit"]).to_numpy() * size
        ratio = shown["estimate"].to_numpy() * size / expected
        return points.assign(estimate=ratio, size=expected), "rate", 1.0, 1.0
    return points.assign(estimate=np.clip(y, 0, 1), size=size), "proportion", target, 1.0


def _calibration(se: Array, n: Array, spread: float) -> float:
    """Return the design's common factor between effective answers and what the errors imply."""
    known = se > 0
    return float(np.median(spread**2 / se[known] ** 2 / n[known])) if known.any() else 1.0


def _implied(p: Array, se: Array, n: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        size = p * (1 - p) / se**2
    return np.where(np.isfinite(size) & (size > 0), size, n)


def _expected(mix: Moments, compared: Compared) -> pd.Series:
    """Return the share expected of each unit from its case mix alone (logistic regression on the cells)."""
    import statsmodels.api as sm

    cells = mix.total([compared.unit_key, *compared.mix_keys])
    sums = {name: array[:, 0] for name, array in cells.sums.items()}
    design = pd.get_dummies(cells.keys[list(compared.mix_keys)], drop_first=True, dtype=float)
    kept = sums["sw"] > 0
    share = np.clip(sums["swx"][kept] / sums["sw"][kept], 0, 1)
    x = sm.add_constant(design[kept], has_constant="add")
    fitted = sm.GLM(share, x, family=sm.families.Binomial(), var_weights=sums["sw"][kept]).fit()
    told = pd.DataFrame({"unit": cells.keys[compared.unit_key][kept], "w": sums["sw"][kept]})
    told["wp"] = told["w"] * np.asarray(fitted.fittedvalues)
    total = told.groupby("unit")[["w", "wp"]].sum()
    return total["wp"] / total["w"]


def _limits(
    size: Array, target: float, form: Form, spread: float, found: Dispersion, limits: Limits
) -> pd.DataFrame:
    columns: dict[str, Array] = {}
    for name, level in zip(("warning", "limit"), stats.LEVELS, strict=True):
        if found.tau2 > 0:
            low, high = stats.dispersed_limits(size, target, form, level, found.tau2, spread=spread)
        elif limits == "funnelplotr" and form == "rate":
            low, high = stats.funnelplotr_limits(size, level)
        elif limits == "funnelplotr":
            low, high = stats.dispersed_limits(size, target, form, level, 0.0, spread=spread)
        else:
            low, high = stats.quantile_limits(size, target, form, level, spread=spread)
        columns |= {f"{name}_low": low, f"{name}_high": high}
    return pd.DataFrame(columns)


def _outside(points: pd.DataFrame) -> list[str]:
    value = points["estimate"]
    far = (value < points["limit_low"]) | (value > points["limit_high"])
    near = (value < points["warning_low"]) | (value > points["warning_high"])
    return list(np.where(far, "limit", np.where(near, "warning", "inside")))


def _grid(size: Array) -> Array:
    if size.size == 0:
        return size
    low, high = max(0.6 * float(size.min()), 1.0), 1.08 * float(size.max())
    return np.linspace(np.sqrt(low), np.sqrt(high), GRID) ** 2
