"""Gaps by item, dimension, group and period: the tables that every study has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svcq_lib.analyses import compare, estimates
from svcq_lib.analyses.gap_columns import Mode
from svcq_lib.evidence.collect import Evidence
from svcq_lib.evidence.moments import Moments
from svcq_lib.stats import intervals
from svcq_lib.stats.multiplicity import Method, adjust
from svcq_lib.study import Study

FIGURES = (
    "expectation",
    "perception",
    "gap",
    "std_error",
    "conf_low",
    "conf_high",
    "perception_low",
    "perception_high",
    "statistic",
    "df",
    "p_value",
    "effect_size",
    "n_eff",
)

BLANKED = (*estimates.INTERVAL, "n_eff")
CHANGES = [
    "term", "since", "period", "previous", "estimate", "change", "change_low", "change_high", "p_value", "p_adjusted",
    "n",
]  # fmt: skip


def _names(term: str) -> tuple[str, str, str]:
    """Return the evidence columns of a term's estimate, expectation and perception."""
    if term == "weighted":
        return "weighted.gap", "weighted.expectation", "weighted.perception"
    return f"estimate.{term}", f"paired.expectation.{term}", f"paired.perception.{term}"


def block(
    table: pd.DataFrame, study: Study, terms: Sequence[str], mode: Mode, method: Method
) -> pd.DataFrame:
    """Return one row per term with expectation, perception, gap, test and effect size.

    Parameters
    ----------
    table : DataFrame
        Means by evidence column.
    study : Study
        The study, for its thresholds.
    terms : sequence of str
        Items, dimensions, ``"overall"`` or ``"weighted"``.
    mode : {"gap", "perception_only"}
        Whether expectations were asked.
    method : {"holm", "bh", "by", "none"}
        Multiplicity control over the rows.

    Returns
    -------
    DataFrame
        As ``items`` of the result, in the order of the terms.
    """
    main = table.loc[[_names(term)[0] for term in terms]].reset_index(drop=True)
    main.insert(0, "term", list(terms))
    if mode == "gap":
        main["expectation"] = table.loc[[_names(term)[1] for term in terms], "estimate"].to_numpy()
        perceived = table.loc[[_names(term)[2] for term in terms]]
        main["gap"] = main["estimate"]
        main["statistic"] = main["estimate"] / main["std_error"].where(main["std_error"] > 0)
        main["p_value"] = intervals.t_p_value(main["statistic"].to_numpy(), main["df"].to_numpy())
        main["effect_size"] = main["estimate"] / main["std_dev"].where(main["std_dev"] > 0)
    else:
        perceived = main
        for name in ("expectation", "gap", "statistic", "p_value", "effect_size"):
            main[name] = np.nan
    main["perception"] = perceived["estimate"].to_numpy()
    main["perception_low"] = perceived["conf_low"].to_numpy()
    main["perception_high"] = perceived["conf_high"].to_numpy()
    main = estimates.suppress(main, study.thresholds.suppress, ("estimate", *FIGURES))
    main["p_adjusted"] = adjust(main["p_value"].to_numpy(), method)
    order = [
        "term",
        "expectation",
        "perception",
        "perception_low",
        "perception_high",
        "gap",
        "estimate",
        "std_error",
        "conf_low",
        "conf_high",
        "statistic",
        "df",
        "p_value",
        "p_adjusted",
        "effect_size",
        "n",
        "n_eff",
        "suppressed",
    ]
    return main[order]


def _shown(evidence: Evidence, ci_level: float) -> compare.Shown:
    """Return the function that makes a table of gaps from moments."""

    def shown(moments: Moments, by: Sequence[str]) -> pd.DataFrame:
        table = estimates.means(moments, evidence.design, by, ci_level=ci_level).drop(
            columns=["df", "std_dev"]
        )
        table.insert(len(by), "term", table["column"].str.removeprefix("estimate."))
        return table

    return shown


def _family(table: pd.DataFrame) -> pd.Series:
    """Return one family for the overall figure, one for all groups and dimensions that are read side by side."""
    return table["term"] == "overall"


def segments(study: Study, evidence: Evidence, method: Method, ci_level: float) -> pd.DataFrame:
    """Return each group of every segment and its difference from all others."""
    return compare.segment_table(
        study, evidence, "gaps", _shown(evidence, ci_level), ["term"], figures=BLANKED, method=method,
        ci_level=ci_level, family=_family,
    )  # fmt: skip


def by_period(study: Study, evidence: Evidence, ci_level: float) -> pd.DataFrame:
    """Return the gaps of each period up to the study's own."""
    shown = _shown(evidence, ci_level)
    return compare.period_table(study, evidence, "gaps", shown, ["term"], figures=BLANKED)


def changes(study: Study, evidence: Evidence, method: Method, ci_level: float) -> pd.DataFrame:
    """Return the change since the previous and since the first period."""
    shown = _shown(evidence, ci_level)
    found = compare.change_table(
        study, evidence, "gaps", shown, figures=BLANKED, method=method, ci_level=ci_level
    )
    return found.reindex(columns=CHANGES)
