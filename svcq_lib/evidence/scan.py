"""One pass over the rows of a partition: facts of all rows, then sums, tallies and rows of those that are chosen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from svcq_lib.errors import DataError
from svcq_lib.evidence import kernel
from svcq_lib.evidence.batch import Batch, Keys
from svcq_lib.evidence.columns import Answers, Columns
from svcq_lib.evidence.grouping import Codes, Levels, Pairs
from svcq_lib.evidence.moments import CROSS_SUMS, VECTOR_SUMS, Accumulator
from svcq_lib.evidence.needs import Cells, Rows
from svcq_lib.evidence.plan import INSIDE, STRAIGHT, UNIT, Plan
from svcq_lib.sources.prepared import ROW
from svcq_lib.study import Study

CHUNK_ROWS = 1 << 15
_LEVELS = 4096  # largest whole number whose answers are counted by number


def named(study: Study) -> str:
    """Return what a study's rows are restricted to, for messages."""
    parts = [f"{name}={level}" for name, level in study.filters.items()]
    return ", ".join([*parts, *([f"period {study.period}"] if study.period else [])]) or "the whole table"


class Whole(NamedTuple):
    """What a result says of all rows of the table, whoever is chosen.

    Attributes
    ----------
    blocks : DataFrame
        Every block in the order of its number: ``stratum``, ``unit``, ``first`` (number of its first row).
    strata : DataFrame
        Every stratum: ``stratum``, ``n`` (rows).
    sums : DataFrame
        Under margins: ``unit`` (a stratum, or a block where clusters are drawn), ``margin_cell``, ``sw``, ``sw2``.
    date_last : date or None
        Last date.
    """

    blocks: pl.DataFrame
    strata: pl.DataFrame
    sums: pl.DataFrame
    date_last: dt.date | None


class Facts:
    """Finds what a result says of all rows of the table, batch by batch."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.date_last: dt.date | None = None
        self._strata, self._units, self._pairs = Levels(), Levels(), Pairs()
        self._rows = np.zeros(0, dtype=np.int64)
        self._first = np.zeros(0, dtype=np.int64)
        self._whole: dict[tuple[int, int], list[float]] = {}

    def add(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Add a batch of rows and return it with calibrated weights, strata and blocks.

        Parameters
        ----------
        batch : DataFrame
            As :func:`svcq_lib.evidence.plan.table` gives it.

        Returns
        -------
        DataFrame
            The same rows with ``block`` and, under margins, ``margin_cell``.
        """
        plan = self.plan
        if plan.fitting is not None:
            cells = plan.fitting.cells(batch)
            weights = plan.fitting.weights(batch["weight"].to_numpy(), cells)
            batch = batch.with_columns(weight=pl.Series(weights), margin_cell=pl.Series(cells))
        self.date_last = latest(self.date_last, batch["date"].max())
        stratum = pl.col("stratum").fill_null("") if plan.kind != "simple" else pl.lit("")
        batch = batch.with_columns(stratum=stratum)
        strata, blocks = self._blocks(batch)
        self._rows = _grown(self._rows, len(self._strata.values))
        self._rows += np.bincount(strata, minlength=len(self._rows))
        self._add_whole(batch, blocks if plan.kind == "cluster" else strata)
        return batch.with_columns(block=pl.Series(blocks)).drop(UNIT)

    def _blocks(self, batch: pl.DataFrame) -> tuple[Codes, Codes]:
        """Return the stratum and the block of each row, and keep the first row of each block."""
        strata = self._strata.codes(batch["stratum"])
        named = self.plan.kind == "cluster" or self.plan.small
        own = self._units.codes(batch[UNIT]) if named else batch[UNIT].to_numpy()
        blocks = self._pairs.codes(strata, own)
        new = len(self._first)
        self._first = _grown(self._first, len(self._pairs))
        rows = batch[ROW].to_numpy()
        first = np.zeros(len(self._first), dtype=np.int64)
        first[blocks[::-1]] = rows[::-1]  # of rows of one block the first is written last
        self._first[new:] = first[new:]
        return strata, blocks

    def _add_whole(self, batch: pl.DataFrame, units: Codes) -> None:
        """Add the weights of rows by sampling unit and joint cell, for errors under calibration."""
        if self.plan.fitting is None:
            return
        weights, size = batch["weight"].to_numpy(), len(self.plan.fitting.factors)
        joint = units * size + batch["margin_cell"].to_numpy()
        found, inverse = np.unique(joint, return_inverse=True)
        sums = [np.bincount(inverse, one) for one in (weights, weights**2)]
        for key, sw, sw2 in zip(found.tolist(), *sums, strict=True):
            total = self._whole.setdefault(divmod(key, size), [0.0, 0.0])
            total[0] += sw
            total[1] += sw2

    def found(self) -> Whole:
        """Return what was found in all rows."""
        return Whole(self._block_table(), self._stratum_table(), self._whole_table(), self.date_last)

    def _block_table(self) -> pl.DataFrame:
        left, right = self._pairs.pairs.T
        strata, units = self._strata.values, self._units.values
        names = [units[i] for i in right] if units else right.tolist()
        return pl.DataFrame(
            {
                "stratum": pl.Series([strata[i] for i in left], dtype=pl.String),
                "unit": pl.Series([str(one) for one in names], dtype=pl.String),
                "first": pl.Series(self._first, dtype=pl.Int64),
            }
        )

    def _stratum_table(self) -> pl.DataFrame:
        names = pl.Series(self._strata.values, dtype=pl.String)
        return pl.DataFrame({"stratum": names, "n": pl.Series(self._rows, dtype=pl.Int64)})

    def _whole_table(self) -> pl.DataFrame:
        units, cells = np.array(list(self._whole), dtype=np.int64).reshape(-1, 2).T
        sums = np.array(list(self._whole.values()), dtype=float).reshape(-1, 2)
        clusters, names = self.plan.kind == "cluster", self._strata.values
        unit = pl.Series(units) if clusters else pl.Series([names[i] for i in units], dtype=pl.String)
        return pl.DataFrame({"unit": unit, "margin_cell": cells, "sw": sums[:, 0], "sw2": sums[:, 1]})


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
        self.rows = _grown(self.rows, self.sums.size)
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
        for start in range(0, len(rows), CHUNK_ROWS):
            chunk = rows[start : start + CHUNK_ROWS]
            columns = batch.columns(chunk)
            for request in requests.values():
                _add_cells(request, batch, columns, chunk)
            for name in self.tallies if tallied else ():
                self._count(name, batch, columns, chunk)

    def _count(self, name: str, batch: Batch, columns: Columns, rows: Codes) -> None:
        """Count the rows at each level of a column, by group."""
        tally = self.plan.needs.tallies[name]
        values, absent = columns[tally.column]
        groups = batch.codes(tally.by)[rows]
        here = np.flatnonzero(~absent & (groups >= 0))
        levels, codes = _levels(values[here], batch.limit(tally.column))
        joint = groups[here] * len(levels) + codes
        n = np.bincount(joint)
        sw = np.bincount(joint, batch.weights[rows[here]]) if self.plan.weighted else n
        found = self.tallies[name]
        for cell in np.flatnonzero(n).tolist():
            group, level = divmod(cell, len(levels))
            total = found.setdefault((group, float(levels[level])), [0.0, 0.0])
            total[0] += float(n[cell])
            total[1] += float(sw[cell])

    def _keep(self, name: str, kept: Rows, batch: Batch, chosen: slice | NDArray[np.bool_]) -> None:
        self.kept[name].append(batch.frame(kept.columns, np.arange(len(batch.table))[chosen]))
        refuse_more(self.plan, name, sum(map(len, self.kept[name])))


def _levels(values: NDArray[np.float64], limit: float | None) -> tuple[NDArray[np.float64], Codes]:
    """Return the levels of a column's answers, and the position of each answer among them."""
    if limit is None or limit > _LEVELS:
        return np.unique(values, return_inverse=True)
    return np.arange(-limit, limit + 1), (values + limit).astype(np.intp)


def _add_cells(request: Request, batch: Batch, columns: Columns, rows: Codes) -> None:
    """Add some rows to the cells of a request."""
    cells = request.cells
    asked = [columns[name] for name in cells.columns]
    weights = batch.weights[rows] if "sw" in request.sums.names else None
    if cells.cross:
        codes = batch.codes(request.keys)[rows]
        order, starts, found = kernel.sort_cells(codes)
        if len(found) == 0:
            return
        if len(order) < len(rows) or (np.diff(order) < 0).any():
            asked = [Answers(one.values[order], one.absent[order]) for one in asked]
            weights = None if weights is None else weights[order]
        limits = [batch.limit(name) for name in cells.columns]
        largest = None if None in limits else max(one for one in limits if one is not None)
        sums = kernel.pair_sums(asked, weights, starts, largest)
        request.add(found, np.diff([*starts, len(order)]), sums)
    elif not request.keys:
        request.add(
            np.zeros(1, dtype=np.intp), np.array([len(rows)]), kernel.single_sums(asked, weights, None)
        )
    else:
        found, local = batch.cells(request.keys, rows)
        n = np.bincount(local[local >= 0], minlength=len(found))
        request.add(found, n, kernel.single_sums(asked, weights, local, len(found)))


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


def earliest(one: object, other: object) -> dt.date | None:
    """Return the earlier of two dates, either of which may be missing."""
    return min((day for day in (one, other) if isinstance(day, dt.date)), default=None)


def latest(one: object, other: object) -> dt.date | None:
    """Return the later of two dates, either of which may be missing."""
    return max((day for day in (one, other) if isinstance(day, dt.date)), default=None)


def _grown(array: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return (
        np.concatenate([array, np.zeros(size - len(array), dtype=np.int64)]) if size > len(array) else array
    )
