"""One report: execute its notebook with papermill, render it, and put the files in place whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from svcq_lib.errors import ReportError
from svcq_lib.formats import Lang
from svcq_lib.reports.executed import cell_name, cover_of, tidy
from svcq_lib.reports.failure import failure_page
from svcq_lib.reports.kernels import KernelLostError, Kernels, watched
from svcq_lib.reports.parameters import parameters_of
from svcq_lib.reports.publish import publish, sweep
from svcq_lib.reports.resources import notebook_of
from svcq_lib.reports.titles import title_of
from svcq_lib.sources.cache import unfinished

LONGEST_NAME = 60
RENDERED = {"html": ".html", "pdf": ".pdf"}


@dataclass(frozen=True)
class Job:
    """One report to make.

    Attributes
    ----------
    topic, lang : str
        Which report, in which language.
    study : Path
        The study file.
    parameters : Mapping
        Every checked parameter of the notebook, without study, language and folder.
    formats : tuple of str
        ``"html"`` and/or ``"pdf"``.
    out : Path
        Folder of the results.
    key : str
        Hash of everything that the report depends on.
    inputs : Mapping
        What the key was made of, for the record.
    previous : Mapping, optional
        Headline figures of the report before this one, for notebooks that compare with it.
    """

    topic: str
    lang: Lang
    study: Path
    parameters: Mapping[str, Any]
    formats: tuple[str, ...]
    out: Path
    key: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    previous: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """Name of the report's files: topic, unit and period if there are any, language."""
        where, period = sorted((self.parameters.get("where") or {}).items()), self.parameters.get("period")
        parts = [f"{segment}-{level}" for segment, level in where] + ([period] if period else [])
        text = "_".join(parts)
        if any("-" in segment or segment[:1].isdigit() or "_" in level for segment, level in where):
            text = json.dumps([*where, period], ensure_ascii=False)  # another unit might be called the same
        return "_".join([self.topic, *([safe_name(text)] if parts else []), self.lang])


def safe_name(text: str) -> str:
    """Return a text as part of a file name on any system.

    Parameters
    ----------
    text : str
        A unit or a period; unit names may hold ``../`` or be very long.

    Returns
    -------
    str
        Letters, digits, ``-``, ``_`` and single dots; with a short hash where that lost something.
    """
    kept = re.sub(r"\.{2,}", "-", re.sub(r"[^\w.-]+", "-", text)).strip(".-")[:LONGEST_NAME]
    return kept if kept == text else f"{kept}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass
class Outcome:
    """What became of a job: the entry that the manifest keeps."""

    name: str
    topic: str
    lang: str
    status: str
    key: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    unit: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    period: str = ""
    error: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    base: Mapping[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0.0
    figures: list[dict[str, Any]] = field(default_factory=list)
    data_notes: list[str] = field(default_factory=list)
    changes: list[Any] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)

    def as_entry(self) -> dict[str, Any]:
        """Return the entry as plain data."""
        return asdict(self)


def make(job: Job, kernel: Kernels | None = None) -> Outcome:
    """Make one report.

    Parameters
    ----------
    job : Job
        What to make.
    kernel : Kernels, optional
        How its kernel is started and what it may use (see ``kernels.server``); an ordinary one without limits by
        default. A kernel that is lost, through no fault of the notebook's, is tried once more as an ordinary one.

    Returns
    -------
    Outcome
        With status ``"done"`` or ``"failed"``; a failure leaves a page that says which cell failed and why.
    """
    kernel = kernel or Kernels()
    try:
        return _made(job, kernel)
    except KernelLostError:
        kernel = replace(kernel, server="")
    except Exception as error:  # a report that fails must not stop the others
        return failed(job, str(error) or type(error).__name__)
    try:
        return _made(job, kernel)
    except Exception as error:
        return failed(job, str(error) or type(error).__name__)


def _made(job: Job, kernel: Kernels) -> Outcome:
    outcome = _outcome(job, "done")
    partial = unfinished(job.out, job.name)
    with _cleared(partial):
        with watched(kernel) as (arguments, watch):
            notebook = _execute(job, partial, outcome, arguments)
            outcome.peak_mb = watch.peak_mb
        for form in job.formats:
            watch.check_time()
            _render(job, form, notebook, partial, outcome)
        outcome.outputs = publish(job.out, job.name, partial)
    return outcome


def failed(job: Job, reason: str) -> Outcome:
    """Publish the page that says why a report could not be made, in place of what was begun and of an older report.

    Parameters
    ----------
    job : Job
        What was to be made.
    reason : str
        Which cell failed and why.

    Returns
    -------
    Outcome
        With status ``"failed"``.
    """
    sweep(job.out)
    partial = unfinished(job.out, job.name)
    outcome = _outcome(job, "failed")
    outcome.error = reason
    with _cleared(partial):
        (partial / f"{job.name}.html").write_bytes(failure_page(job.topic, job.lang, reason).encode("utf-8"))
        outcome.outputs = publish(job.out, job.name, partial)
    return outcome


@contextlib.contextmanager
def _cleared(partial: Path) -> Iterator[None]:
    """Make a folder for what is not finished, and remove it if it does not get finished."""
    try:
        partial.mkdir(parents=True)
        yield
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _outcome(job: Job, status: str) -> Outcome:
    where = dict(job.parameters.get("where") or {})
    return Outcome(
        job.name,
        job.topic,
        job.lang,
        status,
        job.key,
        job.inputs,
        where=where,
        parameters=dict(job.parameters),
    )


def _execute(job: Job, partial: Path, outcome: Outcome, arguments: Mapping[str, Any]) -> Any:
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    started = time.perf_counter()
    root = job.study.parent
    values, paths = _values(job, partial)
    executed = partial / f"{job.name}.ipynb"
    try:
        papermill.execute_notebook(
            str(notebook_of(job.topic)), str(executed), parameters=values, cwd=str(root), **arguments
        )
    except PapermillExecutionError as error:
        cell = cell_name(nbformat.read(executed, as_version=4), error.source)
        raise ReportError(f"cell {cell} failed: {error.ename}: {error.evalue}\n\n{error.source}") from error
    notebook = nbformat.read(executed, as_version=4)
    tidy(notebook, paths=paths, facts={"lang": job.lang, "report": title_of(job.topic, job.lang)})
    nbformat.write(notebook, executed)
    outcome.seconds["execute"] = round(time.perf_counter() - started, 3)
    for name, value in cover_of(notebook).items():
        setattr(outcome, name, value)
    return notebook


def _values(job: Job, partial: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return every parameter of the notebook, and what stands for this run's paths in the published one."""
    root = job.study.parent
    values = {**job.parameters, "study": job.study.name, "lang": job.lang}
    paths = {_way(root, partial / job.name): job.name}  # beside the notebook
    if job.previous is not None and "previous" in parameters_of(job.topic):
        before = partial / "previous.json"
        before.write_text(json.dumps(dict(job.previous), ensure_ascii=False), encoding="utf-8")
        values["previous"] = _way(root, before)
        paths[values["previous"]] = before.name
    return {**values, "save_to": _way(root, partial / job.name)}, paths


def _way(start: Path, target: Path) -> str:
    """Return the relative path between two folders; the whole one where they lie on different drives."""
    try:
        return Path(os.path.relpath(target, start)).as_posix()
    except ValueError:
        return target.as_posix()


def _render(job: Job, form: str, notebook: Any, partial: Path, outcome: Outcome) -> None:
    started = time.perf_counter()
    body = _exported(form, notebook, job)
    (partial / f"{job.name}{RENDERED[form]}").write_bytes(body)
    outcome.seconds[form] = round(time.perf_counter() - started, 3)


def _exported(form: str, notebook: Any, job: Job) -> bytes:
    if form == "html":
        from svcq_lib.reports.html import SvcqHTMLExporter

        text, _ = SvcqHTMLExporter().from_notebook_node(notebook, resources={"metadata": {"name": job.name}})
        return text.encode("utf-8")
    from svcq_lib.reports.pdf import SvcqPDFExporter

    body, _ = SvcqPDFExporter().from_notebook_node(notebook, resources={"metadata": {"name": job.name}})
    return bytes(body)
