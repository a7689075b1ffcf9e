"""Memory to write to, the same for every batch of rows: fresh pages would cost as much as the sums."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_local = threading.local()


def room(name: str, shape: tuple[int, int], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array to write to; each thread has its own.

    Parameters
    ----------
    name : str
        What it is for. What was written under the same name may be overwritten.
    shape : tuple of int
        Rows and columns.
    dtype : dtype
        Type of its values.

    Returns
    -------
    ndarray
        Whatever lies there.
    """
    held: dict[tuple[str, DTypeLike], NDArray[Any]] = _local.__dict__.setdefault("rooms", {})
    size = shape[0] * shape[1]
    found = held.get((name, dtype))
    if found is None or len(found) < size:
        found = held[name, dtype] = np.empty(size, dtype=dtype)
    return found[:size].reshape(shape)
