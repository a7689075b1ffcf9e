"""Sums that follow from others of the same scan, and so are not added up row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from svcq_lib.evidence.moments import Moments
from svcq_lib.evidence.needs import Cells, EvidenceNeeds

_ON_DIAGONAL = {
    "n": "n", "sw": "sw", "sw2": "n", "sw4": "n", "swx": "swx", "swx2": "swxx", "sw2x": "swx", "sw2x2": "swxx",
}  # fmt: skip
"""Sums of single columns of rows that count once, and the sums of pairs that hold them."""


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


def followed(cells: Cells, pairs: Moments) -> Moments:
    """Return the moments of a request from those of the request that it follows from.

    Parameters
    ----------
    cells : Cells
        The request.
    pairs : Moments
        The other's: pairs of the same columns by block.

    Returns
    -------
    Moments
        Pairs over all blocks, or the single columns that stand on the diagonal.
    """
    if cells.cross:
        return pairs.total(cells.by)
    sums = {name: np.diagonal(pairs.sums[pair], axis1=1, axis2=2) for name, pair in _ON_DIAGONAL.items()}
    return Moments(cells.columns, pairs.keys, sums)
