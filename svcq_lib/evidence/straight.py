"""Rows with the same answer throughout, told from a batch's columns as they lie in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from svcq_lib.evidence.layout import Raw, index
from svcq_lib.evidence.steps import NONE
from svcq_lib.sources.rules import STRAIGHT_ITEMS

_ROWS = 1 << 14  # as many as stay in the processor's cache


def straight_lined(raw: Raw) -> NDArray[np.bool_]:
    """Return which respondents gave the same answer to all perception items.

    Parameters
    ----------
    raw : Raw
        Columns of a batch, all perception items among them.

    Returns
    -------
    ndarray of bool, shape (rows,)
        False with fewer than ``STRAIGHT_ITEMS`` answers, as :func:`svcq_lib.sources.rules.straight_lined` says it.
    """
    items = [i for i, name in enumerate(raw.names) if name.startswith("perception.")]
    shorts = len(raw.short)
    found = np.zeros(raw.short.shape[1], dtype=bool)
    if len(items) < STRAIGHT_ITEMS:
        return found
    whole, kept = all(i < shorts for i in items), index(items)
    none = NONE if whole else -np.inf  # less than any answer
    for start in range(0, len(found), _ROWS):
        rows = slice(start, start + _ROWS)
        values = raw.short[kept, rows] if whole else _floats(raw, items, rows)
        absent = values == none
        if not absent.any():
            found[rows] = (values[1:] == values[0]).all(axis=0)
            continue
        given = len(items) - np.add.reduce(absent.view(np.int8), axis=0, dtype=np.int16)
        same = (values == values.max(axis=0)) | absent
        found[rows] = same.all(axis=0) & (given >= STRAIGHT_ITEMS)
    return found


def _floats(raw: Raw, items: Sequence[int], rows: slice) -> NDArray[np.float64]:
    """Return columns of both kinds, with the lowest number where there is no answer."""
    shorts = len(raw.short)
    both = np.array(
        [raw.short[i, rows] if i < shorts else raw.long[i - shorts, rows] for i in items], dtype=float
    )
    absent = [both[k] == NONE if i < shorts else np.isnan(both[k]) for k, i in enumerate(items)]
    both[np.array(absent)] = -np.inf
    return both
