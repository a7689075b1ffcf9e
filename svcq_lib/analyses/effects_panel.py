"""Units by periods: the table that an effect is estimated from, made of sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib import periods
from svcq_lib.evidence.moments import Moments
from svcq_lib.study import Outcome

Array = NDArray[np.float64]
BEFORE, RAMP, AFTER = -1, 0, 1


@dataclass(frozen=True)
class Quantity:
    """One figure to evaluate.

    Attributes
    ----------
    term : str
        Dimension, item, outcome or initiative.
    measure : str
        ``"mean"``, ``"gap"``, ``"index_100"``, ``"nps"`` or ``"share"``.
    column : str
        Evidence column.
    high_is_good : bool
        Whether a higher figure is the better one.
    zero, unit : float
        The column's value x is shown as (x − zero) · unit.
    scale_top : float
        Highest value that the figure can have; NaN where a sentence needs none (shares, NPS).
    """

    term: str
    measure: str
    column: str
    high_is_good: bool = True
    zero: float = 0.0
    unit: float = 1.0
    scale_top: float = float("nan")


def of_outcome(outcome: Outcome, measure: str, column: str, high_is_good: bool) -> Quantity:
    """Return the figure of an outcome, on the scale in which its measure is quoted."""
    if measure == "index_100":
        low, high = outcome.scale.low, outcome.scale.high
        return Quantity(outcome.name, measure, column, high_is_good, low, 100 / (high - low), 100.0)
    if measure == "mean":
        return Quantity(outcome.name, measure, column, high_is_good, scale_top=outcome.scale.high)
    return Quantity(outcome.name, measure, column, high_is_good, unit=100.0 if measure == "nps" else 1.0)


@dataclass(frozen=True, eq=False)
class Panel:
    """One figure by unit and period.

    Attributes
    ----------
    units, periods : tuple of str
        Names; periods in time order.
    phase : ndarray of int, shape (periods,)
        −1 before the start, 0 in the ramp, 1 after it.
    time : ndarray of int, shape (periods,)
        Number of each period, counted in months or quarters from the first: what is missing leaves a hole.
    treated : ndarray of bool, shape (units,)
        Units with the programme.
    mean, weight, n, n_eff : ndarray, shape (units, periods)
        Weighted mean (NaN without answers), sum of weights, answers, effective answers.
    std_dev : float
        Pooled standard deviation of answers inside cells.
    """

    units: tuple[str, ...]
    periods: tuple[str, ...]
    phase: NDArray[np.intp]
    time: NDArray[np.intp]
    treated: NDArray[np.bool_]
    mean: Array
    weight: Array
    n: Array
    n_eff: Array
    std_dev: float

    def during(self, mask: NDArray[np.bool_]) -> Panel:
        """Return the panel of some periods."""
        return replace(
            self,
            periods=tuple(np.array(self.periods, dtype=object)[mask]),
            phase=self.phase[mask],
            time=self.time[mask],
            **{name: getattr(self, name)[:, mask] for name in ("mean", "weight", "n", "n_eff")},
        )

    def settled(self) -> Panel:
        """Return the panel without the months of the ramp."""
        return self.during(self.phase != RAMP)

    def answers(self, treated: bool, after: bool) -> int:
        """Return the answers of one group before or after."""
        mask = self.phase == (AFTER if after else BEFORE)
        return int(self.n[self.treated == treated][:, mask].sum())


def phases(names: Sequence[str], start: str, ramp: int) -> NDArray[np.intp]:
    """Return whether months lie before the start, in the ramp or after it.

    Parameters
    ----------
    names : sequence of str
        Months.
    start : str
        The first period of the programme; its first month counts.
    ramp : int
        Months of partial effect.

    Returns
    -------
    ndarray of int
        −1, 0 or 1.
    """
    first = months_of(start)
    at = np.array([months_of(name) for name in names], dtype=np.intp)
    return np.where(at < first, BEFORE, np.where(at < first + ramp, RAMP, AFTER)).astype(np.intp)


def months_of(name: str) -> int:
    """Return the number of the month in which a period begins."""
    day = periods.parse(name).start
    return 12 * day.year + day.month - 1


def panel(
    moments: Moments,
    quantity: Quantity,
    *,
    unit: str,
    treated: Sequence[str],
    start: str,
    ramp: int,
    grain: Literal["month", "quarter"] = "month",
) -> Panel:
    """Return the panel of one figure.

    Parameters
    ----------
    moments : Moments
        Sums by ``segment.UNIT`` and month.
    quantity : Quantity
        The figure.
    unit : str
        Segment whose levels are the units.
    treated : sequence of str
        Levels with the programme.
    start, ramp : str, int
        First period, and months of partial effect.
    grain : {"month", "quarter"}
        Length of the periods; a quarter is cut where the programme's phases meet inside it.

    Returns
    -------
    Panel
        One row per unit of the table, without periods in which nobody answered.
    """
    both = moments.total((f"segment.{unit}", "period"))
    months = sorted(both.keys["period"].dropna().unique())
    names, phase, time, slot = _slots(months, start, ramp, grain)
    units = tuple(sorted(str(one) for one in both.keys[f"segment.{unit}"].dropna().unique()))
    rows = both.keys[f"segment.{unit}"].map({name: i for i, name in enumerate(units)}).to_numpy(float)
    columns = both.keys["period"].map(dict(zip(months, slot, strict=True))).to_numpy(float)
    known = np.isfinite(rows) & np.isfinite(columns)
    at = rows[known].astype(np.intp), columns[known].astype(np.intp)
    position, sums = both.column(quantity.column), {}
    for name in ("n", "sw", "sw2", "swx", "swx2"):
        sums[name] = np.zeros((len(units), len(names)))
        np.add.at(sums[name], at, both.sums[name][known, position])
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums["swx"] / sums["sw"]
        n_eff = np.where(sums["sw"] > 0, sums["sw"] ** 2 / sums["sw2"], 0.0)
    whole = Panel(
        units, names, phase, time, np.isin(units, list(treated)), (mean - quantity.zero) * quantity.unit,
        sums["sw"], sums["n"], n_eff, abs(quantity.unit) * _spread(sums),
    )  # fmt: skip
    return whole.during(sums["n"].sum(axis=0) > 0)


def _spread(sums: dict[str, Array]) -> float:
    """Return the pooled standard deviation inside cells; each cell costs one degree of freedom."""
    filled = sums["n"] > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        square = np.maximum(sums["swx2"] - sums["swx"] ** 2 / sums["sw"], 0)[filled]
        # weights of a cell are scaled to add up to its answers
        scaled = square * (sums["n"] / sums["sw"])[filled]
    df = float((sums["n"][filled] - 1).sum())
    return float(np.sqrt(scaled.sum() / df)) if df > 0 else float("nan")


def _slots(
    months: Sequence[str], start: str, ramp: int, grain: Literal["month", "quarter"]
) -> tuple[tuple[str, ...], NDArray[np.intp], NDArray[np.intp], list[int]]:
    """Return names, phases and times of the periods, and the period of each month."""
    phase = phases(months, start, ramp)
    length = 3 if grain == "quarter" else 1
    keys = [(months_of(month) // length, int(one)) for month, one in zip(months, phase, strict=True)]
    order = sorted(set(keys))
    slot = [order.index(key) for key in keys]
    names = []
    for i in range(len(order)):
        own = [month for month, at in zip(months, slot, strict=True) if at == i]
        whole = periods.name_of(periods.parse(own[0]).start, grain)
        full = len(own) == length or len([k for k in order if k[0] == order[i][0]]) == 1
        names.append(whole if full else own[0] if len(own) == 1 else f"{own[0]}..{own[-1]}")
    first = order[0][0] if order else 0
    return (
        tuple(names),
        np.array([one for _, one in order], dtype=np.intp),
        np.array([at - first for at, _ in order], dtype=np.intp),
        slot,
    )


def collapsed(one: Panel) -> pd.DataFrame:
    """Return the series of both groups: weighted mean, effective answers and answers by period.

    Parameters
    ----------
    one : Panel
        A panel.

    Returns
    -------
    DataFrame
        group ("treated" or "control"), period, time, phase, estimate, n.
    """
    parts = []
    for name, mask in (("treated", one.treated), ("control", ~one.treated)):
        if not mask.any():
            continue
        weight = one.weight[mask]
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.nansum(weight * np.nan_to_num(one.mean[mask]), axis=0) / weight.sum(axis=0)
        parts.append(
            pd.DataFrame(
                {
                    "group": name, "period": one.periods, "time": one.time, "phase": one.phase,
                    "estimate": mean, "n": one.n[mask].sum(axis=0).astype(int),
                }
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)
