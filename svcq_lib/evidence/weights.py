"""Weights fitted to the margins of the population, from one scan of the joint cells.

Raking multiplies every weight of a joint cell by the same factor, so the whole table is added up by joint cell once,
the factors are found from these sums, and each row is multiplied by the factor of its cell: memory does not grow
with the table. The table is that of the study without filters or period.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from svcq_lib.errors import MethodError
from svcq_lib.evidence.grouping import Groups
from svcq_lib.sources import margins
from svcq_lib.stats import raking
from svcq_lib.study import Study

Array = NDArray[np.float64]
Batches = Callable[[], Iterable[pl.DataFrame]]


@dataclass(frozen=True, eq=False)
class Weighting:
    """How weights were fitted to the population, over the whole table.

    Attributes
    ----------
    margins : DataFrame, one row per margin and level
        segment, level (None: not stated), population (share there; of the rows with a level), before and after
        (weighted share in the sample), n.
    error_before, error_after : float
        Largest distance of a level's share from the population.
    iterations : int
        Rounds of raking.
    n, n_eff_before, n_eff : int, float
        Rows, and Kish's effective number of them under the weights before and after.
    deff : float
        Design effect of the weights, n Σw²/(Σw)².
    trim : float or None
        Largest weight before the last raking as a multiple of the mean; None cuts nothing.
    trimmed : float
        Share of the rows whose weight was cut.
    largest : float
        Largest weight as a multiple of the mean.
    """

    margins: pd.DataFrame
    error_before: float
    error_after: float
    iterations: int
    n: int
    n_eff_before: float
    n_eff: float
    deff: float
    trim: float | None
    trimmed: float
    largest: float


@dataclass(frozen=True, eq=False)
class Fitting:
    """The factors of the joint cells, to be applied batch by batch.

    Attributes
    ----------
    values : DataFrame
        One row per joint cell: its level of each margin's segment (None: not stated).
    levels : ndarray of int, shape (margins, cells)
        Number of that level.
    first, last : ndarray, shape (cells,)
        Factors before and after weights are cut.
    cap : float
        Largest weight after the first; infinite if nothing is cut.
    weighting : Weighting
        What a report says of it.
    """

    values: pl.DataFrame
    levels: NDArray[np.intp]
    first: Array
    last: Array
    cap: float
    weighting: Weighting

    @property
    def keys(self) -> list[str]:
        """Columns of the margins."""
        return self.values.columns

    @property
    def factors(self) -> Array:
        """Calibrated weight over the weight that the margins were last fitted from, by joint cell."""
        return self.first if np.isinf(self.cap) else self.last

    @functools.cached_property
    def _groups(self) -> tuple[Groups, NDArray[np.intp]]:
        groups = Groups(with_missing=True)
        return groups, np.argsort(groups.codes(self.values, self.keys))

    def cells(self, batch: pl.DataFrame) -> NDArray[np.intp]:
        """Return the joint cell of each row."""
        groups, cells = self._groups
        return cells[groups.codes(batch, self.keys)]

    def weights(self, weights: Array, cells: NDArray[np.intp]) -> Array:
        """Return the calibrated weights of rows: raked, cut at the cap if there is one, and raked again."""
        return np.asarray(np.minimum(weights * self.first[cells], self.cap) * self.last[cells], dtype=float)

    def to_bytes(self) -> bytes:
        """Return the fitting as bytes (JSON)."""
        said = asdict(self.weighting) | {"margins": self.weighting.margins.to_dict("list")}
        arrays = {name: getattr(self, name).tolist() for name in ("levels", "first", "last")}
        whole = {"values": self.values.to_dict(as_series=False), "cap": self.cap, "weighting": said, **arrays}
        return json.dumps(whole).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Fitting:
        """Return the fitting that :meth:`to_bytes` wrote."""
        read = json.loads(data)
        said = read["weighting"]
        values = pl.DataFrame(read["values"], schema=dict.fromkeys(read["values"], pl.String))
        margins = pd.DataFrame(said["margins"])
        return cls(
            values,
            np.array(read["levels"], dtype=np.intp),
            np.array(read["first"], dtype=float),
            np.array(read["last"], dtype=float),
            float(read["cap"]),
            Weighting(**{**said, "margins": margins}),
        )


def fit(study: Study, batches: Batches) -> Fitting:
    """Fit weights to the margins of a study.

    Parameters
    ----------
    study : Study
        A study with margins.
    batches : callable
        Gives the rows of the whole table, with ``weight`` and ``segment.NAME``, as often as it is called.

    Returns
    -------
    Fitting
        Factors, and how they were found.

    Raises
    ------
    MethodError
        If the margins cannot be met.
    """
    found = _Fit(study, batches)
    values = pl.from_pandas(
        found.groups.frame(found.keys), schema_overrides=dict.fromkeys(found.keys, pl.String)
    )
    return Fitting(values, found.levels, found.first, found.last, found.cap, found.weighting)


class _Fit:
    """Fits the factors of the joint cells: each pass adds up the whole table."""

    def __init__(self, study: Study, batches: Batches) -> None:
        self.names = list(study.weights.margins)
        self.keys = [f"segment.{name}" for name in self.names]
        self.groups = Groups(with_missing=True)
        self.cap = np.inf
        n, before, squares, _ = self._sums(batches, lambda weights, _: weights)
        self.targets, self.levels, table = self._targets(study, n, before)
        found = self._rake(before)
        self.first, self.last = found.factors, np.ones_like(found.factors)
        trimmed = 0
        if study.weights.trim is not None:
            self.cap = study.weights.trim * before.sum() / n.sum()
            trimmed = self._sums(batches, lambda weights, cells: weights * self.first[cells] > self.cap)[
                1
            ].sum()
            cut = self._sums(batches, self.weights)[1]
            self.last = self._rake(cut).factors
        _, after, squares_after, largest = self._sums(batches, self.weights)
        error = raking.margin_error(after, self.levels, self.targets)
        n_eff, deff = raking.kish(n.sum(), after.sum(), squares_after.sum())
        self.weighting = Weighting(
            margins=self._shares(table, n, before, after),
            error_before=found.error_before,
            error_after=error,
            iterations=found.iterations,
            n=int(n.sum()),
            n_eff_before=float(raking.kish(n.sum(), before.sum(), squares.sum())[0]),
            n_eff=float(n_eff),
            deff=float(deff),
            trim=study.weights.trim,
            trimmed=float(trimmed / n.sum()),
            largest=float(largest * n.sum() / after.sum()),
        )

    def cells(self, batch: pl.DataFrame) -> NDArray[np.intp]:
        """Return the joint cell of each row."""
        return self.groups.codes(batch, self.keys)

    def weights(self, weights: Array, cells: NDArray[np.intp]) -> Array:
        """Return the calibrated weights of rows: raked, cut at the cap if there is one, and raked again."""
        return np.asarray(np.minimum(weights * self.first[cells], self.cap) * self.last[cells], dtype=float)

    def _sums(
        self, batches: Batches, weigh: Callable[[Array, NDArray[np.intp]], NDArray[np.generic]]
    ) -> tuple[Array, Array, Array, float]:
        """Return n, Σw and Σw² by joint cell and the largest w, of weights made from those of the rows."""
        sums, largest = np.zeros((3, 0)), 0.0
        for batch in batches():
            cells = self.cells(batch)
            w = np.asarray(weigh(batch["weight"].to_numpy(), cells), dtype=float)
            parts = np.array([np.bincount(cells, one, minlength=len(self.groups)) for one in (w**0, w, w**2)])
            parts[:, : sums.shape[1]] += sums
            sums, largest = parts, max(largest, float(w.max(initial=0.0)))
        return sums[0], sums[1], sums[2], largest

    def _targets(
        self, study: Study, n: Array, weights: Array
    ) -> tuple[list[Array], NDArray[np.intp], pd.DataFrame]:
        """Return target shares, codes of the joint cells, and one row per margin and level."""
        cells, targets, codes, rows = self.groups.frame(self.keys), [], [], []
        for name, key in zip(self.names, self.keys, strict=True):
            sizes = {one: size for one, size in margins.population(study, name).items() if size > 0}
            whole = sum(sizes.values())
            missing = cells[key].isna().to_numpy()
            # rows without a level keep the share that their weights gave them before
            kept = weights[missing].sum() / weights.sum()
            levels: list[str | None] = [*sizes, *([None] if missing.any() else [])]
            position = {one: i for i, one in enumerate(levels)}
            codes.append([position[None if pd.isna(one) else one] for one in cells[key]])
            targets.append(
                np.array([sizes[one] / whole * (1 - kept) if one is not None else kept for one in levels])
            )
            rows += [(name, one, sizes[one] / whole if one is not None else np.nan) for one in levels]
        return targets, np.array(codes), pd.DataFrame(rows, columns=["segment", "level", "population"])

    def _rake(self, weights: Array) -> raking.Raked:
        try:
            return raking.rake(weights, self.levels, self.targets)
        except MethodError as error:
            raise MethodError(f"weights.margins ({', '.join(self.names)}): {error}") from error

    def _shares(self, table: pd.DataFrame, n: Array, before: Array, after: Array) -> pd.DataFrame:
        found = {"before": before / before.sum(), "after": after / after.sum(), "n": n}
        for column, values in found.items():
            parts = [
                np.bincount(codes, values, minlength=len(target))
                for codes, target in zip(self.levels, self.targets, strict=True)
            ]
            table[column] = np.concatenate(parts)
        return table
