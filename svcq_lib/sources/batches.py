"""Rows of a lazy frame a few at a time: the one place that asks polars for them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import polars as pl


def in_batches(frame: pl.LazyFrame, rows: int) -> Iterator[pl.DataFrame]:
    """Return the rows of a lazy frame in order, about so many at a time.

    Parameters
    ----------
    frame : LazyFrame
        What is read; no further than the batches are asked for, but a little ahead.
    rows : int
        Rows of a batch.

    Returns
    -------
    iterator of DataFrame
        Batches as polars has them at hand: some are smaller or larger.
    """
    # collect_batches is marked unstable in polars: it is used here and nowhere else
    with _little_ahead():
        return frame.collect_batches(chunk_size=rows, maintain_order=True)


@contextlib.contextmanager
def _little_ahead() -> Iterator[None]:
    """Let polars hold one group of a file's rows ahead, a hundred megabytes less, unless the user has said how many."""
    name = "POLARS_ROW_GROUP_PREFETCH_SIZE"
    if name in os.environ:
        yield
        return
    os.environ[name] = "1"
    try:
        yield
    finally:
        os.environ.pop(name, None)
