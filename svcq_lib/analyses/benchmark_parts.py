"""Parts of the benchmark that stand on the whole comparison: its common figures, caveats and contested defaults."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtrc

from svcq_lib.analyses import benchmark_alike, benchmark_funnels, benchmark_screening
from svcq_lib.analyses.benchmark_compared import Compared
from svcq_lib.analyses.benchmark_funnels import Limits
from svcq_lib.analyses.benchmark_league import PART, Basis, league
from svcq_lib.analyses.outcomes import measured_means
from svcq_lib.analyses.switches import Headline, Switch, switches
from svcq_lib.errors import Note
from svcq_lib.evidence.collect import Evidence
from svcq_lib.stats.funnel import Overdispersion
from svcq_lib.stats.intervals import percentile_interval
from svcq_lib.stats.multiplicity import Method
from svcq_lib.stats.shrinkage import Pooled, TauMethod, best_practice
from svcq_lib.study import Study
from svcq_lib.vocabulary import WORDS, Kind

Gate = Literal["label", "withhold", "off"]
OUTSIDE = "units_outside"
"""Name of the funnel's headline: the number of units outside the 99.8 % limits."""

FEW = 10
"""Units below which over-dispersion is a guess."""


@dataclass(frozen=True)
class Settings:
    """How the comparison is made: the parameters of the benchmark."""

    basis: Basis
    tau_method: TauMethod
    overdispersion: Overdispersion
    limits: Limits
    adjust_method: Method
    ci_level: float
    flag: int
    n_draws: int
    seed: int


def ranking(
    table: pd.DataFrame, compared: Compared, settings: Settings
) -> tuple[pd.DataFrame, NDArray[np.float64], Pooled | None]:
    """Return the league under the settings, see :func:`svcq_lib.analyses.benchmark_league.league`."""
    return league(
        table, compared, basis=settings.basis, tau_method=settings.tau_method,
        adjust_method=settings.adjust_method, ci_level=settings.ci_level, flag=settings.flag,
        n_draws=settings.n_draws, seed=settings.seed,
    )  # fmt: skip


def outliers(
    table: pd.DataFrame, compared: Compared, evidence: Evidence, settings: Settings
) -> benchmark_funnels.Funnel:
    """Return the funnel under the settings, see :func:`svcq_lib.analyses.benchmark_funnels.funnel`."""
    return benchmark_funnels.funnel(
        table, compared, evidence.moments.get("benchmark.mix"), basis=settings.basis,
        overdispersion=settings.overdispersion, limits=settings.limits,
    )  # fmt: skip


def overall(
    evidence: Evidence,
    compared: Compared,
    draws: NDArray[np.float64],
    pooled: Pooled | None,
    settings: Settings,
) -> pd.DataFrame:
    """Return the figure of all units, best practice, and the test that all units are alike.

    Parameters
    ----------
    evidence : Evidence
        With moments ``benchmark.unit``.
    compared : Compared
        What is compared.
    draws : ndarray
        Joint draws of the ranked units.
    pooled : Pooled or None
        What they have in common.
    settings : Settings
        How they are compared.

    Returns
    -------
    DataFrame, one row
        estimate …, best, best_low, best_high, statistic, df, p_value, tau, n, n_eff.
    """
    found = measured_means(
        evidence.moments["benchmark.unit"], evidence.design, [compared.measured], ci_level=settings.ci_level
    )
    blank = dict.fromkeys(("best", "best_low", "best_high", "statistic", "df", "p_value", "tau"), np.nan)
    if pooled is None:
        return found.assign(**blank)
    best = best_practice(draws, part=PART, high_is_good=compared.good > 0)
    low, high = percentile_interval(best, settings.ci_level, axis=0)
    # an arcsine root's spread τ is one of about 2 τ √(p (1 − p)) in the share itself
    p = float(found["estimate"].iloc[0])
    slope = 2 * np.sqrt(p * (1 - p)) if compared.is_share else 1.0
    return found.assign(
        best=float(best.mean()), best_low=float(low), best_high=float(high), statistic=pooled.q, df=pooled.df,
        p_value=float(chdtrc(pooled.df, pooled.q)), tau=float(slope * np.sqrt(pooled.tau2)),
    )  # fmt: skip


def notes(
    study: Study,
    compared: Compared,
    evidence: Evidence,
    table: pd.DataFrame,
    screened: pd.DataFrame,
    tested: benchmark_alike.Gate,
    dispersion: pd.DataFrame,
    shown: pd.DataFrame,
    gate: Gate,
) -> tuple[Note, ...]:
    """Return the caveats of the benchmark.

    Parameters
    ----------
    study, compared, evidence
        What was compared.
    table, screened, tested, dispersion, shown
        Its league, data screen, invariance gate, funnel's dispersion and external comparisons.
    gate : {"label", "withhold", "off"}
        What happens where the instrument does not measure alike.

    Returns
    -------
    tuple of Note
        In the order in which a reader needs them.
    """
    found = [*_invariance(tested, gate)]
    if len(screened):
        held = screened[screened["check"].isin(benchmark_screening.HOLDS)]["unit"].nunique()
        found.append(Note("units_to_check", {"units": int(screened["unit"].nunique()), "held": held}))
    small = int((table["estimate"].notna() & (table["n"] < study.thresholds.flag)).sum())
    if small:
        found.append(Note("units_small_base", {"units": small, "flag": study.thresholds.flag}))
    if not compared.case_mix:
        found.append(Note("no_case_mix", {}))
    else:
        every, used = (
            evidence.moments[name].total().sums["n"].sum() for name in ("benchmark.unit", "benchmark.mix")
        )
        if used < every:
            found.append(Note("mix_not_stated", {"answers": int(every - used), "total": int(every)}))
    phi, units = float(dispersion["phi"].iloc[0]), int(dispersion["n"].iloc[0])
    if phi > 1 and dispersion["method"].iloc[0] != "none":
        found.append(
            Note("overdispersed" if units >= FEW else "overdispersed_few", {"phi": phi, "units": units})
        )
    if len(shown) and shown["definition"].str.contains("assumed").any():
        found.append(
            Note("definition_assumed", {"figures": int(shown["definition"].str.contains("assumed").sum())})
        )
    return tuple(found)


def _invariance(tested: benchmark_alike.Gate, gate: Gate) -> list[Note]:
    if gate == "off" or tested.state == "untested":
        return [] if gate == "off" else [Note("invariance_untested", {})]
    kind = "quarters" if tested.quarters else "units"
    facts = {"groups": int(tested.table["groups"].iloc[0]), "n": int(tested.table["n"].iloc[0])}
    found = [Note(f"invariance_{tested.state}_{kind}", facts)]
    if tested.proxy:
        found.append(Note("invariance_proxy", {}))
    if tested.state == "unlike" and gate == "withhold":
        found.append(Note("ranking_withheld", {}))
    return found


def switched(
    study: Study,
    table: pd.DataFrame,
    compared: Compared,
    evidence: Evidence,
    settings: Settings,
    ranked: pd.DataFrame,
    funnel: pd.DataFrame,
) -> pd.DataFrame:
    """Return what the headlines would be under the alternatives.

    Parameters
    ----------
    study : Study
        The study, for labels.
    table : DataFrame
        From :func:`svcq_lib.analyses.benchmark_league.raw_table`.
    compared : Compared
        What is compared.
    evidence : Evidence
        What it stands on.
    settings : Settings
        What was used.
    ranked, funnel : DataFrame
        The league and the funnel as reported.

    Returns
    -------
    DataFrame
        See :func:`svcq_lib.analyses.switches.switches`.
    """
    first = _leader(study, ranked, compared)
    if first is None:
        return switches(Headline("", "number", np.nan), [])
    other: TauMethod = "dl" if settings.tau_method == "reml" else "reml"
    changed: dict[tuple[str, str, str], Settings] = {
        ("bench_tau", settings.tau_method, other): replace(settings, tau_method=other)
    }
    if settings.basis == "adjusted":
        changed["bench_basis", "figures_adjusted", "figures_raw"] = replace(settings, basis="raw")
    found = [
        Switch(*names, _leader(study, ranking(table, compared, one)[0], compared))
        for names, one in changed.items()
    ]
    others = []
    for names, one in _funnel_settings(settings).items():
        again = outliers(table, compared, evidence, one).units
        others.append(Switch(*names, _outside(again), set(_named(again)) == set(_named(funnel))))
    return pd.concat([switches(first, found), switches(_outside(funnel), others)], ignore_index=True)


def _funnel_settings(settings: Settings) -> dict[tuple[str, str, str], Settings]:
    """Return the alternatives of the funnel: name, what was used and what else there is."""
    used = settings.overdispersion
    treatments: tuple[Overdispersion, ...] = ("winsorised", "truncated", "none")
    found = {
        ("bench_overdispersion", _widened(used), _widened(one)): replace(settings, overdispersion=one)
        for one in treatments
        if one != used
    }
    limits: Limits = "funnelplotr" if settings.limits == "quantile" else "quantile"
    return found | {("bench_limits", settings.limits, limits): replace(settings, limits=limits)}


def _leader(study: Study, table: pd.DataFrame, compared: Compared) -> Headline | None:
    if table["rank"].isna().all():
        return None
    best = table.iloc[0]
    kind: Kind = WORDS[compared.measured.measure].kind
    name = f"{compared.unit}={best['unit']}"
    known = name in study.labels()
    return Headline(
        name if known else str(best["unit"]),
        kind,
        best["shrunken"],
        best["shrunken_low"],
        best["shrunken_high"],
    )


def _widened(treatment: Overdispersion) -> str:
    return "not_widened" if treatment == "none" else treatment


def _named(funnel: pd.DataFrame) -> list[str]:
    return funnel.loc[funnel["outside"] == "limit", "unit"].tolist()


def _outside(funnel: pd.DataFrame) -> Headline:
    return Headline(OUTSIDE, "count", float(len(_named(funnel))))
