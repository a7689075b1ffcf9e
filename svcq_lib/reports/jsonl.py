"""Files with one JSON object per line, added to by processes that may be killed while they write."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def read(path: Path) -> tuple[list[dict[str, Any]], bool]:
    """Return the lines of a file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    lines : list of dict
        Those that can be read, in order; none if there is no such file.
    torn : bool
        Whether a line could not be read or has no end.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return [], False
    found, torn = [], bool(text) and not text.endswith("\n")
    for line in filter(None, text.split("\n")):  # a name may hold other line separators
        try:
            one = json.loads(line)
        except json.JSONDecodeError:
            torn = True
            continue
        if isinstance(one, dict):
            found.append(one)
    return found, torn


def line_of(event: Mapping[str, Any]) -> str:
    """Return an event as a line."""
    return json.dumps(event, ensure_ascii=False, default=str) + "\n"


def append(path: Path, event: Mapping[str, Any]) -> None:
    """Add a line to a file; it is on the disk when this returns, and a torn line before it stays by itself.

    Parameters
    ----------
    path : Path
        The file.
    event : Mapping
        What the line holds.
    """
    with path.open("ab+") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        torn = file.read(1) not in (b"", b"\n")
        file.write(("\n" * torn + line_of(event)).encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())
