"""Additive sums of rows: the one thing that a scan returns and that every formula starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

VECTOR_SUMS = ("n", "sw", "sw2", "sw4", "swx", "swx2", "sw2x", "sw2x2")
Array = NDArray[np.float64]
CROSS_SUMS = ("n", "sw", "swx", "swxx", "swxy")


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums per cell.

    With w the weight, x the answer and only rows where x is answered, a vector request holds per column
    n, Σw, Σw², Σw⁴, Σwx, Σwx², Σw²x and Σw²x². A cross request holds per pair (i, j), over rows where both are
    answered, n, Σw, Σwx_i, Σwx_i² and Σwx_ix_j.

    Attributes
    ----------
    columns : tuple of str
        Column names, length p.
    keys : DataFrame
        One row per cell: the values of the group columns (and ``block``).
    sums : Mapping of str to ndarray
        Shape (cells, p), or (cells, p, p) for pairs.
    """

    columns: tuple[str, ...]
    keys: pd.DataFrame
    sums: Mapping[str, NDArray[np.float64]]

    @property
    def cross(self) -> bool:
        """Whether these are sums of pairs."""
        return "swxy" in self.sums

    def __add__(self, other: Moments) -> Moments:
        """Return the moments of two disjoint sets of rows taken together."""
        keys = pd.concat([self.keys, other.keys], ignore_index=True)
        sums = {name: np.concatenate([self.sums[name], other.sums[name]]) for name in self.sums}
        return Moments(self.columns, keys, sums).total(tuple(self.keys.columns))

    def total(self, by: Sequence[str] = ()) -> Moments:
        """Return the cells added up over every key that is not in ``by``.

        Parameters
        ----------
        by : sequence of str
            Keys to keep; with none the result has one cell.

        Returns
        -------
        Moments
            Cells in the order of first appearance.
        """
        if not by:
            codes, kept = np.zeros(len(self.keys), dtype=int), pd.DataFrame(index=[0])
        else:
            codes = self.keys.groupby(list(by), sort=False).ngroup().to_numpy()
            kept = self.keys[list(by)].drop_duplicates(ignore_index=True)
        sums = {}
        for name, array in self.sums.items():
            out = np.zeros((len(kept), *array.shape[1:]))
            np.add.at(out, codes, array)
            sums[name] = out
        return Moments(self.columns, kept, sums)

    def where(self, **values: object) -> Moments:
        """Return the cells whose keys have these values."""
        mask = np.ones(len(self.keys), dtype=bool)
        for key, value in values.items():
            mask &= (self.keys[key] == value).to_numpy()
        return Moments(
            self.columns, self.keys[mask].reset_index(drop=True), {k: v[mask] for k, v in self.sums.items()}
        )

    def complements(self, key: str) -> Moments:
        """Return, under each value of a key, the cells of all its other values added up."""
        rest = [name for name in self.keys.columns if name != key]
        parts = []
        for level in self.keys[key].drop_duplicates():
            mask = (self.keys[key] != level).to_numpy()
            if mask.any():
                kept = self.keys[mask].reset_index(drop=True)
                others = Moments(self.columns, kept, {name: array[mask] for name, array in self.sums.items()})
                added = others.total(rest)
                parts.append((added.keys.assign(**{key: level}), added.sums))
        if not parts:
            return Moments(
                self.columns, self.keys.iloc[:0], {name: array[:0] for name, array in self.sums.items()}
            )
        keys = pd.concat([one for one, _ in parts], ignore_index=True)[list(self.keys.columns)]
        return Moments(
            self.columns,
            keys,
            {name: np.concatenate([sums[name] for _, sums in parts]) for name in self.sums},
        )

    def column(self, name: str) -> int:
        """Return the position of a column."""
        return self.columns.index(name)


class Accumulator:
    """Adds up batches into cells whose number is not known beforehand.

    Parameters
    ----------
    shapes : Mapping of str to tuple of int
        Names of the sums, and the shape of each in one cell.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        self.shapes, self.size = shapes, 0
        self._arrays = {name: np.zeros((16, *shape)) for name, shape in shapes.items()}

    def add(self, codes: NDArray[np.intp], parts: Mapping[str, NDArray[np.float64]]) -> None:
        """Add one batch's sums to the cells with these codes.

        Parameters
        ----------
        codes : ndarray of int
            Cells in ascending order, each at most once.
        parts : Mapping of str to ndarray
            Sums, shape (len(codes), *shape).
        """
        if len(codes) == 0:
            return
        first, last = int(codes[0]), int(codes[-1])
        self.size = max(self.size, last + 1)
        # neighbouring cells are added in place: no copy of them is made
        cells = slice(first, last + 1) if last - first == len(codes) - 1 else codes
        for name, shape in self.shapes.items():
            array = self._arrays[name]
            if self.size > len(array):
                grown = np.zeros((max(self.size, 2 * len(array)), *shape))
                grown[: len(array)] = array
                self._arrays[name] = array = grown
            array[cells] += parts[name]

    def empty(self) -> dict[str, NDArray[np.float64]]:
        """Return the sums of one cell without rows."""
        return {name: np.zeros((1, *shape)) for name, shape in self.shapes.items()}

    def result(self) -> dict[str, NDArray[np.float64]]:
        """Return the sums, shape (cells, *shape); nothing may be added after that."""
        return {name: array[: self.size] for name, array in self._arrays.items()}
