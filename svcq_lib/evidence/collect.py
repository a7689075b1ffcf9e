"""Meeting the needs of analyses in one scan of the response table."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from svcq_lib import periods
from svcq_lib.errors import DataError, Note
from svcq_lib.evidence import kernel
from svcq_lib.evidence.blocks import N_BLOCKS, N_BLOCKS_PER_STRATUM, SMALL_TABLE, hash_blocks
from svcq_lib.evidence.moments import CROSS_SUMS, VECTOR_SUMS, Accumulator, Moments
from svcq_lib.evidence.needs import Cells, EvidenceNeeds, Rows
from svcq_lib.sources import contracts, prepared
from svcq_lib.study import Study

BATCH_ROWS = 65_536
ROW_COLUMNS = ("row_id", "date", "period", "weight", "stratum", "cluster", "block")


@dataclass(frozen=True)
class Base:
    """The rows that a result stands on.

    Attributes
    ----------
    n : int
        Rows in the study's period and filters, with a usable weight.
    n_eff : float
        Kish's effective sample size (Σw)² / Σw².
    date_min, date_max : date or None
        First and last date among them.
    """

    n: int
    n_eff: float
    date_min: dt.date | None
    date_max: dt.date | None


@dataclass(frozen=True)
class Design:
    """How the sample was drawn.

    Attributes
    ----------
    kind : str
        ``"simple"``, ``"strata"`` (rows drawn within strata) or ``"cluster"`` (clusters drawn, in strata if any).
    units : DataFrame
        One row per stratum: ``stratum``, ``n`` (rows or clusters drawn, inside the study's filters and period or
        not, since the sample was drawn before anyone was left out) and ``fraction`` (of the population; 0 if no
        population size is declared).
    block_strata : ndarray of int
        Stratum of each block.
    """

    kind: str
    units: pd.DataFrame
    block_strata: NDArray[np.intp]


@dataclass(frozen=True)
class Evidence:
    """What one scan found: moments, tallies and rows under the names they were asked for.

    A frame of rows has ``row_id``, ``date``, ``period``, ``weight``, ``stratum``, ``cluster``, ``block`` (bootstrap
    block, as in the moments) and the columns asked for, in the order of the table; no answer is NaN or None.
    """

    moments: Mapping[str, Moments]
    tallies: Mapping[str, pd.DataFrame]
    base: Base
    design: Design
    notes: tuple[Note, ...] = ()
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def collect(study: Study, needs: EvidenceNeeds) -> Evidence:
    """Scan the response table once and return all that is needed.

    Parameters
    ----------
    study : Study
        The study, with its filters and period.
    needs : EvidenceNeeds
        What to compute.

    Returns
    -------
    Evidence
        Moments and tallies by name, the base, the design, and the warnings of the data contract as notes.

    Raises
    ------
    DataError
        If the data break the contract, or no row is left.
    """
    report = contracts.check(study)
    report.raise_for_errors()
    scan = _Scan(study, needs)
    for batch in _batches(scan.frame()):
        scan.add(batch)
    if scan.n == 0:
        raise DataError(
            f"no answers are left in {study.responses.table!r} for {_chosen(study)}. Widen the choice."
        )
    prints = {study.responses.table: report.fingerprint(study.responses.table)}
    return scan.evidence(report.notes(), prints)


def _chosen(study: Study) -> str:
    parts = [f"{name}={level}" for name, level in study.filters.items()]
    return ", ".join([*parts, *([f"period {study.period}"] if study.period else [])]) or "the whole table"


def _batches(frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    # collect_batches is marked unstable in polars: it is used here and nowhere else.
    yield from frame.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True)


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


def _period_name(grain: periods.Grain) -> pl.Expr:
    date = pl.col("date")
    year = date.dt.year().cast(pl.String)
    if grain == "year":
        return year
    if grain == "quarter":
        return pl.format("{}-Q{}", year, date.dt.quarter())
    return date.dt.strftime("%Y-%m")


class _Scan:
    """Sums of one pass over the rows."""

    def __init__(self, study: Study, needs: EvidenceNeeds) -> None:
        self.study, self.needs = study, needs
        self.n, self.sw, self.sw2, self.rows = 0, 0.0, 0.0, 0
        self.dates: list[dt.date] = []
        self.groups = {name: _Groups() for name in needs.cells}
        self.sums = {name: self._accumulator(cells) for name, cells in needs.cells.items()}
        self.tallies: dict[str, list[pl.DataFrame]] = {name: [] for name in needs.tallies}
        self.kept: dict[str, list[pl.DataFrame]] = {name: [] for name in needs.rows}
        responses = study.responses
        self.kind = "cluster" if responses.cluster else "strata" if responses.strata else "simple"
        self.blocks = _Groups()
        self.stratum_rows: Counter[str] = Counter()
        self.small = False

    @staticmethod
    def _accumulator(cells: Cells) -> Accumulator:
        p = len(cells.columns)
        return Accumulator(CROSS_SUMS, (p, p)) if cells.cross else Accumulator(VECTOR_SUMS, (p,))

    def frame(self) -> pl.LazyFrame:
        """Return the lazy frame with every column that is asked for."""
        frame = prepared.prepared(self.study, filtered=False)
        blocked = self.needs.rows or any(cells.blocks for cells in self.needs.cells.values())
        if blocked and self.kind != "cluster":
            self.small = frame.select(pl.len()).collect().item() <= SMALL_TABLE
        frame = frame.filter(pl.col("weight") > 0).with_columns(period=_period_name(grain_of(self.study)))
        for name, derived in self.needs.derived.items():
            frame = frame.with_columns(derived.expression().alias(name))
        span = periods.parse(self.study.period) if self.study.period else None
        inside = pl.col("date").is_between(span.start, span.end).fill_null(False) if span else pl.lit(True)
        chosen = prepared.chosen(self.study)
        wanted = {"row_id", "date", "period", "weight", "stratum", "cluster"}
        for request in self.needs.cells.values():
            wanted |= {*request.by, *request.columns}
        for tally in self.needs.tallies.values():
            wanted |= {*tally.by, tally.column}
        for kept in self.needs.rows.values():
            wanted |= set(kept.columns)
        return frame.select(*sorted(wanted), chosen.alias("_chosen"), (chosen & inside).alias("_inside"))

    def add(self, batch: pl.DataFrame) -> None:
        """Add one batch of rows."""
        weights = batch["weight"].to_numpy()
        inside = batch["_inside"].to_numpy()
        self.n += int(inside.sum())
        self.sw += float(weights[inside].sum())
        self.sw2 += float((weights[inside] ** 2).sum())
        span = batch.filter(pl.col("_inside"))["date"]
        self.dates += [day for day in (span.min(), span.max()) if isinstance(day, dt.date)]
        batch = batch.with_columns(self._blocks(batch))
        self.rows += len(batch)
        for name, cells in self.needs.cells.items():
            self._add_cells(name, cells, batch.filter("_chosen" if cells.all_periods else "_inside"))
        for name, tally in self.needs.tallies.items():
            keys = [*tally.by, tally.column]
            counted = batch.filter(pl.col("_inside")).drop_nulls(keys).group_by(keys, maintain_order=True)
            self.tallies[name].append(counted.agg(n=pl.len().cast(pl.Float64), sw=pl.col("weight").sum()))
        for name, kept in self.needs.rows.items():
            self._keep(name, kept, batch.filter("_chosen" if kept.all_periods else "_inside"))

    def _keep(self, name: str, kept: Rows, batch: pl.DataFrame) -> None:
        self.kept[name].append(batch.select(*dict.fromkeys([*ROW_COLUMNS, *kept.columns])))
        found = sum(len(part) for part in self.kept[name])
        if found > kept.limit:
            raise DataError(
                f"{name} needs rows in memory and {self.study.responses.table!r} has more than {kept.limit:,} for "
                f"{_chosen(self.study)}. Restrict the report to a period or a unit."
            )

    def _blocks(self, batch: pl.DataFrame) -> list[pl.Series]:
        stratum = (
            batch["stratum"].fill_null("") if self.kind != "simple" else pl.repeat("", len(batch), eager=True)
        )
        if self.kind == "cluster":
            unit = batch["cluster"].fill_null("")
        elif self.small:
            unit = pl.Series(np.arange(self.rows, self.rows + len(batch))).cast(pl.String)
        else:
            size = N_BLOCKS if self.kind == "simple" else N_BLOCKS_PER_STRATUM
            unit = pl.Series(hash_blocks(batch["row_id"].to_list(), size)).cast(pl.String)
        block = pl.DataFrame({"stratum": stratum, "unit": unit})
        codes = self.blocks.codes(block, ["stratum", "unit"])
        self.stratum_rows.update(dict(stratum.value_counts().iter_rows()))
        return [pl.Series("block", codes), pl.Series("stratum", stratum)]

    def _keys(self, cells: Cells) -> list[str]:
        keys = list(cells.by)
        if cells.blocks or (self.kind == "cluster" and not cells.cross):
            keys.append("block")
        elif self.kind == "strata" and not cells.cross:
            keys.append("stratum")
        return keys

    def _add_cells(self, name: str, cells: Cells, batch: pl.DataFrame) -> None:
        if batch.is_empty():
            return
        order, starts, found = kernel.sort_cells(self.groups[name].codes(batch, self._keys(cells)))
        if len(found) == 0:
            return
        weights = batch["weight"].to_numpy()
        values = batch.select(pl.col(cells.columns).cast(pl.Float64)).to_numpy()[order]
        sums = kernel.cross_sums if cells.cross else kernel.vector_sums
        self.sums[name].add(found, sums(values, weights[order], starts))

    def evidence(self, notes: tuple[Note, ...], fingerprints: Mapping[str, str]) -> Evidence:
        """Return everything that was added up."""
        moments = {}
        for name, cells in self.needs.cells.items():
            sums = self.sums[name].result()
            keys = self.groups[name].frame(self._keys(cells)).head(self.sums[name].size)
            moments[name] = _sorted(Moments(cells.columns, keys, sums), cells.by)
        tallies = {name: _added(parts, self.needs.tallies[name].by) for name, parts in self.tallies.items()}
        dates = (min(self.dates), max(self.dates)) if self.dates else (None, None)
        base = Base(self.n, self.sw**2 / self.sw2 if self.sw2 else float("nan"), *dates)
        rows = {name: pl.concat(parts).to_pandas() for name, parts in self.kept.items()}
        return Evidence(moments, tallies, base, self._design(), notes, fingerprints, rows)

    def _design(self) -> Design:
        blocks = self.blocks.frame(["stratum", "unit"])
        strata = blocks["stratum"].drop_duplicates().to_list()
        codes = blocks["stratum"].map({name: i for i, name in enumerate(strata)}).to_numpy(dtype=np.intp)
        clusters = np.bincount(codes, minlength=len(strata)).tolist()
        counts = clusters if self.kind == "cluster" else [self.stratum_rows[name] for name in strata]
        sizes = self.study.responses.fpc
        fraction = [n / sizes[name] if name in sizes else 0.0 for name, n in zip(strata, counts, strict=True)]
        units = pd.DataFrame({"stratum": strata, "n": counts, "fraction": fraction})
        return Design(self.kind, units, codes)


class _Groups:
    """Numbers the distinct values of group columns in order of appearance, across batches."""

    def __init__(self) -> None:
        self._codes: dict[tuple[object, ...], int] = {}

    def codes(self, batch: pl.DataFrame, keys: list[str]) -> NDArray[np.intp]:
        """Return each row's number; −1 where a key is missing."""
        if not keys:
            self._codes.setdefault((), 0)
            return np.zeros(len(batch), dtype=np.intp)
        table = batch.select(keys).unique(maintain_order=True)
        numbers = [
            -1 if None in values else self._codes.setdefault(values, len(self._codes))
            for values in table.iter_rows()
        ]
        table = table.with_columns(pl.Series("_code", numbers, dtype=pl.Int64))
        joined = batch.select(keys).join(table, on=keys, how="left", nulls_equal=True, maintain_order="left")
        return joined["_code"].to_numpy().astype(np.intp)

    def frame(self, keys: list[str]) -> pd.DataFrame:
        """Return the distinct values, one row per number."""
        return (
            pd.DataFrame(list(self._codes), columns=keys)
            if keys
            else pd.DataFrame(index=range(len(self._codes)))
        )


def _sorted(moments: Moments, by: tuple[str, ...]) -> Moments:
    """Return the cells in the order of their keys, so that a result does not depend on the order of rows."""
    keys = [*by, *[key for key in ("stratum", "block") if key in moments.keys.columns]]
    if not keys:
        return moments
    order = moments.keys.sort_values(keys, kind="stable").index.to_numpy()
    sums = {name: array[order] for name, array in moments.sums.items()}
    return Moments(moments.columns, moments.keys.loc[order].reset_index(drop=True), sums)


def _added(parts: list[pl.DataFrame], by: tuple[str, ...]) -> pd.DataFrame:
    together = pl.concat(parts)
    keys = [name for name in together.columns if name not in ("n", "sw")]
    return (
        together.group_by(keys)
        .agg(pl.col("n", "sw").sum())
        .sort([*by, *[k for k in keys if k not in by]])
        .to_pandas()
    )
