"""How does this unit stand beside all others? The scorecard of a unit against the rest of its study."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svcq_lib.analyses import compare, estimates
from svcq_lib.analyses.outcomes import Measured
from svcq_lib.evidence.collect import Evidence
from svcq_lib.evidence.moments import Moments
from svcq_lib.evidence.needs import Cells
from svcq_lib.stats.multiplicity import Method, adjust
from svcq_lib.study import Study

REQUEST, SIDE = "scores.peers", "side"
PEERS = [
    "outcome", "measure", "high_is_good", "estimate", "conf_low", "conf_high", "peers", "peers_low", "peers_high",
    "difference", "difference_low", "difference_high", "p_value", "p_adjusted", "effect_size", "effect_size_low",
    "effect_size_high", "n", "n_peers", "suppressed",
]  # fmt: skip
FIGURES = ("estimate", "std_error", "conf_low", "conf_high", "n_eff")


def peer_cells(study: Study, columns: Sequence[str]) -> dict[str, Cells]:
    """Return the request for the sums of a unit and of all others.

    Parameters
    ----------
    study : Study
        The study, with its filters.
    columns : sequence of str
        Columns of the primary measures.

    Returns
    -------
    dict of str to Cells
        Cells of every level of the segments that rows are restricted to, so that one scan serves all units; nothing
        without filters.
    """
    by = tuple(f"segment.{name}" for name in study.filters)
    return {REQUEST: Cells(tuple(columns), by=by, peers=True)} if by else {}


def peer_table(
    study: Study,
    evidence: Evidence,
    measured: Sequence[Measured],
    shown: compare.Shown,
    *,
    method: Method,
    ci_level: float,
) -> pd.DataFrame:
    """Return the primary measures of a unit beside those of all other rows of the same period.

    Parameters
    ----------
    study : Study
        The study, with its filters.
    evidence : Evidence
        With the moments of :func:`peer_cells`.
    measured : sequence of Measured
        The primary measures.
    shown : callable
        Makes a table of estimates.
    method : {"holm", "bh", "by", "none"}
        Multiplicity control over the measures.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        outcome, measure, high_is_good, estimate, conf_low, conf_high, peers (the figure of all others), peers_low,
        peers_high, difference with interval, p_value, p_adjusted, effect_size (the difference over the standard
        deviation of the others' answers; positive is better) with interval, n, n_peers, suppressed. Blank where either
        side is small: one side and the whole would give the other away. Empty without the moments or without others.
    """
    if REQUEST not in evidence.moments:
        return pd.DataFrame(columns=PEERS)
    unit, others = _sides(evidence.moments[REQUEST], study)
    if not (len(unit.keys) and len(others.keys)):
        return pd.DataFrame(columns=PEERS)
    table = shown(unit, ())
    rest = estimates.aligned(shown(others, ()), table, ["outcome", "measure"])
    small = (table["n"] < study.thresholds.suppress) | (rest["n"] < study.thresholds.suppress)
    table, rest = _blank(table, small), _blank(rest, small)
    table = table.join(compare.differences(unit, others, evidence.design, (table, rest), ci_level=ci_level))
    table["p_adjusted"] = adjust(table["p_value"].to_numpy(), method)
    table = table.assign(
        peers=rest["estimate"], peers_low=rest["conf_low"], peers_high=rest["conf_high"], n_peers=rest["n"],
        suppressed=small,
    )  # fmt: skip
    return _sized(table, _spreads(others, evidence, measured, ci_level))[PEERS]


def _sides(moments: Moments, study: Study) -> tuple[Moments, Moments]:
    """Return the cells of the unit and those of all others; rows without a level belong to neither."""
    keys = [f"segment.{name}" for name in study.filters]
    own = (moments.keys[keys] == list(study.filters.values())).all(axis=1)
    side = np.where(own, "unit", "others")
    split = Moments(moments.columns, moments.keys.drop(columns=keys).assign(**{SIDE: side}), moments.sums)
    return split.where(**{SIDE: "unit"}), split.where(**{SIDE: "others"})


def _blank(table: pd.DataFrame, small: pd.Series) -> pd.DataFrame:
    return table.assign(**{name: table[name].mask(small) for name in FIGURES})


def _spreads(
    others: Moments, evidence: Evidence, measured: Sequence[Measured], ci_level: float
) -> dict[tuple[str, str], float]:
    """Return the standard deviation of the others' answers by outcome and measure, in units of the measure."""
    table = estimates.means(others, evidence.design, ci_level=ci_level).set_index("column")["std_dev"]
    return {(one.outcome.name, one.measure): float(table[one.column]) * _unit(one) for one in measured}


def _unit(one: Measured) -> float:
    """Return how much of a measure one unit of its column is."""
    if one.measure == "index_100":
        return 100 / (one.outcome.scale.high - one.outcome.scale.low)
    return 100.0 if one.measure == "nps" else 1.0


def _sized(table: pd.DataFrame, spreads: dict[tuple[str, str], float]) -> pd.DataFrame:
    pairs = zip(table["outcome"], table["measure"], strict=True)
    spread = pd.Series([spreads[pair] for pair in pairs], index=table.index)
    scale = table["high_is_good"].map({True: 1.0, False: -1.0}) / spread.where(spread > 0)
    ends = (table[["difference_low", "difference_high"]].to_numpy() * scale.to_numpy()[:, None]).T
    return table.assign(
        effect_size=table["difference"] * scale, effect_size_low=np.minimum(*ends), effect_size_high=np.maximum(*ends)
    )  # fmt: skip
