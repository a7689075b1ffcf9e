"""What a scan does with each row: decided once for a table, the same for all of its partitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import polars as pl

from svcq_lib import periods
from svcq_lib.evidence.blocks import SMALL_TABLE
from svcq_lib.evidence.columns import sources_of
from svcq_lib.evidence.needs import EvidenceNeeds
from svcq_lib.evidence.weights import Fitting, fit
from svcq_lib.sources import prepared
from svcq_lib.sources.batches import in_batches
from svcq_lib.sources.prepared import ROW
from svcq_lib.study import Study

BATCH_ROWS = 1 << 18
ROW_COLUMNS = ("row_id", "date", "period", "weight", "stratum", "cluster", "block")
INSIDE, CHOSEN, UNIT = "_inside", "_chosen", "_unit"


@dataclass(frozen=True, eq=False)
class Plan:
    """What a scan does with each row. It can be pickled and sent to where the rows are.

    Attributes
    ----------
    study : Study
        The study, with its filters and period.
    needs : EvidenceNeeds
        What to compute.
    small : bool
        Whether each row is a bootstrap block of its own.
    fitting : Fitting or None
        How weights are fitted to the margins of the population.
    straight : bool
        Whether rows with the same answer throughout are counted: not where the data contract found none.
    in_scale : bool
        Whether the data contract found no answer outside its scale, so that none is looked for.
    """

    study: Study
    needs: EvidenceNeeds
    small: bool
    fitting: Fitting | None
    straight: bool = True
    in_scale: bool = False

    @property
    def blocked(self) -> bool:
        """Whether anything is needed by bootstrap block, or by drawn cluster."""
        needs = self.needs
        return self.kind == "cluster" or bool(needs.rows) or any(one.blocks for one in needs.cells.values())

    @property
    def kind(self) -> str:
        """How the sample was drawn: ``"simple"``, ``"strata"`` or ``"cluster"``."""
        responses = self.study.responses
        return "cluster" if responses.cluster else "strata" if responses.strata else "simple"

    @property
    def weighted(self) -> bool:
        """Whether rows can count with different weights."""
        return self.study.responses.weight is not None or self.fitting is not None


def plan_of(
    study: Study,
    needs: EvidenceNeeds,
    *,
    rows: int | None = None,
    fitting: Fitting | None = None,
    straight: bool = True,
    in_scale: bool = False,
) -> Plan:
    """Return the plan of a scan.

    Parameters
    ----------
    study : Study
        The study, with its filters and period.
    needs : EvidenceNeeds
        What to compute.
    rows : int, optional
        Rows of the response table, if they are known; else they are counted.
    fitting : Fitting, optional
        How weights are fitted to the margins, if that is known; else they are fitted if there are any margins.
    straight : bool
        Whether rows with the same answer throughout are counted.
    in_scale : bool
        Whether no answer is known to lie outside its scale.

    Returns
    -------
    Plan
        With weights fitted to the margins, if there are any: this adds up the whole table by joint cell.

    Raises
    ------
    MethodError
        If weights cannot be fitted to the declared margins.
    """
    plan = Plan(study, needs, False, fitting, straight, in_scale)
    if plan.kind != "cluster":
        if rows is None:
            rows = prepared.prepared(study, filtered=False).select(pl.len()).collect().item()
        plan = replace(plan, small=rows <= SMALL_TABLE)
    if study.weights.margins and fitting is None:
        wanted = prepared.prepared(study, filtered=False).filter(pl.col("weight") > 0)
        wanted = wanted.select("weight", *(f"segment.{name}" for name in study.weights.margins))
        plan = replace(plan, fitting=fit(study, lambda: batches(wanted)))
    return plan


def batches(frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Return the rows of a lazy frame in batches of fixed size, in the order of the table."""
    yield from sized(in_batches(frame, BATCH_ROWS))


def sized(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Cut frames anew into batches of fixed size, so that sums do not depend on how rows arrive.

    Parameters
    ----------
    frames : iterable of DataFrame
        Rows in order.

    Yields
    ------
    DataFrame
        The same rows, ``BATCH_ROWS`` at a time.
    """
    waiting: list[pl.DataFrame] = []
    for frame in frames:
        if not waiting and len(frame) == BATCH_ROWS:  # as most of them come
            yield frame
            continue
        waiting.append(frame)
        if sum(map(len, waiting)) < BATCH_ROWS:
            continue
        whole = pl.concat(waiting)
        full = len(whole) // BATCH_ROWS * BATCH_ROWS
        waiting = [whole[full:]]
        yield from whole[:full].iter_slices(BATCH_ROWS)
    if waiting and sum(map(len, waiting)):
        yield pl.concat(waiting, rechunk=True)


def grain_of(study: Study) -> periods.Grain:
    """Return the length of the periods in which a study is followed over time.

    Parameters
    ----------
    study : Study
        The study; the grain is that of its period if it has one (months for a range), else the declared one.

    Returns
    -------
    {"year", "quarter", "month"}
        The grain.
    """
    if not study.period:
        return study.responses.period
    if ".." in study.period:
        return "month"
    return "quarter" if "Q" in study.period else "month" if "-" in study.period else "year"


def period_name(grain: periods.Grain) -> pl.Expr:
    """Return the name of the period that ``date`` lies in."""
    date = pl.col("date")
    year = date.dt.year().cast(pl.String)
    if grain == "year":
        return year
    if grain == "quarter":
        return pl.format("{}-Q{}", year, date.dt.quarter())
    return date.dt.strftime("%Y-%m")


def table(plan: Plan, raw: pl.LazyFrame, offset: int = 0) -> pl.LazyFrame:
    """Return the columns that a scan reads, of rows with a usable weight.

    Parameters
    ----------
    plan : Plan
        What is needed.
    raw : LazyFrame
        Rows of the response table as they lie, all or some that follow each other.
    offset : int
        How many rows of the table come before these.

    Returns
    -------
    LazyFrame
        Canonical columns, whether a row is chosen by the filters and lies inside the period too, and, if the plan
        asks for it, the unit that makes a block.
    """
    own = [UNIT] if plan.blocked else []
    return everything(plan, raw, offset).select(*sorted(wanted(plan)), *own).with_columns(*chosen(plan.study))


def everything(plan: Plan, raw: pl.LazyFrame, offset: int = 0) -> pl.LazyFrame:
    """Return all canonical columns of rows with a usable weight, and their unit.

    Parameters
    ----------
    plan : Plan
        Filters, period and needs do not matter.
    raw : LazyFrame
        Rows of the response table as they lie.
    offset : int
        How many rows of the table come before these.

    Returns
    -------
    LazyFrame
        All that any scan reads.
    """
    frame = prepared.canonical(plan.study, raw, offset=offset, also=_unit(plan), in_scale=plan.in_scale)
    if plan.kind == "cluster":
        frame = frame.with_columns(pl.col("cluster").fill_null("").alias(UNIT))
    if plan.study.responses.weight is not None:
        frame = frame.filter(pl.col("weight") > 0)
    return frame


def chosen(study: Study) -> tuple[pl.Expr, pl.Expr]:
    """Return whether a row is chosen by the filters, and whether it lies inside the period, too."""
    span = periods.parse(study.period) if study.period else None
    inside = pl.col("date").is_between(span.start, span.end).fill_null(False) if span else pl.lit(True)
    kept = prepared.chosen(study)
    return kept.alias(CHOSEN), (kept & inside).alias(INSIDE)


def read(
    raw: Iterable[pl.LazyFrame],
    plan: Plan,
    offset: int = 0,
    of: Callable[[Plan, pl.LazyFrame, int], pl.LazyFrame] = table,
) -> Iterator[pl.DataFrame]:
    """Return the rows of a partition in batches of fixed size.

    Parameters
    ----------
    raw : iterable of LazyFrame
        Rows of the response table as they lie, in frames that follow each other.
    plan : Plan
        What is needed.
    offset : int
        How many rows of the table come before these.
    of : callable
        Which columns: :func:`table` or :func:`everything`.

    Yields
    ------
    DataFrame
        Rows as it gives them.
    """

    def frames() -> Iterator[pl.DataFrame]:
        before = offset
        for frame in raw:
            rows, wanted = frame.select(pl.len()).collect().item(), of(plan, frame, before)
            yield from batches(wanted) if rows > BATCH_ROWS else [wanted.collect()]
            before += rows

    yield from sized(frames())


def wanted(plan: Plan) -> set[str]:
    """Return the canonical columns that a scan reads."""
    needs = plan.needs
    asked = [name for cells in needs.cells.values() for name in (*cells.by, *cells.columns)]
    asked += [name for tally in needs.tallies.values() for name in (*tally.by, tally.column)]
    asked += [name for rows in needs.rows.values() for name in (*ROW_COLUMNS, *rows.columns)]
    found = sources_of(needs.derived, asked) - {"period", "month", "block"}
    found |= {"date", "weight", "stratum"} | {f"segment.{name}" for name in plan.study.filters}
    if plan.straight:
        found |= {name for name in plan.study.columns() if name.startswith("perception.")}
    return found | ({ROW} if plan.blocked else set()) | set(plan.fitting.keys if plan.fitting else ())


def _unit(plan: Plan) -> list[pl.Expr]:
    """Return what tells the block of a row where it is no cluster: its number, or its id as it lies in the table."""
    id_ = plan.study.responses.id
    return [] if plan.kind == "cluster" else [pl.col(ROW if plan.small or id_ is None else id_).alias(UNIT)]
