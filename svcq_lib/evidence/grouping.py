"""Numbers for the groups that rows fall into, the same whatever the size of the batches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

Codes = NDArray[np.intp]
_TABLE = (
    1 << 22
)  # most entries of a table of what was seen, beyond a few per row; then rows are sorted instead


class Levels:
    """Numbers the distinct values of one column in order of appearance, across batches.

    Parameters
    ----------
    with_missing : bool
        Whether a missing value has a number of its own; else it has −1.
    """

    def __init__(self, *, with_missing: bool = False) -> None:
        self.with_missing = with_missing
        self._codes: dict[object, int] = {}

    @property
    def values(self) -> list[object]:
        """The distinct values, in the order of their numbers."""
        return list(self._codes)

    def code(self, value: object) -> int:
        """Return the number of a value."""
        if value is None and not self.with_missing:
            return -1
        return self._codes.setdefault(value, len(self._codes))

    def codes(self, column: pl.Series) -> Codes:
        """Return each row's number.

        Parameters
        ----------
        column : Series
            Values.

        Returns
        -------
        ndarray of int
            Numbers from 0.
        """
        encoded = column.to_arrow().dictionary_encode()
        numbers = np.array([*map(self.code, encoded.dictionary.to_pylist()), -1], dtype=np.intp)
        if encoded.null_count:
            numbers[-1] = self.code(None)
            return numbers[encoded.indices.fill_null(len(numbers) - 1).to_numpy(zero_copy_only=False)]
        return numbers[encoded.indices.to_numpy(zero_copy_only=False)]


class Pairs:
    """Numbers the distinct pairs of two columns' numbers across batches."""

    def __init__(self) -> None:
        self.pairs = np.zeros((0, 2), dtype=np.intp)
        self._keys = np.zeros(0, dtype=np.int64)  # sorted, with the number of each
        self._numbers = np.zeros(0, dtype=np.intp)

    def __len__(self) -> int:
        """Return how many pairs there are so far."""
        return len(self.pairs)

    def codes(self, left: Codes, right: Codes) -> Codes:
        """Return each row's number; −1 where either is −1.

        Parameters
        ----------
        left, right : ndarray of int
            Numbers of the two columns, below 2³¹.

        Returns
        -------
        ndarray of int
            Numbers from 0.
        """
        if len(left) == 0:
            return np.zeros(0, dtype=np.intp)
        width = int(right.max()) + 2
        joined = np.where(left < 0, 0, (left + 1) * width + right + 1)
        joined[right < 0] = 0
        distinct, inverse = _distinct(joined, (int(left.max()) + 2) * width)
        pairs = np.column_stack([distinct // width - 1, distinct % width - 1])
        numbers = np.full(len(distinct), -1, dtype=np.intp)
        real = distinct > 0
        numbers[real] = self._numbered(pairs[real])
        return numbers[inverse]

    def _numbered(self, pairs: Codes) -> Codes:
        keys = (pairs[:, 0].astype(np.int64) << 32) | pairs[:, 1]
        new = ~np.isin(keys, self._keys, assume_unique=True)
        if new.any():
            known = np.concatenate([self._keys, keys[new]])
            numbers = np.concatenate([self._numbers, len(self.pairs) + np.arange(new.sum())])
            self.pairs = np.concatenate([self.pairs, pairs[new]])
            order = np.argsort(known)
            self._keys, self._numbers = known[order], numbers[order]
        return self._numbers[np.searchsorted(self._keys, keys)]


def _distinct(values: Codes, size: int) -> tuple[Codes, Codes]:
    """Return the distinct values below ``size`` in ascending order, and each row's position among them."""
    if size > 4 * len(values) + _TABLE:
        return np.unique(values, return_inverse=True)
    seen = np.zeros(size, dtype=bool)
    seen[values] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[values]


class Groups:
    """Numbers the distinct values of several columns together, across batches.

    Parameters
    ----------
    with_missing : bool
        Whether a missing value is a group of its own; else its rows belong to none.
    """

    def __init__(self, *, with_missing: bool = False) -> None:
        self.with_missing = with_missing
        self._levels: dict[str, Levels] = {}
        self._pairs: dict[str, Pairs] = {}

    def __len__(self) -> int:
        """Return how many groups there are so far."""
        last = list(self._levels)[-1]
        return len(self._pairs[last]) if last in self._pairs else len(self._levels[last].values)

    def codes(self, batch: pl.DataFrame, keys: list[str]) -> Codes:
        """Return each row's number; −1 where a key is missing.

        Parameters
        ----------
        batch : DataFrame
            Rows.
        keys : list of str
            Group columns, the same in every batch.

        Returns
        -------
        ndarray of int
            Numbers from 0.
        """
        found: Codes | None = None
        for key in keys:
            own = self._levels.setdefault(key, Levels(with_missing=self.with_missing)).codes(batch[key])
            found = own if found is None else self._pairs.setdefault(key, Pairs()).codes(found, own)
        return np.zeros(len(batch), dtype=np.intp) if found is None else found

    def frame(self, keys: list[str]) -> pd.DataFrame:
        """Return the distinct values, one row per number.

        Parameters
        ----------
        keys : list of str
            Group columns.

        Returns
        -------
        DataFrame
            Columns ``keys``.
        """
        numbers = np.arange(len(self))
        found = {}
        for key in reversed(keys):
            own = numbers
            if key in self._pairs:
                numbers, own = self._pairs[key].pairs[numbers].T
            found[key] = pd.Series([self._levels[key].values[i] for i in own], dtype=object)
        return pd.DataFrame({key: found[key] for key in keys})
