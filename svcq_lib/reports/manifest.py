"""The record of what was made from what: one line of JSON per event, beside the reports.

A line is added when a report is finished, and is on the disk before the next one is begun; the last line of a
report counts. A run that is killed leaves at most one torn line, which is ignored.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import platform
import warnings
from collections.abc import Collection, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from svcq_lib import __version__
from svcq_lib.reports import jsonl
from svcq_lib.reports.execute import RENDERED
from svcq_lib.reports.publish import digest, put

NAME = "manifest.jsonl"
FORMER = "manifest.json"
MOST_LINES_PER_ENTRY = 10
_PACKAGES = (
    "polars",
    "pandas",
    "numpy",
    "scipy",
    "matplotlib",
    "great-tables",
    "papermill",
    "nbconvert",
    "typst",
)


def read(out: Path) -> dict[str, Any]:
    """Return the manifest of a folder.

    Parameters
    ----------
    out : Path
        Folder of the reports.

    Returns
    -------
    dict
        ``svcq``, ``versions`` and ``study`` of the last run that made something, and ``reports``: name → entry, in
        the order of names; only an empty ``reports`` if there is no manifest that can be read.
    """
    lines, torn = jsonl.read(out / NAME)
    if torn:
        warnings.warn(
            f"{out / NAME}: a line is not whole, as a run leaves it that is killed while it writes. It is ignored; "
            "the report that it was about is made again.",
            RuntimeWarning,
            stacklevel=2,
        )
    return _whole(lines) if lines else _former(out)


def begin(out: Path) -> None:
    """Make a manifest ready to be added to: mend a torn line, take over an older form, drop what was overtaken.

    Parameters
    ----------
    out : Path
        Folder of the reports; only the run that holds its lock calls this.
    """
    lines, torn = jsonl.read(out / NAME)
    whole = _whole(lines) if lines else _former(out)
    live = len(whole["reports"])
    if torn or len(lines) > MOST_LINES_PER_ENTRY * max(live, 1) or (not lines and live):
        head = [_run_line(whole["study"], whole)] if "study" in whole else []
        kept = [{"kind": "report", **entry} for entry in whole["reports"].values()]
        put(out / NAME, "".join(map(jsonl.line_of, [*head, *kept])))
    (out / FORMER).unlink(missing_ok=True)


def add_run(out: Path, study: Mapping[str, Any]) -> None:
    """Note that a run begins to make reports.

    Parameters
    ----------
    out : Path
        Folder of the reports.
    study : Mapping
        Name, file and fingerprints of the study.
    """
    jsonl.append(out / NAME, _run_line(study, {"svcq": __version__, "versions": versions()}))


def add_report(out: Path, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Note what became of a report.

    Parameters
    ----------
    out : Path
        Folder of the reports.
    entry : Mapping
        The entry, with its name.

    Returns
    -------
    dict
        The entry as it is read back.
    """
    made = {"made": _now(), **entry}
    jsonl.append(out / NAME, {"kind": "report", **made})
    return made


def add_removal(out: Path, name: str) -> None:
    """Note that a report's files were removed because it is kept no longer.

    Parameters
    ----------
    out : Path
        Folder of the reports.
    name : str
        Name of the report; it is not in the manifest any more.
    """
    jsonl.append(out / NAME, {"kind": "removed", "name": name, "at": _now()})


def _run_line(study: Mapping[str, Any], made_with: Mapping[str, Any]) -> dict[str, Any]:
    about = {name: made_with.get(name) for name in ("svcq", "versions")}
    return {"kind": "run", **about, "study": dict(study), "started": _now()}


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def _whole(lines: list[dict[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    reports: dict[str, Any] = {}
    for line in lines:
        rest = {name: value for name, value in line.items() if name != "kind"}
        if line.get("kind") == "run":
            whole = {name: rest.get(name) for name in ("svcq", "versions", "study")}
        elif line.get("kind") == "report" and "name" in rest:
            reports[rest["name"]] = rest
        elif line.get("kind") == "removed":
            reports.pop(str(rest.get("name")), None)
    return {**whole, "reports": dict(sorted(reports.items()))}


def _former(out: Path) -> dict[str, Any]:
    """Return a manifest in its former shape, one JSON file."""
    try:
        found = json.loads((out / FORMER).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return {"reports": {}}
    return found if isinstance(found, dict) and isinstance(found.get("reports"), dict) else {"reports": {}}


def versions() -> dict[str, str]:
    """Return the versions that a result may depend on."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}}


def code_fingerprint(root: Path | None = None) -> str:
    """Return a hash of the library's own code, so that a report is made again when the code changes.

    Parameters
    ----------
    root : Path, optional
        Folder of the code; this library's by default.

    Returns
    -------
    str
        SHA-256 of the names and contents of its files.
    """
    root = root or Path(__file__).resolve().parents[1]
    state = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        # no report is drawn with the templates of the catalogue, which is written anew by every run
        is_drawn_with = "bundle" not in path.parts and not path.match("templates/site*")
        if path.suffix in {".py", ".typ", ".css", ".j2"} and is_drawn_with:
            state.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return state.hexdigest()


def key_of(**parts: Any) -> str:
    """Return the hash of everything that a report depends on."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def formats_of(entry: Mapping[str, Any] | None, key: str) -> tuple[str, ...]:
    """Return the formats that a report with this key was made in before; none if its key has changed.

    Parameters
    ----------
    entry : Mapping or None
        The manifest's entry.
    key : str
        Hash of what the report depends on now.

    Returns
    -------
    tuple of str
        ``"html"`` and/or ``"pdf"``.
    """
    if not entry or entry.get("key") != key or entry.get("status") != "done":
        return ()
    endings = {Path(one["path"]).suffix for one in entry.get("outputs", ())}
    return tuple(form for form, ending in RENDERED.items() if ending in endings)


def stale(out: Path, entry: Mapping[str, Any] | None, key: str, formats: Collection[str] = ()) -> str:
    """Return why a report must be made: it was not made from the same things, or its files are not as written.

    Parameters
    ----------
    out : Path
        Folder of the reports.
    entry : Mapping or None
        The manifest's entry.
    key : str
        Hash of what the report depends on now.
    formats : collection of str
        Formats that are asked for; others that were made before may lie beside them.

    Returns
    -------
    {"", "new", "failed", "changed", "format", "files"}
        Empty if it is up to date; ``"failed"`` is made again however little has changed.
    """
    if not entry:
        return "new"
    if entry.get("status") != "done":
        return "failed"
    if entry.get("key") != key:
        return "changed"
    if not set(formats) <= set(formats_of(entry, key)):
        return "format"
    return "" if _as_written(out, entry) else "files"


def _as_written(out: Path, entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("outputs")) and all(
        (out / one["path"]).is_file() and digest(out / one["path"]) == one["sha256"]
        for one in entry["outputs"]
    )
