"""Variance of a weighted mean when rows were drawn independently within strata, from sums alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def stratified_variance(sums: Mapping[str, Array], rows: Array, fraction: Array) -> tuple[Array, Array]:
    """Return a weighted mean and its linearised variance.

    Parameters
    ----------
    sums : Mapping of str to ndarray, each of shape (strata, ...)
        Σw (``sw``), Σw² (``sw2``), Σwx (``swx``), Σw²x (``sw2x``) and Σw²x² (``sw2x2``) over the rows of the domain.
    rows : ndarray, shape (strata,)
        Rows drawn in each stratum, whether or not they belong to the domain.
    fraction : ndarray, shape (strata,)
        Share of the stratum's population that was drawn.

    Returns
    -------
    mean, variance : ndarray, shape (...)
        With z = w(x − mean)/Σw for rows of the domain and 0 for all others, the variance is
        Σ_h (1 − f_h) n_h/(n_h − 1) (Σz² − (Σz)²/n_h). Strata of one row add nothing.

    Notes
    -----
    Source: Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling, result 5.6.2 and chapter 10.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        total = sums["sw"].sum(axis=0)
        mean = sums["swx"].sum(axis=0) / total
        square = (sums["sw2x2"] - 2 * mean * sums["sw2x"] + mean**2 * sums["sw2"]) / total**2
        linear = (sums["swx"] - mean * sums["sw"]) / total
        shape = (-1,) + (1,) * (square.ndim - 1)
        n, f = rows.reshape(shape), fraction.reshape(shape)
        factor = np.where(n > 1, (1 - f) * n / np.maximum(n - 1, 1), 0.0)
        variance = (factor * (square - linear**2 / n)).sum(axis=0)
    return mean, np.where(total > 0, np.maximum(variance, 0.0), np.nan)
