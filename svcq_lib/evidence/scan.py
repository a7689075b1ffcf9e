"""One pass over the rows of a partition: facts of all rows, then sums, tallies and rows of those that are chosen."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from svcq_lib.errors import DataError
from svcq_lib.evidence import kernel
from svcq_lib.evidence.batch import Batch, Chunk, Keys
from svcq_lib.evidence.facts import earliest, grown, latest
from svcq_lib.evidence.grouping import Codes
from svcq_lib.evidence.moments import CROSS_SUMS, VECTOR_SUMS, Accumulator
from svcq_lib.evidence.needs import Cells, Rows
from svcq_lib.evidence.plan import INSIDE, STRAIGHT, Plan
from svcq_lib.study import Study

CHUNK_ROWS = 1 << 14
_THREADS = min(4, os.cpu_count() or 1)
_Result = TypeVar("_Result")
_Found = tuple[Codes, NDArray[np.int64], kernel.Sums]  # cells, rows behind each, sums
_Counted = tuple[Codes, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]  # group, level, n, Σw
_LEVELS = 4096  # largest whole number whose answers are counted by number


def named(study: Study) -> str:
    """Return what a study's rows are restricted to, for messages."""
    parts = [f"{name}={level}" for name, level in study.filters.items()]
    return ", ".join([*parts, *([f"period {study.period}"] if study.period else [])]) or "the whole table"


@dataclass
class Counts:
    """The rows that a result stands on: how many, Σw, Σw², straight-liners, first and last date."""

    n: int = 0
    sw: float = 0.0
    sw2: float = 0.0
    straight: int = 0
    date_min: dt.date | None = None
    date_max: dt.date | None = None

    def add(self, rows: pl.DataFrame) -> None:
        """Add rows inside the filters and the period."""
        weights = rows["weight"].to_numpy()
        self.n += len(rows)
        self.sw += float(weights.sum())
        self.sw2 += float((weights**2).sum())
        self.straight += int(rows[STRAIGHT].sum())
        self.date_min = earliest(self.date_min, rows["date"].min())
        self.date_max = latest(self.date_max, rows["date"].max())


@dataclass
class Request:
    """One request for moments while rows are added: the cells so far and how many rows each has."""

    cells: Cells
    keys: tuple[str, ...]
    sums: Accumulator
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def add(self, found: Codes, n: NDArray[np.int64], sums: kernel.Sums) -> None:
        """Add sums of cells, and the rows behind them."""
        self.sums.add(found, sums)
        self.rows = grown(self.rows, self.sums.size)
        self.rows[found] += n


def keys_of(plan: Plan, cells: Cells) -> tuple[str, ...]:
    """Return the keys of a request's cells: its groups, and what errors or the bootstrap need apart."""
    keys = list(cells.by)
    if cells.blocks or (plan.kind == "cluster" and not cells.cross):
        keys.append("block")
    elif plan.kind == "strata" and not cells.cross:
        keys.append("stratum")
    # the bootstrap keeps the weights as they are, and rows that count once were fitted to nothing
    if plan.fitting is not None and cells.weighted and not (cells.blocks or cells.cross):
        keys.append("margin_cell")
    return tuple(keys)


def sum_names(plan: Plan, cells: Cells) -> tuple[str, ...]:
    """Return the sums that are kept of a request; where rows count once, the others equal one of these."""
    if plan.weighted and cells.weighted:
        return CROSS_SUMS if cells.cross else VECTOR_SUMS
    return kernel.PLAIN_CROSS_SUMS if cells.cross else kernel.PLAIN_VECTOR_SUMS


class Sums:
    """Sums, tallies and rows of the chosen rows, batch by batch."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.counts = plan, Counts()
        self.requests = {}
        for name, cells in plan.needs.cells.items():
            p = len(cells.columns)
            adding = Accumulator(sum_names(plan, cells), (p, p) if cells.cross else (p,))
            self.requests[name] = Request(cells, keys_of(plan, cells), adding)
        self.tallies: dict[str, dict[tuple[int, float], list[float]]] = {n: {} for n in plan.needs.tallies}
        self.kept: dict[str, list[pl.DataFrame]] = {name: [] for name in plan.needs.rows}
        self.keys = Keys(plan)

    def add(self, batch: pl.DataFrame) -> None:
        """Add a batch of chosen rows.

        Parameters
        ----------
        batch : DataFrame
            As :meth:`Facts.add` gives it, restricted to chosen rows.
        """
        inside = batch[INSIDE].to_numpy()
        rows = Batch(self.plan, self.keys, batch)
        self.counts.add(batch if inside.all() else batch.filter(INSIDE))
        for name, kept in self.plan.needs.rows.items():
            self._keep(name, kept, rows, slice(None) if kept.all_periods or inside.all() else inside)
        self._add_rows(rows, np.flatnonzero(inside), self.requests, tallied=True)
        late = {name: one for name, one in self.requests.items() if one.cells.all_periods}
        if late and not inside.all():
            self._add_rows(rows, np.flatnonzero(~inside), late, tallied=False)

    def _add_rows(self, batch: Batch, rows: Codes, requests: Mapping[str, Request], *, tallied: bool) -> None:
        """Add rows of a batch to requests, sorted by block if pairs are asked for by block."""
        if any(one.cells.cross and one.cells.blocks for one in requests.values()):
            rows = rows[np.argsort(batch.codes(("block",))[rows], kind="stable")]
        for request in requests.values():
            batch.codes(request.keys)  # numbers are given in order, before threads share them
        for name in batch.group_columns:
            batch.codes((name,))
        tallies = list(self.tallies) if tallied else []
        chunks = [rows[start : start + CHUNK_ROWS] for start in range(0, len(rows), CHUNK_ROWS)]

        def work(chunk: Codes) -> tuple[list[_Found | None], list[_Counted]]:
            own = Chunk(batch, chunk)
            return [_sums(one, own) for one in requests.values()], [self._count(one, own) for one in tallies]

        for sums, counts in _in_threads(work, chunks):
            for request, found in zip(requests.values(), sums, strict=True):
                if found is not None:
                    request.add(*found)
            for name, counted in zip(tallies, counts, strict=True):
                _added(self.tallies[name], counted)

    def _count(self, name: str, chunk: Chunk) -> _Counted:
        """Count the rows at each level of a column, by group."""
        tally, batch = self.plan.needs.tallies[name], chunk.batch
        (one,) = chunk.answers([tally.column], None)
        groups = batch.codes(tally.by)[chunk.rows] if tally.by else np.zeros(len(chunk.rows), dtype=np.intp)
        here = np.flatnonzero(~one.absent & (groups >= 0))
        levels, codes = _levels(one.values[here], batch.limit(tally.column))
        joint = groups[here] * len(levels) + codes
        n = np.bincount(joint).astype(float)
        sw = np.bincount(joint, chunk.weights[here]) if self.plan.weighted else n
        cells = np.flatnonzero(n)
        group, level = np.divmod(cells, max(len(levels), 1))
        return group, levels[level], n[cells], np.asarray(sw[cells], dtype=float)

    def _keep(self, name: str, kept: Rows, batch: Batch, chosen: slice | NDArray[np.bool_]) -> None:
        self.kept[name].append(batch.frame(kept.columns, np.arange(len(batch.table))[chosen]))
        refuse_more(self.plan, name, sum(map(len, self.kept[name])))


def _levels(values: NDArray[np.float64], limit: float | None) -> tuple[NDArray[np.float64], Codes]:
    """Return the levels of a column's answers, and the position of each answer among them."""
    if limit is None or limit > _LEVELS:
        return np.unique(values, return_inverse=True)
    return np.arange(-limit, limit + 1), (values + limit).astype(np.intp)


def _in_threads(work: Callable[[Codes], _Result], chunks: Sequence[Codes]) -> Iterator[_Result]:
    """Return the result of each chunk in order; no more of them are held than there are threads."""
    if len(chunks) < 2:
        yield from map(work, chunks)
        return
    with ThreadPoolExecutor(_THREADS) as pool:
        for start in range(0, len(chunks), _THREADS):
            yield from pool.map(work, chunks[start : start + _THREADS])


def _added(total: dict[tuple[int, float], list[float]], counted: _Counted) -> None:
    for group, level, n, sw in zip(*(one.tolist() for one in counted), strict=True):
        own = total.setdefault((group, level), [0.0, 0.0])
        own[0] += n
        own[1] += sw


def _sums(request: Request, chunk: Chunk) -> _Found | None:
    """Return the cells that some rows fall into, how many rows each has, and their sums."""
    cells = request.cells
    order, starts, found = chunk.cells(request.keys)
    if len(found) == 0:
        return None
    asked = chunk.answers(cells.columns, order)
    weights = None
    if "sw" in request.sums.names:
        own = chunk.weights if cells.weighted else np.ones(len(chunk.rows))
        weights = own if order is None else own[order]
    if cells.cross:
        limits = [chunk.batch.limit(name) for name in cells.columns]
        largest = None if None in limits else max(one for one in limits if one is not None)
        sums = kernel.pair_sums(asked, weights, starts, largest)
    else:
        sums = kernel.single_sums(asked, weights, starts if request.keys else None)
    return found, np.diff(starts, append=len(chunk.rows) if order is None else len(order)), sums


def refuse_more(plan: Plan, name: str, found: int) -> None:
    """Refuse more rows than a request allows.

    Parameters
    ----------
    plan : Plan
        What is needed.
    name : str
        Name of the request.
    found : int
        Rows found.

    Raises
    ------
    DataError
        If they are too many.
    """
    limit = plan.needs.rows[name].limit
    if found > limit:
        raise DataError(
            f"{name} needs rows in memory and {plan.study.responses.table!r} has more than {limit:,} for "
            f"{named(plan.study)}. Restrict the report to a period or a unit."
        )
