"""Removing reports that a plan keeps no longer."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from pathlib import Path

from svcq_lib import periods
from svcq_lib.errors import ReportError
from svcq_lib.periods import Period
from svcq_lib.reports import manifest, schedule_state, site
from svcq_lib.reports.lock import locked
from svcq_lib.reports.publish import digest
from svcq_lib.reports.schedule_entries import entries_of
from svcq_lib.reports.schedule_plan import Plan
from svcq_lib.reports.schedule_times import period_of
from svcq_lib.sources.open import open_study


def expire(plan: Plan, now: dt.datetime, log: logging.Logger) -> tuple[str, ...]:
    """Remove the reports of the oldest periods, so that as many are left as the plan keeps.

    Only files that the manifest names are removed, only below the plan's own folder, and only as they were written.

    Parameters
    ----------
    plan : Plan
        The plan.
    now : datetime
        The present moment.
    log : Logger
        The plan's log.

    Returns
    -------
    tuple of str
        The periods whose reports were removed.
    """
    records = schedule_state.latest(schedule_state.read(plan), "period", "removed")
    made = [periods.parse(name) for name, one in records.items() if one.get("status") in ("done", "failed")]
    there = sorted(one for one in made if one == period_of(one.start, plan.every))  # others had another plan
    old = there[: -plan.keep] if plan.keep else []
    if not old:
        return ()
    try:
        with locked(plan.folder):
            for period in old:
                files = _removed(plan, period, log)
                schedule_state.add(plan, now, "removed", period.name, files=files)
                log.info(
                    "%s: reports removed (%d files); the newest %d are kept", period.name, files, plan.keep
                )
            site.write_index(plan.folder, manifest.read(plan.folder), open_study(plan.study_path))
    except ReportError:  # somebody makes reports by hand: the next call is early enough
        return ()
    return tuple(one.name for one in old)


def _removed(plan: Plan, period: Period, log: logging.Logger) -> int:
    """Remove a period's reports; return the number of files."""
    files = 0
    for entry in entries_of(plan, period):
        for output in entry.get("outputs") or ():
            path = plan.folder / output["path"]
            if _own(path, plan.folder, output["sha256"]):
                path.unlink()
                files += 1
            elif path.exists():
                log.warning("%s is not as it was written and is kept", output["path"])
        with contextlib.suppress(OSError):  # missing, or not empty
            (plan.folder / entry["name"]).rmdir()
        manifest.add_removal(plan.folder, entry["name"])
    return files


def _own(path: Path, folder: Path, sha256: str) -> bool:
    """Tell whether a file lies below a folder and is as it was written."""
    inside = path.parent.resolve().is_relative_to(folder.resolve())
    return inside and path.is_file() and not path.is_symlink() and digest(path) == sha256
