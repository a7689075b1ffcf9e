"""Draws of every uncertain link of the chain, and the same links looked at one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from svcq_lib.analyses.returns_chain import Draws, Programme, lifted
from svcq_lib.analyses.returns_links import Link, Slopes
from svcq_lib.analyses.returns_plan import Plan
from svcq_lib.stats import montecarlo
from svcq_lib.stats.montecarlo import Shape

Array = NDArray[np.float64]
CHOICES = ("discount_rate", "contingency", "risk_reserve", "technology_renewal", "tax_rate", "horizon")
"""Assumptions that somebody chooses: no chance draws them."""


def draw_links(
    plan: Plan, slopes: Slopes, retention: Link, *, n_draws: int, seed: int, shape: Shape = "triangular"
) -> Draws:
    """Draw every uncertain link.

    Parameters
    ----------
    plan : Plan
        Lifts and assumptions.
    slopes : Slopes
        The driver model.
    retention : Link
        The link from satisfaction to retention.
    n_draws, seed : int
        Of the simulation.
    shape : {"triangular", "pert"}
        Distribution of declared low, likely and high values.

    Returns
    -------
    Draws
        Links drawn independently of each other; bootstrap replicates of the slopes are drawn as wholes.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    told = plan.initiatives
    lifts = np.column_stack([
        montecarlo.between(rng.random(n_draws), low, likely, high, shape)
        for low, likely, high in told[["lift_low", "lift_likely", "lift_high"]].to_numpy(dtype=float)
    ])  # fmt: skip
    values = {
        name: montecarlo.between(rng.random(n_draws), one.low, one.likely, one.high, shape)
        for name, one in plan.economics.items()
        if name not in (*CHOICES, "retention_per_csat_point")
    }
    u = rng.random(n_draws)
    if retention.std_error > 0:
        drawn = montecarlo.normal(u, retention.likely, retention.std_error)
    else:
        drawn = montecarlo.between(u, retention.low, retention.likely, retention.high, shape)
    picked = slopes.replicates[rng.integers(0, len(slopes.replicates), n_draws)]
    return Draws(lifts, picked, drawn, values)


def likely_links(plan: Plan, slopes: Slopes, retention: Link, times: int = 1) -> Draws:
    """Return every link at its likely value, as many times as asked for.

    Parameters
    ----------
    plan, slopes, retention
        As in `draw_links`.
    times : int
        Rows.

    Returns
    -------
    Draws
        The same row ``times`` times.
    """
    lifts = plan.initiatives["lift_likely"].to_numpy(dtype=float)
    values = {
        name: np.full(times, one.likely)
        for name, one in plan.economics.items()
        if name not in (*CHOICES, "retention_per_csat_point")
    }
    return Draws(
        np.tile(lifts, (times, 1)),
        np.tile(slopes.estimate, (times, 1)),
        np.full(times, retention.likely),
        values,
    )


def link_names(draws: Draws, programme: Programme) -> list[str]:
    """Return the names of the uncertain links, in the order of the chain."""
    return [*(f"lift.{name}" for name in programme.names), "driver_model", "retention_slope", *draws.values]


def link_values(draws: Draws, programme: Programme, name: str, likely: Draws) -> Array:
    """Return one link of every draw as a number.

    Parameters
    ----------
    draws : Draws
        The draws.
    programme : Programme
        The initiatives.
    name : str
        One of `link_names`. ``driver_model`` is the satisfaction that the likely lifts gain at full effect.
    likely : Draws
        The likely values, one row.

    Returns
    -------
    array, shape (draws,)
        The values.
    """
    if name.startswith("lift."):
        return np.asarray(draws.lifts[:, programme.names.index(name.removeprefix("lift."))])
    if name == "driver_model":
        lifts = np.broadcast_to(likely.lifts[:1], draws.lifts.shape)
        every = range(len(programme.names))
        return np.asarray(lifted(programme, replace(draws, lifts=lifts), every, -1)[:, 0])
    return np.asarray(draws.retention_slope if name == "retention_slope" else draws.values[name])


def with_link(draws: Draws, programme: Programme, name: str, values: Sequence[float] | Array) -> Draws:
    """Return draws with one link replaced.

    Parameters
    ----------
    draws : Draws
        As many rows as values.
    programme : Programme
        The initiatives.
    name : str
        One of `link_names`; the slopes of ``driver_model`` are scaled together until the gain is the value.
    values : array-like, shape (draws,)
        New values.

    Returns
    -------
    Draws
        The same otherwise.
    """
    new = np.asarray(values, dtype=float)
    if name.startswith("lift."):
        lifts = draws.lifts.copy()
        lifts[:, programme.names.index(name.removeprefix("lift."))] = new
        return replace(draws, lifts=lifts)
    if name == "driver_model":
        now = lifted(programme, draws, range(len(programme.names)), -1)[:, 0]
        factor = np.divide(new, now, out=np.ones_like(new), where=now != 0)
        return replace(draws, slopes=draws.slopes * factor[:, None])
    if name == "retention_slope":
        return replace(draws, retention_slope=new)
    return replace(draws, values={**draws.values, name: new})
