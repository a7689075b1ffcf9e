"""Tables on a Spark cluster. The url names the cluster, ``table`` a table of its catalog or files that it reads.

``spark://head:7077`` is a standalone cluster and ``sc://head:15002`` a Spark Connect server; after ``spark+``
stands any other master as Spark writes it, such as ``spark+yarn`` or ``spark+local[4]``. A session that runs already is
used as it is.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.io.plugins import register_io_source

from svcq_lib.errors import DataError, SvcqError, missing_extra
from svcq_lib.sources.addresses import expanded, mask_url, without_secrets
from svcq_lib.study import TableSpec

if TYPE_CHECKING:
    from svcq_lib.sources.clusters import Join, Work

_BATCH = 1 << 16
_RESULT = "found binary, rows long"
_PARTITION = "__partition__"
_READERS = {".parquet": "parquet", ".pq": "parquet", ".orc": "orc", ".csv": "csv"}


def columns(spec: TableSpec, root: Path, where: str) -> list[str]:
    """Return the column names of a table on a Spark cluster."""
    with _opened(spec, root, where) as rows:
        return list(rows.columns)


def scan(spec: TableSpec, root: Path, where: str) -> pl.LazyFrame:
    """Return the rows of a table on a Spark cluster, lazily: the columns in use come partition by partition.

    Parameters
    ----------
    spec : TableSpec
        A table with ``url`` and ``table``.
    root : Path
        Folder that files are relative to.
    where : str
        Name of the table in the study, for messages.

    Returns
    -------
    LazyFrame
        Rows in the order of the partitions. Decimals are floats, types without a counterpart are text.

    Raises
    ------
    DataError
        If the cluster or the table cannot be reached.
    """
    with _opened(spec, root, where) as rows:
        schema = _frame_schema(rows)

    def batches(
        names: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, _size: int | None
    ) -> Iterator[pl.DataFrame]:
        # without columns the rows still count: one column stands for them
        asked = list(schema) if names is None else names or list(schema)[:1]
        yield pl.DataFrame(schema={name: schema[name] for name in asked})
        with _opened(spec, root, where) as rows:
            chosen = _selected(rows, asked)
            chosen = chosen if n_rows is None else chosen.limit(n_rows)
            sent = chosen.mapInArrow(_sent, "found binary")
            for row in sent.toLocalIterator(prefetchPartitions=True):
                batch = pl.read_ipc(io.BytesIO(row[0])).cast({name: schema[name] for name in asked})
                yield batch if predicate is None else batch.filter(predicate)

    return register_io_source(batches, schema=schema)


def fingerprint(spec: TableSpec, root: Path, where: str) -> str:
    """Return a SHA-256 of a table's schema, number of rows and contents, whatever their order.

    Parameters
    ----------
    spec : TableSpec
        A table with ``url`` and ``table``.
    root : Path
        Folder that files are relative to.
    where : str
        Name of the table in the study, for messages.

    Returns
    -------
    str
        Hexadecimal digest over names and types, the number of rows and the sums of two hashes of each row, which
        the cluster adds up.
    """
    with _opened(spec, root, where) as rows:
        functions = _pyspark("sql.functions")
        named = [_column(name) for name in rows.columns]
        hashes = [functions.xxhash64(functions.lit(salt), *named).cast("decimal(38,0)") for salt in (0, 1)]
        sums = rows.agg(functions.count(functions.lit(1)), *(functions.sum(one) for one in hashes)).first()
        said = f"{rows.dtypes}|{'|'.join(map(str, sums))}"
    return hashlib.sha256(said.encode()).hexdigest()


def folded(spec: TableSpec, root: Path, where: str, work: Work, join: Join) -> bytes | None:
    """Run a function on every partition of a table; see :func:`svcq_lib.sources.clusters.folded`."""
    with _opened(spec, root, where) as rows:
        functions = _pyspark("sql.functions")
        numbered = _selected(rows, rows.columns, functions.spark_partition_id().alias(_PARTITION))
        sizes = numbered.groupBy(_PARTITION).count().collect()
        found = {row[0]: row[1] for row in sizes}
        offsets = {part: sum(n for other, n in found.items() if other < part) for part in found}
        parts = numbered.mapInArrow(_worked(work, offsets), _RESULT)
        # each task adds up what it finds, so that few results come back
        slots = max(
            1, int(rows.sparkSession.conf.get("spark.default.parallelism", "0")) or os.cpu_count() or 1
        )
        joined = parts.coalesce(slots).mapInArrow(_joined(join), _RESULT).collect()
    came, all_rows = sum(row[1] for row in joined), sum(found.values())
    if came != all_rows:
        raise DataError(
            f"table {where!r}: {came:,} of {all_rows:,} rows came back from {mask_url(str(spec.url))}. Run it again: "
            "either the table has changed meanwhile, or the cluster's log says what was lost."
        )
    result: bytes | None = None
    for row in joined:
        result = bytes(row[0]) if result is None else join(result, bytes(row[0]))
    return result


def _worked(work: Work, offsets: dict[int, int]) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """Return what Spark runs on the record batches of a partition."""

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        first = next(batches, None)
        while first is not None and first.num_rows == 0:
            first = next(batches, None)
        if first is not None:
            number = first.column(first.schema.get_field_index(_PARTITION))[0].as_py()
            rows: list[int] = []
            found = work(_counted(chain([first], batches), rows), offsets[number])
            yield _as_batch(found, sum(rows))

    return run


def _counted(batches: Iterator[Any], rows: list[int]) -> Iterator[pl.LazyFrame]:
    """Yield record batches as frames, and note how many rows each has."""
    for batch in batches:
        rows.append(batch.num_rows)
        yield pl.DataFrame(batch).drop(_PARTITION).lazy()


def _joined(join: Join) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """Return what Spark runs on the results that a task has made."""

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        result: bytes | None = None
        rows = 0
        for batch in batches:
            rows += sum(batch.column(1).to_pylist())
            for one in batch.column(0).to_pylist():
                result = one if result is None else join(result, one)
        if result is not None:
            yield _as_batch(result, rows)

    return run


def _sent(batches: Iterator[Any]) -> Iterator[Any]:
    """Pack each record batch, so that the driver gets bytes instead of rows."""
    for batch in batches:
        file = io.BytesIO()
        pl.DataFrame(batch).write_ipc(file, compression="zstd")
        yield _as_batch(file.getvalue())


def _as_batch(data: bytes, rows: int | None = None) -> Any:
    """Return a result as Spark takes it, with the number of rows that it is made of where that is asked for."""
    import pyarrow as pa

    columns = {"found": pa.array([data], type=pa.binary())}
    if rows is not None:
        columns["rows"] = pa.array([rows], type=pa.int64())
    return pa.RecordBatch.from_pydict(columns)


@contextmanager
def _opened(spec: TableSpec, root: Path, where: str) -> Iterator[Any]:
    """Yield the Spark frame of a table; what Spark says when it fails is said without credentials."""
    assert spec.url is not None
    assert spec.table is not None  # TableSpec's validator
    url = expanded(spec.url, where)
    try:
        session = _session(url)
        yield _rows(session, spec.table, root)
    except SvcqError:
        raise
    except Exception as error:  # Spark raises anything, with the stack of the JVM
        text = without_secrets(str(error).split("JVM stacktrace")[0], spec.url, url)
        raise DataError(
            f"table {where!r}: {spec.table!r} cannot be read on {mask_url(spec.url)} ({type(error).__name__}: {text}). "
            f"Check url and table in [tables.{where}], and that the workers have svcq."
        ) from None


def _session(url: str) -> Any:
    builder = _pyspark("sql").SparkSession.builder.appName("svcq")
    if url.startswith("sc://"):
        session = builder.remote(url).getOrCreate()
    else:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        session = builder.master(url.removeprefix("spark+")).getOrCreate()
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(_BATCH))
    return session


def _pyspark(module: str) -> Any:
    try:
        return importlib.import_module(f"pyspark.{module}")
    except ImportError:
        raise missing_extra("pyspark", "spark", "A table on a Spark cluster") from None


def _rows(session: Any, table: str, root: Path) -> Any:
    """Return a table of the catalog, or files, with the types that polars has."""
    suffix = Path(table).suffix.lower()
    if suffix not in _READERS and "/" not in table:
        return session.table(table)
    path = table if "://" in table or Path(table).is_absolute() else f"file://{root.resolve() / table}"
    if _READERS.get(suffix) == "csv":
        return session.read.csv(path, header=True, quote='"', escape='"')
    return session.read.format(_READERS.get(suffix, "parquet")).load(path)


def _column(name: str) -> Any:
    return _pyspark("sql.functions").col("`" + name.replace("`", "``") + "`")


def _selected(rows: Any, names: list[str], *more: Any) -> Any:
    """Return some columns, decimals as floats and types without a counterpart as text."""
    kinds = dict(rows.dtypes)
    return rows.select(
        *(
            _column(name).cast(kind).alias(name) if (kind := _plain(kinds[name])) else _column(name)
            for name in names
        ),
        *more,
    )


def _plain(kind: str) -> str | None:
    if kind.startswith("decimal"):
        return "double"
    own = (
        "tinyint",
        "smallint",
        "int",
        "bigint",
        "float",
        "double",
        "boolean",
        "string",
        "date",
        "timestamp",
    )
    return None if kind in own or kind == "timestamp_ntz" else "string"


def _frame_schema(rows: Any) -> dict[str, pl.DataType]:
    empty = _selected(rows, rows.columns).limit(0).toArrow()
    return dict(pl.DataFrame(empty).schema)
