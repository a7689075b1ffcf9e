"""Problems of groups of rows: small segments, periods without answers, strata and their population sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import polars as pl

from svcq_lib import periods
from svcq_lib.sources.faults import Problem
from svcq_lib.sources.margins import margin_problems
from svcq_lib.sources.prepared import ROW, roles
from svcq_lib.study import Study

_NAMED = 12


def group_problems(study: Study, frame: pl.LazyFrame, make: Callable[..., Problem]) -> Iterator[Problem]:
    """Yield the problems of segments, periods and strata.

    Parameters
    ----------
    study : Study
        The study.
    frame : LazyFrame
        The raw response table; roles whose columns are missing in it are left out.
    make : callable
        Makes a problem of the response table.

    Yields
    ------
    Problem
        Warnings for small bases and holes between periods; errors for margins and population sizes that cannot be.
    """
    schema = frame.collect_schema()
    found = _with_existing(study, schema)
    keys = [f"segment.{name}" for name in found.responses.segments]
    keys += ["period"] if found.responses.date else []
    keys += ["stratum"] if found.responses.strata else []
    if not keys and not found.responses.fpc:
        return
    read = frame.with_row_index(ROW, offset=1).select(roles(found, schema))
    cells = read.group_by(keys or [pl.lit("").alias("all")]).len("n").collect(engine="streaming")
    for name, segment in found.responses.segments.items():
        n = _count(cells, f"segment.{name}")
        yield from _small(study, segment.column, n, make)
        if name in study.weights.margins:
            yield from margin_problems(study, name, n, int(cells["n"].sum()))
    if found.responses.date:
        yield from _holes(found.responses.date, _count(cells, "period"), make)
    if found.responses.fpc and found.responses.strata == study.responses.strata:
        yield from _population(found, _drawn(found, read, cells), make)


def _with_existing(study: Study, schema: Mapping[str, pl.DataType]) -> Study:
    has = study.responses
    roles_found = {
        role: getattr(has, role) if getattr(has, role) in schema else None
        for role in ("id", "date", "weight", "strata", "cluster")
    }
    segments = {name: one for name, one in has.segments.items() if one.column in schema}
    return study.model_copy(
        update={"responses": has.model_copy(update={**roles_found, "segments": segments})}
    )


def _count(cells: pl.DataFrame, key: str) -> dict[str, int]:
    table = cells.drop_nulls(key).group_by(key).agg(pl.col("n").sum()).sort(key)
    return dict(table.iter_rows())


def _small(
    study: Study, column: str, n: Mapping[str, int], make: Callable[..., Problem]
) -> Iterator[Problem]:
    flag = study.thresholds.flag
    small = {name: rows for name, rows in n.items() if rows < flag}
    if small:
        listed = _listed([f"{name} ({rows})" for name, rows in small.items()])
        yield make(
            "small_base",
            "warning",
            f"{len(small)} of {len(n)} levels have fewer than {flag} rows: {listed}",
            "read their figures with care, or merge levels",
            column=column,
            rows=sum(small.values()),
            levels=len(small),
            flag=flag,
        )


def _holes(column: str, n: Mapping[str, int], make: Callable[..., Problem]) -> Iterator[Problem]:
    missing = [name for name in periods.between(min(n), max(n)) if name not in n] if n else []
    if missing:
        listed = _listed(missing)
        yield make(
            "period_hole",
            "warning",
            f"no rows in {len(missing)} period(s) between the first and the last: {listed}",
            "check that the export is complete; trends leave these periods out",
            column=column,
            periods=listed,
            count=len(missing),
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")


def _drawn(study: Study, read: pl.LazyFrame, cells: pl.DataFrame) -> dict[str, int]:
    """Return how many rows, or clusters where clusters are drawn, come from each stratum."""
    stratum = pl.col("stratum").fill_null("")
    if study.responses.cluster:
        table = (
            read.group_by(stratum)
            .agg(n=pl.col("cluster").drop_nulls().n_unique())
            .collect(engine="streaming")
        )
        return dict(table.iter_rows())
    return _count(cells, "stratum") if study.responses.strata else {"": int(cells["n"].sum())}


def _population(study: Study, drawn: Mapping[str, int], make: Callable[..., Problem]) -> Iterator[Problem]:
    sizes, column = study.responses.fpc, study.responses.strata or ""
    strata = {name: n for name, n in drawn.items() if name or not column}
    unknown = sorted(set(sizes) - set(strata)) + sorted(set(strata) - set(sizes))
    if unknown:
        yield make(
            "fpc_unknown",
            "error",
            f"fpc and the data name different strata: {_listed(unknown)}",
            "give fpc one size per stratum of the data",
            column=column,
        )
    unit = "clusters" if study.responses.cluster else "rows"
    for name, n in strata.items():
        if name in sizes and sizes[name] < n:
            yield make(
                "fpc_too_small",
                "error",
                f"the population of {name or 'the study'} has {sizes[name]:g} {unit} by fpc, the sample {n}",
                "correct fpc: it is the size of the population, not of the sample",
                column=column,
                rows=n,
            )
