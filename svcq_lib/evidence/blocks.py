"""Blocks: the groups of rows that a bootstrap draws, fixed by a specified hash of the row's id."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK_HASH = "svcq-block-1"
"""The rule: FNV-1a (64 bit) over the UTF-8 bytes of the id, SplitMix64 finaliser, modulo the number of blocks."""

N_BLOCKS = 1000
N_BLOCKS_PER_STRATUM = 250
SMALL_TABLE = 2000


def hash_blocks(ids: list[str], n_blocks: int = N_BLOCKS) -> NDArray[np.int64]:
    """Return the block of each row.

    Parameters
    ----------
    ids : list of str
        Row ids.
    n_blocks : int
        Number of blocks.

    Returns
    -------
    ndarray of int, shape (len(ids),)
        A number from 0 to ``n_blocks`` − 1 that depends on the id alone, so that it is the same in every
        engine, order and batch. The rule is :data:`BLOCK_HASH`.
    """
    if not ids:
        return np.zeros(0, dtype=np.int64)
    encoded = np.array([one.encode("utf-8") for one in ids], dtype=np.bytes_)
    letters = encoded.view(np.uint8).reshape(len(ids), -1)
    lengths = np.char.str_len(encoded)
    state = np.full(len(ids), 0xCBF29CE484222325, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for position in range(letters.shape[1]):
            mixed = (state ^ letters[:, position]) * np.uint64(0x100000001B3)
            state = np.where(position < lengths, mixed, state)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
    return (state % np.uint64(n_blocks)).astype(np.int64)
