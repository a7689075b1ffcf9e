"""Reporting periods: years, quarters, months and ranges of dates."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

from svcq_lib.errors import ParameterError

Grain = Literal["year", "quarter", "month"]
_MONTHS_OF: dict[str, int] = {"year": 12, "quarter": 3, "month": 1}


@dataclass(frozen=True, order=True)
class Period:
    """A span of days, both ends included.

    Attributes
    ----------
    start, end : date
        First and last day.
    name : str
        ``2026``, ``2026-Q3``, ``2026-07`` or ``first..last``.
    """

    start: dt.date
    end: dt.date
    name: str


def parse(text: str) -> Period:
    """Return the period that a text names.

    Parameters
    ----------
    text : str
        ``2026``, ``2026-Q3``, ``2026-07``, ``2026-07-15`` or two of them joined by ``..``.

    Returns
    -------
    Period
        The span of days.

    Raises
    ------
    ParameterError
        If the text is none of these, or the range runs backwards.

    Examples
    --------
    >>> parse("2026-Q3").start.isoformat()
    '2026-07-01'
    """
    if ".." in text:
        first, last = (parse(part.strip()) for part in text.split("..", 1))
        if last.end < first.start:
            raise ParameterError(f"period {text!r} ends before it starts. Write the earlier one first.")
        return Period(first.start, last.end, f"{first.name}..{last.name}")
    if match := re.fullmatch(r"(\d{4})(?:-(?:Q([1-4])|(?!00)(\d{2})(?:-(?!00)(\d{2}))?))?", text.strip()):
        year, quarter, month, day = (int(part) if part else 0 for part in match.groups())
        try:
            return _span(year, quarter, month, day, text.strip())
        except ValueError:
            pass
    raise ParameterError(
        f"period {text!r} is not a period. Write 2026, 2026-Q3, 2026-07, or a range such as 2026-01..2026-06."
    )


def _span(year: int, quarter: int, month: int, day: int, name: str) -> Period:
    if day:
        one = dt.date(year, month, day)
        return Period(one, one, name)
    first = month or 3 * quarter - 2 if (month or quarter) else 1
    last = month or 3 * quarter if (month or quarter) else 12
    return Period(dt.date(year, first, 1), dt.date(year, last, calendar.monthrange(year, last)[1]), name)


def previous(period: Period) -> Period:
    """Return the period of the same length just before.

    Parameters
    ----------
    period : Period
        A period.

    Returns
    -------
    Period
        The quarter before a quarter, the month before a month, the year before a year; for a range of whole
        months as many months before, for other ranges as many days.
    """
    whole = period.start.day == 1 and (period.end + dt.timedelta(days=1)).day == 1
    if not whole:
        days = (period.end - period.start).days + 1
        start, end = period.start - dt.timedelta(days=days), period.start - dt.timedelta(days=1)
        return Period(start, end, f"{start.isoformat()}..{end.isoformat()}")
    months = 12 * (period.end.year - period.start.year) + period.end.month - period.start.month + 1
    index = 12 * period.start.year + period.start.month - 1 - months
    start = dt.date(index // 12, index % 12 + 1, 1)
    end = period.start - dt.timedelta(days=1)
    for grain, length in _MONTHS_OF.items():
        if months == length and ".." not in period.name:
            return Period(start, end, name_of(start, grain))  # type: ignore[arg-type]
    return Period(start, end, f"{name_of(start, 'month')}..{name_of(end, 'month')}")


def name_of(day: dt.date, grain: Grain) -> str:
    """Return the name of the period that a day lies in.

    Parameters
    ----------
    day : date
        A day.
    grain : {"year", "quarter", "month"}
        The length of the period.

    Returns
    -------
    str
        For example ``2026-Q3``.
    """
    if grain == "year":
        return f"{day.year:04d}"
    if grain == "quarter":
        return f"{day.year:04d}-Q{(day.month + 2) // 3}"
    return f"{day.year:04d}-{day.month:02d}"


def between(first: str, last: str) -> list[str]:
    """Return the names of all periods from one to another.

    Parameters
    ----------
    first, last : str
        Names of the same grain.

    Returns
    -------
    list of str
        Names in time order, both ends included.
    """
    grain: Grain = "quarter" if "Q" in first else "month" if "-" in first else "year"
    day, end, names = parse(first).start, parse(last).end, []
    while day <= end:
        names.append(name_of(day, grain))
        day = parse(names[-1]).end + dt.timedelta(days=1)
    return names
