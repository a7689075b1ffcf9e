"""Sums that follow from others of the same scan, and so are not added up row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from svcq_lib.evidence.moments import Array
from svcq_lib.evidence.needs import Cells, EvidenceNeeds

Found = tuple[pl.DataFrame, Mapping[str, Array]]


def source_of(cells: Mapping[str, Cells], name: str, *, weighted: bool) -> str | None:
    """Return the request that a request follows from.

    Parameters
    ----------
    cells : Mapping of str to Cells
        All requests.
    name : str
        One of them.
    weighted : bool
        Whether rows can count with different weights.

    Returns
    -------
    str or None
        A request for pairs of the same columns by block: pairs of all rows are sums over its blocks, and where rows
        count once, sums of single columns by block stand on its diagonal.
    """
    one = cells[name]
    if one.blocks == one.cross or (one.blocks and weighted and one.weighted):
        return None
    wanted = replace(one, cross=True, blocks=True)
    return next((other for other, cell in cells.items() if cell == wanted), None)


def scanned(needs: EvidenceNeeds, *, weighted: bool) -> EvidenceNeeds:
    """Return the needs without the requests that follow from others.

    Parameters
    ----------
    needs : EvidenceNeeds
        What to compute.
    weighted : bool
        Whether rows can count with different weights.

    Returns
    -------
    EvidenceNeeds
        What has to be added up.
    """
    cells = {
        name: one
        for name, one in needs.cells.items()
        if source_of(needs.cells, name, weighted=weighted) is None
    }
    return replace(needs, cells=cells)


def followed(cells: Cells, keys: pl.DataFrame, sums: Mapping[str, Array]) -> Found:
    """Return the cells of a request from those of the request that it follows from.

    Parameters
    ----------
    cells : Cells
        The request.
    keys : DataFrame
        Keys of the other's cells, with ``block``.
    sums : Mapping of str to ndarray
        Its sums of pairs.

    Returns
    -------
    tuple of DataFrame and Mapping of str to ndarray
        Keys and sums.
    """
    if not cells.cross:
        names = {"n": "n", "swx": "swx", "swx2": "swxx"}
        return keys, {name: np.diagonal(sums[pair], axis1=1, axis2=2) for name, pair in names.items()}
    if not cells.by:
        return pl.DataFrame(), {name: one.sum(axis=0, keepdims=True) for name, one in sums.items()}
    kept = keys.select(cells.by).unique(maintain_order=True)
    numbered = kept.with_row_index("_cell")
    codes = keys.join(numbered, on=cells.by, how="left", maintain_order="left")["_cell"].to_numpy()
    found = {name: np.zeros((len(kept), *one.shape[1:])) for name, one in sums.items()}
    for name, one in sums.items():
        np.add.at(found[name], codes, one)
    return kept, found
