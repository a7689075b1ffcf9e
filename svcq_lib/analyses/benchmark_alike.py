"""Whether the instrument measures alike in the units that are ranked: the invariance gate."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from svcq_lib.analyses.benchmark_compared import Compared
from svcq_lib.errors import MethodError
from svcq_lib.stats import cfa
from svcq_lib.study import Study

COLUMNS = [
    "invariance",
    "chi2",
    "df",
    "cfi",
    "rmsea",
    "srmr",
    "delta_cfi",
    "p_difference",
    "verdict",
    "groups",
    "n",
]
LEAST = 100
"""Complete answers that a group must have."""
MOST_GROUPS = 8
"""With more units, quarters of the units by their figure are compared."""
DROP = -0.01
"""A fall of CFI beyond this speaks against a level (Cheung and Rensvold 2002)."""
LEAST_ITEMS = 3
"""Items that a factor must have."""
FITS = 0.9
"""CFI below which the declared dimensions do not describe the answers, so that nothing can be held equal."""


class Gate(NamedTuple):
    """What the test of invariance found.

    Attributes
    ----------
    table : DataFrame
        One row per level (configural, metric, scalar): fit, change of CFI, verdict ("holds", "fails").
    state : str
        "alike" (scalar invariance holds), "unlike", "misfit" (the declared dimensions do not fit), "untested".
    proxy : bool
        Whether other questions than the compared one were tested.
    quarters : bool
        Whether quarters of the units were compared instead of units.
    """

    table: pd.DataFrame
    state: str
    proxy: bool
    quarters: bool


def gate(study: Study, rows: pd.DataFrame, league: pd.DataFrame, compared: Compared) -> Gate:
    """Test configural, metric and scalar invariance of the perception items across units.

    Parameters
    ----------
    study : Study
        The study.
    rows : DataFrame
        Group column of the unit and perceptions.
    league : DataFrame
        Units with their figure, best first.
    compared : Compared
        What is compared; an outcome asked in one question is represented by all perception items.

    Returns
    -------
    Gate
        The tests and what they mean.
    """
    dimensions = [
        [
            item.name
            for item in one.items
            if item.perception and (not compared.items or item.name in compared.items)
        ]
        for one in study.instrument.dimensions
    ]
    dimensions = [names for names in dimensions if len(names) >= LEAST_ITEMS]
    items = [f"perception.{name}" for names in dimensions for name in names]
    factor = np.array([k for k, names in enumerate(dimensions) for _ in names], dtype=np.intp)
    proxy = not compared.items
    nothing = Gate(pd.DataFrame(columns=COLUMNS), "untested", proxy, False)
    if len(items) < LEAST_ITEMS + 1:  # three items of one factor fit always
        return nothing
    complete = rows[[compared.unit_key, *items]].dropna()
    groups, quarters = _groups(complete[compared.unit_key], league)
    parts = [part[items].to_numpy() for _, part in complete.groupby(groups) if len(part) >= LEAST]
    if len(parts) < 2:
        return nothing
    try:
        levels = cfa.invariance(
            [np.cov(part.T, ddof=0) for part in parts],
            [part.mean(axis=0) for part in parts],
            [len(part) for part in parts],
            factor,
        )
    except MethodError:
        return nothing
    return _read(levels, parts, proxy, quarters)


def _groups(units: pd.Series, league: pd.DataFrame) -> tuple[pd.Series, bool]:
    """Return the group of each row: its unit, or the quarter of the league that its unit is in."""
    if units.nunique() <= MOST_GROUPS:
        return units, False
    placed = league.loc[league["estimate"].notna(), "unit"].reset_index(drop=True)
    quarter = pd.Series(np.arange(len(placed)) * 4 // max(len(placed), 1), index=placed)
    return units.map(quarter), True


def _read(levels: list[cfa.InvarianceLevel], parts: list[np.ndarray], proxy: bool, quarters: bool) -> Gate:
    rows, state = [], "alike"
    for one in levels:
        change = one.delta_cfi
        fits = one.converged and (one.cfi >= FITS if np.isnan(change) else change >= DROP)
        state = state if fits or state != "alike" else "misfit" if np.isnan(change) else "unlike"
        rows.append(
            {
                "invariance": one.level, "verdict": "holds" if fits else "fails", "groups": float(len(parts)),
                "n": float(sum(len(part) for part in parts)), "p_difference": one.p_difference,
                **{name: getattr(one, name) for name in ("chi2", "df", "cfi", "rmsea", "srmr", "delta_cfi")},
            }
        )  # fmt: skip
    return Gate(pd.DataFrame(rows, columns=COLUMNS), state, proxy, quarters)
