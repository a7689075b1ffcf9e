"""Blocks: the groups of rows that a bootstrap draws, fixed by a specified hash of the row's id."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from svcq_lib.evidence.letters import letters_of

BLOCK_HASH = "svcq-block-1"
"""The rule: FNV-1a (64 bit) over the UTF-8 bytes of the id, SplitMix64 finaliser, modulo the number of blocks."""

N_BLOCKS = 1000
N_BLOCKS_PER_STRATUM = 250
SMALL_TABLE = 2000
_AT_ONCE = 1 << 16
_START, _PRIME = 0xCBF29CE484222325, np.uint64(0x100000001B3)


def hash_blocks(ids: list[str] | pl.Series, n_blocks: int = N_BLOCKS) -> NDArray[np.int64]:
    """Return the block of each row.

    Parameters
    ----------
    ids : list of str or Series
        Row ids, as text or as whole numbers, which are hashed as they are written; a missing one is hashed as empty
        text.
    n_blocks : int
        Number of blocks.

    Returns
    -------
    ndarray of int, shape (len(ids),)
        A number from 0 to ``n_blocks`` − 1 that depends on the id alone, so that it is the same in every
        engine, order and batch. The rule is :data:`BLOCK_HASH`.
    """
    column = ids if isinstance(ids, pl.Series) else pl.Series(ids, dtype=pl.String)
    digits = column.dtype.is_integer() and not column.null_count() and (column.min() or 0) >= 0  # type: ignore[operator]
    hashed = _of_digits if digits else _of_text
    starts = [column[start : start + _AT_ONCE] for start in range(0, len(column), _AT_ONCE)]
    return np.concatenate([np.zeros(0, dtype=np.int64), *(_block(hashed(one), n_blocks) for one in starts)])


def _of_text(column: pl.Series) -> NDArray[np.uint64]:
    letters, bounds = letters_of(column)
    start, lengths = bounds[:-1], np.diff(bounds)
    state = np.full(len(column), _START, dtype=np.uint64)
    for position in range(int(lengths.max(initial=0))):
        rows = slice(None) if position < lengths.min() else np.flatnonzero(position < lengths)
        state[rows] = (state[rows] ^ letters[start[rows] + position]) * _PRIME
    return state


def _of_digits(column: pl.Series) -> NDArray[np.uint64]:
    """Return the same for numbers, from the first digit to the last, without writing them as text."""
    rest = column.to_numpy().astype(np.uint64)
    state = np.full(len(rest), _START, dtype=np.uint64)
    largest, least = int(rest.max(initial=0)), int(rest.min(initial=0))
    for place in range(len(str(largest)) - 1, -1, -1):
        power = np.uint64(10**place)
        digit = rest // power
        rows: slice | NDArray[np.intp] = slice(None)
        if place >= len(str(least)):  # a shorter number begins later
            rows = np.flatnonzero(column.to_numpy() >= 10**place)
        state[rows] = (state[rows] ^ (digit[rows] + np.uint64(ord("0")))) * _PRIME
        rest -= digit * power
    return state


def _block(state: NDArray[np.uint64], n_blocks: int) -> NDArray[np.int64]:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    state ^= state >> np.uint64(31)
    return (state % np.uint64(n_blocks)).astype(np.int64)
