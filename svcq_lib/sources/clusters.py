"""Tables that a cluster reads: Spark or Dask runs a function on each partition, where its rows lie."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import polars as pl

from svcq_lib.sources.addresses import engine_of, expanded
from svcq_lib.study import TableSpec

Work = Callable[[Iterable[pl.LazyFrame], int], bytes]
"""Makes bytes of the rows of a partition: frames that follow each other, and how many rows come before them."""

Join = Callable[[bytes, bytes], bytes]
"""Makes one result of two."""


def columns(spec: TableSpec, root: Path, where: str) -> list[str]:
    """Return the column names of a table that a cluster reads."""
    return _engine(spec, where).columns(spec, root, where)


def scan(spec: TableSpec, root: Path, where: str) -> pl.LazyFrame:
    """Return the rows of a table that a cluster reads, lazily; they come to this process in batches."""
    return _engine(spec, where).scan(spec, root, where)


def fingerprint(spec: TableSpec, root: Path, where: str) -> str:
    """Return what identifies the contents of a table that a cluster reads."""
    return _engine(spec, where).fingerprint(spec, root, where)


def is_cluster(spec: TableSpec, where: str) -> bool:
    """Return whether a cluster reads a table."""
    return spec.url is not None and engine_of(expanded(spec.url, where)) != "sql"


def folded(spec: TableSpec, root: Path, where: str, work: Work, join: Join) -> bytes | None:
    """Run a function on every partition of a table and join what it returns, on the workers.

    Parameters
    ----------
    spec : TableSpec
        A table with the ``url`` of a cluster and ``table``.
    root : Path
        Folder that files are relative to.
    where : str
        Name of the table in the study, for messages.
    work : callable
        Makes bytes of the rows of a partition. It is sent to the workers, which need svcq in the same version.
    join : callable
        Makes one result of two.

    Returns
    -------
    bytes or None
        The result; None if the table has no rows.

    Raises
    ------
    DataError
        If the cluster or the table cannot be reached.
    """
    return _engine(spec, where).folded(spec, root, where, work, join)


def _engine(spec: TableSpec, where: str) -> Any:
    from svcq_lib.sources import dask, spark

    assert spec.url is not None
    return spark if engine_of(expanded(spec.url, where)) == "spark" else dask
