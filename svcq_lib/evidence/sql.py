"""Sums of a database table, made by the database where it can: what it cannot add up is streamed through the kernel.

A request is pushed down if the database can name its cells (groups, periods, strata) and every column can be written
in SQL. Bootstrap blocks and clusters are numbered by a hash or by the first row, calibrated weights are cut row by
row, requests for rows are rows: these are streamed, in one pass, and so is what needs no further column. A large
matrix of pairs is streamed too, since a pass costs less than a thousand sums.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from svcq_lib.evidence import follow, sql_columns
from svcq_lib.evidence.columns import sources_of
from svcq_lib.evidence.moments import Array
from svcq_lib.evidence.needs import Cells, EvidenceNeeds, Tally
from svcq_lib.evidence.parts import Cells as FoundCells
from svcq_lib.evidence.parts import Part, part_of
from svcq_lib.evidence.plan import Plan, wanted
from svcq_lib.evidence.scan import Counts, keys_of, sum_names
from svcq_lib.evidence.sql_columns import Canonical
from svcq_lib.sources import connect, databases

TILE = 250
"""Most sums that one query asks for."""

MOST_PAIR_SUMS = 4 * TILE
"""Most sums of one matrix of pairs that are pushed down."""

BACKENDS = ("duckdb", "postgres")
"""Databases that add up: their text comparisons tell every spelling apart, as reading the rows does. SQLite's do, too,
but each of its queries takes many times as long as reading the rows of the file."""


def part_of_database(plan: Plan) -> Part:
    """Return what is found in a response table that lies in a database.

    Parameters
    ----------
    plan : Plan
        What is needed.

    Returns
    -------
    Part
        Equal to that of the same rows in a file, up to the rounding of sums that are not whole numbers. Blocks are
        numbered only if something is needed by block.

    Raises
    ------
    DataError
        If the database cannot be read, or a request for rows finds more than its limit.
    """
    study = plan.study
    name = study.responses.table
    spec = study.tables[name]
    with databases.opened(spec, study.root, name) as (connection, rows):
        reading = _reading(plan, connection, rows)
        pushed = EvidenceNeeds() if reading is None else _pushed(plan, reading)
        streamed = _without(follow.scanned(plan.needs, weighted=plan.weighted), pushed)
        found = None
        if reading is not None and (pushed.cells or pushed.tallies or not _any(streamed)):
            asked = [name for one in pushed.cells.values() for name in one.columns]
            asked += [one.column for one in pushed.tallies.values()]
            found = _Query(plan, connection, *reading.flat(connection, asked)).part(pushed)
    if found is not None and not _any(streamed):
        return found
    scanned = part_of([connect.scan(spec, study.root, name=name)], _carrying(plan, streamed))
    if found is None:
        return scanned
    cells, tallies = {**scanned.cells, **found.cells}, {**scanned.tallies, **found.tallies}
    return replace(scanned, cells=cells, tallies=tallies)


def _carrying(plan: Plan, needs: EvidenceNeeds) -> Plan:
    """Return the plan of some requests, with the derived columns whose sources they read."""
    carried = wanted(replace(plan, needs=needs))
    derived = {
        name: one for name, one in needs.derived.items() if sources_of(needs.derived, [name]) <= carried
    }
    return replace(plan, needs=replace(needs, derived=derived))


def _any(needs: EvidenceNeeds) -> bool:
    return bool(needs.cells or needs.tallies or needs.rows)


def _without(needs: EvidenceNeeds, other: EvidenceNeeds) -> EvidenceNeeds:
    """Return the requests that the other does not meet."""
    cells = {name: one for name, one in needs.cells.items() if name not in other.cells}
    tallies = {name: one for name, one in needs.tallies.items() if name not in other.tallies}
    return replace(needs, cells=cells, tallies=tallies)


def _reading(plan: Plan, connection: Any, rows: Any) -> Canonical | None:
    """Return the columns as the database can compute them; None if it has to be asked for rows anyway."""
    if connection.name not in BACKENDS or plan.kind == "cluster" or plan.fitting is not None:
        return None
    return sql_columns.canonical(plan, connection, rows)


def _pushed(plan: Plan, reading: Canonical) -> EvidenceNeeds:
    """Return the requests that the database meets."""
    needs = follow.scanned(plan.needs, weighted=plan.weighted)

    def known(names: Sequence[str]) -> bool:
        return all(name in reading.columns for name in sources_of(needs.derived, names) - {"period", "month"})

    cells = {
        name: one
        for name, one in needs.cells.items()
        if not one.blocks and _pair_sums(plan, one) <= MOST_PAIR_SUMS and known((*one.columns, *one.by))
    }
    tallies = {name: one for name, one in needs.tallies.items() if known((one.column, *one.by))}
    able = replace(needs, cells=cells, tallies=tallies, rows={})
    rest = _without(needs, able)
    if not _any(rest):
        return able
    carried = wanted(replace(plan, needs=rest)) | {key for key in plan.study.columns() if "perception" in key}
    carried |= {"period", "month"}

    def costs(names: Sequence[str]) -> bool:
        return not sources_of(needs.derived, names) <= carried

    return replace(
        able,
        cells={name: one for name, one in cells.items() if costs((*one.columns, *one.by))},
        tallies={name: one for name, one in tallies.items() if costs((one.column, *one.by))},
    )


def _pair_sums(plan: Plan, cells: Cells) -> int:
    return len(cells.columns) ** 2 * len(sum_names(plan, cells)) if cells.cross else 0


@dataclass
class _Group:
    """Sums by the same keys over the same rows, each asked for once."""

    keys: tuple[str, ...]
    all_periods: bool
    sums: dict[tuple[object, ...], Any] = field(default_factory=dict)


class _Query:
    """Asks the database for sums.

    Parameters
    ----------
    plan : Plan
        What is needed.
    connection : Ibis connection
        The database.
    reading : Canonical
        The columns.
    base : str
        The query that their table stands for.
    """

    def __init__(self, plan: Plan, connection: Any, reading: Canonical, base: str) -> None:
        self.plan, self.connection, self.reading, self.base = plan, connection, reading, base

    def part(self, needs: EvidenceNeeds) -> Part:
        """Return the part with the sums and tallies of some requests."""
        strata = self._strata()
        blocks = strata.select("stratum", unit=pl.lit(""), first=pl.int_range(pl.len(), dtype=pl.Int64))
        nothing = {"unit": pl.String, "margin_cell": pl.Int64, "sw": pl.Float64, "sw2": pl.Float64}
        return Part(
            self._cells(needs.cells),
            {name: self._tally(one) for name, one in needs.tallies.items()},
            {},
            self._counts(),
            blocks,
            strata,
            pl.DataFrame(schema=nothing),
            self._date_last(),
        )

    def _all(self, rows: Any) -> pl.DataFrame:
        """Return the few rows of an answer."""
        asked = str(self.connection.compile(rows))
        # the fence keeps PostgreSQL from computing a column anew in each sum that it stands in
        fence = " OFFSET 0" if self.connection.name == "postgres" else ""
        before = f'WITH "{sql_columns.BASE}" AS ({self.base}{fence})'
        more = asked.removeprefix("WITH ")
        text = f"{before} {asked}" if more == asked else f"{before}, {more}"
        return databases.answered(self.connection, text, dict(rows.schema().to_polars()))

    def _strata(self) -> pl.DataFrame:
        rows = self.reading.rows
        if self.plan.kind == "simple":
            return self._all(rows.aggregate(n=rows.count())).select(stratum=pl.lit(""), n=pl.col("n"))
        return self._all(rows.group_by(stratum=self.reading.key("stratum")).aggregate(n=rows.count())).sort(
            "stratum"
        )

    def _date_last(self) -> dt.date | None:
        rows = self.reading.rows
        return _day(self._all(rows.aggregate(last=self.reading.date.max())).item())

    def _counts(self) -> Counts:
        rows, w, date = self.reading.inside(), self.reading.weight, self.reading.date
        asked = rows.aggregate(
            n=rows.count(),
            sw=w.sum(),
            sw2=(w * w).sum(),
            straight=self.reading.straight.ifelse(1, 0).sum(),
            date_min=date.min(),
            date_max=date.max(),
        )
        one = self._all(asked).row(0, named=True)
        return Counts(
            one["n"],
            one["sw"] or 0.0,
            one["sw2"] or 0.0,
            int(one["straight"] or 0),
            _day(one["date_min"]),
            _day(one["date_max"]),
        )

    def _tally(self, tally: Tally) -> pl.DataFrame:
        value = self.reading.value(tally.column)
        rows = self.reading.inside()
        keys = {f"k{i}": self.reading.key(key) for i, key in enumerate(tally.by)}
        rows = rows.filter(value.notnull(), *(key.notnull() for key in keys.values()))
        sw = self.reading.weight.sum() if self.plan.weighted else rows.count().cast("float64")
        found = self._all(rows.group_by(**keys, level=value).aggregate(n=rows.count().cast("float64"), sw=sw))
        names = {f"k{i}": key for i, key in enumerate(tally.by)} | {"level": tally.column}
        return found.rename(names).select(*tally.by, tally.column, "n", "sw")

    def _cells(self, asked: Mapping[str, Cells]) -> dict[str, FoundCells]:
        groups: dict[tuple[tuple[str, ...], bool], _Group] = {}
        for cells in asked.values():
            key = keys_of(self.plan, cells), cells.all_periods
            group = groups.setdefault(key, _Group(*key))
            for name, positions in self._named(cells):
                group.sums.setdefault(positions, self._sum(name, positions))
        found = {key: self._summed(group) for key, group in groups.items()}
        return {
            name: self._shaped(cells, *found[keys_of(self.plan, cells), cells.all_periods])
            for name, cells in asked.items()
        }

    def _named(self, cells: Cells) -> Iterator[tuple[str, tuple[object, ...]]]:
        """Yield each sum of a request: its name, and what tells it from others."""
        own = self.plan.weighted and cells.weighted
        names = sum_names(self.plan, cells)
        pairs = (
            [(a, b) for a in cells.columns for b in cells.columns]
            if cells.cross
            else [(a, a) for a in cells.columns]
        )
        for name in names:
            for a, b in pairs:
                if cells.cross and name in ("n", "sw", "swxy") and b < a:
                    a, b = b, a
                yield name, (name, own, a, b, cells.cross)

    def _sum(self, name: str, told: tuple[object, ...]) -> Any:
        """Return a sum as an expression; values without an answer are null and so are their products."""
        _, own, a, b, _ = told
        x, y = self.reading.value(str(a)), self.reading.value(str(b))
        both = x.notnull() if a == b else x.notnull() & y.notnull()
        w = self.reading.weight if own else 1.0
        term = {
            "n": lambda: both.ifelse(1.0, 0.0),
            "sw": lambda: both.ifelse(w, 0.0),
            "sw2": lambda: both.ifelse(w * w, 0.0),
            "sw4": lambda: both.ifelse(w * w * w * w, 0.0),
            "swx": lambda: x * w if a == b else both.ifelse(x * w, 0.0),
            "swx2": lambda: x * x * w,
            "sw2x": lambda: x * w * w,
            "sw2x2": lambda: x * x * w * w,
            "swxx": lambda: x * x * w if a == b else both.ifelse(x * x * w, 0.0),
            "swxy": lambda: x * y * w,
        }[name]
        return term().sum()

    def _summed(self, group: _Group) -> tuple[pl.DataFrame, dict[tuple[object, ...], Array]]:
        """Return the keys of a group's cells and its sums, asked for in tiles."""
        rows = self.reading.chosen() if group.all_periods else self.reading.inside()
        keys = {f"k{i}": self.reading.key(key) for i, key in enumerate(group.keys)}
        rows = rows.filter(*(key.notnull() for key in keys.values())) if keys else rows
        told = list(group.sums)
        table: pl.DataFrame | None = None
        for start in range(0, len(told), TILE):
            sums = {f"s{start + i}": group.sums[one] for i, one in enumerate(told[start : start + TILE])}
            tile = self._all(rows.group_by(**keys).aggregate(**sums) if keys else rows.aggregate(**sums))
            if table is None:
                table = tile
            elif keys:
                table = table.join(tile, on=list(keys), how="left", maintain_order="left")
            else:
                table = pl.concat([table, tile], how="horizontal")
        assert table is not None  # a request has columns
        found = {one: table[f"s{i}"].cast(pl.Float64).fill_null(0.0).to_numpy() for i, one in enumerate(told)}
        return table.select(
            pl.col(key).alias(name) for key, name in zip(keys, group.keys, strict=True)
        ), found

    def _shaped(
        self, cells: Cells, keys: pl.DataFrame, found: Mapping[tuple[object, ...], Array]
    ) -> FoundCells:
        p = len(cells.columns)
        flat: dict[str, list[Array]] = {}
        for name, told in self._named(cells):
            flat.setdefault(name, []).append(found[told])
        shape = (p, p) if cells.cross else (p,)
        return FoundCells(
            keys, {name: np.stack(one, axis=1).reshape(-1, *shape) for name, one in flat.items()}
        )


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
