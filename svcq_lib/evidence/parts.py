"""What a scan of some rows found, to be added to what was found in others.

A table is scanned partition by partition, wherever its rows lie:

1. ``plan_of(study, needs)`` once, where the study file is. The plan can be pickled and sent to workers.
2. ``part_of([raw], plan, offset=…)`` for each partition, where ``raw`` is a polars LazyFrame of its rows as they lie in
   the table (raw headers; several frames that follow each other will do, such as the record batches of a Spark
   task: ``pl.from_arrow(batch).lazy()``) and ``offset`` says how many rows of the table come before the partition.
   Where rows have no order, any distinct, growing offsets do.
3. ``one + other``, or ``added(parts)`` for many, in any order; ``to_bytes`` and ``from_bytes`` carry a part between
   processes and to disk.
4. ``finish(part, plan, notes, fingerprints)`` gives the evidence that analyses read.

Groups and blocks are kept by their values, so that parts of different rows agree on them. Whole-number sums are
exact, whatever the order; with weights or means the order of addition is that of the parts.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import reduce
from operator import add

import numpy as np
import polars as pl
from numpy.typing import NDArray

from svcq_lib.evidence.facts import Facts, Whole, earliest, latest
from svcq_lib.evidence.moments import Array
from svcq_lib.evidence.plan import CHOSEN, Plan, read, sized
from svcq_lib.evidence.scan import Counts, Request, Sums
from svcq_lib.evidence.threads import one_blas_thread


@dataclass(frozen=True, eq=False)
class Cells:
    """Sums of one request: a row of ``keys`` per cell, and arrays whose first axis is cells."""

    keys: pl.DataFrame
    sums: Mapping[str, Array]

    def __add__(self, other: Cells) -> Cells:
        """Return the sums over both sets of rows."""
        if not self.keys.columns or self.keys.equals(other.keys):
            return Cells(self.keys, {name: one + other.sums[name] for name, one in self.sums.items()})
        names = self.keys.columns
        keys = pl.concat([self.keys, other.keys]).unique(maintain_order=True)
        numbered = keys.with_row_index("_cell")
        sums = {name: np.zeros((len(keys), *one.shape[1:])) for name, one in self.sums.items()}
        for part in (self, other):
            joined = part.keys.join(numbered, on=names, how="left", nulls_equal=True, maintain_order="left")
            cells = joined["_cell"].to_numpy()
            for name, one in part.sums.items():
                sums[name][cells] += one
        return Cells(keys, sums)


@dataclass(frozen=True, eq=False)
class Part:
    """What was found in some rows.

    Attributes
    ----------
    cells : Mapping of str to Cells
        Moments by name of the request, those aside that follow from others. Pairs have one column for all that are
        answered in the same rows (see :func:`~svcq_lib.evidence.kernel.pair_sums`).
    tallies : Mapping of str to DataFrame
        Counts by name of the request: groups, level, ``n``, ``sw``.
    rows : Mapping of str to DataFrame
        Rows by name of the request, in the order of the parts; no table where no row is chosen.
    counts : Counts
        The rows inside the filters and the period.
    blocks : DataFrame
        Every block of all rows, chosen or not: ``stratum``, ``unit``, ``first`` (number of its first row). Blocks are
        numbered in this order, which is that of ``first``.
    strata : DataFrame
        Every stratum of all rows: ``stratum``, ``n``.
    whole : DataFrame
        Under margins, weights of all rows: ``unit`` (block or stratum), ``margin_cell``, ``sw``, ``sw2``.
    date_last : date or None
        Last date of all rows.
    """

    cells: Mapping[str, Cells]
    tallies: Mapping[str, pl.DataFrame]
    rows: Mapping[str, pl.DataFrame]
    counts: Counts
    blocks: pl.DataFrame
    strata: pl.DataFrame
    whole: pl.DataFrame
    date_last: dt.date | None

    def __add__(self, other: Part) -> Part:
        """Return what was found in both sets of rows, which must not overlap."""
        blocks = pl.concat([self.blocks, other.blocks]).group_by("stratum", "unit").agg(pl.col("first").min())
        blocks = blocks.sort("first", "stratum", "unit")
        one, two = _renumbered(self, blocks), _renumbered(other, blocks)
        mine, theirs = one.counts, two.counts
        return Part(
            cells={name: cells + two.cells[name] for name, cells in one.cells.items()},
            tallies={name: _counted(table, two.tallies[name]) for name, table in one.tallies.items()},
            rows={
                name: pl.concat([part.rows[name] for part in (one, two) if name in part.rows])
                for name in {**one.rows, **two.rows}
            },
            counts=Counts(
                mine.n + theirs.n,
                mine.sw + theirs.sw,
                mine.sw2 + theirs.sw2,
                mine.straight + theirs.straight,
                earliest(mine.date_min, theirs.date_min),
                latest(mine.date_max, theirs.date_max),
            ),
            blocks=blocks,
            strata=_counted(one.strata, two.strata),
            whole=_counted(one.whole, two.whole),
            date_last=latest(one.date_last, two.date_last),
        )

    def to_bytes(self) -> bytes:
        """Return the part as bytes (a NumPy archive without pickled objects)."""
        arrays: dict[str, NDArray[np.generic]] = {}
        for name, cells in self.cells.items():
            arrays[f"keys|{name}"] = packed(cells.keys)
            arrays |= {f"sums|{name}|{key}": one for key, one in cells.sums.items()}
        tables = {"blocks": self.blocks, "strata": self.strata, "whole": self.whole}
        tables |= {f"tally|{name}": table for name, table in self.tallies.items()}
        tables |= {f"rows|{name}": table for name, table in self.rows.items()}
        arrays |= {name: packed(table) for name, table in tables.items()}
        head = {"counts": asdict(self.counts), "date_last": self.date_last}
        arrays["head"] = np.frombuffer(json.dumps(head, default=str).encode(), dtype=np.uint8)
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Part:
        """Return the part that :meth:`to_bytes` wrote."""
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        head = json.loads(arrays["head"].tobytes())
        found: dict[str, dict[str, pl.DataFrame]] = {"keys": {}, "tally": {}, "rows": {}}
        sums: dict[str, dict[str, Array]] = {}
        for key, array in arrays.items():
            kind, _, name = key.partition("|")
            if kind == "sums":
                name, _, term = name.rpartition("|")
                sums.setdefault(name, {})[term] = array
            elif kind in found:
                found[kind][name] = unpacked(array)
        counts = head["counts"]
        dates = {name: _date(counts[name]) for name in ("date_min", "date_max")}
        return cls(
            {name: Cells(keys, sums[name]) for name, keys in found["keys"].items()},
            found["tally"],
            found["rows"],
            Counts(**{**counts, **dates}),
            unpacked(arrays["blocks"]),
            unpacked(arrays["strata"]),
            unpacked(arrays["whole"]),
            _date(head["date_last"]),
        )


def part_of(raw: Iterable[pl.LazyFrame], plan: Plan, *, offset: int = 0) -> Part:
    """Return what is found in the rows of a partition.

    Parameters
    ----------
    raw : iterable of LazyFrame
        Rows of the response table as they lie, in frames that follow each other.
    plan : Plan
        What is needed.
    offset : int
        How many rows of the table come before these.

    Returns
    -------
    Part
        To be added to that of other partitions.

    Raises
    ------
    DataError
        If a request for rows finds more than its limit.
    """
    facts, sums = Facts(plan), Sums(plan)
    with one_blas_thread():
        sums.add(sized(chosen_of(facts.add(batch)) for batch in read(raw, plan, offset)))
    return part_from(facts.found(), sums)


def chosen_of(batch: pl.DataFrame) -> pl.DataFrame:
    """Return the chosen rows of a batch; the batch itself where all are, which spares a copy."""
    return batch if batch[CHOSEN].all() else batch.filter(CHOSEN)


def part_from(whole: Whole, sums: Sums) -> Part:
    """Return what was added up, blocks in the order of their first rows.

    Parameters
    ----------
    whole : Whole
        What was found in all rows.
    sums : Sums
        What was found in those that are chosen, their blocks numbered by the facts.

    Returns
    -------
    Part
        The part.
    """
    part = Part(
        {name: _cells(sums, request) for name, request in sums.requests.items()},
        {name: _tally(sums, name) for name in sums.tallies},
        {name: pl.concat(tables) for name, tables in sums.kept.items() if tables},
        sums.counts,
        *whole,
    )
    return _renumbered(part, whole.blocks.sort("first", "stratum", "unit"))


def added(parts: Iterable[Part]) -> Part:
    """Return what was found in all of some parts."""
    return reduce(add, parts)


def shifted(part: Part, rows: int) -> Part:
    """Return a part whose rows come after some others in the table.

    Parameters
    ----------
    part : Part
        A part that was found without an offset.
    rows : int
        Rows before it.

    Returns
    -------
    Part
        The same sums.
    """
    return replace(part, blocks=part.blocks.with_columns(pl.col("first") + rows))


def _cells(sums: Sums, request: Request) -> Cells:
    kept = np.flatnonzero(request.rows)
    found = request.sums.result()
    if not request.keys:
        return Cells(pl.DataFrame(), found if len(kept) else request.sums.empty())
    keys = sums.keys.frame(request.keys, kept)
    return Cells(
        keys, found if len(kept) == len(request.rows) else {n: one[kept] for n, one in found.items()}
    )


def _tally(sums: Sums, name: str) -> pl.DataFrame:
    tally, found = sums.plan.needs.tallies[name], sums.tallies[name]
    groups = np.array([group for group, _ in found], dtype=np.intp)
    keys = sums.keys.frame(tally.by, groups).get_columns() if tally.by else []
    counts = np.array(list(found.values()), dtype=float).reshape(-1, 2)
    level = pl.Series(tally.column, [level for _, level in found], dtype=pl.Float64)
    return pl.DataFrame([*keys, level, pl.Series("n", counts[:, 0]), pl.Series("sw", counts[:, 1])])


def _counted(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Return two tables of counts added up by what is no count, in order of appearance."""
    counts = [name for name in ("n", "sw", "sw2") if name in one.columns]
    keys = [name for name in one.columns if name not in counts]
    return pl.concat([one, other]).group_by(keys, maintain_order=True).agg(pl.col(counts).sum())


def _renumbered(part: Part, blocks: pl.DataFrame) -> Part:
    """Return a part whose blocks are numbered in the order of a table that has all of them."""
    if part.blocks.equals(blocks):
        return part
    numbered = blocks.select("stratum", "unit", pl.int_range(pl.len()).alias("_new"))
    new = part.blocks.join(numbered, on=["stratum", "unit"], how="left", maintain_order="left")["_new"]

    def change(table: pl.DataFrame, name: str = "block") -> pl.DataFrame:
        if name not in table.columns or table[name].dtype == pl.String:
            return table
        return table.with_columns(new.gather(table[name]).alias(name))

    return replace(
        part,
        cells={name: Cells(change(one.keys), one.sums) for name, one in part.cells.items()},
        rows={name: change(table) for name, table in part.rows.items()},
        whole=change(part.whole, "unit"),
        blocks=blocks,
    )


def packed(table: pl.DataFrame) -> NDArray[np.uint8]:
    """Return a table as an array of bytes (Arrow IPC)."""
    file = io.BytesIO()
    table.write_ipc(file, compression="zstd")
    return np.frombuffer(file.getvalue(), dtype=np.uint8)


def unpacked(array: NDArray[np.generic]) -> pl.DataFrame:
    """Return the table that :func:`packed` made bytes of."""
    return pl.read_ipc(io.BytesIO(array.tobytes()))


def _date(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
