"""What a return hangs on: each link alone, the variance it brings, where it breaks even, and scenarios."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses.returns_chain import Draws, cash_flows, net_present_value
from svcq_lib.analyses.returns_draws import likely_links, link_names, link_values, with_link
from svcq_lib.analyses.returns_model import Inputs, Model, Settings, build, choice, yearly
from svcq_lib.analyses.returns_outcomes import figures_of
from svcq_lib.stats import montecarlo

Array = NDArray[np.float64]
GRID = 401
"""Values that are tried for a break-even."""
WIDEST = 20.0
"""How many times its likely value a link without natural limits is tried."""
SKEPTICAL = 0.5
"""Causal share of the alternative to taking the whole association as effect."""
SCENARIOS = ("pessimistic", "likely", "optimistic")


def links(model: Model, values: Array, level: float, n: float) -> pd.DataFrame:
    """Return what the net present value hangs on.

    Parameters
    ----------
    model : Model
        The model.
    values : array, shape (draws,)
        Net present value of each draw.
    level, n : float
        Level of the intervals; answers behind the chain.

    Returns
    -------
    DataFrame, one row per link or choice, widest swing first
        term, kind ("chance" or "choice"), origin, estimate (likely), conf_low, conf_high (what it may be), npv_low,
        npv_high (net present value at these, all else likely), swing, share (of the variance that it explains alone;
        NaN for choices), break_even (value at which the net present value is zero, all else likely), n.
    """
    names = link_names(model.draws, model.programme)
    drawn = np.column_stack([link_values(model.draws, model.programme, one, model.likely) for one in names])
    shares = montecarlo.first_order_shares(drawn, values)
    rows = [_chance(model, name, column, level) for name, column in zip(names, drawn.T, strict=True)]
    table = pd.DataFrame(rows).assign(share=shares)
    table = pd.concat([table, pd.DataFrame(_choices(model))], ignore_index=True)
    table["swing"] = (table["npv_high"] - table["npv_low"]).abs()
    ordered = table.sort_values("swing", ascending=False, kind="stable", ignore_index=True)
    return ordered[ordered["swing"] > 0].reset_index(drop=True).assign(n=n)


def _chance(model: Model, name: str, drawn: Array, level: float) -> dict[str, object]:
    low, likely, high = _range(model, name, drawn, level)
    at = _at(model, name, np.array([low, high]))
    return {
        "term": name, "kind": "chance", "origin": _origin(model, name), "estimate": likely, "conf_low": low,
        "conf_high": high, "npv_low": at[0], "npv_high": at[1], "break_even": _break_even(model, name, likely),
    }  # fmt: skip


def _range(model: Model, name: str, drawn: Array, level: float) -> tuple[float, float, float]:
    """Return low, likely and high: as declared, or the interval of what was estimated."""
    plan, link = model.inputs.plan, model.link
    likely = float(link_values(model.likely, model.programme, name, model.likely)[0])
    if name == "retention_slope":
        return link.low, likely, link.high
    if name == "driver_model":
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        return float(low), likely, float(high)
    if name.startswith("lift."):
        at = model.programme.names.index(name.removeprefix("lift."))
        low, high = plan.initiatives[["lift_low", "lift_high"]].to_numpy(dtype=float)[at]
        return float(low), likely, float(high)
    return plan.economics[name].low, likely, plan.economics[name].high


def _origin(model: Model, name: str) -> str:
    return {"driver_model": "own", "retention_slope": model.link.origin}.get(name, "declared")


def _at(model: Model, name: str, tried: Array) -> Array:
    """Return the net present value at some values of one link, all else likely."""
    inputs = model.inputs
    rows = likely_links(inputs.plan, inputs.slopes, model.link, len(tried))
    return net_present_value(model.programme, with_link(rows, model.programme, name, tried), model.terms)


def _break_even(model: Model, name: str, likely: float) -> float:
    """Return the value nearest to the likely one at which the value is zero; NaN if there is none to be had."""
    top = WIDEST * abs(likely) or 1.0
    if name.startswith("lift."):
        touched = model.programme.touches[model.programme.names.index(name.removeprefix("lift."))]
        top = float(model.programme.headroom[touched].max(initial=0.0))
    elif name in ("contribution_margin", "retention", "cost_saving"):
        top = 1.0 - 1e-9
    elif name == "driver_model" and likely <= 0:
        return float("nan")
    tried = np.linspace(1e-9 if name == "retention" else 0.0, top, GRID)
    found = _at(model, name, tried)
    crossing = np.flatnonzero(np.sign(found[1:]) * np.sign(found[:-1]) < 0)
    if not crossing.size:
        return float("nan")
    roots = tried[crossing] - found[crossing] * np.diff(tried)[crossing] / np.diff(found)[crossing]
    return float(roots[np.abs(roots - likely).argmin()])


def _choices(model: Model) -> list[dict[str, object]]:
    """Return the swing of what somebody chooses, where the table of assumptions gives a range."""
    plan, settings = model.inputs.plan, model.settings
    ranges: dict[str, tuple[float, float, float]] = {
        "causal_share": (
            min(SKEPTICAL, settings.causal_share),
            settings.causal_share,
            max(1.0, settings.causal_share),
        )
    }
    for name in ("discount_rate", "contingency", "horizon"):
        if name in plan.economics:
            one = plan.economics[name]
            ends = [yearly(plan, name, value) for value in (one.low, one.high)]
            ranges[name] = (ends[0], choice(plan, settings, name), ends[1])
    rows: list[dict[str, object]] = []
    for name, (low, used, high) in ranges.items():
        at = [_settled(model.inputs, replace(settings, **{name: value})) for value in (low, high)]  # type: ignore[arg-type]
        rows.append({
            "term": name, "kind": "choice", "origin": "declared", "estimate": used, "conf_low": low, "conf_high": high,
            "npv_low": at[0], "npv_high": at[1], "break_even": np.nan, "share": np.nan,
        })  # fmt: skip
    return rows


def _settled(inputs: Inputs, settings: Settings) -> float:
    """Return the net present value with every link at its likely value."""
    model = build(inputs, settings, n_draws=1, seed=0)
    return float(net_present_value(model.programme, model.likely, model.terms)[0])


def scenarios(model: Model, table: pd.DataFrame, quantile: float, n: float) -> pd.DataFrame:
    """Return the return when all links are bad, likely and good at once.

    Parameters
    ----------
    model : Model
        The model.
    table : DataFrame
        From `links`: which way each link works.
    quantile : float
        How bad, below 0.5: each link at this quantile of its draws on its bad side; as good on the other.
    n : float
        Answers behind the chain.

    Returns
    -------
    DataFrame, one row per scenario
        term, npv, irr, payback, roi, rosq, n.
    """
    rows = []
    for name, at in zip(SCENARIOS, (quantile, None, 1 - quantile), strict=True):
        draws = model.likely if at is None else _all_at(model, table, at)
        found = figures_of(cash_flows(model.programme, draws, model.terms), model.terms)
        figures = {key: float(found[key][0]) for key in ("npv", "irr", "payback", "roi", "rosq")}
        rows.append({"term": name, **figures})
    made = pd.DataFrame(rows).replace([np.inf, -np.inf], np.nan)
    return made.assign(n=n)


def _all_at(model: Model, table: pd.DataFrame, quantile: float) -> Draws:
    draws = model.likely
    for row in table[table["kind"] == "chance"].to_dict(orient="records"):
        name = str(row["term"])
        drawn = link_values(model.draws, model.programme, name, model.likely)
        up = row["npv_high"] >= row["npv_low"]
        value = np.quantile(drawn, quantile if up else 1 - quantile)
        draws = with_link(draws, model.programme, name, np.array([value]))
    return draws
