"""A batch of rows as arrays: answers, weights and the numbers of the groups that rows fall into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from svcq_lib.evidence.columns import Answers, Columns, Level
from svcq_lib.evidence.grouping import Codes, Levels, Pairs
from svcq_lib.evidence.kernel import sort_cells
from svcq_lib.evidence.plan import ROW_COLUMNS, Plan, grain_of, period_name

_NO_ANSWER: Mapping[pl.DataType, int] = {pl.Int8(): -(2**7), pl.Int16(): -(2**15)}


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


class Batch:
    """A batch of chosen rows.

    Parameters
    ----------
    plan : Plan
        What is needed.
    keys : Keys
        Numbers of groups.
    table : DataFrame
        Rows as :meth:`svcq_lib.evidence.scan.Facts.add` gives them.
    """

    def __init__(self, plan: Plan, keys: Keys, table: pl.DataFrame) -> None:
        self.plan, self.keys, self.table = plan, keys, table
        self.weights = table["weight"].to_numpy()
        self._codes: dict[tuple[str, ...], Codes] = {(): np.zeros(len(table), dtype=np.intp)}
        self._raw: dict[str, tuple[NDArray[Any], int | None, float | None]] = {}

    def codes(self, keys: tuple[str, ...]) -> Codes:
        """Return the number of each row's group; −1 where a key is missing."""
        if keys not in self._codes:
            own = self.keys.codes(self.table, keys[-1])
            if len(keys) > 1:
                own = self.keys.pairs(keys).codes(self.codes(keys[:-1]), own)
            self._codes[keys] = own
        return self._codes[keys]

    @property
    def group_columns(self) -> set[str]:
        """Group columns that derived columns of this scan are made of."""
        found = {one.column for one in self.plan.needs.derived.values() if isinstance(one, Level)}
        return found & set(self.table.columns)

    def columns(self, rows: Codes) -> Columns:
        """Return the columns of some rows, raw and derived."""
        return Columns(
            lambda name: self._answers(name, rows),
            self.plan.needs.derived,
            lambda key, level: self._level(key, level, rows),
        )

    def _level(self, key: str, level: str, rows: Codes) -> Answers:
        codes = self.codes((key,))[rows]
        return Answers((codes == self.keys.level(key, level)).astype(float), codes < 0)

    def _answers(self, name: str, rows: Codes) -> Answers:
        own, none, _ = self._array(name)
        taken = own.take(rows)
        absent = np.isnan(taken) if none is None else taken == none
        values = taken.astype(np.float64, copy=False)
        np.copyto(values, 0.0, where=absent)
        return Answers(values, absent)

    def _array(self, name: str) -> tuple[NDArray[Any], int | None, float | None]:
        """Return a raw column, the number that marks no answer (None: NaN), and its limit if it is whole."""
        if name not in self._raw:
            column = self.table[name]
            none = _NO_ANSWER.get(column.dtype)
            if none is None:
                column = column.cast(pl.Float64)
            values = column.fill_null(float("nan") if none is None else none).to_numpy()
            limit = None
            if none is not None or (column % 1 == 0).all():
                ends = column.cast(pl.Float64).abs().max()
                limit = float(ends) if isinstance(ends, float) else 0.0
            self._raw[name] = values, none, limit
        return self._raw[name]

    def limit(self, name: str) -> float | None:
        """Return the largest absolute value of a column if all its values are whole numbers."""
        one = self.plan.needs.derived.get(name)
        return self._array(name)[2] if one is None else one.limit(self.limit)

    def frame(self, columns: Sequence[str], rows: Codes) -> pl.DataFrame:
        """Return rows themselves, with the columns that every frame of rows has before those asked for."""
        computed = self.columns(rows)
        found = []
        for name in dict.fromkeys([*ROW_COLUMNS, *columns]):
            if name in self.plan.needs.derived or name in self.plan.study.columns():
                values, absent = computed[name]
                found.append(pl.Series(name, np.where(absent, np.nan, values)).fill_nan(None))
            elif name in ("period", "month"):
                found.append(
                    self.table["date"][rows].to_frame().select(self.keys.name(name).alias(name))[name]
                )
            else:
                found.append(self.table[name][rows])
        return pl.DataFrame(found)


class Chunk:
    """Some rows of a batch, as many as fit into the processor's cache with all of their columns.

    Parameters
    ----------
    batch : Batch
        The batch.
    rows : ndarray of int
        Its rows, in the order in which they are summed.
    """

    def __init__(self, batch: Batch, rows: Codes) -> None:
        self.batch, self.rows = batch, rows
        self.columns = batch.columns(rows)
        self.weights = batch.weights[rows]
        self._cells: dict[tuple[str, ...], tuple[Codes | None, Codes, Codes]] = {}

    def cells(self, keys: tuple[str, ...]) -> tuple[Codes | None, Codes, Codes]:
        """Return the order of rows by group (None: as they are), where each group starts, and its number."""
        if keys not in self._cells:
            codes = self.batch.codes(keys)[self.rows]
            order, starts, found = sort_cells(codes)
            kept = len(order) == len(codes) and bool((np.diff(order) > 0).all())
            self._cells[keys] = None if kept else order, starts, found
        return self._cells[keys]

    def answers(self, names: Sequence[str], order: Codes | None) -> list[Answers]:
        """Return columns in an order of rows."""
        found = [self.columns[name] for name in names]
        if order is None:
            return found
        return [Answers(one.values.take(order), one.absent.take(order)) for one in found]
