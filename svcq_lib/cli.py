"""The command line: thin verbs over the library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from svcq_lib import __version__, cli_schedule
from svcq_lib.errors import ParameterError, SvcqError, require_choice
from svcq_lib.reports import lean

if TYPE_CHECKING:
    from svcq_lib.reports.run import Summary

DONE, FAILED, WRONG, RED, STOPPED = 0, 1, 2, 3, 130
MOST_LISTED = 20
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
    help="Service-quality analytics: from a study file to reports.\n\n"
    "Example: `svcq demo d && svcq run d/study.toml gaps --to html,pdf`",
)
out_console = Console(soft_wrap=True, emoji=False)  # a unit may be called :smile:
err_console = Console(stderr=True, soft_wrap=True, emoji=False)


def main() -> None:
    """Run the command line; an error of svcq ends with its message and exit code 2."""
    lean.spare_grammars()
    try:
        app()
    except SvcqError as error:
        _stop(str(error))
    except OSError as error:
        _stop(f"{error}. Name a file or folder that exists and that you may read and write.")


def _stop(message: str) -> NoReturn:
    err_console.print(f"[bold red]error:[/] {escape(message)}")
    raise SystemExit(WRONG)


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    found = {}
    for text in given or []:
        name, mark, value = text.partition("=")
        if not mark or not name:
            raise ParameterError(f"{option} {text!r} is not NAME=VALUE.")
        found[name.strip()] = value
    return found


def _words(given: str | None) -> list[str]:
    return [part.strip() for part in (given or "").split(",") if part.strip()]


def _version(asked: bool) -> None:
    if asked:
        out_console.print(f"svcq {__version__}")
        raise typer.Exit


app.add_typer(cli_schedule.app, name="schedule")


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    seed: Annotated[int, typer.Option(help="Seed of the simulation.")] = 20250101,
    responses: Annotated[int, typer.Option(help="Number of respondents.")] = 12000,
) -> None:
    """Write the demonstration study.

    Example: `svcq demo my-demo`
    """
    from svcq_lib.sources.demo import write_demo

    path = write_demo(directory, seed=seed, n_responses=responses)
    out_console.print(f"Wrote {escape(str(path))}. Next: svcq run {escape(str(path))}")


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="Folder for the study file.")],
    data: Annotated[Path, typer.Option("--data", help="Table with one row per respondent.")],
) -> None:
    """Write a commented starter study for a table, guessing what its columns are.

    Example: `svcq init my-study --data answers.csv`
    """
    from svcq_lib.sources.init import init_study

    report = init_study(directory, data)
    out_console.print(escape(report.to_text()))


@app.command()
def check(study: Annotated[Path, typer.Argument(help="Study file, or its folder.")]) -> None:
    """Check the study file and every table; report all problems at once.

    Example: `svcq check data/demo/study.toml`. Exit code 0 if there is no error, 2 otherwise. Writes nothing.
    """
    from svcq_lib.sources.contracts import check as check_study

    report = check_study(study)
    out_console.print(escape(report.to_text()))
    if not report.ok:
        raise typer.Exit(WRONG)


@app.command("list")
def list_reports() -> None:
    """List the reports and the question that each answers.

    Example: `svcq list`
    """
    import nbformat

    from svcq_lib.reports.resources import notebook_of, topics

    table = Table("report", "question")
    for topic in topics():
        cells = nbformat.read(notebook_of(topic), as_version=4).cells
        table.add_row(topic, escape(cells[0].source.splitlines()[0].lstrip("# ")))
    out_console.print(table)


@app.command()
def params(report: Annotated[str, typer.Argument(help="Name of a report.")]) -> None:
    """List the parameters of a report.

    Example: `svcq params drivers`
    """
    from svcq_lib.reports.parameters import parameters_of

    table = Table(*(Column(name, overflow="fold") for name in ("parameter", "type", "default", "meaning")))
    for one in parameters_of(report).values():
        table.add_row(one.name, escape(one.type_name), escape(repr(one.default)), escape(one.help))
    out_console.print(table)


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="Study file, or its folder.")],
    reports: Annotated[list[str] | None, typer.Argument(help="Reports to make; all by default.")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("-p", "--parameter", help="NAME=VALUE of a report.")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", help="SEGMENT=LEVEL to restrict rows to.")
    ] = None,
    period: Annotated[
        str | None, typer.Option(help="2026, 2026-Q3, 2026-07, or a range FIRST..LAST.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Segments, by comma: one report per combination of their levels.")
    ] = None,
    each: Annotated[
        str | None, typer.Option(help="month, quarter or year: one report per period inside --period.")
    ] = None,
    to: Annotated[str, typer.Option("--to", help="html, pdf or both, by comma.")] = "html",
    lang: Annotated[
        str | None, typer.Option(help="en, zh or both, by comma; the study's by default.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the results; reports/NAME by default.")] = None,
    previous: Annotated[
        Path | None, typer.Option(help="Another folder of results with the reports of the period before.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Reports made at a time; one per core, at most 4.")] = None,
    executor: Annotated[
        str | None, typer.Option(help="tcp://HOST:PORT of a Dask scheduler whose workers make the reports.")
    ] = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds that a report may take.")] = None,
    memory: Annotated[float | None, typer.Option(help="Megabytes that a report may use.")] = None,
    keep_going: Annotated[
        bool, typer.Option("--keep-going/--fail-fast", help="Whether a report that fails stops no other.")
    ] = True,
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", help="red: exit code 3 if a headline figure misses its target.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Make reports even if nothing has changed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be made.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="List it as lines of JSON.")] = False,
) -> None:
    """Make reports. Those whose data, parameters and versions have not changed are not made again.

    Example: `svcq run data/demo/study.toml gaps drivers --period 2026-Q2 --to html,pdf --lang en,zh`

    Example: `svcq run data/demo/study.toml scores --by branch --period 2025-01..2025-12 --each month --jobs 4`

    Exit codes: 0 done, 1 a report failed, 2 wrong usage or data, 3 a figure is red (with `--fail-on red`), 130 stopped.
    """
    from svcq_lib.reports import progress
    from svcq_lib.reports.run import default_jobs
    from svcq_lib.reports.run import run as run_reports

    if fail_on is not None:
        require_choice("--fail-on", fail_on, ("red",))
    if as_json and not dry_run:
        raise ParameterError("--json lists what --dry-run finds. Give both.")
    try:
        with progress.shown(out_console, err_console) as tell:
            summary = run_reports(
                study,
                reports or (),
                parameters=_typed(reports, _pairs(parameter, "-p")),
                where=_pairs(where, "--where"),
                period=period,
                by=_words(by),
                each=each,
                formats=_words(to),
                langs=_words(lang),  # type: ignore[arg-type]  # the run checks them
                out=out,
                previous=previous,
                jobs=jobs or default_jobs(),
                executor=executor,
                timeout=timeout,
                memory=memory,
                force=force,
                keep_going=keep_going,
                dry_run=dry_run,
                progress=tell,
            )
    except KeyboardInterrupt as stopped:
        err_console.print(escape(str(stopped) or "stopped before any report was begun"))
        raise typer.Exit(STOPPED) from None
    if dry_run:
        (progress.listed_as_json if as_json else progress.listed)(out_console, summary)
        return
    _finished(summary, fail_on)


def _finished(summary: Summary, fail_on: str | None) -> None:
    """Say what a run did, and end with its exit code."""
    for name, why in summary.left_out.items():
        out_console.print(f"{escape(name)}: left out. {escape(why)}")
    if len(summary.skipped) > MOST_LISTED:
        out_console.print(f"{len(summary.skipped)} reports: up to date")
    else:
        for name in summary.skipped:
            out_console.print(f"{escape(name)}: up to date")
    for one in summary.failed:
        err_console.print(f"[bold red]{escape(one.name)} failed:[/] {escape(one.error)}")
    out_console.print(f"Open {escape(str(summary.index))}")
    if summary.failed:
        raise typer.Exit(FAILED)
    if fail_on and summary.red:
        for name, label in summary.red:
            err_console.print(f"[bold red]red:[/] {escape(label)} ({escape(name)})")
        raise typer.Exit(RED)


def _typed(reports: list[str] | None, given: dict[str, str]) -> dict[str, Any]:
    """Return parameters in the type that the first report which knows them declares."""
    from svcq_lib.reports.parameters import from_text, parameters_of
    from svcq_lib.reports.resources import topics

    chosen = reports or topics()
    found: dict[str, Any] = {}
    for name, text in given.items():
        home = next((topic for topic in chosen if name in parameters_of(topic)), chosen[0])
        found |= from_text(home, {name: text})
    return found


@app.command()
def lab(
    directory: Annotated[Path, typer.Argument(help="Folder to work in.")] = Path("notebooks"),
) -> None:
    """Open JupyterLab on the report notebooks, copied to a folder unless they are there already.

    Example: `svcq lab`
    """
    import shutil

    from svcq_lib.reports.resources import notebooks_dir

    directory.mkdir(parents=True, exist_ok=True)
    for path in notebooks_dir().glob("*.ipynb"):
        if not (directory / path.name).exists():
            shutil.copy(path, directory / path.name)
    raise typer.Exit(subprocess.call([sys.executable, "-m", "jupyterlab", str(directory)]))


if __name__ == "__main__":
    main()
