"""Tables in databases, reached through Ibis and read in batches. Credentials never leave this module.

A url may hold ``user:password@`` or ``${NAME}`` placeholders, which are filled from the environment when the
connection is made and nowhere else. DuckDB and SQLite files are opened read-only. No table is ever held as a whole:
a lazy frame asks the database for the columns that it needs, each time it is collected, and gets them in batches.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
from polars.io.plugins import register_io_source

from svcq_lib.errors import DataError, SvcqError, missing_extra
from svcq_lib.sources.addresses import expanded, local_file, mask_url, without_secrets
from svcq_lib.sources.headers import did_you_mean
from svcq_lib.study import TableSpec

_BATCH = 20_000
"""Rows fetched at a time: as tuples of Python objects they take far more memory than in columns."""


def database_columns(spec: TableSpec, root: Path, where: str) -> list[str]:
    """Return the column names of a database table.

    Parameters
    ----------
    spec : TableSpec
        A table with ``url`` and ``table``.
    root : Path
        Folder that file urls are relative to.
    where : str
        Name of the table in the study, for messages.

    Returns
    -------
    list of str
        Names in the order of the table.

    Raises
    ------
    DataError
        If the database or the table cannot be read.
    """
    with opened(spec, root, where) as (_, rows):
        return list(rows.columns)


def database_scan(spec: TableSpec, root: Path, where: str) -> pl.LazyFrame:
    """Return the rows of a database table, lazily.

    Parameters
    ----------
    spec : TableSpec
        A table with ``url`` and ``table``.
    root : Path
        Folder that file urls are relative to.
    where : str
        Name of the table in the study, for messages.

    Returns
    -------
    LazyFrame
        Rows in the order in which the database returns them. Each time it is collected, the database is asked for
        the columns that are used, and for no others; decimals are floats, types without a counterpart are text.

    Raises
    ------
    DataError
        If a placeholder is not set, or the database or the table cannot be read. No credentials are shown.
    """
    with opened(spec, root, where) as (_, rows):
        schema = dict(rows.schema().to_polars())

    def batches(
        columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, _size: int | None
    ) -> Iterator[pl.DataFrame]:
        # without columns the rows still count: one column stands for them
        names = list(schema) if columns is None else columns or list(schema)[:1]
        with opened(spec, root, where) as (connection, rows):
            asked = rows.select(names)
            for batch in fetched(connection, asked if n_rows is None else asked.limit(n_rows)):
                yield batch if predicate is None else batch.filter(predicate)

    return register_io_source(batches, schema=schema)


def database_fingerprint(spec: TableSpec, root: Path, where: str) -> str:
    """Return a SHA-256 of a database table's schema, number of rows and contents.

    Parameters
    ----------
    spec : TableSpec
        A table with ``url`` and ``table``.
    root : Path
        Folder that file urls are relative to.
    where : str
        Name of the table in the study, for messages.

    Returns
    -------
    str
        Hexadecimal digest over names and types, row count and the rows as CSV in the order in which the
        database returned them; the url is no part of it.
    """
    digest, n = hashlib.sha256(), 0
    with opened(spec, root, where) as (connection, rows):
        for batch in fetched(connection, rows):
            digest.update(batch.write_csv(include_header=False).encode())
            n += len(batch)
        digest.update(f"{dict(rows.schema().to_polars())}|{n}|".encode())
    return digest.hexdigest()


@contextmanager
def opened(spec: TableSpec, root: Path, where: str) -> Iterator[tuple[Any, Any]]:
    """Open a database for reading.

    Parameters
    ----------
    spec : TableSpec
        A table with ``url`` and ``table``.
    root : Path
        Folder that file urls are relative to.
    where : str
        Name of the table in the study, for messages.

    Yields
    ------
    tuple
        The Ibis connection, closed in the end, and the Ibis table with decimals as floats.

    Raises
    ------
    DataError
        If the database or the table cannot be read, or reading fails within. No credentials are shown.
    """
    assert spec.url is not None
    assert spec.table is not None  # TableSpec's validator
    url = expanded(spec.url, where)
    file = local_file(url, root)
    if file is not None and not file.is_file():
        raise DataError(
            f"table {where!r}: no database at {mask_url(spec.url)}. Correct url in [tables.{where}]; "
            "it is relative to the study file."
        )
    try:
        connection = _connect(url, file)
        try:
            yield connection, _table(connection, spec.table, where)
        finally:
            connection.disconnect()
    except SvcqError:
        raise
    except Exception as error:  # drivers raise anything, and may quote the url
        text = without_secrets(str(error), spec.url, url)
        raise DataError(
            f"table {where!r}: {mask_url(spec.url)} cannot be read ({type(error).__name__}: {text}). "
            f"Check url and table in [tables.{where}]."
        ) from None


def fetched(connection: Any, rows: Any) -> Iterator[pl.DataFrame]:
    """Return what a database answers, in batches.

    Parameters
    ----------
    connection : Ibis connection
        As :func:`opened` gives it.
    rows : Ibis table
        What is asked.

    Yields
    ------
    DataFrame
        At least one, so that an empty answer has its columns.
    """
    schema = dict(rows.schema().to_polars())
    yield pl.DataFrame(schema=schema)
    if connection.name != "sqlite":
        for batch in rows.to_pyarrow_batches(chunk_size=_BATCH):
            yield pl.DataFrame(batch).cast(schema)
        return
    # Ibis gathers all rows of SQLite first: its cursor does not. SQLite has no dates, they are text.
    days = {name: dtype for name, dtype in schema.items() if dtype.is_temporal()}
    cursor = connection.con.execute(connection.compile(rows))
    while found := cursor.fetchmany(_BATCH):
        plain = {name: pl.String() if name in days else dtype for name, dtype in schema.items()}
        batch = pl.DataFrame(found, schema=plain, orient="row", strict=False)
        yield batch.with_columns(
            pl.col(name).str.strptime(dtype, strict=False) for name, dtype in days.items()
        )


def answered(connection: Any, text: str, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Return the few rows that a database answers to a query.

    Parameters
    ----------
    connection : Ibis connection
        As :func:`opened` gives it.
    text : str
        The query in the database's SQL.
    schema : Mapping of str to DataType
        Columns of the answer.

    Returns
    -------
    DataFrame
        All rows.
    """
    cursor = connection.raw_sql(text)
    try:
        return pl.DataFrame(cursor.fetchall(), schema=schema, orient="row", strict=False)
    finally:
        if cursor is not connection.con:  # that of DuckDB is the connection
            cursor.close()


def _connect(url: str, file: Path | None) -> Any:
    try:
        import ibis
    except ImportError:
        raise missing_extra("ibis", "sql", "A database table") from None
    try:
        if file is None:
            return _without_compiling(ibis.connect(url))
        if url.startswith("duckdb"):
            return ibis.duckdb.connect(file, read_only=True)
        return ibis.sqlite.from_connection(_read_only_sqlite(file))
    except ImportError:
        backend = re.split(r"[+:]", url, maxsplit=1)[0]
        raise SvcqError(
            f"A {backend} table needs the driver of its database. "
            f"Install it with: pip install 'ibis-framework[{backend}]'"
        ) from None


def _without_compiling(connection: Any) -> Any:
    # PostgreSQL would compile hundreds of sums for longer than it takes to add them up
    if connection.name == "postgres":
        connection.raw_sql(
            "select set_config(name, 'off', false) from pg_settings where name = 'jit'"
        ).close()
    return connection


def _read_only_sqlite(file: Path) -> sqlite3.Connection:
    # A database without a write-ahead log is opened as immutable, so that SQLite leaves no files beside it.
    mode = "mode=ro" if file.with_name(file.name + "-wal").exists() else "mode=ro&immutable=1"
    # polars may ask for each batch in a thread of its own, one after the other
    return sqlite3.connect(f"file:{quote(str(file))}?{mode}", uri=True, check_same_thread=False)


def _table(connection: Any, name: str, where: str) -> Any:
    have = connection.list_tables()
    if name not in have:
        hint = did_you_mean(name, have)
        raise DataError(
            f"table {where!r}: the database has no table {name!r}. {hint}It has: "
            f"{', '.join(have[:20]) or 'none'}. Set table in [tables.{where}]."
        )
    rows = connection.table(name)
    changed = {
        column: rows[column].cast(_plain(kind)) for column, kind in rows.schema().items() if _plain(kind)
    }
    return rows.mutate(**changed) if changed else rows


def _plain(kind: Any) -> str | None:
    """Return the type that a column is read as, if it is not its own."""
    if kind.is_decimal():
        return "float64"
    own = (kind.is_integer(), kind.is_floating(), kind.is_boolean(), kind.is_string(), kind.is_temporal())
    return None if any(own) and not (kind.is_time() or kind.is_interval()) else "string"
