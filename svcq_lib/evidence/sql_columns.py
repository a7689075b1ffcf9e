"""The canonical columns of a response table as Ibis expressions, and the derived ones made of them.

Numbers are read by the rule of :mod:`svcq_lib.sources.values`, written once more in SQL. Everything else is read by
that rule itself: the distinct values of a column are fetched, read, and each is mapped to what it was read as.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, and_
from typing import Any

import polars as pl

from svcq_lib import periods
from svcq_lib.evidence.columns import Between, Derived, Difference, Level, Mean, PointsWeighted, Present
from svcq_lib.evidence.plan import Plan, grain_of, wanted
from svcq_lib.sources import databases, values
from svcq_lib.sources.rules import STRAIGHT_ITEMS
from svcq_lib.study import Column

MOST_TEXTS = 5_000
"""Most distinct values of a column that are mapped one by one."""

BASE = "svcq_rows"
"""Name of the query that all sums are made of."""

_STRAIGHT = "_straight"
_LARGEST = 1.7976931348623157e308
_Rule = Callable[[pl.Expr, pl.DataType], pl.Expr]


@dataclass(frozen=True)
class Canonical:
    """A response table as expressions.

    Attributes
    ----------
    plan : Plan
        What is needed.
    rows : Ibis table
        Rows with a usable weight, under short names.
    columns : Mapping of str to str
        Canonical column → its short name; a column that only reading rows can tell is not there.
    """

    plan: Plan
    rows: Any
    columns: Mapping[str, str]

    @property
    def weight(self) -> Any:
        """The weight."""
        return self.rows[self.columns["weight"]]

    @property
    def date(self) -> Any:
        """The date as text, ``2026-01-31``."""
        return self.rows[self.columns["date"]]

    @property
    def straight(self) -> Any:
        """Whether a respondent gave the same answer throughout."""
        import ibis

        if _STRAIGHT in self.columns:
            return self.rows[self.columns[_STRAIGHT]]
        own = [self.value(key) for key in self.plan.study.columns() if key.startswith("perception.")]
        if len(own) < STRAIGHT_ITEMS:
            return ibis.literal(False)
        answered = reduce(add, (one.notnull().ifelse(1, 0) for one in own))
        first = ibis.coalesce(*own)
        return reduce(and_, (one.isnull() | (one == first) for one in own), answered >= STRAIGHT_ITEMS)

    def chosen(self) -> Any:
        """Return the rows that pass the study's filters."""
        tests = [self.key(f"segment.{name}") == level for name, level in self.plan.study.filters.items()]
        return self.rows.filter(*tests) if tests else self.rows

    def inside(self) -> Any:
        """Return those that lie inside its period, too."""
        if not self.plan.study.period:
            return self.chosen()
        span = periods.parse(self.plan.study.period)
        return self.chosen().filter(self.date.between(span.start.isoformat(), span.end.isoformat()))

    def key(self, name: str) -> Any:
        """Return a group column, a period or the stratum, as text."""
        if name == "stratum":
            return self.rows[self.columns[name]].fill_null("")
        if name in self.columns:
            return self.rows[self.columns[name]]
        if name == "month":
            return self.date.substr(0, 7)
        grain = grain_of(self.plan.study)
        if grain == "year":
            return self.date.substr(0, 4)
        if grain == "month":
            return self.date.substr(0, 7)
        month = self.date.substr(5, 2)
        third = month.cases(*((f"{m:02d}", f"-Q{(m + 2) // 3}") for m in range(1, 13)))
        return self.date.substr(0, 4) + third

    def value(self, name: str) -> Any:
        """Return an answer or a derived column as a float, null where there is none."""
        if name in self.columns:
            return self.rows[self.columns[name]]
        return _derived(self.plan.needs.derived[name], self)

    def flat(self, connection: Any, names: Iterable[str]) -> tuple[Canonical, str]:
        """Return the same with derived columns as columns of a query that is written once.

        Parameters
        ----------
        connection : Ibis connection
            The database.
        names : iterable of str
            Columns that are asked for.

        Returns
        -------
        tuple
            The columns, of a table called ``BASE``, and the SQL of the query that stands for it.
        """
        import ibis

        new = {name: self.value(name) for name in names if name in self.plan.needs.derived}
        new |= {"period": self.key("period"), _STRAIGHT: self.straight}
        short = {name: f"d{i}" for i, name in enumerate(sorted(new))}
        table = self.rows.mutate(**{short[name]: expr for name, expr in new.items()})
        rows = ibis.table(table.schema(), name=BASE)
        return Canonical(self.plan, rows, {**self.columns, **short}), str(connection.compile(table))


def canonical(plan: Plan, connection: Any, rows: Any) -> Canonical | None:
    """Return the columns that a plan needs as expressions.

    Parameters
    ----------
    plan : Plan
        What is needed.
    connection : Ibis connection
        As :func:`svcq_lib.sources.databases.opened` gives it.
    rows : Ibis table
        The response table.

    Returns
    -------
    Canonical or None
        None if the weight, the date, a filter or a perception cannot be told without reading the rows.
    """
    import ibis

    study, has = plan.study, plan.study.responses
    known = study.columns()
    base = {"weight", "date", *(f"segment.{name}" for name in study.filters)}
    base |= {key for key in known if key.startswith("perception.")}
    base |= {"stratum"} if plan.kind == "strata" else set()
    reader = _Reader(connection, rows)
    found: dict[str, Any] = {"date": ibis.null("string"), "weight": ibis.literal(1.0)}
    for name in (base | wanted(plan)) - {"period", "month"}:
        if name in known:
            expr = reader.answer(known[name])
        elif name.startswith("segment."):
            one = has.segments[name.removeprefix("segment.")]
            expr = reader.level(one.column, one.missing)
        elif name == "stratum" and has.strata:
            expr = reader.level(has.strata, ())
        elif name == "weight" and has.weight:
            expr = reader.number(has.weight)
        elif name == "date" and has.date:
            expr = reader.day(has.date, study.tables[has.table].date_formats)
        else:
            continue
        found[name] = expr
    known_ones = {name: expr for name, expr in found.items() if expr is not None}
    if not base <= set(known_ones):
        return None
    short = {name: f"c{i}" for i, name in enumerate(sorted(known_ones))}
    table = rows.select(**{short[name]: expr for name, expr in known_ones.items()})
    return Canonical(plan, table.filter(table[short["weight"]] > 0), short)


class _Reader:
    """Reads raw columns: numbers in SQL, everything else by its distinct values."""

    def __init__(self, connection: Any, rows: Any) -> None:
        self.connection, self.rows = connection, rows
        self.types = dict(rows.schema().to_polars())

    def number(self, header: str) -> Any:
        """Return a column as finite floats."""
        raw, dtype = self.rows[header], self.types[header]
        if not dtype.is_numeric():
            return self._mapped(header, values.number)
        value = raw.cast("float64")
        # not-a-number is larger than every number here
        return (value.abs() <= _LARGEST).ifelse(value, None) if dtype.is_float() else value

    def level(self, header: str, missing: Sequence[str]) -> Any:
        """Return a column as the levels of a segment."""
        return self._mapped(header, lambda expr, dtype: values.level(expr, missing, dtype))

    def day(self, header: str, formats: Sequence[str]) -> Any:
        """Return a column as dates, written ``2026-01-31``."""
        dtype = self.types[header]
        if dtype == pl.Date or (isinstance(dtype, pl.Datetime) and dtype.time_zone is None):
            return self.rows[header].strftime("%Y-%m-%d")
        if dtype.is_temporal():
            return None  # in which zone a day begins is decided where rows are read
        return self._mapped(
            header, lambda expr, dtype: values.day(expr, formats, dtype).dt.strftime("%Y-%m-%d")
        )

    def answer(self, column: Column) -> Any:
        """Return a column as the numbers that evidence counts."""
        if not self.types[column.column].is_numeric():
            return self._mapped(column.column, lambda expr, dtype: values.numeric(expr, column, dtype))
        value = self.number(column.column)
        codes = values.numbers(column.missing)
        answered = value.notnull() & ~value.isin(codes) if codes else value.notnull()
        if column.positive:
            positive = values.numbers(column.positive)
            yes = value.isin(positive).ifelse(1.0, 0.0) if positive else 0.0
            return answered.ifelse(yes, None)
        replaced = {code: to for word, to in column.values.items() for code in values.numbers([word])}
        read = value.cases(*replaced.items(), else_=value) if replaced else value
        read = answered.ifelse(read, None)
        if column.scale is None:
            return read
        low, high = column.scale.low, column.scale.high
        return read.between(low, high).ifelse(low + high - read if column.reverse else read, None)

    def _mapped(self, header: str, rule: _Rule) -> Any:
        """Return a column by what each of its distinct values is read as; None if there are too many."""
        import ibis

        raw = self.rows.select(header).distinct().limit(MOST_TEXTS + 1)
        texts = pl.concat(list(databases.fetched(self.connection, raw)))
        if len(texts) > MOST_TEXTS:
            return None
        dtype = self.types[header]
        read = texts.select(raw=pl.col(header), read=rule(pl.col(header), dtype)).drop_nulls("raw")
        column, kind = self.rows[header], "string" if read["read"].dtype == pl.String else "float64"
        none = read.filter(pl.col("read").is_null())["raw"].to_list()
        told = read.drop_nulls("read")
        if told.is_empty():
            return ibis.null(kind)
        if dtype == pl.String and kind == "string" and (told["raw"] == told["read"]).all():
            return column.isin(none).ifelse(None, column) if none else column
        lists = told.group_by("read", maintain_order=True).agg("raw")
        return ibis.cases(*((column.isin(raws), to) for to, raws in lists.iter_rows()), else_=ibis.null(kind))


def _derived(one: Derived, own: Canonical) -> Any:
    """Return a derived column, null where it has no value; each rule is that of ``columns``."""
    if isinstance(one, Difference):
        return own.value(one.left) - own.value(one.right)
    if isinstance(one, Present):
        return _answered([own.value(name) for name in one.also]).ifelse(own.value(one.column), None)
    if isinstance(one, Mean):
        parts = [own.value(name) for name in one.parts]
        n = reduce(add, (part.notnull().ifelse(1.0, 0.0) for part in parts))
        total = reduce(add, (part.fill_null(0.0) for part in parts))
        least = one.min_answered if one.total else max(one.min_answered, 1)
        return (n >= least).ifelse(total if one.total else total / n, None)
    if isinstance(one, PointsWeighted):
        pairs = [
            (own.value(part), own.value(point)) for part, point in zip(one.parts, one.points, strict=True)
        ]
        bottom = reduce(add, (point for _, point in pairs))
        kept = pairs if one.only is None else [pairs[one.only]]
        top = reduce(add, (part * point for part, point in kept))
        whole = _answered([part for part, _ in pairs]) & (bottom > 0)
        return whole.ifelse(top / bottom, None)
    if isinstance(one, Between):
        value = own.value(one.column)
        return value.notnull().ifelse(value.between(one.low, one.high).ifelse(1.0, 0.0), None)
    assert isinstance(one, Level)
    key = own.key(one.column)
    return key.notnull().ifelse((key == one.level).ifelse(1.0, 0.0), None)


def _answered(parts: Sequence[Any]) -> Any:
    return reduce(and_, (part.notnull() for part in parts))
