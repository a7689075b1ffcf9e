"""The command line of schedules: show, install, run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from svcq_lib.errors import ScheduleError, require_choice

if TYPE_CHECKING:
    from svcq_lib.reports.schedule_install import Options
    from svcq_lib.reports.schedule_plan import Plan

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Make reports of every period unattended, and tell people what changed.\n\n"
    "Example: `svcq schedule show plan.toml`",
)
out_console = Console(soft_wrap=True, emoji=False)  # env:A: is no picture
err_console = Console(stderr=True, soft_wrap=True, emoji=False)
CLOSED_SHOWN = 6
STOPPED = 130
_PLAN = typer.Argument(help="Plan file, such as plan.toml.")


@app.command()
def show(plan: Annotated[Path, _PLAN]) -> None:
    """Show which periods are done, waiting, due or missed, and the next runs.

    Example: `svcq schedule show plan.toml`. Makes nothing.
    """
    from svcq_lib.reports.schedule import current_time
    from svcq_lib.reports.schedule_overview import addresses, standings
    from svcq_lib.reports.schedule_plan import read_plan
    from svcq_lib.reports.schedule_times import next_runs

    read = read_plan(plan)
    now = current_time()
    every = standings(read, now)
    closed = [one for one in every if one.status in ("done", "empty", "removed")]
    table = Table(*(Column(name, overflow="fold") for name in ("period", "due", "status", "note")))
    for one in every:
        if one not in closed[:-CLOSED_SHOWN]:
            table.add_row(one.period, f"{one.due:%Y-%m-%d %H:%M %Z}", one.status, escape(one.note))
    for due, period in next_runs(read, now):
        table.add_row(period.name, f"{due:%Y-%m-%d %H:%M %Z}", "next")
    out_console.print(table)
    for where, missing in addresses(read).items():
        out_console.print(f"{escape(where)}: {escape(missing) or 'is there'}")


@app.command()
def install(
    plan: Annotated[Path, _PLAN],
    kind: Annotated[str, typer.Option("--as", help="systemd, cron or github-actions.")],
    write: Annotated[
        bool, typer.Option("--write", help="Write it; without this it is only printed.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Remove what --write has written.")] = False,
    user: Annotated[
        bool, typer.Option("--user", help="systemd: for this user, not for the machine.")
    ] = False,
    env_file: Annotated[
        Path | None, typer.Option(help="cron, systemd: file with NAME=value lines that hold the addresses.")
    ] = None,
    fail_on: Annotated[str | None, typer.Option("--fail-on", help="red: see svcq schedule run.")] = None,
) -> None:
    """Print, write or remove the entry that calls a plan every day.

    Example: `svcq schedule install plan.toml --as systemd --user --write`
    """
    from svcq_lib.reports.schedule_install import Options
    from svcq_lib.reports.schedule_plan import read_plan

    require_choice("--as", kind, ("systemd", "cron", "github-actions"))
    if write and remove:
        raise ScheduleError("--write and --remove are opposites. Give one of them.")
    options = Options(user, env_file and env_file.resolve(), _red(fail_on))
    act = _cron if kind == "cron" else _files
    act(kind, read_plan(plan), options, write=write, remove=remove)


def _cron(kind: str, plan: Plan, options: Options, *, write: bool, remove: bool) -> None:
    """Print, write or remove a block of the crontab."""
    from svcq_lib.reports import schedule_cron
    from svcq_lib.reports.schedule import current_time

    lines = schedule_cron.block(plan, options, current_time())
    if write:
        schedule_cron.write_table(schedule_cron.with_block(schedule_cron.read_table(), plan, lines))
    elif remove:
        table = schedule_cron.read_table()
        rest = schedule_cron.without_block(table, plan)
        if rest != table:
            schedule_cron.write_table(rest)
        out_console.print("Nothing to remove." if rest == table else "Removed from the crontab.")
        return
    typer.echo(lines, nl=False)


def _files(kind: str, plan: Plan, options: Options, *, write: bool, remove: bool) -> None:
    """Print, write or remove systemd units or a workflow."""
    from svcq_lib.reports import schedule_actions, schedule_install, schedule_systemd
    from svcq_lib.reports.schedule import current_time

    systemd = kind == "systemd"
    if systemd:
        files = schedule_systemd.files_of(plan, options)
    else:
        files = schedule_actions.files_of(plan, options, current_time())
    if remove:
        removed = schedule_install.remove(files)
        out_console.print(
            "\n".join(f"Removed {escape(str(path))}" for path in removed) or "Nothing to remove."
        )
        steps = schedule_systemd.last_steps(plan, options) if systemd and removed else []
    elif write:
        schedule_install.write(files)
        out_console.print("\n".join(f"Wrote {escape(str(path))}" for path in files))
        steps = schedule_systemd.next_steps(plan, options) if systemd else ["git add, commit and push it"]
    else:
        typer.echo("\n".join(f"# {path}\n{text}" for path, text in files.items()))
        steps = []
    for step in steps:
        out_console.print(f"Next: {escape(step)}")


@app.command()
def run(
    plan: Annotated[Path, _PLAN],
    due: Annotated[bool, typer.Option("--due", help="Every period that is due and not done.")] = False,
    period: Annotated[str | None, typer.Option(help="This period, due or not, done or not.")] = None,
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", help="red: exit code 3 if a headline figure misses its target.")
    ] = None,
) -> None:
    """Make what is due, oldest first, and tell people; a second call does nothing.

    Example: `svcq schedule run --due plan.toml --fail-on red`

    Exit codes: 0 done or waiting for data, 1 a report or a message failed, 2 wrong plan, study or data, 3 a figure is
    red (with `--fail-on red`), 130 stopped.
    """
    from svcq_lib.reports import progress
    from svcq_lib.reports.schedule import run_due
    from svcq_lib.reports.schedule_plan import read_plan
    from svcq_lib.reports.schedule_result import lines_of

    if due == (period is not None):
        raise ScheduleError("give either --due (every period that is due) or --period (one of them).")
    fail_on_red, read = _red(fail_on), read_plan(plan)
    try:
        with progress.shown(out_console, err_console) as tell:
            result = run_due(read, only=period, progress=tell)
    except KeyboardInterrupt as stopped:
        err_console.print(escape(str(stopped) or "stopped; what was finished is kept"))
        raise typer.Exit(STOPPED) from None
    if result.busy:
        out_console.print(escape(result.busy))
    for one in result.tried:
        console = err_console if one.status in ("failed", "late") else out_console
        console.print("\n".join(escape(line) for line in lines_of(one)))
    for line in result.sent:
        out_console.print(escape(f"sent: {line}"))
    for line in result.undelivered:
        err_console.print(escape(f"not sent: {line}"))
    for name in result.removed:
        out_console.print(escape(f"removed: {name}"))
    if code := result.exit_code(fail_on_red=fail_on_red):
        for line in (line for one in result.tried for line in one.red if code == 3):
            err_console.print(escape(f"red: {line}"))
        raise typer.Exit(code)


def _red(fail_on: str | None) -> bool:
    if fail_on is not None:
        require_choice("--fail-on", fail_on, ("red",))
    return fail_on is not None
