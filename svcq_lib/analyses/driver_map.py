"""The importance–performance map: where each driver lies and where the map is divided."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from svcq_lib.analyses import estimates
from svcq_lib.evidence.collect import Evidence
from svcq_lib.study import Study

Lines = Literal["mean", "median", "scale"]


def placed(
    table: pd.DataFrame, study: Study, evidence: Evidence, order: list[str], lines: Lines, ci_level: float
) -> pd.DataFrame:
    """Return drivers with their performance and their quadrant of the importance–performance map.

    Parameters
    ----------
    table : DataFrame
        Drivers with ``term`` and ``share``.
    study : Study
        The study.
    evidence : Evidence
        With the moments ``drivers.means``: the outcome, then the drivers.
    order : list of str
        The drivers in the order of those moments.
    lines : {"mean", "median", "scale"}
        Where the map is divided.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        The table with ``performance``, ``performance_low``, ``performance_high`` and ``quadrant``.
    """
    means = estimates.means(evidence.moments["drivers.means"], evidence.design, ci_level=ci_level).iloc[1:]
    means = means.assign(term=order).set_index("term").loc[table["term"]]
    table = table.assign(
        performance=means["estimate"].to_numpy(),
        performance_low=means["conf_low"].to_numpy(),
        performance_high=means["conf_high"].to_numpy(),
    )
    cut = lines_of(table, study, lines).iloc[0]
    important, good = table["share"] >= cut["share"], table["performance"] >= cut["performance"]
    table["quadrant"] = np.select(
        [important & ~good, important & good, ~important & ~good],
        ["concentrate_here", "keep_up", "low_priority"],
        "possible_overkill",
    )
    return table


def lines_of(table: pd.DataFrame, study: Study, lines: Lines) -> pd.DataFrame:
    """Return where the map is divided.

    Parameters
    ----------
    table : DataFrame
        Drivers with ``performance`` and ``share``.
    study : Study
        The study.
    lines : {"mean", "median", "scale"}
        Mean or median of the drivers; "scale" puts performance at the centre of the scale.

    Returns
    -------
    DataFrame
        One row: ``performance``, ``share``.
    """
    middle = (
        table[["performance", "share"]].median()
        if lines == "median"
        else table[["performance", "share"]].mean()
    )
    scale = study.instrument.scale
    if lines == "scale" and scale is not None:
        middle["performance"] = (scale.low + scale.high) / 2
    return middle.to_frame().T.reset_index(drop=True)
