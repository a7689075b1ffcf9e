"""From lifts of service to cash: the chain of links, for many draws at once and without reading anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from svcq_lib.measures import finance

Array = NDArray[np.float64]
RetentionLink = Literal["own", "declared", "borrowed"]
CustomerBase = Literal["replaced", "cohort"]

PARTS = (
    "retention_gain", "price_gain", "volume_gain", "service_saving", "fixed_cost", "running_cost", "reserves",
)  # fmt: skip
"""What a cash flow consists of; costs are negative."""
COSTS = ("fixed_cost", "running_cost", "reserves")


@dataclass(frozen=True)
class Terms:
    """What is chosen, not uncertain.

    Attributes
    ----------
    months : int
        Months counted.
    discount_rate, tax_rate : float
        Per year.
    retention_link : {"own", "declared", "borrowed"}
        What the link from satisfaction to retention is: a log odds ratio per point (own), a change of the share of
        customers who stay per point (declared), or a relative change per point (borrowed).
    retention_months, revenue_months, service_months : float
        Periods of retention, revenue per customer and cost to serve.
    customer_base : {"replaced", "cohort"}
        Whether customers who leave anyway are replaced, so that the base is steady, or only today's customers count.
    causal_share : float
        Part of the association between items and satisfaction that is taken as their effect.
    money : float
        Size of the unit that flows are given in, such as a million.
    """

    months: int
    discount_rate: float
    tax_rate: float = 0.0
    retention_link: RetentionLink = "own"
    retention_months: float = 12.0
    revenue_months: float = 12.0
    service_months: float = 12.0
    customer_base: CustomerBase = "replaced"
    causal_share: float = 1.0
    money: float = 1.0

    @property
    def monthly_rate(self) -> float:
        """Discount rate per month."""
        return float((1 + self.discount_rate) ** (1 / 12) - 1)


@dataclass(frozen=True, eq=False)
class Programme:
    """Initiatives as arrays.

    Attributes
    ----------
    names : tuple of str
        The k initiatives.
    effect : array, shape (k, months)
        Part of the full lift that is in effect, 0 to 1: ramp, life and reach.
    touches : array of bool, shape (k, items)
        Which items an initiative lifts.
    headroom : array, shape (items,)
        Distance of an item's mean from the top of its scale.
    saving_share : array, shape (k,)
        Part of the saving in the cost to serve that an initiative brings; adds up to 1.
    costs : Mapping of str to array, shape (k, months)
        Money spent by kind (``fixed_cost``, ``running_cost``, ``reserves``), positive.
    """

    names: tuple[str, ...]
    effect: Array
    touches: NDArray[np.bool_]
    headroom: Array
    saving_share: Array
    costs: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Draws:
    """Values of every uncertain link; a link without uncertainty repeats its value.

    Attributes
    ----------
    lifts : array, shape (draws, k)
        Full lift of each initiative in points of the item scale.
    slopes : array, shape (draws, items)
        Points of satisfaction per point of an item.
    retention_slope : array, shape (draws,)
        Link from satisfaction to retention, see `Terms.retention_link`.
    values : Mapping of str to array, shape (draws,)
        customers, revenue_per_customer, contribution_margin, retention, and perhaps price_per_csat_point,
        volume_per_csat_point, cost_to_serve, cost_saving.
    """

    lifts: Array
    slopes: Array
    retention_slope: Array
    values: Mapping[str, Array]

    def value(self, name: str) -> Array:
        """Return a value, 0 where it is not declared."""
        return self.values.get(name, np.zeros(len(self.lifts)))


def lifted(programme: Programme, draws: Draws, chosen: Sequence[int], month: int | None = None) -> Array:
    """Return by how much satisfaction rises.

    Parameters
    ----------
    programme : Programme
        The initiatives.
    draws : Draws
        Links.
    chosen : sequence of int
        Initiatives that are carried out.
    month : int, optional
        One month; all of them by default. −1 is the full effect of everything at once.

    Returns
    -------
    array, shape (draws, months)
        Points of satisfaction, before the causal share. Several initiatives on one item close what is left to the
        top of the scale one after the other, ``h (1 − Π (1 − lift_k / h))``: the order does not matter, one alone has
        its own lift, and no item passes its scale.
    """
    if month == -1:
        effect = np.ones((len(programme.names), 1))
    else:
        effect = programme.effect if month is None else programme.effect[:, [month]]
    total = np.zeros((len(draws.lifts), effect.shape[1]))
    for j in np.flatnonzero(programme.touches[list(chosen)].any(axis=0) & (programme.headroom > 0)):
        left = np.ones_like(total)
        for k in [one for one in chosen if programme.touches[one, j]]:
            left *= 1 - np.minimum(draws.lifts[:, [k]] * effect[k] / programme.headroom[j], 1.0)
        total += draws.slopes[:, [j]] * programme.headroom[j] * (1 - left)
    return total


def cash_flows(
    programme: Programme, draws: Draws, terms: Terms, chosen: Sequence[int] | None = None
) -> dict[str, Array]:
    """Return the monthly flows that initiatives bring and cost, by part.

    Parameters
    ----------
    programme : Programme
        The initiatives.
    draws : Draws
        Links, for each draw.
    terms : Terms
        What is chosen.
    chosen : sequence of int, optional
        Initiatives that are carried out; all by default.

    Returns
    -------
    dict of str to array, shape (draws, months)
        `PARTS`, after tax. Costs, which no draw changes, have shape (1, months).

    Notes
    -----
    Customers B without the programme and D more with it: ``D_{t+1} = ρ_t D_t + (ρ_t − ρ) B_t`` with monthly retention
    ρ_t under the satisfaction of month t. Contribution of D is the retention gain; price, volume and savings act on
    B + D. With a cohort and a constant effect the retention gain over all time is B times the difference of two
    customer lifetime values (`measures.finance.clv`, first margin now).
    """
    which = list(range(len(programme.names)) if chosen is None else chosen)
    rise = lifted(programme, draws, which) * terms.causal_share
    base, more = _customers(rise, draws, terms)
    month = draws.value("revenue_per_customer") / terms.revenue_months
    contribution = (month * draws.value("contribution_margin"))[:, None]
    revenue = (base + more) * contribution
    saved = draws.value("cost_saving") * draws.value("cost_to_serve") / terms.service_months
    profile = (programme.saving_share[which, None] * programme.effect[which]).sum(axis=0)
    flows = {
        "retention_gain": more * contribution,
        "price_gain": draws.value("price_per_csat_point")[:, None] * rise * revenue,
        "volume_gain": draws.value("volume_per_csat_point")[:, None] * rise * revenue,
        "service_saving": saved[:, None] * profile * (base + more),
        **{name: -programme.costs[name][which].sum(axis=0, keepdims=True) for name in COSTS},
    }
    return {name: flow * (1 - terms.tax_rate) / terms.money for name, flow in flows.items()}


def _customers(rise: Array, draws: Draws, terms: Terms) -> tuple[Array, Array]:
    """Return customers without the programme, and how many more there are with it, by month."""
    count, kept = draws.value("customers"), draws.value("retention")
    power = 1 / terms.retention_months
    plain = kept**power
    with_it = retained(kept[:, None], rise, draws.retention_slope[:, None], terms.retention_link) ** power
    months = np.arange(rise.shape[1])
    steady = terms.customer_base == "replaced"
    base = count[:, None] * (np.ones((1, len(months))) if steady else plain[:, None] ** months)
    more = np.zeros_like(rise)
    for t in range(len(months) - 1):
        more[:, t + 1] = with_it[:, t] * more[:, t] + (with_it[:, t] - plain) * base[:, t]
    return base, more


def retained(kept: Array, rise: Array, slope: Array, link: RetentionLink) -> Array:
    """Return the share of customers who stay when satisfaction rises.

    Parameters
    ----------
    kept : array
        Share who stay without the rise.
    rise : array
        Points of satisfaction.
    slope : array
        The link per point.
    link : {"own", "declared", "borrowed"}
        Log odds ratio, change of the share, or relative change.

    Returns
    -------
    array
        Shares between 0 and 1.
    """
    if link == "own":
        return np.asarray(special.expit(special.logit(kept) + slope * rise))
    changed = kept + slope * rise if link == "declared" else kept * (1 + slope * rise)
    return np.clip(changed, 0.0, 1.0)


def present_values(flows: Mapping[str, Array], terms: Terms) -> dict[str, Array]:
    """Return the present value of each part.

    Parameters
    ----------
    flows : Mapping of str to array, shape (draws, months)
        From `cash_flows`.
    terms : Terms
        With the discount rate.

    Returns
    -------
    dict of str to array, shape (draws,)
        One per part; their sum is the net present value.
    """
    return {name: finance.npv(flow, terms.monthly_rate) for name, flow in flows.items()}


def net_present_value(
    programme: Programme, draws: Draws, terms: Terms, chosen: Sequence[int] | None = None
) -> Array:
    """Return the net present value of each draw: the whole chain in one call.

    Parameters
    ----------
    programme, draws, terms, chosen
        As in `cash_flows`.

    Returns
    -------
    array, shape (draws,)
        Money.
    """
    parts = present_values(cash_flows(programme, draws, terms, chosen), terms)
    return np.asarray(sum(parts.values()) + np.zeros(len(draws.lifts)))
