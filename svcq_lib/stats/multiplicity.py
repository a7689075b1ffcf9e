"""P-values adjusted for the number of tests."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import ParameterError

Array = NDArray[np.float64]
Method = Literal["holm", "bh", "by", "none"]


def adjust(p: ArrayLike, method: Method = "holm") -> Array:
    """Return adjusted p-values.

    Parameters
    ----------
    p : array-like, shape (m,)
        P-values of one family of tests; NaN stay NaN and do not count as tests.
    method : {"holm", "bh", "by", "none"}
        Holm (1979) bounds the chance of any false finding; Benjamini and Hochberg (1995) the expected share
        of false findings; Benjamini and Yekutieli (2001) the same under any dependence.

    Returns
    -------
    array, shape (m,)
        In the order of the input. R: ``p.adjust``.

    Raises
    ------
    ParameterError
        Another method.
    """
    p = np.asarray(p, dtype=float)
    if method not in get_args(Method):
        raise ParameterError(f"Unknown adjustment {method!r}. Choose one of {', '.join(get_args(Method))}.")
    tested = np.flatnonzero(~np.isnan(p))
    out = p.copy()
    if method != "none" and tested.size:
        order = tested[np.argsort(p[tested], kind="stable")]
        step = _holm if method == "holm" else _step_up
        factor = (1 / np.arange(1, order.size + 1)).sum() if method == "by" else 1.0
        out[order] = np.minimum(step(p[order] * factor), 1.0)
    return out


def _holm(ascending: Array) -> Array:
    return np.maximum.accumulate(ascending * np.arange(ascending.size, 0, -1))


def _step_up(ascending: Array) -> Array:
    scaled = ascending * ascending.size / np.arange(1, ascending.size + 1)
    return np.minimum.accumulate(scaled[::-1])[::-1]
