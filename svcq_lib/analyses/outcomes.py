"""How each kind of outcome becomes columns of evidence and rows of measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from svcq_lib.analyses import estimates
from svcq_lib.evidence.collect import Design
from svcq_lib.evidence.columns import Between, Derived, Difference, Mean
from svcq_lib.evidence.moments import Moments
from svcq_lib.measures import satisfaction
from svcq_lib.measures.nps import nps_interval
from svcq_lib.stats import intervals
from svcq_lib.study import Outcome, Study

PRIMARY = {"csat": "index_100", "nps": "nps", "ces": "mean", "binary": "share", "score": "mean"}
PROMOTER, DETRACTOR = 9, 6


@dataclass(frozen=True)
class Measured:
    """One measure of one outcome and the evidence column that it is computed from."""

    outcome: Outcome
    measure: str
    column: str

    @property
    def primary(self) -> bool:
        """Whether this is the measure by which the outcome is usually quoted."""
        return PRIMARY[self.outcome.kind] == self.measure

    @property
    def high_is_good(self) -> bool:
        """Whether a higher figure is the better one."""
        if self.measure == "detractors":
            return False
        if self.outcome.kind == "ces" and self.measure == "top_box":  # the share who found it easy
            return True
        return self.outcome.better == "high"


def column_of(outcome: Outcome) -> str:
    """Return the evidence column that holds an outcome's answer."""
    return f"outcome.{outcome.name}"


def derived_of(study: Study, outcomes: Sequence[Outcome]) -> dict[str, Derived]:
    """Return the derived columns that the measures of these outcomes need.

    Parameters
    ----------
    study : Study
        The study.
    outcomes : sequence of Outcome
        Outcomes of the study.

    Returns
    -------
    dict of str to Derived
        Composites, top boxes, and promoter, detractor and net scores.
    """
    found: dict[str, Derived] = {}
    for outcome in outcomes:
        column = column_of(outcome)
        if len(outcome.columns) > 1:
            parts = tuple(f"{column}.{i}" for i in range(1, len(outcome.columns) + 1))
            found[column] = Mean(parts, outcome.min_answered or len(parts), outcome.combine == "sum")
        low, high = top_box_of(outcome)
        if outcome.kind == "nps":
            found[f"{column}.promoters"] = Between(column, PROMOTER, outcome.scale.high)
            found[f"{column}.detractors"] = Between(column, outcome.scale.low, DETRACTOR)
            found[f"{column}.net"] = Difference(f"{column}.promoters", f"{column}.detractors")
        elif outcome.kind in ("csat", "ces"):
            found[f"{column}.top_box"] = Between(column, low, high)
    return found


def top_box_of(outcome: Outcome) -> tuple[float, float]:
    """Return the range of answers that count as satisfied (or easy): the best two unless declared."""
    scale = outcome.scale
    if outcome.kind == "ces" and outcome.high_is == "hard":
        return scale.low, scale.low + 1 if outcome.top_box is None else outcome.top_box
    return scale.high - 1 if outcome.top_box is None else outcome.top_box, scale.high


def measures_of(outcome: Outcome) -> tuple[Measured, ...]:
    """Return the measures reported for an outcome, the primary one first."""
    column = column_of(outcome)
    by_kind = {
        "csat": (("index_100", column), ("mean", column), ("top_box", f"{column}.top_box")),
        "ces": (("mean", column), ("top_box", f"{column}.top_box")),
        "nps": (
            ("nps", f"{column}.net"),
            ("promoters", f"{column}.promoters"),
            ("detractors", f"{column}.detractors"),
        ),
        "binary": (("share", column),),
        "score": (("mean", column),),
    }
    return tuple(Measured(outcome, measure, name) for measure, name in by_kind[outcome.kind])


def measured_means(
    moments: Moments, design: Design, measured: Sequence[Measured], by: Sequence[str] = (), *, ci_level: float
) -> pd.DataFrame:
    """Return the measures of outcomes with the interval that belongs to each kind.

    Parameters
    ----------
    moments : Moments
        Sums of the columns of these measures.
    design : Design
        How the sample was drawn.
    measured : sequence of Measured
        What to report.
    by : sequence of str
        Group columns to keep.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row per group and measure: group columns, ``outcome``, ``measure``, ``primary``, ``high_is_good``,
        ``estimate``, ``std_error``, ``conf_low``, ``conf_high``, ``n``, ``n_eff``. Means use Student's t, shares
        Wilson's interval, the net promoter score its multinomial variance (p + d − (p − d)²)/n (Wald, cut at ±100).
        Where a design leaves few degrees of freedom, Student's t takes the place of z in the last two.
    """
    table = estimates.means(moments, design, by, ci_level=ci_level)
    parts = [_scaled(table[table["column"] == one.column], one, ci_level) for one in measured]
    order = [*by, "outcome", "measure", "primary", "high_is_good", *estimates.INTERVAL, "n", "n_eff"]
    return pd.concat(parts, ignore_index=True)[order]


def _scaled(table: pd.DataFrame, one: Measured, ci_level: float) -> pd.DataFrame:
    facts = {"outcome": one.outcome.name, "measure": one.measure}
    table = table.assign(**facts, primary=one.primary, high_is_good=one.high_is_good)
    if one.measure in ("share", "top_box", "promoters", "detractors"):
        return estimates.share_intervals(table, ci_level=ci_level)
    if one.measure == "index_100":
        return _linear(table, one.outcome)
    if one.measure == "nps":
        n = table["n"].clip(lower=1)
        table = table.assign(
            estimate=100 * table["estimate"], std_error=100 * table["std_error"] * np.sqrt((n - 1) / n)
        )
        low, high = intervals.t_interval(
            table["estimate"].to_numpy(), table["std_error"].to_numpy(), estimates.design_df(table), ci_level
        )
        # all answers of one kind: Wald's interval has no width; the adjusted one keeps its level
        net = table["estimate"].to_numpy() / 100
        share = np.maximum(net, 0), np.maximum(-net, 0)
        sure_low, sure_high = nps_interval(*share, table["n_eff"].to_numpy(), ci_level)
        flat = table["std_error"].to_numpy() == 0
        return table.assign(
            conf_low=np.where(flat, sure_low, np.maximum(low, -100)),
            conf_high=np.where(flat, sure_high, np.minimum(high, 100)),
        )
    return table


def _linear(table: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    low, high = outcome.scale.low, outcome.scale.high
    moved = {
        name: satisfaction.index_100(table[name], low, high) for name in ("estimate", "conf_low", "conf_high")
    }
    return table.assign(**moved, std_error=table["std_error"] * 100 / (high - low))
