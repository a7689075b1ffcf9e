"""The record of what was made from what: one JSON file beside the reports."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Collection, Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from svcq_lib import __version__
from svcq_lib.reports.execute import RENDERED, Outcome
from svcq_lib.reports.publish import digest, put

NAME = "manifest.json"
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
    """Return the manifest of a folder; an empty one if there is none that can be read."""
    try:
        found = json.loads((out / NAME).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return {"reports": {}}
    return found if isinstance(found, dict) and isinstance(found.get("reports"), dict) else {"reports": {}}


def write(out: Path, study: Mapping[str, Any], outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Add outcomes to a folder's manifest.

    Parameters
    ----------
    out : Path
        The folder.
    study : Mapping
        Name, file and fingerprints of the study.
    outcomes : iterable of Outcome
        What was made; an entry of the same name is replaced.

    Returns
    -------
    dict
        The whole manifest.
    """
    reports = read(out)["reports"] | {one.name: one.as_entry() for one in outcomes}
    whole = {
        "svcq": __version__,
        "versions": versions(),
        "study": dict(study),
        "reports": dict(sorted(reports.items())),
    }
    put(out / NAME, json.dumps(whole, ensure_ascii=False, indent=1, default=str) + "\n")
    return whole


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
        if path.suffix in {".py", ".typ", ".css", ".j2"} and "bundle" not in path.parts:
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


def unchanged(out: Path, entry: Mapping[str, Any] | None, key: str, formats: Collection[str] = ()) -> bool:
    """Tell whether a report was made from the same things and its files are still as they were written.

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
    bool
        False for a report that failed.
    """
    if not entry or entry.get("key") != key or entry.get("status") != "done" or not entry.get("outputs"):
        return False
    if not set(formats) <= set(formats_of(entry, key)):
        return False
    return all(
        (out / one["path"]).is_file() and digest(out / one["path"]) == one["sha256"]
        for one in entry["outputs"]
    )
