"""The period a report is about and the one before it, added up from the periods that were scanned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from svcq_lib import periods
from svcq_lib.analyses import estimates, units
from svcq_lib.evidence.collect import Design
from svcq_lib.evidence.moments import Moments
from svcq_lib.stats.multiplicity import Method, adjust
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
    first : Moments or None
        The earliest period of the same length, if it is neither of the two.
    first_name : str
        Its name.
    """

    current: Moments
    previous: Moments
    current_name: str
    previous_name: str
    first: Moments | None = None
    first_name: str = ""

    def earlier(self) -> list[tuple[str, str, Moments]]:
        """Return what the current period is compared with: kind ("previous", "first"), name and moments."""
        found = [("previous", self.previous_name, self.previous)]
        return [*found, ("first", self.first_name, self.first)] if self.first is not None else found


def latest_two(moments: Moments, study: Study) -> Spans | None:
    """Return the study's period, the one before and the first, or the last two periods that have answers.

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
        return _spans(moments, [names[-1]], [names[-2]], names, (names[-1], names[-2]))
    span = periods.parse(study.period)
    earlier = periods.previous(span)
    whole = span.start.day == 1 and earlier.start.day == 1
    current, previous = ([n for n in names if _within(n, one)] for one in (span, earlier))
    if not (whole and current and previous):
        return None
    return _spans(moments, current, previous, names, (span.name, earlier.name))


def _spans(
    moments: Moments, current: list[str], previous: list[str], names: list[str], called: tuple[str, str]
) -> Spans:
    first = names[0] if len(current) == len(previous) == 1 and names[0] < previous[0] else ""
    return Spans(
        _added(moments, current),
        _added(moments, previous),
        *called,
        _added(moments, [first]) if first else None,
        first,
    )


def _within(name: str, span: periods.Period) -> bool:
    one = periods.parse(name)
    return span.start <= one.start and one.end <= span.end


def _added(moments: Moments, names: list[str]) -> Moments:
    mask = moments.keys["period"].isin(names).to_numpy()
    keys = moments.keys[mask].reset_index(drop=True)
    kept = Moments(moments.columns, keys, {name: array[mask] for name, array in moments.sums.items()})
    rest = [key for key in keys.columns if key != "period"]
    return kept.total(rest) if rest else kept.total()


def changes(
    found: Spans,
    shown: Callable[[Moments], pd.DataFrame],
    method: Method,
    *,
    ci_level: float,
    design: Design,
) -> pd.DataFrame:
    """Return the current figures and their differences from the earlier periods.

    Parameters
    ----------
    found : Spans
        The periods.
    shown : callable
        Makes the table of estimates of one period, with ``column``.
    method : {"holm", "bh", "by", "none"}
        Multiplicity control over all rows, which are read together.
    ci_level : float
        Level of the intervals.
    design : Design
        How the sample was drawn: periods may lie in the same clusters or share calibrated weights.

    Returns
    -------
    DataFrame
        The current table with since, period, previous, change, change_low, change_high, p_value and p_adjusted, once
        per earlier period.
    """
    now, parts = shown(found.current), []
    for since, name, moments in found.earlier():
        link = estimates.aligned(units.shared(found.current, moments, design), now, ["column"])
        table = now.join(estimates.compare(now, shown(moments), shared=link, ci_level=ci_level))
        parts.append(table.assign(since=since, period=found.current_name, previous=name))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(p_adjusted=adjust(table["p_value"].to_numpy(), method))


def upto(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the rows of a table by period up to the end of the study's period."""
    if not study.period or table.empty:
        return table
    end = periods.parse(study.period).end
    return table[[periods.parse(name).end <= end for name in table["period"]]].reset_index(drop=True)
