"""Interrupted time series: whether the programme's own units left the path they were on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from svcq_lib.analyses.effects_panel import AFTER, BEFORE, RAMP, Panel, collapsed
from svcq_lib.stats import intervals, regression

Array = NDArray[np.float64]
NAN = float("nan")
LEAST = 3
"""Fewest periods before and after."""
YEARS = 2
"""Years of months from which on harmonics are used unless told otherwise."""
INTERRUPTED = (
    "break_level", "break_level_low", "break_level_high", "break_slope", "break_slope_low", "break_slope_high",
    "estimate", "std_error", "conf_low", "conf_high", "df", "p_value", "p_up", "relative", "cumulative",
    "cumulative_low", "cumulative_high",
)  # fmt: skip


class Path(NamedTuple):
    """An interrupted time series.

    Attributes
    ----------
    figures : dict
        One value per name of :data:`INTERRUPTED`.
    series : DataFrame
        period, estimate (observed), fitted, counterfactual, phase, n.
    lag, harmonics : int
        What was used.
    """

    figures: dict[str, float]
    series: pd.DataFrame
    lag: int
    harmonics: int


def design(
    time: ArrayLike, start: float, *, slope: bool = True, harmonics: int = 0, length: int = 12
) -> Array:
    """Return the regressors of a broken line.

    Parameters
    ----------
    time : array-like, shape (n,)
        Number of each period.
    start : float
        Number of the first period after the interruption.
    slope : bool
        Whether the slope may change too.
    harmonics : int
        Pairs of sine and cosine of the year; half of ``length`` of them are a mean per month of the year.
    length : int
        Periods in a year.

    Returns
    -------
    array, shape (n, k)
        Constant, time, level after the start, slope after the start, harmonics.
    """
    t = np.asarray(time, dtype=float)
    after = (t >= start).astype(float)
    columns = [np.ones(len(t)), t - t[0], after]
    columns += [after * (t - start)] if slope else []
    for k in range(1, harmonics + 1):
        angle = 2 * np.pi * k * t / length
        columns += [np.cos(angle)] + ([np.sin(angle)] if 2 * k < length else [])
    return np.column_stack(columns)


def interrupted(
    panel: Panel,
    *,
    ci_level: float = 0.95,
    lag: int | None = None,
    harmonics: int | None = None,
    length: int = 12,
) -> Path | None:
    """Fit a broken line to the mean of the units with the programme.

    Parameters
    ----------
    panel : Panel
        Units by periods; the ramp is left out of the fit.
    ci_level : float
        Level of the intervals.
    lag : int, optional
        Lag of Newey and West's covariance; ⌊4 (n/100)^(2/9)⌋ by default.
    harmonics : int, optional
        Pairs of sine and cosine; one from two years on by default, none before.
    length : int
        Periods in a year.

    Returns
    -------
    Path or None
        The effect is the mean distance, after the ramp, between the fitted line and the line before the start
        prolonged; cumulative is their sum over periods. None with fewer than three periods on either side.
    """
    series = collapsed(panel)
    series = series[series["group"] == "treated"].reset_index(drop=True)
    kept = series[(series["phase"] != RAMP) & (series["n"] > 0)]
    sides = [(kept["phase"] == code).sum() for code in (BEFORE, AFTER)]
    if min(sides) < LEAST:
        return None
    t, y = kept["time"].to_numpy(float), kept["estimate"].to_numpy(float)
    waves = (1 if t[-1] - t[0] + 1 >= YEARS * length else 0) if harmonics is None else harmonics
    start = float(kept.loc[kept["phase"] == AFTER, "time"].min())
    x = design(t, start, harmonics=waves, length=length)
    if len(y) <= x.shape[1] + 1:
        return None
    used = regression.default_lag(len(y)) if lag is None else lag
    fit = regression.wls(x, y)
    # Newey and West's errors are too small in short series: never less than those of independent periods
    covariances = regression.newey_west(fit, t, used), regression.classic_covariance(fit, len(y))
    return Path(
        _figures(fit, covariances, t, start, ci_level), _lines(series, fit, start, waves, length), used, waves
    )


def _figures(
    fit: regression.Fit, covariances: tuple[Array, Array], t: Array, start: float, ci_level: float
) -> dict[str, float]:
    df = float(len(t) - fit.rank)
    after = t >= start
    mean = np.zeros(fit.x.shape[1])
    mean[2], mean[3] = 1.0, float((t[after] - start).mean())
    found: dict[str, float] = {"df": df}
    parts = {"break_level": np.eye(len(mean))[2], "break_slope": np.eye(len(mean))[3], "estimate": mean}
    parts["cumulative"] = mean * after.sum()
    for name, contrast in parts.items():
        value = float(contrast @ fit.coef)
        error = float(np.sqrt(max(0.0, *(contrast @ one @ contrast for one in covariances))))
        known = error > 1e-12 * max(1.0, abs(value))
        low, high = intervals.t_interval(value, error, df, ci_level) if known else (NAN, NAN)
        stem = "conf" if name == "estimate" else name
        found |= {name: value, f"{stem}_low": float(low), f"{stem}_high": float(high)}
        if name == "estimate":
            ratio = value / error if known else NAN
            found |= {"std_error": error, "p_value": float(intervals.t_p_value(ratio, df))}
            found["p_up"] = float(special.stdtr(df, ratio)) if known else NAN
    expected = float((fit.x[after] @ fit.coef - fit.x[after][:, 2:4] @ fit.coef[2:4]).mean())
    found["relative"] = found["estimate"] / expected if expected > 0 else NAN
    return {name: found[name] for name in INTERRUPTED}


def _lines(
    series: pd.DataFrame, fit: regression.Fit, start: float, harmonics: int, length: int
) -> pd.DataFrame:
    t = series["time"].to_numpy(float)
    x = design(t, start, harmonics=harmonics, length=length)
    x[:, 1] = t - float(t[0])
    without = x.copy()
    without[:, 2:4] = 0
    fitted = np.where(series["phase"] == RAMP, np.nan, x @ fit.coef)
    return series.assign(fitted=fitted, counterfactual=without @ fit.coef).drop(columns=["group", "time"])
