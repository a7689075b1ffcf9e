"""Margins of the population: what the study file or a declared table says of each level of a segment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from svcq_lib.errors import DataError
from svcq_lib.sources import connect
from svcq_lib.sources.faults import MAX_EXAMPLES, Example, Problem
from svcq_lib.sources.headers import did_you_mean
from svcq_lib.sources.values import level, number, text
from svcq_lib.study import Study

_NAMED = 12
_ROW = "__row__"


def population(study: Study, name: str) -> dict[str, float]:
    """Return the size of each level of a segment in the population.

    Parameters
    ----------
    study : Study
        A study with a margin of this segment.
    name : str
        The segment.

    Returns
    -------
    dict of str to float
        Level → size; rows of one level in a table are added up.

    Raises
    ------
    DataError
        If the margin's table lacks its columns, or a size is no number or negative.
    """
    margin = study.weights.margins[name]
    if margin.table is None:
        return dict(margin.counts)
    problems = list(_table_problems(study, name))
    if problems:
        raise DataError("\n".join(one.line() for one in problems))
    sizes = _sizes(study, name).drop_nulls("level").group_by("level").agg(pl.col("size").sum()).sort("level")
    return dict(sizes.select("level", "size").iter_rows())


def _sizes(study: Study, name: str) -> pl.DataFrame:
    """Return the rows of a margin's table: number, level, raw size and size."""
    margin, segment = study.weights.margins[name], study.responses.segments[name]
    frame = connect.scan(study.tables[margin.table or ""], study.root, name=margin.table or "")
    schema = frame.collect_schema()
    levels, counts = margin.level or "", margin.count or ""
    return (
        frame.with_row_index(_ROW, offset=1)
        .select(
            _ROW,
            level=level(pl.col(levels), segment.missing, schema[levels]),
            raw=text(pl.col(counts), schema[counts]),
            size=number(pl.col(counts), schema[counts]),
        )
        .collect()
    )


def _table_problems(study: Study, name: str) -> Iterator[Problem]:
    margin = study.weights.margins[name]
    table = margin.table or ""
    headers = connect.columns(study.tables[table], study.root, name=table)
    lacking = [one for one in (margin.level, margin.count) if one and one not in headers]
    for header in lacking:
        yield Problem(
            "missing_column", "error", table, header, 0, 0, (),
            f"the column of weights.margins.{name} is missing",
            f"{did_you_mean(header, headers)}correct the name in the study file",
        )  # fmt: skip
    if lacking:
        return
    rows = _sizes(study, name)
    bad = rows.filter(pl.col("level").is_not_null() & ~(pl.col("size") >= 0).fill_null(False))
    if len(bad):
        some = tuple(
            Example(row, raw or "") for row, raw in bad.select(_ROW, "raw").head(MAX_EXAMPLES).iter_rows()
        )
        yield Problem(
            "margin_size", "error", table, margin.count or "", len(bad), len(rows), some,
            "sizes of a margin that are no numbers of 0 or more", "correct them (decimals with a point)",
        )  # fmt: skip


def margin_problems(study: Study, name: str, n: Mapping[str, int], total: int) -> Iterator[Problem]:
    """Yield what keeps the weights from being fitted to a margin.

    Parameters
    ----------
    study : Study
        A study with a margin of this segment.
    name : str
        The segment.
    n : Mapping of str to int
        Rows of the response table at each level.
    total : int
        Rows of the response table.

    Yields
    ------
    Problem
        Errors for unreadable sizes, levels of the data without a size, and levels of the population without an
        answer; a warning for rows without a level.
    """
    margin = study.weights.margins[name]
    table, column = (
        margin.table or study.responses.table,
        margin.level or study.responses.segments[name].column,
    )
    if margin.table:
        found = list(_table_problems(study, name))
        yield from found
        if found:
            return
    sizes = population(study, name)
    unknown = {one: rows for one, rows in n.items() if not sizes.get(one)}
    if unknown:
        yield Problem(
            "margin_level_unknown", "error", table, column, sum(unknown.values()), total, (),
            f"weights.margins.{name} gives no size to levels that have answers: {_listed(unknown)}",
            "add their sizes, correct the spelling, or list them in missing of the segment",
        )  # fmt: skip
    empty = [one for one, size in sizes.items() if size > 0 and one not in n]
    if empty:
        yield Problem(
            "margin_level_empty", "error", table, column, 0, total, (),
            f"weights.margins.{name} has levels without any answer: {_listed(dict.fromkeys(empty, 0))}",
            "merge them with a similar level in both tables, or leave this margin out",
        )  # fmt: skip
    if sum(n.values()) < total:
        yield Problem(
            "margin_missing", "warning", study.responses.table, study.responses.segments[name].column,
            total - sum(n.values()), total, (), f"rows without a level of the margin {name}",
            "complete them; until then they keep the share that their weights before raking gave them",
        )  # fmt: skip


def _listed(levels: Mapping[str, int]) -> str:
    names = [f"{name!r}" + (f" ({rows})" if rows else "") for name, rows in levels.items()]
    return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
