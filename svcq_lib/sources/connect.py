"""Where tables lie: their headers, their rows as a lazy frame, their fingerprint.

Text files are scanned with every column as text, so that one bad value hides nothing; polars reads them in
constant memory. Excel sheets and SPSS files are written once to a temporary Parquet file and scanned there; a
database is asked for batches.
"""

from __future__ import annotations

import csv
import functools
import hashlib
from pathlib import Path

import polars as pl

from svcq_lib.errors import DataError
from svcq_lib.sources import addresses, clusters, databases, encodings, sheets, waves, workspace
from svcq_lib.sources.headers import unique_names
from svcq_lib.study import TableSpec

_FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xls": "xlsx",
    ".sav": "sav",
    ".zsav": "sav",
}


def columns(spec: TableSpec, root: Path, *, name: str = "table") -> list[str]:
    """Return the headers of a table as they are written.

    Parameters
    ----------
    spec : TableSpec
        Where the table lies.
    root : Path
        Folder that its path is relative to.
    name : str
        Name of the table in the study, for messages.

    Returns
    -------
    list of str
        Headers in order, duplicates included, a byte order mark removed.

    Raises
    ------
    DataError
        If the table cannot be read.
    """
    if spec.url is not None:
        place = clusters.columns if clusters.is_cluster(spec, name) else databases.database_columns
        return place(spec, root, name)
    if spec.waves:
        return waves.headers(spec, wave_headers(spec, root, name=name))
    path, kind = file_of(spec, root, name=name), format_of(spec, name=name)
    if kind in ("csv", "tsv"):
        return _text_headers(path, spec, name)
    if kind == "parquet":
        return list(_guarded_schema(path, name))
    return sheets.headers(path, kind, spec.sheet, name)


def scan(spec: TableSpec, root: Path, *, name: str = "table") -> pl.LazyFrame:
    """Return the rows of a table, lazily.

    Parameters
    ----------
    spec : TableSpec
        Where the table lies.
    root : Path
        Folder that its path is relative to.
    name : str
        Name of the table in the study, for messages.

    Returns
    -------
    LazyFrame
        Rows in the order of the table. CSV, TSV and Excel columns are text (dates of Excel stay dates), those
        of other formats have their own types. Repeated headers are renamed (``headers.unique_names``). Fields
        beyond the header are dropped and missing ones are null: the data contract reports such lines.

    Raises
    ------
    DataError
        If the table cannot be read.
    """
    if spec.url is not None:
        place = clusters.scan if clusters.is_cluster(spec, name) else databases.database_scan
        return place(spec, root, name)
    if spec.waves:
        return waves.together(spec, [scan(one, root, name=name) for one in parts_of(spec)])
    path, kind = file_of(spec, root, name=name), format_of(spec, name=name)
    if kind in ("csv", "tsv"):
        return pl.scan_csv(
            encodings.utf8_file(path, spec.encoding, name),
            separator=delimiter_of(spec, name=name),
            infer_schema=False,
            truncate_ragged_lines=True,
            glob=False,
            new_columns=unique_names(_text_headers(path, spec, name)),
        )
    if kind == "parquet":
        _guarded_schema(path, name)
        return pl.scan_parquet(path, glob=False)
    converted = sheets.converted(path, kind, spec.sheet, name)
    return pl.scan_parquet(converted, glob=False)


def fingerprint(spec: TableSpec, root: Path, *, name: str = "table") -> str:
    """Return what identifies a table's contents.

    Parameters
    ----------
    spec : TableSpec
        Where the table lies.
    root : Path
        Folder that its path is relative to.
    name : str
        Name of the table in the study, for messages.

    Returns
    -------
    str
        SHA-256 of the file's bytes; of a database table, of its schema, row count and rows.

    Raises
    ------
    DataError
        If the table cannot be read.
    """
    if spec.url is not None:
        place = clusters.fingerprint if clusters.is_cluster(spec, name) else databases.database_fingerprint
        return place(spec, root, name)
    if spec.waves:
        return waves.digest(spec, [fingerprint(one, root, name=name) for one in parts_of(spec)])
    path = file_of(spec, root, name=name)
    return _digest(path, workspace.stamp(path))


@functools.lru_cache(maxsize=256)
def _digest(path: Path, _stamp: tuple[int, int]) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_of(spec: TableSpec, root: Path, *, name: str = "table") -> Path:
    """Return the existing file of a table.

    Parameters
    ----------
    spec : TableSpec
        A table with ``path``.
    root : Path
        Folder that the path is relative to.
    name : str
        Name of the table in the study, for messages.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        If there is no such file, or it is empty.
    """
    assert spec.path is not None  # a table without a url has a path
    _refuse_url(spec, name)
    path = root / spec.path
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "does not exist"
        raise DataError(
            f"table {name!r}: {path} {what}. Put the file there or correct path in [tables.{name}]; "
            "it is relative to the study file."
        )
    if path.stat().st_size == 0:
        raise DataError(f"table {name!r}: {path} is empty (0 bytes). Export it again, with its header line.")
    return path


def parts_of(spec: TableSpec) -> list[TableSpec]:
    """Return the single tables that a table is made of: one per wave, else itself."""
    return [waves.part_of(spec, wave) for wave in spec.waves] or [spec]


def wave_headers(spec: TableSpec, root: Path, *, name: str = "table") -> list[list[str]]:
    """Return the headers of each wave's file as they are written."""
    return [columns(one, root, name=name) for one in parts_of(spec)]


def state_of(spec: TableSpec, root: Path) -> tuple[int, ...] | None:
    """Return what tells one state of a table's file from another.

    Parameters
    ----------
    spec : TableSpec
        Where the table lies.
    root : Path
        Folder that its path is relative to.

    Returns
    -------
    tuple of int or None
        Size and time of change of the file, of each file of several, of a local database and of the log beside it that
        holds its latest rows; None if there is no such file.
    """
    if spec.waves:
        return tuple(number for one in parts_of(spec) for number in state_of(one, root) or (-1, -1))
    file = addresses.local_file(spec.url, root) if spec.url is not None else root / str(spec.path)
    if file is None or not file.is_file():
        return None
    logs = [file.with_name(file.name + end) for end in ("-wal", ".wal")] if spec.url is not None else []
    return tuple(number for one in (file, *logs) if one.is_file() for number in workspace.stamp(one))


def format_of(spec: TableSpec, *, name: str = "table") -> str:
    """Return the format of a file, declared or told by the end of its name.

    Parameters
    ----------
    spec : TableSpec
        A table with ``path``.
    name : str
        Name of the table in the study, for messages.

    Returns
    -------
    {"csv", "tsv", "parquet", "xlsx", "sav"}
        The format.

    Raises
    ------
    DataError
        If the name tells none.
    """
    _refuse_url(spec, name)
    suffix = Path(spec.path or "").suffix.lower()
    found = spec.format or _FORMATS.get(suffix)
    if found is None:
        raise DataError(
            f"table {name!r}: the format of {spec.path} is not known by its end {suffix!r}. "
            f'Write format = "csv" (or tsv, parquet, xlsx, sav) in [tables.{name}].'
        )
    return found


def delimiter_of(spec: TableSpec, *, name: str = "table") -> str:
    """Return the character between two fields of a text file.

    Parameters
    ----------
    spec : TableSpec
        A text table.
    name : str
        Name of the table in the study, for messages.

    Returns
    -------
    str
        The declared one, else a tab for TSV and a comma for CSV.

    Raises
    ------
    DataError
        If it is not one ASCII character.
    """
    delimiter = spec.delimiter or ("\t" if format_of(spec, name=name) == "tsv" else ",")
    if len(delimiter.encode()) != 1 or delimiter in '"\r\n':
        raise DataError(
            f"table {name!r}: delimiter {delimiter!r} is not one ASCII character such as ',' ';' or '\\t'. "
            f"Correct delimiter in [tables.{name}]."
        )
    return delimiter


def _refuse_url(spec: TableSpec, name: str) -> None:
    if "://" in (spec.path or ""):
        raise DataError(
            f"table {name!r}: path is a url, {addresses.mask_url(str(spec.path))}. Write it as "
            f'url = "…" in [tables.{name}], with the password as ${{NAME}} from the environment.'
        )


def _text_headers(path: Path, spec: TableSpec, name: str) -> list[str]:
    source = encodings.utf8_file(path, spec.encoding, name)
    with source.open(encoding="utf-8-sig", newline="") as file:
        try:
            return next(csv.reader(file, delimiter=delimiter_of(spec, name=name)))
        except (csv.Error, StopIteration) as error:
            raise DataError(
                f"table {name!r}: the header line of {path.name} cannot be read ({error or 'no line'}). "
                "Check its quotes and delimiter."
            ) from None


def _guarded_schema(path: Path, name: str) -> dict[str, pl.DataType]:
    try:
        return dict(pl.read_parquet_schema(path))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"table {name!r}: {path.name} is no readable Parquet file ({str(error).splitlines()[0]}). "
            "Export it again or correct format."
        ) from None
