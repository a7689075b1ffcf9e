"""When the periods of a plan are due."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator

from cronsim import CronSim

from svcq_lib import periods
from svcq_lib.periods import Period
from svcq_lib.reports.schedule_plan import Every, Plan

_DAY = dt.timedelta(days=1)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def period_of(day: dt.date, every: Every) -> Period:
    """Return the period that a day lies in.

    Parameters
    ----------
    day : date
        A day.
    every : {"month", "quarter", "week", "day"}
        Length of the period; weeks start on Mondays.

    Returns
    -------
    Period
        Its name is one that ``svcq run --period`` takes.

    Examples
    --------
    >>> period_of(dt.date(2026, 7, 15), "week").name
    '2026-07-13..2026-07-19'
    """
    if every == "day":
        return periods.parse(day.isoformat())
    if every == "week":
        monday = day - day.weekday() * _DAY
        return periods.parse(f"{monday.isoformat()}..{(monday + 6 * _DAY).isoformat()}")
    return periods.parse(periods.name_of(day, every))


def cron_of(plan: Plan) -> str:
    """Return the moments at which periods are due as a cron expression in the plan's time zone.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    str
        Five fields; ``L`` is the last day of a month.
    """
    hour, minute = map(int, plan.at.split(":"))
    day = "L" if plan.day == "last" else str(plan.day or 1)
    weekday = str((_WEEKDAYS.index(plan.weekday or "monday") + 1) % 7)
    rest = {"month": f"{day} * *", "quarter": f"{day} 1,4,7,10 *", "week": f"* * {weekday}", "day": "* * *"}
    return f"{minute} {hour} {rest[plan.every]}"


def due_at(plan: Plan, period: Period) -> dt.datetime:
    """Return the moment at which a period's reports are due: the first after its end.

    Parameters
    ----------
    plan : Plan
        The plan.
    period : Period
        One of its periods.

    Returns
    -------
    datetime
        In the plan's time zone; where the clock jumps over ``at``, the first moment after the jump.
    """
    end = dt.datetime.combine(period.end + _DAY, dt.time(), plan.zone) - dt.timedelta(seconds=1)
    return next(CronSim(cron_of(plan), end))


def all_periods(plan: Plan) -> Iterator[Period]:
    """Yield the plan's periods from its first one on, without end."""
    period = period_of(periods.parse(plan.start).start, plan.every)
    while True:
        yield period
        period = period_of(period.end + _DAY, plan.every)


def due_periods(plan: Plan, now: dt.datetime) -> list[Period]:
    """Return the periods that are due at a moment, made or not, oldest first.

    Parameters
    ----------
    plan : Plan
        The plan.
    now : datetime
        A moment with its time zone.

    Returns
    -------
    list of Period
        From the plan's first period on.
    """
    found: list[Period] = []
    for period in all_periods(plan):
        if due_at(plan, period) > now:
            return found
        found.append(period)
    return found


def next_runs(plan: Plan, now: dt.datetime, count: int = 3) -> list[tuple[dt.datetime, Period]]:
    """Return the moments that come next and the period that each is about.

    Parameters
    ----------
    plan : Plan
        The plan.
    now : datetime
        A moment with its time zone.
    count : int
        How many.

    Returns
    -------
    list of (datetime, Period)
        In time order, in the plan's time zone.
    """
    coming = ((due_at(plan, period), period) for period in all_periods(plan))
    return list(itertools.islice((one for one in coming if one[0] > now), count))


def clock_times(plan: Plan, zone: dt.tzinfo | None, now: dt.datetime) -> list[dt.time]:
    """Return the times of day at which the plan's ``at`` falls in another time zone, over the year to come.

    Parameters
    ----------
    plan : Plan
        The plan.
    zone : tzinfo or None
        The other zone; None is this machine's.
    now : datetime
        A moment with its time zone.

    Returns
    -------
    list of time
        One, or two where only one of the zones has daylight saving time.
    """
    hour, minute = map(int, plan.at.split(":"))
    ticks = CronSim(f"{minute} {hour} * * *", now.astimezone(plan.zone))
    there = [next(ticks).astimezone(zone) for _ in range(366)]
    usual = [moment for moment in there if moment.astimezone(plan.zone).time() == dt.time(hour, minute)]
    return sorted({dt.time(moment.hour, moment.minute) for moment in usual})
