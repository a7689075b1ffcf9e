"""Writing a store: rows are dealt into files by unit while the table is read, then each file is sorted and appended."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from svcq_lib.evidence import plan as plans
from svcq_lib.evidence.batch import laid_out
from svcq_lib.evidence.facts import Facts, Whole
from svcq_lib.evidence.grouping import Levels
from svcq_lib.evidence.letters import letters_of
from svcq_lib.evidence.parts import packed, unpacked
from svcq_lib.evidence.plan import Plan
from svcq_lib.evidence.straight import straight_lined
from svcq_lib.sources.prepared import ROW

ROWS, HEAD, UNITS, WHOLE, FITTING = "rows.arrow", "head.json", "units.arrow", "whole-{}.npz", "fitting.json"
STRAIGHT = "straight"
"""Whether all answers of a row are the same: its own column, so that its digest tells whether that has changed."""
_BUCKETS = 32
DIGEST = 16
"""Bytes of the digest of a column of a unit."""


def write_rows(
    place: Path, plan: Plan, partitions: Sequence[Iterable[pl.LazyFrame]], segments: Sequence[str]
) -> None:
    """Write the rows of a study, sorted by unit, and what a result says of all of them.

    Parameters
    ----------
    place : Path
        An empty folder.
    plan : Plan
        Of the study without filters or period.
    partitions : sequence of iterable of LazyFrame
        Rows of the response table as they lie, by partition, in frames that follow each other.
    segments : sequence of str
        Segments that make a unit.
    """
    keys, offsets = [f"segment.{name}" for name in segments], [0]
    items = {name: one for name, one in plan.study.columns().items() if name.startswith("perception.")}
    with ExitStack() as stack:
        buckets = _Buckets(place, keys[0], stack)
        for number, frames in enumerate(partitions):
            facts = Facts(plan)
            for batch in plans.read(frames, plan, offsets[-1], of=plans.everything):
                straight = pl.Series(STRAIGHT, straight_lined(laid_out(batch, items)))
                buckets.add(facts.add(batch).with_columns(straight))
            found = facts.found()
            write_whole(place / WHOLE.format(number), found)
            offsets.append(offsets[-1] + int(found.strata["n"].sum()))
    units = pl.concat(list(_sorted(place, buckets.files, keys)))
    units.write_ipc(place / UNITS)
    head = {
        "segments": list(segments),
        "offsets": offsets,
        "design": _design_digest(place, len(partitions), plan),
    }
    (place / HEAD).write_text(json.dumps(head), encoding="utf-8")
    if plan.fitting is not None:
        (place / FITTING).write_bytes(plan.fitting.to_bytes())


class _Buckets:
    """Files that rows are dealt into, all rows of a unit into the same one."""

    def __init__(self, place: Path, key: str, stack: ExitStack) -> None:
        self.place, self.key, self.stack = place, key, stack
        self.levels = Levels(with_missing=True)
        self.files: list[Path] = []
        self.writers: list[Any] = []

    def add(self, batch: pl.DataFrame) -> None:
        """Deal out the rows of a batch; there are as many files as there are batches of units."""
        codes = self.levels.codes(batch[self.key])
        if not self.writers:
            self._open(batch)
        number = pl.Series("_bucket", codes % len(self.writers))
        parts = batch.with_columns(number).partition_by("_bucket", include_key=False, as_dict=True)
        for (bucket,), part in parts.items():
            self.writers[int(bucket)].write_table(part.to_arrow())

    def _open(self, batch: pl.DataFrame) -> None:
        import pyarrow as pa

        many = len(batch) >= plans.BATCH_ROWS
        self.files = [self.place / f"bucket-{number}" for number in range(_BUCKETS if many else 1)]
        schema = batch.head(0).to_arrow().schema
        for path in self.files:
            file = self.stack.enter_context(pa.OSFile(str(path), "wb"))
            self.writers.append(self.stack.enter_context(pa.ipc.new_stream(file, schema)))


def _sorted(place: Path, files: Sequence[Path], keys: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Append the rows of each file, sorted, to the store, and yield its units with the digests of their columns."""
    import pyarrow as pa

    written = 0
    with ExitStack() as stack:
        writer = None
        for path in files:
            table = pl.read_ipc_stream(path).sort(*keys, ROW)
            path.unlink()
            arrow = table.to_arrow().combine_chunks()
            if writer is None:
                file = stack.enter_context(pa.OSFile(str(place / ROWS), "wb"))
                writer = stack.enter_context(pa.ipc.new_file(file, arrow.schema))
            for batch in arrow.to_batches():
                writer.write_batch(batch)
                yield _units(table, keys, written)
                written += 1


def _units(table: pl.DataFrame, keys: Sequence[str], batch: int) -> pl.DataFrame:
    """Return one row per unit: its levels, where its rows lie, and a digest of each column."""
    runs = table.with_row_index("start").group_by(keys, maintain_order=True)
    units = runs.agg(pl.col("start").first(), n=pl.len()).with_columns(batch=pl.lit(batch, pl.Int32))
    spans = list(units.select("start", "n").iter_rows())
    digests = {
        name: pl.Series(f"digest|{name}", digests_of(table[name], spans), dtype=pl.Binary)
        for name in table.columns
        if name != ROW
    }
    return units.with_columns(*digests.values())


def digest(column: pl.Series) -> bytes:
    """Return the digest of a column of a unit."""
    return digests_of(column, [(0, len(column))])[0]


def digests_of(column: pl.Series, spans: Sequence[tuple[int, int]]) -> list[bytes]:
    """Return the digests of parts of a column.

    Parameters
    ----------
    column : Series
        Values of some units, one after the other.
    spans : sequence of tuple of int
        First row and number of rows of each unit.

    Returns
    -------
    list of bytes
        Of where there is a value, and of the values (of text the lengths and the letters).
    """
    present = column.is_not_null().to_numpy()
    if column.dtype == pl.String:
        letters, bounds = letters_of(column)
        lengths = np.diff(bounds)
    else:
        values = np.ascontiguousarray(column.to_physical().fill_null(0).to_numpy())
    found = []
    for start, n in spans:
        told = hashlib.blake2b(np.packbits(present[start : start + n]).tobytes(), digest_size=DIGEST)
        if column.dtype == pl.String:
            told.update(lengths[start : start + n].tobytes())
            told.update(letters[bounds[start] : bounds[start + n]].tobytes())
        else:
            told.update(values[start : start + n].tobytes())
        found.append(told.digest())
    return found


def write_whole(path: Path, found: Whole) -> None:
    """Write what a result says of all rows of a partition."""
    tables = {name: packed(getattr(found, name)) for name in ("blocks", "strata", "sums")}
    last = np.array(str(found.date_last or ""))
    np.savez(path, allow_pickle=False, date_last=last, **tables)


def read_whole(path: Path) -> Whole:
    """Return what :func:`write_whole` wrote."""
    with np.load(path, allow_pickle=False) as file:
        last = str(file["date_last"])
        blocks, strata, sums = (unpacked(file[name]) for name in ("blocks", "strata", "sums"))
    return Whole(blocks, strata, sums, dt.date.fromisoformat(last) if last else None)


def _design_digest(place: Path, parts: int, plan: Plan) -> str:
    """Return the digest of what every result says of the whole table."""
    digest = hashlib.sha256(plan.fitting.to_bytes() if plan.fitting else b"")
    for number in range(parts):
        with np.load(place / WHOLE.format(number)) as file:
            tables: dict[str, NDArray[np.generic]] = dict(file)
        for name in sorted(tables):
            digest.update(tables[name].tobytes())
    return digest.hexdigest()
