"""A table in several files, such as one per year, whose headers differ: read as one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from svcq_lib.sources.faults import Example
from svcq_lib.study import TableSpec, Wave


def part_of(spec: TableSpec, wave: Wave) -> TableSpec:
    """Return the table of one wave: its own file, read by the settings of the whole."""
    own = {name: getattr(wave, name) for name in ("encoding", "delimiter", "sheet") if getattr(wave, name)}
    return spec.model_copy(update={"waves": (), "path": wave.path, **own})


def headers(spec: TableSpec, found: Sequence[Sequence[str]]) -> list[str]:
    """Return the headers of the whole: those of the waves, renamed, and the constants, in order of appearance.

    Parameters
    ----------
    spec : TableSpec
        A table with waves.
    found : sequence of sequence of str
        Headers of each wave's file.

    Returns
    -------
    list of str
        Each name once.
    """
    names: dict[str, None] = {}
    for wave, own in zip(spec.waves, found, strict=True):
        renamed = {old: new for new, old in wave.columns.items()}
        kept = [renamed.get(one, one) for one in own if one in renamed or one not in wave.columns]
        names |= dict.fromkeys([*kept, *wave.constants])
    return list(names)


def together(spec: TableSpec, frames: Sequence[pl.LazyFrame]) -> pl.LazyFrame:
    """Return the rows of all waves, one after the other, under the names of the whole.

    Parameters
    ----------
    spec : TableSpec
        A table with waves.
    frames : sequence of LazyFrame
        Rows of each wave's file.

    Returns
    -------
    LazyFrame
        A column that a wave lacks is null there.
    """
    parts = []
    for wave, frame in zip(spec.waves, frames, strict=True):
        have = frame.collect_schema().names()
        renamed = {old: new for new, old in wave.columns.items() if old in have}
        # a header that is the new name of another column, and is not used itself, would stand twice
        hidden = [name for name in have if name in wave.columns and name not in renamed]
        frame = frame.drop(hidden).rename(renamed)
        parts.append(frame.with_columns(pl.lit(value).alias(name) for name, value in wave.constants.items()))
    return pl.concat(parts, how="diagonal_relaxed")


def digest(spec: TableSpec, prints: Sequence[str]) -> str:
    """Return what identifies the contents of all waves and how they are put together."""
    said = [f"{wave.model_dump_json()} {one}" for wave, one in zip(spec.waves, prints, strict=True)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def located(spec: TableSpec, rows: Sequence[int], example: Example) -> Example:
    """Return an example with the row of its own file instead of the row of the whole.

    Parameters
    ----------
    spec : TableSpec
        A table with waves.
    rows : sequence of int
        Rows of each wave.
    example : Example
        Its row counts through all waves, from 1.

    Returns
    -------
    Example
        The row within its file, the file named in the text.
    """
    row = example.row_number
    for wave, size in zip(spec.waves, rows, strict=True):
        if row <= size:
            return replace(
                example, row_number=row, text=": ".join(filter(None, (Path(wave.path).name, example.text)))
            )
        row -= size
    return example


def missing_columns(spec: TableSpec, found: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """Return each file and a header that its wave renames but the file does not have."""
    pairs = zip(spec.waves, found, strict=True)
    return [(wave.path, old) for wave, own in pairs for old in wave.columns.values() if old not in own]
