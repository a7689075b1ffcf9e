"""What a result says of all rows of a table, whoever is chosen: strata, blocks, calibration, last date."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from svcq_lib.evidence.blocks import N_BLOCKS, N_BLOCKS_PER_STRATUM, hash_blocks
from svcq_lib.evidence.grouping import Codes, Levels, Pairs
from svcq_lib.evidence.plan import UNIT, Plan
from svcq_lib.sources.prepared import ROW
from svcq_lib.sources.values import text


class Whole(NamedTuple):
    """What a result says of all rows of the table, whoever is chosen.

    Attributes
    ----------
    blocks : DataFrame
        Every block in the order of its number: ``stratum``, ``unit``, ``first`` (number of its first row); none where
        nothing is needed by block.
    strata : DataFrame
        Every stratum: ``stratum``, ``n`` (rows).
    sums : DataFrame
        Under margins: ``unit`` (a stratum, or a block where clusters are drawn), ``margin_cell``, ``sw``, ``sw2``.
    date_last : date or None
        Last date.
    """

    blocks: pl.DataFrame
    strata: pl.DataFrame
    sums: pl.DataFrame
    date_last: dt.date | None


class Facts:
    """Finds what a result says of all rows of the table, batch by batch."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.date_last: dt.date | None = None
        self._strata, self._units, self._pairs = Levels(), Levels(), Pairs()
        self._rows = np.zeros(0, dtype=np.int64)
        self._first = np.zeros(0, dtype=np.int64)
        self._whole: dict[tuple[int, int], list[float]] = {}

    def add(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Add a batch of rows and return it with calibrated weights, strata and blocks.

        Parameters
        ----------
        batch : DataFrame
            As :func:`svcq_lib.evidence.plan.table` gives it.

        Returns
        -------
        DataFrame
            The same rows with ``block`` if the rows have a unit that makes one and, under margins, ``margin_cell``.
        """
        plan = self.plan
        if plan.fitting is not None:
            cells = plan.fitting.cells(batch)
            weights = plan.fitting.weights(batch["weight"].to_numpy(), cells)
            batch = batch.with_columns(weight=pl.Series(weights), margin_cell=pl.Series(cells))
        self.date_last = latest(self.date_last, batch["date"].max())
        strata = self._strata_of(batch)
        if plan.kind == "simple":
            batch = batch.with_columns(stratum=pl.lit(""))
        self._rows = grown(self._rows, len(self._strata.values))
        self._rows += np.bincount(strata, minlength=len(self._rows))
        units = strata
        if UNIT in batch.columns:
            blocks = self._blocks(batch, strata)
            units = blocks if plan.kind == "cluster" else strata
            batch = batch.with_columns(block=pl.Series(blocks)).drop(UNIT)
        self._add_whole(batch, units)
        return batch

    def _strata_of(self, batch: pl.DataFrame) -> Codes:
        """Return the stratum of each row."""
        if self.plan.kind != "simple":
            return self._strata.codes(batch["stratum"].fill_null(""))
        return np.full(len(batch), self._strata.code(""), dtype=np.intp)

    def _blocks(self, batch: pl.DataFrame, strata: Codes) -> Codes:
        """Return the block of each row, and keep the first row of each block."""
        named = self.plan.kind == "cluster" or self.plan.small
        own = self._units.codes(batch[UNIT]) if named else self._hashed(batch)
        blocks = self._pairs.codes(strata, own)
        new = len(self._first)
        self._first = grown(self._first, len(self._pairs))
        rows = batch[ROW].to_numpy()
        first = np.zeros(len(self._first), dtype=np.int64)
        first[blocks[::-1]] = rows[::-1]  # of rows of one block the first is written last
        self._first[new:] = first[new:]
        return blocks

    def _hashed(self, batch: pl.DataFrame) -> NDArray[np.int64]:
        """Return the number of each row's block in its stratum, which depends on its id alone."""
        size, dtype = N_BLOCKS if self.plan.kind == "simple" else N_BLOCKS_PER_STRATUM, batch.schema[UNIT]
        ids = batch[UNIT] if dtype.is_integer() else batch.select(text(pl.col(UNIT), dtype)).to_series()
        return hash_blocks(ids, size)

    def _add_whole(self, batch: pl.DataFrame, units: Codes) -> None:
        """Add the weights of rows by sampling unit and joint cell, for errors under calibration."""
        if self.plan.fitting is None:
            return
        weights, size = batch["weight"].to_numpy(), len(self.plan.fitting.factors)
        joint = units * size + batch["margin_cell"].to_numpy()
        found, inverse = np.unique(joint, return_inverse=True)
        sums = [np.bincount(inverse, one) for one in (weights, weights**2)]
        for key, sw, sw2 in zip(found.tolist(), *sums, strict=True):
            total = self._whole.setdefault(divmod(key, size), [0.0, 0.0])
            total[0] += sw
            total[1] += sw2

    def found(self) -> Whole:
        """Return what was found in all rows."""
        return Whole(self._block_table(), self._stratum_table(), self._whole_table(), self.date_last)

    def _block_table(self) -> pl.DataFrame:
        left, right = self._pairs.pairs.T
        strata, units = self._strata.values, self._units.values
        names = [units[i] for i in right] if units else right.tolist()
        return pl.DataFrame(
            {
                "stratum": pl.Series([strata[i] for i in left], dtype=pl.String),
                "unit": pl.Series([str(one) for one in names], dtype=pl.String),
                "first": pl.Series(self._first, dtype=pl.Int64),
            }
        )

    def _stratum_table(self) -> pl.DataFrame:
        names = pl.Series(self._strata.values, dtype=pl.String)
        return pl.DataFrame({"stratum": names, "n": pl.Series(self._rows, dtype=pl.Int64)})

    def _whole_table(self) -> pl.DataFrame:
        units, cells = np.array(list(self._whole), dtype=np.int64).reshape(-1, 2).T
        sums = np.array(list(self._whole.values()), dtype=float).reshape(-1, 2)
        clusters, names = self.plan.kind == "cluster", self._strata.values
        unit = pl.Series(units) if clusters else pl.Series([names[i] for i in units], dtype=pl.String)
        return pl.DataFrame({"unit": unit, "margin_cell": cells, "sw": sums[:, 0], "sw2": sums[:, 1]})


def earliest(one: object, other: object) -> dt.date | None:
    """Return the earlier of two dates, either of which may be missing."""
    return min((day for day in (one, other) if isinstance(day, dt.date)), default=None)


def latest(one: object, other: object) -> dt.date | None:
    """Return the later of two dates, either of which may be missing."""
    return max((day for day in (one, other) if isinstance(day, dt.date)), default=None)


def grown(array: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return counts with zeros appended, up to a number of them."""
    return (
        np.concatenate([array, np.zeros(size - len(array), dtype=np.int64)]) if size > len(array) else array
    )
