"""The scorecard under other defaults: without weights, with the other treatment of missing answers, as a top box."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from svcq_lib.analyses import compare, estimates
from svcq_lib.analyses.outcomes import Measured, measured_means
from svcq_lib.analyses.switches import COLUMNS, Headline, Switch, switches
from svcq_lib.evidence.collect import Evidence
from svcq_lib.evidence.moments import Moments
from svcq_lib.stats.multiplicity import Method
from svcq_lib.study import Study
from svcq_lib.vocabulary import WORDS

OTHER_MISSING = {"pairwise": "listwise", "listwise": "pairwise"}
LED_BY = 2
"""How many outcomes the switchboard speaks of: those that the opening sentences name."""


def score_switches(
    study: Study,
    evidence: Evidence,
    headline: pd.DataFrame,
    primary: Sequence[Measured],
    other: Sequence[Measured],
    changes: pd.DataFrame,
    top_boxes: Sequence[Measured],
    method: Method,
    ci_level: float,
) -> pd.DataFrame:
    """Return the leading figures under each contested default.

    Parameters
    ----------
    study : Study
        The study.
    evidence : Evidence
        With moments ``scores.unweighted`` and ``scores.missing`` where these differ, and ``scores.top_box.period``.
    headline : DataFrame
        As reported.
    primary, other : sequence of Measured
        The primary measures, and the same under the other treatment of missing answers.
    changes : DataFrame
        Changes as reported.
    top_boxes : sequence of Measured
        The top box of each satisfaction outcome.
    method : {"holm", "bh", "by", "none"}
        Multiplicity control of the changes.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        See :func:`svcq_lib.analyses.switches.switches`. The answer is the same if the other figure lies in the
        reported interval; for a satisfaction index or top box, if both say the same of the latest change.
    """
    shown = headline[headline["primary"] & ~headline["suppressed"]].head(LED_BY)
    tables = {
        ("score_weights", "weighted", "unweighted"): _means(evidence, "scores.unweighted", primary, ci_level),
        ("score_missing", study.missing, OTHER_MISSING[study.missing]): _means(
            evidence, "scores.missing", other, ci_level
        ),
    }
    parts = []
    for _, row in shown.iterrows():
        used, found = _headline(row), []
        for codes, table in tables.items():
            if table is not None:
                again = table[
                    (table["outcome"] == row["outcome"]) & (table["measure"] == row["measure"])
                ].iloc[0]
                inside = bool(row["conf_low"] <= again["estimate"] <= row["conf_high"])
                found.append(Switch(*codes, _headline(again), inside))
        if row["measure"] == "index_100":
            found.append(
                _top_box(study, evidence, headline, changes, row["outcome"], top_boxes, method, ci_level)
            )
        parts.append(switches(used, found))
    kept = [one for one in parts if len(one)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=list(COLUMNS))


def _headline(row: pd.Series, scale: float = 1.0) -> Headline:
    limits = (scale * float(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    return Headline(row["outcome"], WORDS[row["measure"]].kind if scale == 1.0 else "score", *limits)


def _means(
    evidence: Evidence, request: str, measured: Sequence[Measured], ci_level: float
) -> pd.DataFrame | None:
    moments = evidence.moments.get(request)
    return None if moments is None else measured_means(moments, evidence.design, measured, ci_level=ci_level)


def _top_box(
    study: Study,
    evidence: Evidence,
    headline: pd.DataFrame,
    changes: pd.DataFrame,
    outcome: str,
    top_boxes: Sequence[Measured],
    method: Method,
    ci_level: float,
) -> Switch:
    """Return the share of top answers in per cent, the other usual way to quote satisfaction."""
    row = headline[(headline["outcome"] == outcome) & (headline["measure"] == "top_box")].iloc[0]
    own = [one for one in top_boxes if one.outcome.name == outcome]
    again = pd.DataFrame()
    if "scores.top_box.period" in evidence.moments:
        again = compare.change_table(
            study, evidence, "scores.top_box", shown_by(own, evidence, ci_level),
            figures=(*estimates.INTERVAL, "n_eff"), method=method, ci_level=ci_level,
        )  # fmt: skip
    same = _moved(changes, outcome, ci_level) == _moved(again, outcome, ci_level)
    return Switch("score_csat", "index_100", "top_box_percent", _headline(row, 100.0), same)


def _moved(changes: pd.DataFrame, outcome: str, ci_level: float) -> int:
    """Return 1 (−1) if an outcome rose (fell) beyond noise since the previous period, else 0."""
    rows = (
        changes[(changes["outcome"] == outcome) & (changes["since"] == "previous")]
        if len(changes)
        else changes
    )
    if rows.empty or not rows["p_adjusted"].iloc[0] < 1 - ci_level:
        return 0
    return 1 if rows["change"].iloc[0] > 0 else -1


def shown_by(measured: Sequence[Measured], evidence: Evidence, ci_level: float) -> compare.Shown:
    """Return the function that makes a table of these measures from moments, with the column of each row.

    Parameters
    ----------
    measured : sequence of Measured
        What is reported.
    evidence : Evidence
        For its design.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    callable
        See :data:`svcq_lib.analyses.compare.Shown`.
    """
    columns = {(one.outcome.name, one.measure): one.column for one in measured}

    def shown(moments: Moments, by: Sequence[str]) -> pd.DataFrame:
        table = measured_means(moments, evidence.design, measured, by, ci_level=ci_level)
        pairs = zip(table["outcome"], table["measure"], strict=True)
        return table.assign(column=[columns[pair] for pair in pairs])

    return shown
