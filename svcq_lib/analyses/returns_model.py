"""A return as one model: what was estimated, what was assumed, what was chosen, and the draws that follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses.returns_chain import CustomerBase, Draws, Programme, RetentionLink, Terms, lifted
from svcq_lib.analyses.returns_checks import TECHNOLOGY
from svcq_lib.analyses.returns_draws import draw_links, likely_links
from svcq_lib.analyses.returns_links import Link, Slopes
from svcq_lib.analyses.returns_plan import Plan
from svcq_lib.errors import ParameterError
from svcq_lib.stats.montecarlo import Shape
from svcq_lib.study import Label

Array = NDArray[np.float64]
Retention = Literal["auto", "own", "declared", "borrowed"]
Running = Literal["continue", "stop"]
Grants = Literal["cost", "free"]

DEFAULTS: Mapping[str, float] = {
    "contingency": 0.10, "risk_reserve": 0.0, "technology_renewal": 0.0, "tax_rate": 0.0, "horizon": 4.0,
}  # fmt: skip
"""Choices that neither the call nor the table of assumptions makes."""
MILLIONS_FROM = 1e6
"""Sums of costs from here on are written in millions, smaller ones in thousands."""


@dataclass(frozen=True)
class Settings:
    """What was chosen; None takes the table of assumptions, or `DEFAULTS`.

    Attributes
    ----------
    retention_link, causal_share, customer_base, running, grants, spread
        As in `returns`.
    discount_rate, tax_rate, contingency, risk_reserve, technology_renewal : float or None
        Shares; the first two per year.
    horizon : float or None
        Years counted.
    """

    retention_link: Retention = "auto"
    causal_share: float = 1.0
    customer_base: CustomerBase = "replaced"
    running: Running = "continue"
    grants: Grants = "cost"
    spread: Shape = "triangular"
    discount_rate: float | None = None
    tax_rate: float | None = None
    contingency: float | None = None
    risk_reserve: float | None = None
    technology_renewal: float | None = None
    horizon: float | None = None


@dataclass(frozen=True, eq=False)
class Inputs:
    """What was read and estimated; it does not depend on any choice.

    Attributes
    ----------
    plan : Plan
        Initiatives, costs and assumptions.
    items : tuple of str
        Items of the driver model.
    headroom : array, shape (items,)
        Distance of each item's mean from the top of the scale.
    slopes : Slopes
        The driver model.
    links : Mapping of str to Link
        Links from satisfaction to retention that are at hand, by origin.
    """

    plan: Plan
    items: tuple[str, ...]
    headroom: Array
    slopes: Slopes
    links: Mapping[RetentionLink, Link]


@dataclass(frozen=True, eq=False)
class Model:
    """Everything that a net present value follows from.

    Attributes
    ----------
    inputs : Inputs
        What was read and estimated.
    settings : Settings
        What was asked for.
    programme, terms : Programme, Terms
        Initiatives and choices as the chain takes them.
    link : Link
        The link to retention that is used.
    draws, likely : Draws
        Every draw, and one row with the likely values.
    """

    inputs: Inputs
    settings: Settings
    programme: Programme
    terms: Terms
    link: Link
    draws: Draws
    likely: Draws


def choice(plan: Plan, settings: Settings, name: str) -> float:
    """Return a chosen number: of the call, else of the table of assumptions, else the default.

    Parameters
    ----------
    plan : Plan
        With the assumptions.
    settings : Settings
        With the call's choices.
    name : str
        ``discount_rate``, ``tax_rate``, ``contingency``, ``risk_reserve``, ``technology_renewal`` or ``horizon``.

    Returns
    -------
    float
        The number; rates per year.
    """
    asked = getattr(settings, name)
    if asked is not None:
        return float(asked)
    if name not in plan.economics:
        return DEFAULTS[name]
    return yearly(plan, name, plan.economics[name].likely)


def yearly(plan: Plan, name: str, value: float) -> float:
    """Return a choice as a number per year, if it is a discount rate of another period."""
    if name != "discount_rate":
        return value
    return float((1 + value) ** (12 / plan.economics[name].months) - 1)


def money_unit(plan: Plan) -> float:
    """Return the size of the unit that money is written in: a million, or a thousand for small plans."""
    return 1e6 if plan.costs["amount"].sum() >= MILLIONS_FROM else 1e3


def money_name(currency: str, money: float) -> Label:
    """Return the unit that money is written in: ``M CNY``, ``百万元``.

    Parameters
    ----------
    currency : str
        From the unit of the revenue.
    money : float
        Size of the unit, a million or a thousand.

    Returns
    -------
    Label
        In both languages.

    Examples
    --------
    >>> money_name("CNY", 1e6).text("en"), money_name("CNY", 1e6).text("zh")
    ('M CNY', '百万元')
    """
    large = money == 1e6
    chinese = "元" if currency in ("CNY", "RMB") else f" {currency}"
    return Label(en=f"{'M' if large else 'k'} {currency}", zh=f"{'百万' if large else '千'}{chinese}")


def build(inputs: Inputs, settings: Settings, *, n_draws: int, seed: int) -> Model:
    """Return the model of some choices.

    Parameters
    ----------
    inputs : Inputs
        What was read and estimated.
    settings : Settings
        What is chosen.
    n_draws, seed : int
        Of the simulation.

    Returns
    -------
    Model
        With its draws.

    Raises
    ------
    ParameterError
        If the link to retention that is asked for is not at hand.
    """
    plan = inputs.plan
    link = _link(inputs, settings.retention_link)
    terms = _terms(plan, settings, link)
    likely = likely_links(plan, inputs.slopes, link)
    programme = programme_of(inputs, settings, terms, likely)
    draws = draw_links(plan, inputs.slopes, link, n_draws=n_draws, seed=seed, shape=settings.spread)
    return Model(inputs, settings, programme, terms, link, draws, likely)


def _link(inputs: Inputs, asked: Retention) -> Link:
    order: tuple[RetentionLink, ...] = ("own", "declared", "borrowed")
    for origin in order if asked == "auto" else (asked,):
        if origin in inputs.links:
            return inputs.links[origin]
    raise ParameterError(
        f"retention_link is {asked!r}, but there is none: this study has {', '.join(inputs.links)}. "
        "Set it to one of these, or to 'auto'."
    )


def _terms(plan: Plan, settings: Settings, link: Link) -> Terms:
    def months(name: str) -> float:
        return plan.economics[name].months if name in plan.economics else 12.0

    return Terms(
        months=max(1, round(12 * choice(plan, settings, "horizon"))),
        discount_rate=choice(plan, settings, "discount_rate"),
        tax_rate=choice(plan, settings, "tax_rate"),
        retention_link=link.origin,
        retention_months=months("retention"),
        revenue_months=months("revenue_per_customer"),
        service_months=months("cost_to_serve"),
        customer_base=settings.customer_base,
        causal_share=settings.causal_share,
        money=money_unit(plan),
    )


def programme_of(inputs: Inputs, settings: Settings, terms: Terms, likely: Draws) -> Programme:
    """Return the initiatives as arrays over the months counted.

    Parameters
    ----------
    inputs : Inputs
        What was read and estimated.
    settings : Settings
        What is chosen.
    terms : Terms
        With the months counted.
    likely : Draws
        The likely values, one row: they share out the saving in the cost to serve.

    Returns
    -------
    Programme
        Its saving is shared out by each initiative's likely gain in satisfaction, alone and at full effect; evenly if
        none gains.
    """
    told = inputs.plan.initiatives
    month = np.arange(terms.months)
    since = month - told["start"].to_numpy()[:, None]
    ramp = np.clip((since + 1) / np.maximum(told["ramp_months"].to_numpy(dtype=float), 1)[:, None], 0, 1)
    alive = (since >= 0) & (since < told["life_months"].to_numpy()[:, None])
    touches = np.array([[name in items for name in inputs.items] for items in told["items"]])
    k = len(told)
    programme = Programme(
        tuple(told["initiative"]), ramp * alive * told["reach"].to_numpy(dtype=float)[:, None], touches,
        inputs.headroom, np.full(k, 1 / k), _costs(inputs.plan, settings, month, since, alive),
    )  # fmt: skip
    gains = np.array([max(0.0, float(lifted(programme, likely, [i], -1)[0, 0])) for i in range(k)])
    if gains.sum() > 0:
        programme = Programme(**{**vars(programme), "saving_share": gains / gains.sum()})
    return programme


def _costs(
    plan: Plan, settings: Settings, month: NDArray[np.intp], since: Array, alive: NDArray[np.bool_]
) -> dict[str, Array]:
    """Return fixed costs, running costs and reserves by initiative and month."""
    paid = plan.costs
    if settings.grants == "free":
        paid = paid[paid["funding"] != "grant"]
    listed = {kind: _by_month(plan, paid[paid["kind"] == kind], month) for kind in ("fixed", "running")}
    running = listed["running"].copy()
    if settings.running == "continue":
        for row, going in zip(running, alive, strict=True):
            last = np.flatnonzero(row)
            if last.size:
                after = (month > last[-1]) & going
                row[after] = row[last[-1]]
    technology = paid[(paid["kind"] == "fixed") & (paid["category"] == TECHNOLOGY)]
    renewed = np.cumsum(_by_month(plan, technology, month), axis=1) * (since >= 0) * alive
    reserves = choice(plan, settings, "contingency") * (listed["fixed"] + listed["running"])
    reserves += choice(plan, settings, "risk_reserve") * running
    reserves += choice(plan, settings, "technology_renewal") / 12 * renewed
    return {"fixed_cost": listed["fixed"], "running_cost": running, "reserves": reserves}


def _by_month(plan: Plan, paid: pd.DataFrame, month: NDArray[np.intp]) -> Array:
    names = list(plan.initiatives["initiative"])
    table = paid.groupby(["initiative", "month"])["amount"].sum()
    found = np.zeros((len(names), len(month)))
    for name, at, amount in table.reset_index().itertuples(index=False):
        if at < len(month):
            found[names.index(name), at] = amount
    return found
