"""Messages of a schedule: which are due, which were sent, which are to be tried again."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from svcq_lib import periods
from svcq_lib.errors import SvcqError
from svcq_lib.formats import Lang
from svcq_lib.periods import Period
from svcq_lib.reports import deliver, schedule_state
from svcq_lib.reports.deliver_alerts import Entry, compared
from svcq_lib.reports.deliver_message import Message, as_text, compose
from svcq_lib.reports.deliver_words import WORDS
from svcq_lib.reports.schedule_entries import entries_of
from svcq_lib.reports.schedule_gates import Late
from svcq_lib.reports.schedule_plan import Deliver, Plan
from svcq_lib.reports.schedule_times import period_of
from svcq_lib.sources.open import open_study

TRIED_FOR = dt.timedelta(days=7)
"""How long a message that could not be sent is tried again."""


def note_message(plan: Plan, period: Period, now: dt.datetime) -> None:
    """Remember that a message about a period is due, unless the plan wants none or the same one was due before.

    Parameters
    ----------
    plan : Plan
        The plan.
    period : Period
        A period that was tried.
    now : datetime
        The present moment.
    """
    records = schedule_state.read(plan)
    record = schedule_state.latest(records, "period").get(period.name, {})
    if plan.deliver is None or not _wanted(plan, period, record):
        return
    text = as_text(_message(plan, plan.deliver, period, record))
    key = hashlib.sha256(text.encode()).hexdigest()
    if schedule_state.latest(records, "message").get(period.name, {}).get("message") != key:
        schedule_state.add(plan, now, "message", period.name, message=key)


def deliver_pending(
    plan: Plan, now: dt.datetime, log: logging.Logger
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Send every message that has not reached one of the plan's addresses.

    Parameters
    ----------
    plan : Plan
        The plan.
    now : datetime
        The present moment; what is older than a week is given up.
    log : Logger
        The plan's log.

    Returns
    -------
    sent, undelivered : tuple of str
        Period and address; of what could not be sent, why. A failure is tried again at the next call.
    """
    records = schedule_state.read(plan)
    reached = {
        (one["message"], one["to"]) for one in records if one.get("kind") == "delivery" and one["sent"]
    }
    sent: list[str] = []
    undelivered: list[str] = []
    for name, message in schedule_state.latest(records, "message").items():
        if plan.deliver is None or now - dt.datetime.fromisoformat(message["at"]) > TRIED_FOR:
            continue
        record = schedule_state.latest(records, "period").get(name, {})
        for address in plan.deliver.to:
            if (message["message"], address) in reached:
                continue
            reason = _sent(plan, plan.deliver, periods.parse(name), record, address)
            facts = {"message": message["message"], "to": address, "sent": not reason, "reason": reason}
            schedule_state.add(plan, now, "delivery", name, **facts)
            (undelivered if reason else sent).append(f"{name}: {reason or address}")
            log.log(logging.ERROR if reason else logging.INFO, "%s: %s", name, reason or f"sent to {address}")
    return tuple(sent), tuple(undelivered)


def _sent(plan: Plan, to: Deliver, period: Period, record: Mapping[str, Any], address: str) -> str:
    """Send the message about a period; return why it could not be sent, or nothing."""
    message, files = deliver.attached(
        _message(plan, to, period, record), plan.folder, entries_of(plan, period), to.attach, to.attach_up_to
    )
    try:
        deliver.send(message, address, files)
    except SvcqError as error:
        return str(error)
    return ""


def _message(plan: Plan, to: Deliver, period: Period, record: Mapping[str, Any]) -> Message:
    name, lang = _name_and_language(plan, to)
    late = [Late(one["code"], one["facts"]).text(lang) for one in record.get("late", ())]
    made = record.get("status") in ("done", "failed") and not record.get("reason")
    return compose(
        entries_of(plan, period) if made else [],
        _entries_before(plan, period),
        name=name,
        period=period.name,
        lang=lang,
        link=to.link,
        notes=[*late, *([WORDS[lang]["anyway"]] if late and made else [])],
        reason=record.get("reason", ""),
    )


def _name_and_language(plan: Plan, to: Deliver) -> tuple[str, Lang]:
    """Return the study's name and the message's language; the plan's own name where the study cannot be opened."""
    lang = to.lang or next(iter(plan.langs), None)
    try:
        study = open_study(plan.study_path)
    except SvcqError:
        return plan.path.stem, lang or "en"
    return study.name.text(lang or study.language), lang or study.language


def _entries_before(plan: Plan, period: Period) -> Sequence[Entry]:
    return entries_of(plan, period_of(period.start - dt.timedelta(days=1), plan.every))


def _wanted(plan: Plan, period: Period, record: Mapping[str, Any]) -> bool:
    """Tell whether the plan wants a message about what became of a period."""
    status = record.get("status")
    if plan.deliver is None or status in (None, "waiting", "empty"):
        return False
    if status in ("failed", "late"):
        return True
    if plan.deliver.on == "change":
        now = entries_of(plan, period)
        alerts = compared(now, _entries_before(plan, period))
        return bool(alerts.new or alerts.cleared or any(one.get("changes") for one in now))
    return plan.deliver.on == "always" or (plan.deliver.on == "red" and bool(record.get("red")))
