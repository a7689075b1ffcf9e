"""Entries that call a plan every day: a block of the crontab, systemd units, a GitHub Actions workflow.

Every entry calls ``svcq schedule run --due`` once a day at the plan's time, not only on the days on which a period is
due: the call does nothing where nothing is due, and catches up on what a machine that was off has missed.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from svcq_lib.errors import ScheduleError
from svcq_lib.reports.publish import put
from svcq_lib.reports.schedule_plan import Plan

Kind = Literal["systemd", "cron", "github-actions"]


@dataclass(frozen=True)
class Options:
    """How an entry calls a plan.

    Attributes
    ----------
    user : bool
        For systemd: units of the user, not of the machine.
    env_file : Path or None
        A file with lines ``NAME=value`` that hold the plan's addresses; for cron and systemd.
    fail_on_red : bool
        Whether a figure that misses its target ends the call with exit code 3.
    """

    user: bool = False
    env_file: Path | None = None
    fail_on_red: bool = False


def command_of(plan: Plan, options: Options) -> list[str]:
    """Return the command of an entry, with absolute paths.

    Parameters
    ----------
    plan : Plan
        The plan.
    options : Options
        How it is called.

    Returns
    -------
    list of str
        Program and arguments, not quoted.

    Raises
    ------
    ScheduleError
        If a path holds a line break, which no entry can.
    """
    beside = Path(sys.executable).with_name("svcq")
    program = [str(beside)] if beside.is_file() else [sys.executable, "-m", "svcq_lib.cli"]
    found = [*program, *arguments_of(str(plan.path), options)]
    for one in (*found, str(options.env_file or "")):
        if re.search(r"[\r\n]", one):
            raise ScheduleError(f"{one!r} holds a line break. Rename the folder or the file.")
    return found


def arguments_of(plan: str, options: Options) -> list[str]:
    """Return the arguments of ``svcq`` for the path of a plan."""
    return ["schedule", "run", "--due", plan, *(["--fail-on", "red"] if options.fail_on_red else [])]


def slug_of(path: Path) -> str:
    """Return a name for the units of a plan file: its own name and a hash of where it lies."""
    stem = re.sub(r"[^A-Za-z0-9_]+", "-", path.stem).strip("-") or "plan"
    return f"svcq-{stem}-{hashlib.sha256(path.as_posix().encode()).hexdigest()[:8]}"


def marked(path: Path) -> str:
    """Return the first line of every file that is written for a plan file."""
    return f"# Written by svcq schedule install for {path.as_posix()}"


def write(files: Mapping[Path, str]) -> None:
    """Write the files of an entry.

    Parameters
    ----------
    files : Mapping of Path to str
        What to write; each begins with a line that says for which plan (:func:`marked`).

    Raises
    ------
    ScheduleError
        If one is there that was not written for this plan: nothing is written then.
    """
    for path, text in files.items():
        _require_own(path, text)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, text)


def remove(files: Mapping[Path, str]) -> list[Path]:
    """Remove the files of an entry.

    Parameters
    ----------
    files : Mapping of Path to str
        What would be written.

    Returns
    -------
    list of Path
        Those that were there.

    Raises
    ------
    ScheduleError
        If one was not written for this plan: nothing is removed then.
    """
    there = [path for path in files if path.exists()]
    for path in there:
        _require_own(path, files[path])
    for path in there:
        path.unlink()
    return there


def _require_own(path: Path, text: str) -> None:
    mark = text.partition("\n")[0]
    if path.exists() and path.read_text(encoding="utf-8", errors="replace").partition("\n")[0] != mark:
        raise ScheduleError(
            f"{path} does not begin with {mark!r}: it is not ours, and is left alone. Move it away or rename the plan."
        )
