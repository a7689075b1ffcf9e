"""Temporary files of this process: nothing is ever written beside the input."""

from __future__ import annotations

import atexit
import functools
import tempfile
import uuid
from pathlib import Path


@functools.cache
def _directory() -> tempfile.TemporaryDirectory[str]:
    directory = tempfile.TemporaryDirectory(prefix="svcq-")
    atexit.register(directory.cleanup)
    return directory


def new_file(suffix: str) -> Path:
    """Return the path of a temporary file that does not exist yet.

    Parameters
    ----------
    suffix : str
        End of the name, such as ``.parquet``.

    Returns
    -------
    Path
        A path in a directory that is removed when the process ends.
    """
    return Path(_directory().name) / f"{uuid.uuid4().hex}{suffix}"


def stamp(path: Path) -> tuple[int, int]:
    """Return what tells one state of a file from another: its size and time of change.

    Parameters
    ----------
    path : Path
        An existing file.

    Returns
    -------
    tuple of int
        Bytes and nanoseconds.
    """
    state = path.stat()
    return state.st_size, state.st_mtime_ns
