"""The tables of a result as files."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from pathlib import Path
from typing import Any

import pandas as pd

from svcq_lib.display.blocks import Blocks
from svcq_lib.display.topics import Result, topic_of
from svcq_lib.kinds import is_missing
from svcq_lib.study import Label


def save(result: Result, directory: str | Path | None = None) -> Blocks:
    """Write every table of a result as tidy CSV, and all of them as one JSON file.

    Parameters
    ----------
    result : Result
        A result.
    directory : str or Path, optional
        Where to write; nothing is written without it.

    Returns
    -------
    Blocks
        Nothing to show: the cell stays quiet.
    """
    if directory:
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        topic = topic_of(result)
        frames = {one.name: getattr(result, one.name) for one in dataclasses.fields(result)}  # type: ignore[arg-type]
        frames = {name: _flat(frame) for name, frame in frames.items() if isinstance(frame, pd.DataFrame)}
        for name, frame in frames.items():
            _write(
                folder / f"{topic}_{name}.csv", frame.map(_harmless).to_csv(index=False, lineterminator="\n")
            )
        _write(folder / f"{topic}.json", _json(result, frames))
    return Blocks(())


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.map(lambda value: value.text() if isinstance(value, Label) else value)


def _harmless(value: Any) -> Any:
    """Return a cell that a spreadsheet will not run as a formula."""
    return f"'{value}" if isinstance(value, str) and re.match(r"[=+@\-\t\r]", value) else value


def _json(result: Result, frames: dict[str, pd.DataFrame]) -> str:
    tables = {name: frame.to_dict(orient="records") for name, frame in frames.items()}
    notes = [{"code": note.code, **note.facts} for note in result.notes]
    whole = _plain({"tables": tables, "notes": notes})
    return json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: numpy's numbers as numbers, what is not finite as null, the rest as text."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if is_missing(value):
        return None
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, (str, int, float, bool)) else str(value)


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, path)
