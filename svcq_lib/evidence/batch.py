"""A batch of rows as arrays: answers, weights and the numbers of the groups that rows fall into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

from svcq_lib.evidence.columns import Level
from svcq_lib.evidence.grouping import Codes, Levels, Pairs
from svcq_lib.evidence.kernel import sort_cells
from svcq_lib.evidence.layout import Layout, Raw, Work
from svcq_lib.evidence.plan import ROW_COLUMNS, Plan, grain_of, period_name
from svcq_lib.evidence.steps import NONE, SHORT
from svcq_lib.study import Column


class Keys:
    """Numbers of groups, the same in every batch of a scan.

    Parameters
    ----------
    plan : Plan
        What is needed.
    """

    def __init__(self, plan: Plan) -> None:
        self._names = {"period": period_name(grain_of(plan.study)), "month": period_name("month")}
        self._days = Levels()
        self._levels: dict[str, Levels] = {}
        self._pairs: dict[tuple[str, ...], Pairs] = {}
        self._numbered: dict[str, int] = {}

    def codes(self, table: pl.DataFrame, key: str) -> Codes:
        """Return each row's number under one key; −1 where it is missing."""
        if key in ("block", "margin_cell"):
            codes = table[key].to_numpy().astype(np.intp)
            self._numbered[key] = max(self._numbered.get(key, 0), int(codes.max(initial=-1)) + 1)
            return codes
        levels = self._levels.setdefault(key, Levels())
        if key not in self._names:
            return levels.codes(table[key])
        days = self._days.codes(table["date"])
        dates = pl.DataFrame({"date": pl.Series(self._days.values, dtype=pl.Date)})
        names = dates.select(name=self._names[key])["name"].to_list()
        return np.array([*map(levels.code, names), -1], dtype=np.intp)[days]

    def level(self, key: str, level: str) -> int:
        """Return the number of a level."""
        return self._levels.setdefault(key, Levels()).code(level)

    def name(self, key: str) -> pl.Expr:
        """Return the name of the period that ``date`` lies in."""
        return self._names[key]

    def pairs(self, keys: tuple[str, ...]) -> Pairs:
        """Return the numbers of the groups of several keys."""
        return self._pairs.setdefault(keys, Pairs())

    def size(self, keys: tuple[str, ...]) -> int:
        """Return how many groups of some keys there are so far."""
        if len(keys) > 1:
            return len(self.pairs(keys))
        if not keys:
            return 1
        return self._numbered.get(keys[0], 0) or len(self._levels.setdefault(keys[0], Levels()).values)

    def frame(self, keys: tuple[str, ...], numbers: Codes) -> pl.DataFrame:
        """Return the values of the keys of some groups.

        Parameters
        ----------
        keys : tuple of str
            Keys.
        numbers : ndarray of int
            Groups.

        Returns
        -------
        DataFrame
            One row per group.
        """
        found = {}
        for last in range(len(keys) - 1, -1, -1):
            own = numbers
            if last:
                numbers, own = self.pairs(keys[: last + 1]).pairs[numbers].T
            found[keys[last]] = self._values(keys[last], own)
        return pl.DataFrame([found[key].alias(key) for key in keys])

    def _values(self, key: str, numbers: Codes) -> pl.Series:
        if key in ("block", "margin_cell"):
            return pl.Series(numbers, dtype=pl.Int64)
        values = self._levels.setdefault(key, Levels()).values
        return pl.Series([values[i] for i in numbers.tolist()], dtype=pl.String)


class Layouts:
    """The layouts of a scan: one for all batches whose columns have the same types and limits.

    Parameters
    ----------
    plan : Plan
        What is needed.
    """

    def __init__(self, plan: Plan) -> None:
        needs = plan.needs
        asked = [name for one in needs.cells.values() for name in one.columns]
        self._names = list(dict.fromkeys([*asked, *(one.column for one in needs.tallies.values())]))
        self._derived = needs.derived
        self._known: dict[tuple[object, ...], Layout] = {}

    def of(self, raw: Raw) -> Layout:
        """Return the layout of a batch."""
        told = raw.names, len(raw.short), raw.limits
        if told not in self._known:
            self._known[told] = Layout(self._derived, self._names, raw)
        return self._known[told]


class Batch:
    """A batch of chosen rows.

    Parameters
    ----------
    plan : Plan
        What is needed.
    keys : Keys
        Numbers of groups.
    table : DataFrame
        Rows as :meth:`svcq_lib.evidence.facts.Facts.add` gives them.
    layouts : Layouts
        Those of the scan.
    """

    def __init__(self, plan: Plan, keys: Keys, table: pl.DataFrame, layouts: Layouts) -> None:
        answers = {name: one for name, one in plan.study.columns().items() if name in table.columns}
        self.plan, self.keys, self.table, self.size = plan, keys, table.drop(answers), len(table)
        self.weights = table["weight"].to_numpy()
        self._codes: dict[tuple[str, ...], Codes] = {(): np.zeros(len(table), dtype=np.intp)}
        self.raw = laid_out(table, answers)
        self.layout = layouts.of(self.raw)
        levels = {(one.column, one.level) for one in plan.needs.derived.values() if isinstance(one, Level)}
        self._levels = {
            (key, level): keys.level(key, level) for key, level in sorted(levels) if key in table.columns
        }

    def prepare(self, groups: Sequence[tuple[str, ...]]) -> None:
        """Give groups their numbers before threads share them; then their columns are not needed any more."""
        for keys in [*groups, *((key,) for key, _ in self._levels)]:
            self.codes(keys)
        self.table = self.table.clear()

    def codes(self, keys: tuple[str, ...]) -> Codes:
        """Return the number of each row's group; −1 where a key is missing."""
        if keys not in self._codes:
            own = self.keys.codes(self.table, keys[-1])
            if len(keys) > 1:
                own = self.keys.pairs(keys).codes(self.codes(keys[:-1]), own)
            self._codes[keys] = own
        return self._codes[keys]

    def work(self, rows: slice | Codes, layout: Layout | None = None) -> Work:
        """Return the columns of some rows, raw and derived."""

        def level(key: str, level: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
            codes = self.codes((key,))[rows]
            return codes == self._levels[key, level], codes >= 0

        return (layout or self.layout).work(self.raw, rows, level)

    def frame(self, columns: Sequence[str], rows: Codes) -> pl.DataFrame:
        """Return rows themselves, with the columns that every frame of rows has before those asked for."""
        asked = list(dict.fromkeys([*ROW_COLUMNS, *columns]))
        computed = [name for name in asked if name in self.plan.needs.derived or name in self.raw.names]
        layout = Layout(self.plan.needs.derived, computed, self.raw)
        work = self.work(rows, layout)
        found = []
        for name in asked:
            if name in computed:
                (values,) = work.values(layout.source((name,)), "framed")
                absent = work.present[layout.mask(name)] == 0
                found.append(pl.Series(name, np.where(absent, np.nan, values)).fill_nan(None))
            elif name in ("period", "month"):
                found.append(
                    self.table["date"][rows].to_frame().select(self.keys.name(name).alias(name))[name]
                )
            else:
                found.append(self.table[name][rows])
        return pl.DataFrame(found)


def laid_out(rows: pl.DataFrame, columns: Mapping[str, Column]) -> Raw:
    """Return answers as matrices: short integers where all values of a column are whole and small, else floats.

    Parameters
    ----------
    rows : DataFrame
        Rows of the prepared table.
    columns : Mapping of str to Column
        The columns to lay out, and how they are read: a scale tells the limits of what is a short integer.

    Returns
    -------
    Raw
        The columns.
    """
    table = rows.select(*columns)
    limits = {name: _declared(one, table.schema[name]) for name, one in columns.items()}
    other = table.select(*(name for name, limit in limits.items() if limit is None))
    if other.columns and len(rows):
        limits |= _found(other)
    short = [name for name, limit in limits.items() if limit is not None and limit <= SHORT]
    names = [*short, *(name for name in limits if name not in short)]
    return Raw(
        tuple(names),
        _matrix(table.select(pl.col(short).cast(pl.Int8).fill_null(NONE)), len(table), np.int8),
        _matrix(
            table.select(pl.col(names[len(short) :]).cast(pl.Float64).fill_null(np.nan)),
            len(table),
            np.float64,
        ),
        tuple(limits[name] for name in names),
    )


def _declared(column: Column, dtype: pl.DataType) -> float | None:
    """Return the largest absolute value of a column of whole numbers, as far as its declaration tells."""
    if dtype not in (pl.Int8, pl.Int16):
        return None
    if column.positive:
        return 1.0
    return None if column.scale is None else max(abs(column.scale.low), abs(column.scale.high))


def _found(table: pl.DataFrame) -> dict[str, float | None]:
    """Return the largest absolute value of each column whose values are all whole numbers."""
    low, high = table.select(pl.all().min()).row(0), table.select(pl.all().max()).row(0)
    floats = table.select(cs.float())
    whole = floats.select((pl.all() % 1 == 0).all()).row(0, named=True) if floats.columns else {}
    return {
        name: max(abs(float(one or 0)) for one in ends) if whole.get(name, True) else None
        for name, *ends in zip(table.columns, low, high, strict=True)
    }


def _matrix(table: pl.DataFrame, n: int, dtype: type[np.generic]) -> NDArray[Any]:
    """Return the columns of a table of n rows as rows of a matrix."""
    return table.to_numpy(order="fortran").T if table.columns else np.empty((0, n), dtype=dtype)


class Chunk:
    """Some rows of a batch, as many as fit into the processor's cache with their columns.

    Parameters
    ----------
    batch : Batch
        The batch.
    rows : ndarray of int or slice
        Its rows, in the order in which they are summed.
    """

    def __init__(self, batch: Batch, rows: slice | Codes) -> None:
        self.batch, self.rows = batch, rows
        self.size = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        self.work = batch.work(rows)
        self.weights = batch.weights[rows]
        self._cells: dict[tuple[str, ...], tuple[Codes | None, Codes, Codes]] = {}
        self._counts: dict[int, int] = {}

    def cells(self, keys: tuple[str, ...]) -> tuple[Codes | None, Codes, Codes]:
        """Return the order of rows by group (None: as they are), where each group starts, and its number."""
        if not keys:
            return None, np.zeros(1, dtype=np.intp), np.zeros(1, dtype=np.intp)
        if keys not in self._cells:
            codes = self.batch.codes(keys)[self.rows]
            order, starts, found = sort_cells(codes)
            kept = len(order) == len(codes) and bool((np.diff(order) > 0).all())
            self._cells[keys] = None if kept else order, starts, found
        return self._cells[keys]

    def count(self, mask: int) -> int:
        """Return how many rows have an answer under a mask."""
        if mask not in self._counts:
            self._counts[mask] = int(np.count_nonzero(self.work.present[mask]))
        return self._counts[mask]
