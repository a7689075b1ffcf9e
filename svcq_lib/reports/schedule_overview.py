"""How the periods of a plan stand: done, waiting, due or missed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from svcq_lib.errors import SvcqError
from svcq_lib.reports import schedule_state
from svcq_lib.reports.deliver_addresses import resolve
from svcq_lib.reports.schedule_gates import Late
from svcq_lib.reports.schedule_plan import Plan
from svcq_lib.reports.schedule_times import due_at, due_periods

CALLED_EVERY = dt.timedelta(days=1)
"""An entry calls a plan this often: what nobody has tried for longer was missed."""


@dataclass(frozen=True)
class Standing:
    """How a period stands.

    Attributes
    ----------
    period : str
        Its name.
    due : datetime
        When it was due.
    status : {"done", "empty", "failed", "late", "waiting", "removed", "due", "missed"}
        What became of it; ``due`` if nobody has tried it yet, ``missed`` if nobody has for more than a day.
    note : str
        What it waits for, or why it failed.
    """

    period: str
    due: dt.datetime
    status: str
    note: str = ""


def standings(plan: Plan, now: dt.datetime) -> list[Standing]:
    """Return how every period that is due stands.

    Parameters
    ----------
    plan : Plan
        The plan.
    now : datetime
        A moment with its time zone.

    Returns
    -------
    list of Standing
        Oldest first.
    """
    records = schedule_state.latest(schedule_state.read(plan), "period", "removed")
    found = []
    for period in due_periods(plan, now):
        due, record = due_at(plan, period), records.get(period.name)
        if record is None:
            found.append(Standing(period.name, due, "missed" if now - due >= CALLED_EVERY else "due"))
            continue
        waits = [Late(one["code"], one["facts"]).text() for one in record.get("late", ())]
        note = " ".join([*waits, record.get("reason", "")]).strip()
        found.append(Standing(period.name, due, record.get("status", "removed"), note))
    return found


def addresses(plan: Plan) -> dict[str, str]:
    """Return the plan's addresses and whether each is there.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    dict of str to str
        Where the address is kept → empty if it is there, else what to do.
    """
    found = {}
    for one in plan.deliver.to if plan.deliver else ():
        try:
            resolve(one)
            found[one] = ""
        except SvcqError as error:
            found[one] = str(error)
    return found
