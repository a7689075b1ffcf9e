"""Figures of units as if each served the same customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses.benchmark_compared import Compared, in_measure
from svcq_lib.evidence.collect import Design
from svcq_lib.evidence.moments import Moments
from svcq_lib.stats import cellfit, intervals, linearize

Array = NDArray[np.float64]
COLUMNS = (
    "adjusted", "adjusted_error", "adjusted_low", "adjusted_high", "adjusted_difference", "adjusted_difference_low",
    "adjusted_difference_high", "adjusted_p",
)  # fmt: skip


def adjusted(moments: Moments, design: Design, compared: Compared, *, ci_level: float = 0.95) -> pd.DataFrame:
    """Return each unit's figure at the case mix of all units together.

    Parameters
    ----------
    moments : Moments
        Sums of the compared column by unit and every case-mix segment.
    design : Design
        How the sample was drawn.
    compared : Compared
        What is compared.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    DataFrame, indexed by unit
        adjusted, adjusted_error, adjusted_low, adjusted_high; adjusted_difference from all other units, with its limits
        and p-value. Empty without case mix.

    Notes
    -----
    Weighted least squares on unit and case-mix indicators (main effects); a unit's figure is its effect plus the
    case-mix effects at the shares of all respondents (direct standardisation). Errors are linearised for the design,
    shares taken as known; Student's t with the unit's degrees of freedom, at most the design's, since a unit's own
    answers carry nearly all of its error. NaN where a design has a single sampling unit.
    """
    if not compared.mix_keys:
        return pd.DataFrame(columns=list(COLUMNS), dtype=float)
    sums = {name: array[:, 0] for name, array in moments.sums.items()}
    unit, units = pd.factorize(moments.keys[compared.unit_key], sort=True)
    mix = _mix_columns(moments, compared)
    x = np.hstack([cellfit.dummies(unit, len(units), drop_first=False), mix])
    beta = cellfit.fit(x, sums["sw"], sums["swx"])
    cover = _covariance(x, sums, beta, moments, design)
    weight = np.bincount(unit, sums["sw"], len(units))
    shares = (sums["sw"] @ mix) / sums["sw"].sum()
    level = np.hstack([np.eye(len(units)), np.tile(shares, (len(units), 1))])
    rest = (weight * (1 - np.eye(len(units)))) / np.maximum(weight.sum() - weight, 1e-300)[:, None]
    drawn = float(design.units["n"].sum() - len(design.units))
    rows = linearize.equal_rows(*(np.bincount(unit, sums[name], len(units)) for name in ("sw2", "sw4")))
    df = np.clip(rows - 1, 1, max(drawn, 1))
    return _table(units, level, (np.eye(len(units)) - rest) @ level, beta, cover, df, compared, ci_level)


def _mix_columns(moments: Moments, compared: Compared) -> Array:
    parts = []
    for key in compared.mix_keys:
        codes, levels = pd.factorize(moments.keys[key], sort=True)
        parts.append(cellfit.dummies(codes, len(levels), drop_first=True))
    return np.hstack(parts)


def _covariance(x: Array, sums: dict[str, Array], beta: Array, moments: Moments, design: Design) -> Array:
    rows, fraction = (design.units[name].to_numpy(dtype=float) for name in ("n", "fraction"))
    if design.kind == "cluster":
        units = moments.keys["block"].to_numpy(dtype=np.intp)
    elif design.kind == "strata":
        at = {name: i for i, name in enumerate(design.units["stratum"])}
        units = moments.keys["stratum"].map(at).to_numpy(dtype=np.intp)
    else:
        units = np.zeros(len(x), dtype=np.intp)
    if rows.sum() - len(rows) < 1:
        return np.full((x.shape[1], x.shape[1]), np.nan)
    return cellfit.covariance(
        x, sums, beta, units, design.block_strata, rows, fraction, clustered=design.kind == "cluster"
    )


def _table(
    units: pd.Index,
    level: Array,
    contrast: Array,
    beta: Array,
    cover: Array,
    df: Array,
    compared: Compared,
    ci_level: float,
) -> pd.DataFrame:
    found = pd.DataFrame(index=pd.Index(units, name="unit"))
    for name, matrix, distance in (("adjusted", level, False), ("adjusted_difference", contrast, True)):
        error = np.sqrt(np.maximum(np.einsum("ip,pq,iq->i", matrix, cover, matrix), 0))
        low, high = intervals.t_interval(matrix @ beta, error, df, ci_level)
        for column, values in ((name, matrix @ beta), (f"{name}_low", low), (f"{name}_high", high)):
            found[column] = in_measure(pd.Series(values, found.index), compared, distance=distance)
        if distance:
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = matrix @ beta / np.where(error > 0, error, np.nan)
            found["adjusted_p"] = intervals.t_p_value(ratio, df)
        else:
            found["adjusted_error"] = error * compared.line[1]
    return found[list(COLUMNS)]
