"""From moments to estimates with intervals, the same way in every analysis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses import units
from svcq_lib.evidence.collect import Design, Evidence
from svcq_lib.evidence.moments import Moments
from svcq_lib.stats import comparison, intervals, linearize, resample

SHARES = ("share", "top_box", "promoters", "detractors")
"""Measures that are shares of respondents."""
INTERVAL = ["estimate", "std_error", "conf_low", "conf_high"]


def means(
    moments: Moments, design: Design, by: Sequence[str] = (), *, ci_level: float = 0.95
) -> pd.DataFrame:
    """Return weighted means with standard errors that fit the sampling design.

    Parameters
    ----------
    moments : Moments
        Sums of single columns.
    design : Design
        How the sample was drawn.
    by : sequence of str
        Group columns to keep.
    ci_level : float
        Level of the intervals (Student's t).

    Returns
    -------
    DataFrame
        One row per group and column: the group columns, ``column``, ``estimate``, ``std_error``, ``conf_low``,
        ``conf_high``, ``df``, ``std_dev``, ``n``, ``n_eff``. NaN where fewer than two answers, or two clusters
        with answers, allow no error.
    """
    plain = moments.total(by)
    simple = linearize.mean_from_sums(
        *[plain.sums[name] for name in ("n", "sw", "sw2", "sw4", "swx", "swx2", "sw2x", "sw2x2")]
    )
    variance, df = simple.variance, np.asarray(simple.df, dtype=float)
    if design.kind != "simple" or units.calibrated(moments, design):
        variance = units.mean_variances(moments, design, by)
    else:
        variance = variance * (1 - float(design.units["fraction"].iloc[0]))
    if design.kind != "simple":
        df = np.full(variance.shape, max(units.degrees_of_freedom(design), 1.0))
        variance = np.where(units.degrees_of_freedom(design) > 0, variance, np.nan)
    groups, p = len(plain.keys), len(plain.columns)
    table = plain.keys.loc[np.repeat(np.arange(groups), p)].reset_index(drop=True)
    flat = {
        "estimate": simple.estimate,
        "std_error": np.sqrt(np.maximum(variance, 0)),
        "df": np.broadcast_to(df, (groups, p)),
        "std_dev": simple.std_dev,
        "n": plain.sums["n"],
        "n_eff": simple.n_eff,
    }
    table["column"] = np.tile(np.array(plain.columns, dtype=object), groups)
    for name, array in flat.items():
        table[name] = np.asarray(array, dtype=float).ravel()
    low, high = intervals.t_interval(
        table["estimate"].to_numpy(), table["std_error"].to_numpy(), table["df"].to_numpy(), ci_level
    )
    keys = [*plain.keys.columns, "column"]
    return table.assign(conf_low=low, conf_high=high)[[*keys, *INTERVAL, "df", "std_dev", "n", "n_eff"]]


def share_intervals(table: pd.DataFrame, *, ci_level: float = 0.95) -> pd.DataFrame:
    """Replace the intervals of means of 0/1 columns by Wilson's.

    Parameters
    ----------
    table : DataFrame
        From :func:`means`, all rows shares between 0 and 1.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        The same with Wilson intervals at the sample size that the standard error implies, p(1 − p)/SE² · n/(n − 1),
        so that weights and clusters widen them (without either it is n); at p = 0 or 1 the effective sample size
        takes its place. Student's t replaces z where the design leaves few degrees of freedom. NaN where a design
        allows no standard error.
    """
    low, high = intervals.wilson(table["estimate"].to_numpy(), _share_size(table), ci_level, design_df(table))
    return table.assign(conf_low=low, conf_high=high)


def design_df(table: pd.DataFrame) -> NDArray[np.float64]:
    """Return the degrees of freedom of means where a design leaves fewer than rows less one, else infinity.

    Parameters
    ----------
    table : DataFrame
        From :func:`means`.

    Returns
    -------
    ndarray
        For intervals that are normal by convention, such as Wilson's: few clusters or uneven weights need Student's t.
    """
    df, n = table["df"].to_numpy(dtype=float), table["n"].to_numpy(dtype=float)
    return np.where(df < (n - 1) * (1 - 1e-9), df, np.inf)


def _share_size(table: pd.DataFrame) -> NDArray[np.float64]:
    """Return the sample sizes that shares' standard errors imply; Kish's where all gave the same answer."""
    p, se, n = (table[name].to_numpy(dtype=float) for name in ("estimate", "std_error", "n"))
    with np.errstate(divide="ignore", invalid="ignore"):
        implied = p * (1 - p) / se**2 * n / (n - 1)
    size = np.where(np.isfinite(implied) & (implied > 0), implied, table["n_eff"].to_numpy(dtype=float))
    return np.asarray(np.where(np.isnan(se) & (n > 1), np.nan, size))


def compare(
    first: pd.DataFrame,
    second: pd.DataFrame,
    prefix: str = "change",
    *,
    shared: pd.DataFrame | None = None,
    ci_level: float = 0.95,
) -> pd.DataFrame:
    """Return the difference of two estimates from disjoint rows, row by row.

    Parameters
    ----------
    first, second : DataFrame
        Tables with ``estimate``, ``std_error``, ``conf_low``, ``conf_high``, ``n``, ``n_eff`` and perhaps ``measure``,
        in the same row order.
    prefix : str
        Name of the difference first − second.
    shared : DataFrame, optional
        What their sampling units have in common, in the same row order (see :func:`units.shared`); without it they
        are independent samples of rows.
    ci_level : float
        Level of the interval.

    Returns
    -------
    DataFrame
        ``prefix``, ``prefix_low``, ``prefix_high`` and ``p_value``: Welch's t for means and scores, Newcombe's interval
        and the pooled score test for shares, both at the sample sizes that their standard errors imply.
    """
    link, most = np.zeros(len(first)), np.full(len(first), np.inf)
    sizes = [table["n"].to_numpy() for table in (first, second)]
    if shared is not None:
        link, most = shared["correlation"].fillna(0.0).to_numpy(dtype=float), shared["df_most"].to_numpy()
        sizes = [shared[name].to_numpy() for name in ("units", "units_other")]
    one, other = (
        (table["estimate"].to_numpy(), table["std_error"].to_numpy(), size)
        for table, size in zip((first, second), sizes, strict=True)
    )
    means_ = comparison.welch(*one, *other, level=ci_level, correlation=link, df_most=most)
    shares_ = comparison.shares(*_share_parts(first), *_share_parts(second), correlation=link, df_most=most)
    is_share = (
        first["measure"].isin(SHARES).to_numpy() if "measure" in first else np.zeros(len(first), dtype=bool)
    )
    columns = {
        prefix: means_.difference,
        f"{prefix}_low": np.where(is_share, shares_.conf_low, means_.conf_low),
        f"{prefix}_high": np.where(is_share, shares_.conf_high, means_.conf_high),
        "p_value": np.where(is_share, shares_.p_value, means_.p_value),
    }
    return pd.DataFrame(columns, index=first.index)


def _share_parts(table: pd.DataFrame) -> tuple[Any, tuple[Any, Any], Any]:
    limits = table["conf_low"].to_numpy(), table["conf_high"].to_numpy()
    return table["estimate"].to_numpy(), limits, _share_size(table)


def aligned(other: pd.DataFrame, table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the rows of ``other`` in the order of ``table``; NaN where it has none.

    Parameters
    ----------
    other, table : DataFrame
        Tables with the key columns.
    keys : list of str
        Columns that name a row.

    Returns
    -------
    DataFrame
        As long as ``table`` and with its index.
    """
    found = other.set_index(keys).reindex(
        pd.MultiIndex.from_frame(table[keys]) if len(keys) > 1 else table[keys[0]]
    )
    return found.reset_index().set_index(table.index)


def suppress(
    table: pd.DataFrame, threshold: int, columns: Sequence[str], *, parts_of: str = ""
) -> pd.DataFrame:
    """Blank every figure of rows whose base is under the threshold.

    Parameters
    ----------
    table : DataFrame
        With ``n``.
    threshold : int
        Smallest base that is shown.
    columns : sequence of str
        Figures to blank.
    parts_of : str
        A column: rows of the same value there are parts of one whole, which is shown elsewhere. Where a single part
        is hidden, the next smallest is hidden too, or the whole minus the others would give it away.

    Returns
    -------
    DataFrame
        The same with a column ``suppressed``; blanked figures are NaN.
    """
    small = (table["n"] < threshold).to_numpy(copy=True)
    if parts_of:
        for rows in table.reset_index(drop=True).groupby(parts_of, sort=False).indices.values():
            n = table["n"].to_numpy()[rows]
            if ((n > 0) & (n < threshold)).sum() == 1 and (n >= threshold).any():
                small[np.asarray(rows)[np.argmin(np.where(n >= threshold, n, np.inf))]] = True
    shown = table.assign(suppressed=small)
    present = [name for name in columns if name in shown]
    shown.loc[small, present] = np.nan
    return shown


def draw_blocks(design: Design, n_boot: int, seed: int) -> NDArray[np.float64]:
    """Return how often each block counts in each bootstrap replicate.

    Parameters
    ----------
    design : Design
        How the sample was drawn.
    n_boot : int
        Number of replicates.
    seed : int
        Seed of the generator.

    Returns
    -------
    ndarray, shape (n_boot, blocks)
        Drawn within strata. Strata of a single block tell nothing about variation and are drawn together, a
        lonely one with the largest other; with a single block in all there is nothing to draw: NaN.
    """
    strata = design.block_strata
    if len(strata) < 2:
        return np.full((n_boot, len(strata)), np.nan)
    size = np.bincount(strata)
    single = size[strata] == 1
    together = -1 if single.sum() > 1 else int(size.argmax())
    fraction = design.units["fraction"].to_numpy(dtype=float)[strata]
    return resample.block_weights(len(strata), n_boot, seed, np.where(single, together, strata), fraction)


def bootstrap_sums(
    evidence: Evidence, name: str, draws: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Return the sums of a blocked request in every bootstrap replicate.

    Parameters
    ----------
    evidence : Evidence
        What a scan found.
    name : str
        A request with ``blocks=True`` and no groups.
    draws : ndarray, shape (replicates, blocks)
        How often each block was drawn.

    Returns
    -------
    dict of str to ndarray
        Shape (replicates, ...): one matrix product per sum.
    """
    moments = evidence.moments[name]
    chosen = draws[:, moments.keys["block"].to_numpy(dtype=np.intp)]
    return {key: resample.replicate_sums(chosen, array) for key, array in moments.sums.items()}
