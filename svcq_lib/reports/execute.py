"""One report: execute its notebook with papermill, render it, and put the files in place whole."""

from __future__ import annotations

import contextlib
import hashlib
import html
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from svcq_lib.errors import ReportError
from svcq_lib.formats import Lang
from svcq_lib.reports.publish import publish, sweep, unfinished
from svcq_lib.reports.resources import notebook_of
from svcq_lib.reports.titles import TITLES, title_of

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
    """

    topic: str
    lang: Lang
    study: Path
    parameters: Mapping[str, Any]
    formats: tuple[str, ...]
    out: Path
    key: str

    @property
    def name(self) -> str:
        """Name of the report's files: topic, unit and period if there are any, language."""
        parts = [
            f"{segment}-{level}" for segment, level in sorted((self.parameters.get("where") or {}).items())
        ]
        parts += [self.parameters["period"]] if self.parameters.get("period") else []
        return "_".join([self.topic, *([safe_name("_".join(parts))] if parts else []), self.lang])


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
    title: str = ""
    unit: str = ""
    period: str = ""
    error: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    base: Mapping[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    outputs: list[dict[str, Any]] = field(default_factory=list)

    def as_entry(self) -> dict[str, Any]:
        """Return the entry as plain data."""
        return asdict(self)


def make(job: Job) -> Outcome:
    """Make one report.

    Parameters
    ----------
    job : Job
        What to make.

    Returns
    -------
    Outcome
        With status ``"done"`` or ``"failed"``; a failure leaves a page that says which cell failed and why.
    """
    outcome = Outcome(job.name, job.topic, job.lang, "done", job.key, parameters=dict(job.parameters))
    partial = unfinished(job.out, job.name)
    partial.mkdir(parents=True)
    try:
        notebook = _execute(job, partial, outcome)
        _render(job, notebook, partial, outcome)
    except Exception as error:  # a report that fails must not stop the others
        shutil.rmtree(partial, ignore_errors=True)
        return failed(job, str(error) or type(error).__name__)
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
    partial.mkdir(parents=True)
    (partial / f"{job.name}.html").write_bytes(failure_page(job, reason).encode("utf-8"))
    outcome = Outcome(
        job.name, job.topic, job.lang, "failed", job.key, error=reason, parameters=dict(job.parameters)
    )
    outcome.outputs = publish(job.out, job.name, partial)
    return outcome


def _execute(job: Job, partial: Path, outcome: Outcome) -> Any:
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    started = time.perf_counter()
    root = job.study.parent
    data = _way(root, partial / job.name)
    values = {**job.parameters, "study": job.study.name, "lang": job.lang, "save_to": data}
    executed = partial / f"{job.name}.ipynb"
    try:
        with _one_thread(), _kernel_config() as config:
            papermill.execute_notebook(
                str(notebook_of(job.topic)),
                str(executed),
                parameters=values,
                cwd=str(root),
                kernel_name="python3",
                progress_bar=False,
                log_output=False,
                config=config,
            )
    except PapermillExecutionError as error:
        raise ReportError(
            f"cell {_cell_name(executed, error.source)} failed: {error.ename}: {error.evalue}\n\n{error.source}"
        ) from error
    notebook = nbformat.read(executed, as_version=4)
    _tidy(notebook, job, data)
    nbformat.write(notebook, executed)
    outcome.seconds["execute"] = round(time.perf_counter() - started, 3)
    cover = next(_covers(notebook), None)
    if cover:
        outcome.title, outcome.base = cover["text"], {key: cover["cover"][key] for key in ("n", "n_eff")}
        outcome.unit, outcome.period = cover["cover"]["unit"], cover["cover"]["period_label"]
    return notebook


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let a kernel that starts now do its linear algebra in one thread, unless the user has said otherwise.

    Matrices here are small: reports side by side with a pool of threads each take several times as long.
    """
    added = [name for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS") if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


@contextlib.contextmanager
def _kernel_config() -> Iterator[Any]:
    """Give settings of the kernel: where sockets can be files, no port that another process may take."""
    from traitlets.config import Config

    if os.name != "posix":
        yield Config()
        return
    with tempfile.TemporaryDirectory(prefix="svcq-") as sockets:
        yield Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"}})


def _way(start: Path, target: Path) -> str:
    """Return the relative path between two folders; the whole one where they lie on different drives."""
    try:
        return Path(os.path.relpath(target, start)).as_posix()
    except ValueError:
        return target.as_posix()


def _cell_name(executed: Path, source: str) -> str:
    """Return the id of the cell with a source; papermill's index counts cells that it adds itself."""
    import nbformat

    cells = nbformat.read(executed, as_version=4).cells
    return next((repr(cell["id"]) for cell in cells if cell.source == source and "id" in cell), "")


def _covers(notebook: Any) -> Any:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            block = output.get("data", {}).get("application/vnd.svcq.block+json", {})
            if block.get("type") == "title":
                yield block


def _tidy(notebook: Any, job: Job, partial: str) -> None:
    """Drop what changes from run to run, so that the same input gives the same file, and name the cover's facts."""
    final = (
        job.name
    )  # beside the notebook; the way from the study to the reports says where this machine keeps them
    kept = notebook.metadata.get("papermill", {}).get("parameters", {})
    kept = {name: final if value == partial else value for name, value in kept.items()}
    notebook.metadata["papermill"] = {"parameters": kept}
    for cell in notebook.cells:
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        cell.source = cell.source.replace(partial, final)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"
    facts = {"lang": job.lang, "report": title_of(job.topic, job.lang)}
    for block in _covers(notebook):
        cover = block["cover"]
        facts |= {name: cover[name] for name in ("study", "unit", "period", "period_label")} | {
            "base": cover["n"]
        }
    notebook.metadata["svcq"] = facts


def _render(job: Job, notebook: Any, partial: Path, outcome: Outcome) -> None:
    for form in job.formats:
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


def failure_page(job: Job, reason: str) -> str:
    """Return the page that stands for a report that failed.

    Parameters
    ----------
    job : Job
        What was to be made.
    reason : str
        Which cell failed and why.

    Returns
    -------
    str
        A whole HTML page.
    """
    words = TITLES[job.lang]
    heading = html.escape(words["failed"].format(report=title_of(job.topic, job.lang)))
    return (
        f'<!doctype html><html lang="{"zh-Hans" if job.lang == "zh" else "en"}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{heading}</title><body style='font-family:sans-serif;color:#1b2a38;max-width:50em;margin:3em auto;"
        f"padding:0 1em'><main><h1>{heading}</h1><p>{html.escape(words['failed_hint'])}</p>"
        "<pre style='white-space:pre-wrap;overflow-wrap:anywhere;border-top:3px solid #c8553d;padding-top:1em'>"
        f"{html.escape(reason)}</pre>"
        "</main></body></html>\n"
    )
