"""Does a driver punish when it is bad, or reward when it is good? The penalty–reward contrast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses import estimates
from svcq_lib.errors import Note, ParameterError
from svcq_lib.evidence.collect import Evidence
from svcq_lib.evidence.columns import Between, Derived, Present
from svcq_lib.evidence.needs import Cells, EvidenceNeeds, Tally
from svcq_lib.stats import intervals, matrices, penalty_reward
from svcq_lib.stats.multiplicity import adjust
from svcq_lib.study import Scale, Study

Array = NDArray[np.float64]
ENDS = 0.25
EDGES = (-0.4, -0.1, 0.1, 0.4)
"""Where the categories part: a convention of Mikulić and Prebežac (2008)."""
CATEGORIES = ("frustrator", "dissatisfier", "hybrid", "satisfier", "delighter")
FACTORS = ("basic", "performance_factor", "excitement")
"""Basic: frustrator or dissatisfier; excitement: satisfier or delighter."""
COLUMNS = [
    "reward", "reward_low", "reward_high", "penalty", "penalty_low", "penalty_high", "range", "asymmetry",
    "asymmetry_low", "asymmetry_high", "bend", "bend_low", "bend_high", "p_value", "p_adjusted", "category",
    "p_category", "factor", "p_factor", "shown", "high_from", "low_to", "n_reward",
    "n_penalty", "n",
]  # fmt: skip


def scales_of(study: Study, terms: dict[str, str]) -> dict[str, Scale]:
    """Return the scale that each driver is answered on.

    Parameters
    ----------
    study : Study
        The study.
    terms : dict
        Driver → its dimension.

    Returns
    -------
    dict
        Driver → scale, without the drivers that have none; a dimension has that of its items if they share one.
    """
    whole, found = study.instrument.scale, {}
    for name, dimension in terms.items():
        items = next(one for one in study.instrument.dimensions if one.name == dimension).items
        asked = [one.perception for one in items if one.perception and name in (one.name, dimension)]
        scales = {(one.low, one.high) for one in (column.scale or whole for column in asked) if one}
        if len(scales) == 1:
            found[name] = Scale(low=min(scales)[0], high=min(scales)[1])
    return found


def needs(
    columns: Sequence[str], terms: Sequence[str], scales: dict[str, Scale], ends: float, *, listwise: bool
) -> EvidenceNeeds:
    """Return what the contrast reads from the rows.

    Parameters
    ----------
    columns : sequence of str
        Evidence columns of the outcome, the drivers and what is held constant.
    terms : sequence of str
        The drivers.
    scales : dict
        From :func:`scales_of`.
    ends : float
        Part of the scale's length that counts as each end: 0 for the last answer alone, below 0.5.
    listwise : bool
        Whether only complete answers count.

    Returns
    -------
    EvidenceNeeds
        Pairs of the outcome, both ends of every driver and what is held constant, by bootstrap block; the answers
        to each driver.

    Raises
    ------
    ParameterError
        If the ends are not from 0 to below 0.5.
    """
    if not 0 <= ends < 0.5:
        raise ParameterError(
            f"asymmetry_ends is {ends:g}. Set it from 0 (the last answer alone) to below 0.5."
        )
    derived: dict[str, Derived] = {}
    source = dict(zip(columns, columns, strict=True))
    if listwise:
        source = {name: f"ends.{name}" for name in columns}
        derived |= {f"ends.{name}": Present(name, tuple(columns)) for name in columns}
    at = dict(zip(terms, columns[1 : 1 + len(terms)], strict=True))
    asked, tallies = [source[columns[0]]], {}
    for name, scale in scales.items():
        part, own = ends * (scale.high - scale.low), source[at[name]]
        derived[f"reward.{name}"] = Between(own, scale.high - part, np.inf)
        derived[f"penalty.{name}"] = Between(own, -np.inf, scale.low + part)
        asked += [f"reward.{name}", f"penalty.{name}"]
        tallies[f"drivers.answers.{name}"] = Tally(own)
    asked += [source[name] for name in columns[1 + len(terms) :]]
    return EvidenceNeeds(derived, {"drivers.ends": Cells(tuple(asked), cross=True, blocks=True)}, tallies)


def asymmetry(
    study: Study,
    evidence: Evidence,
    terms: Sequence[str],
    scales: dict[str, Scale],
    ends: float,
    *,
    weights: Array,
    ci_level: float,
    better: Literal["high", "low"] = "high",
) -> tuple[pd.DataFrame, list[Note]]:
    """Return the penalty and the reward of each driver.

    Parameters
    ----------
    study : Study
        The study.
    evidence : Evidence
        What a scan with :func:`needs` found.
    terms : sequence of str
        The drivers.
    scales : dict
        From :func:`scales_of`.
    ends : float
        As in :func:`needs`.
    weights : ndarray, shape (replicates, blocks)
        Bootstrap draws.
    ci_level : float
        Level of the intervals, and the least probability of a category that is spoken of.
    better : {"high", "low"}
        Which outcome is the good one.

    Returns
    -------
    table : DataFrame, one row per driver, widest range first
        As :class:`~svcq_lib.analyses.drivers.DriverResult` describes it.
    notes : list of Note
        Caveats.
    """
    groups = pd.DataFrame([_groups(evidence, name, scales, ends) for name in terms], index=list(terms))
    limit = study.thresholds.suppress
    kept = groups.index[groups[["n_reward", "n_middle", "n_penalty"]].min(axis=1) >= limit].tolist()
    table = groups.rename_axis("term").reset_index()
    table = table[["term", "high_from", "low_to", "n_reward", "n_penalty", "n"]]
    fitted = _fitted(evidence, kept, groups.loc[kept], weights, ci_level, limit) if kept else None
    if fitted is None:
        table = table.reindex(columns=["term", *COLUMNS])
        kept = []
    else:
        fitted["shown"] = _shown(fitted, 1 if better == "high" else -1, ci_level)
        table = table.merge(fitted, on="term", how="left")[["term", *COLUMNS]]
    words = ["category", "factor"]
    table[words] = table[words].astype(object).fillna("")
    table["shown"] = table["shown"].eq(True)
    left = [name for name in terms if name not in kept]
    notes = [Note("ends_too_small", {"terms": left, "limit": limit})] if left else []
    return table.sort_values("range", ascending=False, kind="stable", ignore_index=True), notes


def _groups(evidence: Evidence, name: str, scales: dict[str, Scale], ends: float) -> dict[str, float]:
    """Return answers and mean answer of both ends and of what lies between."""
    found = dict.fromkeys(("n_reward", "n_middle", "n_penalty", "n"), 0.0)
    if name not in scales:
        return found | dict.fromkeys(("reward", "middle", "penalty", "high_from", "low_to"), np.nan)
    scale, tally = scales[name], evidence.tallies[f"drivers.answers.{name}"]
    part = ends * (scale.high - scale.low)
    answer = tally.iloc[:, 0].to_numpy(dtype=float)
    n, sw = tally["n"].to_numpy(dtype=float), tally["sw"].to_numpy(dtype=float)
    upper, lower = answer >= scale.high - part, answer <= scale.low + part
    for group, mask in (("reward", upper), ("penalty", lower), ("middle", ~upper & ~lower)):
        found[f"n_{group}"] = float(n[mask].sum())
        found[group] = float((sw[mask] * answer[mask]).sum() / sw[mask].sum()) if mask.any() else np.nan
    found["high_from"] = float(answer[upper].min()) if upper.any() else np.nan
    found["low_to"] = float(answer[lower].max()) if lower.any() else np.nan
    return found | {"n": float(n.sum())}


def _fitted(
    evidence: Evidence, kept: list[str], groups: pd.DataFrame, weights: Array, ci_level: float, limit: int
) -> pd.DataFrame | None:
    """Return coefficients, asymmetry and categories of the drivers that can be fitted; None if none can."""
    moments = evidence.moments["drivers.ends"]
    wanted = {f"{end}.{name}" for name in kept for end in ("reward", "penalty")}
    ends = ("reward.", "penalty.")
    rows = [i for i, one in enumerate(moments.columns) if one in wanted or not one.startswith(ends)]
    sums = {key: array.sum(axis=0)[None] for key, array in moments.sums.items()}
    point = _coefficients(sums, rows)[0]
    base = sums["n"][0][np.ix_(rows, rows)].min()
    if not np.isfinite(point).all() or base < max(limit, len(rows) + 1):
        return None
    drawn = _coefficients(estimates.bootstrap_sums(evidence, "drivers.ends", weights), rows)
    up, down = np.arange(len(kept)) * 2, np.arange(len(kept)) * 2 + 1
    table, both = pd.DataFrame({"term": kept}), (point[up], point[down], drawn[:, up], drawn[:, down])
    for name, estimate, draws in (
        ("reward", both[0], both[2]),
        ("penalty", both[1], both[3]),
        ("asymmetry", penalty_reward.asymmetry(*both[:2]), penalty_reward.asymmetry(*both[2:])),
        ("bend", _bend(*both[:2], groups), _bend(*both[2:], groups)),
    ):
        table[name] = estimate
        table[f"{name}_low"], table[f"{name}_high"] = intervals.percentile_interval(draws, ci_level)
    table["range"] = penalty_reward.impact_range(*both[:2])
    table["p_value"] = _p_value(table["bend"].to_numpy(), _bend(*both[2:], groups))
    table["p_adjusted"] = adjust(table["p_value"].to_numpy(), "holm")
    return _categorised(table, penalty_reward.asymmetry(*both[2:]))


def _bend(reward: Array, penalty: Array, groups: pd.DataFrame) -> Array:
    return penalty_reward.bend(
        reward, penalty, *(groups[name].to_numpy() for name in ("penalty", "middle", "reward"))
    )


def _p_value(estimate: Array, draws: Array) -> Array:
    """Return two-sided p-values by the standard deviation of the replicates; NaN without two of them."""
    whole = draws[np.isfinite(draws).all(axis=1)]
    spread = whole.std(axis=0, ddof=1) if len(whole) > 1 else np.full(len(estimate), np.nan)
    return intervals.z_p_value(estimate / spread)


def _coefficients(sums: dict[str, Array], rows: list[int]) -> Array:
    """Return the coefficients of every matrix of pairs, outcome first; NaN where it is improper."""
    chosen = {key: array[:, rows][:, :, rows] for key, array in sums.items()}
    matrix = matrices.correlation_from_moments(**chosen)
    diagonal = {key: np.diagonal(array, axis1=1, axis2=2) for key, array in chosen.items()}
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(diagonal["swxx"] / diagonal["sw"] - (diagonal["swx"] / diagonal["sw"]) ** 2)
    return penalty_reward.coefficients(matrix[:, 1:, 1:], matrix[:, 1:, 0], spread[:, 1:], spread[:, 0])


def _categorised(table: pd.DataFrame, uneven: Array) -> pd.DataFrame:
    """Add categories with their probabilities."""
    bands = penalty_reward.band_shares(uneven, EDGES)
    factors = np.column_stack([bands[:, :2].sum(axis=1), bands[:, 2], bands[:, 3:].sum(axis=1)])
    for name, codes, shares in (("category", CATEGORIES, bands), ("factor", FACTORS, factors)):
        most = np.where(np.isfinite(shares), shares, 0).argmax(axis=1)
        table[name] = [codes[i] for i in most]
        table[f"p_{name}"] = shares[np.arange(len(most)), most]
    return table


def _shown(table: pd.DataFrame, good: int, ci_level: float) -> NDArray[np.bool_]:
    """Return which factors may be spoken of: likely, with an effect on their side, and bent the same way."""
    bent = good * table["bend"].where(table["p_adjusted"] < 1 - ci_level)
    punishes = (table["penalty_high"] < 0) if good > 0 else (table["penalty_low"] > 0)
    rewards = (table["reward_low"] > 0) if good > 0 else (table["reward_high"] < 0)
    # a straight line is uneven too where the middle answers do not lie halfway: that is no finding
    found = {
        "basic": punishes & (bent < 0),
        "excitement": rewards & (bent > 0),
        "performance_factor": punishes & rewards,
    }
    known = np.select([table["factor"] == name for name in found], list(found.values()), default=False)
    return np.asarray(known & (table["p_factor"] >= ci_level), dtype=bool)
