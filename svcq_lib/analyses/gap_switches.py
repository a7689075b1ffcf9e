"""What the headline of the gap analysis would be under other defaults."""

from __future__ import annotations

import pandas as pd

from svcq_lib.analyses.gap_columns import Mode, compared
from svcq_lib.analyses.switches import Headline, Switch, switches
from svcq_lib.study import Dimension, Study


def gap_switches(
    study: Study,
    mode: Mode,
    terms: list[Dimension],
    table: pd.DataFrame,
    items: pd.DataFrame,
    dimensions: pd.DataFrame,
    importance: pd.DataFrame,
) -> pd.DataFrame:
    """Return the widest gap as reported and under each alternative.

    Parameters
    ----------
    study : Study
        The study.
    mode : {"gap", "perception_only"}
        Whether expectations were asked.
    terms : list of Dimension
        The dimensions.
    table : DataFrame
        Means by evidence column.
    items, dimensions, importance : DataFrame
        Tables of the result.

    Returns
    -------
    DataFrame
        See :func:`svcq_lib.analyses.switches.switches`: missing answers, dimensions as means of respondents or of
        items, the widest gap or the one that weighs most under each choice of importance, gaps or perceptions alone.
    """
    rows = dimensions if len(dimensions) > 1 else items
    shown = rows[~rows["suppressed"]]
    if shown.empty:
        return switches(Headline("", "number", float("nan")), [])
    kind = "signed" if mode == "gap" else "number"
    head = _headline(shown.iloc[0], kind)
    found = [_missing(study, terms, table, kind)]
    if len(dimensions) > 1:
        found.append(_item_means(items, kind))
    if mode == "gap":
        named = shown.set_index("term", drop=False)
        found += _leaders(importance, named, kind)
        lowest = shown.sort_values("perception", kind="stable").iloc[0]
        found.append(Switch("gap_basis", "gap", "perception", _headline(lowest, kind)))
    return switches(head, found)


def _headline(row: pd.Series, kind: str) -> Headline:
    return Headline(row["term"], kind, row["estimate"], row["conf_low"], row["conf_high"])


def _missing(study: Study, terms: list[Dimension], table: pd.DataFrame, kind: str) -> Switch:
    other = "listwise" if study.missing == "pairwise" else "pairwise"
    rows = table.loc[[f"alternative.{name}" for name in compared(terms)]].reset_index()
    rows = rows.assign(term=rows["column"].str.removeprefix("alternative."))
    rows = rows[(rows["n"] >= study.thresholds.suppress) & rows["estimate"].notna()]
    rows = rows.sort_values("estimate", kind="stable")
    widest = _headline(rows.iloc[0], kind) if len(rows) else None
    return Switch("gap_missing", study.missing, other, widest)


def _item_means(items: pd.DataFrame, kind: str) -> Switch:
    """Return the widest dimension if each is the mean of its items' gaps instead of its respondents'."""
    means = items.groupby("dimension")["estimate"].mean()
    widest = Headline(str(means.idxmin()), kind, float(means.min())) if means.notna().any() else None
    return Switch("gap_dimension", "respondent_means", "item_means", widest)


def _leaders(importance: pd.DataFrame, rows: pd.DataFrame, kind: str) -> list[Switch]:
    """Return the dimension that weighs most under each choice of importance, with its own gap."""
    found = []
    for scheme, part in importance.groupby("scheme", sort=False):
        leader = part.sort_values("rank", kind="stable")["term"].iloc[0]
        if scheme != "equal_weights" and leader in rows.index:
            found.append(
                Switch("gap_importance", "equal_weights", str(scheme), _headline(rows.loc[leader], kind))
            )
    return found
