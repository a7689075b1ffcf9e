"""Tables in files that the workers of a Dask cluster read. The url names the scheduler, ``table`` the files.

``dask+tcp://head:8786`` is the address of a scheduler with ``dask+`` before it. ``table`` is a file or a pattern such
as ``answers/*.parquet``, relative to the study file. This process and the workers must see the files at the same path.
"""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from svcq_lib.errors import DataError, SvcqError, missing_extra
from svcq_lib.sources.addresses import expanded, mask_url
from svcq_lib.study import TableSpec

if TYPE_CHECKING:
    from svcq_lib.sources.clusters import Join, Work

_ROWS = 1 << 21
"""Most rows that a task reads."""


def columns(spec: TableSpec, root: Path, where: str) -> list[str]:
    """Return the column names of a table in files, which must all have the same."""
    from svcq_lib.sources import connect

    headers = [connect.columns(one, root, name=where) for one in parts_of(spec, root, where)]
    for one, names in zip(parts_of(spec, root, where), headers, strict=True):
        if set(names) != set(headers[0]):
            odd = sorted(set(names) ^ set(headers[0]))
            raise DataError(
                f"table {where!r}: {one.path} has other columns than the first file ({', '.join(map(repr, odd[:5]))}). "
                "Export the files with the same headers."
            )
    return headers[0]


def scan(spec: TableSpec, root: Path, where: str) -> pl.LazyFrame:
    """Return the rows of all files, one after the other, lazily; this process reads them."""
    from svcq_lib.sources import connect

    frames = [connect.scan(one, root, name=where) for one in parts_of(spec, root, where)]
    return pl.concat(frames, how="diagonal_relaxed")


def fingerprint(spec: TableSpec, root: Path, where: str) -> str:
    """Return a SHA-256 of the contents of all files, in the order of their names."""
    from svcq_lib.sources import connect

    with _client(spec, where) as client:
        parts = parts_of(spec, root, where)
        jobs = [client.submit(connect.fingerprint, one, root, name=where, pure=False) for one in parts]
        return hashlib.sha256("\n".join(client.gather(jobs)).encode()).hexdigest()


def folded(spec: TableSpec, root: Path, where: str, work: Work, join: Join) -> bytes | None:
    """Run a function on every partition of a table; see :func:`svcq_lib.sources.clusters.folded`."""
    with _client(spec, where) as client:
        parts = parts_of(spec, root, where)
        sizes = client.gather([client.submit(_size, one, root, where, pure=False) for one in parts])
        jobs, before = [], 0
        for one, size in zip(parts, sizes, strict=True):
            for start in range(0, size, _ROWS):
                task = one, root, where, start, _ROWS, before + start, work
                jobs.append(client.submit(_worked, *task, pure=False))
            before += size
        while len(jobs) > 1:  # neighbours first, so that the order of addition is that of the rows
            pairs = [jobs[i : i + 2] for i in range(0, len(jobs), 2)]
            jobs = [client.submit(join, *pair, pure=False) if len(pair) == 2 else pair[0] for pair in pairs]
        return jobs[0].result() if jobs else None


def parts_of(spec: TableSpec, root: Path, where: str) -> list[TableSpec]:
    """Return each file of a table as a table of its own, in the order of their names."""
    assert spec.table is not None  # TableSpec's validator
    found = sorted(glob.glob(str(root / spec.table), recursive=True))
    if not found:
        raise DataError(
            f"table {where!r}: there is no file {spec.table}. Correct table in [tables.{where}]; it is relative to "
            "the study file."
        )
    return [spec.model_copy(update={"url": None, "table": None, "path": path}) for path in found]


def _size(spec: TableSpec, root: Path, where: str) -> int:
    from svcq_lib.sources import connect

    return int(connect.scan(spec, root, name=where).select(pl.len()).collect().item())


def _worked(spec: TableSpec, root: Path, where: str, start: int, rows: int, offset: int, work: Work) -> bytes:
    from svcq_lib.sources import connect

    return work([connect.scan(spec, root, name=where).slice(start, rows)], offset)


@contextmanager
def _client(spec: TableSpec, where: str) -> Iterator[Any]:
    """Connect to the scheduler; an error of a worker is raised here."""
    try:
        from distributed import Client
    except ImportError:
        raise missing_extra("distributed", "dask", "A table on a Dask cluster") from None
    assert spec.url is not None
    address = expanded(spec.url, where).removeprefix("dask+")
    try:
        with Client(address, set_as_default=False, timeout=20) as client:
            yield client
    except SvcqError:
        raise
    except Exception as error:  # a cluster fails in many ways, and so may the code on it
        text = " ".join(str(error).split())[:300]
        raise DataError(
            f"table {where!r}: {mask_url(spec.url)} cannot compute it ({type(error).__name__}: {text}). Check url in "
            f"[tables.{where}], and that the workers have svcq and see the files."
        ) from None
