"""Making what a plan says is due: every missed period in order, once, when its data are there; then telling people."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging

from svcq_lib import periods
from svcq_lib.errors import ParameterError, ReportError, SvcqError
from svcq_lib.periods import Period
from svcq_lib.reports import manifest, schedule_gates, schedule_state
from svcq_lib.reports import run as running
from svcq_lib.reports.deliver_addresses import hidden, known
from svcq_lib.reports.keys import files_of
from svcq_lib.reports.ledger import Progress
from svcq_lib.reports.lock import locked
from svcq_lib.reports.schedule_delivery import deliver_pending, note_message
from svcq_lib.reports.schedule_plan import Plan
from svcq_lib.reports.schedule_result import Result, Tried, lines_of
from svcq_lib.reports.schedule_retention import expire
from svcq_lib.reports.schedule_times import due_at, due_periods, period_of
from svcq_lib.sources.open import open_study
from svcq_lib.study import Study

CONTENT = ("reports", "by", "each", "formats", "langs", "parameters")
"""Keys of a plan that decide what its reports say."""
CLOSED = ("done", "empty")
"""What a period is when there is nothing left to do."""


def current_time() -> dt.datetime:
    """Return the present moment."""
    return dt.datetime.now(dt.UTC)


def run_due(
    plan: Plan, *, only: str | None = None, now: dt.datetime | None = None, progress: Progress | None = None
) -> Result:
    """Make the reports of every period that is due and not done, oldest first; calling it again does nothing.

    Parameters
    ----------
    plan : Plan
        The plan.
    only : str, optional
        One period to make, due or not, done or not; unchanged reports are not made again.
    now : datetime, optional
        The moment to judge by, with its time zone; the present by default.
    progress : callable, optional
        Called with each report's name when it is its turn and, when it is finished, its outcome.

    Returns
    -------
    Result
        What was made, sent and removed. A failure of one period, or of a delivery, stops no other.

    Raises
    ------
    ParameterError
        If `only` is no period of the plan's length.
    ReportError
        If the folder of the results cannot be written to.
    """
    now = now or current_time()
    chosen = [period_named(plan, only)] if only else None
    folder = schedule_state.folder_of(plan)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(
            f"the reports cannot be written to {plan.folder} ({error.strerror or error}). Name another folder as out "
            f"in {plan.path.name}, or permit writing there."
        ) from error
    with contextlib.ExitStack() as held:
        try:
            with locked(plan.folder):  # a run that people have started is no failure of this one
                held.enter_context(locked(folder))
        except ReportError as error:
            return Result(busy=str(error))
        log = held.enter_context(schedule_state.logged(plan, secrets_of(plan)))
        tried = []
        for period in chosen or open_periods(plan, now):
            if one := _tried(plan, period, now, progress, asked=bool(only)):
                tried.append(one)
                _remember(plan, one, now, log)
                note_message(plan, period, now)
        sent, undelivered = deliver_pending(plan, now, log)
        return Result(tuple(tried), sent, undelivered, expire(plan, now, log))


def period_named(plan: Plan, name: str) -> Period:
    """Return one of a plan's periods by its name.

    Parameters
    ----------
    plan : Plan
        The plan.
    name : str
        A period of the plan's length.

    Returns
    -------
    Period
        The period.

    Raises
    ------
    ParameterError
        If it is no period, or a longer or shorter one.
    """
    asked = periods.parse(name)
    found = period_of(asked.start, plan.every)
    if (found.start, found.end) != (asked.start, asked.end):
        raise ParameterError(
            f"period {name!r} is not one {plan.every}, as {plan.path.name} has it. Try {found.name}."
        )
    return found


def secrets_of(plan: Plan) -> list[str]:
    """Return the addresses that a plan names, as far as they are there: they must not show anywhere."""
    return known(plan.deliver.to) if plan.deliver else []


def open_periods(plan: Plan, now: dt.datetime) -> list[Period]:
    """Return the periods that are due and not done, and the newest done ones that the plan looks at again.

    Parameters
    ----------
    plan : Plan
        The plan.
    now : datetime
        A moment with its time zone.

    Returns
    -------
    list of Period
        Oldest first.
    """
    known_of = schedule_state.latest(schedule_state.read(plan), "period")
    due = due_periods(plan, now)
    closed = [one for one in due if known_of.get(one.name, {}).get("status") in CLOSED]
    again = closed[len(closed) - plan.revise :] if plan.revise else []
    return [one for one in due if one not in closed or one in again]


def _tried(
    plan: Plan, period: Period, now: dt.datetime, progress: Progress | None, *, asked: bool
) -> Tried | None:
    """Make a period's reports if its data are there; None if it is done and nothing has changed since."""
    before = schedule_state.latest(schedule_state.read(plan), "period").get(period.name, {})
    try:
        study = open_study(plan.study_path)
        inputs = _inputs(plan, study)
        if not asked and before.get("status") in CLOSED and before.get("inputs") == inputs:
            return None
        missing, n = _looked(plan, study, period, now)
        if missing and not asked and now < due_at(plan, period) + dt.timedelta(days=plan.wait_for.days):
            return Tried(period.name, "waiting", late=missing)
        if missing and (n == 0 or (plan.wait_for.then == "fail" and not asked)):
            return Tried(period.name, "late", late=missing)
        if n == 0:
            return Tried(period.name, "empty", inputs=inputs)
        summary = _made(plan, period, progress)
    except SvcqError as error:
        return Tried(period.name, "failed", reason=hidden(str(error), secrets_of(plan)), wrong=True)
    return Tried(
        period.name,
        "failed" if summary.failed else "done",
        len(summary.outcomes) + len(summary.skipped) - len(summary.failed),
        tuple(hidden(f"{one.name}: {one.error}", secrets_of(plan)) for one in summary.failed),
        tuple(f"{label} ({name})" for name, label in summary.red if name.endswith(_ending(plan))),
        late=missing,
        inputs=inputs,
    )


def _ending(plan: Plan) -> str:
    """Return how the reports of the first language end, where there are several: each figure is in all of them."""
    return f"_{plan.langs[0]}" if plan.langs else ""


def _inputs(plan: Plan, study: Study) -> str:
    """Return the hash of what a plan's reports are made from, by whole files."""
    return manifest.key_of(files=files_of(study), plan=plan.model_dump(mode="json", include=set(CONTENT)))


def _looked(
    plan: Plan, study: Study, period: Period, now: dt.datetime
) -> tuple[tuple[schedule_gates.Late, ...], int | None]:
    """Return what is missing for a period, and its number of answers where answers have dates."""
    if study.responses.date is None:  # the run says that it needs dates
        return (), None
    last, n = schedule_gates.reach(study, period, now.astimezone(plan.zone).date())
    return tuple(schedule_gates.late(plan, period, last, n)), n


def _made(plan: Plan, period: Period, progress: Progress | None) -> running.Summary:
    return running.run(
        plan.study_path,
        plan.reports,
        parameters=plan.parameters,
        period=period.name,
        by=plan.by,
        each=plan.each,
        formats=plan.formats,
        langs=plan.langs,
        out=plan.folder,
        jobs=plan.jobs or running.default_jobs(),
        timeout=plan.timeout,
        memory=plan.memory,
        executor=plan.executor,
        progress=progress,
    )


def _remember(plan: Plan, one: Tried, now: dt.datetime, log: logging.Logger) -> None:
    """Write down what became of a period, unless that is written already."""
    before = schedule_state.latest(schedule_state.read(plan), "period").get(one.period, {})
    facts = one.as_facts()
    if facts == {name: before.get(name) for name in facts}:
        return
    schedule_state.add(plan, now, "period", one.period, **facts)
    for line in lines_of(one):
        log.log(logging.ERROR if one.status in ("failed", "late") else logging.INFO, "%s", line)
