"""Linearised sums by sampling unit, and the variance of means, totals and contrasts that follows from them.

Rows are summed by sampling unit (a cluster, or a stratum of rows drawn independently) and by joint cell of the
population margins, if weights were calibrated to any (one cell if not). Everything here is algebra of such sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from svcq_lib.stats.raking import margin_effects

Array = NDArray[np.float64]


class Linearised(NamedTuple):
    """Sums of z, the influence of a row's weight w on an estimate, each of shape (units, cells, ...).

    Attributes
    ----------
    linear, square, cross : array
        Σz, Σz² and Σwz.
    """

    linear: Array
    square: Array
    cross: Array


class Calibration(NamedTuple):
    """What is known of the whole sample after its weights were fitted to margins.

    Attributes
    ----------
    levels : array of int, shape (margins, cells)
        Level of each joint cell in each margin.
    factors : array, shape (cells,)
        Calibrated weight over the weight before.
    sw, sw2 : array, shape (units, cells)
        Σw and Σw² of all rows, whether or not they answered.
    """

    levels: NDArray[np.intp]
    factors: Array
    sw: Array
    sw2: Array


def linearised_mean(sums: Mapping[str, Array]) -> Linearised:
    """Return the linearised sums of a weighted mean.

    Parameters
    ----------
    sums : Mapping of str to ndarray, each of shape (units, cells, ...)
        Σw (``sw``), Σw² (``sw2``), Σwx (``swx``), Σw²x (``sw2x``) and Σw²x² (``sw2x2``) over the rows of the domain.

    Returns
    -------
    Linearised
        With z = w (x − mean)/Σw; NaN for an empty domain.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        total = sums["sw"].sum(axis=(0, 1))
        mean = sums["swx"].sum(axis=(0, 1)) / total
        return Linearised(
            (sums["swx"] - mean * sums["sw"]) / total,
            (sums["sw2x2"] - 2 * mean * sums["sw2x"] + mean**2 * sums["sw2"]) / total**2,
            (sums["sw2x"] - mean * sums["sw2"]) / total,
        )


def linearised_total(sums: Mapping[str, Array]) -> Linearised:
    """Return the linearised sums of a weighted total, z = w x.

    Parameters
    ----------
    sums : Mapping of str to ndarray, each of shape (units, cells, ...)
        ``swx``, ``sw2x`` and ``sw2x2`` as in :func:`linearised_mean`.

    Returns
    -------
    Linearised
        Σwx, Σw²x² and Σw²x.
    """
    return Linearised(sums["swx"], sums["sw2x2"], sums["sw2x"])


def contrast(first: Linearised, second: Linearised) -> Linearised:
    """Return the linearised sums of the difference of two estimates from disjoint rows.

    Parameters
    ----------
    first, second : Linearised
        Of the same units and cells; units may hold rows of both.

    Returns
    -------
    Linearised
        Of first − second.
    """
    return Linearised(first.linear - second.linear, first.square + second.square, first.cross - second.cross)


def unit_sums(found: Linearised, calibration: Calibration | None = None) -> tuple[Array, Array]:
    """Return Σz and Σz² by sampling unit, of residuals from the margins if weights were calibrated.

    Parameters
    ----------
    found : Linearised
        Linearised sums.
    calibration : Calibration, optional
        How the weights were calibrated; all rows of the sample then have a residual, domain or not.

    Returns
    -------
    linear, square : ndarray, shape (units, ...)
        With b the fit of z/w in a row's joint cell, sums of z − w b and of its square.
    """
    if calibration is None:
        return found.linear.sum(axis=1), found.square.sum(axis=1)
    scale = calibration.factors.reshape((-1,) + (1,) * (found.linear.ndim - 2))
    before = calibration.sw.sum(axis=0) / calibration.factors
    fit = margin_effects(found.linear.sum(axis=0) / scale, before, calibration.levels)
    linear = found.linear.sum(axis=1) - np.tensordot(calibration.sw, fit, axes=1)
    square = found.square.sum(axis=1) - 2 * (found.cross * fit).sum(axis=1)
    return linear, square + np.tensordot(calibration.sw2, fit**2, axes=1)


def rows_variance(linear: Array, square: Array, rows: Array, fraction: Array) -> Array:
    """Return the variance of an estimate when rows were drawn independently within strata.

    Parameters
    ----------
    linear, square : ndarray, shape (strata, ...)
        Σz and Σz² by stratum; rows outside a domain have z = 0.
    rows : ndarray, shape (strata,)
        Rows drawn in each stratum, whether or not they belong to the domain.
    fraction : ndarray, shape (strata,)
        Share of the stratum's population that was drawn.

    Returns
    -------
    ndarray, shape (...)
        Σ_h (1 − f_h) n_h/(n_h − 1) (Σz² − (Σz)²/n_h). Strata of one row add nothing.

    Notes
    -----
    Source: Särndal, Swensson and Wretman (1992), *Model Assisted Survey Sampling*, result 5.6.2 and chapter 10.
    """
    shape = (-1,) + (1,) * (square.ndim - 1)
    n, f = rows.reshape(shape), fraction.reshape(shape)
    factor = np.where(n > 1, (1 - f) * n / np.maximum(n - 1, 1), 0.0)
    return np.maximum((factor * (square - linear**2 / n)).sum(axis=0), 0.0)
