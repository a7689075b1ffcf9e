"""What a run says while it works, and what a dry run lists."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from svcq_lib.reports.execute import Outcome
from svcq_lib.reports.ledger import Progress as Tell

if TYPE_CHECKING:
    from svcq_lib.reports.run import Summary

REASONS = {
    "new": "was not made yet",
    "failed": "failed last time",
    "changed": "what it is made from has changed",
    "format": "is not there in every format that is asked for",
    "files": "its files are not as they were written",
    "forced": "is asked for with --force",
    "previous": "the report of the period before is made again",
}


@contextlib.contextmanager
def shown(out: Console, err: Console) -> Iterator[Tell]:
    """Show the progress of a run.

    On a terminal that is a bar with reports finished, failed and begun, their rate and the time left; anywhere else
    one line per report as it is finished.

    Parameters
    ----------
    out : Console
        Where a line per report is written: at once, or under a bar at the end.
    err : Console
        Where the bar is drawn.

    Yields
    ------
    callable
        For ``run(progress=...)``.
    """
    if not err.is_terminal:
        yield lambda name, outcome: _line(out, outcome) if outcome else None
        return
    finished: list[Outcome] = []
    columns = ("{task.description}", "{task.fields[failed]}", "{task.fields[rate]}")
    text = [TextColumn(one, markup=False) for one in columns]  # names are data: no markup, no emoji
    parts = (text[0], BarColumn(), MofNCompleteColumn(), *text[1:], TimeRemainingColumn())
    with Progress(*parts, console=err, transient=True) as bar:
        yield _drawn(bar, finished)
    for one in finished:
        _line(out, one)


def _drawn(bar: Progress, finished: list[Outcome]) -> Tell:
    """Return what moves a bar."""
    task, started = bar.add_task("reports", total=0, failed="", rate=""), time.monotonic()
    begun: list[str] = []

    def tell(name: str, outcome: Outcome | None) -> None:
        if outcome is None:
            begun.append(name)
            bar.update(task, total=len(begun), description=name)
            return
        finished.append(outcome)
        failed = sum(one.status == "failed" for one in finished)
        rate = 60 * len(finished) / (time.monotonic() - started)
        bar.update(task, completed=len(finished), failed=f"{failed} failed", rate=f"{rate:.1f}/min")

    return tell


def _line(out: Console, one: Outcome) -> None:
    seconds = ", ".join(f"{part} {value:.1f} s" for part, value in one.seconds.items())
    out.print(f"{escape(one.name)}: {f'done ({seconds})' if one.status == 'done' else 'FAILED'}")


def listed(out: Console, summary: Summary) -> None:
    """Write what a dry run found as a table.

    Parameters
    ----------
    out : Console
        Where to.
    summary : Summary
        Of a dry run.
    """
    table = Table(*(Column(name, overflow="fold") for name in ("report", "", "why")))
    words = {"make": "to be made", "up_to_date": "up to date", "left_out": "left out"}
    for name, state, why in _rows(summary):
        table.add_row(escape(name), words[state], escape(REASONS.get(why, why)))
    out.print(table)
    out.print(
        f"{len(summary.due)} to be made, {len(summary.skipped)} up to date, {len(summary.left_out)} left out"
    )


def listed_as_json(out: Console, summary: Summary) -> None:
    """Write what a dry run found as lines of JSON with ``name``, ``state`` and ``why``.

    Parameters
    ----------
    out : Console
        Where to.
    summary : Summary
        Of a dry run.
    """
    for name, state, why in _rows(summary):
        line = {"name": name, "state": state, "why": why}
        out.print(json.dumps(line, ensure_ascii=False), markup=False, highlight=False)


def _rows(summary: Summary) -> Iterator[tuple[str, str, str]]:
    yield from ((name, "make", why) for name, why in summary.due.items())
    yield from ((name, "up_to_date", "") for name in summary.skipped)
    yield from ((name, "left_out", why) for name, why in summary.left_out.items())
