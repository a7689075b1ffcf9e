"""What the draws of a return say: value, payback, cash over time and where the money comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses.returns_chain import COSTS, PARTS, Terms, lifted, net_present_value
from svcq_lib.analyses.returns_model import Model
from svcq_lib.analyses.returns_plan import month_name, month_number
from svcq_lib.measures import finance

Array = NDArray[np.float64]
Verdict = Literal["pays", "loses", "open"]
BAND = 0.5
"""Level of the inner band of the fan."""


def verdict(p_positive: float, level: float) -> Verdict:
    """Return what may be said of a return.

    Parameters
    ----------
    p_positive : float
        Share of draws with a positive net present value.
    level : float
        How sure a statement has to be.

    Returns
    -------
    {"pays", "loses", "open"}
        ``"open"`` unless the share reaches the level on one side.
    """
    return "pays" if p_positive >= level else "loses" if p_positive <= 1 - level else "open"


def months_to_payback(flows: Array, rate: float = 0.0) -> Array:
    """Return the months until money that comes and goes during each month has been paid back.

    Parameters
    ----------
    flows : array, shape (..., months)
        Money of each month.
    rate : float
        Discount rate per month.

    Returns
    -------
    array, shape (...)
        Months from the start; infinite if it is not within the months counted.
    """
    discounted = flows * (1 + rate) ** -np.arange(flows.shape[-1], dtype=float)
    # the total of a month is there at its end
    return finance.payback(np.concatenate([np.zeros((*flows.shape[:-1], 1)), discounted], axis=-1))


def limits(values: Array, level: float) -> tuple[float, float]:
    """Return the middle share of some draws; NaN for a limit that is not a number of its own."""
    if np.isnan(values).all():
        return float("nan"), float("nan")
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return tuple(float(one) if np.isfinite(one) else float("nan") for one in (low, high))  # type: ignore[return-value]


def total(flows: Mapping[str, Array]) -> Array:
    """Return the sum of all parts, shape (draws, months)."""
    return np.asarray(sum(flows[name] for name in PARTS))


def figures_of(flows: Mapping[str, Array], terms: Terms) -> dict[str, Array]:
    """Return every measure of a return for each draw.

    Parameters
    ----------
    flows : Mapping of str to array, shape (draws, months)
        From `returns_chain.cash_flows`.
    terms : Terms
        With the discount rate.

    Returns
    -------
    dict of str to array, shape (draws,)
        npv, irr (per year), payback and discounted_payback (years, infinite if not within the months counted), roi,
        rosq, spend (present value of the costs, positive).
    """
    net, rate = total(flows), terms.monthly_rate
    cost = -np.asarray(sum(flows[name] for name in COSTS))
    value = finance.npv(net, rate)
    spend = np.broadcast_to(finance.npv(cost, rate), value.shape)
    spent = np.broadcast_to(cost.sum(axis=1), value.shape)
    return {
        "npv": value,
        "irr": (1 + finance.irr(net)) ** 12 - 1,
        "payback": months_to_payback(net) / 12,
        "discounted_payback": months_to_payback(net, rate) / 12,
        "roi": finance.roi(net.sum(axis=1) + spent, spent),
        "rosq": finance.rosq(value, spend),
        "spend": spend,
    }


def summary(figures: Mapping[str, Array], level: float, n: float) -> pd.DataFrame:
    """Return one row per measure.

    Parameters
    ----------
    figures : Mapping of str to array, shape (draws,)
        From `figures_of`.
    level : float
        Level of the intervals.
    n : float
        Answers behind the chain.

    Returns
    -------
    DataFrame
        measure, estimate (mean; median of paybacks and of an irr that most draws have), conf_low, conf_high,
        share (of draws that have the figure), n. ``p_positive`` is the share of draws with a positive value.
    """
    rows = [("p_positive", float((figures["npv"] > 0).mean()), np.nan, np.nan, 1.0)]
    for name, drawn in figures.items():
        there = np.isfinite(drawn)
        if name in ("irr", "payback", "discounted_payback"):
            # a payback that does not come is later than any; a rate that does not exist has no order
            usual = name != "irr" or there.mean() >= BAND
            kept = np.where(there, drawn, np.nan if name == "irr" else np.inf)
            figures_ = _middle(kept, level) if usual else (np.nan,) * 3
            rows.append((name, *figures_, float(there.mean())))
        else:
            rows.append((name, float(drawn.mean()), *limits(drawn, level), 1.0))
    table = pd.DataFrame(rows, columns=["measure", "estimate", "conf_low", "conf_high", "share"])
    return table.assign(n=n)


def _middle(drawn: Array, level: float) -> tuple[float, float, float]:
    middle = float(np.nanquantile(drawn, 0.5, method="inverted_cdf"))
    return (middle if np.isfinite(middle) else float("nan"), *limits(drawn, level))


def cash(flows: Mapping[str, Array], model: Model, level: float, n: float) -> pd.DataFrame:
    """Return discounted cash added up over the months.

    Parameters
    ----------
    flows : Mapping of str to array
        Flows by part.
    model : Model
        With first month and discount rate.
    level, n : float
        Level of the outer band; answers behind the chain.

    Returns
    -------
    DataFrame, one row per month
        period, estimate (mean), conf_low, band_low, median, band_high, conf_high (cumulative, discounted), benefit,
        cost (mean of the month, not discounted), n.
    """
    net, terms = total(flows), model.terms
    months = np.arange(net.shape[1])
    running = np.cumsum(net * (1 + terms.monthly_rate) ** -months.astype(float), axis=1)
    at = [(1 - level) / 2, (1 - BAND) / 2, 0.5, (1 + BAND) / 2, (1 + level) / 2]
    quantiles = np.quantile(running, at, axis=0)
    spent = -np.asarray(sum(flows[name] for name in COSTS)).mean(axis=0)
    first = month_number(model.inputs.plan.first)
    table = pd.DataFrame({"period": [month_name(first + int(t)) for t in months]})
    table["estimate"] = running.mean(axis=0)
    for name, row in zip(
        ("conf_low", "band_low", "median", "band_high", "conf_high"), quantiles, strict=True
    ):
        table[name] = row
    return table.assign(benefit=net.mean(axis=0) + spent, cost=spent, n=n)


def parts(values: Mapping[str, Array], level: float, n: float) -> pd.DataFrame:
    """Return the present value of each part of the chain.

    Parameters
    ----------
    values : Mapping of str to array
        From `returns_chain.present_values`.
    level, n : float
        Level of the intervals; answers behind the chain.

    Returns
    -------
    DataFrame, one row per part that is not zero
        term, estimate (mean), conf_low, conf_high, n.
    """
    kept = {name: drawn for name, drawn in values.items() if np.any(drawn != 0)}
    rows = [(name, float(drawn.mean()), *limits(drawn, level)) for name, drawn in kept.items()]
    return pd.DataFrame(rows, columns=["term", "estimate", "conf_low", "conf_high"]).assign(n=n)


def initiatives(model: Model, level: float, n: float) -> pd.DataFrame:
    """Return what each initiative would return alone.

    Parameters
    ----------
    model : Model
        The model.
    level, n : float
        Level of the intervals; answers behind the chain.

    Returns
    -------
    DataFrame, one row per initiative, best first
        term, cost (planned, with contingency), satisfaction_gain with interval (points at full effect), estimate
        (net present value, mean), conf_low, conf_high, p_positive, n.
    """
    rows = []
    for i, name in enumerate(model.programme.names):
        value = net_present_value(model.programme, model.draws, model.terms, [i])
        gain = lifted(model.programme, model.draws, [i], -1)[:, 0] * model.terms.causal_share
        rows.append((
            name, float(gain.mean()), *limits(gain, level), float(value.mean()), *limits(value, level),
            float((value > 0).mean()),
        ))  # fmt: skip
    columns = ["term", "satisfaction_gain", "satisfaction_gain_low", "satisfaction_gain_high", "estimate",
               "conf_low", "conf_high", "p_positive"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(n=n).sort_values("estimate", ascending=False, kind="stable", ignore_index=True)
