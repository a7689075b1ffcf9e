"""What was computed from unchanged data, kept on disk beside the study.

Entries lie in ``.svcq-cache`` beside the study file, or in the user's cache folder where that cannot be written. They
are written under a temporary name and renamed, so readers and writers need no lock: whoever writes the same entry
writes the same bytes. Nothing fails because of the cache: without a folder, everything is computed again.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import uuid
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

NAME = ".svcq-cache"
LIMIT_BYTES = 4 << 30
"""Most bytes of the entries of a folder beside the newest of each kind: the oldest are removed beyond it."""

Found = TypeVar("Found")
_CODE = ("binding", "evidence", "periods", "sources", "stats", "study", "studyfile")
_DIGEST = 32


@functools.lru_cache(maxsize=1)
def code_version() -> str:
    """Return what identifies the code that reads rows, and the libraries it stands on."""
    package = Path(__file__).parents[1]
    found = hashlib.sha256(f"{np.__version__} {pl.__version__}".encode())
    for name in _CODE:
        for path in sorted(package.glob(f"{name}.py")) or sorted((package / name).rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()


def key_of(*facts: object) -> str:
    """Return the key of what depends on some facts, and on the code."""
    return hashlib.sha256("\n".join([code_version(), *map(str, facts)]).encode()).hexdigest()[:40]


def folder(root: Path) -> Path | None:
    """Return the folder of a study's cache.

    Parameters
    ----------
    root : Path
        Folder of the study file.

    Returns
    -------
    Path or None
        An existing folder that can be written; None if there can be none.
    """
    own = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]
    for path in (root / NAME, _user_folder() / own):
        with contextlib.suppress(OSError, RuntimeError):
            path.mkdir(parents=True, exist_ok=True)
            if os.access(path, os.W_OK):
                ignore = path / ".gitignore"
                if not ignore.exists():
                    ignore.write_text("*\n", encoding="utf-8")
                return path
    return None


def _user_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "svcq"


def load(root: Path, name: str, parse: Callable[[bytes], Found]) -> Found | None:
    """Return an entry.

    Parameters
    ----------
    root : Path
        Folder of the study file.
    name : str
        Name of the entry: what it is and its key.
    parse : callable
        Makes the entry from its bytes.

    Returns
    -------
    object or None
        None if there is none. A corrupt one is removed, with a warning.
    """
    place = folder(root)
    if place is None:
        return None
    path = place / name
    try:
        data = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    try:
        if hashlib.sha256(data[_DIGEST:]).digest() != data[:_DIGEST]:
            raise ValueError("its checksum is wrong")
        return parse(data[_DIGEST:])
    except Exception as error:  # whatever the entry is, it can be computed again
        warnings.warn(f"{path} is corrupt ({error}) and is made again", stacklevel=2)
        with contextlib.suppress(OSError):
            path.unlink()
        return None


def save(root: Path, name: str, data: bytes) -> None:
    """Write an entry whole, and remove the oldest beyond the limit.

    Parameters
    ----------
    root : Path
        Folder of the study file.
    name : str
        Name of the entry.
    data : bytes
        The entry.
    """
    place = folder(root)
    if place is None:
        return
    with contextlib.suppress(OSError):  # a full disk costs time, not a result
        temporary = unfinished(place, name)
        try:
            temporary.write_bytes(hashlib.sha256(data).digest() + data)
            os.replace(temporary, place / name)
        finally:
            temporary.unlink(missing_ok=True)
        trim(place, name)


def unfinished(place: Path, name: str) -> Path:
    """Return a hidden path that no other process uses, for what is not finished yet.

    Parameters
    ----------
    place : Path
        Folder of what is being made.
    name : str
        Its name.

    Returns
    -------
    Path
        Its name holds the process, so that work in progress can be told from leftovers.
    """
    return place / f".{name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.partial"


def trim(place: Path, newest: str) -> None:
    """Remove the oldest entries of a folder beyond the limit.

    The newest of each kind, in use or about to be, stays and is not counted: rows of many units, however large, push
    out neither the report of the check that they were read with nor the sums of other reports.

    Parameters
    ----------
    place : Path
        Folder of the entries.
    newest : str
        Name of the entry that was just written; what stands before its first hyphen is its kind.
    """
    found = []
    for path in place.iterdir():
        if not path.name.startswith("."):
            with contextlib.suppress(OSError):
                found.append((path.name == newest, path.stat().st_mtime, _size(path), path))
    kinds: set[str] = set()
    total = 0
    for _, _, size, path in sorted(found, reverse=True):
        kind = path.name.partition("-")[0]
        if kind not in kinds:
            kinds.add(kind)
            continue
        total += size
        if total > LIMIT_BYTES:
            remove(path)


def remove(path: Path) -> None:
    """Remove an entry, a file or a folder; one that somebody else removes at the same time is gone as well."""
    import shutil

    with contextlib.suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(one.stat().st_size for one in files)
