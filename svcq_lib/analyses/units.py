"""Sums by sampling unit: what the errors of means and of their differences are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.evidence.collect import Design
from svcq_lib.evidence.moments import Moments
from svcq_lib.stats import linearize, stratified
from svcq_lib.stats.stratified import Linearised

Array = NDArray[np.float64]
ALL = slice(None)


def by_unit(moments: Moments, design: Design, rows: NDArray[np.intp] | slice = ALL) -> dict[str, Array]:
    """Return sums by sampling unit and joint cell of the margins.

    Parameters
    ----------
    moments : Moments
        Sums of single columns.
    design : Design
        How the sample was drawn.
    rows : ndarray of int or slice
        Cells of the moments that count; all by default.

    Returns
    -------
    dict of str to ndarray
        Shape (units, cells, columns).
    """
    unit, units = _units(moments, design)
    cell, cells = np.zeros(len(moments.keys), dtype=np.intp), 1
    if design.calibration is not None and calibrated(moments, design):
        cell, cells = moments.keys["margin_cell"].to_numpy(dtype=np.intp), len(design.calibration.factors)
    found = {}
    for name, array in moments.sums.items():
        found[name] = np.zeros((units, cells, *array.shape[1:]))
        np.add.at(found[name], (unit[rows], cell[rows]), array[rows])
    return found


def _groups(moments: Moments, by: Sequence[str]) -> dict[tuple[object, ...], NDArray[np.intp]]:
    """Return the cells of each group, groups in the order of first appearance."""
    if not by:
        return {(): np.arange(len(moments.keys))}
    names = moments.keys[list(by)].drop_duplicates().itertuples(index=False, name=None)
    codes = moments.keys.groupby(list(by), sort=False).ngroup().to_numpy()
    return {name: np.flatnonzero(codes == i) for i, name in enumerate(names)}


def calibrated(moments: Moments, design: Design) -> bool:
    """Return whether moments are split by the margins that weights were fitted to."""
    return design.calibration is not None and "margin_cell" in moments.keys.columns


def _units(moments: Moments, design: Design) -> tuple[NDArray[np.intp], int]:
    """Return the sampling unit of each cell: its block if clusters were drawn, else its stratum."""
    if design.kind == "cluster":
        return moments.keys["block"].to_numpy(dtype=np.intp), len(design.block_strata)
    if design.kind == "simple":
        return np.zeros(len(moments.keys), dtype=np.intp), 1
    if "block" in moments.keys.columns:
        return design.block_strata[moments.keys["block"].to_numpy(dtype=np.intp)], len(design.units)
    position = {name: i for i, name in enumerate(design.units["stratum"])}
    return moments.keys["stratum"].map(position).to_numpy(dtype=np.intp), len(design.units)


def variance(found: Linearised, design: Design, *, calibrated: bool) -> Array:
    """Return the variance of an estimate from its linearised sums.

    Parameters
    ----------
    found : Linearised
        Linearised sums.
    design : Design
        How the sample was drawn.
    calibrated : bool
        Whether they are split by joint cell of the margins.

    Returns
    -------
    ndarray, shape (columns,)
        NaN where clusters were drawn and there is a single one.
    """
    linear, square = stratified.unit_sums(found, design.calibration if calibrated else None)
    fraction = design.units["fraction"].to_numpy(dtype=float)
    if design.kind != "cluster":
        rows = design.units["n"].to_numpy(dtype=float)
        return stratified.rows_variance(linear, square, rows, fraction)
    if len(linear) < 2:
        return np.full(linear.shape[1:], np.nan)
    return linearize.total_variance_from_psus(linear, design.block_strata, fraction, lonely="adjust").variance


def answering(sums: dict[str, Array], design: Design) -> Array:
    """Return how many sampling units answered, by column: clusters if clusters were drawn, else rows."""
    n = sums["n"].sum(axis=1)
    return np.asarray((n > 0).sum(axis=0) if design.kind == "cluster" else n.sum(axis=0), dtype=float)


def _equal_units(sums: dict[str, Array], design: Design) -> Array:
    """Return how many equal sampling units the errors rest on, by column; 1 where a single one answered."""
    units = answering(sums, design)
    if design.kind == "cluster":
        return units
    rows = linearize.equal_rows(*(sums[name].sum(axis=(0, 1)) for name in ("sw2", "sw4")))
    return np.where(units > 1, np.maximum(rows, 2.0), units)


def mean_variances(moments: Moments, design: Design, by: Sequence[str] = ()) -> Array:
    """Return the variances of weighted means.

    Parameters
    ----------
    moments : Moments
        Sums of single columns.
    design : Design
        How the sample was drawn.
    by : sequence of str
        Group columns.

    Returns
    -------
    ndarray, shape (groups, columns)
        NaN where fewer than two rows, or two clusters, answered.
    """
    split, found = calibrated(moments, design), []
    for rows in _groups(moments, by).values():
        sums = by_unit(moments, design, rows)
        one = variance(stratified.linearised_mean(sums), design, calibrated=split)
        found.append(np.where(answering(sums, design) > 1, one, np.nan))
    return np.array(found).reshape(len(found), len(moments.columns))


def degrees_of_freedom(design: Design) -> float:
    """Return the degrees of freedom of the design: clusters, or rows, minus strata."""
    return float(design.units["n"].sum() - len(design.units))


def shared(first: Moments, second: Moments, design: Design, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return how far the errors of two sets of means from disjoint rows go together.

    Groups that lie in the same clusters, or whose weights were fitted to the same margins, are not independent: the
    difference is linearised as one contrast by sampling unit, and compared with the variances of its two sides.

    Parameters
    ----------
    first, second : Moments
        Sums of the same columns; no row is in both.
    design : Design
        How the sample was drawn.
    by : sequence of str
        Group columns; groups that only one of them has are left out.

    Returns
    -------
    DataFrame
        Group columns, ``column``, ``correlation`` (0 where an error is unknown or nought), ``units`` and
        ``units_other`` (sampling units that answered; of unevenly weighted rows as many equal ones as tell the same
        about the error), ``df_most`` (degrees of freedom of the design, less one).
    """
    split, parts = calibrated(first, design), []
    columns = [*by, "column", "correlation", "units", "units_other", "df_most"]
    others = _groups(second, by)
    most = degrees_of_freedom(design) - 1 if design.kind != "simple" else np.inf
    for name, rows in _groups(first, by).items():
        if name not in others:
            continue
        sums, rest = by_unit(first, design, rows), by_unit(second, design, others[name])
        one, other = stratified.linearised_mean(sums), stratified.linearised_mean(rest)
        parts.append(
            pd.DataFrame(
                {
                    **dict(zip(by, name, strict=True)),
                    "column": list(first.columns),
                    "correlation": _correlation(one, other, design, split),
                    "units": _equal_units(sums, design),
                    "units_other": _equal_units(rest, design),
                    "df_most": max(most, 1.0),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _correlation(one: Linearised, other: Linearised, design: Design, split: bool) -> Array:
    if design.kind == "simple" and not split:
        return np.zeros(one.linear.shape[-1])
    mine, theirs, both = (
        variance(found, design, calibrated=split) for found in (one, other, stratified.contrast(one, other))
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (mine + theirs - both) / (2 * np.sqrt(mine * theirs))
    return np.where(np.isfinite(found), np.clip(found, -1, 1), 0.0)
