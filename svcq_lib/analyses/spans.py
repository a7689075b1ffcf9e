"""The period a report is about and the one before it, added up from the periods that were scanned."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from svcq_lib import periods
from svcq_lib.evidence.moments import Moments
from svcq_lib.study import Study


@dataclass(frozen=True)
class Spans:
    """Moments of the latest period and of the one before.

    Attributes
    ----------
    current, previous : Moments
        Moments without the key ``period``.
    current_name, previous_name : str
        Their names.
    """

    current: Moments
    previous: Moments
    current_name: str
    previous_name: str


def latest_two(moments: Moments, study: Study) -> Spans | None:
    """Return the study's period and the one before, or the last two periods that have answers.

    Parameters
    ----------
    moments : Moments
        Sums by ``period`` over all periods.
    study : Study
        The study.

    Returns
    -------
    Spans or None
        None if there is nothing to compare with: no dates, a single period, or a range of odd days.
    """
    names = sorted(moments.keys["period"].dropna().unique()) if "period" in moments.keys else []
    if not study.period:
        if len(names) < 2:
            return None
        now, before = names[-1], names[-2]
        return Spans(_added(moments, [now]), _added(moments, [before]), now, before)
    span = periods.parse(study.period)
    earlier = periods.previous(span)
    whole = span.start.day == 1 and earlier.start.day == 1
    current, previous = ([n for n in names if _within(n, one)] for one in (span, earlier))
    if not (whole and current and previous):
        return None
    return Spans(_added(moments, current), _added(moments, previous), span.name, earlier.name)


def _within(name: str, span: periods.Period) -> bool:
    one = periods.parse(name)
    return span.start <= one.start and one.end <= span.end


def _added(moments: Moments, names: list[str]) -> Moments:
    mask = moments.keys["period"].isin(names).to_numpy()
    keys = moments.keys[mask].reset_index(drop=True)
    kept = Moments(moments.columns, keys, {name: array[mask] for name, array in moments.sums.items()})
    rest = [key for key in keys.columns if key != "period"]
    return kept.total(rest) if rest else kept.total()


def upto(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the rows of a table by period up to the end of the study's period."""
    if not study.period or table.empty:
        return table
    end = periods.parse(study.period).end
    return table[[periods.parse(name).end <= end for name in table["period"]]].reset_index(drop=True)
