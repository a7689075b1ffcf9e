"""Numbers for the groups that rows fall into, the same whatever the size of the batches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray


class Groups:
    """Numbers the distinct values of group columns in order of appearance, across batches.

    Parameters
    ----------
    with_missing : bool
        Whether a missing value is a group of its own; else its rows belong to none.
    """

    def __init__(self, *, with_missing: bool = False) -> None:
        self.with_missing = with_missing
        self._codes: dict[tuple[object, ...], int] = {}

    def __len__(self) -> int:
        """Return how many groups there are so far."""
        return len(self._codes)

    def codes(self, batch: pl.DataFrame, keys: list[str]) -> NDArray[np.intp]:
        """Return each row's number; −1 where a key is missing.

        Parameters
        ----------
        batch : DataFrame
            Rows.
        keys : list of str
            Group columns.

        Returns
        -------
        ndarray of int
            Numbers from 0.
        """
        if not keys:
            self._codes.setdefault((), 0)
            return np.zeros(len(batch), dtype=np.intp)
        table = batch.select(keys).unique(maintain_order=True)
        numbers = [
            -1
            if None in values and not self.with_missing
            else self._codes.setdefault(values, len(self._codes))
            for values in table.iter_rows()
        ]
        table = table.with_columns(pl.Series("_code", numbers, dtype=pl.Int64))
        joined = batch.select(keys).join(table, on=keys, how="left", nulls_equal=True, maintain_order="left")
        return joined["_code"].to_numpy().astype(np.intp)

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
        return (
            pd.DataFrame(list(self._codes), columns=keys)
            if keys
            else pd.DataFrame(index=range(len(self._codes)))
        )
