"""One pass over the response table: sums, tallies and rows, batch by batch."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import polars as pl

from svcq_lib import periods
from svcq_lib.errors import DataError, Note
from svcq_lib.evidence import kernel
from svcq_lib.evidence.blocks import N_BLOCKS, N_BLOCKS_PER_STRATUM, SMALL_TABLE, hash_blocks
from svcq_lib.evidence.found import Base, Design, Evidence
from svcq_lib.evidence.grouping import Groups
from svcq_lib.evidence.moments import CROSS_SUMS, VECTOR_SUMS, Accumulator, Moments
from svcq_lib.evidence.needs import Cells, EvidenceNeeds, Rows
from svcq_lib.evidence.weights import Fitting
from svcq_lib.sources import prepared
from svcq_lib.sources.rules import straight_lined
from svcq_lib.stats.stratified import Calibration
from svcq_lib.study import Study

BATCH_ROWS = 65_536
ROW_COLUMNS = ("row_id", "date", "period", "weight", "stratum", "cluster", "block")


def named(study: Study) -> str:
    """Return what a study's rows are restricted to, for messages."""
    parts = [f"{name}={level}" for name, level in study.filters.items()]
    return ", ".join([*parts, *([f"period {study.period}"] if study.period else [])]) or "the whole table"


def batches(frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Return the rows of a lazy frame in batches, in the order of the table."""
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


class Scan:
    """Sums of one pass over the rows."""

    def __init__(self, study: Study, needs: EvidenceNeeds) -> None:
        self.study, self.needs = study, needs
        self.n, self.sw, self.sw2, self.rows = 0, 0.0, 0.0, 0
        self.dates: list[dt.date] = []
        self.last: list[dt.date] = []
        self.groups = {name: Groups() for name in needs.cells}
        self.sums = {name: self._accumulator(cells) for name, cells in needs.cells.items()}
        self.tallies: dict[str, list[pl.DataFrame]] = {name: [] for name in needs.tallies}
        self.kept: dict[str, list[pl.DataFrame]] = {name: [] for name in needs.rows}
        responses = study.responses
        self.kind = "cluster" if responses.cluster else "strata" if responses.strata else "simple"
        self.blocks = Groups()
        self.stratum_rows: Counter[str] = Counter()
        self.small = False
        self.fitting: Fitting | None = None
        self.whole = pl.DataFrame()
        self.straight = 0

    @staticmethod
    def _accumulator(cells: Cells) -> Accumulator:
        p = len(cells.columns)
        return Accumulator(CROSS_SUMS, (p, p)) if cells.cross else Accumulator(VECTOR_SUMS, (p,))

    def fit(self) -> None:
        """Fit the weights to the margins of the population, if the study has any."""
        if not self.study.weights.margins:
            return
        frame = prepared.prepared(self.study, filtered=False).filter(pl.col("weight") > 0)
        wanted = frame.select("weight", *(f"segment.{name}" for name in self.study.weights.margins))
        self.fitting = Fitting(self.study, lambda: batches(wanted))

    def frame(self) -> pl.LazyFrame:
        """Return the lazy frame with every column that is asked for."""
        frame = prepared.prepared(self.study, filtered=False)
        blocked = self.needs.rows or any(cells.blocks for cells in self.needs.cells.values())
        if blocked and self.kind != "cluster":
            self.small = frame.select(pl.len()).collect().item() <= SMALL_TABLE
        named = {"period": _period_name(grain_of(self.study)), "month": _period_name("month")}
        frame = frame.filter(pl.col("weight") > 0).with_columns(**named)
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
        wanted |= set(self.fitting.keys) if self.fitting else set()
        straight = straight_lined([key for key in self.study.columns() if key.startswith("perception.")])
        return frame.select(
            *sorted(wanted),
            chosen.alias("_chosen"),
            (chosen & inside).alias("_inside"),
            straight.alias("_straight"),
        )

    def add(self, batch: pl.DataFrame) -> None:
        """Add one batch of rows."""
        batch = self._weighed(batch)
        weights = batch["weight"].to_numpy()
        inside = batch["_inside"].to_numpy()
        self.n += int(inside.sum())
        self.sw += float(weights[inside].sum())
        self.sw2 += float((weights[inside] ** 2).sum())
        span = batch.filter(pl.col("_inside"))["date"]
        self.dates += [day for day in (span.min(), span.max()) if isinstance(day, dt.date)]
        self.last += [day for day in [batch["date"].max()] if isinstance(day, dt.date)]
        self.straight += int((batch["_straight"] & batch["_inside"]).sum())
        batch = batch.with_columns(self._blocks(batch))
        self.rows += len(batch)
        self._add_whole(batch)
        for name, cells in self.needs.cells.items():
            self._add_cells(name, cells, batch.filter("_chosen" if cells.all_periods else "_inside"))
        for name, tally in self.needs.tallies.items():
            keys = [*tally.by, tally.column]
            counted = batch.filter(pl.col("_inside")).drop_nulls(keys).group_by(keys, maintain_order=True)
            self.tallies[name].append(counted.agg(n=pl.len().cast(pl.Float64), sw=pl.col("weight").sum()))
        for name, kept in self.needs.rows.items():
            self._keep(name, kept, batch.filter("_chosen" if kept.all_periods else "_inside"))

    def _weighed(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with calibrated weights and their joint cell of the margins."""
        if self.fitting is None:
            return batch
        cells = self.fitting.cells(batch)
        weights = self.fitting.weights(batch["weight"].to_numpy(), cells)
        return batch.with_columns(weight=pl.Series(weights), margin_cell=pl.Series(cells))

    def _add_whole(self, batch: pl.DataFrame) -> None:
        """Add the weights of all rows by sampling unit and joint cell, for errors under calibration."""
        if self.fitting is None:
            return
        unit = "block" if self.kind == "cluster" else "stratum"
        weight = pl.col("weight")
        parts = batch.group_by(unit, "margin_cell", maintain_order=True).agg(
            sw=weight.sum(), sw2=(weight**2).sum()
        )
        added = pl.concat([self.whole, parts]) if len(self.whole) else parts
        self.whole = added.group_by(unit, "margin_cell", maintain_order=True).agg(pl.col("sw", "sw2").sum())

    def _keep(self, name: str, kept: Rows, batch: pl.DataFrame) -> None:
        self.kept[name].append(batch.select(*dict.fromkeys([*ROW_COLUMNS, *kept.columns])))
        found = sum(len(part) for part in self.kept[name])
        if found > kept.limit:
            raise DataError(
                f"{name} needs rows in memory and {self.study.responses.table!r} has more than {kept.limit:,} for "
                f"{named(self.study)}. Restrict the report to a period or a unit."
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
        # the bootstrap keeps the weights as they are, and rows that count once were fitted to nothing
        if self.fitting is not None and cells.weighted and not (cells.blocks or cells.cross):
            keys.append("margin_cell")
        return keys

    def _add_cells(self, name: str, cells: Cells, batch: pl.DataFrame) -> None:
        if batch.is_empty():
            return
        order, starts, found = kernel.sort_cells(self.groups[name].codes(batch, self._keys(cells)))
        if len(found) == 0:
            return
        weights = batch["weight"].to_numpy() if cells.weighted else np.ones(len(batch))
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
        n_eff = self.sw**2 / self.sw2 if self.sw2 else float("nan")
        base = Base(self.n, n_eff, dates[0], dates[1], max(self.last, default=None))
        rows = {name: pl.concat(parts).to_pandas() for name, parts in self.kept.items()}
        weighting = self.fitting.weighting if self.fitting else None
        return Evidence(
            moments, tallies, base, self._design(), self._own(notes), fingerprints, rows, weighting
        )

    def _own(self, notes: tuple[Note, ...]) -> tuple[Note, ...]:
        """Return the warnings of the data, with the straight-liners of the study's rows instead of all rows."""
        counted = {"rows": self.straight, "total": self.n}
        own = [
            Note(one.code, {**one.facts, **counted}) if one.code == "data_straight_line" else one
            for one in notes
        ]
        return tuple(one for one in own if one.code != "data_straight_line" or self.straight)

    def _design(self) -> Design:
        blocks = self.blocks.frame(["stratum", "unit"])
        strata = blocks["stratum"].drop_duplicates().to_list()
        codes = blocks["stratum"].map({name: i for i, name in enumerate(strata)}).to_numpy(dtype=np.intp)
        clusters = np.bincount(codes, minlength=len(strata)).tolist()
        counts = clusters if self.kind == "cluster" else [self.stratum_rows[name] for name in strata]
        sizes = self.study.responses.fpc
        fraction = [n / sizes[name] if name in sizes else 0.0 for name, n in zip(strata, counts, strict=True)]
        units = pd.DataFrame({"stratum": strata, "n": counts, "fraction": fraction})
        return Design(self.kind, units, codes, self._calibration(strata, len(codes)))

    def _calibration(self, strata: list[str], blocks: int) -> Calibration | None:
        if self.fitting is None:
            return None
        clusters, cells = self.kind == "cluster", self.whole["margin_cell"].to_numpy()
        position = {name: i for i, name in enumerate(strata)}
        unit = (
            self.whole["block"].to_numpy()
            if clusters
            else np.array([position[name] for name in self.whole["stratum"]])
        )
        sums = np.zeros((2, blocks if clusters else len(strata), len(self.fitting.factors)))
        for total, name in zip(sums, ("sw", "sw2"), strict=True):
            total[unit, cells] = self.whole[name].to_numpy()
        return Calibration(self.fitting.levels, self.fitting.factors, sums[0], sums[1])


def _sorted(moments: Moments, by: tuple[str, ...]) -> Moments:
    """Return the cells in the order of their keys, so that a result does not depend on the order of rows."""
    keys = [*by, *[key for key in ("stratum", "block", "margin_cell") if key in moments.keys.columns]]
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
