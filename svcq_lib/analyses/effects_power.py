"""Before the pilot: how many units and periods it takes to see a lift."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses.effects_panel import Panel
from svcq_lib.stats import power

UNITS = (2, 4, 6, 8, 12, 16, 24)
"""Units in each of the two groups."""
PERIODS = (3, 6, 12)
"""Periods after the ramp, with as many before the start."""
WANTED = 0.8
"""Chance of finding the lift that a design is asked for."""


def pilot(panel: Panel, term: str, lift: float, *, alpha: float = 0.05) -> pd.DataFrame:
    """Return what pilots of different size would see.

    Parameters
    ----------
    panel : Panel
        Units by periods of the study, from which variation and answers per cell are taken.
    term : str
        The figure.
    lift : float
        The lift that a pilot should find.
    alpha : float
        Level of the test.

    Returns
    -------
    DataFrame, one row per number of units and of periods
        term, units_each (in each group), periods_after (and as many before), respondents (harmonic mean of
        effective answers of a unit in a period), icc, lift, power, minimal_effect (found with 80 % chance), n (answers
        that it takes).
    """
    settled = panel.settled()
    if settled.treated.any() and not settled.treated.all():
        # effects of the programme are no noise: each group has its own periods
        parts = [_components(settled, mask) for mask in (settled.treated, ~settled.treated)]
        known = [one.shock for one in parts if np.isfinite(one.shock)]
        shock = sum(known) / len(known) if known else float("nan")
        found = power.Components(parts[0].within, shock, shock / (shock + parts[0].within))
    else:
        found = _components(settled, np.ones(len(settled.units), dtype=bool))
    filled = settled.n_eff[settled.n_eff > 0]
    base = float(1 / (1 / filled).mean())
    units, periods = (one.ravel() for one in np.meshgrid(UNITS, PERIODS, indexing="ij"))
    variance = power.did_variance((units, units), (periods, periods), base, found)
    df = 2.0 * units - 2
    return pd.DataFrame(
        {
            "term": term, "units_each": units, "periods_after": periods, "respondents": base,
            "icc": found.icc, "lift": lift,
            "power": power.power(lift, variance, df, alpha),
            "minimal_effect": power.minimal_effect(variance, df, WANTED, alpha),
            "n": np.round(4 * units * periods * float(settled.n[settled.n > 0].mean())).astype(int),
        }
    )  # fmt: skip


def _components(panel: Panel, units: NDArray[np.bool_]) -> power.Components:
    """Return the components of one group; a group with a programme changes at the start, all its units alike."""
    return power.components(panel.mean[units], panel.n_eff[units], panel.std_dev**2)
