"""What the reports of a batch are restricted to: the levels and periods that have enough answers."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import polars as pl

from svcq_lib import periods
from svcq_lib.errors import ParameterError, require_choice
from svcq_lib.sources import prepared
from svcq_lib.study import Study


@dataclass(frozen=True)
class Unit:
    """What a report is restricted to.

    Attributes
    ----------
    where : Mapping of str to str
        Segment → level.
    period : str or None
        Period; None is everything.
    n : int
        Answers in it.
    """

    where: Mapping[str, str]
    period: str | None
    n: int

    @property
    def name(self) -> str:
        """Levels and period, for people."""
        levels = [f"{segment}={level}" for segment, level in self.where.items()]
        return ", ".join([*levels, *([self.period] if self.period else [])])


def units_of(study: Study, by: Sequence[str], each: str | None) -> tuple[list[Unit], dict[str, str]]:
    """Return the combinations of levels and periods that have enough answers, and the others.

    Parameters
    ----------
    study : Study
        The study with its filters and period.
    by : sequence of str
        Segments.
    each : {"month", "quarter", "year"}, optional
        Length of the periods; None is the study's period as a whole.

    Returns
    -------
    units : list of Unit
        In the order of time, then of levels.
    few : dict of str to str
        Unit → why it is left out. Without `by` and `each` only a unit without any answer is.

    Raises
    ------
    ParameterError
        If a segment is unknown, or the period is not made of whole months, quarters or years.
    """
    _require_segments(study, by)
    if each:
        _require_dates(study, each)
    names = _period_names(study, each) if each and study.period else None
    counts = _counted(study, by, each)
    units = list(_units(counts, study, by, names))
    least = study.thresholds.suppress if by or each else 1
    few = {unit.name: _too_few(unit.n, least) for unit in units if unit.n < least}
    return [unit for unit in units if unit.n >= least], few


def _too_few(n: int, least: int) -> str:
    return f"{n} answers, fewer than {least} (thresholds.suppress)" if n else "no answers"


def _units(
    counts: Mapping[tuple[Any, ...], int], study: Study, by: Sequence[str], names: list[str] | None
) -> Iterator[Unit]:
    """Yield every combination that occurs in each period, with its number of answers."""
    levels = sorted({key[:-1] for key in counts}) or ([()] if not by else [])
    occurring: list[str | None] = sorted({key[-1] for key in counts}, key=str)
    for period in names or occurring or [study.period]:
        for one in levels:
            where = {**study.filters, **dict(zip(by, one, strict=True))}
            yield Unit(where, period, counts.get((*one, period), 0))


def _counted(study: Study, by: Sequence[str], each: str | None) -> dict[tuple[Any, ...], int]:
    """Return the number of answers by level of each segment and period, levels that are not given left out."""
    frame = prepared.prepared(study).filter(pl.col("weight") > 0)
    if study.period:
        span = periods.parse(study.period)
        frame = frame.filter(pl.col("date").is_between(span.start, span.end))
    keys = [f"segment.{name}" for name in by]
    period = _named(each) if each else pl.lit(study.period, pl.String)
    counted = frame.with_columns(period.alias("period")).drop_nulls([*keys, *(["period"] if each else [])])
    return {row[:-1]: row[-1] for row in counted.group_by(*keys, "period").len().collect().iter_rows()}


def _named(each: str) -> pl.Expr:
    """Return the name of the period that a row's date lies in."""
    date = pl.col("date")
    year = date.dt.strftime("%Y")
    if each == "quarter":
        return pl.format("{}-Q{}", year, date.dt.quarter())
    return year if each == "year" else date.dt.strftime("%Y-%m")


def _require_segments(study: Study, by: Sequence[str]) -> None:
    have = study.responses.segments
    for name in by:
        if name not in have:
            near = difflib.get_close_matches(name, have, n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise ParameterError(
                f"by {name!r} is not a segment of {study.path.name}. {hint}It has: {', '.join(have) or 'none'}."
            )


def _require_dates(study: Study, each: str) -> None:
    require_choice("each", each, get_args(periods.Grain))
    if study.responses.date is None:
        raise ParameterError(f"each {each}: {study.path.name} names no date column. Set responses.date.")


def _period_names(study: Study, each: str) -> list[str]:
    """Return the names of the periods inside the study's period."""
    span = periods.parse(str(study.period))
    first, last = (periods.name_of(day, each) for day in (span.start, span.end))  # type: ignore[arg-type]
    if (periods.parse(first).start, periods.parse(last).end) != (span.start, span.end):
        raise ParameterError(
            f"period {study.period!r} is not made of whole {each}s. Begin and end it with one, or set each to "
            "a shorter one."
        )
    return periods.between(first, last)
