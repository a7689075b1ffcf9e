"""What else can be said of drivers: which differ, which dimensions matter, which methods agree, which dominate."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from svcq_lib.analyses.driver_basis import Reduced
from svcq_lib.analyses.driver_parts import Parts, ranked
from svcq_lib.errors import MethodError
from svcq_lib.stats import owen, relimp

Array = NDArray[np.float64]
METHODS = ("lmg", "relative_weights", "first", "last", "betasq", "pratt", "car", "beta")
"""Methods of the agreement panel."""
TOP = 3


START = 0.1
"""Part of an average share that is added before logarithms are taken, so that shares near nought stay comparable."""
KURTOSIS = 9.0
"""Of the product of two normal answers, which correlations are means of."""


def pairs(
    table: pd.DataFrame, names: list[str], draws: Array, ci_level: float, information: float = np.inf
) -> pd.DataFrame:
    """Return the differences of all pairs of shares, with intervals and p-values that hold for all pairs at once.

    Parameters
    ----------
    table : DataFrame
        Drivers, strongest first: term, share, n.
    names : list of str
        Order of the drivers in the draws.
    draws : ndarray, shape (replicates, p)
        Bootstrap replicates of the shares.
    ci_level : float
        Simultaneous level.
    information : float
        Effective number of answers.

    Returns
    -------
    DataFrame
        first, second, difference, std_error, conf_low, conf_high, p_adjusted, n (of the smaller base); NaN without
        replicates or without variation.

    Notes
    -----
    The quantile is that of the largest standardized difference among all pairs of a replicate (single-step max-t,
    Westfall and Young 1993). Shares are compared by their logarithms (of the share and a tenth of an average one),
    since the error of a share grows with it: compared as they are, equal drivers were told apart in 6.5 % of simulated
    studies. Errors are means of squares of products of answers, so Student's t has 2/(kurtosis − 1) times the answers
    as degrees of freedom. Intervals are of the difference itself and exclude 0 where the test does.
    """
    order = [names.index(term) for term in table["term"]]
    i, j = np.triu_indices(len(order), 1)
    share, n = table["share"].to_numpy(), table["n"].to_numpy()
    difference, error = share[i] - share[j], np.full(len(i), np.nan)
    p = np.full(len(i), np.nan)
    half = error.copy()
    if len(draws) > 1:
        drawn = draws[:, order]
        error = (drawn[:, i] - drawn[:, j]).std(axis=0, ddof=1)
        error = np.where(error > 0, error, np.nan)
        start = START / len(order)
        logs, moved = np.log(share + start), np.log(np.maximum(drawn, 0) + start)
        moved = moved[:, i] - moved[:, j]
        spread = np.where(np.isnan(error), np.nan, moved.std(axis=0, ddof=1))
        largest = np.nanmax(np.abs(moved - moved.mean(axis=0)) / spread, axis=1, initial=0.0)
        statistic = np.abs(logs[i] - logs[j]) / spread
        df = max(2 / (KURTOSIS - 1) * information, 1.0)
        limit = -special.stdtrit(df, special.ndtr(-np.quantile(largest, ci_level)))
        reached = largest[:, None] >= -special.ndtri(special.stdtr(df, -statistic))
        p = np.where(np.isnan(error), np.nan, (1 + reached.sum(axis=0)) / (1 + len(draws)))
        with np.errstate(divide="ignore", invalid="ignore"):
            half = limit * np.where(statistic > 0, np.abs(difference) / statistic, error)
    return pd.DataFrame(
        {
            "first": table["term"].to_numpy()[i],
            "second": table["term"].to_numpy()[j],
            "difference": difference,
            "std_error": error,
            "conf_low": difference - half,
            "conf_high": difference + half,
            "p_adjusted": p,
            "n": np.minimum(n[i], n[j]),
        }
    )


def tiers(table: pd.DataFrame, compared: pd.DataFrame) -> list[float]:
    """Return the tier of each driver, 1 for the leaders.

    Parameters
    ----------
    table : DataFrame
        Drivers, strongest first.
    compared : DataFrame
        From :func:`pairs`.

    Returns
    -------
    list of float
        A driver opens a new tier when the first driver of the current one is ahead of it by more than the simultaneous
        interval allows for; NaN where there are no intervals.
    """
    if compared["conf_low"].isna().all():
        return [np.nan] * len(table)
    sure = (compared["conf_low"] > 0).to_numpy()
    ahead = dict(zip(zip(compared["first"], compared["second"], strict=True), sure, strict=True))
    found, leader, tier = [], str(table["term"].iloc[0]), 1
    for term in table["term"]:
        if term != leader and ahead[leader, term]:
            leader, tier = term, tier + 1
        found.append(float(tier))
    return found


def groups_of(names: list[str], dimension: dict[str, str]) -> dict[str, list[int]]:
    """Return the positions of the drivers of each dimension."""
    found: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        found.setdefault(dimension[name], []).append(i)
    return found


def grouped(
    members: dict[str, list[int]],
    basis: Reduced,
    n: Array,
    good: NDArray[np.bool_],
    ci_level: float,
    information: float,
) -> tuple[pd.DataFrame, Array]:
    """Return what whole dimensions contribute, and the Owen values of their items.

    Parameters
    ----------
    members : dict
        Dimension → positions of its drivers.
    basis : Reduced
        Proper correlations and their replicates.
    n : ndarray, shape (p,)
        Bases of the drivers.
    good : ndarray of bool, shape (n_boot,)
        Replicates that could be decomposed.
    ci_level : float
        Level of the intervals.
    information : float
        Effective number of answers.

    Returns
    -------
    groups : DataFrame, one row per dimension, strongest first
        dimension, share, conf_low, conf_high, rank, rank_low, rank_high, terms, n (of its smallest driver), tier;
        empty
        where no dimension has two drivers, there is only one, or there are too many to be exact.
    owen : ndarray, shape (p,)
        Items' values as shares of R²; NaN where there are no groups.
    """
    parts, nothing = list(members.values()), np.full(len(n), np.nan)
    if len(parts) < 2 or max(map(len, parts)) < 2:
        return pd.DataFrame(), nothing
    try:
        values = owen.owen(basis.matrix[1:, 1:], basis.matrix[1:, 0], parts)
        drawn = owen.group_shares(basis.draws[good, 1:, 1:], basis.draws[good, 1:, 0], parts)
    except MethodError:
        return pd.DataFrame(), nothing
    values = values / values.sum()
    share = np.array([values[one].sum() for one in parts])
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    table = pd.DataFrame(
        {
            "dimension": list(members),
            **ranked(share, drawn / drawn.sum(axis=1, keepdims=True), ci_level),
            "terms": [len(one) for one in parts],
            "n": [float(n[one].min()) for one in parts],
        }
    )
    table = table.sort_values("share", ascending=False, kind="stable", ignore_index=True)
    drawn = drawn / drawn.sum(axis=1, keepdims=True)
    leaders = pairs(table.rename(columns={"dimension": "term"}), list(members), drawn, ci_level, information)
    table["tier"] = tiers(table.rename(columns={"dimension": "term"}), leaders)
    return table, values


def methods(names: list[str], basis: Reduced, point: Parts, n: Array) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return every driver under every method, and how far the methods agree.

    Parameters
    ----------
    names : list of str
        The drivers.
    basis : Reduced
        Proper correlations.
    point : Parts
        Estimates.
    n : ndarray, shape (p,)
        Bases of the drivers.

    Returns
    -------
    methods : DataFrame, one row per method and driver
        method, term, estimate (in units of R²; β for "beta"), rank (of the size), n.
    agreement : DataFrame, one row per pair of methods
        first, second, correlation (Spearman, of the ranks), shared (drivers that are in the top three of both), n.
    """
    R, r, left = basis.matrix[1:, 1:], basis.matrix[1:, 0], basis.left[0]
    values = {name: left * getattr(relimp, name)(R, r) for name in ("first", "last", "pratt", "car")}
    values |= {"lmg": point.lmg, "relative_weights": point.relative_weights}
    values |= {"beta": point.beta, "betasq": point.beta**2}
    ranks = {name: _ranks(values[name]) for name in METHODS}
    table = pd.concat(
        [
            pd.DataFrame(
                {"method": name, "term": names, "estimate": values[name], "rank": ranks[name], "n": n}
            )
            for name in METHODS
        ],
        ignore_index=True,
    )
    rows = []
    for one, other in itertools.combinations(METHODS, 2):
        top = [set(np.flatnonzero(ranks[name] <= TOP)) for name in (one, other)]
        rows.append(
            (one, other, _correlation(ranks[one], ranks[other]), len(top[0] & top[1]), float(n.min()))
        )
    return table, pd.DataFrame(rows, columns=["first", "second", "correlation", "shared", "n"])


def _ranks(values: Array) -> Array:
    """Return the ranks of the sizes, 1 for the largest; equal sizes share the best."""
    size = np.abs(values)
    return np.asarray(1.0 + (size[:, None] < size[None, :]).sum(axis=1))


def _correlation(one: Array, other: Array) -> float:
    return float(np.corrcoef(one, other)[0, 1]) if one.std() and other.std() else np.nan


def dominance(
    names: list[str], members: dict[str, list[int]], basis: Reduced, point: Parts, n: Array
) -> pd.DataFrame:
    """Return which drivers, and which dimensions, add more than which others in every model.

    Parameters
    ----------
    names : list of str
        The drivers.
    members : dict
        Dimension → positions of its drivers.
    basis : Reduced
        Proper correlations.
    point : Parts
        Estimates.
    n : ndarray, shape (p,)
        Bases of the drivers.

    Returns
    -------
    DataFrame, one row per pair of which the first adds more on average at every size of model
        level ("term" or "dimension"), first, second, complete (whether it adds more in every single model; NA beyond 16
        drivers), n.
    """
    R, r, rows = basis.matrix[1:, 1:], basis.matrix[1:, 0], []
    if point.levels is not None:
        complete = relimp.complete_dominance(R, r) if len(r) <= relimp.MAX_PAIRWISE else None
        for i, j in _conditional(point.levels):
            sure = pd.NA if complete is None else bool(complete[i, j])
            rows.append(("term", names[i], names[j], sure, float(min(n[i], n[j]))))
    if 1 < len(members) <= owen.MAX_GROUPS and max(map(len, members.values())) > 1:
        union = owen.group_r_squared(R[None], r[None], list(members.values()))[:, 0]
        order = list(members)
        base = [float(n[members[name]].min()) for name in order]
        for i, j in _conditional(_levels(union, len(order))):
            rows.append(("dimension", order[i], order[j], _always(union, i, j), min(base[i], base[j])))
    table = pd.DataFrame(rows, columns=["level", "first", "second", "complete", "n"])
    return table.astype({"complete": "boolean"})


def _conditional(levels: Array) -> list[tuple[int, int]]:
    """Return the pairs of rows of which the first is larger in every column."""
    larger = (levels[:, None, :] > levels[None, :, :]).all(axis=2)
    return [(int(i), int(j)) for i, j in np.argwhere(larger)]


def _levels(union: Array, m: int) -> Array:
    """Return the mean contribution of each group by number of groups already in the model."""
    sets = np.arange(1 << m)
    size = np.bitwise_count(sets)
    found = np.empty((m, m))
    for k in range(m):
        without = sets[sets >> k & 1 == 0]
        added = union[without | 1 << k] - union[without]
        found[k] = np.bincount(size[without], added) / np.bincount(size[without])
    return found


def _always(union: Array, i: int, j: int) -> bool:
    sets = np.arange(len(union))
    others = sets[(sets >> i & 1 == 0) & (sets >> j & 1 == 0)]
    return bool((union[others | 1 << i] > union[others | 1 << j]).all())
