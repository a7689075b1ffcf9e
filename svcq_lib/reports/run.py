"""From a study to its reports: plan, skip what is unchanged, make the rest, keep a record."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from svcq_lib import __version__
from svcq_lib.errors import ParameterError, ReportError, require_choice
from svcq_lib.reports import manifest, site
from svcq_lib.reports.execute import RENDERED, Job, Outcome, failed, make
from svcq_lib.reports.parameters import parameters_of, validate
from svcq_lib.reports.preflight import require_levels, require_parameters
from svcq_lib.reports.publish import digest, sweep
from svcq_lib.reports.resources import notebook_of, topics
from svcq_lib.sources import connect, contracts
from svcq_lib.sources.open import open_study
from svcq_lib.study import Study

Progress = Callable[[str, Outcome | None], None]
_SET_BY_RUN = ("study", "lang", "save_to")
KILLED = "the process that made the report was killed; it may have run out of memory"


@dataclass(frozen=True)
class Summary:
    """What a run did.

    Attributes
    ----------
    outcomes : tuple of Outcome
        Reports made or failed in this run.
    skipped : tuple of str
        Reports that were up to date.
    index : Path
        The catalogue page.
    left_out : Mapping of str to str
        Reports that were not asked for by name and do not apply to the study, and why.
    """

    outcomes: tuple[Outcome, ...]
    skipped: tuple[str, ...]
    index: Path
    left_out: Mapping[str, str] = field(default_factory=dict)

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
    formats: Sequence[str] = ("html",),
    langs: Sequence[str] = (),
    out: str | Path | None = None,
    jobs: int = 1,
    force: bool = False,
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
    formats : sequence of str
        ``"html"`` and/or ``"pdf"``.
    langs : sequence of str
        ``"en"`` and/or ``"zh"``; the study's language by default.
    out : str or Path, optional
        Folder of the results; ``reports/NAME`` by default, with the name of the study's folder.
    jobs : int
        How many reports are made at a time.
    force : bool
        Make reports even if nothing has changed.
    progress : callable, optional
        Called with each report's name and, when it is finished, its outcome.

    Returns
    -------
    Summary
        What was made, skipped and failed.

    Raises
    ------
    StudyError, DataError, ParameterError
        Before anything is executed: the study, its data or a parameter is at fault.
    ReportError
        If the folder of the results cannot be written to.
    """
    study = open_study(study_path).where(**(where or {})).during(period)
    checked = contracts.check(study)
    checked.raise_for_errors()
    require_levels(study)
    folder = Path(out) if out else Path("reports") / study.root.name
    planned, left_out = plan(
        study, reports, parameters or {}, formats, langs or (study.language,), folder.resolve()
    )
    try:
        return replace(_carried_out(study, planned, folder, jobs, force, progress), left_out=left_out)
    except OSError as error:
        raise ReportError(
            f"the reports cannot be written to {folder} ({error.strerror or error}). "
            "Name another folder with --out (out= in Python), or free space and permit writing there."
        ) from error


def _carried_out(
    study: Study, planned: Sequence[Job], folder: Path, jobs: int, force: bool, progress: Progress | None
) -> Summary:
    """Make what is not up to date, and record it after each report."""
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    before = manifest.read(folder)["reports"]
    todo = [
        _with_earlier_formats(job, before.get(job.name))
        for job in planned
        if force or not manifest.unchanged(folder, before.get(job.name), job.key, job.formats)
    ]
    outcomes: list[Outcome] = []
    for outcome in _made(todo, jobs, progress):
        outcomes.append(outcome)
        manifest.write(folder, facts_of(study), outcomes)
    whole = manifest.write(folder, facts_of(study), outcomes)
    index = site.write_index(folder, whole, study)
    made = {job.name for job in todo}
    return Summary(tuple(outcomes), tuple(job.name for job in planned if job.name not in made), index)


def _with_earlier_formats(job: Job, entry: Mapping[str, Any] | None) -> Job:
    """Add the formats that the same report was made in before, so that none is lost."""
    return replace(job, formats=tuple(dict.fromkeys((*job.formats, *manifest.formats_of(entry, job.key)))))


def facts_of(study: Study) -> dict[str, Any]:
    """Return what the manifest says of a study: no address, no credential."""
    prints = {
        name: connect.fingerprint(study.tables[name], study.root, name=name) for name in study.used_tables
    }
    return {
        "name": study.name.text("en"),
        "file": study.path.name,
        "fingerprints": {study.path.name: digest(study.path), **prints},
    }


def plan(
    study: Study,
    reports: Sequence[str],
    parameters: Mapping[str, Any],
    formats: Sequence[str],
    langs: Sequence[str],
    out: Path,
) -> tuple[list[Job], dict[str, str]]:
    """Return the reports to make, every parameter checked, and those that do not apply to the study.

    Parameters
    ----------
    study : Study
        The study with its filters and period.
    reports : sequence of str
        Which reports; all if empty.
    parameters : Mapping
        Parameters of the notebooks.
    formats, langs : sequence of str
        What to render, in which languages.
    out : Path
        Folder of the results.

    Returns
    -------
    jobs : list of Job
        One per report and language.
    left_out : dict of str to str
        Report → why it does not apply, for reports that were not asked for by name.

    Raises
    ------
    ParameterError
        If a report, format, language or parameter is unknown or of the wrong type, if a report that is asked for by
        name does not apply to the study, or if none does.
    """
    if not formats:
        raise ParameterError(f"no format is named. Choose from {', '.join(RENDERED)}.")
    for form in formats:
        require_choice("format", form, tuple(RENDERED))
    for lang in langs:
        require_choice("lang", lang, ("en", "zh"))
    chosen = list(dict.fromkeys(reports)) or topics()
    own = {"where": dict(study.filters), "period": study.period}
    given = _distributed(chosen, parameters)
    shared = {
        "facts": facts_of(study),
        "code": manifest.code_fingerprint(),
        "version": __version__,
        "versions": manifest.versions(),
    }
    jobs: list[Job] = []
    left_out: dict[str, str] = {}
    for topic in chosen:
        defaults = {
            name: one.default for name, one in parameters_of(topic).items() if name not in _SET_BY_RUN
        }
        values = validate(topic, {**defaults, **own, **given[topic]})
        if not reports and (why := _inapplicable(study, topic, {**defaults, **own})):
            left_out[topic] = why
            continue
        require_parameters(study, topic, values)
        for lang in dict.fromkeys(langs):
            key = manifest.key_of(notebook=digest(notebook_of(topic)), lang=lang, parameters=values, **shared)
            jobs.append(Job(topic, lang, study.path, values, tuple(formats), out, key))  # type: ignore[arg-type]
    if not jobs:
        raise ParameterError("no report applies to this study:\n" + "\n".join(left_out.values()))
    return jobs, left_out


def _inapplicable(study: Study, topic: str, defaults: Mapping[str, Any]) -> str:
    """Return why a report cannot be made of a study, whatever its parameters; empty if it can."""
    try:
        require_parameters(study, topic, defaults)
    except ParameterError as error:
        return str(error)
    return ""


def _distributed(chosen: Sequence[str], parameters: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return each report's share of the parameters; a name that none of them knows is an error."""
    reserved = {*_SET_BY_RUN, "where", "period"} & set(parameters)
    if reserved:
        raise ParameterError(f"{sorted(reserved)[0]!r} is set by the run itself. Use its own option.")
    given: dict[str, dict[str, Any]] = {
        topic: {name: value for name, value in parameters.items() if name in parameters_of(topic)}
        for topic in chosen
    }
    for name in parameters:
        if not any(name in values for values in given.values()):
            validate(chosen[0], {name: parameters[name]})
    return given


def _made(todo: Sequence[Job], jobs: int, progress: Progress | None) -> Iterator[Outcome]:
    """Make reports, one after the other or in processes of their own."""
    tell = progress or (lambda name, outcome: None)
    if jobs <= 1 or len(todo) <= 1:
        for job in todo:
            tell(job.name, None)
            outcome = make(job)
            tell(job.name, outcome)
            yield outcome
        return
    for job in todo:
        tell(job.name, None)
    lost = list(todo)
    for job, outcome in _pooled(todo, jobs):
        lost.remove(job)
        tell(job.name, outcome)
        yield outcome
    # a worker that is killed takes the whole pool with it: whose fault it was shows when each has its own
    for job in lost:
        outcome = next((one for _, one in _pooled([job], 1)), None) or failed(job, KILLED)
        tell(job.name, outcome)
        yield outcome


def _pooled(todo: Sequence[Job], jobs: int) -> Iterator[tuple[Job, Outcome]]:
    """Make reports in processes; those whose process was killed are left out."""
    # spawn: a forked copy of a process with threads (polars, BLAS) may hang
    with ProcessPoolExecutor(min(jobs, len(todo)), mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = {}
        with contextlib.suppress(BrokenProcessPool):
            for job in todo:
                futures[pool.submit(make, job)] = job
        for future in as_completed(futures):
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                continue
            job = futures[future]
            yield job, failed(job, f"{type(error).__name__}: {error}") if error else future.result()


def default_jobs() -> int:
    """Return how many reports are made at a time unless said otherwise: one per core, at most four."""
    return max(1, min(4, os.cpu_count() or 1))
