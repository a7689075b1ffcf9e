"""The compared figure over time: which months common causes do not explain, and whether a target can be relied on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib import periods
from svcq_lib.analyses import estimates, spans
from svcq_lib.analyses.benchmark_compared import Compared
from svcq_lib.analyses.context import is_unfinished
from svcq_lib.analyses.outcomes import measured_means
from svcq_lib.analyses.switches import Headline, Switch, switches
from svcq_lib.errors import Note
from svcq_lib.evidence.collect import Evidence
from svcq_lib.stats import control, run_rules
from svcq_lib.study import Study

Rules = Literal["making_data_count", "western_electric", "nelson"]
FIRM = 12
"""Fewer points than these give no firm limits (*Making Data Count*); with fewer months the study's periods count."""
LEAST = 3
"""Fewer points than these give no chart."""
SPECIAL = "special_causes"
"""Name of the chart's headline: the number of points that common causes do not explain."""
CODES: dict[Rules, tuple[str, ...]] = {
    "making_data_count": ("outside", "trend_7", "two_of_three", "run_7"),
    "western_electric": ("outside", "two_of_three", "four_of_five", "run_8"),
    "nelson": (
        "outside", "run_9", "trend_6", "alternating", "two_of_three", "four_of_five", "hugging", "avoiding",
    ),
}  # fmt: skip
"""Rules of each set by their number, from 1."""
COLUMNS = [
    "period", "estimate", "std_error", "conf_low", "conf_high", "n", "n_eff", "suppressed", "centre", "lower",
    "upper", "signal", "rule",
]  # fmt: skip
ASSURANCE = ["label", "target", "assurance"]


@dataclass(frozen=True)
class Control:
    """A control chart and what it says of targets.

    Attributes
    ----------
    table : DataFrame
        One row per period: period, estimate …, n, n_eff, suppressed, centre, lower, upper, signal (number of the rule
        that finds the period, 0 for common causes) and rule (its name).
    assurance : DataFrame
        One row per target of the compared figure: label, target and assurance ("passes", "fails", "hit_or_miss").
    switches : DataFrame
        The number of special causes under other conventions.
    notes : tuple of Note
        Caveats.
    """

    table: pd.DataFrame
    assurance: pd.DataFrame
    switches: pd.DataFrame
    notes: tuple[Note, ...]


def over_time(
    study: Study, evidence: Evidence, compared: Compared, *, rules: Rules, screen: bool, ci_level: float
) -> Control:
    """Return the XmR chart of all rows together.

    Parameters
    ----------
    study : Study
        The study; its filters choose the rows, so that one unit alone can be followed.
    evidence : Evidence
        With moments ``benchmark.month`` and ``benchmark.period`` if the study has dates.
    compared : Compared
        What is compared.
    rules : {"making_data_count", "western_electric", "nelson"}
        What counts as a special cause.
    screen : bool
        Whether outlying moving ranges are left out of the limits.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    Control
        Empty without dates, or with fewer than three periods.
    """
    table, notes = _figures(study, evidence, compared, ci_level)
    values = table["estimate"].to_numpy(dtype=float)
    if np.isfinite(values).sum() < LEAST:
        return Control(
            pd.DataFrame(columns=COLUMNS),
            pd.DataFrame(columns=ASSURANCE),
            switches(Headline("", "", np.nan), []),
            (),
        )
    charted = _charted(table, rules, screen)
    points = int(charted["estimate"].notna().sum())
    few = [Note("control_few", {"points": points, "firm": FIRM})] if points < FIRM else []
    return Control(
        charted,
        _assurance(study, compared, charted),
        _switched(table, charted, rules, screen),
        (*notes, *few),
    )


def _figures(
    study: Study, evidence: Evidence, compared: Compared, ci_level: float
) -> tuple[pd.DataFrame, list[Note]]:
    """Return the complete months, or the study's own periods where months are few."""
    found: tuple[pd.DataFrame, list[Note]] = (pd.DataFrame(columns=COLUMNS[:8]), [])
    for key in ("month", "period"):
        moments = evidence.moments.get(f"benchmark.{key}")
        if moments is None:
            return found
        table = measured_means(moments, evidence.design, [compared.measured], (key,), ci_level=ci_level)
        table = table.rename(columns={key: "period"}).sort_values("period", ignore_index=True)
        found = _complete(spans.upto(table[table["n"] > 0], study), study, evidence)
        if (found[0]["n"] > 0).sum() >= FIRM:
            break
    table, notes = found
    table = estimates.suppress(table, study.thresholds.suppress, (*estimates.INTERVAL, "n_eff"))
    return table.reindex(columns=COLUMNS[:8]), notes


def _complete(table: pd.DataFrame, study: Study, evidence: Evidence) -> tuple[pd.DataFrame, list[Note]]:
    """Leave out a last period that is not over, and name the periods without answers."""
    if table.empty:
        return table, []
    last, notes = str(table["period"].iloc[-1]), []
    if is_unfinished(study, evidence, last):
        notes = [Note("control_unfinished", {"period": last})]
        table = table.iloc[:-1]
    if len(table) < 2:
        return table, notes
    every = periods.between(table["period"].iloc[0], table["period"].iloc[-1])
    table = table.set_index("period").reindex(pd.Index(every, name="period")).reset_index()
    return table.assign(n=table["n"].fillna(0.0)), notes


def _charted(table: pd.DataFrame, rules: Rules, screen: bool) -> pd.DataFrame:
    """Return the table with limits and signals; periods without a figure are passed over."""
    has = table["estimate"].notna().to_numpy()
    values = table.loc[has, "estimate"].to_numpy(dtype=float)
    limits = control.xmr(values, screen=screen)
    signal = np.zeros(len(table), dtype=np.intp)
    signal[has] = _signals(values, limits, rules)
    names = [CODES[rules][one - 1] if one else "" for one in signal]
    return table.assign(
        centre=float(limits.centre),
        lower=float(limits.lower),
        upper=float(limits.upper),
        signal=signal,
        rule=names,
    )


def _signals(values: NDArray[np.float64], limits: control.Limits, rules: Rules) -> NDArray[np.intp]:
    if rules == "making_data_count":
        return control.special_causes(values, limits)
    if limits.sigma == 0:
        return np.zeros(values.size, dtype=np.intp)
    return run_rules.signals((values - limits.centre) / limits.sigma, rules)


def _assurance(study: Study, compared: Compared, charted: pd.DataFrame) -> pd.DataFrame:
    """Return whether common causes alone keep the figure on the right side of each target."""
    worst, best = charted["lower"].iloc[-1], charted["upper"].iloc[-1]
    if compared.good < 0:
        worst, best = -best, -worst
    rows = []
    for one in study.targets:
        if (one.outcome, one.measure) == (compared.measured.outcome.name, compared.measured.measure):
            goal = compared.good * one.value
            code = "passes" if worst > goal else "fails" if best < goal else "hit_or_miss"
            rows.append((one.label, one.value, code))
    return pd.DataFrame(rows, columns=ASSURANCE)


def _switched(table: pd.DataFrame, charted: pd.DataFrame, rules: Rules, screen: bool) -> pd.DataFrame:
    used, other = ("screened", "not_screened") if screen else ("not_screened", "screened")
    changed: dict[tuple[str, str, str], tuple[Rules, bool]] = {
        ("bench_screen", used, other): (rules, not screen)
    }
    changed |= {("bench_rules", rules, one): (one, screen) for one in CODES if one != rules}
    found = []
    for names, settings in changed.items():
        again = _charted(table, *settings)
        same = bool(((again["signal"] > 0) == (charted["signal"] > 0)).all())
        found.append(Switch(*names, headline=_count(again), same_answer=same))
    return switches(_count(charted), found)


def _count(charted: pd.DataFrame) -> Headline:
    return Headline(SPECIAL, "count", float((charted["signal"] > 0).sum()))
