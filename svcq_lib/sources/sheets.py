"""Excel sheets and SPSS files, converted once per process to a temporary Parquet file."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from svcq_lib.errors import DataError
from svcq_lib.sources import workspace
from svcq_lib.sources.headers import did_you_mean, unique_names

if TYPE_CHECKING:
    import pyarrow as pa

_CHUNK = 50_000
_SPSS_DAYS = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE")
_SPSS_MOMENTS = ("DATETIME", "YMDHMS")
_SPSS_TIMES = ("TIME", "DTIME", "MTIME")


def headers(path: Path, kind: str, sheet: str | None, name: str) -> list[str]:
    """Return the headers of a sheet or of an SPSS file as written.

    Parameters
    ----------
    path : Path
        An existing file.
    kind : {"xlsx", "sav"}
        Its format.
    sheet : str or None
        Name of the sheet; None is the first one.
    name : str
        Name of the table in the study, for messages.

    Returns
    -------
    list of str
        Headers in order, duplicates included.

    Raises
    ------
    DataError
        If the file or the sheet cannot be read.
    """
    if kind == "sav":
        import pyreadstat

        try:
            return list(pyreadstat.read_sav(path, metadataonly=True)[1].column_names)
        except Exception as error:  # readstat raises its own family of errors
            raise _unreadable(path, name, error) from None
    book, chosen = _book(path, sheet, name)
    return _sheet_headers(book, chosen, path, name)


def converted(path: Path, kind: str, sheet: str | None, name: str) -> Path:
    """Return a temporary Parquet file with the rows of a sheet or of an SPSS file.

    Parameters
    ----------
    path : Path
        An existing file.
    kind : {"xlsx", "sav"}
        Its format.
    sheet : str or None
        Name of the sheet; None is the first one.
    name : str
        Name of the table in the study, for messages.

    Returns
    -------
    Path
        Excel: every column as text, except columns of dates. SPSS: values (not labels), user-missing values
        null.

    Raises
    ------
    DataError
        If the file or the sheet cannot be read.
    """
    return _converted(path, kind, sheet, name, workspace.stamp(path))


@functools.lru_cache(maxsize=64)
def _converted(path: Path, kind: str, sheet: str | None, name: str, _stamp: tuple[int, int]) -> Path:
    target = workspace.new_file(".parquet")
    if kind == "xlsx":
        _sheet_rows(path, sheet, name).write_parquet(target)
    else:
        _write_spss(path, target, name)
    return target


def _book(path: Path, sheet: str | None, name: str) -> tuple[Any, str]:
    import fastexcel

    try:
        book = fastexcel.read_excel(str(path))
    except fastexcel.FastExcelError as error:
        raise _unreadable(path, name, error) from None
    if sheet is None:
        return book, book.sheet_names[0]
    if sheet not in book.sheet_names:
        hint = did_you_mean(sheet, book.sheet_names)
        raise DataError(
            f"table {name!r}: {path.name} has no sheet {sheet!r}. {hint}It has: "
            f"{', '.join(book.sheet_names)}. Set sheet in [tables.{name}]."
        )
    return book, sheet


def _sheet_headers(book: Any, sheet: str, path: Path, name: str) -> list[str]:
    first = book.load_sheet(sheet, header_row=None, n_rows=1, dtypes="string").to_polars()
    if first.height == 0:
        raise DataError(
            f"table {name!r}: sheet {sheet!r} of {path.name} is empty. Set sheet in [tables.{name}]."
        )
    return ["" if one is None else str(one) for one in first.row(0)]


def _sheet_rows(path: Path, sheet: str | None, name: str) -> pl.DataFrame:
    book, chosen = _book(path, sheet, name)
    names = unique_names(_sheet_headers(book, chosen, path, name))
    text = book.load_sheet(chosen, header_row=0, dtypes="string").to_polars()
    typed = book.load_sheet(chosen, header_row=0, schema_sample_rows=None).to_polars()
    columns = zip(names, text.get_columns(), typed.get_columns(), strict=False)
    series = [(dated if dated.dtype.is_temporal() else words).rename(one) for one, words, dated in columns]
    return pl.DataFrame(series)


def _write_spss(path: Path, target: Path, name: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq
    import pyreadstat

    try:
        meta = pyreadstat.read_sav(path, metadataonly=True)[1]
        schema = _spss_schema(meta)
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            for frame, _ in pyreadstat.read_file_in_chunks(pyreadstat.read_sav, str(path), chunksize=_CHUNK):
                for column in meta.column_names:
                    if _spss_format(meta, column) in _SPSS_TIMES:
                        frame[column] = frame[column].map(str, na_action="ignore")
                writer.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False))
    except Exception as error:  # readstat raises its own family of errors
        raise _unreadable(path, name, error) from None


def _spss_format(meta: Any, column: str) -> str:
    return str(meta.original_variable_types[column]).rstrip("0123456789.")


def _spss_schema(meta: Any) -> pa.Schema:
    """Return the types of an SPSS file from its dictionary, so that an empty chunk cannot change them."""
    import pyarrow as pa

    fields = []
    for column in meta.column_names:
        written = _spss_format(meta, column)
        if written in _SPSS_DAYS:
            kind = pa.date32()
        elif written in _SPSS_MOMENTS:
            kind = pa.timestamp("us")
        elif written in _SPSS_TIMES or meta.readstat_variable_types[column] == "string":
            kind = pa.string()
        else:
            kind = pa.float64()
        fields.append(pa.field(column, kind))
    return pa.schema(fields)


def _unreadable(path: Path, name: str, error: Exception) -> DataError:
    first = (str(error).splitlines() or [""])[0]
    return DataError(
        f"table {name!r}: {path.name} cannot be read ({first}). Export it again or correct format."
    )
