"""From a study to its reports: plan, skip what is unchanged, make the rest, keep a record."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from svcq_lib.errors import ReportError
from svcq_lib.formats import Lang
from svcq_lib.reports import batch, executors, keys, manifest, site
from svcq_lib.reports.execute import Outcome
from svcq_lib.reports.ledger import Ledger, Progress, red_figures
from svcq_lib.reports.lock import locked
from svcq_lib.reports.plan import Planned, plan
from svcq_lib.reports.preflight import require_levels
from svcq_lib.reports.publish import sweep
from svcq_lib.sources import contracts
from svcq_lib.sources.open import open_study
from svcq_lib.study import Study

ROUNDS = 3
"""How often a run starts over when its input is replaced under its hands."""
_Plan = tuple[Study, list[Planned], dict[str, str]]


@dataclass(frozen=True)
class Summary:
    """What a run did, or what a dry run would do.

    Attributes
    ----------
    outcomes : tuple of Outcome
        Reports made or failed in this run.
    skipped : tuple of str
        Reports that were up to date.
    index : Path
        The catalogue page.
    left_out : Mapping of str to str
        Reports that were not asked for by name and do not apply to the study, units and periods with too few
        answers, and why.
    due : Mapping of str to str
        Reports that had to be made, and why (see :func:`svcq_lib.reports.manifest.stale`).
    red : tuple of (str, str)
        Report and headline figure that misses its target, of all that were made or up to date.
    """

    outcomes: tuple[Outcome, ...]
    skipped: tuple[str, ...]
    index: Path
    left_out: Mapping[str, str] = field(default_factory=dict)
    due: Mapping[str, str] = field(default_factory=dict)
    red: tuple[tuple[str, str], ...] = ()

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Reports that could not be made."""
        return tuple(one for one in self.outcomes if one.status == "failed")


def run(
    study_path: str | Path,
    reports: Sequence[str] = (),
    *,
    parameters: Mapping[str, Any] | None = None,
    where: Mapping[str, str] | None = None,
    period: str | None = None,
    by: Sequence[str] = (),
    each: str | None = None,
    formats: Sequence[str] = ("html",),
    langs: Sequence[Lang] = (),
    out: str | Path | None = None,
    previous: str | Path | None = None,
    jobs: int = 1,
    executor: str | None = None,
    timeout: float | None = None,
    memory: float | None = None,
    force: bool = False,
    keep_going: bool = True,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Make reports of a study.

    Parameters
    ----------
    study_path : str or Path
        The study file, or its folder.
    reports : sequence of str
        Which reports; all by default.
    parameters : Mapping, optional
        Parameters of the notebooks; each must be known to at least one of the reports, and goes to those that
        know it.
    where : Mapping, optional
        Segment → level that rows are restricted to.
    period : str, optional
        Period of the reports.
    by : sequence of str
        Segments: one report per combination of their levels that has enough answers.
    each : {"month", "quarter", "year"}, optional
        One report per period of this length inside `period`, or inside the time that has answers.
    formats : sequence of str
        ``"html"`` and/or ``"pdf"``.
    langs : sequence of str
        ``"en"`` and/or ``"zh"``; the study's language by default.
    out : str or Path, optional
        Folder of the results; ``reports/NAME`` by default, with the name of the study's folder.
    previous : str or Path, optional
        Another folder of results in which the reports of the period before are looked up, beside `out`.
    jobs : int
        How many reports are made at a time.
    executor : str, optional
        Address of a Dask scheduler whose workers make the reports.
    timeout : float, optional
        Seconds that a report may take.
    memory : float, optional
        Megabytes that a report may use.
    force : bool
        Make reports even if nothing has changed.
    keep_going : bool
        Whether a report that fails stops no other.
    dry_run : bool
        Only tell what would be made, what is up to date and what is left out.
    progress : callable, optional
        Called with each report's name when it is its turn and, when it is finished, its outcome.

    Returns
    -------
    Summary
        What was made, skipped and failed.

    Raises
    ------
    StudyError, DataError, ParameterError
        Before anything is executed: the study, its data or a parameter is at fault.
    ReportError
        If the folder of the results cannot be written to or another run works in it, or if the input is replaced
        again and again while reports are made from it.
    KeyboardInterrupt
        If the run is stopped by Ctrl-C or SIGTERM: what was finished is kept, the message says how to go on.
    """

    def planned() -> _Plan:
        study = open_study(study_path).where(**(where or {})).during(period)
        require_levels(study)
        folder, spoken = _folder(out, study).resolve(), langs or (study.language,)
        todo, left_out = plan(study, reports, parameters or {}, formats, spoken, folder, by=by, each=each)
        return study, todo, left_out

    study, todo, left_out = planned()
    folder = _folder(out, study)
    ledger = Ledger(folder, keys.made_from(study), manifest.read(folder)["reports"])
    ledger.earlier = manifest.read(Path(previous))["reports"] if previous else {}
    ledger.force, ledger.keep_going, ledger.tell = force, keep_going, progress or ledger.tell
    if dry_run:
        contracts.check(study, keep=True).raise_for_errors()
        return _foreseen(ledger, todo, left_out)
    due = force or not all(map(ledger.current, todo))
    with executors.place(executor, min(jobs, len(todo)), timeout=timeout, memory=memory) as place:
        if due:  # kernels get ready while the tables are checked
            with _writing(folder):
                place.begin()
            contracts.check(study, keep=True).raise_for_errors()
        with _writing(folder):
            todo, left_out = _carried_out(ledger, (study, todo, left_out), place, planned)
    return _summary(ledger, todo, left_out)


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say what to do when files cannot be written."""
    try:
        yield
    except OSError as error:
        raise ReportError(
            f"the reports cannot be written to {folder} ({error.strerror or error}). "
            "Name another folder with --out (out= in Python), or free space and permit writing there."
        ) from error


def _folder(out: str | Path | None, study: Study) -> Path:
    return Path(out) if out else Path("reports") / study.root.name


def _summary(ledger: Ledger, todo: Sequence[Planned], left_out: Mapping[str, str]) -> Summary:
    names = {one.job.name for one in todo}
    return Summary(
        tuple(ledger.outcomes.values()),
        tuple(ledger.skipped),
        ledger.out / "index.html",
        left_out,
        ledger.due,
        red_figures(ledger.entries, names),
    )


def _foreseen(ledger: Ledger, todo: Sequence[Planned], left_out: Mapping[str, str]) -> Summary:
    """Return what a run would do; a report is made again, too, if the one that it compares itself with may change."""
    for one in todo:
        new = one.job.name not in ledger.entries  # its rows need not be read to know that
        reason = "new" if new else ledger.due_of(one)[1] or ("previous" if one.before in ledger.due else "")
        if reason:
            ledger.due[one.job.name] = reason
        else:
            ledger.skipped.append(one.job.name)
    return _summary(ledger, todo, left_out)


def _carried_out(
    ledger: Ledger, first: _Plan, place: executors.Place, planned: Callable[[], _Plan]
) -> tuple[list[Planned], dict[str, str]]:
    """Make what is due, again where the input is replaced meanwhile; return the plan as it was at last."""
    folder, (study, todo, left_out) = ledger.out, first
    folder.mkdir(parents=True, exist_ok=True)
    with batch.stoppable() as stopped, locked(folder):
        manifest.begin(folder)
        sweep(folder)
        ledger.entries = manifest.read(folder)["reports"]
        try:
            for _ in range(ROUNDS):
                batch.carry_out(todo, place, ledger.decide, ledger.settle)
                if not ledger.replaced:
                    break
                study, todo, left_out = planned()
                contracts.check(study, keep=True).raise_for_errors()
                ledger.begin_again(keys.made_from(study))
            else:
                raise ReportError(
                    f"the input was replaced {ROUNDS} times while reports were made from it. What was finished "
                    "before is kept. Run the same command again when nobody writes to the tables any more."
                )
        except BaseException as error:
            if not (stopped.is_set() or isinstance(error, KeyboardInterrupt)):
                raise
            kept = len(ledger.skipped) + len(ledger.outcomes)
            raise KeyboardInterrupt(
                f"stopped. {kept} of {len(todo)} reports are finished and kept; run the same command again to make "
                "the others."
            ) from None
        finally:
            sweep(folder, own=True)
            if ledger.noted or not (folder / "index.html").is_file():
                site.write_index(folder, manifest.read(folder), study)
    return todo, left_out


def default_jobs() -> int:
    """Return how many reports are made at a time unless said otherwise: one per core, at most four."""
    return max(1, min(4, os.cpu_count() or 1))
