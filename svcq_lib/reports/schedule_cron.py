"""A plan's entry in the crontab: a marked block that leaves the rest of the table alone."""

from __future__ import annotations

import datetime as dt
import shlex
import subprocess
from itertools import groupby

from svcq_lib.errors import ScheduleError
from svcq_lib.reports.schedule_install import Options, command_of
from svcq_lib.reports.schedule_plan import Plan
from svcq_lib.reports.schedule_times import clock_times


def block(plan: Plan, options: Options, now: dt.datetime, zone: dt.tzinfo | None = None) -> str:
    """Return the lines for the crontab.

    Parameters
    ----------
    plan : Plan
        The plan.
    options : Options
        How it is called.
    now : datetime
        The present moment.
    zone : tzinfo, optional
        The time zone that cron goes by; this machine's by default. Where its clock is not always as far from the
        plan's, there are two calls a day; the second does nothing.

    Returns
    -------
    str
        Lines between two marks.
    """
    command = shlex.join(command_of(plan, options))
    if options.env_file:
        command = f"set -a; . {shlex.quote(str(options.env_file))}; set +a; {command}"
    command = command.replace("%", r"\%")  # cron reads a bare % as the end of the line
    times = sorted(clock_times(plan, zone, now), key=lambda one: (one.minute, one.hour))
    lines = [
        f"{minute} {','.join(str(one.hour) for one in same)} * * * {command}"
        for minute, same in groupby(times, key=lambda one: one.minute)
    ]
    first, last = _marks(plan)
    return "\n".join([first, *lines, last]) + "\n"


def with_block(table: str, plan: Plan, lines: str) -> str:
    """Return a crontab with a plan's block, in place of an older one of the same plan.

    Parameters
    ----------
    table : str
        The crontab as it is.
    plan : Plan
        The plan.
    lines : str
        Its block.

    Returns
    -------
    str
        All other lines are as they were.

    Raises
    ------
    ScheduleError
        If the older block has no end.
    """
    rest = without_block(table, plan)
    return rest + "\n" * bool(rest and not rest.endswith("\n")) + lines


def without_block(table: str, plan: Plan) -> str:
    """Return a crontab without a plan's block.

    Parameters
    ----------
    table : str
        The crontab as it is.
    plan : Plan
        The plan.

    Returns
    -------
    str
        All other lines are as they were.

    Raises
    ------
    ScheduleError
        If the block has no end: what follows may be somebody else's.
    """
    first, last = (f"{mark}\n" for mark in _marks(plan))
    lines = table.splitlines(keepends=True)
    if first not in lines:
        return table
    start = lines.index(first)
    ends = [i for i, line in enumerate(lines) if i > start and line.strip() == last.strip()]
    if not ends:
        raise ScheduleError(
            f"the crontab has no line {last.strip()!r} after {first.strip()!r}. Mend it: crontab -e"
        )
    return "".join([*lines[:start], *lines[ends[0] + 1 :]])


def read_table() -> str:
    """Return the user's crontab; empty if there is none.

    Raises
    ------
    ScheduleError
        If it cannot be read.
    """
    done = _crontab("-l")
    if done.returncode and "no crontab" not in done.stderr.lower():
        raise ScheduleError(
            f"the crontab cannot be read ({done.stderr.strip()}). See whether crontab -l works."
        )
    return "" if done.returncode else done.stdout


def write_table(table: str) -> None:
    """Replace the user's crontab.

    Raises
    ------
    ScheduleError
        If cron refuses it; the old one stays then.
    """
    done = _crontab("-", given=table)
    if done.returncode:
        raise ScheduleError(
            f"the crontab cannot be written ({done.stderr.strip()}). Add the lines with: crontab -e"
        )


def _crontab(argument: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["crontab", argument], input=given, capture_output=True, text=True, encoding="utf-8", check=False
        )
    except FileNotFoundError:
        raise ScheduleError(
            "there is no crontab on this machine. Install cron, or use --as systemd."
        ) from None


def _marks(plan: Plan) -> tuple[str, str]:
    return f"# svcq schedule begin: {plan.path}", f"# svcq schedule end: {plan.path}"
