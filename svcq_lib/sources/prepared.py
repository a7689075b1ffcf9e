"""The response table under canonical names with numbers for answers, and other tables as pandas frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import polars as pl

from svcq_lib.errors import DataError
from svcq_lib.sources import connect
from svcq_lib.sources.headers import did_you_mean
from svcq_lib.sources.values import day, level, moment, number, numeric, period, text
from svcq_lib.study import Column, Study, TableSpec

_TEXT = pl.String()
ROW = "__row__"  # row number from 1, beside the raw columns


def prepared(study: Study, *, filtered: bool = True) -> pl.LazyFrame:
    """Return the response table with canonical columns, lazily and in the order of its rows.

    Parameters
    ----------
    study : Study
        The study; its period is not applied.
    filtered : bool
        Whether its filters are applied.

    Returns
    -------
    LazyFrame
        ``row_id`` (text: the id column, else the row number from 1), ``date``, ``period`` (as ``2026-Q3``),
        ``segment.NAME`` (text), ``weight`` (1 if none is declared, null if it is no number), ``stratum`` and
        ``cluster`` (text, null if not declared), ``duration`` (seconds), and every key of ``study.columns()`` as a
        number (a short integer where answers can be no other), null where there is no valid answer on the scale.

    Raises
    ------
    DataError
        If the table cannot be read or lacks a column that the study file names.
    """
    name = study.responses.table
    frame = canonical(study, connect.scan(study.tables[name], study.root, name=name)).drop(ROW)
    return frame.filter(chosen(study)) if filtered else frame


def canonical(
    study: Study,
    raw: pl.LazyFrame,
    *,
    offset: int = 0,
    also: Sequence[pl.Expr] = (),
    in_scale: bool = False,
) -> pl.LazyFrame:
    """Return rows of the response table as they lie under canonical columns, lazily.

    Parameters
    ----------
    study : Study
        The study; neither its filters nor its period are applied.
    raw : LazyFrame
        All rows of the table, or some that follow each other.
    offset : int
        How many rows of the table come before these.
    also : sequence of Expr
        Further columns, of raw columns and ``ROW``.
    in_scale : bool
        Whether the data contract found no answer outside its scale, so that none is looked for.

    Returns
    -------
    LazyFrame
        ``ROW`` (number of the row in the table, from 1) and the columns of :func:`prepared`. Answers that can only
        be whole numbers of a short scale have a short integer type.

    Raises
    ------
    DataError
        If the rows lack a column that the study file names.
    """
    schema = raw.collect_schema()
    require_columns(study, schema.names())
    numbered = raw.with_row_index(ROW).with_columns(pl.col(ROW).cast(pl.Int64) + (offset + 1))
    answers = {
        key: numeric(pl.col(one.column), one, schema[one.column], in_scale=in_scale)
        for key, one in study.columns().items()
    }
    return numbered.select(
        ROW,
        *roles(study, schema),
        *(
            answer.cast(_short(one, schema[one.column])).alias(key)
            for (key, answer), one in zip(answers.items(), study.columns().values(), strict=True)
        ),
        *also,
    )


def _short(column: Column, dtype: pl.DataType) -> pl.DataType:
    """Return the shortest type that holds every answer of a column, as far as its declaration tells."""
    if column.positive:
        return pl.Int8()
    scale = column.scale
    whole = all(one.is_integer() for one in column.values.values())
    if scale is None or not (dtype.is_integer() and whole):
        return pl.Float64()
    if column.reverse and not (scale.low + scale.high).is_integer():
        return pl.Float64()
    largest = max(abs(scale.low), abs(scale.high))
    return pl.Int8() if largest < 2**7 else pl.Int16() if largest < 2**15 else pl.Float64()


def chosen(study: Study) -> pl.Expr:
    """Return whether a row of the prepared table passes the study's filters.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    Expr
        True or false, never null: a row without a level passes no filter on it.
    """
    tests = [pl.col(f"segment.{name}").eq_missing(level) for name, level in study.filters.items()]
    return pl.all_horizontal(pl.lit(True), *tests)


def roles(study: Study, schema: Mapping[str, pl.DataType]) -> list[pl.Expr]:
    """Return the expressions of the columns that are no answers.

    Parameters
    ----------
    study : Study
        The study.
    schema : Mapping of str to DataType
        Raw columns and their types; the frame also needs ``ROW``, the row number.

    Returns
    -------
    list of Expr
        ``row_id``, ``date``, ``period``, ``weight``, ``stratum``, ``cluster``, ``duration`` and ``segment.NAME``.
    """
    has, none = study.responses, pl.lit(None, _TEXT)
    formats = study.tables[has.table].date_formats
    date = day(pl.col(has.date), formats, schema[has.date]) if has.date else pl.lit(None, pl.Date)
    return [
        (text(pl.col(has.id), schema[has.id]) if has.id else pl.col(ROW).cast(_TEXT)).alias("row_id"),
        date.alias("date"),
        period(date, has.period).alias("period"),
        (number(pl.col(has.weight), schema[has.weight]) if has.weight else pl.lit(1.0)).alias("weight"),
        (level(pl.col(has.strata), (), schema[has.strata]) if has.strata else none).alias("stratum"),
        (level(pl.col(has.cluster), (), schema[has.cluster]) if has.cluster else none).alias("cluster"),
        (
            number(pl.col(has.duration), schema[has.duration]) if has.duration else pl.lit(None, pl.Float64)
        ).alias("duration"),
        *(
            level(pl.col(one.column), one.missing, schema[one.column]).alias(f"segment.{name}")
            for name, one in has.segments.items()
        ),
    ]


def declared_columns(study: Study) -> dict[str, str]:
    """Return every raw column of the response table that the study file names.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    dict of str to str
        Header → the key of the study file that names it first.
    """
    has = study.responses
    named = [
        (getattr(has, role), f"responses.{role}")
        for role in ("id", "date", "weight", "strata", "cluster", "duration")
        if getattr(has, role)
    ]
    named += [(one.column, f"responses.segments.{name}") for name, one in has.segments.items()]
    named += [(one.column, key) for key, one in study.columns().items()]
    first: dict[str, str] = {}
    for header, key in named:
        first.setdefault(header, key)
    return first


def require_columns(study: Study, headers: Sequence[str]) -> None:
    """Refuse a response table that lacks declared columns.

    Parameters
    ----------
    study : Study
        The study.
    headers : sequence of str
        Headers of the response table.

    Raises
    ------
    DataError
        Naming every missing column, the key that asks for it and the nearest header.
    """
    missing = {header: key for header, key in declared_columns(study).items() if header not in headers}
    if missing:
        lines = [f"  {header!r} ({key}). {did_you_mean(header, headers)}" for header, key in missing.items()]
        raise DataError(
            f"table {study.responses.table!r} lacks {len(missing)} column(s) that {study.path.name} names; "
            f"it has {len(headers)}: {', '.join(headers[:12])}{' …' if len(headers) > 12 else ''}\n"
            + "\n".join(lines)
            + "\nCorrect these names in the study file."
        )


def read_table(study: Study, name: str) -> pd.DataFrame:
    """Return another declared table, typed by what all of its values are.

    Parameters
    ----------
    study : Study
        The study.
    name : str
        Name of the table in ``[tables]``.

    Returns
    -------
    DataFrame
        Text trimmed, empty text missing. A text column becomes dates if every value fits the declared date
        formats, else numbers if every value is a number; digits that numbers would change (leading zeros,
        more than 15 digits) stay text.

    Raises
    ------
    DataError
        If the study declares no such table, or it cannot be read.
    """
    if name not in study.tables:
        raise DataError(
            f"table {name!r} is not in [tables] of {study.path.name}, which has {', '.join(study.tables)}. "
            f"{did_you_mean(name, study.tables)}Declare it there."
        )
    spec = study.tables[name]
    frame = connect.scan(spec, study.root, name=name).collect()
    return frame.select(_typed(frame[column], spec) for column in frame.columns).to_pandas()


def _typed(raw: pl.Series, spec: TableSpec) -> pl.Series:
    """Return a column as dates or numbers if all of its values are."""
    if raw.dtype != pl.String:
        return raw
    frame = raw.to_frame("raw")
    column = pl.col("raw")
    digits = text(column).str.contains(r"^[+-]?(0\d|\d{16,})")
    read = frame.select(
        words=text(column),
        moments=moment(column, spec.date_formats),
        numbers=pl.when(~digits).then(number(column)),
    )
    empty = read["words"].null_count()
    for kind in ("moments", "numbers"):
        if empty < len(read) and read[kind].null_count() == empty:
            return read[kind].alias(raw.name)
    return read["words"].alias(raw.name)
