"""Tables of a driver analysis whose base carries no decomposition."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svcq_lib.analyses.driver_needs import Plan

FIGURES = (
    "share", "conf_low", "conf_high", "rank", "rank_low", "rank_high", "tier", "mc_error", "lmg", "relative_weights",
    "beta", "beta_low", "beta_high", "correlation", "vif", "owen", "dominates",
    "performance", "performance_low", "performance_high",
)  # fmt: skip
OF_FIT = ("r_squared", "r_squared_low", "r_squared_high", "r_squared_covariates", "adj_r_squared")


def tables(plan: Plan, how: dict[str, str], base: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return drivers and fit without figures.

    Parameters
    ----------
    plan : Plan
        The columns.
    how : dict of str to str
        method, model, missing.
    base : float
        Answers of the smallest pair.

    Returns
    -------
    importance, fit : DataFrame
        With the columns of a full result.
    """
    table = pd.DataFrame({"term": list(plan.terms), "dimension": list(plan.terms.values())})
    table[list(FIGURES)] = np.nan
    table["quadrant"], table["n"], table["below_noise"] = "", base, False
    row = {"outcome": plan.outcome, **how, **dict.fromkeys(OF_FIT, np.nan)}
    row |= {
        "n": base,
        "n_outcome": base,
        "terms": len(plan.terms),
        "noise_mean": np.nan,
        "noise_floor": np.nan,
    }
    return table, pd.DataFrame([row])
