"""Claims of others run through the same arithmetic: what would have to be assumed to make them true."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svcq_lib.analyses.returns_outcomes import months_to_payback
from svcq_lib.measures import finance
from svcq_lib.sources.reference import read_reference

BUILDING_MONTHS = 18
"""Months over which the worked example spends its cost, by its definition in the reference table."""
ROI_YEARS = (3.0, 5.0, 10.0)
"""Years of full benefit that a claimed return on investment is tried with."""
_LONG = 100 * 12


def worked_flows(
    cost: float, revenue: float, margin: float, *, waiting: bool, months: int = _LONG
) -> np.ndarray:
    """Return the monthly flows of the worked example.

    Parameters
    ----------
    cost : float
        Spent evenly over `BUILDING_MONTHS`.
    revenue : float
        Added revenue a year.
    margin : float
        Part of it that is contribution.
    waiting : bool
        Whether nothing is earned while it is built; otherwise the full benefit flows from the first day.
    months : int
        How long.

    Returns
    -------
    array, shape (months,)
        Money of each month.
    """
    month = np.arange(months)
    spent = np.where(month < BUILDING_MONTHS, cost / BUILDING_MONTHS, 0.0)
    earned = np.where((month >= BUILDING_MONTHS) | (not waiting), revenue * margin / 12, 0.0)
    return np.asarray(earned - spent)


def claims(own_margin: float) -> pd.DataFrame:
    """Check the claims of the reference table.

    Parameters
    ----------
    own_margin : float
        Contribution margin that the study assumes, 0 to 1.

    Returns
    -------
    DataFrame, one row per claim and reading
        term (row of the reference table), reading, stated (years, or return as a ratio), years (of full benefit that
        the reading leaves), required_margin (which makes it true), own_margin, found (the claimed figure at the own
        margin; infinite is NaN), holds (whether the own margin is enough).
    """
    figures = read_reference("benchmarks").set_index("id")["value"]
    cost, revenue, stated = (float(figures[f"claim_{name}"]) for name in ("cost", "revenue", "payback"))
    rows = []
    for reading, waiting in (("from_start", True), ("full_benefit", False)):
        years = stated - (BUILDING_MONTHS / 12 if waiting else 0)
        flows = worked_flows(cost, revenue, own_margin, waiting=waiting)
        found = float(months_to_payback(flows)) / 12
        rows.append(("claim_payback", reading, stated, years, cost / (revenue * years), found))
    for name in ("claim_roi_280", "claim_roi_300"):
        for years in ROI_YEARS:
            ratio = float(figures[name])
            needed = (1 + ratio) * cost / (revenue * years)
            found = float(finance.roi(revenue * own_margin * years, cost))
            rows.append((name, "net", ratio, years, needed, found))
        needed = ratio * cost / (revenue * ROI_YEARS[0])
        rows.append((name, "gross", ratio, ROI_YEARS[0], needed, revenue * own_margin * ROI_YEARS[0] / cost))
    columns = ["term", "reading", "stated", "years", "required_margin", "found"]
    table = pd.DataFrame(rows, columns=columns).replace(np.inf, np.nan)
    return table.assign(own_margin=own_margin, holds=own_margin >= table["required_margin"] - 1e-12)
