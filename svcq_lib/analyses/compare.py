"""Differences between groups and between periods: one home for every analysis that shows them.

Two sets of rows that lie in the same clusters, or whose weights were fitted to the same margins, are not independent.
Their difference is linearised as one contrast by sampling unit (see :mod:`svcq_lib.analyses.units`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from svcq_lib.analyses import estimates, spans, units
from svcq_lib.evidence.collect import Design, Evidence
from svcq_lib.evidence.moments import Moments
from svcq_lib.stats.multiplicity import Method, adjust
from svcq_lib.study import Study

Shown = Callable[[Moments, Sequence[str]], pd.DataFrame]
"""Moments and group columns in, estimates out: the group columns, ``column`` (of the moments), ``estimate`` … ``n``."""
Family = Callable[[pd.DataFrame], pd.Series]
"""Rows in, the family of tests that each belongs to."""


def differences(
    first: Moments,
    second: Moments,
    design: Design,
    tables: tuple[pd.DataFrame, pd.DataFrame],
    by: Sequence[str] = (),
    *,
    prefix: str = "difference",
    ci_level: float,
) -> pd.DataFrame:
    """Return the differences of two tables of estimates from disjoint rows.

    Parameters
    ----------
    first, second : Moments
        What the tables were made from.
    design : Design
        How the sample was drawn.
    tables : tuple of DataFrame
        Their estimates in the same row order, with ``column`` and the group columns in the first.
    by : sequence of str
        Group columns.
    prefix : str
        Name of the difference first − second.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        ``prefix``, ``prefix_low``, ``prefix_high`` and ``p_value``, with the first table's index.
    """
    table, other = tables
    link = estimates.aligned(units.shared(first, second, design, by), table, [*by, "column"])
    return estimates.compare(table, other, prefix, shared=link, ci_level=ci_level)


def segment_table(
    study: Study,
    evidence: Evidence,
    request: str,
    shown: Shown,
    keys: Sequence[str],
    *,
    figures: Sequence[str],
    method: Method,
    ci_level: float,
    family: Family | None = None,
) -> pd.DataFrame:
    """Return the estimates of every group of every segment, and their differences from all other rows.

    Parameters
    ----------
    study : Study
        The study.
    evidence : Evidence
        With moments ``REQUEST.segment.NAME``.
    request : str
        First part of the names of these moments.
    shown : callable
        Makes a table of estimates.
    keys : sequence of str
        Columns that name a row within a group, such as ``["term"]``; the first says which rows are parts of one whole.
    figures : sequence of str
        Columns that are blank where a base is small; differences from a small rest are blank too.
    method : {"holm", "bh", "by", "none"}
        Multiplicity control within each family.
    ci_level : float
        Level of the intervals.
    family : callable, optional
        Family of each row's test within a segment; by default that of the first key.

    Returns
    -------
    DataFrame
        segment, level, the columns of ``shown``, difference, difference_low, difference_high, p_value, p_adjusted,
        suppressed. Empty without segments.
    """
    parts = []
    for name in study.responses.segments:
        key, cells = f"segment.{name}", evidence.moments[f"{request}.segment.{name}"]
        others = cells.complements(key)
        table = shown(cells, (key,))
        rest = estimates.aligned(shown(others, (key,)), table, [key, *keys])
        limit = study.thresholds.suppress
        # a difference from a hidden rest would give that rest away
        table = estimates.suppress(table, limit, figures, parts_of=keys[0])
        rest = estimates.suppress(rest, limit, figures)
        table = table.join(
            differences(cells, others, evidence.design, (table, rest), (key,), ci_level=ci_level)
        )
        groups = family(table) if family else table[keys[0]]
        table["p_adjusted"] = table.groupby(groups)["p_value"].transform(
            lambda p: adjust(p.to_numpy(), method)
        )
        parts.append(table.rename(columns={key: "level"}).assign(segment=name))
    if not parts:
        return pd.DataFrame(columns=["segment", "level", *keys, *estimates.INTERVAL, "n", "suppressed"])
    table = pd.concat(parts, ignore_index=True).drop(columns="column")
    return table[["segment", "level", *[name for name in table if name not in ("segment", "level")]]]


def period_table(
    study: Study,
    evidence: Evidence,
    request: str,
    shown: Shown,
    keys: Sequence[str],
    *,
    figures: Sequence[str],
) -> pd.DataFrame:
    """Return the estimates of every period up to the end of the study's own.

    Parameters
    ----------
    study : Study
        The study.
    evidence : Evidence
        With moments ``REQUEST.period`` if the study has dates.
    request : str
        First part of the name of these moments.
    shown : callable
        Makes a table of estimates.
    keys : sequence of str
        Columns that name a row within a period; rows are in the order of the first, then of time.
    figures : sequence of str
        Columns that are blank where a base is small.

    Returns
    -------
    DataFrame
        period, the columns of ``shown``, suppressed. Empty without dates.
    """
    if not study.responses.date:
        return pd.DataFrame(columns=["period", *keys, *estimates.INTERVAL, "n", "n_eff", "suppressed"])
    table = shown(evidence.moments[f"{request}.period"], ("period",)).drop(columns="column")
    table = spans.upto(table.sort_values([keys[0], "period"], kind="stable", ignore_index=True), study)
    return estimates.suppress(table, study.thresholds.suppress, figures)


def change_table(
    study: Study,
    evidence: Evidence,
    request: str,
    shown: Shown,
    *,
    figures: Sequence[str],
    method: Method,
    ci_level: float,
) -> pd.DataFrame:
    """Return how the latest period differs from the one before and from the first.

    Parameters
    ----------
    study : Study
        The study.
    evidence : Evidence
        With moments ``REQUEST.period`` if the study has dates.
    request : str
        First part of the name of these moments.
    shown : callable
        Makes a table of estimates.
    figures : sequence of str
        Columns that are blank where a base is small.
    method : {"holm", "bh", "by", "none"}
        Multiplicity control over all rows of the table: they are read together.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        The columns of ``shown``, since ("previous" or "first"), period, previous, change, change_low, change_high,
        p_value, p_adjusted. Empty if there is no earlier period.
    """
    name = f"{request}.period"
    found = spans.latest_two(evidence.moments[name], study) if study.responses.date else None
    if found is None:
        return pd.DataFrame()

    def blanked(moments: Moments) -> pd.DataFrame:
        return estimates.suppress(shown(moments, ()), study.thresholds.suppress, figures)

    table = spans.changes(found, blanked, method, ci_level=ci_level, design=evidence.design)
    return table.drop(columns="column")
