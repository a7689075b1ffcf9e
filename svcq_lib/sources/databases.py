"""Tables in databases, read through Ibis into a temporary Parquet file. Credentials never leave this module.

A url may hold ``user:password@`` or ``${NAME}`` placeholders, which are filled from the environment when the
connection is made and nowhere else. DuckDB and SQLite files are opened read-only. Ibis streams batches from
DuckDB and from servers; its SQLite and PySpark backends gather the whole table first.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import polars as pl

from svcq_lib.errors import DataError, SvcqError, missing_extra
from svcq_lib.sources import workspace
from svcq_lib.sources.headers import did_you_mean
from svcq_lib.study import TableSpec

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_USER_INFO = re.compile(r"(?<=://)([^/?#@]*):([^/?#]*)@")
_SECRET_QUERY = re.compile(r"(?i)([?&](?:password|passwd|pwd|token|secret|\w*key)=)([^&#\s]+)")
_BATCH = 100_000


def mask_url(url: str) -> str:
    """Return a database url without its password.

    Parameters
    ----------
    url : str
        A url that may hold credentials.

    Returns
    -------
    str
        The url with the password, and any query value that looks like a secret, as ``***``.

    Examples
    --------
    >>> mask_url("postgres://ana:s3cret@db/survey?token=abc")
    'postgres://ana:***@db/survey?token=***'
    """
    return _SECRET_QUERY.sub(r"\1***", _USER_INFO.sub(r"\1:***@", url))


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
    return list(pl.read_parquet_schema(database_file(spec, root, where)))


def database_file(spec: TableSpec, root: Path, where: str) -> Path:
    """Return a temporary Parquet file with the rows of a database table.

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
    Path
        The file, fetched once per process (a local database again when its file has changed).

    Raises
    ------
    DataError
        If a placeholder is not set, or the database or the table cannot be read. No credentials are shown.
    """
    assert spec.url is not None
    assert spec.table is not None  # TableSpec's validator
    url = _expanded(spec.url, where)
    file = local_file(url, root)
    if file is not None and not file.is_file():
        raise DataError(
            f"table {where!r}: no database at {mask_url(spec.url)}. Correct url in [tables.{where}]; "
            "it is relative to the study file."
        )
    return _fetched(spec.url, url, spec.table, file, workspace.stamp(file) if file else None, where)


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
    path = database_file(spec, root, where)
    rows = pl.scan_parquet(path).select(pl.len()).collect().item()
    digest = hashlib.sha256(f"{dict(pl.read_parquet_schema(path))}|{rows}|".encode())
    for start in range(0, rows, _BATCH):
        batch = pl.scan_parquet(path).slice(start, _BATCH).collect()
        digest.update(batch.write_csv(include_header=False).encode())
    return digest.hexdigest()


def _expanded(url: str, where: str) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise DataError(
                f"table {where!r}: url in [tables.{where}] uses the environment variable {match[1]}, "
                f"which is not set. Set it: export {match[1]}=…"
            )
        return os.environ[match[1]]

    return _PLACEHOLDER.sub(value, url)


def local_file(url: str, root: Path) -> Path | None:
    """Return the file of a DuckDB or SQLite url.

    Parameters
    ----------
    url : str
        Such as ``duckdb:///relative.duckdb`` or ``sqlite:////absolute/file.db``.
    root : Path
        Folder that the file is relative to.

    Returns
    -------
    Path or None
        The file, which need not exist; None for other databases.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in ("duckdb", "sqlite"):
        return None
    name = rest.split("?", 1)[0]
    relative = (root / name.removeprefix("/")).resolve()
    absolute = Path(name)
    return absolute if absolute.is_absolute() and not relative.is_file() and absolute.is_file() else relative


@functools.lru_cache(maxsize=64)
def _fetched(
    shown: str, url: str, table: str, file: Path | None, _stamp: tuple[int, int] | None, where: str
) -> Path:
    try:
        connection = _connect(url, file)
        try:
            return _download(connection, table, where)
        finally:
            connection.disconnect()
    except SvcqError:
        raise
    except Exception as error:  # drivers raise anything, and may quote the url
        text = _without_secrets(str(error), shown, url)
        raise DataError(
            f"table {where!r}: {mask_url(shown)} cannot be read ({type(error).__name__}: {text}). "
            f"Check url and table in [tables.{where}]."
        ) from None


def _connect(url: str, file: Path | None) -> Any:
    try:
        import ibis
    except ImportError:
        raise missing_extra("ibis", "sql", "A database table") from None
    try:
        if file is None:
            return ibis.connect(url)
        if url.startswith("duckdb"):
            return ibis.duckdb.connect(file, read_only=True)
        return ibis.sqlite.from_connection(_read_only_sqlite(file))
    except ImportError:
        backend = re.split(r"[+:]", url, maxsplit=1)[0]
        raise SvcqError(
            f"A {backend} table needs the driver of its database. "
            f"Install it with: pip install 'ibis-framework[{backend}]'"
        ) from None


def _read_only_sqlite(file: Path) -> sqlite3.Connection:
    # A database without a write-ahead log is opened as immutable, so that SQLite leaves no files beside it.
    mode = "mode=ro" if file.with_name(file.name + "-wal").exists() else "mode=ro&immutable=1"
    return sqlite3.connect(f"file:{quote(str(file))}?{mode}", uri=True)


def _download(connection: Any, name: str, where: str) -> Path:
    import pyarrow.parquet as pq

    have = connection.list_tables()
    if name not in have:
        hint = did_you_mean(name, have)
        raise DataError(
            f"table {where!r}: the database has no table {name!r}. {hint}It has: "
            f"{', '.join(have[:20]) or 'none'}. Set table in [tables.{where}]."
        )
    rows = connection.table(name)
    decimals = [column for column, kind in rows.schema().items() if kind.is_decimal()]
    rows = rows.mutate(**{column: rows[column].cast("float64") for column in decimals}) if decimals else rows
    target = workspace.new_file(".parquet")
    with (
        rows.to_pyarrow_batches(chunk_size=_BATCH) as batches,
        pq.ParquetWriter(target, batches.schema, compression="zstd") as writer,
    ):
        for batch in batches:
            writer.write_batch(batch)
    return target


def _without_secrets(text: str, shown: str, url: str) -> str:
    secrets = {os.environ[name] for name in _PLACEHOLDER.findall(shown) if os.environ.get(name)}
    secrets |= {match[2] for pattern in (_USER_INFO, _SECRET_QUERY) for match in pattern.finditer(url)}
    text = text.replace(url, mask_url(shown))
    for secret in sorted({*secrets, *map(unquote, secrets)} - {""}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return mask_url(" ".join(text.split()))[:300]
