"""One run at a time on one folder of reports."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from svcq_lib.errors import ReportError

NAME = ".svcq.lock"


@contextlib.contextmanager
def locked(out: Path) -> Iterator[None]:
    """Keep other runs away from a folder while this one works in it.

    The operating system holds the lock and frees it when the process ends, however it ends: a lock file that a
    killed run left behind blocks nobody.

    Parameters
    ----------
    out : Path
        Folder of the results; it exists.

    Yields
    ------
    None
        While the folder is this run's own.

    Raises
    ------
    ReportError
        If another run works in it, naming its process and since when.
    """
    from filelock import FileLock, Timeout

    path = out / NAME
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise ReportError(
            f"another run works in {out}: {_holder(path)}. Wait until it has finished, stop it, or name another "
            "folder with --out (out= in Python)."
        ) from None
    try:
        since = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        path.write_text(
            json.dumps({"process": os.getpid(), "host": socket.gethostname(), "since": since}),
            encoding="utf-8",
        )
        yield
    finally:
        lock.release()


def _holder(path: Path) -> str:
    """Return who holds a lock, as far as the holder has written it down."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return f"process {held['process']} on {held['host']}, since {held['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "a process that has just begun"
