"""One report: execute its notebook with papermill, render it, and put the files in place whole."""

from __future__ import annotations

import hashlib
import html
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from svcq_lib.errors import ReportError
from svcq_lib.formats import Lang
from svcq_lib.reports.resources import notebook_of
from svcq_lib.reports.titles import TITLES, title_of

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
        Checked parameters of the notebook, without study, language and folder.
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
        """Name of the report's files."""
        return f"{self.topic}_{self.lang}"


@dataclass
class Outcome:
    """What became of a job: the entry that the manifest keeps."""

    name: str
    topic: str
    lang: str
    status: str
    key: str
    title: str = ""
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
    partial = job.out / f".{job.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        notebook = _execute(job, partial, outcome)
        _render(job, notebook, partial, outcome)
    except Exception as error:  # a report that fails must not stop the others
        _clear(partial)
        outcome.status, outcome.error, outcome.outputs = "failed", str(error), []
        page = failure_page(job, str(error))
        (partial / f"{job.name}.html").write_text(page, encoding="utf-8")
    _publish(job, partial, outcome)
    return outcome


def _clear(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _execute(job: Job, partial: Path, outcome: Outcome) -> Any:
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    started = time.perf_counter()
    root = job.study.parent
    data = os.path.relpath(partial / job.name, root)
    values = {**job.parameters, "study": job.study.name, "lang": job.lang, "save_to": Path(data).as_posix()}
    executed = partial / f"{job.name}.ipynb"
    try:
        papermill.execute_notebook(
            str(notebook_of(job.topic)),
            str(executed),
            parameters=values,
            cwd=str(root),
            kernel_name="python3",
            progress_bar=False,
            log_output=False,
        )
    except PapermillExecutionError as error:
        raise ReportError(
            f"cell {error.cell_index} failed: {error.ename}: {error.evalue}\n\n{error.source}"
        ) from error
    notebook = nbformat.read(executed, as_version=4)
    _tidy(notebook, job, Path(data).as_posix())
    nbformat.write(notebook, executed)
    outcome.seconds["execute"] = round(time.perf_counter() - started, 3)
    cover = next(_covers(notebook), None)
    if cover:
        outcome.title, outcome.base = cover["text"], {key: cover["cover"][key] for key in ("n", "n_eff")}
    return notebook


def _covers(notebook: Any) -> Any:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            block = output.get("data", {}).get("application/vnd.svcq.block+json", {})
            if block.get("type") == "title":
                yield block


def _tidy(notebook: Any, job: Job, partial: str) -> None:
    """Drop what changes from run to run, so that the same input gives the same file, and name the cover's facts."""
    final = partial.replace(f".{job.name}.partial/", "")
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


def _publish(job: Job, partial: Path, outcome: Outcome) -> None:
    """Move finished files to their names, one rename each, and remove what an earlier run left of this report."""
    stale = [job.out / f"{job.name}{ending}" for ending in (".html", ".pdf", ".ipynb")]
    folder = job.out / job.name
    shutil.rmtree(folder, ignore_errors=True)
    for path in stale:
        if not (partial / path.name).exists():
            path.unlink(missing_ok=True)
    for path in sorted(partial.iterdir()):
        os.replace(path, job.out / path.name)
    partial.rmdir()
    made = [path for path in stale if path.exists()] + (sorted(folder.iterdir()) if folder.exists() else [])
    outcome.outputs = [
        {"path": path.relative_to(job.out).as_posix(), "bytes": path.stat().st_size, "sha256": digest(path)}
        for path in made
    ]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


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
        f'<!doctype html><html lang="{"zh-CN" if job.lang == "zh" else "en"}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{heading}</title><body style='font-family:sans-serif;color:#1b2a38;max-width:50em;margin:3em auto;"
        f"padding:0 1em'><main><h1>{heading}</h1><p>{html.escape(words['failed_hint'])}</p>"
        f"<pre style='white-space:pre-wrap;border-top:3px solid #c8553d;padding-top:1em'>{html.escape(reason)}</pre>"
        "</main></body></html>\n"
    )
