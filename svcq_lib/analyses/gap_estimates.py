"""Gaps by item, dimension, group and period: the tables that every study has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svcq_lib.analyses import estimates, spans
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


def _tidy(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(term=table["column"].str.removeprefix("estimate.")).drop(
        columns=["column", "df", "std_dev"]
    )


def segments(study: Study, evidence: Evidence, method: Method, ci_level: float) -> pd.DataFrame:
    """Return each group of every segment and its difference from all others."""
    parts = []
    for name in study.responses.segments:
        key = f"segment.{name}"
        cells = evidence.moments[f"gaps.{key}"]
        table = _tidy(estimates.means(cells, evidence.design, (key,), ci_level=ci_level))
        rest = _tidy(estimates.means(cells.complements(key), evidence.design, (key,), ci_level=ci_level))
        rest = estimates.aligned(rest, table, [key, "term"])
        limit, figures = study.thresholds.suppress, (*estimates.INTERVAL, "n_eff")
        # a difference from a hidden rest would give that rest away
        table = estimates.suppress(table, limit, figures, parts_of="term")
        rest = estimates.suppress(rest, limit, figures)
        table = table.join(estimates.compare(table, rest, "difference", ci_level=ci_level))
        # one family for the overall figure, one for all groups and dimensions that are read side by side
        table["p_adjusted"] = table.groupby(table["term"] == "overall")["p_value"].transform(
            lambda p: adjust(p.to_numpy(), method)
        )
        parts.append(table.rename(columns={key: "level"}).assign(segment=name))
    first = ["segment", "level", "term"]
    if not parts:
        return pd.DataFrame(columns=[*first, *estimates.INTERVAL, "n", "suppressed"])
    table = pd.concat(parts, ignore_index=True)
    return table[[*first, *[name for name in table if name not in first]]]


def by_period(study: Study, evidence: Evidence, ci_level: float) -> pd.DataFrame:
    """Return the gaps of each period up to the study's own."""
    if not study.responses.date:
        return pd.DataFrame(columns=["period", "term", *estimates.INTERVAL, "n", "n_eff", "suppressed"])
    table = _tidy(
        estimates.means(evidence.moments["gaps.period"], evidence.design, ("period",), ci_level=ci_level)
    )
    table = spans.upto(table.sort_values(["term", "period"], kind="stable", ignore_index=True), study)
    figures = (*estimates.INTERVAL, "n_eff")
    return estimates.suppress(table, study.thresholds.suppress, figures)


def changes(study: Study, evidence: Evidence, method: Method, ci_level: float) -> pd.DataFrame:
    """Return the change since the previous and since the first period."""
    columns = [
        "term",
        "since",
        "period",
        "previous",
        "estimate",
        "change",
        "change_low",
        "change_high",
        "p_value",
        "p_adjusted",
        "n",
    ]
    found = spans.latest_two(evidence.moments["gaps.period"], study) if study.responses.date else None
    if found is None:
        return pd.DataFrame(columns=columns)

    def shown(moments: Moments) -> pd.DataFrame:
        table = _tidy(estimates.means(moments, evidence.design, ci_level=ci_level))
        return estimates.suppress(table, study.thresholds.suppress, estimates.INTERVAL)

    return spans.changes(found, shown, method, ci_level=ci_level)[columns]
