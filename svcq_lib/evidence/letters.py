"""A column of text as the bytes that it is written with."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray


def letters_of(column: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the UTF-8 bytes of a column of text.

    Parameters
    ----------
    column : Series
        Text; a missing one is taken for empty.

    Returns
    -------
    tuple of ndarray
        All bytes, and where each text begins and the last one ends, shape (len(column) + 1,).
    """
    encoded = column.cast(pl.String).fill_null("").to_arrow().cast("large_binary")
    _, offsets, data = encoded.buffers()
    letters = np.frombuffer(data, dtype=np.uint8) if data else np.zeros(0, dtype=np.uint8)
    return letters, np.frombuffer(offsets, dtype=np.int64)[encoded.offset : encoded.offset + len(column) + 1]
