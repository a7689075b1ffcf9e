"""Putting finished files in place whole, also while another run writes to the same folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import Any

from svcq_lib.sources.cache import unfinished

_LEFTOVER = re.compile(r"\..+\.(\d+)-[0-9a-f]{8}\.partial")
_ATTEMPTS = 5


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sweep(out: Path, *, own: bool = False) -> None:
    """Remove unfinished files and folders whose process has ended.

    Parameters
    ----------
    out : Path
        Folder of the results.
    own : bool
        Whether those of this process are removed, too: it has stopped to work on them.
    """
    import psutil  # type: ignore[import-untyped]

    for path in out.glob(".*.partial"):
        found = _LEFTOVER.fullmatch(path.name)
        if found is None:
            continue
        owner = int(found[1])
        if psutil.pid_exists(owner) and not (own and owner == os.getpid()):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def put(path: Path, text: str) -> None:
    """Write a text file whole, by rename; one that holds this text already is left alone."""
    body = text.encode("utf-8")
    if path.is_file() and path.read_bytes() == body:
        return
    temporary = unfinished(path.parent, path.name)
    temporary.write_bytes(body)
    os.replace(temporary, path)


def publish(out: Path, name: str, partial: Path) -> list[dict[str, Any]]:
    """Move a report's finished files to their names and remove what an earlier run left of it.

    Parameters
    ----------
    out : Path
        Folder of the results.
    name : str
        Name of the report.
    partial : Path
        Folder of the finished files; it is removed.

    Returns
    -------
    list of dict
        Path, bytes and SHA-256 of each file.
    """
    endings = (".html", ".pdf", ".ipynb")
    made = [path for path in (partial / f"{name}{ending}" for ending in endings) if path.is_file()]
    tables = sorted((partial / name).iterdir()) if (partial / name).is_dir() else []
    outputs = [
        {"path": path.relative_to(partial).as_posix(), "bytes": path.stat().st_size, "sha256": digest(path)}
        for path in [*made, *tables]
    ]
    _swap(partial / name, out / name, partial)
    for path in made:
        os.replace(path, out / path.name)
    for ending in endings:
        if partial / f"{name}{ending}" not in made:
            (out / f"{name}{ending}").unlink(missing_ok=True)
    shutil.rmtree(partial, ignore_errors=True)
    return outputs


def _swap(new: Path, old: Path, aside: Path) -> None:
    """Put a folder in another's place; the other goes aside first, for a folder cannot be renamed onto a full one."""
    for attempt in range(_ATTEMPTS):
        with contextlib.suppress(FileNotFoundError):
            os.replace(old, aside / f".replaced-{attempt}")
        if not new.is_dir():
            return
        try:
            os.replace(new, old)
            return
        except OSError:  # another run has put its own folder there meanwhile
            if attempt == _ATTEMPTS - 1:
                raise
