"""One pass over the rows of a partition: facts of all rows, then sums, tallies and rows of those that are chosen."""

from __future__ import annotations

import datetime as dt
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import Any, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from svcq_lib.errors import DataError
from svcq_lib.evidence import follow, kernel
from svcq_lib.evidence.batch import Batch, Chunk, Keys, Layouts
from svcq_lib.evidence.columns import Kinds, Masks
from svcq_lib.evidence.facts import earliest, grown, latest
from svcq_lib.evidence.grouping import Codes
from svcq_lib.evidence.layout import index
from svcq_lib.evidence.moments import CROSS_SUMS, VECTOR_SUMS, Accumulator
from svcq_lib.evidence.needs import Cells, Rows
from svcq_lib.evidence.plan import INSIDE, Plan
from svcq_lib.evidence.rooms import room
from svcq_lib.evidence.straight import straight_lined
from svcq_lib.study import Study

CHUNK_ROWS = (1 << 15) + 64
"""Columns that lie a power of two apart would push each other out of the processor's cache."""
_THREADS = min(4, os.cpu_count() or 1)
_Result = TypeVar("_Result")
_Found = tuple[Codes, NDArray[np.int64], kernel.Sums]  # cells, rows behind each, sums
_Counted = tuple[Codes, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]  # group, level, n, Σw
_Chunked = tuple[Sequence[_Found | None], Sequence[_Counted]]
_Task = tuple[Mapping[str, "Request"], Callable[[], _Chunked]]
_LEVELS = 4096  # largest whole number whose answers are counted by number
_TOGETHER = 8  # columns of a chunk that are summed together
_LANES = 16  # columns that a processor multiplies at once
_FEW = 16  # largest whole number whose answers are counted level by level


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

    def add(self, rows: pl.DataFrame, straight: int) -> None:
        """Add rows inside the filters and the period, some of which are straight-liners."""
        weights = rows["weight"].to_numpy()
        self.n += len(rows)
        self.sw += float(weights.sum())
        self.sw2 += float((weights**2).sum())
        self.straight += straight
        self.date_min = earliest(self.date_min, rows["date"].min())
        self.date_max = latest(self.date_max, rows["date"].max())


@dataclass
class Request:
    """One request for moments while rows are added: the cells so far and how many rows each has."""

    cells: Cells
    keys: tuple[str, ...]
    kinds: Kinds
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


def shapes_of(plan: Plan, cells: Cells, masks: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of each sum of a request in one cell, as the kernel gives it."""
    p = len(cells.columns)
    if not cells.cross:
        return dict.fromkeys(sum_names(plan, cells), (p,))
    shapes = {"n": (masks, masks), "sw": (masks, masks), "swxy": (p, p)}
    return {name: shapes.get(name, (p, masks)) for name in sum_names(plan, cells)}


class Sums:
    """Sums, tallies and rows of the chosen rows, batch by batch; requests that follow from others are left out."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.counts, masks = plan, Counts(), Masks(plan.needs.derived)
        self.requests = {}
        for name, cells in follow.scanned(plan.needs, weighted=plan.weighted).cells.items():
            kinds = masks.kinds(cells.columns)
            adding = Accumulator(shapes_of(plan, cells, kinds.count))
            self.requests[name] = Request(cells, keys_of(plan, cells), kinds, adding)
        self.tallies: dict[str, dict[tuple[int, float], list[float]]] = {n: {} for n in plan.needs.tallies}
        self.kept: dict[str, list[pl.DataFrame]] = {name: [] for name in plan.needs.rows}
        self.keys, self.layouts = Keys(plan), Layouts(plan)

    def add(self, batches: Iterable[pl.DataFrame]) -> None:
        """Add batches of chosen rows, the next of which is read while one is summed.

        Parameters
        ----------
        batches : iterable of DataFrame
            As :meth:`svcq_lib.evidence.facts.Facts.add` gives them, restricted to chosen rows.
        """
        with ThreadPoolExecutor(_THREADS) as pool:
            ready = chain.from_iterable(_ahead(map(self._ready, _ahead(iter(batches)))))
            for requests, (sums, counts) in _in_threads(pool, chain.from_iterable(ready)):
                self._take(requests, sums, counts)

    def _ready(self, batch: pl.DataFrame) -> list[Iterator[_Task]]:
        """Return what is left to do for a batch, chunk by chunk, after its groups are numbered."""
        inside = batch[INSIDE].to_numpy()
        rows = Batch(self.plan, self.keys, batch, self.layouts)
        straight = int(straight_lined(rows.raw)[inside].sum()) if self.plan.straight else 0
        self.counts.add(batch if inside.all() else batch.filter(INSIDE), straight)
        for name, kept in self.plan.needs.rows.items():
            self._keep(name, kept, rows, slice(None) if kept.all_periods or inside.all() else inside)
        late = {name: one for name, one in self.requests.items() if one.cells.all_periods}
        groups = [one.keys for one in self.requests.values()]
        groups += [one.by for one in self.plan.needs.tallies.values()]
        rows.prepare([*groups, ("block",)] if self.plan.blocked else groups)
        every = [
            self._split(rows, None if inside.all() else np.flatnonzero(inside), self.requests, tallied=True)
        ]
        if late and not inside.all():
            every.append(self._split(rows, np.flatnonzero(~inside), late, tallied=False))
        return every

    def _split(
        self, batch: Batch, rows: Codes | None, requests: Mapping[str, Request], *, tallied: bool
    ) -> Iterator[_Task]:
        """Split rows of a batch (None: all) into chunks, sorted by block if pairs are asked for by block."""
        if any(one.cells.cross and one.cells.blocks for one in requests.values()):
            blocks = batch.codes(("block",))
            order = kernel.sort_cells(blocks if rows is None else blocks[rows])[0]
            rows = order if rows is None else rows[order]
        tallies = list(self.tallies) if tallied else []
        n = batch.size if rows is None else len(rows)

        def work(span: slice) -> _Chunked:
            own = Chunk(batch, span if rows is None else rows[span])
            return [_sums(one, own) for one in requests.values()], [self._count(one, own) for one in tallies]

        spans = (slice(a, min(a + CHUNK_ROWS, n)) for a in range(0, n, CHUNK_ROWS))
        return ((requests, partial(work, span)) for span in spans)

    def _take(
        self, requests: Mapping[str, Request], sums: Sequence[_Found | None], counts: Sequence[_Counted]
    ) -> None:
        """Add the sums and counts of a chunk."""
        for request, found in zip(requests.values(), sums, strict=True):
            if found is not None:
                request.add(*found)
        for total, counted in zip(self.tallies.values(), counts, strict=False):
            _added(total, counted)

    def _count(self, name: str, chunk: Chunk) -> _Counted:
        """Count the rows at each level of a column, by group."""
        tally, batch = self.plan.needs.tallies[name], chunk.batch
        place, limit = batch.layout.places[tally.column], batch.layout.limit(tally.column)
        (values,) = chunk.work.values(batch.layout.source((tally.column,)), "tally")
        if not tally.by and not self.plan.weighted and limit is not None and limit <= _FEW:
            return _few(values, chunk.size - chunk.count(place.mask), limit)
        groups = batch.codes(tally.by)[chunk.rows] if tally.by else np.zeros(chunk.size, dtype=np.intp)
        here = np.flatnonzero((chunk.work.present[place.mask] > 0) & (groups >= 0))
        levels, codes = _levels(values[here], limit)
        joint = groups[here] * len(levels) + codes
        n = np.bincount(joint).astype(float)
        sw = np.bincount(joint, chunk.weights[here]) if self.plan.weighted else n
        cells = np.flatnonzero(n)
        group, level = np.divmod(cells, max(len(levels), 1))
        return group, levels[level], n[cells], np.asarray(sw[cells], dtype=float)

    def _keep(self, name: str, kept: Rows, batch: Batch, chosen: slice | NDArray[np.bool_]) -> None:
        self.kept[name].append(batch.frame(kept.columns, np.arange(len(batch.table))[chosen]))
        refuse_more(self.plan, name, sum(map(len, self.kept[name])))


def _few(values: NDArray[np.int8], absent: int, limit: float) -> _Counted:
    """Count the rows at each of a few levels: to compare short integers is faster than to tell them apart."""
    levels = np.arange(0.0 if values.min() >= 0 else -limit, limit + 1)
    n = np.array([np.count_nonzero(values == level) for level in levels.astype(int).tolist()], dtype=float)
    n[levels == 0] -= absent
    kept = np.flatnonzero(n)
    return np.zeros(len(kept), dtype=np.intp), levels[kept], n[kept], n[kept]


def _levels(values: NDArray[Any], limit: float | None) -> tuple[NDArray[np.float64], Codes]:
    """Return the levels of a column's answers, and the position of each answer among them."""
    if limit is None or limit > _LEVELS:
        levels, codes = np.unique(values, return_inverse=True)
        return levels.astype(float), codes
    return np.arange(-limit, limit + 1), values.astype(np.intp) + int(limit)


def _ahead(items: Iterator[_Result]) -> Iterator[_Result]:
    """Yield items while a thread of its own makes the next one."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next, items, None)
        while (item := waiting.result()) is not None:
            waiting = pool.submit(next, items, None)
            yield item


def _in_threads(
    pool: ThreadPoolExecutor, tasks: Iterator[_Task]
) -> Iterator[tuple[Mapping[str, Request], _Chunked]]:
    """Yield the result of each task in order; few more of them are held than there are threads."""
    first = list(islice(tasks, 2))
    if len(first) < 2:  # little to do: in the memory that this thread has at hand
        yield from ((requests, work()) for requests, work in first)
        return
    waiting: deque[tuple[Mapping[str, Request], Future[_Chunked]]] = deque()
    for requests, work in chain(first, tasks):
        waiting.append((requests, pool.submit(work)))
        if len(waiting) > _THREADS:
            requests, done = waiting.popleft()
            yield requests, done.result()
    for requests, done in waiting:
        yield requests, done.result()


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
    n = chunk.size if order is None else len(order)
    weights = None
    if "sw" in request.sums.shapes:
        weights = chunk.weights if order is None else chunk.weights[order]
    if cells.cross:
        sums = kernel.pair_sums(*_by_row(request, chunk, order), weights, starts, request.kinds)
    elif weights is None and not request.keys:
        sums = _plain(request, chunk)
    else:
        sums = kernel.single_sums(*_by_column(request, chunk, order), weights, starts)
    return found, kernel.rows_of(starts, n), sums


def _by_column(
    request: Request, chunk: Chunk, order: Codes | None
) -> tuple[NDArray[np.floating[Any]], NDArray[np.bool_]]:
    """Return a request's answers, and where there are any, each column in a row."""
    source = chunk.batch.layout.source(request.cells.columns)
    x = room("x", (len(source.places), chunk.size), np.float64)
    chunk.work.fill(source, x)
    present = chunk.work.answered(source.masks, "asked").view(np.bool_)
    return (x, present) if order is None else (x.take(order, axis=1), present.take(order, axis=1))


def _by_row(
    request: Request, chunk: Chunk, order: Codes | None
) -> tuple[NDArray[np.floating[Any]], NDArray[np.bool_] | None]:
    """Return a request's answers as the kernel takes pairs, and where there are any by mask, row by row."""
    work, layout = chunk.work, chunk.batch.layout
    source, p = layout.source(request.cells.columns), len(request.cells.columns)
    shape = chunk.size, -(-(p + 1) // _LANES) * _LANES
    rows = room("rows", shape, np.int8 if source.kinds == {True} else np.float64)
    work.fill(source, rows[:, :p].T)
    rows[:, p], rows[:, p + 1 :] = 1, 0
    asked = work.answered(index([source.places[first].mask for first in request.kinds.first]), "asked").view(
        np.bool_
    )
    present = None if asked.all() else np.ascontiguousarray(asked.T)
    if order is not None:
        rows, present = rows.take(order, axis=0), None if present is None else present.take(order, axis=0)
    plain = "sw" not in request.sums.shapes
    x = room("x", rows.shape, kernel.exact_type(source.limit, len(rows)) if plain else np.float64)
    x[:] = rows
    return x, present


def _plain(request: Request, chunk: Chunk) -> kernel.Sums:
    """Return the sums of single columns over all rows, some columns at a time: as many as stay in the cache."""
    work, layout, columns = chunk.work, chunk.batch.layout, request.cells.columns
    sums = np.empty((2, len(columns)))
    for start in range(0, len(columns), _TOGETHER):
        some = layout.source(columns[start : start + _TOGETHER])
        x = room("x", (len(some.places), chunk.size), kernel.exact_type(some.limit, chunk.size))
        work.fill(some, x)
        sums[:, start : start + len(x)] = kernel.plain_sums(x)
    n = np.array([chunk.count(layout.mask(name)) for name in columns], dtype=float)
    return {"n": n[None], "swx": sums[:1], "swx2": sums[1:]}


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
